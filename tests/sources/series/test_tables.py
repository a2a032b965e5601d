"""World Bank, UNESCO, index workbooks and tables of one's own, as they are served and as people save them."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest

from armillary.core.store import Store
from armillary.errors import InputError, SpecError, UsageError
from armillary.sources.series import ingest, read_file
from armillary.sources.series.rows import SeriesFile
from armillary.sources.series.tidy import Mapping

from .test_layouts import UIS, WDI, reasons


def brief(file: SeriesFile) -> set[tuple[str, str, int, float]]:
    return {(r.unit, r.indicator, r.year, r.value) for r in file.rows}


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


EXPECTED = {("CN", "GB.XPD.RSDV.GD.ZS", 2020, 2.41), ("CN", "GB.XPD.RSDV.GD.ZS", 2021, 2.43), ("WLD", "GB.XPD.RSDV.GD.ZS", 2020, 2.62)}
NAME = "Research and development expenditure (% of GDP)"
BANK = {
    "databank": (
        "Country Name,Country Code,Series Name,Series Code,2020 [YR2020],2021 [YR2021]\n"
        f"China,CHN,{NAME},GB.XPD.RSDV.GD.ZS,2.41,2.43\nWorld,WLD,{NAME},GB.XPD.RSDV.GD.ZS,2.62,..\n,,,,,\n"
        "Data from database: World Development Indicators,,,,,\nLast Updated: 10/26/2023,,,,,\n"
    ),
    "databank-series-first": (
        "Series Name,Series Code,Country Name,Country Code,2020 [YR2020],2021 [YR2021]\n"
        f'"{NAME}",GB.XPD.RSDV.GD.ZS,China,CHN,2.41,2.43\n"{NAME}",GB.XPD.RSDV.GD.ZS,World,WLD,2.62,..\n\n\n'
        "Data from database: World Development Indicators\nLast Updated: 10/26/2023\n"
    ),
    "databank-series-across": (
        f'Time,Time Code,Country Name,Country Code,"{NAME} [GB.XPD.RSDV.GD.ZS]"\n2020,YR2020,China,CHN,2.41\n2021,YR2021,China,CHN,2.43\n'
        "2020,YR2020,World,WLD,2.62\n,,,,\nData from database: World Development Indicators,,,,\nLast Updated: 10/26/2023,,,,\n"
    ),
    "wbgapi": "economy,series,YR2020,YR2021\nCHN,GB.XPD.RSDV.GD.ZS,2.41,2.43\nWLD,GB.XPD.RSDV.GD.ZS,2.62,\n",
    "wbgapi-labels": (
        f"economy,series,Country,Series,YR2020,YR2021\nCHN,GB.XPD.RSDV.GD.ZS,China,{NAME},2.41,2.43\nWLD,GB.XPD.RSDV.GD.ZS,World,{NAME},2.62,\n"
    ),
    "wbgapi-numeric": "economy,series,2020,2021\nCHN,GB.XPD.RSDV.GD.ZS,2.41,2.43\nWLD,GB.XPD.RSDV.GD.ZS,2.62,NaN\n",
    "wbgapi-series-across": "economy,time,GB.XPD.RSDV.GD.ZS\nCHN,YR2020,2.41\nCHN,YR2021,2.43\nWLD,YR2020,2.62\n",
    "saved-by-a-spreadsheet": (
        f"\ufeffCountry Name;Country Code;Indicator Name;Indicator Code;2020;2021;\r\nChina;CHN;{NAME};GB.XPD.RSDV.GD.ZS;2,41;2,43;\r\n"
        f"World;WLD;{NAME};GB.XPD.RSDV.GD.ZS;2,62;;\r\n"
    ),
}


@pytest.mark.parametrize("kind", BANK)
def test_world_bank_tables(tmp_path: Path, kind: str) -> None:
    read = read_file(put(tmp_path, "data", BANK[kind]))
    assert brief(read) == EXPECTED and read.records == read.kept + len(read.rejects)
    assert {r.source for r in read.rows} == {"World Bank:WDI"}
    assert {r.vintage for r in read.rows} == {"2023-10-26" if kind.startswith("databank") else "undated"}
    assert {r["unit"] for r in read.table().to_pylist() if r["is_aggregate"]} == {"WLD"}


def test_world_bank_workbook_of_databank(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in BANK["databank"].splitlines():
        cells = [x or None for x in line.replace(NAME, "R&D").split(",")]
        book.active.append([float(c) if c and c.replace(".", "").isdigit() else c for c in cells])
    notes = book.create_sheet("Series - Metadata")
    notes.append(["Code", "License Type"])
    book.save(tmp_path / "Data_Extract.xlsx")
    assert brief(read_file(tmp_path / "Data_Extract.xlsx")) == EXPECTED


def test_world_bank_download_as_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "API_X_DS2_en_csv_v2_1.zip", "w") as archive:
        archive.writestr("API_X_DS2_en_csv_v2_1.csv", WDI.replace('"Nowhere"\n', ""))
        archive.writestr(
            "Metadata_Country_API_X.csv",
            '"Country Code","Region","IncomeGroup","SpecialNotes","TableName",\n"CHN","East","Up","","China",\n',
        )
        archive.writestr(
            "Metadata_Indicator_API_X.csv", '"INDICATOR_CODE","INDICATOR_NAME","SOURCE_NOTE","SOURCE_ORGANIZATION",\n"X","Y","Z","W",\n'
        )
        archive.writestr("__MACOSX/._x", "junk")
    done = ingest(Store.create(tmp_path / "o"), [tmp_path / "API_X_DS2_en_csv_v2_1.zip"])
    assert [(f["file"].rpartition("/")[2][:12], f["layout"]) for f in done.files] == [
        ("API_X_DS2_en", "world-bank"), ("Metadata_Cou", "beside"), ("Metadata_Ind", "beside")
    ]  # fmt: skip
    assert done.rows == 5


def test_groups_of_countries_are_known_from_the_list_beside(tmp_path: Path) -> None:
    put(tmp_path, "WDICountry.csv", "Country Code,Short Name,Region\nQQA,Odd group,\nCHN,China,East Asia\n")
    put(tmp_path, "WDICSV.csv", "Country Name,Country Code,Indicator Name,Indicator Code,2020\nOdd,QQA,X,X.Y,1\nChina,CHN,X,X.Y,2\n")
    table = read_file(tmp_path / "WDICSV.csv").table().to_pylist()
    assert {r["unit"]: r["is_aggregate"] for r in table} == {"QQA": True, "CN": False}


def test_world_bank_api(tmp_path: Path) -> None:
    value = {
        "indicator": {"id": "GB.X", "value": "R&D (% of GDP)"},
        "country": {"id": "CN", "value": "China"},
        "countryiso3code": "CHN",
        "date": "2020",
        "value": 2.41,
        "unit": "",
        "obs_status": "",
        "decimal": 2,
    }
    answer = [{"page": 1, "pages": 1, "lastupdated": "2026-07-01"}, [value, value | {"date": "2021", "value": None}]]
    read = read_file(put(tmp_path, "x.json", "\ufeff" + json.dumps(answer, indent=1)))
    assert [tuple(r)[:8] for r in read.rows] == [("CN", "GB.X", 2020, "World Bank:WDI", "2026-07-01", 2.41, None, "% of GDP")]
    assert reasons(read) == ["no-value"] and not read.notes
    answer[0] = {"page": 1, "pages": 3, "lastupdated": "2026-07-01"}
    assert "1 of 3 pages" in read_file(put(tmp_path, "x.json", json.dumps(answer))).notes[0]


def test_a_measure_that_is_not_named_is_asked_for(tmp_path: Path) -> None:
    path = put(tmp_path, "d.csv", "economy,YR2020,YR2021\nCHN,2.41,2.43\n")
    with pytest.raises(InputError, match="--indicator"):
        ingest(Store.create(tmp_path / "o"), [path])
    assert ingest(Store.create(tmp_path / "o"), [path], indicator="RD").rows == 2


UIS_EXPECTED = {("CN", "EXPGDP.TOT", 2019, 2.24463), ("CN", "EXPGDP.TOT", 2020, 2.46), ("SE", "RESDEN.INHAB.TFTE", 2020, 7930.4)}


def test_unesco_api_as_csv_and_json_is_the_bulk_table(tmp_path: Path) -> None:
    lines = [x.split(",") for x in UIS.strip().splitlines()[1:]]
    records = [
        {"indicatorId": c, "geoUnit": u, "year": int(y), "value": float(v) if v else None, "magnitude": m or None, "qualifier": q or None}
        for c, u, y, v, m, q in lines
    ]
    bulk = read_file(put(tmp_path, "SDG_DATA_NATIONAL.csv", UIS))
    api = read_file(put(tmp_path, "a", json.dumps({"hints": [], "records": records, "indicatorMetadata": []})))
    table = read_file(
        put(
            tmp_path,
            "b",
            "indicatorId,geoUnit,year,value,qualifier,magnitude\n" + "".join(f"{c},{u},{y},{v},{q},{m}\n" for c, u, y, v, m, q in lines),
        )
    )
    assert brief(bulk) == brief(api) == brief(table) == UIS_EXPECTED
    assert {r.source for r in bulk.rows} == {"UNESCO:SDG"} and {r.source for r in api.rows} == {"UNESCO:UIS"}
    assert [reasons(x) for x in (bulk, api, table)] == [["pseudo-year", "no-value"]] * 3


def test_unesco_regions_are_groups(tmp_path: Path) -> None:
    text = "INDICATOR_ID,REGION_ID,YEAR,VALUE,MAGNITUDE,QUALIFIER\nEXPGDP.TOT,SDG: Africa,2020,0.5,,\nEXPGDP.TOT,40500,2020,1.5,,\n"
    table = read_file(put(tmp_path, "SDG_DATA_REGIONAL.csv", text)).table().to_pylist()
    assert {r["unit"]: r["is_aggregate"] for r in table} == {"SDG: Africa": True, "40500": True}


def wipo(path: Path, *, title: str | None = None, dates: tuple[object, object] = (2022, 2021)) -> Path:
    book = openpyxl.Workbook()
    sheets = {
        "Index Structure": [["NUM", "NAME", "LEVEL"], ["GII", "Global index", "Index"], ["OUT.6.1.1", "Patents", "Indicator"]],
        "Economies": [["ISO3", "ECONOMY_NAME", "INCOME"], ["CHE", "Switzerland", "HI"], ["CHN", "China", "UM"]],
        "Data": [
            [
                "ISO3",
                "ECONOMY_NAME",
                "NUM",
                "NAME",
                "DATAYR",
                "VALUE_SCREEN",
                "SCORE",
                "RANK",
                "SW_OVERALL",
                "SW_INCGRP",
                "OUTDATED",
                "DMC",
            ],
            ["CHE", "Switzerland", "GII", "Global index", None, None, 61.5, 1, None, None, None, None],
            ["CHE", "Switzerland", "OUT.6.1.1", "Patents", dates[0], 12.3, 100, 1, "S", "S", None, None],
            ["CHN", "China", "OUT.6.1.1", "Patents", dates[1], "1,234.5", 55.5, 2, None, None, 1, 1],
            ["CHN", "China", "GII", "Global index", None, "n/a", "[50.1]", None, None, None, None, None],
        ],
        "Metadata": [["SHEET", "COLUMN"], [title, None]],
    }
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_wipo_workbook_by_its_columns(tmp_path: Path) -> None:
    read = read_file(wipo(tmp_path / "wipo-pub-2000-2024-tech1.xlsx"))
    found = {(r.unit, r.indicator, r.year): (r.value, r.status_flag) for r in read.rows}
    assert found == {
        ("CH", "GII:score", 2024): (61.5, None),
        ("CH", "GII:rank", 2024): (1.0, None),
        ("CH", "OUT.6.1.1", 2022): (12.3, None),
        ("CH", "OUT.6.1.1:score", 2024): (100.0, None),
        ("CH", "OUT.6.1.1:rank", 2024): (1.0, None),
        ("CN", "OUT.6.1.1", 2021): (1234.5, "incomplete-coverage,outdated"),
        ("CN", "OUT.6.1.1:score", 2024): (55.5, "incomplete-coverage"),
        ("CN", "OUT.6.1.1:rank", 2024): (2.0, "incomplete-coverage"),
        ("CN", "GII:score", 2024): (50.1, "incomplete-coverage"),
    }
    assert {(r.source, r.vintage) for r in read.rows} == {("WIPO:GII", "2024")}


@pytest.mark.parametrize(
    ("name", "title", "edition"),
    [
        ("wipo-pub-2000-2023-tech1.xlsx", None, "2023"),
        ("wipo-pub-2000-en-2021-tech1 (1).xlsx", None, "2021"),
        ("wipo_pub_2000_2025.xlsx", None, "2025"),
        ("GII 2022.xlsx", None, "2022"),
        ("data.xlsx", "Global Innovation Index 2024", "2024"),
        ("gii-2025-08-01.xlsx", "Global Innovation Index 2024", "2024"),
        ("gii_2023_saved_2025.xlsx", None, None),
        ("wipo-pub-2000.xlsx", None, None),
        ("data.xlsx", None, None),
    ],
)
def test_the_edition_is_known_or_asked_for(tmp_path: Path, name: str, title: str | None, edition: str | None) -> None:
    path = wipo(tmp_path / name, title=title, dates=(2019, 2018))
    store = Store.create(tmp_path / "o")
    if edition is None:
        with pytest.raises(InputError, match="--edition"):
            ingest(store, [path])
        edition = "2024"
        ingest(store, [path], edition=edition)
    else:
        ingest(store, [path])
    rows = store.read("series").to_pylist()
    assert {r["vintage"] for r in rows} == {edition} and {r["year"] for r in rows if ":" in r["indicator"]} == {int(edition)}


def test_data_after_the_edition_is_refused(tmp_path: Path) -> None:
    read = read_file(wipo(tmp_path / "wipo-pub-2000-2021-tech1.xlsx"))
    assert reasons(read) == ["after-edition"] and read.records == 7 == read.kept + 1


WIDE = '[columns]\nunit = "Country"\nindicator = "What"\n[constants]\nsource = "Agency"\nvintage = "2026-05"\n'


@pytest.mark.parametrize("names", ["2020,2021", "2020 [YR2020],2021 [YR2021]", "YR2020,YR2021", "X2020,X2021", "2020.0,2021.0"])
def test_wide_with_a_mapping(tmp_path: Path, names: str) -> None:
    mapping = put(tmp_path, "m.toml", WIDE)
    path = put(
        tmp_path, "w.csv", f'A title\nCountry,What,Note,{names}\nGreece,rd,x,1.5,1.6 bp\nCôte d\'Ivoire,rd,,,"0.1"\nWorld,rd,,n/a,2.6\n'
    )
    read = read_file(path, mapping=Mapping(mapping))
    assert brief(read) == {("GR", "rd", 2020, 1.5), ("GR", "rd", 2021, 1.6), ("CI", "rd", 2021, 0.1), ("WORLD", "rd", 2021, 2.6)}
    assert {r.year: r.status_flag for r in read.rows if r.unit == "GR"} == {2020: None, 2021: "bp"} and reasons(read) == ["no-value"]


def test_dimensions_and_units_of_measure_are_part_of_the_key(tmp_path: Path) -> None:
    mapping = put(
        tmp_path,
        "m.toml",
        'dimensions = ["Sex"]\n[columns]\nunit = "geo"\nindicator = "what"\nyear = "y"\nvalue = "v"\nunit_of_measure = "u"\n'
        '[constants]\nsource = "A"\nvintage = "1"\n',
    )
    text = "geo,what,Sex,y,v,u\nFR,res,F,2020,10,persons\nFR,res,M,2020,20,persons\nFR,res,F,2020,33.3,percent\n"
    read = read_file(put(tmp_path, "t.csv", text), mapping=Mapping(mapping))
    assert {(r.indicator, r.value) for r in read.rows} == {
        ("res:SEX=F,UNIT_MEASURE=persons", 10.0),
        ("res:SEX=M", 20.0),
        ("res:SEX=F,UNIT_MEASURE=percent", 33.3),
    }


def test_options_without_effect_are_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "WDICSV.csv", WDI)
    store = Store.create(tmp_path / "o")
    with pytest.raises(UsageError, match="--indicator has no effect"):
        ingest(store, [path], indicator="X")
    with pytest.raises(UsageError, match="--edition has no effect"):
        ingest(store, [path], edition="2024")
    with pytest.raises(SpecError, match="fits none"):
        ingest(store, [path], mapping=put(tmp_path, "m.toml", WIDE.replace("Country", "land")))
    assert store.refresh().generation == 0


def test_a_folder_is_read_by_content_and_nothing_stops_it(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    put(folder, "notes.md", "# About\nnothing here\n")
    put(folder, "a/bank.txt", WDI)
    put(folder, "b/same.csv", UIS)
    put(folder, "c/same.csv", "x,y\n1,2\n")
    put(folder, "error.csv", "<!DOCTYPE html><html><body>503</body></html>")
    put(folder, "broken.xlsx", "PK\x03\x04 not a workbook")
    put(folder, "old.xls", "x").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    put(folder, "half.csv.gz", "").write_bytes(gzip.compress(WDI.encode())[:60])
    put(folder, "empty.csv", "\n \n")
    put(folder, ".DS_Store", "x")
    done = ingest(Store.create(tmp_path / "o"), [folder])
    assert {f["file"]: next(iter(f["reasons"]), "") for f in done.files if not f["kept"]} == {
        "notes.md": "unknown-layout",
        "c/same.csv": "unknown-layout",
        "error.csv": "web-page",
        "broken.xlsx": "damaged-archive",
        "old.xls": "old-workbook",
        "half.csv.gz": "damaged-gzip",
        "empty.csv": "empty-file",
    }
    assert {f["file"] for f in done.files if f["kept"]} == {"a/bank.txt", "b/same.csv"}


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest(tmp_path: Path) -> None:
    text = (
        'INDICATOR_ID,COUNTRY_ID,YEAR,VALUE,MAGNITUDE,QUALIFIER\n"A",CHN,2019,1,,\n"A,CHN,2020,2,,\n"A",CHN,2021,3,,\n'
        + '"A",FRA,2021,3,,\n'
    )
    read = read_file(put(tmp_path, "u.csv", text))
    assert {(r.unit, r.year) for r in read.rows} == {("CN", 2019), ("CN", 2021), ("FR", 2021)} and len(read.rejects) == 1


def test_encodings_and_country_names(tmp_path: Path) -> None:
    text = 'unit,indicator,year,value,source,vintage\nCôte d\'Ivoire,rd,2020,0.1,A,1\n"Korea, Rep.",rd,2020,4.9,A,1\nUK,rd,2020,2.9,A,1\n'
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(text.encode(encoding))
        assert {r.unit for r in read_file(path).rows} == {"CI", "KR", "GB"}, encoding


def test_another_file_of_the_same_vintage_does_not_overwrite(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "o")
    ingest(store, [put(tmp_path, "one_DATA_NATIONAL.csv", UIS)], source="UNESCO:X")
    done = ingest(store, [put(tmp_path, "two_DATA_NATIONAL.csv", UIS.replace("2.24463", "9.9"))], source="UNESCO:X")
    (conflict,) = done.conflicts
    assert (conflict.values, conflict.kept, conflict.unit, conflict.year) == ((9.9,), 2.24463, "CN", 2019)
    assert done.replaced == 0 and done.files[0]["reasons"]["conflict"] == 1
    assert {r["value"] for r in store.refresh().read("series").to_pylist() if r["year"] == 2019} == {2.24463}
    again = ingest(store, [put(tmp_path, "one_DATA_NATIONAL.csv", UIS.replace("2.24463", "2.25"))], source="UNESCO:X")
    assert again.replaced == 1 and not again.conflicts
    beside = ingest(store, [tmp_path / "two_DATA_NATIONAL.csv"], source="UNESCO:X", vintage="later")
    assert beside.added == 3 and store.refresh().rows("series") == 6
