"""Units two by two, and years one after the other: who outranks whom, and how fast each value has grown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite.data import load_panel
from armillary.composite.matrix import Floats, Matrix
from armillary.composite.result import IndexResult
from armillary.composite.spec import Imputation, IndexSpec
from armillary.errors import UsageError


def outranking(result: IndexResult, level: str = "indicator") -> Matrix:
    """Share of the weight of the items of a level in which the unit of the row is better than that of the column, ties half.

    Items that one of the two lacks do not count. Above one half the row outranks the column (Condorcet); the matrix and its transpose
    add up to one. Weights are those in the index for indicators, the groups' own shares of it for a level of groups.
    """
    spec = result.spec
    ids = [i.id for i in spec.indicators] if level == "indicator" else [g.id for g in spec.at_level(level)]
    nominal = result.nominal()
    weight = [nominal[i] if i in nominal else sum(nominal[x] for x in spec.leaves(i)) for i in ids]
    n = len(result.units)
    better, together = np.zeros((n, n)), np.zeros((n, n))
    for id, w in zip(ids, weight, strict=True):
        s = result.score(id)
        with np.errstate(invalid="ignore"):
            gap = s[:, None] - s[None, :]
        both = ~np.isnan(gap)
        better += w * np.where(both, 0.5 + 0.5 * np.sign(np.where(both & (np.abs(gap) > 1e-12), gap, 0.0)), 0.0)
        together += w * both
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(together > 0, better / together, np.nan)
    np.fill_diagonal(share, np.nan)
    return Matrix(result.units, result.units, np.asarray(share))


def outranking_table(result: IndexResult, level: str = "indicator") -> pa.Table:
    """The matrix as a table, best unit first, with how many units each outranks and by how many it is outranked."""
    share = outranking(result, level).values
    order = result.order(result.spec.root.id)
    with np.errstate(invalid="ignore"):
        wins, losses = (share > 0.5 + 1e-12).sum(axis=1), (share < 0.5 - 1e-12).sum(axis=1)
    columns: dict[str, Any] = {
        "unit_id": [result.units[u] for u in order],
        "name": [result.sample.names[u] for u in order],
        "outranks": pa.array([int(wins[u]) for u in order], pa.int32()),
        "outranked_by": pa.array([int(losses[u]) for u in order], pa.int32()),
    }
    columns |= {f"{result.units[v]}_share": pa.array([None if np.isnan(share[u, v]) else float(share[u, v]) for u in order]) for v in order}
    return pa.table(columns)


def compound_growth(first: Floats, last: Floats, years: Floats) -> Floats:
    """Compound annual growth rate ``(last / first)^(1 / years) - 1``; NaN where a value is not above 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ok = (first > 0) & (last > 0) & (years > 0)
        return np.asarray(np.where(ok, (np.where(ok, last / first, 1.0)) ** (1.0 / np.where(ok, years, 1.0)) - 1.0, np.nan))


def trends(spec: IndexSpec, data: Any = None, *, path: Any = None) -> pa.Table:
    """Each indicator of each unit over the years of a panel: first and last value with their years, change, growth a year.

    ``growth`` is the compound annual rate between the first and the last known value; ``better`` says whether the change is in the
    direction of the indicator. Series with one value only have no growth.
    """
    if spec.data.time is None:
        raise UsageError("trends need a panel", fix="name the year column in [data]: time = '...'")
    panel = load_panel(replace(spec, imputation=Imputation()), data, path=path)  # only what has been observed
    years = np.array([d.year for d in panel], dtype=np.float64)
    names = {u: n for d in panel for u, n in zip(d.units, d.names, strict=True)}
    place = {u: k for k, u in enumerate(sorted(names))}
    cube = np.full((len(place), len(spec.indicators), len(panel)), np.nan)
    for t, d in enumerate(panel):
        cube[[place[u] for u in d.units], :, t] = d.values.values
    rows: list[dict[str, Any]] = []
    for j, i in enumerate(spec.indicators):
        for u, k in place.items():
            known = np.flatnonzero(~np.isnan(cube[k, j]))
            if not known.size:
                continue
            a, b = int(known[0]), int(known[-1])
            first, last = float(cube[k, j, a]), float(cube[k, j, b])
            rate = float(compound_growth(np.array([first]), np.array([last]), np.array([years[b] - years[a]]))[0])
            rows.append(
                {
                    "indicator": i.id,
                    "unit_id": u,
                    "name": names[u],
                    "first_year": int(years[a]),
                    "last_year": int(years[b]),
                    "values": int(known.size),
                    "first_value": first,
                    "last_value": last,
                    "difference": last - first if b > a else None,
                    "percent": 100 * (last / first - 1) if b > a and first > 0 else None,
                    "growth_percent": None if np.isnan(rate) else 100 * rate,
                    "is_better": None if b == a or last == first else bool((last - first) * i.direction > 0),
                }
            )
    return pa.Table.from_pylist(rows)
