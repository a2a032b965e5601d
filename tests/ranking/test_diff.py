"""Two builds with planted changes: every part of every move is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run
from armillary.errors import UsageError
from armillary.observatory import Observatory, open_observatory
from armillary.ranking.diff import PARTS, carried, diff
from support.random_world import random_world
from support.tiny import observatory, store

INSTITUTIONS: dict[int, dict[str, Any]] = {
    1: {"country_code": "CN", "ror_id": "r1"},
    2: {"country_code": "US", "ror_id": "r2"},
    3: {"country_code": "DE", "ror_id": "r3"},
}
MANIFEST = {
    "entity": "works",
    "file": "f",
    "file_sha256": "0",
    "records_n": 1,
    "kept_n": 1,
    "superseded_n": 0,
    "rejected_n": 0,
    "snapshot_date": "2024-06-30",
}


def paper(number: int, *places: int, **more: Any) -> dict[str, Any]:
    import datetime

    date = more.pop("date", "2023-05-01")
    return {
        "id": number,
        "doi": f"10.5555/{more.pop('doi', number)}",
        "year": int(date[:4]),
        "date": datetime.date.fromisoformat(date),
        "authors": [[[p]] for p in places],
        **more,
    }


OLD = [paper(1, 1), paper(2, 1, 2), paper(3, 2), paper(4, 3), paper(5, 3)]
NEW = [
    paper(1, 1),  # the same
    paper(2, 2, 2),  # data: the first author's address was corrected from CN to US
    paper(3, 2),
    # 4 was deleted: sample
    paper(55, 3, doi=5),  # 5 goes by another id now, same DOI: no change
    paper(6, 1, date="2022-03-01"),  # sample: older than A's snapshot, not in A
    paper(7, 1, date="2024-11-01"),  # reality: published since
]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Observatory, Observatory]:
    folder = tmp_path_factory.mktemp("diff")
    return tuple(  # type: ignore[return-value]
        observatory(folder / name, papers, INSTITUTIONS, manifest=[MANIFEST]) for name, papers in (("a", OLD), ("b", NEW))
    )


def test_planted_changes_fall_into_their_parts(builds: tuple[Observatory, Observatory]) -> None:
    a, b = builds
    result = diff(a.corpus, b.corpus, a.recipe("share"))
    moves = {m.unit_id: m for m in result.moves}
    assert moves["CN"].parts == pytest.approx({"method": 0, "sample": 1.0, "data": -0.5, "reality": 1.0})
    assert moves["US"].parts == pytest.approx({"method": 0, "sample": 0, "data": 0.5, "reality": 0})
    assert moves["DE"].parts == pytest.approx({"method": 0, "sample": -1.0, "data": 0, "reality": 0})
    assert result.works == {"in both": 3, "merged": 1, "gone": 1, "only in B": 2}
    assert result.merged_works == {5: 55}
    assert result.deleted_works == [4]
    states = {(r["unit_id"], r["work_id"]): (r["state"], r["part"]) for r in result.records.to_pylist()}
    assert states == {
        ("CN", 2): ("went", "data"),
        ("US", 2): ("changed", "data"),
        ("DE", 4): ("went", "sample"),
        ("CN", 6): ("came", "sample"),
        ("CN", 7): ("came", "reality"),
    }


def test_a_new_method_is_its_own_part(builds: tuple[Observatory, Observatory]) -> None:
    a, b = builds
    result = diff(a.corpus, b.corpus, a.recipe("count"), a.recipe("share"))
    moves = {m.unit_id: m for m in result.moves}
    assert moves["CN"].parts["method"] == pytest.approx(-0.5)  # paper 2 counts half
    assert moves["CN"].change == pytest.approx(sum(moves["CN"].parts.values()))


@pytest.mark.parametrize(
    ("indicator", "unit"), [("share", "country"), ("pp-top10", "country"), ("mcs", "institution"), ("count", "institution")]
)
def test_parts_add_up_to_the_change(tmp_path: Path, indicator: str, unit: str) -> None:
    worlds = [random_world(seed, 80) for seed in (7, 8)]
    a, b = (observatory(tmp_path / f"w{i}", papers, institutions) for i, (papers, institutions) in enumerate(worlds))
    result = diff(a.corpus, b.corpus, a.recipe(indicator, unit=unit))
    assert result.moves
    for move in result.moves:
        assert sum(move.parts.values()) == pytest.approx(move.change, abs=1e-9), move
        assert set(move.parts) == set(PARTS)


def test_two_works_that_became_one_are_matched_once(tmp_path: Path) -> None:
    """5 and 6 go by 55 now, and 2 by 3, which was there before: the record of one old work is compared, 3's own where there is one."""
    old = [paper(2, 2, doi=3), paper(3, 2), paper(5, 3, doi=55), paper(6, 3, doi=55, language="de")]
    new = [paper(3, 2), paper(55, 3), paper(7, 1, doi=77), paper(8, 1, doi=77)]
    a, b = (observatory(tmp_path / n, papers, INSTITUTIONS, manifest=[MANIFEST]) for n, papers in (("a", old), ("b", new)))
    result = diff(a.corpus, b.corpus, a.recipe("count"))
    assert result.merged_works == {2: 3, 5: 55, 6: 55} and result.deleted_works == []
    assert result.works == {"in both": 1, "merged": 3, "gone": 0, "only in B": 2}
    assert {m.unit_id: (m.parts["reality"], m.parts["sample"]) for m in result.moves} == {"US": (-1, 0), "DE": (-1, 0), "CN": (0, 2)}


def test_citations_that_came_are_reality(tmp_path: Path) -> None:
    base = [paper(1, 1), paper(2, 2)]
    a = observatory(tmp_path / "a", base, INSTITUTIONS, manifest=[MANIFEST])
    citing = paper(3, 3, references=[1], date="2024-12-01")
    b = observatory(tmp_path / "b", [*base, citing], INSTITUTIONS, manifest=[MANIFEST])
    moves = {m.unit_id: m for m in diff(a.corpus, b.corpus, a.recipe("tcs")).moves}
    assert moves["CN"].parts == pytest.approx({"method": 0, "sample": 0, "data": 0, "reality": 1.0})


def test_an_institution_that_was_merged_keeps_its_history(tmp_path: Path) -> None:
    a = observatory(tmp_path / "a", [paper(1, 1), paper(2, 2)], INSTITUTIONS, manifest=[MANIFEST])
    now = {9: {"country_code": "CN", "ror_id": "r1"}, 2: INSTITUTIONS[2], 3: INSTITUTIONS[3]}
    b = observatory(tmp_path / "b", [paper(1, 9), paper(2, 2)], now, manifest=[MANIFEST])
    result = diff(a.corpus, b.corpus, a.recipe("share", unit="institution"))
    assert result.merged_institutions == {1: 9}
    assert result.moves == []
    rows = carried(a.rank("share", unit="institution").ranked.to_pylist(), result)
    assert {r["unit_id"] for r in rows} == {"I9", "I2"}
    assert next(r for r in rows if r["unit_id"] == "I9")["was"] == ["I1"]


def test_equal_builds_have_no_diff_and_generations_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(tmp_path / "a", OLD, INSTITUTIONS, manifest=[MANIFEST])
    store(tmp_path / "b", NEW, INSTITUTIONS, manifest=[MANIFEST])
    one, two = str(tmp_path / "a"), str(tmp_path / "b")
    assert run(["diff", one, f"{one}@1"]) == 0
    assert "nothing moved" in capsys.readouterr().out
    records = tmp_path / "r.parquet"
    assert run(["diff", one, two, "share", "--json", "--records", str(records)]) == 0
    body = json.loads(capsys.readouterr().out)
    assert {m["unit_id"] for m in body["moves"]} == {"CN", "US", "DE"} and body["merged_works"] == {"W5": "W55"}
    assert records.is_file()
    assert run(["diff", one, two]) == 0
    assert "what moved: sample" in capsys.readouterr().out
    assert run(["diff", one, f"{two}@x"]) == 2
    assert run(["diff", one, str(tmp_path / "gone")]) == 2


def test_what_cannot_be_compared_is_refused(builds: tuple[Observatory, Observatory]) -> None:
    a, b = builds
    with pytest.raises(UsageError, match="in steps"):
        diff(a.corpus, b.corpus, a.recipe("share", step=1))
    with pytest.raises(UsageError, match="one ranking is of country"):
        diff(a.corpus, b.corpus, a.recipe("share"), a.recipe("share", unit="institution"))
    assert open_observatory(a.path).path == a.path
