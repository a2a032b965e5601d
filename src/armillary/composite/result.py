"""What a built index is: all stages, every step as it was done, tables in the shape of a ranking, and the way to do it again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite.data import IndexData
from armillary.composite.matrix import Floats, Matrix
from armillary.composite.spec import IndexSpec
from armillary.composite.steps.rank import against_group, competition_rank, percent_rank, strengths
from armillary.errors import UnknownNameError, UsageError

STAGES = ("raw", "denominated", "imputed", "treated", "normalised", "aggregated")


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it was done: its settings and what it changed."""

    name: str
    settings: dict[str, Any]
    done: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class IndexResult:
    """A built index. ``data`` are all units that came in, ``sample`` those that passed the coverage rules."""

    spec: IndexSpec
    data: IndexData
    sample: IndexData
    stages: dict[str, Matrix]
    steps: tuple[Step, ...]
    weights: dict[str, dict[str, float]]

    @property
    def units(self) -> tuple[str, ...]:
        """Ids of the ranked units, sorted."""
        return self.sample.units

    def stage(self, name: str) -> Matrix:
        """One stage: raw, denominated, imputed, treated, normalised or aggregated."""
        if name not in self.stages:
            raise UnknownNameError("stage", name, STAGES)
        return self.stages[name]

    def score(self, id: str) -> Floats:
        """Scores of a group, or normalised values of an indicator, in the order of :attr:`units`."""
        scores = self.stages["aggregated"]
        if id in scores.columns:
            return scores.column(id)
        if id in self.stages["normalised"].columns:
            return self.stages["normalised"].column(id)
        raise UnknownNameError("group or indicator", id, self.spec.ids())

    def _one(self, level: str) -> str:
        """The group or indicator that a level name or id stands for."""
        if level == "index" and level not in (*self.spec.levels, *self.spec.ids()):
            return self.spec.root.id
        if level in self.spec.levels:
            groups = self.spec.at_level(level)
            if len(groups) > 1:
                names = ", ".join(g.id for g in groups[:8])
                raise UsageError(f"level '{level}' has {len(groups)} groups", fix=f"name one of them: {names}")
            return groups[0].id
        if level not in self.spec.ids():
            raise UnknownNameError("level or group", level, [*self.spec.levels, *self.spec.ids()])
        return level

    def order(self, id: str) -> list[int]:
        """Positions of the units by score, then name, then id; those without a score are left out."""
        value = self.score(id)
        ranks = competition_rank(value)
        have = [u for u in range(len(value)) if not np.isnan(value[u])]
        return sorted(have, key=lambda u: (ranks[u], self.sample.names[u], self.units[u]))

    def table(self, level: str = "index") -> pa.Table:
        """The ranking of the index, of a group or of an indicator: ``rank, unit_id, name, value, count, coverage, percent_rank``, groups.

        ``count`` is the number of indicators with a value before imputation, ``coverage`` that number over all indicators below.
        """
        id = self._one(level)
        value, order = self.score(id), self.order(id)
        below = self.spec.leaves(id) if id in {g.id for g in self.spec.groups} else [id]
        have = (~np.isnan(self.stages["denominated"].select(below).values)).sum(axis=1)
        rank, share = competition_rank(value), percent_rank(value)
        columns: dict[str, Any] = {
            "rank": pa.array([int(rank[u]) for u in order], pa.int32()),
            "unit_id": pa.array([self.units[u] for u in order], pa.string()),
            "name": pa.array([self.sample.names[u] for u in order], pa.string()),
            "value": pa.array([float(value[u]) for u in order], pa.float64()),
            "count": pa.array([int(have[u]) for u in order], pa.int32()),
            "coverage": pa.array([float(have[u]) / len(below) for u in order], pa.float64()),
            "percent_rank": pa.array([float(share[u]) for u in order], pa.float64()),
        }
        for name, labels in self.sample.groups.items():
            columns.setdefault(name, pa.array([labels[u] for u in order], pa.string()))
        meta = {"index": self.spec.id, "group": id, "digest": self.digest, "spec": self.spec.digest, "data": self.data.digest}
        return pa.table(columns).replace_schema_metadata({k: str(v) for k, v in meta.items()})

    def scores(self) -> pa.Table:
        """All groups side by side, best unit first: ``rank, unit_id, name, value`` and one column for each group below the index."""
        root, order = self.spec.root.id, self.order(self.spec.root.id)
        base = self.table(self.spec.levels[0]).select(["rank", "unit_id", "name", "value"])
        for group in self.spec.upward()[::-1]:
            if group.id != root:
                base = base.append_column(group.id, pa.array(self.score(group.id)[order], pa.float64(), from_pandas=True))
        return base

    def nominal(self) -> dict[str, float]:
        """Weight of each indicator in the index when nothing is missing: the product of the normalised weights used on the way up."""
        share = {self.spec.root.id: 1.0}
        for group in self.spec.upward()[::-1]:
            used = self.weights[group.id]
            total = sum(used.values())
            share.update({p: share[group.id] * w / total for p, w in used.items()})
        return {i.id: share[i.id] for i in self.spec.indicators}

    def contributions(self) -> Matrix:
        """What each indicator adds to each unit's index; the rows add up to the score. Only where all means are arithmetic.

        A missing part hands its weight to the parts that are there, group by group, as the aggregation does.
        """
        for group in self.spec.groups:
            rule = self.spec.aggregation_of(group.id)
            if rule.method != "arithmetic":
                what = f"group '{group.id}' is a {rule.method} mean, whose score does not split into contributions"
                raise UsageError(what, fix="contributions exist for arithmetic means only")
        x = self.stages["normalised"]
        share: dict[str, Floats] = {self.spec.root.id: np.ones(len(self.units))}
        for group in self.spec.upward()[::-1]:
            parts = self.spec.parts(group.id)
            present = np.column_stack([~np.isnan(self.score(p.id)) for p in parts])
            w = np.array([self.weights[group.id][p.id] for p in parts]) * present
            total = w.sum(axis=1)
            for k, p in enumerate(parts):
                share[p.id] = share[group.id] * w[:, k] / np.where(total > 0, total, 1.0)
        parts_of = np.column_stack([np.nan_to_num(x.column(i.id)) * share[i.id] for i in self.spec.indicators])
        return Matrix(self.units, x.columns, parts_of)

    def explain(self, unit: str, *, group: str | None = None) -> pa.Table:
        """One unit's indicators from raw value to contribution, in the order of the tree.

        ``group`` names a grouping column: then the group's mean and whether the unit lies one standard deviation above or below
        it are added. ``is_strength`` and ``is_weakness`` follow METHODS 2.6.
        """
        u = self.position(unit)
        x = self.stages["normalised"].lines
        strong, weak = strengths(x, self.spec.strengths_n, self.spec.strengths_always)
        ranks, share = competition_rank(x), percent_rank(x)
        raw = self.stages["raw"].rows([self.stages["raw"].units.index(self.units[u])]).values[0]
        missing = np.isnan(self.stages["denominated"].values[u])
        try:
            parts: Any = self.contributions().values[u]
        except UsageError:
            parts = np.full(len(x), np.nan)
        rows = self.spec.indicators
        nominal = self.nominal()

        def numbers(values: Any) -> pa.Array:
            return pa.array(np.asarray(values, dtype=np.float64), pa.float64(), from_pandas=True)

        columns: dict[str, Any] = {
            "indicator": [i.id for i in rows],
            "name": [i.name or i.id for i in rows],
            "group": [i.parent for i in rows],
            "raw": numbers(raw),
            **{stage: numbers(self.stages[stage].values[u]) for stage in ("denominated", "imputed", "treated", "normalised")},
            "rank": pa.array([None if np.isnan(r) else int(r) for r in ranks[:, u]], pa.int32()),
            "percent_rank": numbers(share[:, u]),
            "weight": numbers([nominal[i.id] for i in rows]),
            "contribution": numbers(parts),
            "is_missing": pa.array(missing),
            "is_strength": pa.array(strong[:, u]),
            "is_weakness": pa.array(weak[:, u]),
        }
        if group is not None:
            if group not in self.sample.groups:
                raise UnknownNameError("grouping", group, self.sample.groups)
            mean, above, below = against_group(x, self.sample.groups[group])
            columns |= {"group_mean": numbers(mean[:, u]), "is_above_group": pa.array(above[:, u]), "is_below_group": pa.array(below[:, u])}
        return pa.table(columns)

    def position(self, unit: str) -> int:
        """Row of a unit given by id or name; says why a unit that came in is not ranked."""
        names = [n.casefold() for n in self.sample.names]
        if unit in self.units:
            return self.units.index(unit)
        if names.count(unit.casefold()) == 1:
            return names.index(unit.casefold())
        outside = {u for u, n in zip(self.data.units, self.data.names, strict=True) if unit in (u, n)} - set(self.units)
        if outside:
            step = next(s for s in self.steps if s.name == "screen")
            why = [w for w in step.done["left_out"] if w["unit"] in outside]
            first = (
                f"{why[0]['rule']} in '{why[0]['group']}' is {why[0]['found']:.3g}, needed {why[0]['needed']:.3g}" if why else "no score"
            )
            raise UsageError(f"unit '{unit}' is not ranked: {first}")
        raise UnknownNameError("unit", unit, {*self.units, *self.sample.names})

    @property
    def digest(self) -> str:
        """SHA-256 of specification, data and scores."""
        return hashlib.sha256((self.spec.digest + self.data.digest + self.stages["aggregated"].digest()).encode()).hexdigest()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the table must know."""
        out = list(self.data.warnings)
        for step in self.steps:
            if step.name == "screen" and step.done["left_out"]:
                n = len({w["unit"] for w in step.done["left_out"]})
                out.append(f"{n} of {len(self.data.units)} units have too little data and are not ranked")
            if step.name == "aggregate":
                n = int(np.isnan(self.score(self.spec.root.id)).sum())
                if n:
                    out.append(f"{n} units get no score (no data, or fewer parts than min_present asks for)")
            if step.name == "impute" and step.done["n"]:
                out.append(f"{step.done['n']} missing values are imputed ({step.settings['method']})")
            if step.name == "treat":
                bad = [c["indicator"] for c in step.done["changed"] if not c["is_ok"]]
                if bad and self.spec.treatment.method != "none":
                    out.append(f"{len(bad)} indicators keep outliers after treatment: {', '.join(bad[:5])}")
        return tuple(out)

    @property
    def arrow(self) -> pa.Table:
        """The ranking of the index, as other rankings call it."""
        return self.table(self.spec.levels[0])

    @property
    def ranked(self) -> pa.Table:
        """The same: every row of an index has a rank."""
        return self.arrow

    @property
    def meta(self) -> dict[str, Any]:
        """What the numbers are made of, in the keys that other rankings use: title, measure, method, data, digests, notes."""
        s = self.spec
        title = s.name if not s.edition else f"{s.name} {s.edition}"
        if self.data.year is not None:
            title += f", {self.data.year}"
        rules = "" if s.treatment.method == "none" else f"; outliers: {s.treatment.method}"
        rules += "" if s.imputation.method == "none" else f"; missing values: {s.imputation.method}"
        means = " and ".join(dict.fromkeys(s.aggregation_of(g.id).method for g in s.upward()))
        return {
            "title": title,
            "indicator": s.id,
            "measure": "score",
            "unit": "unit",
            "method": f"{len(s.indicators)} indicators, {len(s.groups)} groups; scaling: {s.normalisation.method}{rules}; {means} means",
            "source": s.source,
            "note": s.note,
            "period": "" if self.data.year is None else str(self.data.year),
            "units": len(self.units),
            "spec": s.digest,
            "data": self.data.digest,
            "digest": self.digest,
            "decimals": 1,
            "percent": False,
            "notes": list(self.warnings),
        }

    def plot(self, *, top: int = 25, focus: str | None = None) -> Any:
        """Ranked bars of the index (an Altair chart; needs the extra ``charts``)."""
        from armillary.charts.index import index_bars

        return index_bars(self.arrow, title=self.meta["title"], top=top, focus=focus)

    def rebuild(self) -> IndexResult:
        """Do it all again from the stored specification and raw data; the digest must come out the same."""
        from armillary.composite.pipeline import build

        return build(self.spec, self.data)
