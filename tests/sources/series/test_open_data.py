"""Tables of Our World in Data and of the UN's database of the goals: read as they are served, without a mapping."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from armillary.core.store import Store
from armillary.sources.series import ingest, read_file

OWID = """Entity,Code,Year,Research and development expenditure (% of GDP),World region according to OWID
Africa,,2015,0.4,
China,CHN,2015,2.05,Asia
Kosovo,OWID_KOS,2015,0.1,Europe
World,OWID_WRL,2015,1.7,
High-income countries,OWID_HIC,2015,2.4,
Germany,FRA,2015,3.4,Europe
Czechia,CZE,-10000,1,Europe
Tuvalu,TUV,2015,n/a,Oceania
"""
RD = "Research_and_development_expenditure_(%_of_GDP)"


def test_a_chart_of_our_world_in_data(tmp_path: Path) -> None:
    (tmp_path / "rd.csv").write_text(OWID, encoding="utf-8")
    found = read_file(tmp_path / "rd.csv")
    table = found.table().to_pylist()
    assert {(r["unit"], r["value"]) for r in table if not r["is_aggregate"]} == {("CN", 2.05), ("XK", 0.1)}
    assert {r["unit"] for r in table if r["is_aggregate"]} == {"002", "WORLD", "High-income countries"}
    assert {(r["indicator"], r["unit_of_measure"], r["source"]) for r in table} == {(RD, "% of GDP", "Our World in Data")}
    assert sorted(reason for _, reason, _ in found.rejects) == ["no-value", "pseudo-year", "unit-contradicts"]
    assert found.records == found.kept + len(found.rejects) == 8
    assert found.notes == ["columns without numbers are left out: World region according to OWID"]


def test_the_metadata_beside_a_chart_tell_unit_and_date(tmp_path: Path) -> None:
    about = {"chart": {"title": "x"}, "columns": {"Patents": {"unit": "patents a year"}}, "dateDownloaded": "2026-11-20"}
    with zipfile.ZipFile(tmp_path / "chart.zip", "w") as archive:
        archive.writestr("chart.csv", "Entity,Code,Year,Patents\nChina,CHN,2015,968252\n")
        archive.writestr("chart.metadata.json", json.dumps(about))
        archive.writestr("readme.md", "# Patents\n")
    done = ingest(Store.create(tmp_path / "o"), [tmp_path / "chart.zip"])
    assert done.rows == 1 and [f["layout"] for f in done.files] == ["owid", "beside", "unknown"]
    (row,) = Store.open(tmp_path / "o").read("series").to_pylist()
    assert (row["indicator"], row["unit_of_measure"], row["vintage"]) == ("Patents", "patents a year", "2026-11-20")


def test_series_across_and_country_files_on_github(tmp_path: Path) -> None:
    (tmp_path / "owid-x-data.csv").write_text(
        "country,year,iso_code,population,gdp\nChina,2015,CHN,1393715456,1.7e13\nAsia,2015,,4400000000,\nNamibia,2015,NAM,,\n",
        encoding="utf-8",
    )
    found = read_file(tmp_path / "owid-x-data.csv")
    assert {(r.unit, r.indicator) for r in found.rows} == {("CN", "population"), ("CN", "gdp"), ("142", "population")}
    assert found.records == 3, "an empty cell beside other series is the layout"


def test_time_that_is_said_twice_is_no_series(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("Entity,Code,Year,time,Patents\nChina,CHN,2015,2015,5\n", encoding="utf-8")
    assert [(r.indicator, r.value) for r in read_file(tmp_path / "x.csv").rows] == [("Patents", 5.0)]


def test_days_are_no_years(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("Entity,Code,Day,Cases\nChina,CHN,2020-01-01,5\n", encoding="utf-8")
    found = read_file(tmp_path / "d.csv")
    assert not found.kept and found.records == len(found.rejects) == 1


SDG = (
    "Goal,Target,Indicator,SeriesCode,SeriesDescription,GeoAreaCode,GeoAreaName,TimePeriod,Value,Time_Detail,BasePeriod,Source,"
    "GeoInfoUrl,FootNote,[Nature],[Reporting Type],[Units],[Sex],[Observation Status]\n"
    '9,9.5,9.5.1,GB_XPD_RSDV,R&D,156,China,2015,2.05,2015,,UIS,,"a, b",C,G,PERCENT,,A\n'
    "9,9.5,9.5.1,GB_XPD_RSDV,R&D,1,World,2015,1.7,2015,,UIS,,,CA,G,PERCENT,,A\n"
    "9,9.5,9.5.1,GB_XPD_RSDV,R&D,513,Europe and Northern America,2015,2.3,2015,,UIS,,,CA,G,PERCENT,,A\n"
    "9,9.5,9.5.2,GB_POP_SCIERD,Researchers,4,Afghanistan,2015,<0.1,2015,,UIS,,,CA,G,PER_1000000_POP,FEMALE,A\n"
    "9,9.5,9.5.2,GB_POP_SCIERD,Researchers,4,Afghanistan,2015,7,2015,,UIS,,,CA,G,PER_1000000_POP,MALE,B\n"
)
EXPECTED = "GB_XPD_RSDV:REPORTING_TYPE=G,UNIT_MEASURE=PERCENT"


def test_a_table_of_the_goals(tmp_path: Path) -> None:
    (tmp_path / "sdg.csv").write_text(SDG, encoding="utf-8")
    found = read_file(tmp_path / "sdg.csv")
    assert {(r["unit"], r["value"], r["is_aggregate"]) for r in found.table().to_pylist() if r["indicator"] == EXPECTED} == {
        ("CN", 2.05, False),
        ("001", 1.7, True),
        ("513", 2.3, True),
    }
    (male,) = [r for r in found.rows if r.unit == "AF"]
    assert male.indicator == "GB_POP_SCIERD:REPORTING_TYPE=G,SEX=MALE,UNIT_MEASURE=PER_1000000_POP" and male.status_flag == "B,nature CA"
    assert [(line, reason) for line, reason, _ in found.rejects] == [(5, "bad-value")]
    old = SDG.replace("[", "").replace("]", "").replace("Reporting Type", "Reporting_Type")
    (tmp_path / "old.csv").write_text(old, encoding="utf-8")
    assert read_file(tmp_path / "old.csv").rows == found.rows


def test_the_answers_of_the_api_of_the_goals(tmp_path: Path) -> None:
    item = {
        "goal": ["9"],
        "series": "GB_XPD_RSDV",
        "geoAreaCode": "156",
        "geoAreaName": "China",
        "timePeriodStart": 2015.0,
        "value": "2.05",
        "source": "UIS",
        "footnotes": [""],
        "attributes": {"Nature": "C", "Units": "PERCENT", "Observation Status": "A"},
        "dimensions": {"Reporting Type": "G"},
    }
    answer = {"size": 1, "totalElements": 2, "totalPages": 2, "pageNumber": 1, "data": [item]}
    (tmp_path / "a.json").write_text(json.dumps(answer), encoding="utf-8")
    found = read_file(tmp_path / "a.json")
    assert [(r.unit, r.indicator, r.year, r.value) for r in found.rows] == [("CN", EXPECTED, 2015, 2.05)]
    assert found.notes == ["1 of 2 pages of the answer: the others are missing"]


@pytest.mark.parametrize("text", ["Entity,Code,Year\nChina,CHN,2015\n", "entity,code,year,\nChina,CHN,2015,3\n"])
def test_a_chart_without_a_series_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    found = read_file(tmp_path / "x.csv")
    assert not found.kept and [reason for _, reason, _ in found.rejects] == ["unknown-layout"]
