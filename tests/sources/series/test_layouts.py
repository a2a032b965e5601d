"""Small twins of the layouts that publishers use, and what may be wrong in them."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import openpyxl
import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import DataError, InputError, SpecError
from armillary.sources.series import (
    Observed,
    carried,
    disagreements,
    first_year_above,
    growth,
    ingest,
    lasting_year_above,
    ratio,
    read_file,
    select,
)
from armillary.sources.series.places import unit_id
from armillary.sources.series.rows import Observation, SeriesFile
from armillary.sources.series.tidy import Mapping

WDI = """"Data Source","World Development Indicators",

"Last Updated Date","2026-07-01",

"Country Name","Country Code","Indicator Name","Indicator Code","2019","2020","2021",
"China","CHN","Research and development expenditure (% of GDP)","GB.XPD.RSDV.GD.ZS","2.24","2.41","",
"Kosovo","XKX","Population, total","SP.POP.TOTL","1788878","x","1786038",
"World","WLD","Population, total","SP.POP.TOTL","7742681934","",".."
"Nowhere"
"""

UIS = """INDICATOR_ID,COUNTRY_ID,YEAR,VALUE,MAGNITUDE,QUALIFIER
EXPGDP.TOT,CHN,2019,2.24463,,
EXPGDP.TOT,CHN,2020,2.46,,UIS_EST
EXPGDP.TOT,CHN,2999,2.46,,
RESDEN.INHAB.TFTE,SWE,2019,,NA,
RESDEN.INHAB.TFTE,SWE,2020,7930.4,,NAT_EST
"""

GENERIC = """<?xml version="1.0"?>
<message:GenericData xmlns:message="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
 xmlns:generic="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic">
<message:Header><message:ID>x</message:ID><message:Prepared>2026-02-03T10:00:00</message:Prepared></message:Header>
<message:DataSet structureRef="MSTI"><generic:Series>
<generic:SeriesKey><generic:Value id="REF_AREA" value="FRA"/><generic:Value id="MEASURE" value="G"/>
<generic:Value id="FREQ" value="A"/></generic:SeriesKey>
<generic:Attributes><generic:Value id="UNIT_MEASURE" value="PT_B1GQ"/></generic:Attributes>
<generic:Obs><generic:ObsDimension value="2020"/><generic:ObsValue value="2.27"/>
<generic:Attributes><generic:Value id="OBS_STATUS" value="P"/></generic:Attributes></generic:Obs>
<generic:Obs><generic:ObsDimension value="2021-Q1"/><generic:ObsValue value="2.2"/></generic:Obs>
</generic:Series></message:DataSet></message:GenericData>
"""


def cells(file: SeriesFile) -> dict[tuple[str, str, int], Observation]:
    return {(r.unit, r.indicator, r.year): r for r in file.rows}


def reasons(file: SeriesFile) -> list[str]:
    return [r for _, r, _ in file.rejects]


def test_world_bank(tmp_path: Path) -> None:
    path = tmp_path / "WDICSV.csv"
    path.write_text(WDI)
    found = read_file(path)
    rows = cells(found)
    assert found.layout == "world-bank" and len(rows) == 5
    china = rows["CN", "GB.XPD.RSDV.GD.ZS", 2020]
    assert (china.value, china.unit_of_measure, china.vintage, china.source) == (2.41, "% of GDP", "2026-07-01", "World Bank:WDI")
    assert rows["XK", "SP.POP.TOTL", 2021].unit_of_measure == "persons"
    assert ("WLD", "SP.POP.TOTL", 2019) in rows
    assert reasons(found) == ["no-value", "no-value", "short-row"] and found.records == 8


def test_world_bank_units_from_the_file_beside(tmp_path: Path) -> None:
    (tmp_path / "WDICSV.csv").write_text(WDI)
    (tmp_path / "WDISeries.csv").write_text("Series Code,Unit of measure\nSP.POP.TOTL,heads\n")
    assert cells(read_file(tmp_path / "WDICSV.csv"))["XK", "SP.POP.TOTL", 2021].unit_of_measure == "heads"


def test_unesco(tmp_path: Path) -> None:
    folder = tmp_path / "uis"
    folder.mkdir()
    (folder / "SDG_DATA_NATIONAL.csv").write_text(UIS)
    (folder / "SDG_LABEL.csv").write_text("INDICATOR_ID,INDICATOR_LABEL_EN\nRESDEN.INHAB.TFTE,Researchers per million (FTE)\n")
    (folder / "SDG_README_RELEASE_2025_September.md").write_text("x")
    found = read_file(folder / "SDG_DATA_NATIONAL.csv")
    rows = cells(found)
    assert rows["CN", "EXPGDP.TOT", 2020].status_flag == "UIS_EST" and rows["CN", "EXPGDP.TOT", 2020].vintage == "2025_September"
    assert rows["SE", "RESDEN.INHAB.TFTE", 2020].unit_of_measure == "FTE"
    assert reasons(found) == ["pseudo-year", "no-value"]


def test_generic_sdmx(tmp_path: Path) -> None:
    path = tmp_path / "msti.xml"
    path.write_text(GENERIC)
    found = read_file(path)
    assert [tuple(r) for r in found.rows] == [("FR", "G:UNIT_MEASURE=PT_B1GQ", 2020, "msti", "2026-02-03", 2.27, "P", "PT_B1GQ", None)]
    assert reasons(found) == ["not-annual"]


def workbook(path: Path, *, data: list[list[object]], economies: bool = True) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Index Structure"
    for row in [
        ["NUM", "NAME", "WEIGHT", "UNIT"],
        ["1", "Institutions", 1, None],
        ["1.1.1", "Stability", 0.5, "index"],
        ["2.10", "R&D", 1, "% of GDP"],
    ]:
        sheet.append(row)
    for name, rows in (
        (
            "Economies",
            [["ISO3", "ECONOMY_NAME", "INCOME"], ["CHE", "Switzerland", "High"], ["CHN", "China", "Upper middle"]] if economies else [],
        ),
        ("Data", data),
        ("Metadata", [["NUM", "SOURCE"], ["1.1.1", "somebody"]]),
    ):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_index_workbook(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Some title"],
        ["NUM", "ISO3", "VALUE", "SCORE", "RANK", "DATAYR"],
        ["1.1.1", "CHE", 0.5, 91.25, 3, 2022],
        ["1", "CHE", None, 88.2, "[4]", None],
        ["2.10", "CHN", 2.6, "n/a", None, None],
        ["9.9", "CHN", 1, 2, 3, 2023],
        ["1.1.1", "CHN", None, None, None, 2022],
    ]
    found = read_file(workbook(tmp_path / "index_2024.xlsx", data=rows))
    kept = cells(found)
    assert (kept["CH", "1.1.1", 2022].value, kept["CH", "1.1.1", 2022].unit_of_measure) == (0.5, "index")
    assert kept["CH", "1.1.1:score", 2024].value == 91.25 and kept["CH", "1:rank", 2024].status_flag == "incomplete-coverage"
    assert kept["CN", "2.10", 2024].status_flag == "year-of-edition"
    assert reasons(found) == ["not-in-structure", "no-value"] and found.records == 8 and {r.vintage for r in found.rows} == {"2024"}


def test_index_workbook_by_names_of_economies_and_other_column_names(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Code", "Economy", "Score"], ["1", "Switzerland", 70], ["1", "Atlantis", 60]]
    found = read_file(workbook(tmp_path / "edition_2021.xlsx", data=rows))
    assert [(r.unit, r.indicator, r.value) for r in found.rows] == [("CH", "1:score", 70.0)] and reasons(found) == ["no-key"]
    odd = read_file(workbook(tmp_path / "edition_2022.xlsx", data=[["A", "B"], [1, 2]]))
    assert reasons(odd) == ["unknown-columns"] and "A, B" in odd.rejects[0][2]


def test_tidy_with_a_mapping(tmp_path: Path) -> None:
    table = tmp_path / "t.csv.gz"
    with gzip.open(table, "wt") as file:
        file.write("geo;when;obs;flag\nEL;2020;1.5;e\nEL;2021;:;\nSE;20x;3;\nSE;2021;3,4;\nFI;2021;three;\nFI;2022;1,234;\n")
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        '[columns]\nunit = "geo"\nyear = "when"\nvalue = "obs"\nstatus_flag = "flag"\n'
        '[constants]\nindicator = "rd"\nsource = "Agency"\nvintage = "2026-05"\nunit_of_measure = "percent"\n[units]\nEL = "GR"\n'
    )
    found = read_file(table, mapping=Mapping(mapping))
    assert [tuple(r) for r in found.rows] == [
        ("GR", "rd", 2020, "Agency", "2026-05", 1.5, "e", "percent", None),
        ("SE", "rd", 2021, "Agency", "2026-05", 3.4, None, "percent", None),
    ]
    assert reasons(found) == ["no-value", "bad-year", "bad-value", "ambiguous-value"]
    mapping.write_text('[columns]\nunit = "geo"\n')
    with pytest.raises(SpecError, match="indicator"):
        Mapping(mapping)
    mapping.write_text('[columns]\nunti = "geo"\n')
    with pytest.raises(SpecError, match="unti"):
        Mapping(mapping)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "x,y\n1,2\n", "unknown-layout"),
        ("b.xml", "<sdmx><a></sdmx>", "malformed-xml"),
        ("c.txt", "  \n", "empty-file"),
        ("d.xml", "<sdmx></sdmx>", "no-observations"),
    ],
)
def test_refused_files_say_why(tmp_path: Path, name: str, content: str, reason: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    found = read_file(path)
    assert reasons(found) == [reason] and not found.rows
    with pytest.raises(InputError, match=reason):
        ingest(Store.create(tmp_path / "o"), [path])


def test_entities_are_not_expanded_without_limit(tmp_path: Path) -> None:
    bomb = (
        '<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
        + "]><sdmx>&j;</sdmx>"
    )
    path = tmp_path / "bomb.xml"
    path.write_text(bomb)
    assert reasons(read_file(path)) == ["malformed-xml"]


def test_two_sources_are_both_kept_and_their_disagreement_reported(tmp_path: Path) -> None:
    (tmp_path / "WDICSV.csv").write_text(WDI)
    (tmp_path / "SDG_DATA_NATIONAL.csv").write_text(UIS)
    (tmp_path / "SDG_LABEL.csv").write_text("INDICATOR_ID,INDICATOR_LABEL_EN\nEXPGDP.TOT,R&D (% of GDP)\n")
    store = Store.create(tmp_path / "o")
    done = ingest(store, [tmp_path])
    # 2.24 and 2.24463 agree within 0.05; 2.41 and 2.46 differ by exactly the tolerance, which is allowed
    assert [(d.unit, d.year) for d in done.disagreements] == []
    (tmp_path / "SDG_DATA_NATIONAL.csv").write_text(UIS.replace("2.46,,UIS", "2.47,,UIS"))
    again = ingest(store, [tmp_path / "SDG_DATA_NATIONAL.csv"])
    assert again.replaced == 1
    found = disagreements(store.refresh().read("series"))
    assert [(d.concept, d.unit, d.year, d.values) for d in found] == [("gerd-gdp", "CN", 2020, (2.47, 2.41))] and found[0].gap > 0.05
    kept = [r["value"] for r in store.read("series").to_pylist() if (r["unit"], r["year"]) == ("CN", 2020)]
    assert sorted(kept) == [2.41, 2.47]


def test_vintages_are_revisions_not_disagreements(tmp_path: Path) -> None:
    path = tmp_path / "SDG_DATA_NATIONAL.csv"
    store = Store.create(tmp_path / "o")
    path.write_text(UIS)
    ingest(store, [path], vintage="2025")
    path.write_text(UIS.replace("2.24463", "9.9"))
    ingest(store, [path], vintage="2026")
    table = store.refresh().read("series")
    assert disagreements(table) == [] and table.num_rows == 6
    assert select(table, "CN", "EXPGDP.TOT")[2019].value == 9.9 and select(table, "CN", "EXPGDP.TOT", vintage="2025")[2019].value == 2.24463


def test_t8_1_ratio_in_one_currency() -> None:
    share = ratio({2024: Observed(3.3)}, {2024: Observed(130.0, "E")})
    assert math.isclose(share[2024].value, 2.5384615384615383, abs_tol=1e-9) and share[2024].flag == "E"
    assert ratio({2024: Observed(8.0)}, {2024: Observed(1000.0)}, 1000)[2024].value == 8


def test_t8_2_growth() -> None:
    assert math.isclose(growth({2015: Observed(100.0), 2020: Observed(150.0)}, 2015, 2020), 8.447177119769855, abs_tol=1e-9)
    with pytest.raises(DataError, match="breaks in 2018"):
        growth({2015: Observed(100.0), 2018: Observed(1.0, "E,B"), 2020: Observed(150.0)}, 2015, 2020)
    with pytest.raises(DataError, match="no value"):
        growth({2015: Observed(100.0)}, 2015, 2020)


def test_t8_3_two_years_are_carried_the_third_is_missing() -> None:
    found = carried({2019: Observed(2.0)}, 2022)
    assert {y: p.flag for y, p in found.items()} == {2019: None, 2020: "imputed_locf", 2021: "imputed_locf"} and found[2021].value == 2


def test_first_year_and_lasting_year() -> None:
    dips = {2000: Observed(1.0), 2001: Observed(3.0), 2002: Observed(1.5), 2003: Observed(4.0)}
    assert first_year_above(dips, 2) == 2001 and lasting_year_above(dips, 2) == 2003
    assert first_year_above(dips, 9) is None and lasting_year_above(dips, 9) is None


def test_codes() -> None:
    assert [unit_id(c) for c in ("CHN", "XKX", "EU27_2020", "WLD", "DDR")] == ["CN", "XK", "EU27_2020", "WLD", "DD"]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "WDICSV.csv").write_text(WDI)
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    assert run(["ingest", "series", str(tmp_path), "--into", str(tmp_path / "o")]) == 0
    said = capsys.readouterr().out
    assert "WDICSV.csv" in said and "unknown-layout" in said and "5 values" in said
    assert run(["ingest", "series", str(tmp_path / "bad.csv"), "--into", str(tmp_path / "o")]) == 2
    assert "unknown-layout" in capsys.readouterr().err


def test_two_values_of_one_key_are_a_conflict_and_neither_is_kept(tmp_path: Path) -> None:
    (tmp_path / "SDG_DATA_NATIONAL.csv").write_text(UIS + "EXPGDP.TOT,CHN,2019,2.3,,\nEXPGDP.TOT,CHN,2020,2.46,,UIS_EST\n")
    store = Store.create(tmp_path / "o")
    done = ingest(store, [tmp_path / "SDG_DATA_NATIONAL.csv"])
    assert done.rows == 2 and done.files[0]["reasons"]["conflict"] == 2
    (conflict,) = done.conflicts
    assert (conflict.unit, conflict.year, conflict.values) == ("CN", 2019, (2.24463, 2.3))
    assert conflict.places == ("SDG_DATA_NATIONAL.csv:2", "SDG_DATA_NATIONAL.csv:7")
    store = store.refresh()
    assert 2019 not in {r["year"] for r in store.read("series").to_pylist()}
    assert {r["line"] for r in store.read("reject").to_pylist() if r["reason"] == "conflict"} == {2, 7}
    row = store.read("manifest").to_pylist()[0]
    assert (row["records_n"], row["kept_n"], row["superseded_n"], row["rejected_n"]) == (7, 2, 1, 4)


def test_many_rows_pass_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armillary.sources.series.rows.BATCH", 7)
    lines = [f"I{i % 5},C{i // 5},2000,{i},,\n" for i in range(100)]
    (tmp_path / "X_DATA_NATIONAL.csv").write_text("INDICATOR_ID,COUNTRY_ID,YEAR,VALUE,MAGNITUDE,QUALIFIER\n" + "".join(lines))
    assert ingest(Store.create(tmp_path / "o"), [tmp_path]).rows == 100
    assert sum(r.value for r in read_file(tmp_path / "X_DATA_NATIONAL.csv").rows) == 4950


def test_tidy_whose_columns_carry_the_names_of_the_core_table_needs_no_mapping(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("unit,indicator,year,value,source,vintage,unit_of_measure\nCHN,rd,2020,1.5,Agency,2026,percent\n")
    assert [tuple(r) for r in read_file(tmp_path / "t.csv").rows] == [("CN", "rd", 2020, "Agency", "2026", 1.5, None, "percent", None)]
