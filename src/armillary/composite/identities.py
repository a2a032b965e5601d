"""Identities inside a published table: sums, means, ratios, shares, ranks from scores, one factor between columns or years.

An identity that nearly all rows keep is a rule of the table, and a row that breaks it is probably wrong. Rounding is handled as in
:mod:`.verify`: numbers stand for intervals. An identity must be told apart from chance: it needs five rows, varied values, and bounds
that are narrow against the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np

from armillary.composite.figures import Figures
from armillary.composite.intervals import Span, ranks_allowed, rounded
from armillary.composite.matrix import Bools, Floats
from armillary.composite.slips import slips
from armillary.core.ranks import competition_ranks
from armillary.errors import DataError

LEAST_ROWS = 5
MOST_COLUMNS = 30
"""Of wider tables the first so many numeric columns are compared with each other."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that does not keep an identity: its number in the file, who it is, what is published, what the identity gives."""

    row: int
    unit: str
    published: float
    low: float
    high: float
    cause: str = ""

    @property
    def text(self) -> str:
        """The row as a sentence."""
        wanted = f"{self.low:g}" if self.low == self.high else f"{self.low:.6g} to {self.high:.6g}"
        return f"row {self.row}: {self.unit}: {self.published:g} is published, the others give {wanted}" + (
            f"; {self.cause}" if self.cause else ""
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """One rule of the table: its kind, its formula, in how many rows it holds of how many, and the rows that break it."""

    kind: str
    formula: str
    holds: int
    of: int
    broken: tuple[BrokenRow, ...]
    remark: str = ""

    @property
    def text(self) -> str:
        """The identity as a sentence."""
        return f"{self.formula}: holds in {self.holds:,} of {self.of:,} rows" + (f"; {self.remark}" if self.remark else "")


# --- what a formula allows


def added(spans: Sequence[Span]) -> Span:
    """The sum of columns."""
    return Span(*(np.sum([getattr(s, end) for s in spans], axis=0) for end in ("low", "mid", "high")))


def times(span: Span, k: float) -> Span:
    """A column times a number."""
    ends = (span.low * k, span.high * k)
    return Span(np.minimum(*ends), span.mid * k, np.maximum(*ends))


def ratio(a: Span, b: Span) -> Span:
    """One column over another, NaN where the lower one may be nought."""
    with np.errstate(invalid="ignore", divide="ignore"):
        safe = (b.low > 0) | (b.high < 0)
        corners = np.stack([x / y for x in (a.low, a.high) for y in (b.low, b.high)])
        return Span(*(np.where(safe, v, np.nan) for v in (corners.min(axis=0), a.mid / b.mid, corners.max(axis=0))))


def product(a: Span, b: Span) -> Span:
    """One column times another."""
    corners = np.stack([x * y for x in (a.low, a.high) for y in (b.low, b.high)])
    return Span(corners.min(axis=0), a.mid * b.mid, corners.max(axis=0))


def _kept(sheet: Figures, column: str, span: Span) -> tuple[Bools, Bools]:
    """Rows in which the identity can be checked, and those in which it holds."""
    shown, half = sheet.columns[column], sheet.half[column]
    have = ~(np.isnan(shown) | np.isnan(span.mid))
    slack = 1e-9 * np.maximum(1.0, np.abs(np.where(have, shown, 0.0)))
    with np.errstate(invalid="ignore"):
        return have, have & (span.low - half - slack <= shown) & (shown <= span.high + half + slack)


def _says_something(sheet: Figures, column: str, span: Span, have: Bools) -> bool:
    """Whether the bounds are narrow against the differences between rows, and the values varied."""
    shown = sheet.columns[column][have]
    if len(shown) < LEAST_ROWS or len(np.unique(shown)) < 4:
        return False
    width = (span.high - span.low)[have] + 2 * sheet.half[column]
    return bool(np.median(width) < 0.1 * (np.quantile(shown, 0.9) - np.quantile(shown, 0.1)))


def checked(sheet: Figures, kind: str, formula: str, column: str, span: Span, remark: str = "") -> Identity:
    """An identity with the rows that break it."""
    have, keeps = _kept(sheet, column, span)
    half = sheet.half[column]
    broken = []
    for r in np.flatnonzero(have & ~keeps):
        low, high, shown = float(span.low[r]), float(span.high[r]), float(sheet.columns[column][r])
        decimals = max(0, round(float(-np.log10(2 * half))))
        slip = next(((t, k) for t, k in slips(f"{shown:.{decimals}f}") if low - half <= float(t) <= high + half), None)
        broken.append(BrokenRow(int(r) + 2, sheet.names[r], shown, low, high, f"{slip[0]} would fit ({slip[1]})" if slip else ""))
    return Identity(kind, formula, int(keeps.sum()), int(have.sum()), tuple(broken), remark)


# --- finding them


def identities(sheet: Figures, *, share: float = 0.8) -> list[Identity]:
    """The identities that at least ``share`` of the rows keep, the plainest of each set of columns."""
    out: list[Identity] = list(_totals(sheet))
    if sheet.total.any():
        # a row that sums up the others keeps no other identity
        sheet = replace(sheet, columns={c: np.where(sheet.total, np.nan, v) for c, v in sheet.columns.items()})
    taken: set[frozenset[str]] = set()

    def offer(kind: str, formula: str, column: str, others: Sequence[str], span: Span, remark: str = "") -> bool:
        key = frozenset((column, *others))
        if key in taken:
            return False
        have, keeps = _kept(sheet, column, span)
        if have.sum() < LEAST_ROWS or keeps.sum() < share * have.sum() or not _says_something(sheet, column, span, have):
            return False
        taken.add(key)
        out.append(checked(sheet, kind, formula, column, span, remark))
        return True

    places = list(_ranks(sheet, share))
    out += places
    ranks = {i.formula.split(" = ")[0] for i in places}
    names = [c for c in sheet.columns if c not in ranks][:MOST_COLUMNS]
    spans = {c: sheet.span(c) for c in names}
    _sums(names, spans, offer)
    _shares(sheet, names, spans, offer)
    _factors(sheet, names, spans, offer)
    _means(sheet, names, spans, offer)
    _ratios(sheet, names, spans, offer)
    out += _years(sheet)
    return out


Offer = Callable[..., bool]


def _sums(names: list[str], spans: dict[str, Span], offer: Offer) -> None:
    """A column as sum or mean of columns that stand together, or of any two."""
    for c in names:
        others = [x for x in names if x != c]
        runs = [others[a:b] for a in range(len(others)) for b in range(a + 3, len(others) + 1)]
        for run in sorted([*runs, *map(list, combinations(others, 2))], key=len):
            total = added([spans[x] for x in run])
            said = " + ".join(run) if len(run) <= 4 else f"{run[0]} + ... + {run[-1]}"
            if offer("sum", f"{c} = {said}", c, run, total):
                break
            if offer(
                "mean",
                f"{c} = mean({', '.join(run) if len(run) <= 4 else f'{run[0]}, ..., {run[-1]}'})",
                c,
                run,
                times(total, 1 / len(run)),
            ):
                break


def _factors(sheet: Figures, names: list[str], spans: dict[str, Span], offer: Offer) -> None:
    """One column as a constant times another."""
    for a, c in combinations(names, 2):
        k = _constant(sheet.columns[c], sheet.columns[a])
        k = k if k is None or _is_ten(k) else _most_common(sheet.span(c), spans[a], k)
        if k is not None:
            remark = "both columns are the same" if k == 1 else "one common factor"
            offer("factor", f"{c} = {k:.6g} * {a}", c, [a], times(spans[a], k), remark)


def _is_ten(k: float) -> bool:
    """Whether a number is a power of ten."""
    return k > 0 and abs(float(np.log10(k)) - round(float(np.log10(k)))) < 1e-12


def _most_common(c: Span, x: Span, near: float) -> float:
    """The factor that lies in the most of the intervals that the rows allow: a median may lie outside many of them by rounding."""
    q = ratio(c, x)
    known = np.isfinite(q.low) & np.isfinite(q.high) & (q.high > 0.9 * near) & (q.low < 1.1 * near)
    if not known.any():
        return near
    low, high = q.low[known], q.high[known]
    ends = np.unique(np.concatenate([low, high]))
    tries = np.concatenate([ends, (ends[1:] + ends[:-1]) / 2, [near]])
    count = ((low[None, :] <= tries[:, None] + 1e-15) & (tries[:, None] <= high[None, :] + 1e-15)).sum(axis=1)
    best = tries[count == count.max()]
    return near if near in best else float(np.median(best))


def _shares(sheet: Figures, names: list[str], spans: dict[str, Span], offer: Offer) -> None:
    """One column as the part that another has of its sum (of the row that sums it up, where there is one)."""
    for c in names:
        known = sheet.columns[c][~np.isnan(sheet.columns[c])]
        total = float(known.sum())
        if known.size < LEAST_ROWS or total <= 0 or known.min() < 0:
            continue
        for other in names:
            for k in (1.0, 100.0) if other != c else ():
                # the sum is rounded as well: each of its parts by half of the last digit, most of which cancels
                off = sheet.half[c] * np.sqrt(known.size)
                s = spans[c]
                span = Span(k * np.minimum(s.low / (total + off), s.low / (total - off)), k * s.mid / total, k * s.high / (total - off))
                offer("share", f"{other} = {k:g} * {c} / sum({c})", other, [c], span)


def _totals(sheet: Figures) -> Iterator[Identity]:
    """Rows that are called a total, an average and so on: which columns they sum up, and which they do not."""
    for r in np.flatnonzero(sheet.total):
        word = sheet.names[r].strip().casefold()
        is_sum = any(w in word for w in ("total", "sum", "all", "world"))
        is_mean = any(w in word for w in ("average", "mean"))
        same = np.array([w == sheet.when[r] for w in sheet.when]) & ~sheet.total
        results: list[tuple[str, bool, BrokenRow]] = []
        for c, values in sheet.columns.items():
            rest, shown = values[same & ~np.isnan(values)], float(values[r])
            if np.isnan(shown) or rest.size < 3 or not (is_sum or is_mean):
                continue
            n, half = rest.size, sheet.half[c]
            middle, off = (float(rest.sum()), half * n) if is_sum else (float(rest.mean()), half)
            low, high = middle - off, middle + off
            keeps = low - half - 1e-9 <= shown <= high + half + 1e-9
            results.append((c, keeps, BrokenRow(int(r) + 2, f"{sheet.names[r]} ({c})", shown, low, high)))
        holds = [c for c, keeps, _ in results if keeps]
        if holds and len(holds) >= 0.5 * len(results):
            broken = tuple(b for _, keeps, b in results if not keeps)
            said = f"row '{sheet.names[r]}' = {'sum' if is_sum else 'mean'} of the rows"
            yield Identity("total", said, len(holds), len(results), broken, "columns, not rows, are counted here")


def _means(sheet: Figures, names: list[str], spans: dict[str, Span], offer: Offer) -> None:
    """A column as the geometric mean, or as a mean with weights, of columns that stand together."""
    for c in names:
        others = [x for x in names if x != c]
        runs = [others[a:b] for a in range(len(others)) for b in range(a + 2, min(len(others), a + 10) + 1)]
        for run in sorted(runs, key=len):
            columns = np.stack([sheet.columns[x] for x in run])
            if np.nanmin(columns) > 0 and np.nanmin(sheet.columns[c]) > 0:
                with np.errstate(invalid="ignore", divide="ignore"):
                    ends = (np.stack([np.maximum(getattr(spans[x], e), 1e-300) for x in run]) for e in ("low", "mid", "high"))
                    span = Span(*(np.exp(np.log(e).mean(axis=0)) for e in ends))
                if offer("geometric mean", f"{c} = gmean({', '.join(run)})", c, run, span):
                    break
            weights = _weights(sheet.columns[c], columns)
            if weights is not None:
                span = added([times(spans[x], w) for x, w in zip(run, weights, strict=True)])
                said = " + ".join(f"{w:g} * {x}" for x, w in zip(run, weights, strict=True))
                if offer("weighted mean", f"{c} = {said}", c, run, span, "weights found from the table"):
                    break


def _weights(c: Floats, x: Floats) -> tuple[float, ...] | None:
    """Round weights above nought that add up to one and make most of ``c`` from ``x`` (columns, rows); None if there are none.

    Least squares, redone without the rows that fit worst, so that a wrong row does not bend them; hundredths, else none.
    """
    known = ~np.isnan(c) & ~np.isnan(x).any(axis=0)
    k = len(x)
    if known.sum() < max(LEAST_ROWS, 3 * k):
        return None
    a, b = x[:, known].T, c[known]
    keep = np.ones(len(b), dtype=np.bool_)
    for _ in range(5):
        w = np.linalg.lstsq(a[keep], b[keep], rcond=None)[0]
        gap = np.abs(a @ w - b)
        keep = gap <= max(float(np.quantile(gap, 0.85)), 1e-12)
    rounded_w = np.round(w, 2)
    if np.any(rounded_w < 0.01) or abs(rounded_w.sum() - 1) > 1e-9 or np.abs(w - rounded_w).max() > 0.004:
        return None
    if np.ptp(rounded_w) < 1e-9:
        return None  # a plain mean has been looked for
    return tuple(float(v) for v in rounded_w)


def _ratios(sheet: Figures, names: list[str], spans: dict[str, Span], offer: Offer) -> None:
    """One column as the ratio, product or relative change of two others."""
    for a, b in combinations(names, 2):
        for c in names:
            if c in (a, b):
                continue
            for x, y in ((a, b), (b, a)):
                span = ratio(spans[x], spans[y])
                k = _constant(sheet.columns[c], span.mid)
                if k is not None and offer("ratio", f"{c} = {'' if k == 1 else f'{k:.6g} * '}{x} / {y}", c, [x, y], times(span, k)):
                    break
                grown = Span(100 * (span.low - 1), 100 * (span.mid - 1), 100 * (span.high - 1))
                if offer("change", f"{c} = 100 * ({x} / {y} - 1)", c, [x, y], grown):
                    break
            else:
                whole = product(spans[a], spans[b])
                k = _constant(sheet.columns[c], whole.mid)
                if k is not None:
                    offer("product", f"{c} = {'' if k == 1 else f'{k:.6g} * '}{a} * {b}", c, [a, b], times(whole, k))


def _constant(c: Floats, x: Floats) -> float | None:
    """The number by which one column is the multiple of another in most rows, as a power of ten where it is one; None if there is none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        q = c / x
    q = q[np.isfinite(q) & (q != 0)]
    if q.size < LEAST_ROWS:
        return None
    middle = float(np.median(q))
    if np.quantile(np.abs(q / middle - 1), 0.7) > 0.02:
        return None
    # the rows with the largest numbers know the constant best
    big = np.abs(c[np.isfinite(c / np.where(x == 0, np.nan, x))])
    near = np.isfinite(c) & np.isfinite(x) & (x != 0) & (np.abs(c) >= np.median(big))
    with np.errstate(invalid="ignore", divide="ignore"):
        best = float(np.median((c / x)[near])) if near.any() else middle
    ten = 10.0 ** round(float(np.log10(abs(best)))) * (1 if best > 0 else -1)
    return ten if abs(best / ten - 1) < 0.01 else best


def _ranks(sheet: Figures, share: float) -> Iterator[Identity]:
    """Columns of places that follow from a column of scores, in each year by itself."""
    for r, rank in sheet.columns.items():
        known = rank[~np.isnan(rank)]
        if known.size < LEAST_ROWS or np.any(known != np.round(known)) or known.min() != 1 or known.max() > 3 * known.size + 5:
            continue
        for s, score in sheet.columns.items():
            if s == r or len(np.unique(score[~np.isnan(score)])) < 4:
                continue
            for sign, word in ((1.0, "largest first"), (-1.0, "smallest first")):
                low, high = _places(sheet, score * sign, rank)
                have = ~(np.isnan(rank) | np.isnan(low))
                keeps = have & (low <= rank) & (rank <= high)
                apart = len(np.unique(competition_ranks(score))) > 0.5 * known.size
                if have.sum() >= LEAST_ROWS and keeps.sum() >= share * have.sum() and apart:
                    broken = tuple(
                        BrokenRow(int(k) + 2, sheet.names[k], float(rank[k]), float(low[k]), float(high[k]))
                        for k in np.flatnonzero(have & ~keeps)
                    )
                    yield Identity("rank", f"{r} = rank({s}, {word})", int(keeps.sum()), int(have.sum()), broken)


def _places(sheet: Figures, score: Floats, rank: Floats) -> tuple[Floats, Floats]:
    low, high = np.full(len(score), np.nan), np.full(len(score), np.nan)
    for year in dict.fromkeys(sheet.when):
        rows = np.flatnonzero(np.array([w == year for w in sheet.when]) & ~np.isnan(score) & ~np.isnan(rank))
        if rows.size:
            low[rows], high[rows] = ranks_allowed(score[rows], rank[rows], False)
    return low, high


def _years(sheet: Figures) -> Iterator[Identity]:
    """Years that are the year before times one number for nearly everybody: extrapolated, or copied."""
    years = sorted({w for w in sheet.when if w is not None}, key=str)
    who = [n.rpartition(" ")[0] for n in sheet.names]
    for old, new in pairwise(years):
        at = {u: k for k, (u, w) in enumerate(zip(who, sheet.when, strict=True)) if w == old}
        rows = [(at[u], k) for k, (u, w) in enumerate(zip(who, sheet.when, strict=True)) if w == new and u in at]
        if len(rows) < LEAST_ROWS:
            continue
        before, after = (np.array(i) for i in zip(*rows, strict=True))
        for c, values in sheet.columns.items():
            k = _constant(values[after], values[before])
            if k is None:
                continue
            span = times(rounded(values[before], sheet.half[c]), k)
            have = ~(np.isnan(values[after]) | np.isnan(values[before])) & (values[before] != 0)
            keeps = have & (span.low - sheet.half[c] <= values[after]) & (values[after] <= span.high + sheet.half[c])
            part = Figures({c: values[after]}, sheet.half, [], [])
            if have.sum() >= LEAST_ROWS and keeps.sum() >= 0.9 * have.sum() and _says_something(part, c, span, have):
                remark = (
                    f"{new} repeats {old}" if k == 1 else f"one common factor between {old} and {new}: extrapolated, or a change of unit"
                )
                yield Identity("years", f"{c} of {new} = {k:.6g} * {c} of {old}", int(keeps.sum()), int(have.sum()), (), remark)


def needs(found: Sequence[Identity], sheet: Figures) -> None:
    """An error where a table has nothing that could be checked."""
    if not found and len(sheet.columns) < 2:
        raise DataError(f"the table has {len(sheet.columns)} columns of numbers", fix="give a table with at least two")
