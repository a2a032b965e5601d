"""SDMX-CSV 1.0 and 2.0, as OECD, Eurostat and others give it: with codes, with names beside them, or with ``code: name`` in a cell.

The columns of codes come first, then ``OBS_VALUE``, then attributes; where a table keeps that order, what follows the value tells
no series from another (but for :data:`codes.ALWAYS`). An action ``D`` deletes: such a row holds no value.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from armillary.sources.series import codes
from armillary.sources.series.cells import decimal_of
from armillary.sources.series.observations import Origin, SeriesKey, keep, series_of
from armillary.sources.series.rows import UNDATED, SeriesFile
from armillary.sources.series.tabular import Table

_ID = re.compile(r"([A-Z][A-Z0-9_@$\-]*|[a-z][a-z0-9_@$\-]*)(\[.?\])?$")
_STRUCTURE = ("STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "DATAFLOW", "LAST UPDATE")


@dataclass(frozen=True, slots=True)
class CsvComponents:
    """Where each component stands; names in capitals, labels of columns left out."""

    line: int
    columns: dict[str, int]
    is_both: bool
    """Cells hold ``code: name``."""


def header(line: int, cells: list[str]) -> CsvComponents | None:
    """The header, if these are the columns of such a table."""
    columns: dict[str, int] = {}
    is_both = any(c.strip().partition(": ")[0].upper() in ("TIME_PERIOD", "OBS_VALUE") and ": " in c for c in cells)
    for i, cell in enumerate(cells):
        name = cell.strip().strip("\ufeff")
        name = name.partition(": ")[0] if is_both else name
        plain = re.sub(r"\[.?\]$", "", name).upper()
        if plain in _STRUCTURE or _ID.match(name):
            columns.setdefault(plain, i)
    if "OBS_VALUE" not in columns or not set(codes.TIMES) & set(columns) or not set(codes.UNITS) & set(columns):
        return None
    return CsvComponents(line, columns, is_both)


def read(
    rows: Table, head: CsvComponents, *, source: str | None = None, vintage: str | None = None, indicator: str | None = None
) -> SeriesFile:
    """All annual observations of a table."""
    out = SeriesFile(rows.path, "sdmx-csv")
    out.used |= {"indicator"}
    at = head.columns
    value_at = at["OBS_VALUE"]
    is_ordered = all(at[n] < value_at for n in (*codes.TIMES, *codes.UNITS[:1]) if n in at)
    attributes = frozenset(n for n, i in at.items() if i > value_at) if is_ordered else frozenset()
    skip = {*_STRUCTURE, "OBS_VALUE", *codes.TIMES}
    width = max(at.values())
    decimal = decimal_of(rows, head.line, [value_at], default=".")
    known: dict[tuple[str, ...], tuple[SeriesKey, Origin]] = {}
    for line, row in rows.after(head.line):
        if len(row) <= max(value_at, *(at[n] for n in (*codes.TIMES, *codes.UNITS) if n in at)):
            out.records += 1
            out.reject(line, "short-row", ",".join(row))
            continue
        row += [""] * (width + 1 - len(row))
        cells = {n: (row[i].partition(": ")[0] if head.is_both else row[i]).strip() for n, i in at.items()}
        if cells.get("ACTION", "").upper() in ("D", "DELETE"):
            out.records += 1
            out.reject(line, "deleted", ",".join(row))
            continue
        key = tuple(v for n, v in cells.items() if n not in ("OBS_VALUE", *codes.TIMES, *codes.STATUS))
        if key not in known:
            origin = _origin(rows, cells, source, vintage, indicator)
            known[key] = series_of({n: v for n, v in cells.items() if n not in skip}, origin, attributes), origin
        series, origin = known[key]
        flags = [cells[s] for s in codes.STATUS if cells.get(s)]
        keep(out, line, series, codes.first_of(cells, codes.TIMES)[1], cells["OBS_VALUE"], flags, origin, decimal)
    return out if out.records else out.refused("no-observations", "the table has a header and no rows")


def _origin(rows: Table, cells: dict[str, str], source: str | None, vintage: str | None, indicator: str | None) -> Origin:
    """Publisher and data set from the columns that say so; the date of the last update as vintage."""
    structure = (cells.get("STRUCTURE_ID") or cells.get("DATAFLOW") or "").strip()
    base = codes.dataset(structure) if structure else rows.path.name.split(".")[0]
    return Origin(source or structure or rows.path.stem, vintage or _date(cells.get("LAST UPDATE", "")) or UNDATED, base, indicator)


def _date(text: str) -> str:
    """``22/05/26 11:00:00`` (Eurostat) as ``2026-05-22``; a date in ISO form as it is."""
    plain = text.split(" ")[0].split("T")[0]
    for form in ("%d/%m/%y", "%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.datetime.strptime(plain, form).date().isoformat()
        except ValueError:
            continue
    return plain
