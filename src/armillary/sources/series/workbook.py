"""Workbooks of a published index with the sheets Index Structure, Economies, Data and Metadata (as WIPO publishes the GII).

Column names differ between editions, so each column is found by what it is called in any of them; a sheet that lacks a needed
column is refused with the names that it has. Values, scores and ranks become three indicators: ``CODE``, ``CODE:score``, ``CODE:rank``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from armillary.errors import MissingExtraError
from armillary.sources.series.rows import Row, SeriesFile, unit_id, value_of, year_of

SHEETS = ("index structure", "economies", "data", "metadata")
_COLUMNS = {
    "code": ("num", "code", "indicator code", "indcode", "id", "indicator"),
    "name": ("name", "indicator name", "indname", "title"),
    "unit": ("iso3", "iso 3", "iso", "iso code", "economy code", "iso2", "economy_code", "code_iso3"),
    "economy": ("economy", "economy name", "country", "country name", "economy_name"),
    "value": ("value", "raw", "raw value", "data value"),
    "score": ("score", "normalized score", "normalised score"),
    "rank": ("rank", "ranking"),
    "year": ("datayr", "data year", "year", "reference year", "datayear", "year of data"),
    "measure": ("unit", "unit of measure", "units", "scaling", "measure"),
}


class Damaged(Exception):
    """The file is no workbook, or not a whole one."""


def looks_like(path: Path) -> bool:
    """Whether a workbook has the four sheets; :class:`Damaged` if it cannot be opened."""
    with _open(path) as book:
        return set(SHEETS) <= {n.strip().casefold() for n in book.sheetnames}


def read(path: Path, *, source: str | None = None, vintage: str | None = None) -> SeriesFile:
    """Every value, score and rank of the data sheet. ``vintage`` is the edition (else the year in the file name).

    Scores and ranks belong to the edition; values to the year of their data where the sheet says it. An economy given by name only
    is looked up in the sheet Economies.
    """
    out = SeriesFile(path, "workbook")
    with _open(path) as book:
        sheets = {n.strip().casefold(): _rows(book[n]) for n in book.sheetnames}
    found = re.search(r"(?:19|20)\d{2}", path.name)
    edition = vintage or (found.group(0) if found else None)
    if edition is None:
        return out.refused("no-edition", "neither the file name nor --vintage says which edition this is")
    edition_year = re.search(r"(?:19|20)\d{2}", edition)
    titles, measures = _structure(sheets["index structure"])
    codes = _economies(sheets["economies"])
    lines = sheets["data"]
    top, places = _header(lines, ("code",))
    if top is None or not ({"unit", "economy"} & set(places)) or not ({"value", "score"} & set(places)):
        names = ", ".join(str(c) for c in (lines[0][1] if lines else []))
        return out.refused("unknown-columns", f"sheet Data needs a code, an economy and a value or score; it has: {names}")
    made = source or f"workbook:{path.stem}"
    for number, cells in lines[top + 1 :]:

        def cell(what: str, cells: list[Any] = cells) -> str:
            i = places.get(what)
            return "" if i is None or i >= len(cells) or cells[i] is None else str(cells[i]).strip()

        if not any(c is not None and str(c).strip() for c in cells):
            continue
        out.records += 1
        code = _code(cell("code"))
        economy = cell("unit") or codes.get(cell("economy").casefold(), "")
        if not code or not economy:
            out.reject(number, "no-key", f"code '{code}', economy '{cell('unit') or cell('economy')}'")
            continue
        if titles and code not in titles:
            out.reject(number, "not-in-structure", f"{economy} {code}")
            continue
        year = year_of(cell("year"))[0] if cell("year") else None
        own = year or (int(edition_year.group(0)) if edition_year else None)
        kept = 0
        flag = None if year or "year" not in places else "year-of-edition"
        for what, suffix, when in (
            ("value", "", own),
            ("score", ":score", edition_year and int(edition_year.group(0))),
            ("rank", ":rank", edition_year and int(edition_year.group(0))),
        ):
            value = value_of(cell(what).strip("[]"))[0]
            if value is None or when is None:
                continue
            kept += 1
            estimated = "incomplete-coverage" if cell(what).startswith("[") else None
            unit = measures.get(code) if what == "value" else "score 0-100" if what == "score" else "rank"
            out.add(
                Row(unit_id(economy), code + suffix, when, made, edition, value, estimated or (flag if what == "value" else None), unit)
            )
        if not kept:
            out.reject(number, "no-value", f"{economy} {code}")
    return out


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    """The workbook. Nothing but reading it belongs into the block: what openpyxl raises at damaged files has no common base."""
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtraError("series", "reading a workbook") from error
    try:
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            try:
                yield book
            finally:
                book.close()
    except Exception as error:
        raise Damaged(f"{type(error).__name__}: {' '.join(str(error).split())[:150]}") from error


def _rows(sheet: Any) -> list[tuple[int, list[Any]]]:
    return [(number, list(row)) for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)]


def _header(lines: list[tuple[int, list[Any]]], needed: tuple[str, ...]) -> tuple[int | None, dict[str, int]]:
    """The first of ten rows that names the needed columns, and where each known column is."""
    for i, (_, cells) in enumerate(lines[:10]):
        names = [str(c).strip().casefold() if c is not None else "" for c in cells]
        places = {what: next((names.index(n) for n in known if n in names), -1) for what, known in _COLUMNS.items()}
        places = {w: p for w, p in places.items() if p >= 0}
        if all(n in places for n in needed):
            return i, places
    return None, {}


def _code(text: str) -> str:
    """``1.10`` as written; spreadsheets turn ``1`` into ``1.0``."""
    return re.sub(r"^(\d+)\.0$", r"\1", text.strip())


def _structure(lines: list[tuple[int, list[Any]]]) -> tuple[dict[str, str], dict[str, str]]:
    top, places = _header(lines, ("code",))
    if top is None:
        return {}, {}
    titles, measures = {}, {}
    for _, cells in lines[top + 1 :]:
        code = _code(str(cells[places["code"]] or ""))
        if code:
            titles[code] = str(cells[places["name"]] or "") if "name" in places else ""
            if "measure" in places and places["measure"] < len(cells) and cells[places["measure"]]:
                measures[code] = str(cells[places["measure"]])
    return titles, measures


def _economies(lines: list[tuple[int, list[Any]]]) -> dict[str, str]:
    top, places = _header(lines, ("unit",))
    if top is None or "economy" not in places:
        return {}
    return {str(c[places["economy"]]).strip().casefold(): str(c[places["unit"]]).strip() for _, c in lines[top + 1 :] if c[places["unit"]]}
