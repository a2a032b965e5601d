"""The real OECD files: 46 SDMX-ML messages, one of them malformed and one empty, against an independent flat reading of the same files."""

from __future__ import annotations

import csv
import math
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from armillary.core.store import Store
from armillary.errors import DataError
from armillary.sources.series import first_year_above, growth, ingest, lasting_year_above, ratio, read_file, select
from armillary.sources.series.ingest import Ingested
from armillary.sources.series.places import unit_id


@pytest.fixture(scope="module")
def raw(real_data: Path) -> Path:
    return real_data / "country" / "oecd_sti" / "raw"


@pytest.fixture(scope="module")
def observatory(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Ingested]:
    store = Store.create(tmp_path_factory.mktemp("series") / "observatory")
    done = ingest(store, [raw])
    return store.refresh(), done


@pytest.fixture(scope="module")
def series(observatory: tuple[Store, Ingested]) -> pa.Table:
    return observatory[0].read("series")


def test_every_value_of_the_flat_table_is_there(observatory: tuple[Store, Ingested], series: pa.Table, real_data: Path) -> None:
    """``key_series.csv`` was made by another program: 65,608 values of 42 series (called by their files), without the pseudo-year 2999."""
    ours = {(r["indicator"], r["unit"], r["year"]): r["value"] for r in series.to_pylist()}
    code_of = {f["file"].removesuffix("_V8.txt"): f["indicators"][0] for f in observatory[1].files if f["kept"]}
    assert len(set(code_of.values())) == len(code_of) == 44
    with (real_data / "country" / "oecd_sti" / "key_series.csv").open(newline="") as file:
        theirs = [(code_of[r["var"]], unit_id(r["location"]), int(r["year"]), float(r["value"])) for r in csv.DictReader(file)]
    assert len(theirs) == 65608
    for code, unit, year, value in theirs:
        assert math.isclose(ours[code, unit, year], value, rel_tol=1e-12), (code, unit, year)
    names = {v for v, *_ in theirs}
    assert sum(k[0] in names for k in ours) == 65608
    assert max(y for _, _, y in ours) < 2030


def test_rejects_have_reasons(observatory: tuple[Store, Ingested]) -> None:
    store, done = observatory
    rejects = store.read("reject").to_pylist()
    by_file = {r["file"]: r for r in rejects if r["file"].startswith(("ITSR", "INN_"))}
    assert by_file["ITSR_V8.txt"]["reason"] == "empty-file"
    assert by_file["INN_XFRMTOT_V8.txt"]["reason"] == "malformed-xml" and "line" in by_file["INN_XFRMTOT_V8.txt"]["detail"]
    reasons = Counter(r["reason"] for r in rejects)
    assert set(reasons) == {"empty-file", "malformed-xml", "pseudo-year", "no-value"} and reasons["no-value"] == 1103
    manifest = {r["file"]: r for r in store.read("manifest").to_pylist()}
    assert len(manifest) == 46 == len(done.files)
    for row in manifest.values():
        assert row["kept_n"] + row["superseded_n"] + row["rejected_n"] == row["records_n"]
    assert {r["snapshot_date"] for r in manifest.values()} == {None}, "the vintage of a series is no snapshot of records"


def test_china_in_national_currency_and_per_gdp(series: pa.Table) -> None:
    """Million yuan, and the first year above two trillion; 2.69 % of GDP in 2024."""
    spent = select(series, "CN", "G_NC")
    assert [round(spent[y].value) for y in (2012, 2019, 2024)] == [1029841, 2214358, 3632676]
    assert first_year_above(spent, 2_000_000) == 2019 == lasting_year_above(spent, 2_000_000)
    assert round(select(series, "CN", "G_XGDP")[2024].value, 2) == 2.69
    share = ratio(spent, select(series, "CN", "GDP"))
    published = select(series, "CN", "G_XGDP")
    for year in (2012, 2019, 2024):
        assert math.isclose(share[year].value, published[year].value, abs_tol=0.005)
    assert 8 < growth(spent, 2019, 2024) < 12


def test_units_flags_source_and_vintage_are_kept(series: pa.Table) -> None:
    rows = {(r["indicator"], r["unit"], r["year"]): r for r in series.to_pylist()}
    china = rows["G_NC", "CN", 2009]
    assert china["status_flag"] == "B" and china["unit_of_measure"] == "national currency, millions"
    assert china["source"] == "OECD.STI.STP:DSD_SBRD(1.2)" and china["vintage"] == "2026-04-13"
    venture = next(r for (code, _, _), r in rows.items() if code == "VC_INV_MKT:BUSINESS_DEVELOPMENT_STAGE=_T,UNIT_MEASURE=USD_EXC")
    assert (venture["unit_of_measure"], venture["unit_mult"]) == ("USD_EXC", 6)
    assert {"EU27_2020", "OECD", "US"} <= {u for _, u, _ in rows}
    assert {r["unit"] for r in rows.values() if r["is_aggregate"]} == {"EU25", "EU27_2020", "G20", "OECD", "W"}
    flags = {r["status_flag"] for r in rows.values()}
    assert None in flags and "D,B" in flags | {",".join(reversed((f or "").split(","))) for f in flags} and "A" not in flags


def test_growth_does_not_cross_a_break(series: pa.Table) -> None:
    researchers = select(series, "CN", "TP_RS")
    assert researchers[2009].starts_break  # China adopted the OECD definition of a researcher
    with pytest.raises(DataError, match="breaks in"):
        growth(researchers, 2008, 2012)


def test_again_changes_nothing(observatory: tuple[Store, Ingested], raw: Path) -> None:
    store, _ = observatory
    digest = store.refresh().digest
    again = ingest(store, [raw])
    assert (again.added, again.replaced) == (0, 0) and store.refresh().digest == digest


def test_one_file(raw: Path) -> None:
    found = read_file(raw / "ADPHDPOP_XT_V8.txt")
    assert all("ATTAINMENT_LEV=ISCED11A_8" in r.indicator and "SEX=_T" in r.indicator for r in found.rows)
    assert {r.unit_of_measure for r in found.rows} == {"PT_POP_SEX_AGE"}
