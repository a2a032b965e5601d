"""The United Nations' database of the Sustainable Development Goals: tables of its portal and of its API, and the API's JSON.

Dimensions stand in columns of their own (``[Sex]``, ``[Reporting Type]``; without brackets in tables of before 2020) and go into the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from armillary.sources.series.cells import decimal_of
from armillary.sources.series.observations import Origin, keep, series_of
from armillary.sources.series.places import is_aggregate, unit_id
from armillary.sources.series.rows import UNDATED, SeriesFile
from armillary.sources.series.tabular import TabularFile, names
from armillary.sources.values.number import Told

SOURCE = "UN SDG"
_CODE = ("seriescode", "series code", "series")
_AREA, _TIME, _VALUE = ("geoareacode",), ("timeperiod", "timeperiodstart"), ("value",)
_NAMES = {"UNITS": "UNIT_MEASURE", "UNIT": "UNIT_MEASURE", "OBSERVATION_STATUS": "OBS_STATUS"}
_ABOUT = frozenset(
    [
        "GOAL",
        "TARGET",
        "INDICATOR",
        "SERIESDESCRIPTION",
        "SERIES_DESCRIPTION",
        "SERIESCOUNT",
        "GEOAREANAME",
        "TIMECOVERAGE",
        "BASEPERIOD",
        "SOURCE",
        "GEOINFOURL",
        "FOOTNOTE",
        "FOOTNOTES",
        "VALUETYPE",
        "SERIESUID",
        "ISDSDSERIES",
    ]
)
"""Columns that tell no series from another."""
Cells = dict[str, str]


def header(cells: list[str]) -> dict[str, int] | None:
    """Where each column stands, by its name in capitals, if these are the columns of such a table."""
    found = names(cells)
    at = {
        what: next((found.index(n) for n in known if n in found), -1)
        for what, known in (("SERIES", _CODE), ("REF_AREA", _AREA), ("TIME_PERIOD", _TIME), ("OBS_VALUE", _VALUE))
    }
    if min(at.values()) < 0:
        return None
    for i, cell in enumerate(cells):
        name = _name(cell)
        if name and i not in at.values() and name not in _ABOUT:
            at.setdefault(name, i)
    return at


def read(
    rows: TabularFile,
    line: int,
    at: dict[str, int],
    *,
    source: str | None = None,
    vintage: str | None = None,
    indicator: str | None = None,
) -> SeriesFile:
    """Every value of a table."""
    out = SeriesFile(rows.path, "un-sdg")
    needed = max(at[n] for n in ("SERIES", "REF_AREA", "TIME_PERIOD", "OBS_VALUE"))

    def given() -> Iterator[tuple[int, Cells]]:
        for number, row in rows.after(line):
            if len(row) <= needed:
                out.records += 1
                out.reject(number, "short-row", ",".join(row))
                continue
            yield number, {n: row[i].strip() if i < len(row) else "" for n, i in at.items()}

    decimal = decimal_of(rows, line, [at["OBS_VALUE"]], default=".")
    return _read(out, given(), Origin(source or SOURCE, vintage or UNDATED, "SDG", indicator), decimal)


def is_answer(content: Any) -> bool:
    """Whether JSON is an answer of the API with data."""
    data = content.get("data") if isinstance(content, dict) else None
    return isinstance(data, list) and bool(data) and isinstance(data[0], dict) and {"series", "geoAreaCode"} <= set(data[0])


def read_api(
    path: Path, content: dict[str, Any], *, source: str | None = None, vintage: str | None = None, indicator: str | None = None
) -> SeriesFile:
    """An answer of the API: ``{"totalPages": n, "data": [{"series", "geoAreaCode", "timePeriodStart", "value", "attributes", ...}]}``."""
    out = SeriesFile(path, "un-sdg-api")
    items = [i if isinstance(i, dict) else {} for i in content["data"]]
    pages = content.get("totalPages")
    if isinstance(pages, int) and pages > 0:
        out.pages = (f"{items[0].get('series')} {content.get('totalElements')} {content.get('size')}", 1, pages)
    origin = Origin(source or SOURCE, vintage or UNDATED, "SDG", indicator)
    return _read(out, ((n, _of_item(i)) for n, i in enumerate(items, start=1)), origin, ".")


def _of_item(item: dict[str, Any]) -> Cells:
    cells: Cells = {}
    for group in ("attributes", "dimensions"):
        said = item.get(group)
        if isinstance(said, dict):
            cells |= {_name(str(k)): str(v).strip() for k, v in said.items() if v is not None}
    cells = {k: v for k, v in cells.items() if k not in _ABOUT}
    given = ("SERIES", "series"), ("REF_AREA", "geoAreaCode"), ("TIME_PERIOD", "timePeriodStart"), ("OBS_VALUE", "value")
    return cells | {name: "" if item.get(key) is None else str(item[key]).strip() for name, key in given}


def _read(out: SeriesFile, given: Iterator[tuple[int, Cells]], origin: Origin, decimal: Told) -> SeriesFile:
    out.used |= {"indicator"}
    for number, cells in given:
        area, when, text = cells.pop("REF_AREA"), cells.pop("TIME_PERIOD"), cells.pop("OBS_VALUE")
        status, nature = cells.pop("OBS_STATUS", ""), cells.pop("NATURE", "")
        area = area.removesuffix(".0")
        place = area.zfill(3) if area.isascii() and area.isdecimal() else area
        if place.isdecimal() and unit_id(place) == place and not is_aggregate(place):
            out.aggregates.add(place)  # the M49 code of a group that is in no list of countries
        flags = [status, f"nature {nature}" if nature else ""]  # codes of the nature mean other things than those of the status
        when = when.removesuffix(".0")
        keep(out, number, series_of(cells | {"REF_AREA": place}, origin), when, text, flags, origin, decimal)
    return out if out.records else out.refused("no-observations", "the table has no rows")


def _name(cell: str) -> str:
    """``[Reporting Type]`` as ``REPORTING_TYPE``."""
    plain = re.sub(r"[\s.\-]+", "_", cell.strip().strip("\ufeff").strip("[]").strip()).upper()
    return _NAMES.get(plain, plain)
