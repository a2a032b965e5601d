"""Check a published table against its own aggregation rule: which totals do not follow from their parts, beyond rounding?

Nothing here knows any index. The rule is a specification whose indicators are the lowest published columns; a group is checked
where the table has a column of its name, and computed through where it has not. Rounding is handled exactly: the published parts
stand for intervals, every mean is monotone, so the total must fall into the interval of its parts widened by its own rounding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite.matrix import Bools, Floats
from armillary.composite.read import as_table, numbers, read_table
from armillary.composite.spec import Group, IndexSpec
from armillary.composite.steps.aggregate import aggregate
from armillary.errors import DataError, UnknownNameError

SLACK = 1e-9
EXPLAINED = 50
"""For so many of the largest gaps the part that would close it is looked for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that does not follow. ``kind``: ``total`` (a score), ``rank`` (an order) or ``twice`` (a repeated row).

    ``low`` and ``high`` bound what the parts allow; ``excess`` is how far outside the published value lies; ``needed`` gives the
    part whose change would be smallest, its published value and the value it would have to have.
    """

    kind: str
    unit: str
    year: int | None
    group: str
    row: int
    published: float
    expected: float
    low: float
    high: float
    excess: float
    needed: tuple[str, float, float] | None = None

    @property
    def text(self) -> str:
        """The finding as a sentence."""
        who = f"{self.unit} {self.year}" if self.year is not None else self.unit
        if self.kind == "twice":
            return f"{who}: appears again in row {self.row}"
        if self.kind == "rank":
            return f"{who}: rank {self.published:g} is published, the scores allow {self.low:g} to {self.high:g}"
        said = (
            f"{who}: {self.group} {self.published:g} is published, its parts give {self.expected:.3f} ({self.low:.3f} to {self.high:.3f})"
        )
        if self.needed is not None:
            part, is_, would = self.needed
            said += f"; it would follow if {part} were {would:.1f} and not {is_:g}"
        return said


@dataclass(frozen=True, slots=True)
class Verification:
    """What :func:`verify` found. ``checked`` counts totals with all that they need, ``followed`` those that follow."""

    checked: int
    followed: int
    by_group: dict[str, tuple[int, int]]
    ranks_checked: int
    findings: tuple[Finding, ...]
    half_units: dict[str, float]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def totals(self) -> tuple[Finding, ...]:
        """Only the totals that do not follow."""
        return tuple(f for f in self.findings if f.kind == "total")

    def table(self) -> pa.Table:
        """The findings as a table."""
        names = ("kind", "unit", "year", "group", "row", "published", "expected", "low", "high", "excess")
        columns: dict[str, Any] = {n: [getattr(f, n) for f in self.findings] for n in names}
        columns["text"] = [f.text for f in self.findings]
        types = {"year": pa.int32(), "row": pa.int64(), "kind": pa.string(), "unit": pa.string(), "group": pa.string(), "text": pa.string()}
        return pa.table({n: pa.array(v, types.get(n, pa.float64())) for n, v in columns.items()})


def verify(spec: IndexSpec, data: Any = None, *, path: Path | None = None, decimals: int | None = None) -> Verification:
    """Check every published total and rank of a table (given, at ``path``, or the one that ``[data]`` names).

    ``decimals`` says how the table was rounded; otherwise it is ``[data] decimals``, else the most common number of each column.
    """
    if data is None:
        source = path or (spec.folder / spec.data.values if spec.data.values else None)
        if source is None:
            raise DataError("the specification names no data", fix="add values = 'file.csv' to [data], or give the table with --data")
        table, where = read_table(source), str(source)
    else:
        table, where = as_table(data), "the data"
    if spec.data.layout == "tidy":
        table = _wide(table, spec, where)
    decimals = spec.data.decimals if decimals is None else decimals
    units, years = _keys(table, spec, where)
    columns = {i.id: i.id for i in spec.indicators} | {g.id: g.id for g in spec.groups if g.id in table.column_names}
    lost = [c for c in columns if c not in table.column_names]
    if lost:
        raise UnknownNameError("column", lost[0], table.column_names, where=where)
    published = [g for g in spec.upward() if g.id in columns]
    if not published:
        raise DataError(
            "publishes none of the groups of the specification, so there is nothing to check",
            where=where,
            fix=f"give a group the name of the column of totals, for example id = '{table.column_names[-1]}'",
        )
    value = {c: numbers(table.column(c), c, spec.data.missing, where) for c in columns}
    half = {c: _half_unit(table.column(c), decimals, spec.data.missing) for c in columns}
    low, mid, high = (dict[str, Floats]() for _ in range(3))
    for i in spec.indicators:
        low[i.id], mid[i.id], high[i.id] = value[i.id] - half[i.id], value[i.id], value[i.id] + half[i.id]
    findings = _twice(units, years)
    pending: list[tuple[float, Group, int, float, float, float, float]] = []
    by_group: dict[str, tuple[int, int]] = {}
    for group in spec.upward():
        parts = [p.id for p in spec.parts(group.id)]
        w = np.array([p.weight for p in spec.parts(group.id)])
        rule = spec.aggregation_of(group.id)

        def combined(of: dict[str, Floats], parts: list[str] = parts, w: Floats = w, rule: Any = rule) -> Floats:
            stack = np.stack([of[p] for p in parts])
            return aggregate(np.maximum(stack, 0.0) if rule.method in ("geometric", "harmonic") else stack, w, rule)

        a, b, c = combined(low), combined(mid), combined(high)
        if group.id not in columns:
            low[group.id], mid[group.id], high[group.id] = a, b, c
            continue
        shown = value[group.id]
        have = ~(np.isnan(shown) | np.isnan(b))
        with np.errstate(invalid="ignore"):
            excess = np.maximum(a - half[group.id] - shown, shown - c - half[group.id])
            bad = have & (excess > SLACK)
        for row in np.flatnonzero(bad):
            pending.append((float(excess[row]), group, int(row), float(shown[row]), float(b[row]), float(a[row]), float(c[row])))
        by_group[group.id] = (int(have.sum()), int((have & ~bad).sum()))
        low[group.id], mid[group.id], high[group.id] = shown - half[group.id], shown, shown + half[group.id]
    for place, (off, group, at, is_, should, least, most) in enumerate(sorted(pending, key=lambda p: -p[0])):
        needed = _needed(spec, group, at, mid, columns, is_) if place < EXPLAINED else None
        findings.append(Finding("total", units[at], years[at], group.id, at + 2, is_, should, least, most, off, needed))
    ranks_checked = 0
    if spec.data.rank:
        found, ranks_checked = _ranks(table, spec, units, years, value.get(spec.root.id), where)
        findings += found
    findings.sort(key=lambda f: (f.kind, -f.excess, f.unit, f.year or 0))
    checked, followed = (sum(x) for x in zip(*by_group.values(), strict=True))
    return Verification(checked, followed, by_group, ranks_checked, tuple(findings), half)


def _keys(table: pa.Table, spec: IndexSpec, where: str) -> tuple[list[str], list[int | None]]:
    for name in (spec.data.unit, *((spec.data.time,) if spec.data.time else ())):
        if name not in table.column_names:
            raise UnknownNameError("column", name, table.column_names, where=where)
    units = [str(u) for u in table.column(spec.data.unit).to_pylist()]
    if spec.data.time is None:
        return units, [None] * len(units)
    when = numbers(table.column(spec.data.time), spec.data.time, spec.data.missing, where)
    return units, [None if np.isnan(y) else int(y) for y in when]


def _wide(table: pa.Table, spec: IndexSpec, where: str) -> pa.Table:
    """A tidy table as a wide one: one row a unit (and year)."""
    s = spec.data
    cells: dict[tuple[Any, ...], dict[str, Any]] = {}
    keys = [s.unit, *((s.time,) if s.time else ())]
    for name in (*keys, s.indicator, s.value):
        if name not in table.column_names:
            raise UnknownNameError("column", name, table.column_names, where=where)
    for row in table.select([*keys, s.indicator, s.value]).to_pylist():
        cells.setdefault(tuple(row[k] for k in keys), {})[row[s.indicator]] = row[s.value]
    names = [n for n in dict.fromkeys(table.column(s.indicator).to_pylist()) if n in set(spec.ids())]
    columns: dict[str, Any] = {k: [key[i] for key in cells] for i, k in enumerate(keys)}
    return pa.table(columns | {n: pa.array([None if c.get(n) is None else str(c[n]) for c in cells.values()], pa.string()) for n in names})


def _half_unit(column: pa.ChunkedArray, decimals: int | None, missing: tuple[str, ...]) -> float:
    """Half of the last published digit; the most common number of decimals, since trailing zeros are often dropped in files."""
    if decimals is None:
        texts = [str(v).strip() for v in column.to_pylist() if v is not None and str(v).strip() not in missing]
        if pa.types.is_floating(column.type):
            texts = [repr(float(v)) for v in texts]
        count = Counter(0 if t.endswith(".0") else len(t.partition(".")[2]) for t in texts if "e" not in t.lower())
        if not count:
            return 0.5
        decimals = max(count, key=lambda d: (count[d], d))
    return float(0.5 * 10.0**-decimals)


def _needed(
    spec: IndexSpec, group: Group, row: int, mid: dict[str, Floats], shown: Collection[str], goal: float
) -> tuple[str, float, float] | None:
    """The published part whose change alone would make the total follow, with the least change; found by bisection."""

    def total(part: str, x: float) -> float:
        known = {p: v[row] for p, v in mid.items()}
        known[part] = x
        return _through(spec, group, known, part)

    best: tuple[str, float, float] | None = None
    for part in _published_below(spec, group, shown):
        now = float(mid[part][row])
        if np.isnan(now):
            continue
        span = max(abs(now), 100.0)
        a, b = max(0.0, now - span), now + span
        if (total(part, a) - goal) * (total(part, b) - goal) > 0:
            continue
        for _ in range(60):
            m = (a + b) / 2
            a, b = (m, b) if total(part, m) < goal else (a, m)
        if best is None or abs(a - now) < abs(best[2] - best[1]):
            best = (part, now, a)
    return best


def _published_below(spec: IndexSpec, group: Group, shown: Collection[str]) -> list[str]:
    """Ids of the published columns that a group is made of, through groups that the table does not show."""
    out: list[str] = []
    for p in spec.parts(group.id):
        out += _published_below(spec, p, shown) if isinstance(p, Group) and p.id not in shown else [p.id]
    return out


def _through(spec: IndexSpec, group: Group, known: dict[str, float], changed: str) -> float:
    """Total of a group for one row; groups above the changed part are computed anew."""
    values = []
    for p in spec.parts(group.id):
        if isinstance(p, Group) and p.id != changed and changed in _below(spec, p):
            values.append(_through(spec, p, known, changed))
        else:
            values.append(known[p.id])
    w = np.array([p.weight for p in spec.parts(group.id)])
    return float(aggregate(np.array(values)[:, None], w, spec.aggregation_of(group.id))[0])


def _below(spec: IndexSpec, group: Group) -> set[str]:
    out: set[str] = set()
    for p in spec.parts(group.id):
        out.add(p.id)
        if isinstance(p, Group):
            out |= _below(spec, p)
    return out


def _twice(units: list[str], years: list[int | None]) -> list[Finding]:
    seen: set[tuple[str, int | None]] = set()
    out = []
    nan = float("nan")
    for row, key in enumerate(zip(units, years, strict=True)):
        if key in seen:
            out.append(Finding("twice", key[0], key[1], "", row + 2, nan, nan, nan, nan, 0.0))
        seen.add(key)
    return out


def _ranks(
    table: pa.Table, spec: IndexSpec, units: list[str], years: list[int | None], score: Floats | None, where: str
) -> tuple[list[Finding], int]:
    """Published ranks against published scores: whoever shows a higher score must stand before."""
    assert spec.data.rank is not None
    if spec.data.rank not in table.column_names:
        raise UnknownNameError("column", spec.data.rank, table.column_names, where=where)
    if score is None:
        return [], 0
    rank = numbers(table.column(spec.data.rank), spec.data.rank, spec.data.missing, where)
    out: list[Finding] = []
    checked = 0
    for year in dict.fromkeys(years):
        rows = np.flatnonzero(_same(years, year) & ~np.isnan(rank) & ~np.isnan(score))
        checked += len(rows)
        s, r = score[rows], rank[rows]
        # ranks may run over units that the table leaves out: only those that are here bound each other
        best = np.array([1 + (s > x + SLACK).sum() for x in s], dtype=np.float64)
        worst = np.array([max(r.max(), len(rows)) - (s < x - SLACK).sum() for x in s], dtype=np.float64)
        for k in np.flatnonzero((r < best) | (r > worst)):
            off = float(max(best[k] - r[k], r[k] - worst[k]))
            out.append(
                Finding(
                    "rank",
                    units[rows[k]],
                    year,
                    spec.root.id,
                    int(rows[k]) + 2,
                    float(r[k]),
                    float(best[k]),
                    float(best[k]),
                    float(worst[k]),
                    off,
                )
            )
    return out, checked


def _same(years: list[int | None], year: int | None) -> Bools:
    return np.array([y == year for y in years], dtype=np.bool_)
