"""What a built index is: all stages, every step as it was done, tables in the shape of a ranking, and the way to do it again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite.data import IndexData
from armillary.composite.matrix import Bools, Floats, Matrix
from armillary.composite.notes import StepNote, method_line, notes
from armillary.composite.spec import IndexSpec
from armillary.composite.steps.rank import against_group, percent_rank, strengths
from armillary.core.interchange import Tabular
from armillary.core.ranks import competition_ranks
from armillary.errors import UnknownNameError, UsageError

STAGES = ("raw", "denominated", "imputed", "transformed", "treated", "normalised", "aggregated")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IndexResult(Tabular):
    """A built index. ``data`` are all units that came in, ``sample`` those that passed the coverage rules.

    ``empty`` names indicators that nobody has a value of (only where the build was asked to go on without them).
    """

    spec: IndexSpec
    data: IndexData
    sample: IndexData
    stages: dict[str, Matrix]
    steps: tuple[StepNote, ...]
    weights: dict[str, dict[str, float]]
    empty: tuple[str, ...] = ()

    @property
    def units(self) -> tuple[str, ...]:
        """Ids of the ranked units, sorted."""
        return self.sample.units

    def stage(self, name: str) -> Matrix:
        """One stage: raw, denominated, imputed, transformed, treated, normalised or aggregated."""
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

    def ranks(self, id: str) -> Floats:
        """Ranks of the units by a group or indicator, rounded and tied as ``[rank]`` says."""
        return self.spec.ranking.of(self.score(id))

    def step(self, name: str) -> StepNote:
        """One step as it was done."""
        return next(s for s in self.steps if s.name == name)

    def is_imputed(self) -> Bools:
        """Which cells (units, indicators) hold a filled value: imputed, or carried forward from an earlier year."""
        place = {u: i for i, u in enumerate(self.units)}
        columns = {i.id: j for j, i in enumerate(self.spec.indicators)}
        out = np.zeros((len(place), len(columns)), dtype=np.bool_)
        for indicator, unit in self.step("impute").done["cells"]:
            out[place[unit], columns[indicator]] = True
        return out

    def order(self, id: str) -> list[int]:
        """Positions of the units by score, then name, then id; those without a score are left out."""
        value = self.score(id)
        ranks = self.spec.ranking.of(value)
        have = [u for u in range(len(value)) if not np.isnan(value[u])]
        return sorted(have, key=lambda u: (ranks[u], self.sample.names[u], self.units[u]))

    def table(self, level: str = "index") -> pa.Table:
        """The ranking of the index, of a group or of an indicator: ``rank, unit_id, name, value, count, coverage, percent_rank``, groups.

        ``count`` is the number of indicators with a value of their own (neither imputed nor carried forward), ``coverage`` that number
        over all indicators below. Ranks are whole numbers unless ties share the mean of their places.
        """
        id = self._one(level)
        value, order = self.score(id), self.order(id)
        below = self.spec.leaves(id) if id in {g.id for g in self.spec.groups} else [id]
        have = (~np.isnan(self.stages["denominated"].select(below).values)).sum(axis=1)
        if self.sample.carried:
            cells = [u for u, c in self.sample.carried if c in set(below)]
            have = have - np.array([cells.count(u) for u in self.units])
        rank, share = self.ranks(id), percent_rank(self.spec.ranking.rounded(value))
        whole = self.spec.ranking.ties != "average"
        columns: dict[str, Any] = {
            "rank": pa.array([int(rank[u]) if whole else float(rank[u]) for u in order], pa.int32() if whole else pa.float64()),
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
        for group in self.spec.downward():
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

        A score that is rescaled to its best passes the factor on; other rescalings have no parts. A missing part hands its weight to
        the parts that are there, group by group, as the aggregation does.
        """
        for group in self.spec.groups:
            rule = self.spec.aggregation_of(group.id)
            if rule.method != "arithmetic":
                what = f"group '{group.id}' is a {rule.method} mean, whose score does not split into contributions"
                raise UsageError(what, fix="contributions exist for arithmetic means only")
            how = self.spec.rescaling_of(group.id)
            if how is not None and how.method != "best":
                what = f"group '{group.id}' is rescaled ({how.method}), and its score does not split into contributions"
                raise UsageError(what, fix="contributions exist for arithmetic means, rescaled to the best at most")
        x = self.stages["normalised"]
        share: dict[str, Floats] = {self.spec.root.id: np.ones(len(self.units))}
        for group in self.spec.upward()[::-1]:
            parts = self.spec.parts(group.id)
            present = np.column_stack([~np.isnan(self.score(p.id)) for p in parts])
            w = np.array([self.weights[group.id][p.id] for p in parts]) * present
            total = w.sum(axis=1)
            whole = share[group.id]
            if self.spec.rescaling_of(group.id) is not None:
                scores = np.column_stack([np.nan_to_num(self.score(p.id)) for p in parts])
                plain = (w * scores).sum(axis=1) / np.where(total > 0, total, 1.0)
                whole = whole * np.nan_to_num(self.score(group.id)) / np.where(plain > 0, plain, 1.0)
            for k, p in enumerate(parts):
                share[p.id] = whole * w[:, k] / np.where(total > 0, total, 1.0)
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
        ranks, share = competition_ranks(x), percent_rank(x)
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
            **{
                stage: numbers(self.stages[stage].values[u]) for stage in ("denominated", "imputed", "transformed", "treated", "normalised")
            },
            "rank": pa.array([None if np.isnan(r) else int(r) for r in ranks[:, u]], pa.int32()),
            "percent_rank": numbers(share[:, u]),
            "weight": numbers([nominal[i.id] for i in rows]),
            "contribution": numbers(parts),
            "is_missing": pa.array(missing),
            "is_imputed": pa.array(self.is_imputed()[u]),
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
        return tuple(notes(self.spec, self.data, self.steps, self.units, self.score(self.spec.root.id), self.empty))

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
        return {
            "title": title,
            "indicator": s.id,
            "measure": "score",
            "unit": "unit",
            "method": method_line(s),
            "source": s.source,
            "note": s.note,
            "period": "" if self.data.year is None else str(self.data.year),
            "units": len(self.units),
            "spec": s.digest,
            "data": self.data.digest,
            "digest": self.digest,
            "decimals": 1 if s.ranking.decimals is None else s.ranking.decimals,
            "percent": False,
            "rounded_to": s.ranking.decimals,
            "notes": list(self.warnings),
        }
