"""OAM's published data as a yardstick: its own counts and bins, whatever the records here say."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from armillary.cli.main import run
from armillary.counting.baseline_file import read_baseline
from armillary.errors import ArmillaryError, InputError, UsageError
from armillary.observatory import Observatory
from armillary.publishing.packs import make_pack
from armillary.ranking.cubes.make import make_cubes
from armillary.ranking.scores import work_scores
from support.tiny import observatory as tiny

# work, year, subfield, is_proceedings, citations, of the first three years
JUDGED = [
    *[(n, 2020, 1603, False, c, min(c, 4)) for n, c in enumerate([0, 0, 1, 2, 2, 5, 5, 5, 9, 11], start=1)],
    *[(n, 2020, 1603, True, c, c // 2) for n, c in enumerate([0, 3, 3, 10], start=21)],
    *[(n, 2021, 1702, False, 0, 0) for n in (31, 32)],
]


def oam_folder(folder: Path, *, is_built: bool = False) -> Path:
    """As the archive is unpacked, or (``is_built``) as its own build leaves it: a folder a year, which is then no column."""
    metrics = folder / "metrics" / "work_metrics"
    names = ("work_id", "publication_year", "subfield", "is_proceedings", "citations", "citations_3y")
    rows = pa.Table.from_pylist([dict(zip(names, r, strict=True)) for r in JUDGED])
    rows = rows.set_column(4, "citations", rows["citations"].cast("int32"))
    if is_built:
        pq.write_to_dataset(rows, metrics, partition_cols=["publication_year"])
        return folder
    metrics.mkdir(parents=True)
    pq.write_table(rows, metrics / "part-0.parquet")
    said = {"format": 2, "oam_version": "0.1.0", "snapshot": "2026-10-14", "scope": {"is_english": "...", "has_subfield": "..."}}
    (folder / "bundle.json").write_text(json.dumps(said))
    return folder


@pytest.fixture
def mine(tmp_path: Path) -> Observatory:
    """Six works of one university: four judged in two bins (one has no subfield here), one in a bin without citations, one not judged."""
    papers: list[dict[str, Any]] = [
        {"id": n, "authors": [[[1]]], "year": y, "field_id": 16, "subfield_id": None if n == 9 else 1603, "cited_by_n": 99}
        for n, y in ((6, 2020), (9, 2020), (10, 2019), (24, 2020), (31, 2021), (77, 2020))
    ]
    return tiny(tmp_path / "obs", papers, {1: "CH"})


def test_scores_are_those_of_its_own_counts(mine: Observatory, tmp_path: Path) -> None:
    oam = str(oam_folder(tmp_path / "oam-data"))
    found = {r["work_id"]: r for r in work_scores(mine.corpus, mine.recipe("mncs", unit="institution", baseline=oam)).to_pylist()}
    journal, conference = Fraction(40, 10), Fraction(16, 4)
    wanted = {6: 5 / journal, 9: 9 / journal, 10: 11 / journal, 24: 10 / conference, 31: Fraction(1)}
    assert {k: r["ncs"] for k, r in found.items() if r["ncs"] is not None} == {k: float(v) for k, v in wanted.items()}
    assert {k: r["citations"] for k, r in found.items()} == {6: 5, 9: 9, 10: 11, 24: 10, 31: 0, 77: None}
    # ten in the journal's bin: one place among the first 10 %; of five places in the upper half, three are left for the three with 5
    assert [found[k]["top10"] for k in (10, 9, 6)] == [1.0, 0.0, 0.0]
    assert [found[k]["top50"] for k in (10, 9, 6)] == [1.0, 1.0, 1.0]
    assert found[24]["top10"] == 0.4 and found[31]["top10"] == 0.1  # ties of a bin share its places
    assert found[77]["why_not"] == "no_yardstick"
    ranking = mine.rank("mncs", unit="institution", baseline=oam)
    assert ranking.ranked["value"].to_pylist() == [pytest.approx(float(sum(wanted.values()) / 5), abs=1e-9)]
    said = " ".join(ranking.meta["notes"])
    assert "OAM's 16 judged works (has_subfield, is_english), snapshot 2026-10-14" in said and "left out" in said
    assert "The yardstick is of 2026-10-14, the records of" in said
    assert "5 of" in said  # of how many papers the answer is known


def test_its_three_years_are_a_window_of_two(mine: Observatory, tmp_path: Path) -> None:
    oam = str(oam_folder(tmp_path / "oam"))
    found = work_scores(mine.corpus, mine.recipe("mncs", unit="institution", baseline=oam, options={"window": 2})).to_pylist()
    assert {r["work_id"]: r["ncs"] for r in found}[10] == 4 / 2.5
    for options in ({"window": 3}, {"citations": "corpus"}, {"field_level": "field"}, {"by_type": False}):
        with pytest.raises(UsageError, match="OAM's scores are made with"):
            mine.rank("mncs", unit="institution", baseline=oam, options=options)


def test_published_and_built_are_the_same(mine: Observatory, tmp_path: Path) -> None:
    values = [
        mine.rank("pp-top50", unit="institution", baseline=str(oam_folder(tmp_path / name, is_built=built))).ranked["value"].to_pylist()
        for name, built in (("a", False), ("b", True))
    ]
    assert values[0] == values[1]
    assert read_baseline(tmp_path / "a" / "metrics" / "work_metrics").works == read_baseline(tmp_path / "b").works == len(JUDGED)


def test_its_cells_are_exact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = oam_folder(tmp_path / "oam")
    rows = read_baseline(folder).table().to_pylist()
    assert [(r["citations"], r["n"]) for r in rows if r["type"] == "journal" and r["year"] == 2020] == [
        (0, 2), (1, 1), (2, 2), (5, 3), (9, 1), (11, 1),
    ]  # fmt: skip
    assert run(["baseline", "info", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["works"], said["cells"], said["snapshot_date"]) == (16, 3, "2026-10-14")


def test_what_cannot_be_used_is_named(mine: Observatory, tmp_path: Path) -> None:
    tar = tmp_path / "oam-2026-10-14.tar"
    tar.write_bytes(b"x")
    with pytest.raises(InputError, match="unpacked"):
        read_baseline(tar)
    (tmp_path / "bins" / "metrics" / "bin_stats").mkdir(parents=True)
    with pytest.raises(InputError, match="bins alone compare nothing"):
        read_baseline(tmp_path / "bins")
    folder = oam_folder(tmp_path / "oam")
    make_cubes(mine.corpus, [mine.recipe("share")])
    with pytest.raises(InputError, match="a pack takes baseline files"):
        make_pack(mine.store, tmp_path / "p.pack", baselines=[folder])
    whole = (folder / "metrics" / "work_metrics" / "part-0.parquet").read_bytes()
    for damaged in (whole[: len(whole) // 2], b"PAR1", whole[:4] + b"\xff" * (len(whole) - 200) + whole[-196:]):
        (folder / "metrics" / "work_metrics" / "part-0.parquet").write_bytes(damaged)
        with pytest.raises(ArmillaryError):
            mine.rank("mncs", unit="institution", baseline=str(folder))


def test_a_recipe_is_known_by_the_data(mine: Observatory, tmp_path: Path) -> None:
    folder = oam_folder(tmp_path / "oam")
    before = mine.recipe("mncs", baseline=str(folder)).digest
    moved = folder.rename(tmp_path / "elsewhere")
    assert mine.recipe("mncs", baseline=str(moved)).digest == before
    (moved / "bundle.json").write_text('{"snapshot": "2026-11-01"}')
    assert mine.recipe("mncs", baseline=str(moved)).digest != before
