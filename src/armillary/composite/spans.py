"""What a published table allows for each of its totals: its parts as intervals, through every step of the specification."""

from __future__ import annotations

import numpy as np

from armillary.composite.drawn import DRAWS, drawn_spans, wider
from armillary.composite.intervals import NoBoundsError, Span, combined, divided, indicator_scores, rounded, scaled
from armillary.composite.matrix import Bools, Ints, Matrix
from armillary.composite.pipeline import blocks, screening
from armillary.composite.published import PublishedTable
from armillary.composite.spec import IndexSpec
from armillary.composite.steps.impute import OVER_TIME, carry_forward, interpolate
from armillary.errors import DataError


def spans_of(spec: IndexSpec, table: PublishedTable, *, draws: int = DRAWS) -> tuple[dict[str, Span], list[str]]:
    """What the published parts allow for every indicator (scaled) and group, all years; a published group stands for itself further up."""
    n = len(table.units)
    out = {id: Span(*(np.full(n, np.nan) for _ in range(3))) for id in spec.ids()}
    raw = [rounded(table.value[i.id], table.half[i.id]) for i in spec.indicators]
    for j, i in enumerate(spec.indicators):
        if i.denominator is not None:
            raw[j] = divided(raw[j], rounded(table.value[i.denominator], table.half[i.denominator]), i.scale)
        elif i.scale != 1.0:
            raw[j] = Span(raw[j].low * i.scale, raw[j].mid * i.scale, raw[j].high * i.scale)
    notes: list[str] = []
    raw = _carried(spec, table, raw, notes)
    filled_n = 0
    loose: dict[str, None] = {}
    for year in dict.fromkeys(table.years):
        rows = table.rows(year)
        of = spec.of_year(year)
        here_rows = rows[kept(of, table, raw, rows)]
        if not here_rows.size:
            continue
        labels = {g: tuple(v[r] for r in here_rows) for g, v in table.labels.items()}
        x = Span(*(np.stack([getattr(r, end)[here_rows] for r in raw]) for end in ("low", "mid", "high")))
        published = {id: _published(table, id, here_rows) for id in table.shown}
        try:
            here = _exact(of, x, labels, published)
            if any(of.treatment_of(i).method != "none" for i in of.indicators):
                # whether a point is pulled in may hang on a digit that rounding took away
                drawn = drawn_spans(of, x, labels, published, draws=draws)
                here = {id: wider(span, drawn[id]) for id, span in here.items()}
        except NoBoundsError as error:
            loose[error.rule] = None
            here = drawn_spans(of, x, labels, published, draws=draws)
        scores = np.stack([here[i.id].mid for i in of.indicators])
        filled_n += int((np.isnan(x.mid) & ~np.isnan(scores)).sum())
        for id, span in here.items():
            for end in ("low", "mid", "high"):
                getattr(out[id], end)[here_rows] = getattr(span, end)
    if filled_n:
        notes.append(f"{filled_n} missing parts are imputed ({spec.imputation.method})")
    if loose:
        notes.append(f"no exact bounds under rounding: {', '.join(loose)}; the spans come from draws of what rounding took away")
    return out, notes


def _exact(of: IndexSpec, x: Span, labels: dict[str, tuple[str | None, ...]], published: dict[str, Span]) -> dict[str, Span]:
    """Spans of all indicators and groups of one year; :class:`NoBoundsError` names a rule that has none."""
    made = of.weighting.method
    if made in ("pca", "correlation"):
        raise NoBoundsError(f"weights made by '{made}'")
    scores = indicator_scores(of, x, labels, blocks(of))
    here = {i.id: Span(scores.low[j], scores.mid[j], scores.high[j]) for j, i in enumerate(of.indicators)}
    even = of.weighted_groups() if made == "equal" else set()
    for group in of.upward():
        parts = [here[p.id] if p.id not in published else _shown(published[p.id], here[p.id]) for p in of.parts(group.id)]
        stack = Span(*(np.stack([getattr(p, end) for p in parts]) for end in ("low", "mid", "high")))
        w = np.array([1.0 if group.id in even else p.weight for p in of.parts(group.id)])
        total = combined(stack, w, of.aggregation_of(group.id))
        how = of.rescaling_of(group.id)
        here[group.id] = total if how is None else scaled(total, 1.0, how, labels)
    return here


def _published(table: PublishedTable, id: str, rows: Ints) -> Span:
    return rounded(table.value[id][rows], table.half[id])


def _shown(own: Span, computed: Span) -> Span:
    """A published group as it stands, where it stands."""
    gone = np.isnan(own.mid)
    return Span(*(np.where(gone, getattr(computed, e), getattr(own, e)) for e in ("low", "mid", "high")))


def kept(spec: IndexSpec, table: PublishedTable, raw: list[Span], rows: Ints) -> Bools:
    """Which of these rows pass the coverage rules."""
    labels = tuple(str(r) for r in rows)
    mid = np.column_stack([r.mid[rows] for r in raw])
    return screening(spec, Matrix(labels, tuple(i.id for i in spec.indicators), mid))[0]


def _carried(spec: IndexSpec, table: PublishedTable, raw: list[Span], notes: list[str]) -> list[Span]:
    """Values of earlier years in the table carried forward, or interpolated, where the imputation says so."""
    method = spec.imputation.method
    if method not in OVER_TIME or not any(np.isnan(r.mid).any() for r in raw):
        return raw
    if spec.data.time is None:
        raise DataError(
            f"verify does not apply imputation '{method}': the table has no years from which a value could be carried",
            fix="name the year column in [data]: time = '...'",
        )
    when = sorted({y for y in table.years if y is not None})
    who = sorted(set(table.units))
    at = [(who.index(u), when.index(y)) for u, y in zip(table.units, table.years, strict=True) if y is not None]
    rows = [r for r, y in enumerate(table.years) if y is not None]
    out, carried = [], 0
    for span in raw:
        ends = []
        for end in (span.low, span.mid, span.high):
            cube = np.full((len(who), len(when)), np.nan)
            for (u, t), r in zip(at, rows, strict=True):
                cube[u, t] = end[r]
            full = (carry_forward if method == "locf" else interpolate)(cube, spec.imputation.max_years, when)[0]
            new = end.copy()
            new[rows] = [full[u, t] for u, t in at]
            ends.append(new)
        carried += int((np.isnan(span.mid) & ~np.isnan(ends[1])).sum())
        out.append(Span(*ends))
    how = "carried forward from earlier years (locf)" if method == "locf" else "interpolated between other years"
    notes.append(f"{carried} missing parts are {how}")
    return out
