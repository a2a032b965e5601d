"""What an index is made of, statistically: correlations, reliability, components, redundancy, real against nominal weights, fragility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite.matrix import Floats, Matrix
from armillary.composite.pipeline import build
from armillary.composite.result import IndexResult
from armillary.composite.score import group_score
from armillary.errors import DataError, UsageError


def pairwise(x: Floats, y: Floats | None = None, method: str = "pearson") -> Floats:
    """Correlations of the rows of ``x`` with those of ``y`` (default: themselves) over the units that both have; NaN below three."""
    if method not in ("pearson", "spearman"):
        raise UsageError(f"correlation is 'pearson' or 'spearman', not '{method}'")
    from scipy.stats import rankdata

    y = x if y is None else y
    out = np.full((len(x), len(y)), np.nan)
    for i, a in enumerate(x):
        for j, b in enumerate(y):
            both = ~(np.isnan(a) | np.isnan(b))
            p, q = a[both], b[both]
            if method == "spearman" and both.sum():
                p, q = rankdata(p), rankdata(q)
            if both.sum() >= 3 and p.std() > 0 and q.std() > 0:
                out[i, j] = float(np.corrcoef(p, q)[0, 1])
    return out


def level_scores(result: IndexResult, level: str) -> Matrix:
    """Scores of all groups of a level, or the normalised indicators for ``indicator``."""
    if level == "indicator":
        return result.stage("normalised")
    return result.stage("aggregated").select([g.id for g in result.spec.at_level(level)])


def correlations(result: IndexResult, rows: str = "indicator", columns: str | None = None, method: str = "pearson") -> pa.Table:
    """Correlations between two levels (or within one): ``row, row_group, column, r, n, p, flag, is_parent``.

    ``row_group`` is the parent of the row, ``n`` the units that have both, ``p`` the two-sided probability of such a correlation
    between unrelated columns. ``is_parent`` marks an item against a group that it is part of: there ``flag`` says ``negative`` (the
    item works against the group) or ``weak`` (below 0.3: the group does not listen to it); elsewhere ``negative`` or ``collinear``
    (at least 0.92).
    """
    from scipy.stats import t as student

    a = level_scores(result, rows)
    b = a if columns is None else level_scores(result, columns)
    r = pairwise(a.lines, b.lines, method)
    n = (~np.isnan(a.lines)).astype(np.int64) @ (~np.isnan(b.lines)).astype(np.int64).T
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 2 * student.sf(np.abs(r) * np.sqrt(np.maximum(n - 2, 0) / np.maximum(1 - r**2, 1e-300)), np.maximum(n - 2, 1))
    parents = {**{i.id: i.parent for i in result.spec.indicators}, **{g.id: g.parent for g in result.spec.groups}}

    def is_above(item: str, group: str) -> bool:
        at = parents.get(item)
        while at is not None:
            if at == group:
                return True
            at = parents.get(at)
        return False

    def flag(value: float, is_parent: bool) -> str:
        if np.isnan(value):
            return ""
        if value < 0:
            return "negative"
        return ("weak" if value < 0.3 else "") if is_parent else "collinear" if value >= 0.92 else ""

    listed = [
        {
            "row": x,
            "row_group": parents[x],
            "column": y,
            "r": None if np.isnan(r[i, j]) else float(r[i, j]),
            "n": int(n[i, j]),
            "p": None if np.isnan(p[i, j]) else float(p[i, j]),
            "flag": flag(float(r[i, j]), is_above(x, y)),
            "is_parent": is_above(x, y),
        }
        for i, x in enumerate(a.columns)
        for j, y in enumerate(b.columns)
        if not (columns is None and j <= i)
    ]
    types = {"row": pa.string(), "row_group": pa.string(), "column": pa.string(), "r": pa.float64(), "n": pa.int32()}
    types |= {"p": pa.float64(), "flag": pa.string(), "is_parent": pa.bool_()}
    return pa.table({k: pa.array([x[k] for x in listed], t) for k, t in types.items()})


def cronbach_alpha(parts: Floats) -> float:
    """Cronbach's alpha of the rows of ``parts`` over complete units: k/(k-1) (1 - sum of variances / variance of the sum)."""
    full = parts[:, ~np.isnan(parts).any(axis=0)]
    k = len(full)
    if k < 2 or full.shape[1] < 3:
        return float("nan")
    total = full.sum(axis=0).var(ddof=1)
    return float("nan") if total == 0 else float(k / (k - 1) * (1 - full.var(axis=1, ddof=1).sum() / total))


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Principal components of the parts of one group: share of variance of each component, and loadings (parts, components)."""

    group: str
    parts: tuple[str, ...]
    explained: Floats
    loadings: Floats
    units_n: int


def principal_components(result: IndexResult, group: str) -> Components:
    """Components of the correlation matrix of a group's parts, over the units that have them all; the largest loading is positive."""
    ids = [p.id for p in result.spec.parts(result.spec.group(group).id)]
    x = np.stack([result.score(i) for i in ids])
    full = x[:, ~np.isnan(x).any(axis=0)]
    if full.shape[1] < 3 or len(ids) < 2:
        raise DataError(f"group '{group}' has {len(ids)} parts and {full.shape[1]} complete units: too few for components")
    if np.any(full.std(axis=1) == 0):
        raise DataError(f"a part of group '{group}' is the same for all complete units")
    values, vectors = np.linalg.eigh(np.corrcoef(full))
    values, vectors = values[::-1], vectors[:, ::-1]
    flip = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(len(ids))])
    loadings = vectors * flip * np.sqrt(np.clip(values, 0, None))
    return Components(group, tuple(ids), np.asarray(values / values.sum()), np.asarray(loadings), full.shape[1])


def reliability(result: IndexResult) -> pa.Table:
    """For every group with two parts or more: ``group, parts, alpha, first_component, min_r, mean_r, negative`` (pairs with r < 0)."""
    rows: list[dict[str, Any]] = []
    for group in result.spec.downward():
        ids = [p.id for p in result.spec.parts(group.id)]
        if len(ids) < 2:
            continue
        x = np.stack([result.score(i) for i in ids])
        r = pairwise(x)[np.triu_indices(len(ids), 1)]
        try:
            first: float | None = float(principal_components(result, group.id).explained[0])
        except DataError:
            first = None
        alpha = cronbach_alpha(x)
        known = r[~np.isnan(r)]
        rows.append(
            {
                "group": group.id,
                "level": result.spec.level_of(group.id),
                "parts": len(ids),
                "alpha": None if np.isnan(alpha) else alpha,
                "first_component": first,
                "min_r": float(known.min()) if known.size else None,
                "mean_r": float(known.mean()) if known.size else None,
                "negative": int((known < 0).sum()),
            }
        )
    return pa.Table.from_pylist(rows)


def redundancy(result: IndexResult, limit: float = 0.92) -> pa.Table:
    """Pairs of indicators with ``|r|`` of at least ``limit``: they say nearly the same twice. Columns ``row, column, r, same_group``."""
    table = correlations(result)
    parents = {i.id: i.parent for i in result.spec.indicators}
    rows = [
        {"row": t["row"], "column": t["column"], "r": t["r"], "same_group": parents[t["row"]] == parents[t["column"]]}
        for t in table.to_pylist()
        if t["r"] is not None and abs(t["r"]) >= limit
    ]
    rows.sort(key=lambda t: (-abs(t["r"]), t["row"], t["column"]))
    types = {"row": pa.string(), "column": pa.string(), "r": pa.float64(), "same_group": pa.bool_()}
    return pa.table({k: pa.array([x[k] for x in rows], t) for k, t in types.items()})


def weights_in_effect(result: IndexResult, level: str = "indicator") -> pa.Table:
    """Nominal weight of every item of a level beside what it does to the index: ``item, nominal, r, r_squared, effective``.

    ``r_squared`` is the share of the index's variance that goes along with the item (linear), ``effective`` the same brought to a
    sum of 1. A weight is a lever on the mean, not a measure of importance: the two columns differ where items correlate.
    """
    x = level_scores(result, level)
    shares = _shares(result)
    r = pairwise(x.lines, result.score(result.spec.root.id)[None, :])[:, 0]
    squared = r**2
    total = np.nansum(squared)
    return pa.table(
        {
            "item": pa.array(x.columns, pa.string()),
            "name": pa.array([result.spec.label(c) for c in x.columns], pa.string()),
            "nominal": pa.array([shares[c] for c in x.columns], pa.float64()),
            "r": pa.array(r, pa.float64(), from_pandas=True),
            "r_squared": pa.array(squared, pa.float64(), from_pandas=True),
            "effective": pa.array(squared / total if total > 0 else squared, pa.float64(), from_pandas=True),
        }
    )


def _shares(result: IndexResult) -> dict[str, float]:
    share = {result.spec.root.id: 1.0}
    for group in result.spec.downward():
        used = result.weights[group.id]
        total = sum(used.values())
        share.update({p: share[group.id] * w / total for p, w in used.items()})
    return share


def rescored(result: IndexResult, without: set[str]) -> Floats:
    """Index scores when these indicators or groups are left out of the means; imputation, treatment and scaling stay as they are."""
    x = result.stage("normalised")
    scores: dict[str, Floats] = {c: np.where(c in without, np.nan, x.column(c)) for c in x.columns}
    for group in result.spec.upward():
        parts = result.spec.parts(group.id)
        stack = np.stack([scores[p.id] for p in parts])
        w = np.array([result.weights[group.id][p.id] for p in parts])
        value = group_score(result.spec, group.id, stack, w, labels=result.sample.groups)
        scores[group.id] = np.full_like(value, np.nan) if group.id in without else value
    return scores[result.spec.root.id]


def leave_one_out(result: IndexResult, level: str = "indicator") -> pa.Table:
    """What happens to the ranks when one item of a level is left out.

    ``item, name, mean_shift, max_shift, moved_unit, moved_from, moved_to, tau``: mean and largest absolute change of rank, the unit
    that moves most, and Kendall's tau-b between the two rankings. Largest mean shift first.
    """
    from scipy.stats import kendalltau

    base = result.ranks(result.spec.root.id)
    items = [i.id for i in result.spec.indicators] if level == "indicator" else [g.id for g in result.spec.at_level(level)]
    if len(items) < 2:
        raise UsageError(f"level '{level}' has one item; leaving it out leaves nothing")
    rows: list[dict[str, Any]] = []
    for item in items:
        rank = result.spec.ranking.of(rescored(result, {item}))
        shift = np.abs(rank - base)
        u = int(np.nanargmax(shift))
        both = ~(np.isnan(rank) | np.isnan(base))
        rows.append(
            {
                "item": item,
                "name": result.spec.label(item),
                "mean_shift": float(np.nanmean(shift)),
                "max_shift": int(np.nanmax(shift)),
                "moved_unit": result.units[u],
                "moved_from": int(base[u]),
                "moved_to": int(rank[u]),
                "tau": float(kendalltau(rank[both], base[both]).statistic),
            }
        )
    rows.sort(key=lambda t: (-t["mean_shift"], t["item"]))
    return pa.Table.from_pylist(rows)


def rank_reversal(result: IndexResult, limit: int | None = None) -> pa.Table:
    """Does leaving out one unit turn the order of two others around? ``unit_id, name, reversed_pairs, example``.

    Scaling by the sample's own range, ranks and imputation make an index depend on who else is in it. Every unit (or the first
    ``limit`` of the ranking) is left out in turn and the index built anew. Most reversals first.
    """
    root = result.spec.root.id
    order = result.order(root)[:limit]
    names = dict(zip(result.units, result.sample.names, strict=True))
    base = dict(zip(result.units, result.score(root), strict=True))
    rows: list[dict[str, Any]] = []
    for u in order:
        keep = np.ones(len(result.units), dtype=np.bool_)
        keep[u] = False
        again = build(result.spec, result.sample.rows(keep), empty="note")
        old = np.array([base[x] for x in again.units])
        new = again.score(root)
        with np.errstate(invalid="ignore"):
            turned = ((old[:, None] - old[None, :]) > 1e-9) & ((new[:, None] - new[None, :]) < -1e-9)
        pairs = np.argwhere(turned)
        example = ""
        if len(pairs):
            a, b = pairs[np.argmax([min(old[i] - old[j], new[j] - new[i]) for i, j in pairs])]
            example = f"{names[again.units[a]]} was above {names[again.units[b]]}"
        rows.append({"unit_id": result.units[u], "name": names[result.units[u]], "reversed_pairs": len(pairs), "example": example})
    rows.sort(key=lambda t: (-t["reversed_pairs"], t["name"]))
    types = {"unit_id": pa.string(), "name": pa.string(), "reversed_pairs": pa.int32(), "example": pa.string()}
    return pa.table({k: pa.array([x[k] for x in rows], t) for k, t in types.items()})
