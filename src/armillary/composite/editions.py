"""Why a rank changed between two editions: data, model, sample (METHODS 2.6).

A: new rank among all units. B: new rank among the units of the old edition. C: old rank. E: rank under the old model with the new
data, among the units of the old edition. ``C - E`` is the effect of the data (performance and revisions), ``E - B`` of the model,
``B - A`` of newcomers. Where units left, ``C`` is first brought to those that stayed; that part is its own column, 0 if nobody left.
The four add up to ``C - A`` exactly; positive means a better rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite.data import IndexData
from armillary.composite.matrix import Floats, Matrix
from armillary.composite.pipeline import build
from armillary.composite.result import IndexResult
from armillary.composite.spec import IndexSpec, Screening
from armillary.core.interchange import Tabular
from armillary.errors import DataError


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison(Tabular):
    """Two editions and what lies between them."""

    old: IndexResult
    new: IndexResult
    bridge: IndexResult
    table: pa.Table
    entered: tuple[str, ...]
    left: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def arrow(self) -> pa.Table:
        """The rows, as other results call them."""
        return self.table

    def _title(self) -> str:
        return f"{self.old.meta['title']} -> {self.new.meta['title']}"

    def _notes(self) -> list[str]:
        return [f"note: {n}" for n in self.warnings]

    def summary(self) -> dict[str, Any]:
        """Mean absolute size of each effect over the units of both editions, and who entered and left."""
        effects = {c: float(np.mean(np.abs(self.table.column(c).to_numpy()))) for c in ("change", "data", "model", "newcomers", "leavers")}
        return {
            "units": self.table.num_rows,
            **{f"mean_abs_{k}": v for k, v in effects.items()},
            "entered": list(self.entered),
            "left": list(self.left),
        }


def compare(old: IndexResult, new: IndexResult, *, renamed: Mapping[str, str] | None = None, level: str | None = None) -> Comparison:
    """Split every change of rank from ``old`` to ``new``.

    ``renamed`` maps an indicator of the old edition to its id in the new data where it changed. Indicators of the old model that the
    new data do not hold are left out of the bridge and named in the warnings. ``level`` is a group id, the index by default.

    Columns: ``rank`` (new), ``unit_id, name, value, old_rank, old_value, change, data, model, newcomers, leavers``.
    """
    old_id = old.spec.root.id if level is None else old._one(level)
    new_id = new.spec.root.id if level is None else new._one(level)
    bridge, warnings = _bridge(old.spec, new.data, dict(renamed or {}), set(new.units))
    a = _ranks(new, new_id)
    c = _ranks(old, old_id)
    both = sorted(set(a) & set(c))
    if not both:
        raise DataError("the two editions have no unit in common", fix="check that both use the same ids for units")
    e_all = dict(zip(bridge.units, bridge.score(old_id), strict=True))
    lost = [u for u in both if u not in e_all or np.isnan(e_all[u])]
    if lost:
        warnings.append(f"{len(lost)} units get no score under the old model with new data and are left out: {', '.join(lost[:5])}")
        both = [u for u in both if u not in set(lost)]
    b = _among(new, new_id, both)
    e = dict(zip(both, old.spec.ranking.of(np.array([e_all[u] for u in both])), strict=True))
    stayed = _among(old, old_id, both)
    new_names = dict(zip(new.units, new.sample.names, strict=True))
    new_value, old_value = dict(zip(new.units, new.score(new_id), strict=True)), dict(zip(old.units, old.score(old_id), strict=True))
    order = sorted(both, key=lambda u: (a[u], new_names[u], u))
    integers = {
        "old_rank": [c[u] for u in order],
        "change": [c[u] - a[u] for u in order],
        "data": [stayed[u] - e[u] for u in order],
        "model": [e[u] - b[u] for u in order],
        "newcomers": [b[u] - a[u] for u in order],
        "leavers": [c[u] - stayed[u] for u in order],
    }
    columns: dict[str, Any] = {
        "rank": pa.array([int(a[u]) for u in order], pa.int32()),
        "unit_id": pa.array(order, pa.string()),
        "name": pa.array([new_names[u] for u in order], pa.string()),
        "value": pa.array([float(new_value[u]) for u in order]),
        "old_value": pa.array([float(old_value[u]) for u in order]),
    }
    columns |= {k: pa.array([int(v) for v in values], pa.int32()) for k, values in integers.items()}
    names = ["rank", "unit_id", "name", "value", "old_rank", "old_value", "change", "data", "model", "newcomers", "leavers"]
    table = pa.table({n: columns[n] for n in names})
    return Comparison(old, new, bridge, table, tuple(sorted(set(a) - set(c))), tuple(sorted(set(c) - set(a))), tuple(warnings))


def _ranks(result: IndexResult, id: str) -> dict[str, float]:
    rank = result.ranks(id)
    return {u: float(r) for u, r in zip(result.units, rank, strict=True) if not np.isnan(r)}


def _among(result: IndexResult, id: str, units: list[str]) -> dict[str, float]:
    """Ranks among these units only, by the scores as they are."""
    place = {u: i for i, u in enumerate(result.units)}
    score: Floats = result.score(id)[[place[u] for u in units]]
    return dict(zip(units, result.spec.ranking.of(score).tolist(), strict=True))


def _bridge(old: IndexSpec, data: IndexData, renamed: dict[str, str], units: set[str]) -> tuple[IndexResult, list[str]]:
    """The old model on the new data: units ranked by the new edition, without the old coverage rules."""
    have = set(data.values.columns)
    gone = {i.id for i in old.indicators if renamed.get(i.id, i.id) not in have}
    warnings = []
    if gone:
        warnings.append(
            f"{len(gone)} indicators of the old model are not in the new data and left out of the bridge: {', '.join(sorted(gone)[:5])}"
        )
    spec = replace(old.without(gone) if gone else old, screening=Screening())
    values = data.values.select([renamed.get(i.id, i.id) for i in spec.indicators])
    lost = {i.denominator for i in spec.indicators if i.denominator} - set(data.denominators.columns)
    if lost:
        raise DataError(f"the new data lack the denominator '{min(lost)}' of the old model")
    data = replace(data, values=Matrix(values.units, tuple(i.id for i in spec.indicators), values.values))
    keep = np.array([u in units for u in data.units])
    return build(spec, data.rows(keep), empty="note"), warnings
