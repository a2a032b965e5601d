"""A ranking as a workbook of two sheets: the table, and how it was made."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl

from armillary.core import durable

if TYPE_CHECKING:
    from armillary.ranking.result import Ranking

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_EPOCH = datetime.datetime(2000, 1, 1)


def write_workbook(ranking: Ranking, path: Path) -> None:
    """Write values unrounded with number formats; text never becomes a formula."""
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "ranking"
    table = ranking.named
    sheet.append(table.column_names)
    for row in table.to_pylist():
        sheet.append([None] * len(row))
        for column, value in enumerate(row.values(), start=1):
            cell = sheet.cell(sheet.max_row, column)
            cell.value = _ILLEGAL.sub("", value) if isinstance(value, str) else value
            if isinstance(value, str):
                cell.data_type = "s"
            elif isinstance(value, float):
                cell.number_format = (
                    "0.0 %" if ranking.meta.get("percent") and table.column_names[column - 1] in ("value", "low", "high") else "#,##0.00"
                )
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFGHIJ", (7, 16, 44, 14, 10, 12, 12, 12, 12, 12), strict=True):
        sheet.column_dimensions[letter].width = width
    about = book.create_sheet("method")
    for key, value in {**ranking.meta, **{f"recipe.{k}": v for k, v in ranking.recipe.as_dict().items()}}.items():
        about.append([key, ""])
        about.cell(about.max_row, 2).value = _ILLEGAL.sub("", str(value))
        about.cell(about.max_row, 2).data_type = "s"
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 24, 100
    book.properties.creator = "Armillary"
    book.properties.created = _EPOCH
    raw = io.BytesIO()
    book.save(raw)
    _save_without_clock(raw, path)


def _save_without_clock(raw: io.BytesIO, path: Path) -> None:
    """Write the workbook with fixed times, so that the same ranking gives the same bytes."""
    with durable.whole(path) as part, zipfile.ZipFile(raw) as source, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", data)
            target.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
