"""The pictures of a built index: each takes the result, finds its numbers, and says source, year and method under its title."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.charts import index as charts
from armillary.charts import index_data as data_charts
from armillary.charts import index_years
from armillary.charts.index import about, span_of
from armillary.composite import IndexResult, IndexSpec, panel, sensitivity
from armillary.composite.analysis import correlations
from armillary.composite.data import read_data
from armillary.composite.defaults import tree_table
from armillary.composite.notes import method_line
from armillary.errors import UnknownNameError


def _ids(result: IndexResult, units: Sequence[str]) -> list[str]:
    return [result.units[result.position(u)] for u in units]


def ranking(result: IndexResult, units: Sequence[str] = (), top: int = 25) -> Any:
    """The index as ranked bars."""
    focus = _ids(result, units[:1])
    return charts.plot(result, top=top, focus=focus[0] if focus else None)


def tree(result: IndexResult) -> Any:
    """The framework."""
    return data_charts.framework(tree_table(result.spec), title=f"{result.spec.name}: framework", source=about(result))


def histograms(result: IndexResult, stage: str = "denominated") -> Any:
    """A histogram of every indicator at one stage."""
    x, filled = result.stage(stage), result.is_imputed()
    raw = stage in ("raw", "denominated")
    rows = [
        {"indicator": i.id, "name": i.name or i.id, "value": float(x.values[u, j]), "is_imputed": bool(not raw and filled[u, j])}
        for j, i in enumerate(result.spec.indicators)
        for u in range(len(x.units))
        if not np.isnan(x.values[u, j])
    ]
    return data_charts.distributions(rows, title=f"{result.meta['title']}: distributions ({stage})", source=about(result))


def cloud(result: IndexResult, x: str, y: str | None = None, units: Sequence[str] = (), stage: str = "denominated") -> Any:
    """Two columns against each other, with names."""
    y = y or result.spec.root.id
    groups = {g.id for g in result.spec.groups}
    denominators = result.sample.denominators

    def column(id: str) -> Any:
        if id in groups:
            return result.score(id)
        if id in denominators.columns:
            return denominators.column(id)
        if id not in result.spec.ids():
            raise UnknownNameError("indicator, group or denominator", id, [*result.spec.ids(), *denominators.columns])
        matrix = result.stage(stage)
        return matrix.rows([matrix.units.index(u) for u in result.units]).column(id)

    def label(id: str) -> str:
        return id if id in denominators.columns else result.spec.label(id)

    both = {x: column(x), y: column(y)}
    rows = [
        {"unit_id": u, "name": n, **{k: float(v[place]) for k, v in both.items()}}
        for place, (u, n) in enumerate(zip(result.units, result.sample.names, strict=True))
    ]
    title = f"{label(y)} against {label(x)}"
    return data_charts.scatter(rows, x, y, title=title, source=about(result), x_title=label(x), y_title=label(y), focus=_ids(result, units))


def heat_of_correlations(result: IndexResult, level: str = "indicator", other: str | None = None) -> Any:
    """Correlations of the items of a level with each other, or with those of another level."""
    names = {id: result.spec.label(id) for id in result.spec.ids()}
    title = f"{result.meta['title']}: correlations"
    return data_charts.correlation_heat(correlations(result, level, other), title=title, source=about(result), names=names)


def profile(result: IndexResult, unit: str, group: str | None = None) -> Any:
    """One unit's indicators."""
    u = result.position(unit)
    rank, n = result.ranks(result.spec.root.id), int((~np.isnan(result.score(result.spec.root.id))).sum())
    place = "no score" if np.isnan(rank[u]) else f"rank {rank[u]:g} of {n}"
    label = None if group is None else f"{group} '{result.sample.groups[group][u]}'" if group in result.sample.groups else group
    rules = [result.spec.normalisation_of(i) for i in result.spec.indicators]
    ends = {(r.low, r.high) for r in rules if r.method not in ("none", "z", "rank", "borda", "points")}
    return charts.unit_profile(
        result.explain(unit, group=group),
        name=f"{result.sample.names[u]}, {place}",
        group=label,
        subtitle=about(result),
        scale=next(iter(ends)) if len(ends) == 1 else None,
    )


def contributions(result: IndexResult, top: int = 25) -> Any:
    """What each part below the index adds to the scores."""
    parts = [p.id for p in result.spec.parts(result.spec.root.id)]
    by_leaf = result.contributions()
    place = {u: k for k, u in enumerate(result.units)}
    table = result.table()
    rows = [place[u] for u in table.column("unit_id").to_pylist()]
    groups = {g.id for g in result.spec.groups}
    for p in parts:
        below = result.spec.leaves(p) if p in groups else [p]
        total = by_leaf.select(below).values.sum(axis=1)[rows]
        table = table.append_column(p, pa.array(total, pa.float64()))
    names = {p: result.spec.label(p) for p in parts}
    title = f"{result.meta['title']}: what the score is made of"
    return data_charts.stacked_contributions(table, parts, names=names, title=title, source=about(result), top=top)


def heat(result: IndexResult, top: int = 30) -> Any:
    """Scores of the groups that hold indicators, or of the deepest level."""
    spec = result.spec
    groups = spec.at_level(spec.levels[-1])
    low, high = span_of(result)
    labels = [g.name or g.id for g in groups]
    table = result.scores() if groups[0].parent is not None else result.table().append_column(spec.root.id, result.table().column("value"))
    return charts.pillar_heat(
        table, [g.id for g in groups], labels=labels, title=result.meta["title"], subtitle=about(result), top=top, low=low, high=high
    )


def intervals(result: IndexResult, draws: int = 1000, units: Sequence[str] = (), top: int = 25) -> Any:
    """Ranks with their intervals."""
    focus = _ids(result, units[:1])
    return charts.plot_sensitivity(sensitivity(result, draws=draws), top=top, focus=focus[0] if focus else None)


def lines(spec: IndexSpec, path: Path | None = None, *, units: Sequence[str] = (), ranks: bool = False, top: int = 8) -> Any:
    """Scores or ranks over the years of the data."""
    done = panel(spec, None if path is None else read_data(spec.data, path), pooled=not ranks)
    rows: list[dict[str, Any]] = []
    for result in done.results:
        rows += [{"year": result.data.year, **r} for r in result.table().to_pylist()]
    first, last = done.results[0], done.results[-1]
    how = "ranks, each year by its own scale" if ranks else "one scale for all years"
    years = f"{first.data.year} to {last.data.year}"
    said = "; ".join(p for p in (spec.source and f"Source: {spec.source}", years, method_line(spec)) if p)
    return index_years.panel_lines(
        rows,
        title=f"{spec.name}, {done.results[0].data.year}-{last.data.year}",
        source=f"{how}\n{said}",
        value="rank" if ranks else "value",
        units=_ids(last, units) or None,
        top=top,
    )
