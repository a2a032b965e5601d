r"""Eurostat's tab-separated tables: the key packed into the first column (``freq,unit,geo\TIME_PERIOD``), one column a period.

A cell holds a value, a mark for a missing one (``:``), and flags behind either (``2.30 b``, ``1.5 bep``, ``: c``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from armillary.sources.series import codes
from armillary.sources.series.cells import decimal_of, flagged
from armillary.sources.series.observations import Origin, SeriesKey, keep, series_of
from armillary.sources.series.rows import UNDATED, SeriesFile
from armillary.sources.series.tabular import TabularFile

_COPY = re.compile(r"([ _-]?\(\d+\)|_linear|_tabular)+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EurostatColumns:
    """Where things stand: dimensions of the key (all in the first column if ``is_packed``), the one that goes across, and its values.

    ``values``: place, head and place of the flags of each column (-1: behind the value).
    """

    line: int
    keys: tuple[tuple[int, str], ...]
    across: str
    is_packed: bool
    values: tuple[tuple[int, str, int], ...]


def dataset_of(name: str) -> str:
    """The data set that a file of this name holds (``estat_rd_e_gerdtot.tsv.gz``, ``rd_e_gerdtot (1).csv``)."""
    return _COPY.sub("", name.split(".")[0].split("$")[0]).removeprefix("estat_").upper()


def packed(cell: str) -> tuple[list[str], str] | None:
    r"""Dimensions of the packed first column and the one that goes across; None if the cell is no such header."""
    left, backslash, across = cell.strip().strip("\ufeff").partition("\\")
    if not backslash or not left:
        return None
    return [p.strip().upper() for p in left.split(",")], across.strip().upper()


def header(line: int, cells: list[str]) -> EurostatColumns | None:
    r"""The header, if these are the columns of such a table: packed, or a column a dimension up to ``geo\TIME_PERIOD``.

    Programs that fetch tables write them in the second form, at times with ``2020_value`` and ``2020_flag`` side by side.
    """
    at = next((i for i, c in enumerate(cells) if packed(c)), None)
    found = packed(cells[at]) if at is not None else None
    if at is None or found is None or (at > 0 and len(found[0]) > 1):
        return None
    names = [c.strip().strip("\ufeff").upper() for c in cells[:at]]
    keys = tuple((i, n) for i, n in enumerate(names) if n) + tuple((at, n) for n in found[0])
    heads = {i: c.strip() for i, c in enumerate(cells) if i > at}
    flags = {h.rpartition("_")[0]: i for i, h in heads.items() if h.endswith("_flag")}
    values = tuple(
        (i, h.removesuffix("_value") if flags else h, flags.get(h.removesuffix("_value"), -1))
        for i, h in heads.items()
        if not h.endswith("_flag")
    )
    return EurostatColumns(line, keys, found[1], at == 0, values)


def read(rows: TabularFile, head: EurostatColumns, *, source: str | None, vintage: str | None, indicator: str | None) -> SeriesFile:
    """All annual values of a table. Its name is that of the file, as the table does not hold it."""
    out = SeriesFile(rows.path, "eurostat-tsv" if head.is_packed else "eurostat-table")
    out.used |= {"indicator"}
    dataset = dataset_of(rows.path.name)
    origin = Origin(source or f"ESTAT:{dataset}", vintage or UNDATED, dataset, indicator)
    goes_over_time = head.across in codes.TIMES
    decimal = "." if head.is_packed else decimal_of(rows, head.line, [i for i, _, _ in head.values], default=".")
    last = max(i for i, _ in head.keys)
    for number, row in rows.after(head.line):
        values = [p.strip() for p in row[0].split(",")] if head.is_packed else [row[i].strip() for i, _ in head.keys if i < len(row)]
        if len(values) != len(head.keys) or len(row) <= last:
            out.records += 1
            out.reject(number, "short-row", row[0])
            continue
        cells = {name: value for (_, name), value in zip(head.keys, values, strict=True)}
        series: SeriesKey | None = series_of(cells, origin) if goes_over_time else None
        for place, name, flag_at in head.values:
            text = row[place] if place < len(row) else ""
            if not text.strip():
                continue  # an empty period is the layout, not a record
            mine = series or series_of(cells | {head.across: name}, origin)
            value, flag = flagged(text)
            beside = row[flag_at].strip(" :") if 0 <= flag_at < len(row) else ""
            when = name if goes_over_time else codes.first_of(cells, codes.TIMES)[1]
            keep(out, number, mine, when, value, [flag, beside], origin, decimal)
    return out if out.records else out.refused("no-observations", "the table has a header and no values")
