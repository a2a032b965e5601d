"""Lists as units: works, journals, authors, institutions and awards under labels of a file."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from armillary.cli.main import run
from armillary.errors import InputError, UsageError
from armillary.indicators import all_indicators
from armillary.observatory import Observatory
from armillary.ranking.recipes import units_of
from armillary.ranking.scores import work_scores
from armillary.web.app import create_app
from support.tiny import observatory
from support.unhurried import unhurried

ORCID = "0000-0002-1825-0097"
PAPERS = [
    {
        "id": 1,
        "doi": "10.1000/a",
        "authors": [{"addresses": [[1]], "id": 11, "orcid": ORCID}, {"addresses": [[2]], "id": 12}],
        "source_id": 5,
    },
    {"id": 2, "doi": "10.1000/b", "authors": [{"addresses": [[2]], "id": 12}], "source_id": 6},
    {"id": 3, "doi": None, "authors": [{"addresses": [[1]], "id": 11, "orcid": ORCID}], "source_id": 5},
]
SOURCES = [{"source_id": 5, "name": "J", "issn_l": "1234-5679", "issns": "1234-5679;8765-4321", "origin": "entity"}]
AWARDS = [{"work_id": 2, "funder_id": 7, "name": "F", "award_id": "AB-1"}]
AUTHORS = [{"author_id": 11, "name": "Eleven", "orcid": ORCID}]


@pytest.fixture(scope="module")
def obs(tmp_path_factory: pytest.TempPathFactory) -> Observatory:
    institutions = {1: {"country_code": "CN", "ror_id": "01abcde23"}, 2: "US"}
    more = {"source": SOURCES, "work_award": AWARDS, "author": AUTHORS}
    return observatory(tmp_path_factory.mktemp("lists") / "obs", PAPERS, institutions, **more)


def values(obs: Observatory, tmp_path: Path, text: str, indicator: str = "share", **choices: object) -> dict[str, float]:
    path = tmp_path / "lists.csv"
    path.write_text(text, encoding="utf-8")
    return {r["unit_id"]: r["value"] for r in obs.rank(indicator, unit="list", lists=str(path), **choices).ranked.to_pylist()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("label,doi\nX,https://doi.org/10.1000/A\nX,10.1000/b\nY,10.1000/a\n", {"X": 2.0, "Y": 1.0}),
        ("label,id\nX,W3\nX,W1\nX,W1\n", {"X": 2.0}),
        ("label;issn\nX;87654321\nY;1234-5679\n", {"X": 2.0, "Y": 2.0}),
        ("label,source\nX,S6\n", {"X": 1.0}),
        ("label,award\nX,ab-1\n", {"X": 1.0}),
        (f"label,orcid\nX,https://orcid.org/{ORCID}\nY,A12\n", {"X": 1.5, "Y": 1.5}),
        ("label,ror\nX,https://ror.org/01abcde23\nY,I2\n", {"X": 1.5, "Y": 1.5}),
        ("label,id\nX,I1\nX,I2\n", {"X": 3.0}),
        ('label,query\nX,"paper AND NOT 2"\nX,3\nY,paper PRE/1 2\n', {"X": 2.0, "Y": 1.0}),
    ],
    ids=["dois", "works", "issns", "sources", "awards", "authors", "institutions", "both", "queries"],
)
def test_a_label_has_what_its_members_have(obs: Observatory, tmp_path: Path, text: str, expected: dict[str, float]) -> None:
    assert values(obs, tmp_path, text) == expected


def test_a_list_explains_itself_and_says_how_much_of_it_is_here(obs: Observatory, tmp_path: Path) -> None:
    path = tmp_path / "lists.csv"
    path.write_text("label,doi\nX,10.1000/a\nX,10.1000/none\n", encoding="utf-8")
    ranking = obs.rank("count", unit="list", lists=str(path))
    assert [n for n in ranking.meta["notes"] if n.startswith("The lists name 2 members of kind work; 1 are here")]
    assert "lists" in ranking.meta["note_codes"]
    assert ranking.explain("X").records == 1
    assert obs.why_not(ranking.recipe, 2).reason == "not_listed"
    path.write_text("label,doi\nX,10.1000/b\n", encoding="utf-8")  # the file counts, not its name
    assert obs.rank("count", unit="list", lists=str(path)).explain("X").table["work_id"].to_pylist() in (["W2"], [2])


def test_every_indicator_that_can_takes_a_list(obs: Observatory, tmp_path: Path) -> None:
    path = tmp_path / "lists.csv"
    path.write_text("label,id\nX,A11\nY,A12\n", encoding="utf-8")
    for name, info in all_indicators().items():
        if "list" in units_of(info) and not {"policy", "sdg"} & set(info.tags) and name != "pp-patent-cited":
            options = {"with": "X"} if "with" in info.options else {}
            obs.rank(name, unit="list", lists=str(path), options=options)


def test_scores_by_work_say_what_each_has_and_why_it_has_none(tmp_path: Path) -> None:
    cell = {"subfield_id": 1, "field_id": 1, "authors": [{"addresses": [[1]], "id": 1}]}
    papers = [{"id": n, **cell, "references": [k for k in range(1, 4) if k < n]} for n in range(1, 5)]
    papers += [{"id": 9, "authors": [{"addresses": [[1]], "id": 2}]}]
    some = observatory(tmp_path / "obs", papers, {1: "CN"})
    recipe = some.recipe("mncs", options={"self_citations": "in"})
    rows = {r["work_id"]: r for r in work_scores(some.corpus, recipe).to_pylist()}
    assert [rows[n]["citations"] for n in (1, 2, 3, 4)] == [3, 2, 1, 0]
    assert [rows[n]["ncs"] for n in (1, 2, 3, 4)] == [2.0, 4 / 3, 2 / 3, 0.0]
    assert [rows[n]["percentile"] for n in (1, 2, 3, 4)] == [0.875, 0.625, 0.375, 0.125]
    assert rows[1]["top50"] == 1.0 and rows[1]["cell_n"] == 4 and rows[1]["why_not"] is None
    assert rows[9]["ncs"] is None and rows[9]["why_not"] == "no_class"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label,id\nX,W1\nX,A1\n", "works (line 2) and authors (line 3)"),
        ("label,id\nX,\n", "without label or id"),
        ("label,name\nX,y\n", "no column with ids"),
        ("label,id\nX,hello\n", "no id that can be listed"),
        ("label,id\n", "lists nothing"),
    ],
    ids=["mixed", "empty", "no-column", "no-id", "nothing"],
)
def test_a_wrong_file_is_named(obs: Observatory, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        values(obs, tmp_path, text)
    assert said in str(error.value)


def test_what_has_no_effect_is_refused(obs: Observatory, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there are no lists here"):
        obs.rank("count", unit="list")
    with pytest.raises(UsageError):
        obs.rank("count", unit="country", lists="x.csv")
    with pytest.raises(UsageError):
        values(obs, tmp_path, "label,id\nX,W1\n", "lead-position")


def test_an_observatory_keeps_lists_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = observatory(tmp_path / "obs", PAPERS, {1: "CN", 2: "US"}, source=SOURCES)
    into = ["--into", str(own.path)]
    assert run(["rank", "share", "--unit", "list", *into]) == 2
    assert "there are no lists here" in capsys.readouterr().err
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("label,doi\nOur school,10.1000/a\nOur school,10.1000/zzz\n", encoding="utf-8")
    second.write_text("label,issn\nJournals,1234-5679\n", encoding="utf-8")
    assert run(["ingest", "lists", str(first), *into]) == 0
    assert "1 lists of 2 members of kind work, 1 of them here: Our school" in capsys.readouterr().out
    found = own.rank("count", unit="list")
    assert {r["unit_id"]: r["value"] for r in found.ranked.to_pylist()} == {"Our school": 1.0}
    assert found.explain("Our school").table["work_id"].to_pylist() == ["W1"]
    before = found.recipe.digest
    assert run(["ingest", "lists", str(second), *into]) == 0
    assert "1 lists of 1 members of kind source, 1 of them here: Journals" in capsys.readouterr().out
    again = own.rank("count", unit="list")
    assert {r["unit_id"]: r["value"] for r in again.ranked.to_pylist()} == {"Journals": 2.0}
    assert again.recipe.digest != before, "what the lists hold decides the numbers"
    (tmp_path / "bad.csv").write_text("label,doi\nX,\n", encoding="utf-8")
    assert run(["ingest", "lists", str(tmp_path / "bad.csv"), *into]) == 2
    (tmp_path / "odd.csv").write_text('label,doi\n"A, B",10.1000/a\n', encoding="utf-8")
    assert run(["ingest", "lists", str(tmp_path / "odd.csv"), *into]) == 2 and "'A, B'" in capsys.readouterr().err
    assert {r["unit_id"] for r in own.rank("count", unit="list").ranked.to_pylist()} == {"Journals"}, "a bad file replaces nothing"


def test_lists_have_pages(tmp_path: Path) -> None:
    own = observatory(tmp_path / "obs", PAPERS, {1: "CN", 2: "US"}, source=SOURCES)
    (tmp_path / "lists.csv").write_text("label,doi\nOur school,10.1000/a\nÉcole,10.1000/b\n", encoding="utf-8")
    with TestClient(create_app(own.path, settings=unhurried(names=("testserver",), patience_s=600), threads=1)) as client:
        assert client.get("/rankings/count/list").status_code == 404
    assert run(["ingest", "lists", str(tmp_path / "lists.csv"), "--into", str(own.path), "--quiet"]) == 0
    with TestClient(create_app(own.path, settings=unhurried(names=("testserver",), patience_s=600), threads=1)) as client:
        page = client.get("/rankings/count/list?period=all")
        assert page.status_code == 200 and "Our school" in page.text and "/units/list/Our%20school" in page.text
        assert client.get("/rankings/count/list.csv?period=all").text.count("\n") >= 3
        for address in (
            "/units/list/Our%20school?period=all",
            "/units/list/%C3%89cole?period=all",
            "/records/count/list/Our%20school?period=all",
        ):
            assert client.get(address).status_code == 200, address
        links = {html.unescape(a) for a in re.findall(r'href="([^"#]+)"', page.text) if "/list" in a}
        both = "Our%20school,%C3%89cole"
        links |= {"/path/count/list", f"/path/count/list?focus={both}", f"/compare/list?ids={both}&period=all"}
        links |= {"/robustness/count/list?of=Our%20school&period=all", "/api/v1/records/count/list/Our%20school?period=all"}
        for address in sorted(links):
            assert client.get(address).status_code == 200, address
        assert "/rankings/count/list" in client.get("/rankings").text
        assert client.get("/records/count/list/Nobody?period=all").status_code == 404
        assert client.get("/api/v1/find?q=our+school").json()["rows"][0]["address"] == "/units/list/Our%20school"
