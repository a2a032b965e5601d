"""Explanations of totals that take more than one row, another year of the same unit, or a whole column."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from armillary.composite.drawn import FEW_DRAWS
from armillary.composite.intervals import Span
from armillary.composite.matrix import Floats, Ints
from armillary.composite.published import PublishedTable
from armillary.composite.row_model import Row, can_model
from armillary.composite.spans import spans_of
from armillary.composite.spec import IndexSpec
from armillary.errors import ArmillaryError

EXPLAINED = 50
"""For so many of the largest gaps an explanation is looked for."""
PAIRED = 12
"""Among so many rows pairs are tried that exchanged one part."""
COLUMNS = 30
"""So many columns are tried as slipped, and half as many as exchanged."""


@dataclass(frozen=True, slots=True)
class Case:
    """One total that does not follow: its group, its row (from 0), what is published, what the parts give and allow."""

    group: str
    row: int
    published: float
    expected: float
    low: float
    high: float
    excess: float


def fits(value: float, span: Span, row: int, half: float) -> bool:
    """Whether a published total falls into what the parts of a row allow."""
    return bool(span.low[row] - half - 1e-9 <= value <= span.high[row] + half + 1e-9)


def moved(table: PublishedTable, spans: dict[str, Span], cases: list[Case]) -> dict[str, dict[int, str]]:
    """Explanations that take more than one row, or another year of the same unit."""
    out: dict[str, dict[int, str]] = {}
    for group in dict.fromkeys(c.group for c in cases):
        mine = [c for c in cases if c.group == group][: 4 * EXPLAINED]
        rows = {c.row for c in mine}
        span, half, value = spans[group], table.half[group], table.value[group]
        found = out.setdefault(group, {})

        def name(row: int) -> str:
            return table.units[row] + (f" {table.years[row]}" if table.years[row] is not None else "")

        for shift in (1, -1):
            run: list[int] = []
            for row in [*range(len(value)), -1]:
                to = row + shift
                if row in rows and 0 <= to < len(value) and table.years[row] == table.years[to] and fits(value[row], span, to, half):
                    run.append(row)
                    continue
                if len(run) >= 3:
                    text = (
                        f"rows {run[0] + 2} to {run[-1] + 2} carry the total of the row {'after' if shift > 0 else 'before'} each (rotated)"
                    )
                    found.update(dict.fromkeys(run, text))
                    first, last = (run[-1] + shift, run[0]) if shift > 0 else (run[0] + shift, run[-1])
                    if first in rows and first not in found and fits(value[first], span, last, half):
                        found[first] = text
                run = []
        for a, b in combinations([c for c in mine if c.row not in found], 2):
            if a.row in found or b.row in found or table.years[a.row] != table.years[b.row]:
                continue
            if fits(a.published, span, b.row, half) and fits(b.published, span, a.row, half):
                found[a.row] = f"the totals of {name(a.row)} and {name(b.row)} are exchanged"
                found[b.row] = f"the totals of {name(b.row)} and {name(a.row)} are exchanged"
        for c in mine:
            if c.row in found:
                continue
            same = [r for r, u in enumerate(table.units) if u == table.units[c.row] and r != c.row]
            years = [table.years[r] for r in same if fits(c.published, span, r, half)]
            # of many years one will fit by chance: it counts where the unit's totals lie far apart against what fits
            apart = float(np.ptp([span.mid[r] for r in (*same, c.row) if not np.isnan(span.mid[r])] or [0.0]))
            if len(years) == 1 and len(same) * (c.high - c.low + 2 * half) < 0.1 * apart:
                found[c.row] = f"it is the total of {years[0]}"
    return out


# --- columns


def followers(spec: IndexSpec, table: PublishedTable) -> tuple[int, dict[str, Span]]:
    """How many totals of a table follow, and what its parts allow."""
    try:
        spans, _ = spans_of(spec, table, draws=FEW_DRAWS)
    except ArmillaryError:
        return 0, {}
    n = 0
    for id in table.shown:
        with np.errstate(invalid="ignore"):
            shown, own, half = table.value[id], spans[id], table.half[id]
            n += int(((own.low - half - 1e-9 <= shown) & (shown <= own.high + half + 1e-9)).sum())
    return n, spans


def columns(spec: IndexSpec, table: PublishedTable, cases: list[Case]) -> dict[int, str]:
    """Rows that follow once a column of parts is rotated back, or two columns are exchanged; year by year, and only if most of them do."""
    out: dict[int, str] = {}
    for year in dict.fromkeys(table.years[c.row] for c in cases):
        whole = table.rows(year)
        mine = sorted({c.row for c in cases if table.years[c.row] == year})
        stretch = whole[(whole >= mine[0]) & (whole <= mine[-1])]
        if len(mine) >= 3 and len(mine) >= 0.5 * len(stretch):
            out |= _columns_of(spec, table, mine, [whole, stretch] if len(stretch) < len(whole) else [whole])
    return out


def _columns_of(spec: IndexSpec, table: PublishedTable, wrong: list[int], blocks: list[Ints]) -> dict[int, str]:
    """The same for one year: ``blocks`` are the rows that may have slipped, the first of them all rows of the year."""
    rows = blocks[0]
    here = table.only(rows)
    start = followers(spec, here)[0]
    best, text = 0, ""
    parts = [i.id for i in spec.indicators][:COLUMNS]

    def tried(values: dict[str, Floats], said: str) -> None:
        nonlocal best, text
        n = followers(spec, replace(here, value={**here.value, **values}))[0] - start
        if n > best:
            best, text = n, said

    for block in blocks:
        inside = np.isin(rows, block)
        for part in parts:
            for shift in (1, -1, 2, -2):
                value = here.value[part].copy()
                value[inside] = np.roll(value[inside], shift)
                far = f"{'one row' if abs(shift) == 1 else 'two rows'} too {'high' if shift > 0 else 'low'}"
                tried({part: value}, f"{part} stands {far} in rows {block[0] + 2} to {block[-1] + 2} (rotated)")
    for a, b in combinations(parts[: COLUMNS // 2], 2):
        tried({a: here.value[b], b: here.value[a]}, f"the columns {a} and {b} are exchanged")
    return dict.fromkeys(wrong, text) if best >= 3 and best >= 0.7 * len(wrong) else {}


def multiple(table: PublishedTable, spans: dict[str, Span], cases: list[Case], checked: int) -> tuple[dict[str, float], str]:
    """One number by which all totals of a group are what their parts give, times it (another unit of measure), and a sentence about it."""
    found: dict[str, float] = {}
    said = []
    for group in dict.fromkeys(c.group for c in cases):
        mine = [c for c in cases if c.group == group and abs(c.expected) > 1e-12]
        if len(mine) < 3:
            continue
        middle = float(np.median([c.published / c.expected for c in mine]))
        if middle <= 0:
            continue
        ten = 10.0 ** round(float(np.log10(middle)))
        factor = ten if abs(middle / ten - 1) < 0.02 else middle
        half, own, shown = table.half[group], spans[group], table.value[group]
        with np.errstate(invalid="ignore"):
            keeps = (own.low * factor - half - 1e-9 <= shown) & (shown <= own.high * factor + half + 1e-9)
        n = int((~np.isnan(shown) & ~np.isnan(own.mid)).sum())
        if factor != 1 and keeps.sum() >= max(3, 0.7 * n):
            found[group] = factor
            said.append(f"{int(keeps.sum())} of {n} totals of '{group}' are {factor:.6g} times what their parts give")
    return found, "; ".join(said)


def exchanged_parts(spec: IndexSpec, table: PublishedTable, spans: dict[str, Span], cases: list[Case]) -> dict[tuple[str, int], str]:
    """Pairs of wrong rows that both follow once they exchange one part."""
    out: dict[tuple[str, int], str] = {}
    for a, b in combinations(cases[:PAIRED], 2):
        if a.group != b.group or table.years[a.row] != table.years[b.row] or (a.group, a.row) in out or (b.group, b.row) in out:
            continue
        group = spec.of_year(table.years[a.row]).group(a.group)
        if not can_model(spec, group):
            continue
        one, two = Row(spec, table, spans, a.row), Row(spec, table, spans, b.row)
        for part in one.parts(group):
            x, y = one.written(part), two.written(part)
            if np.isnan(x) or np.isnan(y) or x == y:
                continue
            try:
                first = one.total(group, {part: one.scored(part, y)})
                second = two.total(group, {part: two.scored(part, x)})
            except ArmillaryError:
                continue
            half = table.half[a.group]
            if all(abs(v - c.published) <= (c.high - c.low) / 2 + half for v, c in ((first, a), (second, b))):
                out[a.group, a.row] = f"{part} of {table.units[a.row]} and of {table.units[b.row]} are exchanged"
                out[b.group, b.row] = f"{part} of {table.units[b.row]} and of {table.units[a.row]} are exchanged"
                break
    return out
