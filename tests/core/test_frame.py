"""The kind of a corpus: declared at ingest, kept, never made stronger by mixing, and heard by notes and the audit."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import armillary as arm
from armillary.audit.evidence import Evidence
from armillary.audit.rankings import evidence_of
from armillary.cli.main import run
from armillary.core.frame import KINDS, Frame, frame_of
from armillary.core.store import Store
from armillary.errors import DataError


def works(path: Path, first: int, n: int, country: str = "KE") -> Path:
    """A small file of works, all by one author of one country each."""
    records = [
        {
            "id": f"https://openalex.org/W{first + k}",
            "publication_year": 2020,
            "publication_date": "2020-01-01",
            "type": "article",
            "title": "t",
            "authorships": [
                {
                    "author_position": "first",
                    "author": {"id": f"https://openalex.org/A{first + k}"},
                    "countries": [country if k % 3 else "US"],
                    "institutions": [],
                }
            ],
        }
        for k in range(n)
    ]
    path.write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in records).encode()))
    return path


def evidence(folder: Path, indicator: str) -> Evidence:
    obs = arm.open(folder)
    return evidence_of(obs.corpus, obs.rank(indicator, unit="country"))


def ingest(file: Path, obs: Path, *args: str) -> int:
    return run(["ingest", "openalex", str(file), "--into", str(obs), "--quiet", "--workers", "1", *args])


DRAWN = ("--kind", "random-sample", "--frame", "all works of 2020", "--leaves-out", "books")


def test_a_small_corpus_of_which_nothing_is_said_is_a_convenience_sample(tmp_path: Path) -> None:
    assert ingest(works(tmp_path / "w.gz", 1, 9), tmp_path / "o") == 0
    obs = arm.open(tmp_path / "o")
    found = frame_of(obs.store)
    assert (found.kind, found.declared) == ("convenience-sample", False)
    assert obs.data_version["sample"] is True
    assert any("says nothing about the world" in n for n in obs.rank("share", unit="country").meta["notes"])


def test_a_random_sample_is_kept_and_said(tmp_path: Path) -> None:
    assert ingest(works(tmp_path / "w.gz", 1, 30), tmp_path / "o", *DRAWN) == 0
    obs = arm.open(tmp_path / "o")
    assert frame_of(obs.store) == Frame("random-sample", "all works of 2020", "books")
    note = obs.rank("share", unit="country").meta["notes"][0]
    assert "Random sample of 30 works (all works of 2020)" in note and "intervals" in note and "books" in note
    assert obs.data_version["kind"] == "random-sample"


def test_the_audit_decides_nothing_from_a_convenience_sample(tmp_path: Path) -> None:
    for name, args in (("a", ()), ("b", ("--kind", "convenience-sample")), ("c", ("--kind", "institution", "--frame", "University of X"))):
        assert ingest(works(tmp_path / "w.gz", 1, 9), tmp_path / name, *args) == 0
        with pytest.raises(DataError, match="says nothing about the world"):
            evidence(tmp_path / name, "count")


def test_of_a_random_sample_the_audit_sees_intervals_and_no_totals(tmp_path: Path) -> None:
    assert ingest(works(tmp_path / "w.gz", 1, 60), tmp_path / "o", *DRAWN) == 0
    found = evidence(tmp_path / "o", "share")
    cell = found.cells["KE", 0]
    assert cell.value is None and cell.rank is not None and cell.rank.low <= 1 <= cell.rank.high
    share = evidence(tmp_path / "o", "pp-international")
    assert share.cells["KE", 0].value is not None


def test_all_works_of_the_world_are_evidence_as_they_are(tmp_path: Path) -> None:
    assert ingest(works(tmp_path / "w.gz", 1, 9), tmp_path / "o", "--kind", "world") == 0
    found = evidence(tmp_path / "o", "count")
    assert found.cells["KE", 0].value is not None and found.cells["KE", 0].value.low == 6


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--kind", "sample"), "random-sample"),
        (("--kind", "random-sample"), "--frame"),
        (("--kind", "country"), "which country"),
        (("--frame", "x"), "--kind"),
        (("--leaves-out", "x"), "--kind"),
    ],
)
def test_what_says_too_little_is_refused(args: tuple[str, ...], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ingest(works(tmp_path / "w.gz", 1, 9), tmp_path / "o", *args) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_mixing_makes_nothing_stronger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    obs = tmp_path / "o"
    assert ingest(works(tmp_path / "a.gz", 1, 9), obs, *DRAWN) == 0
    before = Store.open(obs).digest
    assert ingest(works(tmp_path / "b.gz", 100, 9), obs) == 2  # nothing says what these are
    assert ingest(works(tmp_path / "b.gz", 100, 9), obs, "--kind", "random-sample", "--frame", "another draw") == 2
    assert ingest(works(tmp_path / "b.gz", 100, 9), obs, "--kind", "world") == 2
    assert "random" in capsys.readouterr().err
    assert Store.open(obs).digest == before and frame_of(Store.open(obs)).kind == "random-sample"
    assert ingest(works(tmp_path / "b.gz", 100, 9), obs, *DRAWN) == 0  # the same draw goes on
    assert frame_of(Store.open(obs)).kind == "random-sample"
    assert ingest(works(tmp_path / "c.gz", 200, 9), obs, "--kind", "convenience-sample") == 0
    assert frame_of(Store.open(obs)).kind == "convenience-sample"


def test_a_snapshot_says_what_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "snap"
    (folder / "registry").mkdir(parents=True)
    (folder / "registry" / "about.toml").write_text('kind = "country"\nframe = "Kenya"\n', encoding="utf-8")
    (folder / "data" / "works" / "updated_date=2026-01-01").mkdir(parents=True)
    works(folder / "data" / "works" / "updated_date=2026-01-01" / "part_000.gz", 1, 5)
    assert ingest(folder, tmp_path / "o") == 0
    assert frame_of(Store.open(tmp_path / "o")) == Frame("country", "Kenya")


def test_every_kind_has_a_say() -> None:
    for kind in KINDS:
        f = Frame(kind, "x", "y")
        assert (f.note(5) is None) == (kind == "world" and not f.leaves_out)
        assert (f.refusal() is None) == (f.concludes or f.estimates)


def test_citations_are_not_counted_where_no_record_lists_references(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = works(tmp_path / "w.gz", 1, 9)
    lines = [{**json.loads(line), "cited_by_count": k} for k, line in enumerate(gzip.decompress(file.read_bytes()).splitlines())]
    file.write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in lines).encode()))
    assert ingest(file, tmp_path / "o", *DRAWN) == 0
    command = ["rank", "pp-top10", "--unit", "country", "--within-corpus", "--into", str(tmp_path / "o")]
    assert run([*command, "--option", "citations=corpus"]) == 2
    assert "citations=given" in capsys.readouterr().err
    for more in ([], ["--option", "citations=given"]):  # left to the records, which only say how often they are cited
        assert run([*command, *more]) == 0
    assert run(["check", "--into", str(tmp_path / "o")]) == 0
