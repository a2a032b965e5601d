"""A workbook with values, formulas and the values that the formulas have: read by spreadsheets, previews and data frames alike.

Text is never a formula, formulas are only those that are meant, and the same content gives the same bytes (no clock).
"""

from __future__ import annotations

import datetime
import io
import json
import math
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from armillary.core import durable
from armillary.errors import MissingExtraError

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_FORMULA = re.compile(r'<c r="([A-Z]+\d+)"([^>]*)><f>(.*?)</f><v\s*/?>(?:</v>)?</c>', re.S)
STILL = datetime.datetime(2000, 1, 1)


class Book:
    """Sheets by their names, in the order in which they were made. Needs the extra ``excel``."""

    def __init__(self) -> None:
        try:
            import openpyxl
        except ImportError:
            raise MissingExtraError("excel", "writing .xlsx") from None
        from openpyxl.styles import Font, PatternFill

        self._book = openpyxl.Workbook()
        self._book.remove(self._book.active)
        self._bold, self._blue = Font(bold=True), Font(color="1F4FBF")
        self._yellow = PatternFill("solid", fgColor="FFF2B3")
        self._values: dict[str, dict[str, float | None]] = {}

    def sheet(self, title: str) -> None:
        """A new sheet."""
        self._book.create_sheet(_title(title))

    def put(self, sheet: str, row: int, column: int, value: Any, *, bold: bool = False, blue: bool = False) -> None:
        """A value; rows and columns count from 1."""
        cell = self._book[_title(sheet)].cell(row, column)
        put(cell, value)
        if bold:
            cell.font = self._bold
        if blue:
            cell.font = self._blue

    def formula(self, sheet: str, row: int, column: int, formula: str | None, value: float | None) -> None:
        """A formula (without ``=``) with the value that it has; the value alone where there is no formula."""
        known = None if value is None or not math.isfinite(value) else float(value)
        if formula is None:
            self.put(sheet, row, column, known)
            return
        cell = self._book[_title(sheet)].cell(row, column)
        cell.value = f"={formula}"
        self._values.setdefault(_title(sheet), {})[cell.coordinate] = known

    def mark(self, sheet: str, row: int, column: int) -> None:
        """A cell that is to be seen: imputed values."""
        self._book[_title(sheet)].cell(row, column).fill = self._yellow

    def widths(self, sheet: str, widths: Sequence[float]) -> None:
        """Widths of the first columns, in characters."""
        from openpyxl.utils import get_column_letter

        for j, width in enumerate(widths, start=1):
            self._book[_title(sheet)].column_dimensions[get_column_letter(j)].width = width

    def freeze(self, sheet: str, cell: str) -> None:
        """Rows above and columns left of a cell stay in sight."""
        self._book[_title(sheet)].freeze_panes = cell

    def table(self, title: str, table: pa.Table) -> None:
        """A sheet with a table: names, then rows."""
        self.sheet(title)
        self.freeze(_title(title), "A2")
        for j, name in enumerate(table.column_names, start=1):
            self.put(title, 1, j, name, bold=True)
        for i, row in enumerate(table.to_pylist(), start=2):
            for j, value in enumerate(row.values(), start=1):
                self.put(title, i, j, value)
        texts = [n for n in table.column_names if pa.types.is_string(table.schema.field(n).type)]
        self.widths(_title(title), [min(40.0, max(len(n) + 2.0, 18.0 if n in texts else 12.0)) for n in table.column_names])

    def save(self, path: Path) -> None:
        """Write the file, complete or not at all."""
        self._book.properties.created = self._book.properties.modified = STILL
        self._book.calculation.fullCalcOnLoad = True
        raw = io.BytesIO()
        self._book.save(raw)
        files = {f"xl/worksheets/sheet{k}.xml": t for k, t in enumerate(self._book.sheetnames, start=1)}
        path.parent.mkdir(parents=True, exist_ok=True)
        with durable.whole(path) as part, zipfile.ZipFile(raw) as inside, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as out:
            for name in inside.namelist():
                data = inside.read(name)
                if name == "docProps/core.xml":
                    data = _MODIFIED.sub(rb"\g<1>2000-01-01T00:00:00Z\g<2>", data)
                if known := self._values.get(files.get(name, "")):
                    data = _with_values(data.decode(), known).encode()
                out.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def _title(name: str) -> str:
    """A name that a sheet may have."""
    return re.sub(r"[\[\]:*?/\\]", "-", name)[:31].strip("'") or "sheet"


def put(cell: Any, value: Any) -> None:
    """A value as it is; text as text, whatever it begins with; what is no number is an empty cell."""
    if isinstance(value, float) and not math.isfinite(value):
        value = None
    if isinstance(value, str):
        value = _CONTROL.sub("", value)[:32767]
    elif isinstance(value, list | dict | tuple):
        value = json.dumps(value, ensure_ascii=False, default=str)
    elif value is not None and not isinstance(value, int | float | bool | datetime.date):
        value = str(value)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"


def _with_values(xml: str, known: dict[str, float | None]) -> str:
    """The value of each formula beside it, so that a reader that does not compute sees it."""

    def one(match: re.Match[str]) -> str:
        where, rest, formula = match.groups()
        if where not in known:
            return match[0]
        value = known[where]
        kind = ' t="str"' if value is None else ""
        rest = re.sub(r' t="[^"]*"', "", rest)
        return f'<c r="{where}"{rest}{kind}><f>{formula}</f><v>{"" if value is None else repr(value)}</v></c>'

    return _FORMULA.sub(one, xml)
