"""Country series as people have them: old exports, other packages' tables, spreadsheets of spreadsheets. Each shape is a publisher's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.sources.series import read_file
from armillary.sources.series.rows import SeriesFile
from armillary.sources.series.tidy import Mapping


def read(folder: Path, name: str, text: str | bytes) -> SeriesFile:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_file(path)


def values(found: SeriesFile) -> dict[tuple[str, str, int], float]:
    return {(r.unit, r.indicator, r.year): r.value for r in found.rows}


OECD_STAT = (
    '"VAR","MSTI Variables","COU","Country","YEAR","Year","Unit Code","Unit","PowerCode Code","PowerCode","Reference Period Code",'
    '"Reference Period","Value","Flag Codes","Flags"\n'
    '"G_PPP","GERD","CHN","China (People\'s Republic of)","2019","2019","USD","US Dollar","6","Millions",,,525693.4,,\n'
    '"G_PPP","GERD","CHN","China (People\'s Republic of)","2020","2020","USD","US Dollar","6","Millions",,,582803,"B;E","Break; Estimate"\n'
)


def test_oecd_stat_until_2024(tmp_path: Path) -> None:
    found = read(tmp_path, "MSTI_PUB_1.csv", OECD_STAT)
    assert values(found) == {("CN", "G_PPP:UNIT_MEASURE=USD", 2019): 525693.4, ("CN", "G_PPP:UNIT_MEASURE=USD", 2020): 582803.0}
    assert {r.unit_mult for r in found.rows} == {6} and [r.status_flag for r in found.rows] == [None, "B;E"]


def test_data_oecd_org_until_2024(tmp_path: Path) -> None:
    text = (
        '"LOCATION","INDICATOR","SUBJECT","MEASURE","FREQUENCY","TIME","Value","Flag Codes"\n'
        '"CHN","GDEXPRD","TOT","PC_GDP","A","2019",2.23,\n"CHN","GDEXPRD","TOT","MLN_USD","A","2019",525693,B\n'
    )
    units = values(read(tmp_path, "DP_LIVE_1.csv", text))
    assert units == {
        ("CN", "GDEXPRD:MEASURE=PC_GDP,SUBJECT=TOT", 2019): 2.23,
        ("CN", "GDEXPRD:MEASURE=MLN_USD,SUBJECT=TOT", 2019): 525693.0,
    }


WDI_TIDY = {
    "R package WDI": '"","country","iso2c","iso3c","year","lastupdated","GB.XPD.RSDV.GD.ZS"\n'
    '"1","Germany","DE","DEU",2019,"2025-07-01",3.1\n"2","Namibia",NA,"NAM",2019,"2025-07-01",0.3\n"3","France","FR","FRA",2019,"",NA\n',
    "wbstats": "iso2c,iso3c,country,date,GB.XPD.RSDV.GD.ZS,unit,obs_status,footnote,last_updated\n"
    "DE,DEU,Germany,2019,3.1,,,,2025-07-01\nNA,NAM,Namibia,2019,0.3,,,,2025-07-01\nFR,FRA,France,2019,NA,,,,\n",
    "pandas_datareader": "country,year,GB.XPD.RSDV.GD.ZS\nGermany,2019,3.1\nNamibia,2019,0.3\nFrance,2019,\n",
}


@pytest.mark.parametrize("text", WDI_TIDY.values(), ids=WDI_TIDY.keys())
def test_world_bank_by_packages(tmp_path: Path, text: str) -> None:
    code = "GB.XPD.RSDV.GD.ZS"
    assert values(read(tmp_path, "x.csv", text)) == {("DE", code, 2019): 3.1, ("NA", code, 2019): 0.3}


def test_world_bank_pages_and_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def page(number: int, of: int, country: str) -> str:
        item = {"indicator": {"id": "GB", "value": "R&D"}, "country": {"id": country}, "countryiso3code": "", "date": "2020", "value": 1.5}
        return json.dumps([{"page": number, "pages": of, "per_page": "1", "total": of, "lastupdated": "2025-07-01"}, [item]])

    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "p1.json").write_text(page(1, 2, "DE"))
    (folder / "p2.json").write_text(page(2, 2, "NA"))
    assert run(["ingest", "series", str(folder), "--into", str(tmp_path / "o")]) == 0
    assert "missing" not in capsys.readouterr().out, "both pages are there"
    (folder / "p2.json").unlink()
    assert run(["ingest", "series", str(folder), "--into", str(tmp_path / "o")]) == 0
    assert "1 of 2 pages" in capsys.readouterr().out
    found = read(
        tmp_path, "e.json", '[{"message": [{"id": "120", "key": "Invalid value", "value": "The provided parameter value is not valid"}]}]'
    )
    assert found.rejects[0][1:] == ("error-of-the-api", "the World Bank says: The provided parameter value is not valid")


def test_time_across_as_bis_and_imf_give_it(tmp_path: Path) -> None:
    text = "FREQ,Frequency,REF_AREA,Area,MEASURE,Measure,2019,2020\nA,Annual,DE,Germany,G,GERD,3.1,3.2\nQ,Quarterly,DE,Germany,G,GERD,9,\n"
    found = read(tmp_path, "x.csv", text)
    assert values(found) == {("DE", "G", 2019): 3.1, ("DE", "G", 2020): 3.2}
    assert [r for _, r, _ in found.rejects] == ["not-annual"]


@pytest.mark.parametrize("frequency", ["D", "W", "M", "Q", "S"])
def test_a_value_of_less_than_a_year_is_not_the_years(tmp_path: Path, frequency: str) -> None:
    text = f"REF_AREA,FREQ,MEASURE,TIME_PERIOD,OBS_VALUE\nDEU,{frequency},G,2020-01-01,5\nDEU,A,G,2020-01-01,50\n"
    found = read(tmp_path, "x.csv", text)
    assert values(found) == {("DE", "G", 2020): 50.0} and [r for _, r, _ in found.rejects] == ["not-annual"]


def test_codes_with_names_in_cells_only(tmp_path: Path) -> None:
    text = (
        "STRUCTURE,STRUCTURE_ID,freq,unit,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG\n"
        "dataflow,ESTAT:RD_E_GERDTOT(1.0),A: Annual,PC_GDP: Percentage of GDP,EL: Greece,2020,1.51,b: break in time series\n"
    )
    (row,) = read(tmp_path, "x.csv", text).rows
    assert (row.unit, row.indicator, row.status_flag, row.unit_of_measure) == ("GR", "RD_E_GERDTOT:UNIT=PC_GDP", "b", "PC_GDP")


def test_names_without_codes_are_refused_with_the_way_out(tmp_path: Path) -> None:
    text = "Reference area,Measure,Unit of measure,Time period,Observation value\nChina,GERD,Percentage of GDP,2022,2.56\n"
    assert read(tmp_path, "x.csv", text).rejects[0][1] == "labels-only"
    text = "Dataset:,GERD [rd_e_gerdtot]\n\nTIME,2019,,2020,\nGEO (Labels),,,,\nGermany,3.17,,3.13,p\n"
    assert "SDMX-CSV or TSV" in read(tmp_path, "y.csv", text).rejects[0][2]


def test_the_index_of_wipo_as_text(tmp_path: Path) -> None:
    text = "ISO3,ECONOMY_NAME,NUM,NAME,DATAYR,VALUE_SCREEN,SCORE,RANK,OUTDATED,DMC\nCHE,Switzerland,1.1.1,Stability,2022,87.5,91.2,1,,\n"
    found = values(read(tmp_path, "wipo-pub-2000-2024-tech1.csv", text))
    assert found == {("CH", "1.1.1", 2022): 87.5, ("CH", "1.1.1:score", 2024): 91.2, ("CH", "1.1.1:rank", 2024): 1.0}


MESSAGE = """<?xml version="1.0"?><m:StructureSpecificData xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
 xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"><m:Header><m:Prepared>2026-04-13</m:Prepared></m:Header>{}
</m:StructureSpecificData>"""
SERIES = '<Series REF_AREA="CHN" FREQ="A" MEASURE="G" UNIT_MEASURE="USD_PPP"><Obs TIME_PERIOD="{}" OBS_VALUE="2.4"/></Series>'


def test_groups_behind_their_series_hold(tmp_path: Path) -> None:
    group = '<Group REF_AREA="CHN" MEASURE="G" UNIT_MULT="6"/>'
    before = read(tmp_path, "a.xml", MESSAGE.format(f"<m:DataSet>{group}{SERIES.format(2020)}</m:DataSet>")).rows
    behind = read(tmp_path, "a.xml", MESSAGE.format(f"<m:DataSet>{SERIES.format(2020)}{group}</m:DataSet>")).rows
    assert before == behind and before[0].unit_mult == 6


def test_a_data_set_that_deletes_holds_no_values(tmp_path: Path) -> None:
    both = f'<m:DataSet action="Replace">{SERIES.format(2020)}</m:DataSet><m:DataSet action="Delete">{SERIES.format(2021)}</m:DataSet>'
    found = read(tmp_path, "a.xml", MESSAGE.format(both))
    assert [r.year for r in found.rows] == [2020] and [r for _, r, _ in found.rejects] == ["deleted"]


def test_wide_table_with_what_is_no_year(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "x.csv").write_text("Country;2019;2020;2019/20\nGermany;3,1;3,2 e;5\n")
    (folder / "m.toml").write_text('[columns]\nunit = "Country"\n[constants]\nindicator = "g"\nsource = "own"\nvintage = "1"\n')
    arguments = ["ingest", "series", str(folder), "--mapping", str(folder / "m.toml"), "--into", str(tmp_path / "o")]
    assert run(arguments) == 0
    said = capsys.readouterr().out
    assert "left out: 2019/20" in said and "m.toml" not in said
    assert [r["value"] for r in Store.open(tmp_path / "o").read("series").to_pylist()] == [3.1, 3.2]


@pytest.mark.parametrize(
    ("cells", "kept"),
    [("1.234;12.345", []), ("1.234;12.345.678", [1234.0, 12345678.0]), ("1.234;1,5", [1234.0, 1.5]), ("1.234;12.3", [1.234, 12.3])],
)
def test_a_point_between_semicolons_may_part_thousands(tmp_path: Path, cells: str, kept: list[float]) -> None:
    (tmp_path / "x.csv").write_text(f"Country;2019;2020\nGermany;{cells}\n")
    (tmp_path / "m.toml").write_text('[columns]\nunit = "Country"\n[constants]\nindicator = "g"\nsource = "own"\nvintage = "1"\n')
    code = run(["ingest", "series", str(tmp_path / "x.csv"), "--mapping", str(tmp_path / "m.toml"), "--into", str(tmp_path / "o")])
    assert code == (0 if kept else 2)
    if kept:
        assert [r["value"] for r in Store.open(tmp_path / "o").read("series").to_pylist()] == kept


GR = {("GR", 2019): (1.27, "b"), ("GR", 2020): (1.5, "ep"), ("GB", 2019): (1.7, None)}
EUROSTAT_AS_FETCHED = {
    "packed": "freq,sectperf,unit,geo\\TIME_PERIOD\t2019 \t2020 \nA,TOTAL,PC_GDP,EL\t1.27 b\t1.5 ep\nA,TOTAL,PC_GDP,UK\t1.7 \t: \n",
    "columns": ",freq,sectperf,unit,geo\\TIME_PERIOD,2019,2020\n0,A,TOTAL,PC_GDP,EL,1.27 b,1.5 ep\n1,A,TOTAL,PC_GDP,UK,1.7,\n",
    "flags beside": "freq,sectperf,unit,geo\\TIME_PERIOD,2019_value,2019_flag,2020_value,2020_flag\n"
    "A,TOTAL,PC_GDP,EL,1.27,b,1.5,ep\nA,TOTAL,PC_GDP,UK,1.7,: ,,\n",
}


@pytest.mark.parametrize("shape", EUROSTAT_AS_FETCHED)
def test_eurostat_as_programs_save_it_is_the_same_series(tmp_path: Path, shape: str) -> None:
    (tmp_path / "rd_e_gerdtot.csv").write_text(EUROSTAT_AS_FETCHED[shape], encoding="utf-8")
    rows = read_file(tmp_path / "rd_e_gerdtot.csv").rows
    assert {(r.unit, r.year): (r.value, r.status_flag) for r in rows} == GR
    assert {(r.indicator, r.source) for r in rows} == {("RD_E_GERDTOT:SECTPERF=TOTAL,UNIT=PC_GDP", "ESTAT:RD_E_GERDTOT")}


def test_eurostat_as_r_saves_it(tmp_path: Path) -> None:
    text = '"","freq","sectperf","unit","geo","TIME_PERIOD","values"\n"1","A","TOTAL","PC_GDP","EL",2019-01-01,1.27\n'
    (tmp_path / "rd_e_gerdtot.csv").write_text(text + '"2","A","TOTAL","PC_GDP","UK",2019-01-01,NA\n', encoding="utf-8")
    found = read_file(tmp_path / "rd_e_gerdtot.csv")
    assert [(r.unit, r.indicator, r.source) for r in found.rows] == [
        ("GR", "RD_E_GERDTOT:SECTPERF=TOTAL,UNIT=PC_GDP", "ESTAT:RD_E_GERDTOT")
    ]
    assert [reason for _, reason, _ in found.rejects] == ["no-value"]


def test_a_point_between_semicolons_may_part_thousands_in_every_layout(tmp_path: Path) -> None:
    head = "STRUCTURE_ID;REF_AREA;FREQ;MEASURE;UNIT_MEASURE;TIME_PERIOD;OBS_VALUE\n"
    row = "OECD:DSD_MSTI@DF_MSTI(1.3);CHN;A;G;USD_PPP;{};{}\n"
    (tmp_path / "one.csv").write_text(head + row.format(2020, "620.102"), encoding="utf-8")
    assert [r[1] for r in read_file(tmp_path / "one.csv").rejects] == ["ambiguous-value"]
    (tmp_path / "two.csv").write_text(head + row.format(2020, "620.102") + row.format(2021, "563.142,5"), encoding="utf-8")
    assert [r.value for r in read_file(tmp_path / "two.csv").rows] == [620102, 563142.5]
    (tmp_path / "three.csv").write_text(head + row.format(2020, "620.102") + row.format(2021, "5.5"), encoding="utf-8")
    assert [r.value for r in read_file(tmp_path / "three.csv").rows] == [620.102, 5.5]


def test_wbgapi_stacked_keeps_its_series_apart(tmp_path: Path) -> None:
    text = "economy,series,time,value\nKOR,GB.XPD.RSDV.GD.ZS,YR2019,4.63\nKOR,SP.POP.TOTL,YR2019,51764822\nNA,SP.POP.TOTL,YR2019,\n"
    (tmp_path / "w.csv").write_text(text, encoding="utf-8")
    rows = read_file(tmp_path / "w.csv").rows
    assert {(r.unit, r.indicator, r.year): r.value for r in rows} == {
        ("KR", "GB.XPD.RSDV.GD.ZS", 2019): 4.63,
        ("KR", "SP.POP.TOTL", 2019): 51764822,
    }


def test_codes_in_digits_that_are_not_isos_are_read_by_name(tmp_path: Path) -> None:
    # the IMF's 156 is Canada, ISO's is China
    text = '"Country Name","Country Code","Indicator Name","Indicator Code","1999","2000",\n"Canada","156","GDP","NGDP","1","2",\n'
    (tmp_path / "imf.csv").write_text(text + '"Canada","CHN","GDP","NGDP","1","",\n', encoding="utf-8")
    found = read_file(tmp_path / "imf.csv")
    assert {(r.unit, r.year) for r in found.rows} == {("CA", 1999), ("CA", 2000)}
    assert [reason for _, reason, _ in found.rejects] == ["unit-contradicts"]


@pytest.mark.parametrize("name", ["MSTI_PUB.csv", "MSTI_PUB_28112023120000000.csv", "MSTI_PUB_01012024 (1).csv"])
def test_the_time_of_a_download_is_no_part_of_a_series(tmp_path: Path, name: str) -> None:
    text = '"MSTI_VAR","COU","YEAR","Unit Code","Unit","PowerCode Code","Value","Flag Codes"\n'
    text += '"G_XGDP","KOR","2020","PC","Percentage","0","4.796",\n'
    (tmp_path / name).write_text(text, encoding="utf-8")
    (row,) = read_file(tmp_path / name).rows
    assert (row.indicator, row.source) == ("MSTI_PUB:MSTI_VAR=G_XGDP,UNIT_MEASURE=PC", "MSTI_PUB")


def test_marks_behind_the_years_of_a_wide_table(tmp_path: Path) -> None:
    about = "[columns]\nunit='Land'\n[constants]\nindicator='gerd'\nsource='X'\nvintage='2026'\n"
    (tmp_path / "m.toml").write_text(about, encoding="utf-8")
    (tmp_path / "t.csv").write_text("Land;2019;2020*;2021 (p);2022e;2023/24;2024 rank\nKorea;4,63;4,81;4,93;5,0;9;1\n", encoding="utf-8")
    found = read_file(tmp_path / "t.csv", mapping=Mapping(tmp_path / "m.toml"))
    assert {r.year: (r.value, r.status_flag) for r in found.rows} == {
        2019: (4.63, None),
        2020: (4.81, None),
        2021: (4.93, "p"),
        2022: (5.0, "e"),
    }
    assert found.notes == ["columns that are no whole years are left out: 2023/24"]
