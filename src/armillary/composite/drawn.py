"""What a published table allows where a rule has no exact bounds: every step redone for many ways in which numbers were rounded.

Each draw adds to every published number a part of its last digit that rounding may have taken away, and goes through the same steps as a
build. The span of the draws is widened, since some dozens of them do not reach its ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from armillary.composite.data import IndexData
from armillary.composite.intervals import Span
from armillary.composite.matrix import Floats, Matrix, empty
from armillary.composite.pipeline import impute_all
from armillary.composite.score import aggregate_all, normalise_all, transform_all, treat_all
from armillary.composite.spec import IndexSpec

DRAWS = 80
FEW_DRAWS = 16
"""For weights that are searched anew in every draw, and for rules that are only tried."""
WIDER = 1.8
"""The span of 80 draws of a sum of uniform roundings reaches about 2.5 of its standard deviations to each side; with this, 4.5."""


def scored(spec: IndexSpec, x: Floats, labels: Mapping[str, Sequence[str | None]], instead: Mapping[str, Floats]) -> dict[str, Floats]:
    """Scores of all indicators and groups from denominated values (indicators, units); ``instead`` are groups that stand for themselves."""
    units = tuple(str(u) for u in range(x.shape[1]))
    columns = tuple(i.id for i in spec.indicators)
    groups = {k: tuple(v) for k, v in labels.items()}
    data = IndexData(Matrix(units, columns, x.T), units, groups, empty(units))
    after = spec.imputation.after
    x = impute_all(spec, x, data).values if after == "denominate" else x
    x = transform_all(spec, x)
    x = impute_all(spec, x, data).values if after == "transform" else x
    x = treat_all(spec, x).values
    x = impute_all(spec, x, data).values if after == "treat" else x
    x = normalise_all(spec, x, labels=groups)
    x = impute_all(spec, x, data).values if after == "normalise" else x
    scores, _ = aggregate_all(spec, x, groups, instead=instead)
    return {i: x[j] for j, i in enumerate(columns)} | scores


def drawn_spans(
    spec: IndexSpec, x: Span, labels: Mapping[str, Sequence[str | None]], shown: Mapping[str, Span], *, draws: int = DRAWS
) -> dict[str, Span]:
    """What ``x`` (indicators, units; denominated) and the published groups ``shown`` allow for every indicator and group."""
    rng = np.random.default_rng(1)
    draws = min(draws, FEW_DRAWS) if spec.weighting.method == "correlation" else draws
    wide = WIDER if draws >= DRAWS else 2.5
    mid = scored(spec, x.mid, labels, {id: s.mid for id, s in shown.items()})
    low, high = dict(mid), dict(mid)

    def drawn(span: Span) -> Floats:
        u = rng.uniform(-1, 1, span.mid.shape)
        x = span.mid + np.where(u < 0, u * (span.mid - span.low), u * (span.high - span.mid))
        return np.asarray(np.where((span.mid >= 0) & (x < 0), 0.0, x))

    for _ in range(draws):
        here = scored(spec, drawn(x), labels, {id: drawn(s) for id, s in shown.items()})
        for id, value in here.items():
            low[id], high[id] = np.fmin(low[id], value), np.fmax(high[id], value)
    return {id: Span(m - wide * (m - low[id]), m, m + wide * (high[id] - m)) for id, m in mid.items()}


def wider(a: Span, b: Span) -> Span:
    """The span that holds both, around the middle of the first."""
    return Span(np.fmin(a.low, b.low), a.mid, np.fmax(a.high, b.high))
