"""Does a ranking, or a claim about it, survive other defensible choices? The multiverse of one recipe (METHODS 11.3).

Variants that differ only in counting, metric or threshold are computed in one pass over the credits; those that differ only in which
units are ranked, or in what counts as one unit, share a finished table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.interchange import Tabular
from armillary.core.ranks import ranks_of
from armillary.core.recipe import Recipe
from armillary.counting.lists import has_whole_papers
from armillary.counting.settled import settled
from armillary.errors import DataError, UnknownNameError, UsageError
from armillary.indicators import indicator_info
from armillary.ranking.many import rank_many
from armillary.ranking.notes import resting_on
from armillary.ranking.rank import rank
from armillary.ranking.robustness_choices import LIMIT, Level, Variant, chosen, default_choices, variants
from armillary.ranking.table import least_papers

if TYPE_CHECKING:
    from armillary.ranking.result import Ranking

Judge = Callable[["Ranking"], bool | None]


@dataclass(frozen=True, slots=True)
class VariantOutcome:
    """One variant: its labels, the unit's rank, value and the number of units ranked, and whether the statement holds (None: undefined)."""

    labels: tuple[str, ...]
    rank: int | None
    value: float | None
    units: int
    holds: bool | None
    distance: int
    recipe: Recipe


@dataclass(frozen=True, repr=False)
class Robustness(Tabular):
    """A statement about one unit under all variants of a recipe. ``outcomes[0]`` is the recipe itself."""

    recipe: Recipe
    unit: str
    name: str
    statement: str
    choices: dict[str, list[str]]
    outcomes: list[VariantOutcome]
    total: int
    """Number of combinations before sampling."""
    notes: tuple[str, ...] = ()
    """What the recipe's numbers are relative to."""

    @property
    def defined(self) -> list[VariantOutcome]:
        """Variants under which the statement is true or false."""
        return [o for o in self.outcomes if o.holds is not None]

    @property
    def share(self) -> float | None:
        """Part of the defined variants under which the statement holds."""
        return sum(bool(o.holds) for o in self.defined) / len(self.defined) if self.defined else None

    @property
    def grade(self) -> str:
        """robust, mostly, fragile or contradicted (METHODS 11.3, claim grades), by the share of variants alone; undefined without any."""
        share = self.share
        if share is None:
            return "undefined"
        return "robust" if share >= 0.95 else "mostly" if share >= 0.75 else "fragile" if share >= 0.25 else "contradicted"

    @property
    def ranks(self) -> list[int]:
        """The unit's ranks under all variants that rank it, sorted."""
        return sorted(o.rank for o in self.outcomes if o.rank is not None)

    def rank_range(self) -> tuple[float, float, float] | None:
        """5th percentile, median and 95th percentile of the rank."""
        if not self.ranks:
            return None
        low, middle, high = np.percentile(self.ranks, [5, 50, 95])
        return float(low), float(middle), float(high)

    def influence(self) -> dict[str, float]:
        """Part of the variance of the rank that each choice explains alone (eta squared), largest first; 0 where the rank never moves."""
        ranked = [o for o in self.outcomes if o.rank is not None]
        found = {
            name: eta_squared([o.labels[i] for o in ranked], [float(o.rank or 0) for o in ranked]) for i, name in enumerate(self.choices)
        }
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def overturning(self) -> VariantOutcome | None:
        """The variant nearest to the recipe (fewest choices changed) under which the answer is another; None if there is none."""
        base = self.outcomes[0].holds
        if base is None:
            return None
        return next((o for o in self.outcomes if o.holds is not None and o.holds is not base), None)

    def changed(self, outcome: VariantOutcome) -> dict[str, str]:
        """The choices in which a variant differs from the recipe, with its level."""
        base = self.outcomes[0].labels
        return {n: v for n, v, b in zip(self.choices, outcome.labels, base, strict=True) if v != b}

    def table(self) -> pa.Table:
        """One row a variant: the choices, rank, value, units, holds."""
        data: dict[str, Any] = {name: [o.labels[i] for o in self.outcomes] for i, name in enumerate(self.choices)}
        data |= {key: [getattr(o, key) for o in self.outcomes] for key in ("rank", "value", "units", "holds", "distance")}
        data["recipe"] = [o.recipe.digest for o in self.outcomes]
        return pa.table(data)

    @property
    def arrow(self) -> pa.Table:
        """The variants, as other results call their rows."""
        return self.table()

    def _title(self) -> str:
        share = "undefined" if self.share is None else f"{100 * self.share:.0f} % of {len(self.defined)} variants"
        return f"{self.statement}: {self.grade} (holds in {share}; {len(self.outcomes)} of {self.total} combinations computed)"

    def as_dict(self) -> dict[str, Any]:
        """Everything for JSON."""
        turn = self.overturning()
        return {
            "unit": self.unit,
            "name": self.name,
            "statement": self.statement,
            "recipe": self.recipe.as_dict(),
            "choices": self.choices,
            "combinations": self.total,
            "variants": len(self.outcomes),
            "undefined": len(self.outcomes) - len(self.defined),
            "share": self.share,
            "grade": self.grade,
            "rank_range": self.rank_range(),
            "ranks": [min(self.ranks), max(self.ranks)] if self.ranks else None,
            "influence": self.influence(),
            "notes": list(self.notes),
            "overturned_by": None if turn is None else {"changes": self.changed(turn), "rank": turn.rank, "value": turn.value},
            "rows": self.table().to_pylist(),
        }


def robustness(
    corpus: Corpus,
    recipe: Recipe,
    unit: str | None = None,
    *,
    at_most: int | None = None,
    choices: Mapping[str, Sequence[str]] | None = None,
    judge: Judge | None = None,
    statement: str = "",
    limit: int = LIMIT,
    seed: int = 0,
) -> Robustness:
    """Compute all variants of a recipe and ask of each whether the statement holds.

    The statement is ``judge(ranking)`` where given, else "``unit`` has rank ``at_most`` or better" (by default: the first unit keeps the
    rank it has). ``choices`` names choices and levels; without it every choice that fits the recipe takes part.
    """
    if recipe.step and judge is None:
        raise UsageError("robustness needs one period", fix="leave out 'step', and give a period such as 2020-2024")
    recipe = settled(corpus, recipe)
    if recipe.minimum is None:
        counts = rank(corpus, recipe.but(minimum=0), unassigned=False).ranked["count"].to_numpy()
        recipe = recipe.but(minimum=least_papers(recipe, counts))
    picked = chosen(recipe, choices) if choices is not None else default_choices(recipe)
    if choices is None and has_whole_papers(corpus, recipe):
        picked.pop("counting", None)  # whole papers are not divided, and nobody leads for their list
    if choices is None and "china" in picked and not {"HK", "MO"} & set(rank(corpus, recipe).ranked["unit_id"].to_pylist()):
        del picked["china"]
    crossed = variants(recipe, picked, limit=limit, seed=seed)
    total = int(np.prod([len(v) for v in picked.values()], dtype=np.int64)) if picked else 1
    distinct = {v.recipe.digest: v.recipe for v in crossed}
    rankings = dict(zip(distinct, rank_many(corpus, [r.but(minimum=0) for r in distinct.values()], unassigned=False), strict=True))
    finished: dict[tuple[str, int, tuple[tuple[str, str], ...]], Ranking] = {}

    def ranking_of(variant: Variant) -> Ranking:
        key = (variant.recipe.digest, variant.minimum, variant.merge)
        if key not in finished:
            finished[key] = reranked(rankings[variant.recipe.digest], variant.minimum, dict(variant.merge))
        return finished[key]

    base = ranking_of(crossed[0])
    if not len(base):
        raise DataError("the ranking is empty", fix="choose another scope or period")
    table = base.ranked
    ids = table["unit_id"].to_pylist()
    if unit is None:
        unit = ids[0]
    name = table["name"].to_pylist()[ids.index(unit)] if unit in ids else unit
    if at_most is None:
        at_most = table["rank"].to_pylist()[ids.index(unit)] if unit in ids else 1
    place = at_most

    def holds(ranking: Ranking, at: int | None) -> bool | None:
        if judge is not None:
            return judge(ranking)
        return None if at is None else at <= place

    outcomes = []
    for variant in crossed:
        ranking = ranking_of(variant)
        at, value = standing(ranking, unit)
        outcomes.append(VariantOutcome(variant.labels, at, value, len(ranking), holds(ranking, at), variant.distance, variant.recipe))
    if judge is None and all(o.rank is None for o in outcomes):
        raise UnknownNameError(f"{recipe.unit} in this ranking", unit, ids)
    said = statement or f"{name} has rank {place}" + (" or better" if place > 1 else "")
    rests = tuple(resting_on(corpus, recipe, indicator_info(recipe.indicator)))
    return Robustness(recipe, unit, name, said, {n: [lv.label for lv in levels] for n, levels in picked.items()}, outcomes, total, rests)


def standing(ranking: Ranking, unit: str) -> tuple[int | None, float | None]:
    """Rank and value of a unit in the last period that ranks it, or (None, None)."""
    found = np.flatnonzero(pa.compute.equal(ranking.arrow["unit_id"], unit).fill_null(False).to_numpy())
    if not len(found):
        return None, None
    return ranking.arrow["rank"][int(found[-1])].as_py(), ranking.arrow["value"][int(found[-1])].as_py()


def reranked(ranking: Ranking, minimum: int, merge: Mapping[str, str]) -> Ranking:
    """The same ranking among units with at least ``minimum`` papers, after adding up the units that ``merge`` joins."""
    if not minimum and not merge:
        return ranking
    rows = ranking.ranked.to_pylist()
    if merge:
        rows = _merged(rows, merge)
    rows = [r for r in rows if (r["count"] or 0) >= minimum]
    rows.sort(key=lambda r: (r["value"] is None, -(r["value"] or 0.0), r["name"].casefold(), r["unit_id"]))
    rows.sort(key=lambda r: r["period"])
    for _, group in groupby(rows, key=lambda r: r["period"]):
        mine = list(group)
        for row, place in zip(mine, ranks_of([r["value"] for r in mine]), strict=True):
            row["rank"] = place
    return replace(ranking, arrow=pa.Table.from_pylist(rows, schema=ranking.arrow.schema))


def _merged(rows: list[dict[str, Any]], merge: Mapping[str, str]) -> list[dict[str, Any]]:
    by_id = {(r["unit_id"], r["period"]): dict(r) for r in rows}
    for part, period in [k for k in sorted(by_id) if k[0] in merge]:
        whole = (merge[part], period)
        if whole in by_id:
            gone = by_id.pop((part, period))
            by_id[whole]["value"] += gone["value"]
            by_id[whole]["count"] += gone["count"]
    return list(by_id.values())


def eta_squared(groups: Sequence[str], values: Sequence[float]) -> float:
    """Variance between groups over total variance: the part of the spread that the grouping explains; 0 if nothing varies."""
    y = np.asarray(values, dtype=float)
    if len(y) < 2:
        return 0.0
    total = float(((y - y.mean()) ** 2).sum())
    if total == 0:
        return 0.0
    labels = np.asarray(groups)
    between = 0.0
    for label in sorted(set(groups)):
        mine = y[labels == label]
        between += len(mine) * float((mine.mean() - y.mean()) ** 2)
    return between / total


__all__ = ["Level", "Robustness", "VariantOutcome", "eta_squared", "reranked", "robustness"]
