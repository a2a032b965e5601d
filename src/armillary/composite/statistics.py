"""What the data of an index are like: distributions with flags, loadings, denominators, groups of units, own best weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite.analysis import pairwise, principal_components
from armillary.composite.matrix import Floats, Matrix
from armillary.composite.result import IndexResult
from armillary.composite.steps.benefit_of_doubt import benefit_of_the_doubt
from armillary.composite.steps.moments import skew_kurt
from armillary.errors import DataError, UnknownNameError, UsageError

MANY_MISSING, MANY_ZEROS, FEW_VALUES = 1 / 3, 0.5, 5
WEAK, COLLINEAR = 0.3, 0.92


def indicators(result: IndexResult, stage: str = "denominated") -> pa.Table:
    """One row an indicator: how many values, zeros and imputed cells, where they lie, how skewed they are, and what to look at.

    ``outliers`` counts values beyond 1.5 times the interquartile range (Tukey). ``flags``: ``missing`` (more than a third), ``zeros``
    (half), ``few values`` (fewer than five), ``skewed`` (the limits of its treatment), ``against its group`` (a negative correlation
    with the score of its parent), ``weak in its group`` (below 0.3).
    """
    x, spec = result.stage(stage).lines, result.spec
    skew, kurt = skew_kurt(x, spec.treatment.skew_kind)
    imputed = result.is_imputed().sum(axis=0)
    rows = []
    for j, i in enumerate(spec.indicators):
        known = x[j][~np.isnan(x[j])]
        row: dict[str, Any] = {"indicator": i.id, "name": i.name or i.id, "group": i.parent, "unit": i.unit, "n": int(known.size)}
        row |= {"missing": int(x.shape[1] - known.size), "imputed": int(imputed[j]), "zeros": int((known == 0).sum())}
        row["different"] = len(np.unique(known))
        if known.size:
            low, q1, middle, q3, high = np.quantile(known, [0, 0.25, 0.5, 0.75, 1])
            out = (known < q1 - 1.5 * (q3 - q1)) | (known > q3 + 1.5 * (q3 - q1))
            row |= {"min": low, "q1": q1, "median": middle, "mean": known.mean(), "q3": q3, "max": high}
            row |= {"sd": known.std(ddof=1) if known.size > 1 else None, "outliers": int(out.sum())}
        row |= {"skew": _real(skew[j]), "kurtosis": _real(kurt[j])}
        r = float(pairwise(result.score(i.id)[None], result.score(i.parent)[None])[0, 0])
        row |= {"r_group": _real(r), "flags": ", ".join(_flags(result, j, known, x.shape[1], float(skew[j]), float(kurt[j]), r))}
        rows.append(row)
    names = list(dict.fromkeys(k for r in rows for k in r))
    whole = ("n", "missing", "imputed", "zeros", "different", "outliers")
    text = ("indicator", "name", "group", "unit", "flags")
    return pa.table(
        {n: pa.array([r.get(n) for r in rows], pa.string() if n in text else pa.int32() if n in whole else pa.float64()) for n in names}
    )


def _real(x: Any) -> float | None:
    return None if np.isnan(x) else float(x)


def _flags(result: IndexResult, j: int, known: Floats, n: int, skew: float, kurt: float, r: float) -> list[str]:
    i = result.spec.indicators[j]
    rule = result.spec.treatment_of(i)
    checks = {
        "missing": n - known.size > MANY_MISSING * n,
        "zeros": known.size > 0 and (known == 0).mean() >= MANY_ZEROS,
        "few values": len(np.unique(known)) < FEW_VALUES,
        "skewed": abs(skew) > rule.skew_max and kurt > rule.kurt_max,
        "against its group": r < 0,
        "weak in its group": 0 <= r < WEAK,
    }
    return [name for name, is_so in checks.items() if is_so]


def loadings(result: IndexResult, group: str | None = None) -> pa.Table:
    """Principal components of the parts of a group (by default of every group): ``group, part, component, loading, explained``."""
    chosen = [result.spec.group(group).id] if group else [g.id for g in result.spec.downward() if len(result.spec.parts(g.id)) > 1]
    rows: list[dict[str, Any]] = []
    for id in chosen:
        try:
            found = principal_components(result, id)
        except DataError:
            if group:
                raise
            continue
        rows += [
            {"group": id, "part": p, "component": k + 1, "loading": float(found.loadings[i, k]), "explained": float(e)}
            for k, e in enumerate(found.explained)
            for i, p in enumerate(found.parts)
        ]
    types = {"group": pa.string(), "part": pa.string(), "component": pa.int32(), "loading": pa.float64(), "explained": pa.float64()}
    return pa.table({k: pa.array([r[k] for r in rows], t) for k, t in types.items()})


def denominators(result: IndexResult, method: str = "pearson") -> pa.Table:
    """Correlation of every indicator as it came in with every denominator of the data: a large one says that size was not divided out.

    Columns ``indicator, denominator, is_used, r, r_after``: before division, and after it where there is one.
    """
    below = result.sample.denominators
    if not below.columns:
        raise UsageError("the data hold no denominators", fix="name their columns: denominators = ['gdp'] in [data]")
    raw, after = result.sample.values.lines, result.stage("denominated").lines
    before, later = pairwise(raw, below.lines, method), pairwise(after, below.lines, method)
    rows = [(i, d, j, k) for j, i in enumerate(result.spec.indicators) for k, d in enumerate(below.columns)]
    return pa.table(
        {
            "indicator": pa.array([i.id for i, _, _, _ in rows], pa.string()),
            "denominator": pa.array([d for _, d, _, _ in rows], pa.string()),
            "is_used": pa.array([i.denominator == d for i, d, _, _ in rows]),
            "r": pa.array([_real(before[j, k]) for _, _, j, k in rows], pa.float64()),
            "r_after": pa.array([_real(later[j, k]) for _, _, j, k in rows], pa.float64()),
        }
    )


def own_weights(result: IndexResult) -> pa.Table:
    """The weights that each unit found in benefit of the doubt: ``group, unit_id, name, part, weight, share`` (of its score)."""
    rows: list[dict[str, Any]] = []
    for g in result.spec.downward():
        rule = result.spec.aggregation_of(g.id)
        if rule.method != "bod":
            continue
        ids = [p.id for p in result.spec.parts(g.id)]
        parts = np.column_stack([result.score(i) for i in ids])
        score, weights = benefit_of_the_doubt(parts, rule.shares)
        for u, unit in enumerate(result.units):
            for k, id in enumerate(ids):
                if not np.isnan(score[u]):
                    part = parts[u, k] if not np.isnan(parts[u, k]) else float(np.nanmean(parts[u]))
                    share = weights[u, k] * part / score[u] if score[u] else 0.0
                    row = {"group": g.id, "unit_id": unit, "name": result.sample.names[u], "part": id}
                    rows.append(row | {"weight": float(weights[u, k]), "share": float(share)})
    if not rows:
        raise UsageError("no group is joined by benefit of the doubt", fix="aggregate = 'bod' at a group makes one")
    return pa.Table.from_pylist(rows)


def grouped(result: IndexResult, by: str, *, level: str = "index", weight: str | None = None) -> pa.Table:
    """Means of a group, level or indicator within the groups of units (regions, income): one row a group of units, best mean first.

    ``group, units, mean, median, min, max, best, worst``; with ``weight`` (a denominator such as population) also ``weighted_mean``
    and ``weighted_units``, over the units that have both.
    """
    labels = _labels(result, by)
    columns = [level] if level in result.spec.ids() else [g.id for g in result.spec.at_level(level)]
    rows: list[dict[str, Any]] = []
    size = None
    if weight is not None:
        if weight not in result.sample.denominators.columns:
            raise UnknownNameError("denominator", weight, result.sample.denominators.columns or ("(none)",))
        size = result.sample.denominators.column(weight)
    for id in columns:
        value = result.score(id)
        part: list[dict[str, Any]] = []
        for label in sorted(set(labels) - {""}):
            inside = np.array([x == label for x in labels]) & ~np.isnan(value)
            if not inside.any():
                continue
            v = value[inside]
            names = [n for n, k in zip(result.sample.names, inside, strict=True) if k]
            row: dict[str, Any] = {"item": id, "group": label, "units": int(inside.sum()), "mean": float(v.mean())}
            if size is not None:
                both = inside & ~np.isnan(size)
                total = float(size[both].sum())
                row["weighted_mean"] = float((value[both] * size[both]).sum() / total) if total > 0 else None
                row["weighted_units"] = int((both & (size > 0)).sum())
            row |= {"median": float(np.median(v)), "min": float(v.min()), "max": float(v.max())}
            row |= {"best": names[int(v.argmax())], "worst": names[int(v.argmin())]}
            part.append(row)
        rows += sorted(part, key=lambda r: (-r["mean"], r["group"]))
    return pa.Table.from_pylist(rows)


def _labels(result: IndexResult, by: str) -> list[str]:
    if by not in result.sample.groups:
        raise UnknownNameError("grouping", by, result.sample.groups or ("(none)",))
    return [x or "" for x in result.sample.groups[by]]


def ranks_within(result: IndexResult, by: str, level: str = "index") -> pa.Table:
    """The ranking with the rank and the number of units within each unit's group: ``..., rank_in_group, units_in_group``."""
    labels = _labels(result, by)
    table = result.table(level)
    value = dict(zip(table.column("unit_id").to_pylist(), table.column("value").to_pylist(), strict=True))
    of = dict(zip(result.units, labels, strict=True))
    rank: dict[str, float] = {}
    for label in set(labels) - {""}:
        units = [u for u in value if of[u] == label]
        found = result.spec.ranking.of(np.array([value[u] for u in units]))
        rank |= dict(zip(units, found.tolist(), strict=True))
    ids = list(value)
    count = {label: sum(of[u] == label for u in ids) for label in set(labels)}
    table = table.append_column("rank_in_group", pa.array([rank.get(u) for u in ids], pa.float64()).cast(table.schema.field("rank").type))
    return table.append_column("units_in_group", pa.array([count[of[u]] if of[u] else None for u in ids], pa.int32()))


def versions(results: dict[str, IndexResult]) -> tuple[pa.Table, Matrix]:
    """Several versions or editions side by side, in the order of the last one, and Kendall's tau-b between each two.

    ``unit_id, name``, then ``value`` and ``rank`` of each version (``value 2024``, ``rank 2024``), ``best``, ``worst`` and ``range`` of
    the ranks; a unit that a version does not rank has none there.
    """
    from scipy.stats import kendalltau

    if len(results) < 2:
        raise UsageError("versions are compared, and there is one", fix="name two specifications or years at least")
    names: dict[str, str] = {}
    cells: dict[str, dict[str, tuple[float, float]]] = {}
    for label, r in results.items():
        root = r.spec.root.id
        for u, n, v, k in zip(r.units, r.sample.names, r.score(root), r.ranks(root), strict=True):
            if not np.isnan(v):
                names[u] = n
                cells.setdefault(u, {})[label] = (float(v), float(k))
    last = list(results)[-1]
    # whole numbers, unless ties share the mean of their places
    places = pa.float64() if any(r.spec.ranking.ties == "average" for r in results.values()) else pa.int32()
    order = sorted(cells, key=lambda u: (cells[u].get(last, (0.0, np.inf))[1], names[u], u))
    columns: dict[str, Any] = {"unit_id": pa.array(order, pa.string()), "name": pa.array([names[u] for u in order], pa.string())}
    for label in results:
        columns[f"value {label}"] = pa.array([cells[u].get(label, (None, None))[0] for u in order], pa.float64())
        columns[f"rank {label}"] = pa.array([cells[u].get(label, (None, None))[1] for u in order], pa.float64()).cast(places)
    ranks = [[c[1] for c in cells[u].values()] for u in order]
    spans = {"best": [min(r) for r in ranks], "worst": [max(r) for r in ranks], "range": [max(r) - min(r) for r in ranks]}
    columns |= {k: pa.array(v, pa.float64()).cast(places) for k, v in spans.items()}
    tau = np.full((len(results), len(results)), np.nan)
    for i, a in enumerate(results):
        for j, b in enumerate(results):
            both = [u for u in order if a in cells[u] and b in cells[u]]
            if len(both) > 1:
                tau[i, j] = kendalltau([cells[u][a][1] for u in both], [cells[u][b][1] for u in both]).statistic
    return pa.table(columns), Matrix(tuple(results), tuple(results), tau)


def profile(result: IndexResult, unit: str, level: str | None = None) -> pa.Table:
    """One unit's scores and ranks for every group of a level (all groups, if none is named): ``item, name, level, score, rank, units``."""
    u = result.position(unit)
    groups = result.spec.at_level(level) if level else result.spec.downward()
    rows = []
    for g in groups:
        score = result.score(g.id)
        rank = result.ranks(g.id)
        rows.append(
            {
                "item": g.id,
                "name": g.name or g.id,
                "level": result.spec.level_of(g.id),
                "score": _real(score[u]),
                "rank": _real(rank[u]),
                "units": int((~np.isnan(score)).sum()),
                "mean": _real(np.nanmean(score)),
            }
        )
    return pa.Table.from_pylist(rows)
