"""The quick ranking of institutions by OpenAlex's own counts: right numbers, unknown is not zero, every record accounted for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from armillary.cli.main import run
from armillary.errors import DataError, InputError, UnknownNameError, UsageError
from armillary.sources.openalex.own_counts import read_own_counts
from armillary.studies.quick import CAVEATS, quick_ranking


def record(n: int, name: str, country: str | None, works: int | None, years: dict[int, tuple[int, int]], **more: Any) -> dict[str, Any]:
    by_year = [{"year": y, "works_count": w, "cited_by_count": c} for y, (w, c) in years.items()]
    stats = {"2yr_mean_citedness": 2.5 + n, "h_index": 10 * n, "i10_index": n}
    return {
        "id": f"https://openalex.org/I{n}", "display_name": name, "country_code": country, "type": "education", "works_count": works,
        "cited_by_count": 7 * n, "summary_stats": stats, "counts_by_year": by_year, "updated_date": "2026-05-01T00:00:00", **more,
    }  # fmt: skip


RECORDS = [
    record(1, "Alpha", "CN", 100, {2023: (10, 90), 2024: (12, 80)}),
    record(2, "Beta", "CH", 100, {2023: (20, 40), 2024: (1, 30)}),
    record(3, "Gamma", "CN", 300, {2024: (9, 500)}),
    record(4, "Delta", None, None, {}, summary_stats=None) | {"counts_by_year": None},
    record(5, "Epsilon", "CH", 40, {2022: (3, 3)}, updated_date="2023-08-01"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A snapshot's layout: an older record of Alpha, a record of another entity and one without a name are among them."""
    there = tmp_path / "data" / "institutions" / "updated_date=2026-05-01"
    there.mkdir(parents=True)
    old = record(1, "Alpha of old", "CN", 50, {}, updated_date="2025-01-01")
    odd: list[Any] = [{"id": "https://openalex.org/W5", "display_name": "A work"}, record(9, "", "CN", 5, {}), 7]
    lines = "".join(json.dumps(r) + "\n" for r in [*RECORDS[:2], old, *odd])
    (there / "part_000.gz").write_bytes(gzip.compress(lines.encode()))
    (there / "part_001.gz").write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in RECORDS[2:]).encode()))
    (tmp_path / "data" / "works").mkdir()
    (tmp_path / "data" / "works" / "part_000.gz").write_bytes(gzip.compress(b'{"id": "https://openalex.org/W1"}\n'))
    return tmp_path


def rows(found: Any) -> list[tuple[int | None, str, float | None]]:
    return [(r["rank"], r["name"], r["value"]) for r in found.arrow.to_pylist()]


def test_ranks_ties_and_what_is_unknown(folder: Path) -> None:
    read = read_own_counts(folder)
    assert (read.records, read.replaced, len(read.institutions)) == (9, 1, 5)
    assert dict(read.rejected) == {"not an institution": 1, "without a name": 1, "not a record": 1}
    assert read.records == len(read.institutions) + read.replaced + read.rejected.total()
    assert rows(quick_ranking(read)) == [
        (1, "Gamma", 300.0),
        (2, "Alpha", 100.0),
        (2, "Beta", 100.0),
        (4, "Epsilon", 40.0),
        (None, "Delta", None),
    ]
    assert rows(quick_ranking(read, "h_index"))[1] == (2, "Gamma", 30.0)
    assert rows(quick_ranking(read, "mean_citedness_2y", country="ch")) == [(1, "Epsilon", 7.5), (2, "Beta", 4.5)]


def test_years_without_anything_are_left_out_and_years_after_a_record_are_unknown(folder: Path) -> None:
    read = read_own_counts(folder)
    found = quick_ranking(read, period="2023-2024")
    assert rows(found) == [(1, "Alpha", 22.0), (2, "Beta", 21.0), (3, "Gamma", 9.0), (None, "Delta", None), (None, "Epsilon", None)]
    assert rows(quick_ranking(read, period="2012-2023"))[-2:] == [(4, "Gamma", 0.0), (None, "Delta", None)]
    assert rows(quick_ranking(read, period="2011-2023"))[0][0] is None, "before yearly counts begin"
    assert any("1 records were made in 2023" in n for n in quick_ranking(read, period=2023).meta["notes"])
    assert any("2 of 5 records do not give this number for all these years" in n for n in found.meta["notes"])
    assert rows(quick_ranking(read, "citations", period=2024))[0] == (1, "Gamma", 500.0)
    for choices, error in (
        ({"by": "h_index", "period": "2024"}, UsageError),
        ({"by": "works", "period": "2023-"}, UsageError),
        ({"by": "fame"}, UnknownNameError),
        ({"country": "XX"}, DataError),
    ):
        with pytest.raises(error):
            quick_ranking(read, **choices)


def test_all_forms_are_read_alike(folder: Path, tmp_path: Path) -> None:
    wanted = rows(quick_ranking(read_own_counts(folder)))
    (tmp_path / "page.json").write_text(json.dumps({"meta": {"count": 5}, "results": RECORDS}))
    pq.write_table(pa.Table.from_pylist(RECORDS), tmp_path / "part.parquet")
    (tmp_path / "lines.jsonl").write_text("".join(json.dumps(r) + "\n" for r in RECORDS))
    for name in ("page.json", "part.parquet", "lines.jsonl"):
        assert rows(quick_ranking(read_own_counts(tmp_path / name))) == wanted, name


def test_the_command_says_what_it_is(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quick", str(folder), "--by", "citations", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"][0]["name"] == "Epsilon" and set(CAVEATS) <= set(told["meta"]["notes"])
    assert run(["quick", str(folder), "--format", "csv"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("rank,unit_id,name") and CAVEATS[0] in said.err
    assert run(["quick", str(tmp_path / "nowhere")]) == 2
    (tmp_path / "empty").mkdir()
    assert run(["quick", str(tmp_path / "empty")]) == 2
    assert "no record of an institution" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"\x00\xff", b"{", b"[1, 2]", b'{"id": 5}\n{"id": "https://openalex.org/I1"}\n', b""])
def test_damaged_files_end_in_one_line(tmp_path: Path, content: bytes) -> None:
    for name in ("a.jsonl", "a.json", "a.parquet", "a.gz"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError):
            read_own_counts(tmp_path / name)
