"""Workbooks: a published index as WIPO gives its data, and sheets that hold any other table.

Column names differ between editions, so each column is found by what it is called in any of them; a sheet that lacks a needed
column is refused with the names that it has. Values, scores and ranks become three indicators: ``CODE``, ``CODE:score``, ``CODE:rank``.
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armillary.core import guarded
from armillary.errors import ArmillaryError, MissingExtraError
from armillary.sources.series.cells import value_of, year_of
from armillary.sources.series.places import unit_id
from armillary.sources.series.rows import Observation, SeriesFile
from armillary.sources.series.tabular import HEADERS, Line, TabularFile
from armillary.sources.values.country import read_place
from armillary.sources.values.missing import is_missing

_COLUMNS = {
    "code": ("num", "code", "indicator code", "indcode", "id", "indicator"),
    "name": ("name", "indicator name", "indname", "title"),
    "unit": ("iso3", "iso 3", "iso", "iso code", "economy code", "iso2", "economy_code", "code_iso3"),
    "economy": ("economy_name", "economy name", "economy", "country", "country name"),
    "value": ("value", "value_screen", "value screen", "raw", "raw value", "data value"),
    "score": ("score", "normalized score", "normalised score"),
    "rank": ("rank", "ranking"),
    "year": ("datayr", "data year", "year", "reference year", "datayear", "year of data"),
    "measure": ("unit", "unit of measure", "units", "scaling", "measure"),
    "outdated": ("outdated",),
    "coverage": ("dmc",),
}
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_PUBLICATION = re.compile(r"wipo[-_ ]?pub[-_ ]?\d+([-_ ](?:[a-z]{2}|rev))*", re.IGNORECASE)
_TITLE = re.compile(r"(?:Global Innovation Index|GII)\D{0,3}((?:19|20)\d{2})(?!\d)")
_NO = ("", "0", "0.0", "no", "false", "n")


class Damaged(Exception):
    """The file is no workbook, or not a whole one."""


@dataclass(frozen=True, slots=True)
class BookSheet:
    """One sheet as a table: cells as text, the way a reader sees them."""

    path: Path
    name: str
    lines: list[Line]

    def first(self) -> list[Line]:
        """The first lines."""
        return self.lines[:HEADERS]

    def last(self) -> list[Line]:
        """The last lines."""
        return self.lines[-3:]

    def after(self, line: int) -> Iterator[Line]:
        """The rows below a header in this line."""
        return (r for r in self.lines if r[0] > line)


def sheet_of(rows: TabularFile, line: int, cells: list[str]) -> BookSheet | None:
    """The sheet Data of an index that was saved as a table of text; None if these are not its columns."""
    _, at = _header([(line, cells)], ("code", "unit"))
    if not {"score", "rank"} <= set(at) or "num" not in (c.strip().casefold() for c in cells):
        return None
    return BookSheet(rows.path, "Data", [(line, cells), *rows.after(line)])


def sheets(path: Path) -> list[BookSheet]:
    """All sheets without their blank rows; :class:`Damaged` if the workbook cannot be read."""
    with _open(path) as book:
        found = [
            (str(n), [(i, [_text(c) for c in row]) for i, row in enumerate(book[n].iter_rows(values_only=True), 1)])
            for n in book.sheetnames
        ]
    return [BookSheet(path, name, [(i, row) for i, row in lines if any(row)]) for name, lines in found]


def data_sheet(found: list[BookSheet]) -> BookSheet | None:
    """The sheet that holds an index: a code, an economy, and scores or ranks beside values."""
    for sheet in sorted(found, key=lambda s: s.name.strip().casefold() != "data"):
        _, at = _header(sheet.lines, ("code",))
        if {"unit", "economy"} & set(at) and ({"score", "rank"} & set(at) or ("value" in at and sheet.name.strip().casefold() == "data")):
            return sheet
    return None


def is_index(found: list[BookSheet]) -> bool:
    """Whether the sheets are called as in an index's workbook."""
    return {"index structure", "economies", "data", "metadata"} <= {s.name.strip().casefold() for s in found}


def editions(path: Path, found: list[BookSheet]) -> list[str]:
    """Editions that the workbook may be: what a title says, else the years in its name but for the number of the publication."""
    titles = {m for s in found for _, row in s.lines[:10] for c in row for m in _TITLE.findall(c)}
    if len(titles) == 1:
        return sorted(titles)
    return sorted(set(_YEAR.findall(_PUBLICATION.sub("", path.name))))


def read(path: Path, found: list[BookSheet], *, source: str | None, vintage: str | None, edition: str | None = None) -> SeriesFile:
    """Every value, score and rank of the data sheet.

    Scores and ranks belong to the edition; values to the year of their data where the sheet says it. An economy given by name only
    is looked up in the sheet Economies. ``edition`` (else the year in ``vintage``) is needed where the workbook does not say it.
    """
    out = SeriesFile(path, "workbook")
    told = edition or next(iter(_YEAR.findall(vintage or "")), None)
    known = editions(path, found)
    out.used |= {"edition"}
    if told is None and len(known) != 1:
        why = f"may be the edition {' or '.join(known)}" if known else "does not say which edition it is"
        return out.refused("ambiguous-edition" if known else "no-edition", f"the workbook {why}; give --edition YEAR")
    edition_year = int(told or known[0])
    if edition and known and edition not in known:
        out.notes.append(f"read as the edition {edition}, as told; the workbook itself says {' or '.join(known)}")
    sheet = data_sheet(found)
    if sheet is None:
        lines = next(s.lines for s in found if s.name.strip().casefold() == "data")
        names = ", ".join(lines[0][1] if lines else [])
        return out.refused("unknown-columns", f"sheet Data needs a code, an economy and a value or score; it has: {names}")
    by_name = {s.name.strip().casefold(): s.lines for s in found}
    titles, measures = _structure(by_name.get("index structure", []))
    economies = _economies(by_name.get("economies", []))
    made, when = source or f"workbook:{_YEAR.sub('', path.stem).strip('-_ ') or path.stem}", vintage or str(edition_year)
    if source is None and _PUBLICATION.match(path.name):
        made = "WIPO:GII"
    top, places = _header(sheet.lines, ("code",))
    for number, cells in sheet.lines[(top or 0) + 1 :]:

        def cell(what: str, cells: list[str] = cells) -> str:
            i = places.get(what, -1)
            return cells[i].strip() if 0 <= i < len(cells) else ""

        code = _code(cell("code"))
        economy = cell("unit") or economies.get(cell("economy").casefold(), "")
        if not economy and read_place(cell("economy")).value is not None:
            economy = cell("economy")
        year = year_of(cell("year"))[0] if cell("year") else None
        fault = _refusal(code, economy, cell("unit") or cell("economy"), year, titles, edition_year)
        given = [(w, cell(w)) for w in ("value", "score", "rank") if not is_missing(cell(w).strip("[]* "))]
        if fault or not given:
            out.records += 1
            out.reject(number, *(fault or ("no-value", f"{economy} {code}")))
            continue
        marks = ["incomplete-coverage"] if cell("coverage").casefold() not in _NO else []
        for what, text in given:
            out.records += 1
            value, problem = value_of(text.strip("[]* "))
            if value is None:
                out.reject(number, problem, f"{economy} {code} {what} '{text}'")
                continue
            flags = list(marks) or (["incomplete-coverage"] if text.startswith("[") else [])
            at, suffix = edition_year, f":{what}"
            unit: str | None = "score 0-100" if what == "score" else "rank"
            if what == "value":
                at, suffix, unit = year or edition_year, "", measures.get(code)
                flags += ["year-of-edition"] if year is None and "year" in places else []
                flags += ["outdated"] if cell("outdated").casefold() not in _NO else []
            out.add(Observation(unit_id(economy), code + suffix, at, made, when, value, ",".join(flags) or None, unit), number)
    return out if out.records else out.refused("no-observations", "sheet Data has no rows")


def _refusal(code: str, economy: str, named: str, year: int | None, titles: dict[str, str], edition: int) -> tuple[str, str] | None:
    """Why a row cannot be read, as reason and detail; None if it can."""
    if not code or not economy:
        return "no-key", f"code '{code}', economy '{named}'"
    if titles and code not in titles:
        return "not-in-structure", f"{economy} {code}"
    if year is not None and year > edition:
        return "after-edition", f"{economy} {code}: data of {year} in the edition {edition}"
    return None


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    """The workbook. Nothing but reading it belongs into the block: what openpyxl raises at damaged files has no common base."""
    try:
        import openpyxl  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("series", "reading a workbook") from error
    try:
        with guarded.workbook(path) as book:
            yield book
    except ArmillaryError as error:
        raise Damaged(error.what) from error
    except Exception as error:
        raise Damaged(f"{type(error).__name__}: {' '.join(str(error).split())[:150]}") from error


def _text(cell: Any) -> str:
    """A cell as text: whole numbers without a decimal point, dates in ISO form."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime | datetime.date):
        return cell.isoformat()[:10]
    return str(cell).strip()


def _header(lines: list[Line], needed: tuple[str, ...]) -> tuple[int | None, dict[str, int]]:
    """The first of the top rows that names the needed columns, and where each known column is."""
    for i, (_, cells) in enumerate(itertools.islice(lines, HEADERS)):
        names = [c.strip().casefold() for c in cells]
        places = {what: next((names.index(n) for n in known if n in names), -1) for what, known in _COLUMNS.items()}
        places = {w: p for w, p in places.items() if p >= 0}
        if all(n in places for n in needed):
            return i, places
    return None, {}


def _code(text: str) -> str:
    """``1.10`` as written; spreadsheets turn ``1`` into ``1.0``."""
    return re.sub(r"^(\d+)\.0$", r"\1", text.strip())


def _structure(lines: list[Line]) -> tuple[dict[str, str], dict[str, str]]:
    top, places = _header(lines, ("code",))
    if top is None:
        return {}, {}
    titles, measures = {}, {}
    for _, cells in lines[top + 1 :]:
        cells = cells + [""] * (max(places.values()) + 1 - len(cells))
        code = _code(cells[places["code"]])
        if code:
            titles[code] = cells[places["name"]] if "name" in places else ""
            if "measure" in places and cells[places["measure"]]:
                measures[code] = cells[places["measure"]]
    return titles, measures


def _economies(lines: list[Line]) -> dict[str, str]:
    top, places = _header(lines, ("unit",))
    if top is None or "economy" not in places:
        return {}
    width = max(places["economy"], places["unit"])
    return {
        c[places["economy"]].strip().casefold(): c[places["unit"]].strip()
        for _, c in lines[top + 1 :]
        if len(c) > width and c[places["unit"]]
    }
