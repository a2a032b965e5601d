"""What every reader of country series gives: rows for the core table ``series`` and rejects with a reason."""

from __future__ import annotations

import functools
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core.fields import FIELDS
from armillary.registry import read_csv
from armillary.sources.series.places import is_aggregate

UNDATED = "undated"
"""The vintage of a file that does not say when it was made."""


class Observation(NamedTuple):
    """One observation, in the order of the core table; whether its unit is a group of countries is added by :meth:`SeriesFile.table`."""

    unit: str
    indicator: str
    year: int
    source: str
    vintage: str
    value: float
    status_flag: str | None = None
    unit_of_measure: str | None = None
    unit_mult: int | None = None


_TEXT = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [(f, _TEXT if FIELDS[f].type == pa.string() else FIELDS[f].type) for f in (*Observation._fields,)]  # texts are few and repeat
)
BATCH = 200_000
"""Rows kept as Python values before they become an Arrow batch: bulk files hold millions."""


@dataclass(slots=True)
class SeriesFile:
    """What one file gave. ``rejects`` holds line (or number of the observation), reason code and detail.

    ``aggregates`` are units that the file itself tells to be groups of countries; ``used`` are the options that had an effect on it.
    """

    path: Path
    layout: str
    records: int = 0
    kept: int = 0
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    label: str = ""
    aggregates: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    """What a reader of the numbers must know of the file as a whole, such as that it is only a part."""
    lines: array[int] = field(default_factory=lambda: array("q"))
    """Where each kept observation stands."""
    pages: tuple[str, int, int] | None = None
    """Of a part of an answer: what was asked, pages here, pages in all."""
    sha256: str = ""
    size: int = 0
    _open: list[Observation] = field(default_factory=list)
    _batches: list[pa.RecordBatch] = field(default_factory=list)

    def add(self, row: Observation, line: int) -> None:
        """Keep one observation of this line (or number of the observation)."""
        self._open.append(row)
        self.lines.append(line)
        self.kept += 1
        if len(self._open) >= BATCH:
            self._flush()

    def table(self) -> pa.Table:
        """All kept observations; texts are dictionary-encoded."""
        self._flush()
        rows = pa.Table.from_batches(self._batches, SCHEMA).unify_dictionaries()
        units = pc.unique(rows["unit"].cast(pa.string())).to_pylist()
        groups = [u for u in units if u in self.aggregates or is_aggregate(u)]
        return rows.append_column("is_aggregate", pc.is_in(rows["unit"].cast(pa.string()), value_set=pa.array(groups, pa.string())))

    @property
    def rows(self) -> list[Observation]:
        """All kept observations as tuples (for small files)."""
        return [Observation(**r) for r in self.table().drop_columns(["is_aggregate"]).to_pylist()]

    def reject(self, line: int, reason: str, detail: str) -> None:
        """Note one record that is not kept."""
        self.rejects.append((line, reason, " ".join(detail[:200].split())))

    def refused(self, reason: str, detail: str, line: int = 0) -> SeriesFile:
        """The file as a whole is not kept: nothing of it is."""
        self._open.clear()
        self._batches.clear()
        self.lines = array("q")
        self.rejects = [(line, reason, " ".join(detail[:200].split()))]
        self.records, self.kept = 1, 0
        return self

    def _flush(self) -> None:
        if self._open:
            columns = zip(*self._open, strict=True)
            arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)]
            self._batches.append(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))
            self._open.clear()


@dataclass(frozen=True, slots=True)
class Measure:
    """What the registry knows of an indicator."""

    concept: str
    unit_of_measure: str | None
    tolerance: float | None
    name: str


@functools.cache
def measures() -> dict[tuple[str, str], Measure]:
    """Known measures by publisher and indicator."""
    return {
        (r["publisher"], r["indicator"]): Measure(
            r["concept"], r["unit_of_measure"] or None, float(r["tolerance"]) if r["tolerance"] else None, r["name"]
        )
        for r in read_csv("series", "measures.csv")
    }


@functools.cache
def measure(source: str, indicator: str) -> Measure | None:
    """The measure of an indicator of a source (``OECD.STI.STP:DSD_SBRD(1.2)`` belongs to OECD)."""
    publisher = next((p for p, _ in measures() if source.startswith(p)), None)
    return None if publisher is None else measures().get((publisher, indicator))
