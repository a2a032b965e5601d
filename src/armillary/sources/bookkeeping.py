"""What every ingest writes beside its records: one manifest row a file, one row a refused record, counts of oddities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from armillary.core.schema import table as table_of
from armillary.core.store import Transaction
from armillary.sources.files import file_hash

_LONGEST_DETAIL = 200


@dataclass(slots=True)
class FileLog:
    """What became of the records of one file. ``records`` = ``kept`` + ``superseded`` + rejects, where the source counts records.

    ``name`` is the path below the folder that was given; ``layout`` what the file was taken for.
    """

    path: Path
    name: str
    layout: str | None = None
    records: int = 0
    kept: int = 0
    superseded: int = 0
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    quirks: Counter[str] = field(default_factory=Counter)

    def reject(self, line: int, reason: str, detail: object = "") -> None:
        """Note a record that is not kept: where it stands, a code, and what it says."""
        self.rejects.append((line, reason, " ".join(str(detail if detail is not None else "").split())[:_LONGEST_DETAIL]))

    @property
    def reasons(self) -> Counter[str]:
        """Rejects by reason."""
        return Counter(reason for _, reason, _ in self.rejects)


def reasons_of(files: Iterable[FileLog]) -> dict[str, int]:
    """Rejects of all files by reason, in the order of the alphabet."""
    total: Counter[str] = Counter()
    for file in files:
        total.update(file.reasons)
    return dict(sorted(total.items()))


def examples(files: Iterable[FileLog], shown: int = 1) -> list[str]:
    """One line a reason: how often, and where it was met first (``3 doi-malformed, such as line 7 of a.csv: 'nature12373'``)."""
    first: dict[str, list[str]] = {}
    total: Counter[str] = Counter()
    for file in files:
        for line, reason, detail in file.rejects:
            total[reason] += 1
            if len(first.setdefault(reason, [])) < shown:
                first[reason].append(f"line {line} of {file.name}" + (f": '{detail[:60]}'" if detail else ""))
    return [f"{n:,} {reason}, such as {'; '.join(first[reason])}" for reason, n in sorted(total.items(), key=lambda c: (-c[1], c[0]))]


def write_log(txn: Transaction, entity: str, files: Sequence[FileLog], *, fresh: bool = False) -> None:
    """Put ``files`` into the tables ``manifest``, ``reject`` and ``quirk``, in place of what they say of the same files.

    With ``fresh`` everything that they say of ``entity`` goes.
    """
    names = {f.name for f in files}
    rows: dict[str, list[dict[str, Any]]] = {"manifest": [], "reject": [], "quirk": []}
    for file in sorted(files, key=lambda f: f.name):
        about = {"entity": entity, "file": file.name}
        counts = {"records_n": file.records, "kept_n": file.kept, "superseded_n": file.superseded, "rejected_n": len(file.rejects)}
        origin = {"file_sha256": file_hash(file.path), "bytes_n": file.path.stat().st_size, "schema_generation": file.layout}
        rows["manifest"].append(about | origin | counts)
        rows["reject"] += [about | {"line": n, "reason": why, "detail": what} for n, why, what in sorted(file.rejects)]
        rows["quirk"] += [about | {"quirk": q, "occurrences_n": n} for q, n in sorted(file.quirks.items()) if n]
    for table, new in rows.items():
        earlier = [r for r in txn.read(table).to_pylist() if r["entity"] != entity or not (fresh or r["file"] in names)]
        txn.replace(table, pa.Table.from_pylist([*earlier, *new], schema=table_of(table).schema))
