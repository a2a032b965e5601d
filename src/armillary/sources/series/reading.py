"""One file in whatever layout it is: known by what is in it, never by its name. What no reader understands is named with a reason."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path

from armillary.core import guarded
from armillary.errors import InputError, UsageError
from armillary.sources.series import eurostat, owid, sdg, sdmx, sdmx_csv, tidy, uis, workbook, world_bank
from armillary.sources.series.files import Found, find
from armillary.sources.series.rows import SeriesFile
from armillary.sources.series.tabular import Line, NoText, TabularFile, names, opened

BESIDE = "beside"
"""Layout of a file that describes others and holds no values."""
_DESCRIPTIONS = (
    {"series code", "long definition"},
    {"country code", "special notes"},
    {"country code", "specialnotes"},
    {"countrycode", "seriescode"},
    {"seriescode", "description"},
    {"series code", "year", "description"},
    {"indicator_code", "source_note"},
    {"indicator_id", "indicator_label_en"},
    {"indicator_id", "metadata"},
    {"country_id", "country_name_en"},
    {"region_id", "country_id"},
)
_KNOWN = "give --mapping for a table of your own; known: SDMX-ML, SDMX-CSV, Eurostat, World Bank, UIS, WIPO, UN SDG, Our World in Data"


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says of the files."""

    mapping: Path | None = None
    source: str | None = None
    vintage: str | None = None
    indicator: str | None = None
    edition: str | None = None

    def read_mapping(self) -> tidy.Mapping | None:
        """The mapping file; :class:`~armillary.errors.SpecError` if it is none."""
        if self.mapping is None:
            return None
        return tidy.Mapping(self.mapping, source=self.source, vintage=self.vintage, indicator=self.indicator)


def read_file(
    path: Path,
    *,
    mapping: tidy.Mapping | None = None,
    source: str | None = None,
    vintage: str | None = None,
    indicator: str | None = None,
    edition: str | None = None,
) -> SeriesFile:
    """One file, compressed or not. A file that is none of the known layouts is refused, with the reason among its rejects."""
    options = Options(None, source, vintage, indicator, edition)
    with tempfile.TemporaryDirectory() as scratch:
        read = [read_found(f, options, mapping) for f in find([path], Path(scratch))]
        for file in read:
            file.table()
    note_missing_pages(read)
    if len([f for f in read if f.kept]) > 1:
        raise UsageError(f"{path.name} holds {len(read)} files", fix="ingest it, or unpack it and read one")
    out = next((f for f in read if f.kept), read[0] if read else SeriesFile(path, "unknown").refused("empty-file", "the archive is empty"))
    out.path = path
    return out


def note_missing_pages(read: list[SeriesFile]) -> None:
    """Say of answers of an API that came in pages which of them are not among the files."""
    there: dict[str, int] = {}
    for file in read:
        if file.pages:
            there[file.pages[0]] = there.get(file.pages[0], 0) + file.pages[1]
    for file in read:
        if file.pages and there[file.pages[0]] < file.pages[2]:
            file.notes.append(f"{there[file.pages[0]]} of {file.pages[2]} pages of the answer: the others are missing")


def read_found(found: Found, options: Options, mapping: tidy.Mapping | None = None) -> SeriesFile:
    """As :func:`read_file`, for a file that is unpacked; with its name, digest and size."""
    out = _read(found, options, mapping)
    out.label = found.label
    out.sha256, out.size = found.digest()
    return out


def _read(found: Found, options: Options, mapping: tidy.Mapping | None) -> SeriesFile:
    out = SeriesFile(found.path, "unknown")
    if found.problem:
        return out.refused(*found.problem)
    with found.path.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b"\xef\xbb\xbf\x00 \r\n\t"):
        return out.refused("empty-file", "the file is empty")
    try:
        if head.startswith(b"PK"):
            return _book(found.path, options, mapping)
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            return out.refused("old-workbook", "a workbook of before 2007, or a protected one; save it as .xlsx or as CSV")
        if sdmx.looks_like(head):
            return sdmx.read(found.path, source=options.source, vintage=options.vintage, indicator=options.indicator)
        start = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
        if start == b"<":
            is_page = b"<html" in head.lower() or b"<!doctype html" in head.lower()
            return out.refused(
                *(
                    ("web-page", "a web page, perhaps an error of the server")
                    if is_page
                    else ("unknown-layout", "XML that is no SDMX; of the World Bank give CSV or JSON")
                )
            )
        if start in (b"{", b"["):
            return _json(found.path, options)
        return _table(opened(found.path), options, mapping)
    except workbook.Damaged as error:
        return out.refused("damaged-workbook", str(error))
    except NoText as error:
        return out.refused("not-text", str(error))
    except csv.Error as error:
        return out.refused("malformed-table", str(error))


def _book(path: Path, options: Options, mapping: tidy.Mapping | None) -> SeriesFile:
    found = workbook.sheets(path)
    if mapping is None and (workbook.is_index(found) or workbook.data_sheet(found)):
        return workbook.read(path, found, source=options.source, vintage=options.vintage, edition=options.edition)
    read = [_table(s, options, mapping) for s in found if s.lines]
    good = [r for r in read if r.layout not in ("unknown", BESIDE)]
    if len(good) > 1:
        names_ = ", ".join(s.name for s in found)
        return SeriesFile(path, "unknown").refused(
            "several-tables", f"more than one sheet holds a table of series ({names_}); save each as CSV"
        )
    if good:
        return good[0]
    return SeriesFile(path, "unknown").refused(
        "unknown-layout", f"a workbook with the sheets {', '.join(s.name for s in found)[:60]}; {_first_reason(read)}"
    )


def _first_reason(read: list[SeriesFile]) -> str:
    """What is wrong with the sheet that has the most to say."""
    return next((f.rejects[0][2] for f in read if f.rejects and "data browser" in f.rejects[0][2]), _KNOWN)


def _json(path: Path, options: Options) -> SeriesFile:
    out = SeriesFile(path, "unknown")
    try:
        content = guarded.read_json(path)
    except InputError as error:
        return out.refused("malformed-json", error.what)
    if isinstance(content, dict) and isinstance(content.get("records"), list):
        return uis.read_api(path, content["records"], source=options.source, vintage=options.vintage)
    if owid.is_description(content):
        out.layout = BESIDE
        return out
    if sdg.is_answer(content):
        return sdg.read_api(path, content, source=options.source, vintage=options.vintage, indicator=options.indicator)
    pages = content if isinstance(content, list) else []
    said = next((p["message"] for p in pages if isinstance(p, dict) and isinstance(p.get("message"), list)), None)
    if said:
        told = "; ".join(str(m.get("value", m)) if isinstance(m, dict) else str(m) for m in said)
        return out.refused("error-of-the-api", f"the World Bank says: {told}")
    if pages and any(isinstance(p, list) for p in pages):
        return world_bank.read_api(path, pages, source=options.source, vintage=options.vintage)
    if pages and isinstance(pages[0], dict) and "indicatorId" in pages[0]:
        return uis.read_api(path, pages, source=options.source, vintage=options.vintage)
    if isinstance(content, dict) and ({"dataSets", "structure"} & set(content) or ("data" in content and "meta" in content)):
        return out.refused("unknown-layout", "SDMX-JSON is not read; ask the service for SDMX-CSV or SDMX-ML")
    if isinstance(content, dict) and {"dimension", "value"} <= set(content):
        return out.refused("unknown-layout", "JSON-stat is not read; ask the service for TSV or SDMX-CSV")
    return out.refused("unknown-layout", "JSON that is no answer of UIS or of the World Bank")


def _table(rows: TabularFile, options: Options, mapping: tidy.Mapping | None) -> SeriesFile:
    source, vintage, indicator = options.source, options.vintage, options.indicator
    lines = rows.first()
    if mapping is not None:
        top = tidy.find_header(lines, mapping)
        if top is not None:
            return tidy.read(rows, top, mapping)
    if any(sdmx_csv.is_labels_only(cells) for _, cells in lines):
        why = "names without codes, which do not tell one series from another; download it again with codes (or with both)"
        return SeriesFile(rows.path, "unknown").refused("labels-only", why)
    for line, cells in lines:
        if table := eurostat.header(line, cells):
            return eurostat.read(rows, table, source=source, vintage=vintage, indicator=indicator)
        if head := sdmx_csv.header(line, cells):
            return sdmx_csv.read(rows, head, source=source, vintage=vintage, indicator=indicator)
        if at := uis.header(cells):
            return uis.read(rows, line, cells, at, source=source, vintage=vintage)
        if goals := sdg.header(cells):
            return sdg.read(rows, line, goals, source=source, vintage=vintage, indicator=indicator)
        if chart := owid.header(line, cells):
            return owid.read(rows, chart, source=source, vintage=vintage, indicator=indicator)
        if (sheet := workbook.sheet_of(rows, line, cells)) is not None:
            return workbook.read(rows.path, [sheet], source=source, vintage=vintage, edition=options.edition)
        if bank := world_bank.header(line, cells):
            return world_bank.read(rows, bank, source=source, vintage=vintage, indicator=indicator)
    if lines:
        own = tidy.Mapping.of_names(rows.path, lines[0][1], source=source, vintage=vintage)
        if own is not None:
            return tidy.read(rows, lines[0], own)
    out = SeriesFile(rows.path, "unknown")
    if any(needed <= set(names(cells)) for _, cells in lines for needed in _DESCRIPTIONS):
        out.layout = BESIDE
        return out
    return out.refused("unknown-layout", _why(lines, mapping))


def _why(lines: list[Line], mapping: tidy.Mapping | None) -> str:
    if any(c.strip().casefold() in ("geo (labels)", "geo (codes)", "data extracted on") for _, cells in lines for c in cells):
        return "a spreadsheet of Eurostat's data browser, in which names stand for codes; download the table as SDMX-CSV or TSV"
    cells = max((c for _, c in lines), key=lambda c: sum(bool(x.strip()) for x in c), default=[])
    columns = ", ".join(c.strip()[:24] for c in cells if c.strip())
    has = f"its columns: {columns if len(columns) < 80 else columns[:77] + '...'}"
    if mapping is None:
        return f"{has}; {_KNOWN}"
    lost = mapping.lacks(cells)
    if lost is None:
        return f"{has}; none of them is a year, and the mapping names neither year nor value"
    return f"{has}; it has no column '{lost}' of the mapping {mapping.path.name}"
