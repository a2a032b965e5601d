"""A page is a table with a frame: one object that answers as HTML, JSON, CSV, XLSX, Parquet, zip, SVG or PNG."""

from __future__ import annotations

import io
import json
import math
import zipfile
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from armillary.charts import base as charts
from armillary.charts import sheet
from armillary.core.tabular import csv_text, guard
from armillary.errors import DataError, UsageError, printable

MEDIA = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
    "svg": "image/svg+xml",
    "png": "image/png",
    "card": "image/png",
    "bib": "application/x-bibtex; charset=utf-8",
    "ris": "application/x-research-info-systems; charset=utf-8",
    "csl": "application/vnd.citationstyles.csl+json; charset=utf-8",
}
WORDS_ONLY = frozenset(
    f"{name}.html"
    for name in ("api", "ask", "ask_article", "glossary", "intervals", "learn", "method", "methods", "rule", "rules", "search", "waiting")
)
"""Pages that explain and find: no number on them is made from works."""
_XML_ILLEGAL = {c: None for c in range(32) if c not in (9, 10, 13)}


class StandsInside(Protocol):
    """What an imprint gives to pictures, files and citations (:class:`armillary.web.imprint.Imprint`)."""

    @property
    def lines(self) -> list[sheet.Line]:
        """Lines under a picture."""

    @property
    def note(self) -> str:
        """Warning, source, licence, date and address in one line."""

    @property
    def bibtex(self) -> str:
        """An entry of BibTeX."""

    @property
    def ris(self) -> str:
        """A record of RIS."""

    @property
    def csl(self) -> str:
        """An item of CSL-JSON."""

    def as_dict(self) -> dict[str, Any]:
        """Metadata of a file."""


@dataclass(slots=True)
class Page:
    """What one address shows. ``table`` is the data behind it (whole, not only the rows on screen), ``meta`` how it was made."""

    template: str
    title: str
    table: pa.Table | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    chart: Any = None
    """The main chart; the same as ``.svg`` and ``.png``."""
    description: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    """More files for the zip (a recipe, a claim file)."""
    imprint: StandsInside | None = None
    """What stands inside every picture and file; the site puts it in before it answers."""

    def encode(self, kind: str) -> bytes:
        """The page as a file of that kind (not HTML). :class:`DataError` where it has nothing of the sort."""
        if kind in ("svg", "png", "card"):
            return self._picture(kind)
        if kind in ("bib", "ris", "csl"):
            return self._citation(kind)
        if kind == "json":
            return _json({"title": self.title, "meta": self.said, "rows": json_rows(self.table)})
        table = self.table if self.table is not None else pa.table({})
        if kind == "csv":
            return csv_bytes(table if self.imprint is None else with_note(table, self.imprint.note))
        if kind == "parquet":
            return _parquet(table, self.said)
        if kind == "xlsx":
            return _xlsx(table, self.title, self.said)
        return self._zip(table)

    @property
    def shows_works(self) -> bool:
        """Whether the page rests on the works of the observatory: not if it is made from shipped tables, or of words only."""
        return not self.context.get("from_tables") and self.template not in WORDS_ONLY

    @property
    def said(self) -> dict[str, Any]:
        """The metadata, with the imprint where it says something that they do not."""
        if self.imprint is None:
            return self.meta
        return {**self.meta, **{k: v for k, v in self.imprint.as_dict().items() if v and k not in self.meta}}

    def _picture(self, kind: str) -> bytes:
        if self.chart is None and kind != "card":
            raise DataError("this page has no chart", fix="ask for .json or .csv")
        if kind == "card":
            bare = None if self.chart is None else {k: v for k, v in charts.spec(self.chart).items() if k != "title"}
            small = charts.render(bare, "svg") if bare is not None else None
            lines = self.imprint.lines if self.imprint else []
            return sheet.png(sheet.card(self.title, self.description, lines, small), scale=1)
        drawn = charts.render(charts.spec(self.chart), "svg")
        alone = sheet.sheet(drawn, self.imprint.lines) if self.imprint else drawn
        return alone if kind == "svg" else sheet.png(alone)

    def _citation(self, kind: str) -> bytes:
        if self.imprint is None:
            raise DataError("this page has no citation", fix="ask for .json")
        return {"bib": self.imprint.bibtex, "ris": self.imprint.ris, "csl": self.imprint.csl}[kind].encode()

    def _zip(self, table: pa.Table) -> bytes:
        out = io.BytesIO()
        parts = {
            "data.csv": csv_bytes(table),
            "data.parquet": _parquet(table, self.said),
            "metadata.json": _json(self.said),
            "README.txt": readme(self.title, self.said, table).encode(),
            **self.files,
        }
        if self.chart is not None:
            parts["chart.svg"] = self._picture("svg")
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in sorted(parts.items()):
                # a fixed date, so that the same data give the same bytes
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
        return out.getvalue()


def json_rows(table: pa.Table | None) -> list[dict[str, Any]]:
    """Rows as JSON values: NaN and infinities are null, dates are ISO text."""
    if table is None:
        return []
    return [{k: _value(v) for k, v in row.items()} for row in table.to_pylist()]


def _value(v: Any) -> Any:
    if isinstance(v, float):
        return v if math.isfinite(v) else None
    return v if v is None or isinstance(v, (int, str, bool, list, dict)) else str(v)


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, default=str, allow_nan=False) + "\n").encode()


def csv_bytes(table: pa.Table) -> bytes:
    """CSV with full precision; a cell that a spreadsheet would run as a formula is quoted with an apostrophe."""
    return csv_text(table).encode()


def with_note(table: pa.Table, note: str) -> pa.Table:
    """The table with a note on every row, in a last column ``about``.

    A CSV has no place for metadata: lines of comment above the head break readers, and a second file is lost on the way. So the note is a
    column, as attributes of a data set are in SDMX-CSV (OECD, Eurostat): it stays with rows that are cut out or pasted elsewhere.
    """
    name = "about" if "about" not in table.column_names else "about_file"
    return table.append_column(name, pa.repeat(pa.scalar(note), table.num_rows))


def _parquet(table: pa.Table, meta: dict[str, Any]) -> bytes:
    sink = pa.BufferOutputStream()
    extra = {"armillary": json.dumps(meta, ensure_ascii=False, default=str)}
    pq.write_table(table.replace_schema_metadata(extra), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def _xlsx(table: pa.Table, title: str, meta: dict[str, Any]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    if table.num_rows > 1_048_000:
        raise UsageError("too many rows for a workbook", fix="ask for .csv or .parquet")
    book = Workbook(write_only=True)
    data = book.create_sheet("data")
    data.freeze_panes = "A2"
    for i, name in enumerate(table.column_names, 1):
        data.column_dimensions[get_column_letter(i)].width = 36 if name in ("name", "title") else 14
    data.append(list(table.column_names))
    for row in json_rows(table):
        data.append([_cell(v) for v in row.values()])
    about = book.create_sheet("about")
    about.column_dimensions["B"].width = 100
    about.append(["title", _cell(title)])
    for key, value in meta.items():
        about.append([key, _cell(value if isinstance(value, (int, float, str)) else json.dumps(value, ensure_ascii=False, default=str))])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return guard(value.translate(_XML_ILLEGAL)[:32_000]) if isinstance(value, str) else value


def readme(title: str, meta: dict[str, Any], table: pa.Table) -> str:
    """What a stranger needs to know who finds the zip in three years."""
    data = meta.get("data", {})
    lines = [title, "=" * len(title), "", f"{table.num_rows} rows, columns: {', '.join(table.column_names)}", ""]
    for key in (
        "measure",
        "unit",
        "counting",
        "split",
        "scope",
        "filters",
        "subject",
        "period",
        "records",
        "formula",
        "source",
        "recipe",
        "armillary",
        "licence",
        "date",
        "address",
        "citation",
    ):
        if meta.get(key) not in (None, "", []):
            lines.append(f"{key:10} {meta[key]}")
    lines += [f"{'data':10} {data.get('name')}, snapshot {data.get('snapshot_date')}, digest {data.get('digest')}"] if data else []
    lines += ["", *([meta["warning"]] if meta.get("warning") else []), *meta.get("notes", [])]
    lines += [
        "",
        "data.csv and data.parquet hold the same rows; metadata.json says how they were made.",
        "Values are unrounded. In the CSV a cell that begins like a formula has a leading apostrophe.",
    ]
    return printable("\n".join(lines)) + "\n"
