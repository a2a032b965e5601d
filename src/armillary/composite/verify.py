"""Check a published table against its own specification: which totals do not follow from their parts, beyond rounding?

Nothing here knows any index. The rule is a specification whose indicators are the lowest published columns, raw or scored; every step
of it is applied (denominators, zeros, imputation, transformation, treatment, scaling, weights, means, rescaling). A group is checked where
the table has a column of its name, and computed through where it has not. Rounding is handled exactly: published parts stand for
intervals, so the total must fall into the interval that they give, widened by its own rounding. Rules without exact bounds (EM, weights
made from the data, logarithms that depend on the shape of a column) are redone for many draws of the rounding, and a note names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite.hypotheses import explain
from armillary.composite.intervals import Span, ranks_allowed, rounded
from armillary.composite.matrix import Bools
from armillary.composite.moved import Case
from armillary.composite.published import PublishedTable, published
from armillary.composite.spans import kept, spans_of
from armillary.composite.spec import IndexSpec
from armillary.composite.steps.normalise import Normalisation
from armillary.core.interchange import Tabular

SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that does not follow. ``kind``: ``total`` (a score), ``rank`` (an order), ``coverage`` (a total that the rules do not
    give, or none where they give one) or ``twice`` (a repeated row).

    ``low`` and ``high`` bound what the parts allow; ``excess`` is how far outside the published value lies; ``needed`` gives the
    part whose change would be smallest, its published value and the value it would have to have. ``cause`` is the best explanation.
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
    cause: str = ""

    @property
    def text(self) -> str:
        """The finding as a sentence."""
        who = f"{self.unit} {self.year}" if self.year is not None else self.unit
        if self.kind == "twice":
            return f"{who}: appears again in row {self.row}"
        if self.kind == "rank":
            return f"{who}: rank {self.published:g} is published, the scores allow {self.low:g} to {self.high:g}"
        if self.kind == "coverage":
            return f"{who}: {self.cause}"
        said = (
            f"{who}: {self.group} {self.published:g} is published, its parts give {self.expected:.3f} ({self.low:.3f} to {self.high:.3f})"
        )
        return f"{said}; {self.cause}" if self.cause else said


@dataclass(frozen=True, slots=True, repr=False)
class Verification(Tabular):
    """What :func:`verify` found. ``checked`` counts totals with all that they need, ``followed`` those that follow.

    ``notes`` say what was applied, what was left unchecked, and which other rule would explain a table that does not follow at all.
    """

    checked: int
    followed: int
    by_group: dict[str, tuple[int, int]]
    ranks_checked: int
    findings: tuple[Finding, ...]
    half_units: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def _title(self) -> str:
        return f"{self.followed:,} of {self.checked:,} totals follow; {self.ranks_checked:,} ranks checked"

    def _notes(self) -> list[str]:
        return [f"note: {n}" for n in self.notes]

    def totals(self) -> tuple[Finding, ...]:
        """Only the totals that do not follow."""
        return tuple(f for f in self.findings if f.kind == "total")

    @property
    def arrow(self) -> pa.Table:
        """The findings, as other results call their rows."""
        return self.table()

    def table(self) -> pa.Table:
        """The findings as a table."""
        names = ("kind", "unit", "year", "group", "row", "published", "expected", "low", "high", "excess")
        columns: dict[str, Any] = {n: [getattr(f, n) for f in self.findings] for n in names}
        columns["text"] = [f.text for f in self.findings]
        types = {"year": pa.int32(), "row": pa.int64(), "kind": pa.string(), "unit": pa.string(), "group": pa.string(), "text": pa.string()}
        return pa.table({n: pa.array(v, types.get(n, pa.float64())) for n, v in columns.items()})


def verify(spec: IndexSpec, data: Any = None, *, path: Path | None = None, decimals: int | None = None) -> Verification:
    """Check every published total and rank of a table (given, at ``path``, or the one that ``[data]`` names).

    ``decimals`` says how scores were rounded; otherwise it is ``[data] decimals``, else the most common number of each column. A
    specification that says nothing about scaling is tried twice, with the parts as they are and scaled by their range; the one that
    explains more is used, and named.
    """
    given = "normalise" in spec.said or any(i.normalisation is not None for i in spec.indicators)
    if given:
        return _verified(spec, data, path, decimals)
    plain = replace(spec, normalisation=Normalisation("none"))
    done = _verified(plain, data, path, decimals)
    note = "the specification has no [normalise]: the parts are taken as they are"
    if done.followed < done.checked:
        other = _verified(spec, data, path, decimals)
        if other.followed > done.followed:
            done, note = other, "the specification has no [normalise]: the parts are scaled by their range (min-max)"
    return replace(done, notes=(note, *done.notes))


def _verified(spec: IndexSpec, data: Any, path: Path | None, decimals: int | None) -> Verification:
    table = published(spec, data, path, decimals)
    spans, notes = spans_of(spec, table)
    findings = [*_twice(table), *_covered(spec, table, spans, notes)]
    by_group: dict[str, tuple[int, int]] = {}
    cases: list[Case] = []
    for id in table.shown:
        shown, half, own = table.value[id], table.half[id], spans[id]
        have = ~(np.isnan(shown) | np.isnan(own.mid))
        with np.errstate(invalid="ignore"):
            excess = np.maximum(own.low - half - shown, shown - own.high - half)
            bad = have & (excess > SLACK)
        by_group[id] = (int(have.sum()), int((have & ~bad).sum()))
        notes += _incomplete(spec, table, id, have)
        lost = int((~np.isnan(shown) & np.isnan(own.mid)).sum())
        if lost:
            notes.append(f"{lost} totals of '{id}' lack a part and were not checked")
        index = np.flatnonzero(bad)
        for r in index:
            numbers = (float(v[r]) for v in (shown, own.mid, own.low, own.high, excess))
            cases.append(Case(id, int(r), *numbers))
    cases.sort(key=lambda c: (-c.excess, c.group, c.row))
    told, general = explain(spec, table, spans, cases, sum(n for n, _ in by_group.values()))
    for case, (cause, needed) in zip(cases, told, strict=True):
        findings.append(
            Finding(
                "total", table.units[case.row], table.years[case.row], case.group, case.row + 2,
                case.published, case.expected, case.low, case.high, case.excess, needed, cause,
            )
        )  # fmt: skip
    found, ranks_checked = _ranks(spec, table)
    findings += found
    findings.sort(key=lambda f: (f.kind, -f.excess, f.unit, f.year or 0))
    checked, followed = (sum(x) for x in zip(*by_group.values(), strict=True))
    return Verification(checked, followed, by_group, ranks_checked, tuple(findings), table.half, (*notes, *general))


def _covered(spec: IndexSpec, table: PublishedTable, spans: dict[str, Span], notes: list[str]) -> Iterator[Finding]:
    """Index scores that are published for units which the coverage rules leave out, and scores that are missing."""
    id = spec.root.id
    nan = float("nan")
    if id not in table.shown:
        return
    shown = table.value[id]
    raw = [rounded(table.value[i.id], table.half[i.id]) for i in spec.indicators]
    for year in dict.fromkeys(table.years):
        rows = table.rows(year)
        out = rows[~kept(spec, table, raw, rows)]
        for r in out[~np.isnan(shown[out])]:
            said = f"{id} {shown[r]:g} is published, but the unit does not pass the coverage rules of [screen]"
            yield Finding("coverage", table.units[r], year, id, int(r) + 2, float(shown[r]), nan, nan, nan, 0.0, None, said)
    absent = np.flatnonzero(np.isnan(shown) & ~np.isnan(spans[id].mid))
    if absent.size:
        names = ", ".join(table.units[r] for r in absent[:5])
        notes.append(f"{absent.size} units have parts but no published '{id}': {names}")


def _incomplete(spec: IndexSpec, table: PublishedTable, id: str, have: Bools) -> Iterator[str]:
    """Totals that are checked although a part of theirs is missing and nothing fills it."""
    if spec.imputation.method != "none":
        return
    parts = [p.id for p in spec.parts(id) if p.id in table.value]
    gone = {p: np.flatnonzero(have & np.isnan(table.value[p])) for p in parts}
    rows = sorted({int(r) for rows in gone.values() for r in rows})
    if rows:
        names = ", ".join(f"{table.units[r]} ({', '.join(p for p in parts if r in gone[p])})" for r in rows[:5])
        yield f"{len(rows)} totals of '{id}' have a part missing and are made from the others: {names}"


def _twice(table: PublishedTable) -> list[Finding]:
    seen: set[tuple[str, int | None]] = set()
    out = []
    nan = float("nan")
    for row, key in enumerate(zip(table.units, table.years, strict=True)):
        if key in seen:
            out.append(Finding("twice", key[0], key[1], "", row + 2, nan, nan, nan, nan, 0.0))
        seen.add(key)
    return out


def _ranks(spec: IndexSpec, table: PublishedTable) -> tuple[list[Finding], int]:
    """Published ranks against published scores: whoever shows a higher score must stand before."""
    if table.rank is None or spec.root.id not in table.shown:
        return [], 0
    score, rank = table.value[spec.root.id], table.rank
    out: list[Finding] = []
    checked = 0
    for year in dict.fromkeys(table.years):
        rows = table.rows(year)
        rows = rows[~np.isnan(rank[rows]) & ~np.isnan(score[rows])]
        checked += len(rows)
        if not rows.size:
            continue
        r = rank[rows]
        best, worst = ranks_allowed(score[rows], r, spec.ranking.ties == "dense")
        for k in np.flatnonzero((r < best) | (r > worst)):
            at, off = int(rows[k]), float(max(best[k] - r[k], r[k] - worst[k]))
            ends = float(best[k]), float(worst[k])
            out.append(Finding("rank", table.units[at], year, spec.root.id, at + 2, float(r[k]), ends[0], *ends, off))
    return out, checked
