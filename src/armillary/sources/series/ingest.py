"""Files of country series into an observatory: what is good is kept, what is not is named, and nothing is overwritten in silence."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import schema
from armillary.errors import InputError, SpecError, UsageError
from armillary.sources.series.conflicts import Disagreement, disagreements
from armillary.sources.series.files import find
from armillary.sources.series.merging import Conflict, laid_over, merged
from armillary.sources.series.reading import BESIDE, Options, note_missing_pages, read_found
from armillary.sources.series.rows import SeriesFile

ENTITY = "series"
SHOWN = 100
"""Conflicts that ``--json`` lists; the table ``reject`` has them all."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an ingest did: ``added`` values are new, ``replaced`` ones changed, ``conflicts`` are keys with two values (none is kept)."""

    files: list[dict[str, Any]]
    rows: int
    added: int
    replaced: int
    disagreements: list[Disagreement]
    conflicts: list[Conflict] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "files": self.files,
            "rows": self.rows,
            "added": self.added,
            "replaced": self.replaced,
            "conflicts": len(self.conflicts),
            "conflicting": [c.to_dict() for c in self.conflicts[:SHOWN]],
            "disagreements": [d.to_dict() for d in self.disagreements],
        }


def ingest(
    store: Any,
    paths: Iterable[Path],
    *,
    mapping: Path | None = None,
    source: str | None = None,
    vintage: str | None = None,
    indicator: str | None = None,
    edition: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Ingested:
    """Read files or folders into an observatory. A file of the same name, source and vintage replaces its values; others are kept beside.

    Raises :class:`~armillary.errors.InputError` if not one observation could be kept, and
    :class:`~armillary.errors.UsageError` if an option had no effect on any file.
    """
    options = Options(mapping, source, vintage, indicator, edition)
    given = options.read_mapping()
    read: list[SeriesFile] = []
    with tempfile.TemporaryDirectory() as scratch:
        for found in find([Path(p) for p in paths], Path(scratch)):
            if mapping is not None and found.path.resolve() == Path(mapping).resolve():
                continue  # it lies among what it describes
            if progress is not None:
                progress(found.label)
            read.append(read_found(found, options, given))
    note_missing_pages(read)
    _check(read, options)
    with store.write() as txn:
        known = {r["file"] for r in txn.read("manifest").to_pylist() if r["entity"] == ENTITY}
        made = merged(read)
        if not made.table.num_rows:
            raise InputError(f"every value is in conflict with another one of the same key ({made.conflicts[0].line})")
        table, added, replaced = laid_over(txn.read(ENTITY), made, read, known)
        txn.replace(ENTITY, table)
        _note(txn, read, made.superseded)
    rows = made.table.num_rows
    changed = {(r["indicator"], r["source"]) for r in made.table.group_by(["indicator", "source"]).aggregate([]).to_pylist()}
    differing = [d for d in disagreements(table) if any(s in changed for s in d.sources)]
    return Ingested([summary(f) for f in read], rows, added, replaced, differing, made.conflicts)


def _check(read: list[SeriesFile], options: Options) -> None:
    """Something must have been kept, and every option must have had an effect."""
    first = next((f"{f.label}: {f.rejects[0][1]}, {f.rejects[0][2]}" for f in read if f.rejects), "the files hold no values")
    if not any(f.kept for f in read):
        raise InputError(f"no observation could be kept ({first})")
    for name in ("mapping", "indicator", "edition"):
        if getattr(options, name) is not None and not any(name in f.used for f in read):
            if name == "mapping":
                raise SpecError("fits none of the files", where=options.mapping, fix="leave it out: they are read without one")
            raise UsageError(f"--{name} has no effect on these files", fix="leave it out: they say it themselves")


def summary(file: SeriesFile) -> dict[str, Any]:
    """Counts of one file for messages."""
    reasons: dict[str, int] = {}
    examples: dict[str, str] = {}
    for line, reason, detail in file.rejects:
        reasons[reason] = reasons.get(reason, 0) + 1
        examples.setdefault(reason, f"{line}: {detail}")
    table = file.table()
    ends = pc.min_max(table["year"]).as_py()
    return {
        "file": file.label or file.path.name,
        "layout": file.layout,
        "records": file.records,
        "kept": file.kept,
        "rejected": len(file.rejects),
        "reasons": dict(sorted(reasons.items())),
        "examples": dict(sorted(examples.items())),
        "notes": file.notes,
        "years": [ends["min"], ends["max"]] if file.kept else None,
        "units": pc.count_distinct(table["unit"].cast(pa.string())).as_py(),
        "aggregates": len(pc.unique(table.filter(table["is_aggregate"])["unit"])),
        "indicators": sorted(pc.unique(table["indicator"].cast(pa.string())).to_pylist())[:20],
    }


def _note(txn: Any, read: list[SeriesFile], superseded: list[int]) -> None:
    """Manifest and rejects of the files; what an earlier run said of the same files is replaced."""
    names = {f.label for f in read}
    for name, rows in (
        ("manifest", [_manifest(f, n) for f, n in zip(read, superseded, strict=True) if f.layout != BESIDE]),
        ("reject", [r for f in read for r in _rejects(f)]),
    ):
        kept = [r for r in txn.read(name).to_pylist() if not (r["entity"] == ENTITY and r["file"] in names)]
        txn.replace(name, pa.Table.from_pylist(kept + rows, schema=schema.table(name).schema))


def _manifest(file: SeriesFile, superseded: int) -> dict[str, Any]:
    """One row; the vintage of a series is no snapshot date (that is of the records), and stands in the table ``series``."""
    return {
        "entity": ENTITY,
        "file": file.label,
        "file_sha256": file.sha256,
        "bytes_n": file.size,
        "records_n": file.records,
        "kept_n": file.kept - superseded,
        "superseded_n": superseded,
        "rejected_n": file.records - file.kept,
        "schema_generation": file.layout,
        "snapshot_date": None,
        "classification_version": None,
    }


def _rejects(file: SeriesFile) -> list[dict[str, Any]]:
    seen: dict[int, dict[str, Any]] = {}
    for line, reason, detail in file.rejects:  # one row a line: several faults on it are counted in the manifest
        seen.setdefault(line, {"entity": ENTITY, "file": file.label, "line": line, "reason": reason, "detail": detail})
    return list(seen.values())
