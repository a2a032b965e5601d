r"""Eurostat's tab-separated tables: the key packed into the first column (``freq,unit,geo\TIME_PERIOD``), one column a period.

A cell holds a value, a mark for a missing one (``:``), and flags behind either (``2.30 b``, ``1.5 bep``, ``: c``).
"""

from __future__ import annotations

import re

from armillary.sources.series import codes
from armillary.sources.series.cells import flagged
from armillary.sources.series.observations import Origin, SeriesKey, keep, series_of
from armillary.sources.series.rows import UNDATED, SeriesFile
from armillary.sources.series.tabular import TabularFile

_COPY = re.compile(r"([ _-]?\(\d+\)|_linear|_tabular)+$", re.IGNORECASE)


def packed(cell: str) -> tuple[list[str], str] | None:
    r"""Dimensions of the packed first column and the one that goes across; None if the cell is no such header."""
    left, backslash, across = cell.strip().strip("\ufeff").partition("\\")
    if not backslash or not left:
        return None
    return [p.strip().upper() for p in left.split(",")], across.strip().upper()


def read(rows: TabularFile, line: int, top: list[str], *, source: str | None, vintage: str | None, indicator: str | None) -> SeriesFile:
    """All annual values of a table. Its name is that of the file, as the table does not hold it."""
    out = SeriesFile(rows.path, "eurostat-tsv")
    out.used |= {"indicator"}
    found = packed(top[0])
    assert found is not None
    keys, across = found
    dataset = _COPY.sub("", rows.path.name.split(".")[0].split("$")[0]).removeprefix("estat_").upper()
    origin = Origin(source or f"ESTAT:{dataset}", vintage or UNDATED, dataset, indicator)
    heads = [h.strip() for h in top[1:]]
    goes_over_time = across in codes.TIMES
    for number, row in rows.after(line):
        values = [p.strip() for p in row[0].split(",")]
        if len(values) != len(keys):
            out.records += 1
            out.reject(number, "short-row", row[0])
            continue
        cells = dict(zip(keys, values, strict=True))
        series: SeriesKey | None = series_of(cells, origin) if goes_over_time else None
        for head, text in zip(heads, row[1:], strict=False):
            if not text.strip():
                continue  # an empty period is the layout, not a record
            mine = series or series_of(cells | {across: head}, origin)
            value, flag = flagged(text)
            keep(out, number, mine, head if goes_over_time else codes.first_of(cells, codes.TIMES)[1], value, [flag], origin)
    return out if out.records else out.refused("no-observations", "the table has a header and no values")
