"""SDMX-CSV 1.0 and 2.0, as OECD, Eurostat and others give it: with codes, with names beside them, or with ``code: name`` in a cell.

The columns of codes come first, then ``OBS_VALUE``, then attributes; where a table keeps that order, what follows the value tells
no series from another (but for :data:`codes.ALWAYS`). An action ``D`` deletes: such a row holds no value.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from armillary.sources.series import codes, eurostat
from armillary.sources.series.cells import decimal_of, year_of_header
from armillary.sources.series.observations import Origin, SeriesKey, keep, series_of
from armillary.sources.series.rows import UNDATED, SeriesFile
from armillary.sources.series.tabular import TabularFile

_ID = re.compile(r"([A-Z][A-Z0-9_@$\-]*|[a-z][a-z0-9_@$\-]*)(\[.?\])?$")
_DOWNLOADED = re.compile(r"(?:[_-]\d{8,17}|[ _-]?\(\d+\)|[ _-]copy)+$", re.IGNORECASE)
"""What a server or a browser puts behind the name of a download: the time, the number of the copy. It is no part of the data set's name."""
_LABELLED = re.compile(r"[\w@$+.<>\-]+: \S")
_STAT = {
    "Value": "OBS_VALUE",
    "VALUE": "OBS_VALUE",
    "ObsValue": "OBS_VALUE",
    "values": "OBS_VALUE",
    "Flag Codes": "OBS_STATUS",
    "Unit Code": "UNIT_MEASURE",
    "PowerCode Code": "UNIT_MULT",
    "Reference Period Code": "BASE_PER",
    "FREQUENCY": "FREQ",
}
"""Columns of OECD.Stat, UIS.Stat and data.oecd.org (tables saved before 2024) -> the names of SDMX-CSV."""
_LABELS = ("reference area", "time period", "observation value")
_STRUCTURE = ("STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "DATAFLOW", "LAST UPDATE")


@dataclass(frozen=True, slots=True)
class CsvComponents:
    """Where each component stands; names in capitals, labels of columns left out."""

    line: int
    columns: dict[str, int]
    is_both: bool
    """Cells hold ``code: name``."""
    years: tuple[tuple[int, str], ...] = ()
    """Columns of years, where time goes across (tables of the BIS, the IMF and the ECB)."""
    is_eurostat: bool = False
    """As the R package eurostat writes it; the data set is what the file is called."""


def header(line: int, cells: list[str]) -> CsvComponents | None:
    """The header, if these are the columns of such a table."""
    columns: dict[str, int] = {}
    is_both = any(c.strip().partition(": ")[0].upper() in ("TIME_PERIOD", "OBS_VALUE") and ": " in c for c in cells)
    there = {c.strip() for c in cells}
    is_eurostat = {"values", "geo"} <= there and bool({"time", "TIME_PERIOD"} & there)
    is_stat = {"Value", "Flag Codes"} <= there or is_eurostat
    for i, cell in enumerate(cells):
        name = cell.strip().strip("\ufeff")
        name = _STAT.get(name, name) if is_stat else name.partition(": ")[0] if is_both else name
        plain = re.sub(r"\[.?\]$", "", name).upper()
        if plain in _STRUCTURE or _ID.match(name):
            columns.setdefault(plain, i)
    if not set(codes.UNITS) & set(columns):
        return None
    if "OBS_VALUE" in columns and set(codes.TIMES) & set(columns):
        return CsvComponents(line, columns, is_both, is_eurostat=is_eurostat)
    years = tuple((i, str(y)) for i, c in enumerate(cells) if (y := year_of_header(c)) is not None)
    is_wide = years and "REF_AREA" in columns and len(set(columns) & {"FREQ", *codes.MEASURES, *codes.UNIT_OF_MEASURE}) > 1
    return CsvComponents(line, columns, is_both, years) if is_wide else None


def read(
    rows: TabularFile, head: CsvComponents, *, source: str | None = None, vintage: str | None = None, indicator: str | None = None
) -> SeriesFile:
    """All annual observations of a table."""
    out = SeriesFile(rows.path, "sdmx-csv")
    out.used |= {"indicator"}
    at = head.columns
    value_at = at.get("OBS_VALUE", -1)
    is_ordered = value_at >= 0 and all(at[n] < value_at for n in (*codes.TIMES, *codes.UNITS[:1]) if n in at)
    attributes = frozenset(n for n, i in at.items() if i > value_at) if is_ordered else frozenset()
    skip = {*_STRUCTURE, "OBS_VALUE", *codes.TIMES}
    width = max(at.values())
    is_both = head.is_both or _is_labelled(rows, head)
    decimal = decimal_of(rows, head.line, [i for i, _ in head.years] or [value_at], default=".")
    known: dict[tuple[str, ...], tuple[SeriesKey, Origin]] = {}
    for line, row in rows.after(head.line):
        if len(row) <= max(value_at, *(at[n] for n in (*codes.TIMES, *codes.UNITS) if n in at)):
            out.records += 1
            out.reject(line, "short-row", ",".join(row))
            continue
        row += [""] * (width + 1 - len(row))
        cells = {n: (row[i].partition(": ")[0] if is_both else row[i]).strip() for n, i in at.items()}
        if cells.get("ACTION", "").upper() in ("D", "DELETE"):
            out.records += 1
            out.reject(line, "deleted", ",".join(row))
            continue
        key = tuple(v for n, v in cells.items() if n not in ("OBS_VALUE", *codes.TIMES, *codes.STATUS))
        if key not in known:
            origin = _origin(rows, cells, source, vintage, indicator)
            if head.is_eurostat:
                name = eurostat.dataset_of(rows.path.name)
                origin = Origin(source or f"ESTAT:{name}", origin.vintage, name, indicator)
            known[key] = series_of({n: v for n, v in cells.items() if n not in skip}, origin, attributes), origin
        series, origin = known[key]
        flags = [cells[s] for s in codes.STATUS if cells.get(s)]
        for when, text in _observations(head, row, cells):
            keep(out, line, series, when, text, flags, origin, decimal)
    return out if out.records else out.refused("no-observations", "the table has a header and no rows")


def _observations(head: CsvComponents, row: list[str], cells: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Time and value of each observation of a row; an empty year of a table with years across is the layout."""
    if not head.years:
        yield codes.first_of(cells, codes.TIMES)[1], cells["OBS_VALUE"]
        return
    for i, year in head.years:
        if i < len(row) and row[i].strip():
            yield year, row[i].strip()


def is_labels_only(cells: list[str]) -> bool:
    """Whether a table has the names of components only (``Reference area``), as the Data Explorer gives it where labels are asked for."""
    found = [c.strip().casefold() for c in cells]
    return all(n in found for n in _LABELS) and "OBS_VALUE" not in (c.strip() for c in cells)


def _is_labelled(rows: TabularFile, head: CsvComponents) -> bool:
    """Whether cells hold ``code: name`` though the header does not say so: those of the frequency, or of two columns at least."""
    row = next((r for _, r in rows.after(head.line) if len(r) > max(head.columns.values())), None)
    if row is None:
        return False
    told = {n for n, i in head.columns.items() if n not in _STRUCTURE and n not in codes.UNITS and _LABELLED.match(row[i].strip())}
    return "FREQ" in told or len(told) > 1


def _origin(rows: TabularFile, cells: dict[str, str], source: str | None, vintage: str | None, indicator: str | None) -> Origin:
    """Publisher and data set from the columns that say so; the date of the last update as vintage."""
    structure = (cells.get("STRUCTURE_ID") or cells.get("DATAFLOW") or "").strip()
    stem = _DOWNLOADED.sub("", rows.path.name.split(".")[0])
    base = codes.dataset(structure) if structure else stem
    return Origin(source or structure or stem, vintage or _date(cells.get("LAST UPDATE", "")) or UNDATED, base, indicator)


def _date(text: str) -> str:
    """``22/05/26 11:00:00`` (Eurostat) as ``2026-05-22``; a date in ISO form as it is."""
    plain = text.split(" ")[0].split("T")[0]
    for form in ("%d/%m/%y", "%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.datetime.strptime(plain, form).date().isoformat()
        except ValueError:
            continue
    return plain
