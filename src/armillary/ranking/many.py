"""Many recipes at once: those that share unit, scope and split are computed in one pass over the credits.

Counting methods become columns of one table by unit and work; what indicators need of a work travels with it. The numbers are the same
integers as :func:`armillary.ranking.rank.rank` gives one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np

from armillary.core.arrays import Whole
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT, ROW_METHODS, author_rows, credit_key, of_work, row_credit, scaled, with_harmonic
from armillary.counting.methods import counting_method
from armillary.counting.scopes import scoped_works
from armillary.indicators import indicator_info
from armillary.ranking.provenance import provenance
from armillary.ranking.rank import rank, rest_of
from armillary.ranking.result import Ranking
from armillary.ranking.table import Rest, Sums, Units, encoded, ranked_table, whole_numbers


def rank_many(corpus: Corpus, recipes: Sequence[Recipe], *, unassigned: bool = True) -> list[Ranking]:
    """Rankings in the order of ``recipes``; ``unassigned=False`` spares the pass that finds what no unit has."""
    groups: dict[str, list[int]] = {}
    for position, recipe in enumerate(recipes):
        key = credit_key(recipe) if _fits(recipe) else f"alone {position}"
        groups.setdefault(key, []).append(position)
    out: dict[int, Ranking] = {}
    for positions in groups.values():
        if len(positions) == 1:
            out[positions[0]] = rank(corpus, recipes[positions[0]], unassigned=unassigned)
            continue
        for position, ranking in zip(positions, _rank_together(corpus, [recipes[p] for p in positions], unassigned), strict=True):
            out[position] = ranking
    return [out[i] for i in range(len(recipes))]


def _fits(recipe: Recipe) -> bool:
    """Whether the recipe is credit times a work's score, with a counting method that rows give."""
    method = counting_method(recipe.counting)
    is_rows = method.name in ROW_METHODS or method.name == "full" or method.root is not None
    return is_rows and recipe.unit != "field" and indicator_info(recipe.indicator).work_scores is not None


def _rank_together(corpus: Corpus, recipes: list[Recipe], unassigned: bool) -> list[Ranking]:
    plan = _Plan(corpus, recipes)
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


@dataclass(frozen=True, slots=True)
class _Needs:
    """Names of the aggregates of one recipe. ``num`` or ``den`` None: credit of one for each counted work; ``den`` "" : not a mean."""

    count: str
    num: str | None
    den: str | None


class _Aggregates:
    """Aggregates by name; equal ones are computed once."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus, self.by_name, self._names = corpus, dict[str, Any](), dict[Any, str]()

    def _named(self, value: Any) -> str:
        name = self._names.setdefault(value.op(), f"sum_{len(self._names)}")
        self.by_name.setdefault(name, value)
        return name

    def add(self, table: ir.Table, method: str, score: _Score | None, kind: str) -> _Needs:
        """Number of works that count, and the sums of credit x score and, for means, of credit."""
        credit = table[_column(method)]
        is_scored = None if score is None or score.is_scored is None else table[score.is_scored].fill_null(False)
        # a paper of which the unit has no credit under this method is not the unit's
        conditions = [c for c in (is_scored, None if method in _ALWAYS_SOME else credit > 0) if c is not None]
        counted = conditions[0] & conditions[1] if len(conditions) == 2 else conditions[0] if conditions else None
        count = self._named(table.count() if counted is None else counted.sum())
        num = None if method == "full" else self._named(self.corpus.exact_sum(credit))
        den = None if method == "full" else num if is_scored is None else self._named(
            self.corpus.exact_sum(ibis.ifelse(is_scored, credit, ibis.literal(0, type="int64")))
        )  # fmt: skip
        if score is not None:
            num = self._named(self.corpus.exact_sum(scaled(credit, table[score.column])))
        return _Needs(count, num, den if kind == "mean" else "")


_ALWAYS_SOME = ("full", "author-fractional", "complete", "harmonic")
"""Counting methods that give some credit for every row."""


class _Totals:
    """Fetched sums, and what each recipe reads of them."""

    def __init__(self, corpus: Corpus, query: ir.Table, needs: list[_Needs]) -> None:
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


@dataclass(frozen=True, slots=True)
class _Score:
    """Columns of a recipe's score and of whether there is one (None: every work has)."""

    column: str
    is_scored: str | None


class _Plan:
    """The shared expressions: credits of all methods by unit and work, and the scores of all indicators by work."""

    def __init__(self, corpus: Corpus, recipes: Sequence[Recipe]) -> None:
        self.corpus, self.recipes = corpus, recipes
        self.sources, self.scores = _merged_scores(corpus, recipes)
        works = scoped_works(corpus, recipes[0])
        for number, source in enumerate(self.sources):
            if source.works is not None:  # the key of the work's class travels with the work
                works = works.left_join(source.works.rename({f"key_{number}": source.key}), "work_id")
                works = works.select(c for c in works.columns if c != "work_id_right")
        self.keys = [f"key_{n}" for n, s in enumerate(self.sources) if s.works is not None]
        self.works = works
        self.credits = _wide_credits(corpus, recipes[0], sorted({r.counting for r in recipes}), works, self.keys)

    def _with_scores(self, table: ir.Table) -> ir.Table:
        for number, source in enumerate(self.sources):
            on, scores = ("work_id", source.scores)
            if source.works is not None:
                on, scores = f"key_{number}", source.scores.rename({f"key_{number}": source.key})
            names = [*table.columns, *(c for c in scores.columns if c != on)]
            table = table.left_join(scores, on).select(names)
        return table

    def by_unit(self) -> tuple[ir.Table, list[_Needs]]:
        """Sums of all recipes by unit and period."""
        wide, sums = self._with_scores(self.credits), _Aggregates(self.corpus)
        needs = [sums.add(wide, r.counting, s, indicator_info(r.indicator).kind) for r, s in zip(self.recipes, self.scores, strict=True)]
        if self.recipes[0].step:
            return wide.group_by(["unit_id", "period"]).agg(**sums.by_name), needs
        # one period: a constant among the keys would be hashed for every row
        return wide.group_by("unit_id").agg(**sums.by_name).mutate(period=ibis.literal(0, type="int16")), needs

    def wholes(self) -> tuple[ir.Table, list[_Needs]]:
        """Sums over all works of the scope, each counted whole, by period and by whether any unit has credit."""
        works = self.works.select("work_id", "period", *self.keys)
        if any(r.counting == "full" for r in self.recipes):
            placed = self.credits.select("work_id", "period").distinct().mutate(is_placed=True)
            works = works.left_join(placed, ["work_id", "period"])
            works = works.select("work_id", "period", *self.keys, is_unplaced=works.is_placed.isnull())
        else:
            works = works.mutate(is_unplaced=ibis.literal(False))
        works = self._with_scores(works).mutate(credit_full=ibis.literal(CREDIT, type="int64"))
        sums = _Aggregates(self.corpus)
        needs = [sums.add(works, "full", s, indicator_info(r.indicator).kind) for r, s in zip(self.recipes, self.scores, strict=True)]
        return works.group_by(["period", "is_unplaced"]).agg(**sums.by_name), needs


def _wide_credits(corpus: Corpus, base: Recipe, methods: Sequence[str], works: ir.Table, carried: list[str]) -> ir.Table:
    """``unit_id, period, work_id``, one credit column a counting method, and what the works carry; one row a unit and work."""
    rows = author_rows(corpus, base.but(counting="full"), works.select(*scoped_works(corpus, base).columns, *carried))
    if "harmonic" in methods:
        rows = with_harmonic(corpus, base, rows)
    needed = {m for m in methods if m in ROW_METHODS}
    roots = {m: counting_method(m).root for m in methods if counting_method(m).root is not None}
    if roots:
        needed.add("author-fractional")
    keys = ["unit_id", "period", "work_id"] if base.step else ["unit_id", "work_id"]
    if needed:
        credits = {_column(m): of_work(row_credit(rows, m)) for m in sorted(needed)}
        wide = rows.group_by(keys).agg(**credits, **{c: rows[c].max() for c in carried})
    else:
        wide = rows.select(*keys, *carried).distinct()
    more: dict[str, Any] = {} if base.step else {"period": ibis.literal(0, type="int16")}
    if "full" in methods:
        more[_column("full")] = ibis.literal(CREDIT, type="int64")
    for name, root in roots.items():
        fraction = wide[_column("author-fractional")].cast("float64") / float(CREDIT)
        more[_column(name)] = scaled(ibis.literal(CREDIT, type="int64"), fraction.pow(1.0 / float(root or 1)))
    return wide.mutate(**more) if more else wide


@dataclass(frozen=True, slots=True)
class _Source:
    """A table of scores: by ``work_id``, or (``works`` given) by the ``key`` that ``works`` has of each work."""

    scores: ir.Table
    works: ir.Table | None
    key: str


def _merged_scores(corpus: Corpus, recipes: Sequence[Recipe]) -> tuple[list[_Source], list[_Score | None]]:
    """Score tables with equal parents merged into one, and the columns of each recipe in them (None: every work scores 1)."""
    parents: list[Any] = []
    values: list[dict[str, Any]] = []
    columns: list[_Score | None] = []
    for recipe in recipes:
        scores = indicator_info(recipe.indicator).work_scores
        assert scores is not None
        table = scores(corpus, recipe)
        if table is None:
            columns.append(None)
            continue
        node = table.op()
        parent, given = (node.parent, node.values) if isinstance(node, ops.Project) else (node, {c: table[c].op() for c in table.columns})
        if parent not in parents:
            parents.append(parent)
            values.append({"work_id": given["work_id"]})
        wanted, prefix = values[parents.index(parent)], f"score_{parents.index(parent)}_"
        score = _name(wanted, given["score"], prefix)
        has = given.get("is_scored", ops.NotNull(given["score"]))
        columns.append(_Score(score, None if isinstance(has, ops.Literal) else _name(wanted, has, prefix)))
    return [_source(corpus, p, v) for p, v in zip(parents, values, strict=True)], columns


def _name(wanted: dict[str, Any], value: Any, prefix: str) -> str:
    name = next((n for n, v in wanted.items() if v == value and n != "work_id"), f"{prefix}{len(wanted)}")
    wanted[name] = value
    return name


def _source(corpus: Corpus, parent: Any, values: dict[str, Any]) -> _Source:
    parts = corpus.parts_of(parent.to_expr())
    if parts is None:
        return _Source(ops.Project(parent, values).to_expr(), None, "work_id")
    works, classes, key = parts
    moved = {n: v.replace({parent: classes.op()}) for n, v in values.items() if n != "work_id"}
    return _Source(ops.Project(classes.op(), {key: classes[key].op(), **moved}).to_expr(), works, key)


def _column(method: str) -> str:
    return "credit_" + method.replace("-", "_").replace(".", "_")
