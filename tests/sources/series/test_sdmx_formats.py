"""One table of observations in every format of SDMX gives the same series: unit, code, year, value, flag, unit of measure, multiplier."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armillary.sources.series import read_file
from armillary.sources.series.rows import SeriesFile

from . import formats as f

WRITERS = {
    "structure-specific-2.1": lambda o: f.structure_specific(o),
    "structure-specific-2.1-flat": lambda o: f.structure_specific(o, flat=True),
    "structure-specific-2.1-groups": lambda o: f.structure_specific(o, groups=True),
    "structure-specific-3.0": lambda o: f.structure_specific(o, version="3.0"),
    "generic-2.1": lambda o: f.generic(o),
    "generic-2.1-flat": lambda o: f.generic(o, flat=True),
    "csv-1.0": lambda o: f.sdmx_csv(o, version="1.0"),
    "csv-2.0": lambda o: f.sdmx_csv(o),
    "csv-2.0-names": lambda o: f.sdmx_csv(o, labels="name"),
    "csv-2.0-both": lambda o: f.sdmx_csv(o, labels="both"),
    "csv-semicolon": lambda o: f.sdmx_csv(o, separator=";"),
}


def found(file: SeriesFile) -> dict[tuple[str, str, int], tuple[float, str | None, str | None, int | None]]:
    return {(r.unit, r.indicator, r.year): (r.value, r.status_flag, r.unit_of_measure, r.unit_mult) for r in file.rows}


def read_text(folder: Path, name: str, text: str) -> SeriesFile:
    path = folder / name
    path.write_bytes(text.encode())
    return read_file(path)


@pytest.mark.parametrize("kind", WRITERS)
def test_msti(tmp_path: Path, kind: str) -> None:
    read = read_text(tmp_path, "download", WRITERS[kind](f.MSTI))
    assert found(read) == f.EXPECTED and not read.rejects and read.records == len(f.MSTI)
    assert {r.source for r in read.rows} == {f.STRUCTURE}
    assert {r.vintage for r in read.rows} == ({"undated"} if "csv" in kind else {"2026-03-18"})
    assert {r["unit"] for r in read.table().to_pylist() if r["is_aggregate"]} == {"EU27_2020"}


AREAS = ("CHN", "USA", "DEU", "KOR", "OECD", "EU27_2020", "XKX")
CELLS = st.builds(
    f.observation,
    st.sampled_from(AREAS),
    st.sampled_from(("G", "B", "T_RS")),
    st.sampled_from(("PT_B1GQ", "USD_PPP", "XDC", "FTE")),
    st.sampled_from(("2019", "2020", "2021", "2999", "2020-Q1", "")),
    st.one_of(st.just(""), st.just("NaN"), st.integers(-5, 10**6).map(str), st.floats(-1e6, 1e6).map(lambda v: f"{v:.4f}")),
    PRICE_BASE=st.sampled_from(("_Z", "V", "Q")),
    TRANSFORMATION=st.sampled_from(("_Z", "G1")),
    UNIT_MULT=st.sampled_from(("0", "3", "6")),
    OBS_STATUS=st.sampled_from(("A", "B", "E", "P", "M")),
)


def key(o: f.Observation) -> tuple[str, ...]:
    return tuple(o[d] for d in (*f.DIMENSIONS, "TIME_PERIOD"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.lists(CELLS, min_size=1, max_size=12, unique_by=key))
def test_all_formats_agree_and_account_for_every_observation(tmp_path: Path, observations: list[f.Observation]) -> None:
    first: dict[object, object] | None = None
    for kind, write in WRITERS.items():
        read = read_text(tmp_path, "d", write(observations))
        assert read.records == len(observations) == read.kept + len(read.rejects), kind
        mine = {"rows": found(read), "why": sorted(r for _, r, _ in read.rejects)}
        first = first or mine
        # one multiplier a group is what the format can say; it differs where a group has two
        if "groups" not in kind:
            assert mine == first, kind


def test_units_of_measure_and_price_bases_are_series_of_their_own(tmp_path: Path) -> None:
    codes = {r.indicator for r in read_text(tmp_path, "m.xml", f.structure_specific(f.MSTI)).rows}
    assert len(codes) == 5 and all("UNIT_MEASURE=" in c for c in codes)


def test_another_frequency_and_free_texts(tmp_path: Path) -> None:
    text = f.structure_specific([f.observation("FRA", "G", "PT_B1GQ", 2020, 2.2, FREQ="A3")])
    text = text.replace("<ns1:Series ", '<ns1:Series SPECIAL_REMARK="a sentence, not a code" COLLECTOR="X1" ')
    (row,) = read_text(tmp_path, "m.xml", text).rows
    assert row.indicator == "G:COLLECTOR=X1,FREQ=A3,UNIT_MEASURE=PT_B1GQ"


def test_observations_over_countries(tmp_path: Path) -> None:
    """A message whose observations go over the reference area: time is in the key."""
    text = (
        '<m:GenericData xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message" '
        'xmlns:g="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic"><m:Header><m:Prepared>2026-01-02</m:Prepared>'
        '<m:Structure structureID="S" dimensionAtObservation="REF_AREA"/></m:Header><m:DataSet><g:Series><g:SeriesKey>'
        '<g:Value id="MEASURE" value="G"/><g:Value id="TIME_PERIOD" value="2020"/></g:SeriesKey>'
        '<g:Obs><g:ObsDimension value="FRA"/><g:ObsValue value="2.2"/></g:Obs>'
        '<g:Obs><g:ObsDimension value="DEU"/><g:ObsValue value="3.1"/></g:Obs></g:Series></m:DataSet></m:GenericData>'
    )
    assert {(r.unit, r.indicator, r.year, r.value) for r in read_text(tmp_path, "x", text).rows} == {
        ("FR", "G", 2020, 2.2),
        ("DE", "G", 2020, 3.1),
    }


def test_sdmx_2_0_compact_and_generic_with_groups(tmp_path: Path) -> None:
    compact = (
        '<CompactData xmlns="http://www.SDMX.org/resources/SDMXML/schemas/v2_0/message"><Header><Prepared>2014-05-06</Prepared></Header>'
        '<k:DataSet xmlns:k="http://x/GetKeyFamily/OECD:MSTI_PUB" keyFamilyURI="http://x/GetKeyFamily/OECD:MSTI_PUB">'
        '<k:SiblingGroup MSTI_VAR="G_PPP" COU="FRA" UNIT_MULT="6"/>'
        '<k:Series MSTI_VAR="G_PPP" COU="FRA" TIME_FORMAT="P1Y"><k:Obs TIME="2010" OBS_VALUE="50"/></k:Series></k:DataSet></CompactData>'
    )
    (row,) = read_text(tmp_path, "a.xml", compact).rows
    assert (row.unit, row.indicator, row.year, row.unit_mult, row.source) == ("FR", "MSTI_PUB:MSTI_VAR=G_PPP", 2010, 6, "OECD:MSTI_PUB")
    nested = (
        '<m:GenericData xmlns:m="http://www.SDMX.org/resources/SDMXML/schemas/v2_0/message" xmlns="http://www.SDMX.org/resources/SDMXML/'
        'schemas/v2_0/generic"><m:DataSet><Group type="G"><GroupKey><Value concept="VAR" value="G"/></GroupKey>'
        '<Attributes><Value concept="UNIT" value="USD"/><Value concept="POWERCODE" value="6"/></Attributes>'
        '<Series><SeriesKey><Value concept="VAR" value="G"/><Value concept="COU" value="FRA"/></SeriesKey>'
        '<Obs><Time>2010</Time><ObsValue value="5"/><Attributes><Value concept="OBS_STATUS" value="B"/></Attributes></Obs></Series>'
        "</Group></m:DataSet></m:GenericData>"
    )
    (row,) = read_text(tmp_path, "b.xml", nested).rows
    assert (row.indicator, row.value, row.status_flag, row.unit_of_measure, row.unit_mult) == ("G:UNIT=USD", 5.0, "B", "USD", 6)


def test_what_the_server_said_is_kept(tmp_path: Path) -> None:
    text = (
        '<m:Error xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message" xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/'
        'v2_1/common"><m:ErrorMessage code="100"><c:Text>No results found</c:Text></m:ErrorMessage></m:Error>'
    )
    ((_, reason, detail),) = read_text(tmp_path, "e.xml", text).rejects
    assert reason == "no-observations" and "No results found" in detail


def test_deleted_rows_and_multiple_values_of_attributes(tmp_path: Path) -> None:
    text = (
        "STRUCTURE[;],STRUCTURE_ID,ACTION,REF_AREA,MEASURE,TIME_PERIOD,OBS_VALUE,OBS_STATUS,NOTE[]\n"
        "dataflow,X:Y(1.0),I,FRA,G,2020,1.5,B,a;b\ndataflow,X:Y(1.0),D,FRA,G,2021,,,\n"
    )
    read = read_text(tmp_path, "d.csv", text)
    assert [(r.unit, r.indicator, r.year, r.status_flag) for r in read.rows] == [("FR", "G", 2020, "B")]
    assert [r for _, r, _ in read.rejects] == ["deleted"]


def test_eurostat_in_sdmx_csv_and_tsv_is_one_series(tmp_path: Path) -> None:
    table = (
        "DATAFLOW,LAST UPDATE,freq,sectperf,unit,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG,CONF_STATUS\n"
        "ESTAT:RD_E_GERDTOT(1.0),22/05/26 11:00:00,A,TOTAL,PC_GDP,EL,2020,1.51,,\n"
        "ESTAT:RD_E_GERDTOT(1.0),22/05/26 11:00:00,A,TOTAL,PC_GDP,EL,2021,1.46,bep,\n"
        "ESTAT:RD_E_GERDTOT(1.0),22/05/26 11:00:00,A,TOTAL,PC_GDP,UK,2021,:,c,\n"
        "ESTAT:RD_E_GERDTOT(1.0),22/05/26 11:00:00,A,BES,PC_GDP,EL,2021,0.7,,\n"
    )
    rows = [
        ("A,TOTAL,PC_GDP,EL", {"2020": "1.51 ", "2021": "1.46 bep"}),
        ("A,TOTAL,PC_GDP,UK", {"2021": ": c"}),
        ("A,BES,PC_GDP,EL", {"2021": "0.7"}),
    ]
    one = read_text(tmp_path, "any.csv", table)
    two = read_text(tmp_path, "estat_rd_e_gerdtot.tsv", f.eurostat_tsv(rows, "freq,sectperf,unit,geo", ["2020", "2021"]))
    assert (
        found(one)
        == found(two)
        == {
            ("GR", "RD_E_GERDTOT:SECTPERF=TOTAL,UNIT=PC_GDP", 2020): (1.51, None, "PC_GDP", None),
            ("GR", "RD_E_GERDTOT:SECTPERF=TOTAL,UNIT=PC_GDP", 2021): (1.46, "bep", "PC_GDP", None),
            ("GR", "RD_E_GERDTOT:SECTPERF=BES,UNIT=PC_GDP", 2021): (0.7, None, "PC_GDP", None),
        }
    )
    assert {r.vintage for r in one.rows} == {"2026-05-22"} and [r for _, r, _ in one.rejects] == ["no-value"]


def test_regions_within_a_country_are_not_the_country(tmp_path: Path) -> None:
    rows = [(f"A,PC,{g}", {"2020": "1.5"}) for g in ("DE", "DE1", "ITH10", "EA20", "EU27_2020")]
    read = read_text(tmp_path, "x.tsv", f.eurostat_tsv(rows, "freq,unit,geo", ["2020"]))
    assert {r.unit for r in read.rows} == {"DE", "DE1", "ITH10", "EA20", "EU27_2020"}
    assert {r["unit"] for r in read.table().to_pylist() if r["is_aggregate"]} == {"EA20", "EU27_2020"}
