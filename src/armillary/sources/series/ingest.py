"""Read files of country series into the core table ``series``: sniff the layout, keep what is good, say why the rest is not."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import schema
from armillary.errors import InputError
from armillary.sources.series import sdmx, tables, workbook
from armillary.sources.series.conflicts import Disagreement, disagreements
from armillary.sources.series.rows import SeriesFile

ENTITY = "series"
_SIDE = ("wdiseries.csv", "wdicountry.csv", "wdicountry-series.csv", "wdiseries-time.csv", "wdifootnote.csv")


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an ingest did."""

    files: list[dict[str, Any]]
    rows: int
    added: int
    replaced: int
    disagreements: list[Disagreement]

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "files": self.files,
            "rows": self.rows,
            "added": self.added,
            "replaced": self.replaced,
            "disagreements": [d.to_dict() for d in self.disagreements],
        }


def data_files(path: Path) -> list[Path]:
    """The file itself, or all files below a folder that may hold series, sorted."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError("no such file or folder", where=path)
    found = [p for p in sorted(path.rglob("*")) if p.is_file() and _plain(p).lower().endswith((".xml", ".txt", ".csv", ".tsv", ".xlsx"))]
    found = [
        p
        for p in found
        if p.name.lower() not in _SIDE and not _plain(p).upper().endswith(("_LABEL.CSV", "_COUNTRY.CSV", "_REGION.CSV", "_METADATA.CSV"))
    ]
    if not found:
        raise InputError("holds no .xml, .txt, .csv, .tsv or .xlsx file", where=path)
    return found


def _plain(path: Path) -> str:
    return path.name.removesuffix(".gz")


def read_file(
    path: Path,
    *,
    mapping: tables.Mapping | None = None,
    source: str | None = None,
    vintage: str | None = None,
    indicator: str | None = None,
) -> SeriesFile:
    """One file in whatever layout it is. A file that is none of them is refused, with the reason among its rejects."""
    if path.name.endswith(".gz"):
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / _plain(path)
            try:
                with gzip.open(path) as src, plain.open("wb") as dst:
                    shutil.copyfileobj(src, dst)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                return SeriesFile(path, "unknown").refused("damaged-gzip", str(error))
            out = read_file(plain, mapping=mapping, source=source, vintage=vintage, indicator=indicator)
            out.path = path
            return out
    out = SeriesFile(path, "unknown")
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        return out.refused("empty-file", "the file is empty")
    if head.startswith(b"PK"):
        try:
            if not workbook.looks_like(path):
                return out.refused("unknown-layout", "a workbook without the sheets Index Structure, Economies, Data and Metadata")
            return workbook.read(path, source=source, vintage=vintage)
        except workbook.Damaged as error:
            return out.refused("damaged-workbook", str(error))
    if sdmx.looks_like(head):
        return sdmx.read(path, source=source, vintage=vintage, indicator=indicator)
    try:
        if mapping is not None:
            return tables.read_tidy(path, mapping)
        names = tables.header_of(path)
        if tables.is_wdi(names):
            return tables.read_wdi(path, source=source, vintage=vintage)
        if tables.is_uis(names):
            return tables.read_uis(path, source=source, vintage=vintage)
        own = tables.Mapping.of_names(path, names)
        if own is not None:
            return tables.read_tidy(path, own)
    except UnicodeDecodeError as error:
        return out.refused("bad-encoding", str(error))
    return out.refused("unknown-layout", f"neither SDMX, WDI nor UIS; columns: {', '.join(names[:8])}; for any other CSV give --mapping")


def ingest(
    store: Any,
    paths: Iterable[Path],
    *,
    mapping: Path | None = None,
    source: str | None = None,
    vintage: str | None = None,
    indicator: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Ingested:
    """Read files or folders into an observatory. The same source and vintage again replaces its values; others are kept beside it.

    Raises :class:`~armillary.errors.InputError` if not one observation could be kept.
    """
    given = tables.Mapping(mapping) if mapping is not None else None
    read: list[SeriesFile] = []
    for path in (p for top in paths for p in data_files(Path(top))):
        if progress is not None:
            progress(path.name)
        read.append(read_file(path, mapping=given, source=source, vintage=vintage, indicator=indicator))
    if not any(f.kept for f in read):
        first = next((f"{f.path.name}: {f.rejects[0][1]}, {f.rejects[0][2]}" for f in read if f.rejects), "no records")
        raise InputError(f"no observation could be kept ({first})", where=read[0].path if len(read) == 1 else None)
    new, superseded = _merged(read)
    with store.write() as txn:
        old = txn.read(ENTITY)
        table, added, replaced = _laid_over(old, new)
        txn.replace(ENTITY, table)
        _note(txn, read, superseded)
    changed = {(r["indicator"], r["source"]) for r in new.group_by(["indicator", "source"]).aggregate([]).to_pylist()}
    found = [d for d in disagreements(table) if any(s in changed for s in d.sources)]
    return Ingested([summary(f) for f in read], new.num_rows, added, replaced, found)


KEY = schema.table(ENTITY).key


def _plain_texts(table: pa.Table) -> pa.Table:
    """The columns of the core table with plain texts, in its order."""
    return pa.table({c: table.column(c).cast(schema.FIELDS[c].type) for c in schema.table(ENTITY).columns})


def _runs(table: pa.Table) -> tuple[Any, Any]:
    """Rows in the order of their key (rows of one key in their own order), and which of these ends its key.

    The five columns of the key become one integer: bulk tables have millions of rows, and integers sort in a second.
    """
    code = np.zeros(table.num_rows, dtype=np.int64)
    for name in KEY:
        column = table.column(name)
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        column = column.unify_dictionaries().combine_chunks()
        indices, size = column.indices.to_numpy(zero_copy_only=False).astype(np.int64), len(column.dictionary)
        code = code * max(size, 1) + indices
    order = np.argsort(code, kind="stable")
    ends = np.append(code[order][1:] != code[order][:-1], True) if len(order) else np.zeros(0, dtype=np.bool_)
    return order, ends


def _merged(read: list[SeriesFile]) -> tuple[pa.Table, list[int]]:
    """All files as one table with one row a key (the later one counts), and how many rows of each file another one replaced.

    A key with two different values is noted among the rejects of the file that gave the earlier one.
    """
    tables = [f.table() for f in read]
    sizes = np.cumsum([t.num_rows for t in tables])
    rows = pa.concat_tables(tables).unify_dictionaries()
    order, ends = _runs(rows)
    values = rows.column("value").to_numpy()
    stops = np.flatnonzero(ends)
    last = stops[np.searchsorted(stops, np.arange(len(order)))]  # where the key of each sorted row ends
    gone = np.flatnonzero(~ends)
    file_of = np.searchsorted(sizes, order[gone], side="right")
    for at, file in zip(gone.tolist(), file_of.tolist(), strict=True):
        first, final = int(order[at]), int(order[last[at]])
        if values[first] != values[final]:
            row = rows.slice(first, 1).to_pylist()[0]
            what = f"{row['unit']} {row['indicator']} {row['year']}: {row['value']:g} and later {values[final]:g}, which counts"
            read[file].rejects.append((first + 1, "twice", what))
    kept = rows if not len(gone) else rows.take(pa.array(np.sort(order[ends])))
    return _plain_texts(kept), np.bincount(file_of, minlength=len(read)).tolist()


def _laid_over(old: pa.Table, new: pa.Table) -> tuple[pa.Table, int, int]:
    """``old`` with the rows of ``new`` in place of those with the same key; how many are new and how many changed."""
    if not old.num_rows:
        return new, new.num_rows, 0
    both = pa.concat_tables([_plain_texts(old), new])
    order, ends = _runs(both)
    before = np.flatnonzero(~ends)  # both tables have a key once, so the other row of the key comes next
    first, last = both.take(pa.array(order[before])), both.take(pa.array(order[before + 1]))
    same = np.ones(len(before), dtype=np.bool_)
    for name in ("value", "status_flag", "unit_of_measure"):
        equal = pc.or_(pc.fill_null(pc.equal(first[name], last[name]), False), pc.and_(pc.is_null(first[name]), pc.is_null(last[name])))
        same &= equal.to_numpy()
    merged = both.take(pa.array(np.sort(order[ends])))
    return merged, new.num_rows - len(before), int((~same).sum())


def summary(file: SeriesFile) -> dict[str, Any]:
    """Counts of one file for messages."""
    reasons: dict[str, int] = {}
    for _, reason, _detail in file.rejects:
        reasons[reason] = reasons.get(reason, 0) + 1
    table = file.table()
    ends = pc.min_max(table["year"]).as_py()
    return {
        "file": file.path.name,
        "layout": file.layout,
        "records": file.records,
        "kept": file.kept,
        "rejected": len(file.rejects),
        "reasons": dict(sorted(reasons.items())),
        "years": [ends["min"], ends["max"]] if file.kept else None,
        "units": pc.count_distinct(table["unit"].cast(pa.string())).as_py(),
        "indicators": sorted(pc.unique(table["indicator"].cast(pa.string())).to_pylist())[:20],
    }


def _note(txn: Any, read: list[SeriesFile], superseded: list[int]) -> None:
    """Manifest and rejects of the files; what an earlier run said of the same files is replaced."""
    names = {f.path.name for f in read}
    for name, rows in (
        ("manifest", [_manifest(f, n) for f, n in zip(read, superseded, strict=True)]),
        ("reject", [r for f in read for r in _rejects(f)]),
    ):
        kept = [r for r in txn.read(name).to_pylist() if not (r["entity"] == ENTITY and r["file"] in names)]
        txn.replace(name, pa.Table.from_pylist(kept + rows, schema=schema.table(name).schema))


def _manifest(file: SeriesFile, superseded: int) -> dict[str, Any]:
    with file.path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    vintages = pc.unique(file.table()["vintage"].cast(pa.string())).to_pylist()
    return {
        "entity": ENTITY,
        "file": file.path.name,
        "file_sha256": digest,
        "bytes_n": file.path.stat().st_size,
        "records_n": file.records,
        "kept_n": file.kept - superseded,
        "superseded_n": superseded,
        "rejected_n": file.records - file.kept,
        "schema_generation": file.layout,
        "snapshot_date": max(vintages, default=None),
        "classification_version": None,
    }


def _rejects(file: SeriesFile) -> list[dict[str, Any]]:
    seen: dict[int, dict[str, Any]] = {}
    for line, reason, detail in file.rejects:  # one row a line: several faults on it are counted in the manifest
        seen.setdefault(line, {"entity": ENTITY, "file": file.path.name, "line": line, "reason": reason, "detail": detail})
    return list(seen.values())
