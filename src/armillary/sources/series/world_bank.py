"""Tables of the World Bank: WDI in bulk, downloads of an indicator or a country, DataBank, and what wbgapi and the API give.

They differ in the names of columns (``Indicator Code`` or ``Series Code``; ``2020``, ``2020 [YR2020]`` or ``YR2020``), in what stands
above the header (title and date) or below the table (database and date), and in whether years or series go across.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from armillary.sources.series.cells import decimal_of, value_of, year_of, year_of_header
from armillary.sources.series.places import unit_id
from armillary.sources.series.rows import UNDATED, Observation, SeriesFile, measure
from armillary.sources.series.tabular import TabularFile, names, opened
from armillary.sources.values.country import read_place
from armillary.sources.values.date import read_date

_UNIT = ("country code", "economy code", "economy", "iso3c", "iso2c", "country name", "country")
_CODE = ("indicator code", "series code", "series", "indicator name", "series name")
_NAME = ("indicator name", "series name", "series")
_TIME = ("time", "time code", "year", "yearcode", "date")
_WDI = re.compile(r"[A-Z]{2,3}(\.[A-Z0-9]{2,}){1,6}")
"""A code of the World Bank as the name of a column (R packages WDI and wbstats, pandas_datareader)."""
_CODED = re.compile(r"^(.*) \[([A-Za-z0-9_.]+)\]$")
_PARENTHESES = re.compile(r"\(([^()]*)\)\s*$")
_FOOT = re.compile(r"^(Data from database|Last Updated)\s*:\s*(.*)$", re.IGNORECASE)
DATABASES = {"World Development Indicators": "WDI"}
OWN_DATABASE = "World Bank:WDI"


@dataclass(slots=True)
class BankColumns:
    """Where things stand: units, the series or its columns, and years or the column of the time."""

    line: int
    unit: int
    code: int | None
    name: int | None
    years: list[tuple[int, int]] = field(default_factory=list)
    time: int | None = None
    series: list[tuple[int, str, str]] = field(default_factory=list)
    """Columns that are series: place, code and name."""
    value: int | None = None
    """The column of the value, where each row is one observation."""
    called: int | None = None
    """The name of the unit beside its code."""


def header(line: int, cells: list[str]) -> BankColumns | None:
    """The header, if these are the columns of such a table."""
    found = names(cells)
    if "economy" in found and not ("country code" in found or any(y in found for y in ("indicator id", "geounit"))):
        pass  # wbgapi
    elif not ({"country code", "country name"} & set(found)) and not _is_tidy(found, cells):
        return None
    unit = next(found.index(n) for n in _UNIT if n in found)
    code = next((found.index(n) for n in _CODE if n in found), None)
    name = next((found.index(n) for n in _NAME if n in found), None)
    called = next((found.index(n) for n in ("country name", "country") if n in found and found.index(n) != unit), None)
    years = [(i, y) for i, n in enumerate(cells) if (y := year_of_header(n)) is not None]
    if years:
        is_world_bank = "economy" in found or (code is not None and found[code] in _CODE)
        return BankColumns(line, unit, code, name, years, called=called) if is_world_bank else None
    time = next((found.index(n) for n in _TIME if n in found), None)
    if "economy" in found and code is not None and time is not None and "value" in found:  # wbgapi, stacked
        return BankColumns(line, unit, code, name, [], time, value=found.index("value"), called=called)
    series = [(i, m[2], m[1]) for i, n in enumerate(cells) if (m := _CODED.match(n.strip()))]
    if not series and time is not None and "economy" in found:  # wbgapi with series across
        plain = {"economy", "time", "country", "series", "aggregate"}
        series = [
            (i, cells[i].strip(), "")
            for i, n in enumerate(found)
            if n and n not in plain and re.fullmatch(r"[A-Za-z0-9_.]+", cells[i].strip())
        ]
    if not series and _is_tidy(found, cells):
        series = [(i, c.strip(), "") for i, c in enumerate(cells) if _WDI.fullmatch(c.strip())]
    return BankColumns(line, unit, None, None, [], time, series, called=called) if series and time is not None else None


def _is_tidy(found: list[str], cells: list[str]) -> bool:
    """Whether a table has a column for each series, called by its code, beside countries and years."""
    has_unit, has_time = bool({"iso3c", "iso2c", "country"} & set(found)), bool({"year", "date"} & set(found))
    return has_unit and has_time and any(_WDI.fullmatch(c.strip()) for c in cells)


def read(
    rows: TabularFile, head: BankColumns, *, source: str | None = None, vintage: str | None = None, indicator: str | None = None
) -> SeriesFile:
    """Every value of a table. Empty cells are the layout, not records."""
    out = SeriesFile(rows.path, "world-bank")
    foot = _about(rows, head)
    made = source or foot.get("source") or OWN_DATABASE
    when = vintage or foot.get("updated") or UNDATED
    units, out.aggregates = _units(rows.path), _aggregates(rows.path)
    measures: dict[str, str | None] = {}
    if head.code is None and not head.series:
        out.used |= {"indicator"}
        if indicator is None:
            return out.refused("no-indicator", "the table does not say what is measured; give --indicator CODE", head.line)
    across = [*(i for i, _ in head.years), *(i for i, _, _ in head.series)]
    decimal = decimal_of(rows, head.line, across if head.value is None else [head.value], default=".")
    for line, cells in rows.after(head.line):
        if _FOOT.match(cells[0].strip()):
            continue
        if len(cells) <= max(head.unit, head.code or 0, head.time or 0, head.value or 0):
            out.records += 1
            out.reject(line, "short-row", ",".join(cells))
            continue
        given = cells[head.unit].strip()
        place = _place(given, cells[head.called].strip() if head.called is not None and head.called < len(cells) else "")
        for code, name, year, text in _cells(head, cells, indicator):
            if not text.strip():
                continue
            out.records += 1
            if isinstance(year, str):
                known_year, why = year_of(year.upper().removeprefix("YR"))
                if known_year is None:
                    out.reject(line, why, f"{place} {code} '{year}'")
                    continue
                year = known_year
            value, why = value_of(text, decimal)
            if place is None:
                out.reject(line, "unit-contradicts", f"'{given}' is not the code of '{cells[head.called or 0].strip()}'")
            elif not code or not place:
                out.reject(line, "no-key", f"unit '{place}', indicator '{code}'")
            elif value is None:
                out.reject(line, why, f"{place} {code} {year} '{text}'")
            else:
                if code not in measures:
                    told, known = _PARENTHESES.search(name), measure(made, code)
                    measures[code] = units.get(code) or (told.group(1) if told else None) or (known.unit_of_measure if known else None)
                out.add(Observation(place, code, year, made, when, value, None, measures[code]), line)
    return out if out.records else out.refused("no-observations", "the table has a header and no values")


def _place(code: str, name: str) -> str | None:
    """The unit of a row, None where code and name are those of two countries. Codes in digits are not ISO's here: the name counts."""
    told = read_place(name).value if name else None
    if told is None or told.kind != "country":
        return unit_id(code)
    own = None if code.isdecimal() else read_place(code).value
    return None if own is not None and own.kind == "country" and own.code != told.code else (own or told).code


def _cells(head: BankColumns, cells: list[str], indicator: str | None) -> Iterator[tuple[str, str, int | str, str]]:
    """Code, name, year and text of each value of a row."""
    if head.series:
        for i, code, name in head.series:
            yield code, name, cells[head.time or 0].strip(), cells[i] if i < len(cells) else ""
        return
    code = indicator or "" if head.code is None else cells[head.code].strip()
    name = cells[head.name].strip() if head.name is not None and head.name < len(cells) else ""
    if head.value is not None:
        yield code, name, cells[head.time or 0].strip(), cells[head.value]
        return
    for i, year in head.years:
        yield code, name, year, cells[i] if i < len(cells) else ""


def _about(rows: TabularFile, head: BankColumns) -> dict[str, str]:
    """Database and date of the last update, from the lines above the header or below the table."""
    found: dict[str, str] = {}
    for line, cells in rows.first():
        if line < head.line and len(cells) > 1:
            found |= {cells[0].strip().casefold(): cells[1].strip()}
    above = {"source": found.get("data source", ""), "updated": found.get("last updated date", "")}
    for _, cells in rows.last():
        match = _FOOT.match(cells[0].strip())
        if match:
            above["source" if match[1].casefold().startswith("data") else "updated"] = match[2].strip()
    base = above["source"]
    return {"source": f"World Bank:{DATABASES.get(base, base)}" if base else "", "updated": _iso(above["updated"])}


def _iso(text: str) -> str:
    """``10/26/2023`` (the Bank writes the month first) as ``2023-10-26``."""
    found = read_date(text, first="month").value
    return f"{found.year:04}-{found.month:02}-{found.day:02}" if found and found.month and found.day else text


def _beside(path: Path, pattern: str, needed: set[str]) -> Iterator[dict[str, str]]:
    """Rows of the tables beside this one whose columns include the needed ones."""
    for side in sorted(path.parent.glob(pattern)):
        if side == path:
            continue
        rows = opened(side)
        top = rows.first()
        columns = names(top[0][1]) if top else []
        if needed <= set(columns):
            for _, cells in rows.after(top[0][0]):
                yield dict(zip(columns, (c.strip() for c in cells), strict=False))


def _units(path: Path) -> dict[str, str]:
    """Units of measure from ``WDISeries.csv`` beside the table, where it is there."""
    found = _beside(path, "*Series.csv", {"series code", "unit of measure"})
    return {r["series code"]: r["unit of measure"] for r in found if r.get("unit of measure")}


def _aggregates(path: Path) -> set[str]:
    """Groups of countries, which the list of countries beside the table gives without a region."""
    found = _beside(path, "*Country*.csv", {"country code", "region"})
    return {unit_id(r["country code"]) for r in found if not r.get("region", "x")}


def read_api(path: Path, pages: list[Any], *, source: str | None = None, vintage: str | None = None) -> SeriesFile:
    """The API's JSON, one answer or several pages of it: ``[{"page": 1, "lastupdated": ...}, [{"indicator": {"id": ...}, ...}]]``."""
    out = SeriesFile(path, "world-bank-api")
    about = next((p for p in pages if isinstance(p, dict)), {})
    when = vintage or str(about.get("lastupdated") or UNDATED)
    here = sum(isinstance(p, dict) for p in pages)
    whole = about.get("pages")
    if isinstance(whole, int):
        asked = next((i.get("indicator") for p in pages if isinstance(p, list) for i in p if isinstance(i, dict)), "")
        out.pages = (f"{asked} {about.get('total')} {about.get('per_page')}", here, whole)
    for number, item in enumerate((i for p in pages if isinstance(p, list) for i in p), start=1):
        out.records += 1
        try:
            code, year = str(item["indicator"]["id"]), str(item["date"])
            unit = unit_id(str(item.get("countryiso3code") or item["country"]["id"]))
        except (KeyError, TypeError, AttributeError):
            out.reject(number, "no-key", str(item))
            continue
        known_year, why = year_of(year)
        text = "" if item.get("value") is None else str(item["value"])
        value, why_not = value_of(text)
        if known_year is None or value is None:
            out.reject(number, why if known_year is None else why_not, f"{unit} {code} {year} '{text}'")
            continue
        made = source or OWN_DATABASE
        told, known = _PARENTHESES.search(str(item["indicator"].get("value") or "")), measure(made, code)
        of = str(item.get("unit") or "") or (told.group(1) if told else None) or (known.unit_of_measure if known else None)
        out.add(Observation(unit, code, known_year, made, when, value, str(item.get("obs_status") or "") or None, of), number)
    return out if out.records else out.refused("no-observations", "the answer holds no values")
