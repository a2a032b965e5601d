"""Damaged files of series never crash a reader: values are kept, or rejected with a reason, or the file is refused in one line."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armillary.errors import ArmillaryError
from armillary.sources.series import read_file
from armillary.sources.series.reading import BESIDE

from . import formats
from .test_layouts import UIS, WDI
from .test_series_as_saved import MESSAGE, OECD_STAT, SERIES, WDI_TIDY
from .test_tables import BANK, wipo

CUT = 6_000
"""Bytes of a real file that are mutated: its header and its first observations."""
TIDY = b"country,indicator,year,value,source\nCHN,GERD,2019,2.24,x\nFRA,GERD,2020,2.28,x\nUSA,GERD,2021,3.46,x\n"
PIECES = st.sampled_from(
    [
        b"",
        b"\x00",
        b"\xff\xfe",
        b"\n",
        b",",
        b'"',
        b"<",
        b"</",
        b"&#0;",
        b"&lol;",
        b"NaN",
        b"1e999",
        b"-",
        b"2999",
        b"\xef\xbb\xbf",
        b"]]>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
        b"9" * 400,
    ]
)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """``data`` with pieces replaced, cut out or put in, or cut short."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.one_of(PIECES, st.binary(max_size=6))) + data[at + draw(st.integers(0, 12)) :]
    return data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 3)) == 0 else data


def read(name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") and draw_whole(data) else data)
        try:
            found = read_file(path)
        except ArmillaryError as error:
            assert name.removesuffix(".gz") in error.line and "\n" not in error.line
            return
        rows = found.table()
        assert rows.num_rows == found.kept
        assert found.kept or found.rejects or found.layout == BESIDE, "nothing is dropped without a reason"
        assert found.records == found.kept + len(found.rejects), "each record is kept or rejected with a reason"
        assert len(found.lines) == found.kept
        assert all(reason for _, reason, _ in found.rejects)


def draw_whole(data: bytes) -> bool:
    """Half of the gzipped inputs are damaged inside, half are no gzip at all."""
    return len(data) % 2 == 0


@pytest.fixture(scope="session")
def real_files(real_data: Path) -> list[bytes]:
    """Beginnings of the real SDMX messages, closed so that they are whole, and of a real flat table."""
    found = []
    for path in sorted((real_data / "country" / "oecd_sti" / "raw").glob("*.txt"))[:6]:
        data = path.read_bytes()
        end = data.find(b"</", CUT)
        found.append(data if len(data) < CUT else data[:end] + data[-600:])
    return [*found, (real_data / "country" / "oecd_sti" / "key_series.csv").read_bytes()[:CUT]]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_damaged_real_files(real_files: list[bytes], data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(real_files), label="seed")
    read(data.draw(st.sampled_from(["s.txt", "s.xml", "s.csv", "s.csv.gz"])), data.draw(damaged(seed)))


TEXTS = [
    formats.structure_specific(formats.MSTI),
    formats.structure_specific(formats.MSTI, flat=True),
    formats.structure_specific(formats.MSTI, groups=True, version="3.0"),
    formats.generic(formats.MSTI),
    formats.generic(formats.MSTI, flat=True),
    formats.sdmx_csv(formats.MSTI, version="1.0"),
    formats.sdmx_csv(formats.MSTI, labels="name"),
    formats.sdmx_csv(formats.MSTI, labels="both"),
    formats.eurostat_tsv([("A,PC,EL", {"2020": "1.5 bp"}), ("A,PC,UK", {"2021": ": c"})], "freq,unit,geo", ["2020", "2021"]),
    *BANK.values(),
    OECD_STAT,
    *WDI_TIDY.values(),
    "FREQ,REF_AREA,MEASURE,2019,2020\nA,DE,G,3.1,3.2\nQ,DE,G,9,\n",
    "ISO3,NUM,DATAYR,VALUE_SCREEN,SCORE,RANK\nCHE,1.1.1,2022,87.5,91.2,1\n",
    MESSAGE.format(f'<m:DataSet action="Delete">{SERIES.format(2020)}<Group REF_AREA="CHN" UNIT_MULT="6"/></m:DataSet>'),
    UIS,
    WDI,
    '{"hints": [], "records": [{"indicatorId": "A", "geoUnit": "CHN", "year": 2020, "value": 1.5, "magnitude": null, '
    '"qualifier": "NAT_EST"}]}',
    '[{"page": 1, "lastupdated": "2026-07-01"}, [{"indicator": {"id": "A", "value": "B (C)"}, "country": {"id": "CN", "value": "China"}, '
    '"countryiso3code": "CHN", "date": "2020", "value": 2.5}]]',
    "unit,indicator,year,value,source,vintage,unit_of_measure\nCHN,rd,2020,1.5 b,Agency,2026,percent\nFRA,rd,2020,10,Agency,2026,persons\n",
]
"""A small file of each layout."""


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(TEXTS).flatmap(lambda t: damaged(t.encode())), st.sampled_from(["s", "s.csv", "s.xml", "s.csv.gz"]))
def test_damaged_files_of_each_layout(data: bytes, name: str) -> None:
    read(name, data)


@settings(max_examples=60, deadline=None)
@given(damaged(TIDY), st.sampled_from(["s.csv", "s.tsv", "s.csv.gz"]))
def test_damaged_tidy_tables(data: bytes, name: str) -> None:
    read(name, data)


@pytest.fixture(scope="session")
def whole_workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return wipo(tmp_path_factory.mktemp("book") / "wipo-pub-2000-2024-tech1.xlsx").read_bytes()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_damaged_workbooks(whole_workbook: bytes, data: st.DataObject) -> None:
    read("w.xlsx", data.draw(damaged(whole_workbook)))


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["s.csv", "s.xml", "s.txt", "s.xlsx", "s.csv.gz"]))
def test_any_bytes(data: bytes, name: str) -> None:
    read(name, data)
