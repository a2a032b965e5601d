"""``armillary rank series:...`` and ``obs.series``: every format, years, change, sources side by side, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import armillary as arm
from armillary.cli.main import run
from armillary.core import schema
from armillary.core.store import Store
from armillary.errors import UsageError
from armillary.sources.series import ingest

ROWS = """unit,indicator,year,value,source,vintage,unit_of_measure,status_flag
KR,rd,2020,4.8,Agency,2026,percent of GDP,
IL,rd,2020,5.4,Agency,2026,percent of GDP,
SE,rd,2020,3.5,Agency,2026,percent of GDP,bp
OECD,rd,2020,2.7,Agency,2026,percent of GDP,
KR,rd,2018,4.5,Agency,2026,percent of GDP,
SE,rd,2018,3.3,Agency,2026,percent of GDP,
KR,rd,2020,4.7,Bank,2021,percent of GDP,
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("rank-series")
    (top / "rd.csv").write_text(ROWS)
    ingest(Store.create(top / "o"), [top / "rd.csv"])
    return top / "o"


def said(capsys: pytest.CaptureFixture[str], folder: Path, *args: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run(["rank", *args, "--into", str(folder)]) == code
    out = capsys.readouterr()
    return out.err if code else out.out


def test_every_format_says_the_same(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    expected = [(1, "IL", 5.4), (2, "KR", 4.8), (3, "SE", 3.5), (None, "OECD", 2.7)]
    rows = json.loads(said(capsys, folder, "series:rd", "--json"))["rows"]
    assert [(r["rank"], r["unit_id"], r["value"]) for r in rows] == expected
    table = list(csv.DictReader(io.StringIO(said(capsys, folder, "series:rd", "--format", "csv"))))
    assert [(int(r["rank"]) if r["rank"] else None, r["unit_id"], float(r["value"])) for r in table] == expected
    said(capsys, folder, "series:rd", "--format", "parquet", "--out", str(tmp_path / "r.parquet"))
    assert [(r["rank"], r["unit_id"], r["value"]) for r in pq.read_table(tmp_path / "r.parquet").to_pylist()] == expected
    said(capsys, folder, "series:rd", "--format", "xlsx", "--out", str(tmp_path / "r.xlsx"))
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["ranking"]
    assert [(r[0], r[1], r[3]) for r in sheet.iter_rows(min_row=2, values_only=True)] == expected
    text = said(capsys, folder, "series:rd", "--plot", str(tmp_path / "r.svg"))
    assert "percent of GDP" in text and "without a rank: OECD 2.7" in text and "Agency, vintage 2026" in text and "rd@Bank@2021" in text
    assert (tmp_path / "r.svg").stat().st_size > 1000
    assert "| 1 | IL | Israel |" in said(capsys, folder, "series:rd", "--format", "md")


def test_years_change_and_sources(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(said(capsys, folder, "series:rd", "--period", "2018-2020", "--step", "1", "--json"))["rows"]
    assert [(r["period"], r["rank"]) for r in rows if r["unit_id"] == "KR"] == [("2018", 1), ("2020", 2)]
    found = json.loads(said(capsys, folder, "series:rd", "--compare", "2018", "--against", "rd@Bank", "--json"))
    korea, sweden = (next(r for r in found["rows"] if r["unit_id"] == u) for u in ("KR", "SE"))
    assert korea["change"] == pytest.approx(4.8 / 4.5 - 1) and korea["difference_bank"] == pytest.approx(0.1)
    assert sweden["change"] is None and sweden["previous"] == 3.3
    assert any("break" in n and "Sweden (2020)" in n for n in found["meta"]["notes"])


def test_in_python(folder: Path) -> None:
    obs = arm.open(folder)
    found = obs.series("rd", period=2020, compare=2018)
    assert found.table["unit_id"].tolist() == ["IL", "KR", "SE"] and found.to_csv() == obs.series("rd", period=2020, compare=2018).to_csv()
    assert obs.series("gerd-gdp", period=2023).table["unit_id"][0] == "IL"
    with pytest.raises(UsageError, match="no records behind it"):
        found.explain("KR")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["series:rd", "--counting", "full"], "no effect"),
        (["series:rd", "--unit", "city"], "no effect"),
        (["series:rd", "--intervals"], "no effect"),
        (["series:rd", "--period", "2018-2020"], "one year at a time"),
        (["series:rd", "--period", "1950"], "2018, 2020"),
        (["series:rd", "--compare", "early"], "one year"),
        (["series:rd", "--against", "nothing"], "unknown series"),
        (["series:rd@Nobody"], "unknown source"),
        (["series:rdd"], "'rd'"),
        (["series:rd", "--format", "xlsx"], "--out"),
        (["share", "--against", "rd"], "for series"),
    ],
)
def test_what_is_refused_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], says: str) -> None:
    text = said(capsys, folder, *args, code=2)
    assert says in text and len(text.strip().splitlines()) == 1


def test_the_snapshot_date_is_that_of_the_records(tmp_path: Path) -> None:
    (tmp_path / "rd.csv").write_text(ROWS)
    store = Store.create(tmp_path / "o")
    row = {"entity": "works", "file": "part_0000.gz", "file_sha256": "0", "records_n": 1, "kept_n": 1, "superseded_n": 0, "rejected_n": 0}
    with store.write() as txn:
        txn.replace("manifest", pa.Table.from_pylist([row | {"snapshot_date": "2026-05-01"}], schema.table("manifest").schema))
    ingest(store, [tmp_path / "rd.csv"], vintage="2099-12-31")
    assert {r["vintage"] for r in store.refresh().read("series").to_pylist()} == {"2099-12-31"}
    assert arm.open(tmp_path / "o").data_version["snapshot_date"] == "2026-05-01"
