"""Tables of UNESCO's Institute for Statistics: bulk (``*_DATA_NATIONAL.csv``, ``*_DATA_REGIONAL.csv``) and the API as CSV or JSON.

Qualifier and magnitude are kept as status flag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from armillary.sources.series.cells import decimal_of, value_of, year_of
from armillary.sources.series.places import unit_id
from armillary.sources.series.rows import UNDATED, Observation, SeriesFile, measure
from armillary.sources.series.tabular import TabularFile, names, opened
from armillary.sources.values.number import Told

_COLUMNS = {
    "code": ("indicator_id", "indicatorid"),
    "unit": ("country_id", "region_id", "geounit"),
    "year": ("year",),
    "value": ("value",),
    "magnitude": ("magnitude",),
    "qualifier": ("qualifier",),
}
_PARENTHESES = re.compile(r"\(([^()]*)\)\s*$")
_BULK = re.compile(r"(\w+?)_DATA_(?:NATIONAL|REGIONAL)", re.IGNORECASE)
Columns = dict[str, int]
MOST = 100_000
"""Records that the API gives in one call."""


def header(cells: list[str]) -> Columns | None:
    """Where each column stands, if these are the columns of such a table."""
    found = names(cells)
    at = {what: next((found.index(n) for n in known if n in found), -1) for what, known in _COLUMNS.items()}
    return {w: i for w, i in at.items() if i >= 0} if min(at[w] for w in ("code", "unit", "year", "value")) >= 0 else None


def read(rows: TabularFile, line: int, top: list[str], at: Columns, *, source: str | None = None, vintage: str | None = None) -> SeriesFile:
    """Every value of a bulk table, or of an answer of the API in CSV."""
    out = SeriesFile(rows.path, "uis")
    is_regional = names(top)[at["unit"]] == "region_id"
    given = _observations(out, rows, line, at)
    decimal = decimal_of(rows, line, [at["value"]], default=".")
    return _read(out, given, source, vintage, is_regional=is_regional, decimal=decimal)


def read_api(path: Path, records: list[Any], *, source: str | None = None, vintage: str | None = None) -> SeriesFile:
    """An answer of the API: ``{"records": [{"indicatorId", "geoUnit", "year", "value", "magnitude", "qualifier"}]}``."""
    out = SeriesFile(path, "uis-api")
    if len(records) >= MOST:
        out.notes.append(f"{len(records):,} records are as many as one call gives: the rest may be missing")
    keys = ("indicatorId", "geoUnit", "year", "value", "magnitude", "qualifier")
    plain = (r if isinstance(r, dict) else {} for r in records)
    given = ((n, ["" if r.get(k) is None else str(r[k]).strip() for k in keys]) for n, r in enumerate(plain, start=1))
    return _read(out, given, source, vintage)


def _observations(out: SeriesFile, rows: TabularFile, line: int, at: Columns) -> Iterable[tuple[int, list[str]]]:
    """Code, unit, year, value, magnitude and qualifier of each row."""
    needed = max(at[w] for w in ("code", "unit", "year", "value"))
    for number, cells in rows.after(line):
        if len(cells) <= needed:
            out.records += 1
            out.reject(number, "short-row", ",".join(cells))
            continue
        yield number, [cells[at[w]].strip() if w in at and at[w] < len(cells) else "" for w in _COLUMNS]


def _read(
    out: SeriesFile,
    given: Iterable[tuple[int, list[str]]],
    source: str | None,
    vintage: str | None,
    *,
    is_regional: bool = False,
    decimal: Told = ".",
) -> SeriesFile:
    bulk = _BULK.match(out.path.name)
    made = source or f"UNESCO:{bulk[1] if bulk else 'UIS'}"
    units, edition = _units(out.path), vintage or _release(out.path) or UNDATED
    for number, (code, raw, when, text, *flags) in given:
        out.records += 1
        place = raw if is_regional else unit_id(raw)
        if not code or not place:
            out.reject(number, "no-key", f"unit '{place}', indicator '{code}'")
            continue
        year, why = year_of(when)
        if year is None:
            out.reject(number, why, f"{place} {code} '{when}'")
            continue
        told = [f for f in flags if f]
        value, why = value_of(text, decimal)
        if value is None:
            out.reject(number, why, f"{place} {code} {year}, {'; '.join(told) or 'no qualifier'}")
            continue
        if is_regional:
            out.aggregates.add(place)
        known = measure(made, code)
        unit = units.get(code) or (known.unit_of_measure if known else None)
        out.add(Observation(place, code, year, made, edition, value, ",".join(told) or None, unit), number)
    return out if out.records else out.refused("no-observations", "the table has no rows")


def _units(path: Path) -> dict[str, str]:
    """Units from the labels beside the table: the last parentheses of ``INDICATOR_LABEL_EN``."""
    found: dict[str, str] = {}
    for side in sorted(path.parent.glob("*_LABEL*.csv")):
        rows = opened(side)
        top = rows.first()
        columns = names(top[0][1]) if top else []
        if {"indicator_id", "indicator_label_en"} <= set(columns):
            code, label = columns.index("indicator_id"), columns.index("indicator_label_en")
            for _, cells in rows.after(top[0][0]):
                if len(cells) > max(code, label) and (unit := _PARENTHESES.search(cells[label])):
                    found.setdefault(cells[code].strip(), unit.group(1))
    return found


def _release(path: Path) -> str:
    """The release named by the README beside the table, such as ``2025_September``."""
    stems = sorted(p.stem for p in path.parent.glob("*README*RELEASE*"))
    return stems[-1].partition("RELEASE_")[2] if stems else ""
