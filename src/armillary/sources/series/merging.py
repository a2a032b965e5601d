"""Many files into one table with one value a key. Two different values for one key are a conflict: neither is kept, both are shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import schema
from armillary.core.fields import FIELDS
from armillary.sources.series.rows import SeriesFile

KEY = schema.table("series").key
_SAME = ("value", "unit_of_measure", "unit_mult")
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A key with more than one value, and where each stands: file and line (or number of the observation)."""

    unit: str
    indicator: str
    year: int
    source: str
    vintage: str
    values: tuple[float, ...]
    places: tuple[str, ...]
    kept: float | None = None
    """The value of an earlier ingest, which stays."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @property
    def line(self) -> str:
        """One line for people."""
        said = ", ".join(f"{v:g} ({p})" for v, p in zip(self.values, self.places, strict=True))
        stays = "none is kept" if self.kept is None else f"{self.kept:g} of an earlier ingest stays"
        return f"{self.unit} {self.indicator} {self.year}: {said}; {stays}"


@dataclass(slots=True)
class MergedSeries:
    """One row a key; ``file_of`` says which file gave each row, ``superseded`` how many rows of a file another one repeats."""

    table: pa.Table
    file_of: Numbers
    lines: Numbers
    superseded: list[int]
    conflicts: list[Conflict]


def _plain_texts(table: pa.Table) -> pa.Table:
    """The columns of the core table with plain texts, in its order."""
    return pa.table({c: table.column(c).cast(FIELDS[c].type) for c in schema.table("series").columns})


def _runs(table: pa.Table) -> tuple[Numbers, npt.NDArray[np.bool_]]:
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


def _equal(first: pa.Table, second: pa.Table, columns: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Row by row, whether the columns are the same; two nulls are."""
    same = np.ones(first.num_rows, dtype=np.bool_)
    for name in columns:
        a, b = first[name].combine_chunks(), second[name].combine_chunks()
        a, b = (x.cast(FIELDS[name].type) for x in (a, b))
        equal = pc.or_(pc.fill_null(pc.equal(a, b), False), pc.and_(pc.is_null(a), pc.is_null(b)))
        same &= equal.to_numpy(zero_copy_only=False)
    return same


def merged(read: list[SeriesFile]) -> MergedSeries:
    """All files as one table. A row that says the same again is superseded; conflicting ones become rejects of their files."""
    tables = [f.table() for f in read]
    sizes = np.cumsum([t.num_rows for t in tables])
    rows = pa.concat_tables(tables).unify_dictionaries()
    lines = np.concatenate([np.asarray(f.lines, dtype=np.int64) for f in read])
    file_of = np.searchsorted(sizes, np.arange(rows.num_rows), side="right")
    order, ends = _runs(rows)
    stops = np.flatnonzero(ends)
    run = np.searchsorted(stops, np.arange(len(order)))  # which key each sorted row belongs to
    is_bad = np.zeros(len(stops), dtype=np.bool_)
    several = np.flatnonzero(np.bincount(run, minlength=len(stops))[run] > 1)
    if len(several):
        picked, final = rows.take(pa.array(order[several])), rows.take(pa.array(order[stops[run[several]]]))
        is_bad[run[several[~_equal(picked, final, _SAME)]]] = True
    at = np.flatnonzero(is_bad[run])
    groups = np.split(at, np.flatnonzero(np.diff(run[at])) + 1) if len(at) else []
    conflicts = [_conflict(read, rows, np.sort(order[g]).tolist(), lines, file_of) for g in groups]
    superseded = np.bincount(file_of[order[~ends & ~is_bad[run]]], minlength=len(read))
    kept = np.sort(order[ends & ~is_bad[run]])
    table = _plain_texts(rows if len(kept) == rows.num_rows else rows.take(pa.array(kept)))
    return MergedSeries(table, file_of[kept], lines[kept], [int(n) for n in superseded], conflicts)


def _conflict(read: list[SeriesFile], rows: pa.Table, of: list[int], lines: Numbers, file_of: Numbers) -> Conflict:
    found = rows.take(pa.array(of)).to_pylist()
    places = tuple(f"{read[file_of[i]].label or read[file_of[i]].path.name}:{lines[i]}" for i in of)
    first = found[0]
    values = tuple(float(r["value"]) for r in found)
    conflict = Conflict(first["unit"], first["indicator"], first["year"], first["source"], first["vintage"], values, places)
    for i in of:
        read[file_of[i]].reject(int(lines[i]), "conflict", conflict.line)
        read[file_of[i]].kept -= 1
    return conflict


def laid_over(old: pa.Table, new: MergedSeries, read: list[SeriesFile], known: set[str]) -> tuple[pa.Table, int, int]:
    """``old`` with the new rows in place of those with the same key; how many are new and how many changed.

    Only a file that an earlier ingest knew by its name may change a value: another one with the same source and vintage is in conflict with
    it, and the earlier value stays.
    """
    if not old.num_rows:
        return new.table, new.table.num_rows, 0
    both = pa.concat_tables([_plain_texts(old), new.table])
    order, ends = _runs(both)
    before = np.flatnonzero(~ends)  # both tables have a key once, so the other row of the key comes next
    first, last = both.take(pa.array(order[before])), both.take(pa.array(order[before + 1]))
    same = _equal(first, last, _SAME)
    stays = np.zeros(both.num_rows, dtype=np.bool_)
    for at in np.flatnonzero(~same).tolist():
        row = int(order[before[at] + 1]) - old.num_rows
        file = read[new.file_of[row]]
        if file.label in known:
            continue
        stays[order[before[at]]] = True
        r, earlier = last.slice(at, 1).to_pylist()[0], float(first["value"][at].as_py())
        place = f"{file.label}:{new.lines[row]}"
        conflict = Conflict(r["unit"], r["indicator"], r["year"], r["source"], r["vintage"], (float(r["value"]),), (place,), earlier)
        new.conflicts.append(conflict)
        file.reject(int(new.lines[row]), "conflict", f"{conflict.line}; give --vintage to keep both")
        file.kept -= 1
    drop = np.zeros(both.num_rows, dtype=np.bool_)
    drop[order[before]], drop[order[before + 1]] = ~stays[order[before]], stays[order[before]]
    whole = same & _equal(first, last, ("status_flag",))
    changed = int((~whole).sum() - stays.sum())
    return both.take(pa.array(np.flatnonzero(~drop))), new.table.num_rows - len(before), changed
