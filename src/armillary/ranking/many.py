"""Many recipes at once: those that share unit, scope and split are computed in one pass over the credits.

Counting methods become columns of one table by unit and work; what indicators need of a work travels with it. The numbers are the same
integers as :func:`armillary.ranking.rank.rank` gives one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis.expr.types as ir
import numpy as np

from armillary.core.arrays import Whole
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT, credit_key
from armillary.counting.settled import settled
from armillary.indicators import indicator_info
from armillary.ranking.cubes.answer import from_cube
from armillary.ranking.passes import Needs, PassPlan, fits
from armillary.ranking.provenance import provenance
from armillary.ranking.rank import from_records
from armillary.ranking.rest import rest_of
from armillary.ranking.result import Ranking
from armillary.ranking.table import Rest, Sums, Units, encoded, ranked_table, whole_numbers


def rank_many(corpus: Corpus, recipes: Sequence[Recipe], *, unassigned: bool = True) -> list[Ranking]:
    """Rankings in the order of ``recipes``; ``unassigned=False`` spares the pass that finds what no unit has."""
    recipes = [settled(corpus, recipe) for recipe in recipes]
    groups: dict[str, list[int]] = {}
    out: dict[int, Ranking] = {}
    for position, recipe in enumerate(recipes):
        if (held := from_cube(corpus, recipe, unassigned=unassigned)) is not None:
            out[position] = held
            continue
        key = credit_key(recipe) if fits(recipe) else f"alone {position}"
        groups.setdefault(key, []).append(position)
    for positions in groups.values():
        if len(positions) == 1:
            out[positions[0]] = from_records(corpus, recipes[positions[0]], unassigned=unassigned)
            continue
        for position, ranking in zip(positions, _rank_together(corpus, [recipes[p] for p in positions], unassigned), strict=True):
            out[position] = ranking
    return [out[i] for i in range(len(recipes))]


def _rank_together(corpus: Corpus, recipes: list[Recipe], unassigned: bool) -> list[Ranking]:
    plan = PassPlan(corpus, recipes)
    totals = _Totals(corpus, *plan.by_unit())
    keys, unit = encoded(totals.table["unit_id"])
    units = Units.of(corpus, recipes[0].unit, keys)
    wholes = _Totals(corpus, *plan.wholes()) if unassigned else None
    out = []
    for position, recipe in enumerate(recipes):
        info = indicator_info(recipe.indicator)
        sums = totals.sums(position, unit)
        rest = rest_of(recipe, info, sums, *(wholes.rest(position, only) for only in (False, True))) if wholes else []
        table = ranked_table(recipe, units, sums, rest)
        out.append(Ranking(recipe, table, provenance(corpus, recipe, info, table)))
    return out


class _Totals:
    """Fetched sums, and what each recipe reads of them."""

    def __init__(self, corpus: Corpus, query: ir.Table, needs: list[Needs]) -> None:
        self.table, self.needs = corpus.fetch(query), needs
        self._columns: dict[str, Whole] = {}

    def _numbers(self, name: str) -> Whole:
        if name not in self._columns:
            self._columns[name] = whole_numbers(self.table[name])
        return self._columns[name]

    def sums(self, position: int, unit: Any) -> Sums:
        """The units' sums under one recipe."""
        needs = self.needs[position]
        count = self._numbers(needs.count)
        ones = _ones(count) if needs.num is None or needs.den is None else None
        num = ones if needs.num is None else self._numbers(needs.num)
        den = ones if needs.den is None else self._numbers(needs.den) if needs.den else None
        assert num is not None
        return Sums(unit, self._numbers("period"), count, num, den).where(count > 0)

    def rest(self, position: int, unplaced: bool) -> list[Rest]:
        """What all works, or only those without any unit, sum up to under one recipe, an entry a period."""
        sums = self.sums(position, np.zeros(self.table.num_rows, np.int64))
        if unplaced:
            chosen = np.asarray(self.table["is_unplaced"].combine_chunks())[self._numbers(self.needs[position].count) > 0]
            sums = sums.where(chosen)
        out = []
        for period in sorted(set(sums.period.tolist())):
            num, den, count = sums.of_period(period)
            out.append(Rest(period, num, None if sums.den is None else den, count))
        return out


def _ones(count: Whole) -> Whole:
    """``count`` whole papers in credit units."""
    return count * CREDIT if not len(count) or int(count.max()) * CREDIT < 1 << 63 else count.astype(object) * CREDIT
