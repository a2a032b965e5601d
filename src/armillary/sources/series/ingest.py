"""Read files of country series into the core table ``series``: sniff the layout, keep what is good, say why the rest is not."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from armillary.core import schema
from armillary.errors import InputError
from armillary.sources.series import sdmx, tables, workbook
from armillary.sources.series.conflicts import Disagreement, disagreements
from armillary.sources.series.rows import Row, SeriesFile

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
            with gzip.open(path) as src, plain.open("wb") as dst:
                shutil.copyfileobj(src, dst)
            out = read_file(plain, mapping=mapping, source=source, vintage=vintage, indicator=indicator)
            out.path = path
            return out
    out = SeriesFile(path, "unknown")
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        return out.refused("empty-file", "the file is empty")
    if head.startswith(b"PK"):
        if not workbook.looks_like(path):
            return out.refused("unknown-layout", "a workbook without the sheets Index Structure, Economies, Data and Metadata")
        return workbook.read(path, source=source, vintage=vintage)
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
    if not any(f.rows for f in read):
        first = next((f"{f.path.name}: {f.rejects[0][1]}, {f.rejects[0][2]}" for f in read if f.rejects), "no records")
        raise InputError(f"no observation could be kept ({first})", where=read[0].path if len(read) == 1 else None)
    with store.write() as txn:
        old = {tuple(r[k] for k in schema.table(ENTITY).key): r for r in txn.read(ENTITY).to_pylist()}
        replaced = 0
        new: dict[tuple[Any, ...], dict[str, Any]] = {}
        for file in read:
            for number, row in enumerate(file.rows, start=1):
                key = row[:5]
                if key in new and new[key]["value"] != row.value:
                    file.reject(
                        number,
                        "twice",
                        f"{row.unit} {row.indicator} {row.year}: {new[key]['value']:g} and {row.value:g}; the later one is kept",
                    )
                new[key] = row._asdict()
        for key, cells in new.items():
            replaced += key in old and old[key] != cells
        added = sum(key not in old for key in new)
        merged = old | new
        columns = schema.table(ENTITY).columns
        table = pa.table({c: pa.array([r[c] for r in merged.values()], schema.FIELDS[c].type) for c in columns})
        txn.replace(ENTITY, table)
        _note(txn, read)
    changed = {(r.indicator, r.source) for f in read for r in f.rows}
    found = [d for d in disagreements(table) if any(s in changed for s in d.sources)]
    return Ingested([tables.summary(f) for f in read], len(new), added, replaced, found)


def _note(txn: Any, read: list[SeriesFile]) -> None:
    """Manifest and rejects of the files; what an earlier run said of the same files is replaced."""
    names = {f.path.name for f in read}
    for name, rows in (("manifest", [_manifest(f) for f in read]), ("reject", [r for f in read for r in _rejects(f)])):
        kept = [r for r in txn.read(name).to_pylist() if not (r["entity"] == ENTITY and r["file"] in names)]
        txn.replace(name, pa.Table.from_pylist(kept + rows, schema=schema.table(name).schema))


def _manifest(file: SeriesFile) -> dict[str, Any]:
    content = file.path.read_bytes()
    kept = len({r[:5] for r in file.rows})
    return {
        "entity": ENTITY,
        "file": file.path.name,
        "file_sha256": hashlib.sha256(content).hexdigest(),
        "bytes_n": len(content),
        "records_n": file.records,
        "kept_n": kept,
        "superseded_n": len(file.rows) - kept,
        "rejected_n": file.records - len(file.rows),
        "schema_generation": file.layout,
        "snapshot_date": max((r.vintage for r in file.rows), default=None),
        "classification_version": None,
    }


def _rejects(file: SeriesFile) -> list[dict[str, Any]]:
    seen: dict[int, dict[str, Any]] = {}
    for line, reason, detail in file.rejects:  # one row a line: several faults on it are counted in the manifest
        seen.setdefault(line, {"entity": ENTITY, "file": file.path.name, "line": line, "reason": reason, "detail": detail})
    return list(seen.values())


def rows_table(rows: Iterable[Row]) -> pa.Table:
    """Rows as a table of the core schema, without a store."""
    listed = [r._asdict() for r in rows]
    columns = schema.table(ENTITY).columns
    return pa.table({c: pa.array([r[c] for r in listed], schema.FIELDS[c].type) for c in columns})
