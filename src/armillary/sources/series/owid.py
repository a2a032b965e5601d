"""Tables of Our World in Data: a chart's download (``Entity, Code, Year``, one column a series) and its country files on GitHub.

The name of a column is the series. Its unit and the date of the download stand in ``*.metadata.json`` beside the table, if that is there.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armillary.core import guarded
from armillary.errors import InputError
from armillary.sources.series import codes
from armillary.sources.series.cells import decimal_of, value_of, year_of
from armillary.sources.series.places import unit_id
from armillary.sources.series.rows import UNDATED, Observation, SeriesFile
from armillary.sources.series.tabular import TabularFile, names
from armillary.sources.values.country import read_place

SOURCE = "Our World in Data"
_ENTITY, _CODE, _TIME = ("entity", "country", "location"), ("code", "iso_code"), ("year", "day", "date", "time")
_PARENTHESES = re.compile(r"\(([^()]*)\)\s*$")
_SAMPLE = 2_000


@dataclass(frozen=True, slots=True)
class OwidColumns:
    """Where things stand: the name of the entity, its code, the year, and the columns that may be series."""

    line: int
    entity: int
    code: int
    time: int
    is_daily: bool
    """Time is a day: such a value is not the year's, even on the first of January."""
    rest: tuple[tuple[int, str], ...]


def header(line: int, cells: list[str]) -> OwidColumns | None:
    """The header, if these are the columns of such a table."""
    found = names(cells)
    if not ({"entity", "code"} <= set(found) or "iso_code" in found):
        return None
    at = [next((found.index(n) for n in known if n in found), None) for known in (_ENTITY, _CODE, _TIME)]
    entity, code, time = at
    if entity is None or code is None or time is None:
        return None
    said = {*_ENTITY, *_CODE, *_TIME}  # a table may say the time twice (year and time): that is no series
    rest = tuple((i, c.strip()) for i, c in enumerate(cells) if c.strip() and found[i] not in said)
    return OwidColumns(line, entity, code, time, found[time] in ("day", "date"), rest) if rest else None


def is_description(content: Any) -> bool:
    """Whether JSON is what lies beside a chart's table and describes its columns."""
    return isinstance(content, dict) and isinstance(content.get("columns"), dict) and "chart" in content


def read(
    rows: TabularFile, head: OwidColumns, *, source: str | None = None, vintage: str | None = None, indicator: str | None = None
) -> SeriesFile:
    """Every value of a table. An empty cell beside other series is the layout; columns of texts are no series, and named."""
    out = SeriesFile(rows.path, "owid")
    series = _numeric(rows, head)
    if texts := [name for i, name in head.rest if i not in series]:
        out.notes.append(f"columns without numbers are left out: {', '.join(texts[:8])}")
    if len(series) == 1:
        out.used |= {"indicator"}
    about = _about(rows.path)
    units = {name: str(c.get("unit") or "") for name, c in about.get("columns", {}).items() if isinstance(c, dict)}
    when = vintage or str(about.get("dateDownloaded") or "")[:10] or UNDATED
    decimal = decimal_of(rows, head.line, series, default=".")
    known = {i: (indicator if indicator and len(series) == 1 else codes.plain(name), _unit(name, units)) for i, name in series.items()}
    for line, cells in rows.after(head.line):
        if len(cells) <= max(head.entity, head.code, head.time):
            out.records += 1
            out.reject(line, "short-row", ",".join(cells))
            continue
        name, code, time = (cells[i].strip() for i in (head.entity, head.code, head.time))
        unit, why = _place(name, code, out.aggregates)
        for i, (measured, of) in known.items():
            text = cells[i].strip() if i < len(cells) else ""
            if not text and len(known) > 1:
                continue
            out.records += 1
            year, why_not = (None, "not-annual") if head.is_daily and not time.isdecimal() else year_of(time)
            value, no_value = value_of(text, decimal)
            if not unit:
                out.reject(line, why, f"entity '{name}', code '{code}'")
            elif year is None:
                out.reject(line, why_not, f"{unit} {measured} '{time}'")
            elif value is None:
                out.reject(line, no_value, f"{unit} {measured} {year} '{text}'")
            else:
                out.add(Observation(unit, measured, year, source or SOURCE, when, value, None, of), line)
    return out if out.records else out.refused("no-observations", "the table has a header and no values")


def _place(name: str, code: str, aggregates: set[str]) -> tuple[str, str]:
    """The unit by code and name, or an empty text and why. What has no code of a country, and no name of one, is a group."""
    told = read_place(name).value if name else None
    own = read_place(code).value if code and not code.upper().startswith("OWID_") else None
    if own is not None and told is not None and own.code != told.code and "country" == told.kind == own.kind:
        return "", "unit-contradicts"
    found = own or told
    if found is not None:
        return found.code, ""
    unit = unit_id(name or code)
    if unit:
        aggregates.add(unit)
    return unit, "" if unit else "no-key"


def _numeric(rows: TabularFile, head: OwidColumns) -> dict[int, str]:
    """The columns in which a number stands among the first rows, or nothing else but missing marks."""
    texts: set[int] = set()
    numbers: set[int] = set()
    for _, cells in itertools.islice(rows.after(head.line), _SAMPLE):
        for i, _ in head.rest:
            if i < len(cells) and cells[i].strip():
                value, why = value_of(cells[i].strip(), "?")
                if value is not None or why == "ambiguous-value":
                    numbers.add(i)
                elif why != "no-value":
                    texts.add(i)
    return {i: name for i, name in head.rest if i in numbers or i not in texts}


def _about(path: Path) -> dict[str, Any]:
    """What ``*.metadata.json`` beside the table says; the one of the same name first."""
    beside = sorted(path.parent.glob("*.metadata.json"), key=lambda p: (not p.name.startswith(path.stem), p.name))
    for file in beside:
        try:
            content = guarded.read_json(file)
        except InputError:
            continue
        if is_description(content):
            return dict(content)
    return {}


def _unit(name: str, units: dict[str, str]) -> str | None:
    told = _PARENTHESES.search(name)
    return units.get(name) or (told.group(1) if told else None)
