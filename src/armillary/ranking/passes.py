"""The shared expressions of many recipes: credits of all counting methods by unit and work, scores of all indicators, and the sums of both.

What :mod:`armillary.ranking.many` asks in one pass, and what a cube keeps (:mod:`armillary.ranking.cubes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT, ROW_METHODS, author_rows, of_work, row_credit, scaled, with_harmonic
from armillary.counting.methods import counting_method
from armillary.counting.scopes import scoped_works
from armillary.indicators import indicator_info


def fits(recipe: Recipe) -> bool:
    """Whether the recipe is credit times a work's score, with a counting method that rows give."""
    method = counting_method(recipe.counting)
    is_rows = method.name in ROW_METHODS or method.name == "full" or method.root is not None
    return is_rows and recipe.unit != "list" and indicator_info(recipe.indicator).work_scores is not None


@dataclass(frozen=True, slots=True)
class Needs:
    """Names of the aggregates of one recipe. ``num`` or ``den`` None: credit of one for each counted work; ``den`` "" : not a mean.

    ``products``: sums of num x num, num x den and den x den in parts (:data:`PART`) squared, where they were asked for.
    """

    count: str
    num: str | None
    den: str | None
    products: tuple[str, ...] = ()


class Aggregates:
    """Aggregates by name; equal ones are computed once."""

    def __init__(self, corpus: Corpus, *, products: bool = False) -> None:
        self.corpus, self.by_name, self._names, self._products = corpus, dict[str, Any](), dict[Any, str](), products

    def _named(self, value: Any) -> str:
        name = self._names.setdefault(value.op(), f"sum_{len(self._names)}")
        self.by_name.setdefault(name, value)
        return name

    def add(self, table: ir.Table, method: str, score: WorkScore | None, kind: str) -> Needs:
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
        products = self._of_products(table, credit, score, is_scored, kind) if self._products else ()
        return Needs(count, num, den if kind == "mean" else "", products)

    def _of_products(self, table: ir.Table, credit: Any, score: WorkScore | None, is_scored: Any, kind: str) -> tuple[str, ...]:
        """Names of the sums of num x num and, for means, of num x den and den x den: whole numbers, so that they add up the same."""
        nothing = ibis.literal(0, type="int64")
        num = credit if score is None else scaled(credit, table[score.column]).fill_null(nothing)
        den = credit if is_scored is None else ibis.ifelse(is_scored, credit, nothing)
        x, y = ((c.cast("float64") / PART).round().cast("decimal(19,0)") for c in (num, den))
        pairs = [(x, x), (x, y), (y, y)] if kind == "mean" else [(x, x)]
        return tuple(self._named((a * b).sum().cast("decimal(38,0)")) for a, b in pairs)


PART = float(2**20)
"""Credit units of one part: products are summed in parts, so that they stay below 38 digits (a paper is 919,114 parts)."""
_ALWAYS_SOME = ("full", "author-fractional", "complete", "harmonic")
"""Counting methods that give some credit for every row."""


@dataclass(frozen=True, slots=True)
class WorkScore:
    """Columns of a recipe's score and of whether there is one (None: every work has)."""

    column: str
    is_scored: str | None


class PassPlan:
    """The shared expressions: credits of all methods by unit and work, and the scores of all indicators by work."""

    def __init__(self, corpus: Corpus, recipes: Sequence[Recipe], *, works: ir.Table | None = None, by: Sequence[str] = ()) -> None:
        """``by``: columns that ``works`` has beside those of :func:`scoped_works`; the sums are made for each of their values."""
        self.corpus, self.recipes, self.by = corpus, recipes, list(by)
        self.sources, self.scores = _merged_scores(corpus, recipes)
        works = scoped_works(corpus, recipes[0]) if works is None else works
        for number, source in enumerate(self.sources):
            if source.works is not None:  # the key of the work's class travels with the work
                works = works.left_join(source.works.rename({f"key_{number}": source.key}), "work_id")
                works = works.select(c for c in works.columns if c != "work_id_right")
        self.keys = [f"key_{n}" for n, s in enumerate(self.sources) if s.works is not None]
        self.works = works
        self.credits = _wide_credits(corpus, recipes[0], sorted({r.counting for r in recipes}), works, [*self.keys, *self.by])

    def _with_scores(self, table: ir.Table) -> ir.Table:
        for number, source in enumerate(self.sources):
            on, scores = ("work_id", source.scores)
            if source.works is not None:
                on, scores = f"key_{number}", source.scores.rename({f"key_{number}": source.key})
            names = [*table.columns, *(c for c in scores.columns if c != on)]
            table = table.left_join(scores, on).select(names)
        return table

    def by_unit(self, *, products: bool = False) -> tuple[ir.Table, list[Needs]]:
        """Sums of all recipes by unit and period."""
        wide, sums = self._with_scores(self.credits), Aggregates(self.corpus, products=products)
        needs = [sums.add(wide, r.counting, s, indicator_info(r.indicator).kind) for r, s in zip(self.recipes, self.scores, strict=True)]
        if self.recipes[0].step:
            return wide.group_by(["unit_id", "period", *self.by]).agg(**sums.by_name), needs
        # one period: a constant among the keys would be hashed for every row
        return wide.group_by(["unit_id", *self.by]).agg(**sums.by_name).mutate(period=ibis.literal(0, type="int16")), needs

    def wholes(self, more: Mapping[str, ir.Value] | None = None) -> tuple[ir.Table, list[Needs]]:
        """Sums over all works of the scope, each counted whole, by period and by whether any unit has credit.

        ``more``: conditions on the works of this plan (how many meet it comes with the sums, under its name) or whole numbers of them.
        """
        works = self.works.select("work_id", "period", *self.keys, *self.by, **(more or {}))
        if any(r.counting == "full" for r in self.recipes):
            placed = self.credits.select("work_id", "period").distinct().mutate(is_placed=True)
            works = works.left_join(placed, ["work_id", "period"])
            works = works.select("work_id", "period", *self.keys, *self.by, *(more or ()), is_unplaced=works.is_placed.isnull())
        else:
            works = works.mutate(is_unplaced=ibis.literal(False))
        works = self._with_scores(works).mutate(credit_full=ibis.literal(CREDIT, type="int64"))
        sums = Aggregates(self.corpus)
        needs = [sums.add(works, "full", s, indicator_info(r.indicator).kind) for r, s in zip(self.recipes, self.scores, strict=True)]
        counted = {name: works[name].cast("int64").sum().fill_null(0).cast("int64") for name in more or ()}
        return works.group_by(["period", "is_unplaced", *self.by]).agg(**sums.by_name, **counted), needs


def _wide_credits(corpus: Corpus, base: Recipe, methods: Sequence[str], works: ir.Table, carried: list[str]) -> ir.Table:
    """``unit_id, period, work_id``, one credit column a counting method, and what the works carry; one row a unit and work."""
    if base.unit == "field":  # a work has one field, whatever the counting method
        fields = works.filter(works.field_id.notnull())
        whole = {_column(m): ibis.literal(CREDIT, type="int64") for m in methods}
        return fields.select("period", "work_id", *carried, unit_id=fields.field_id.cast("int64"), **whole)
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


def _merged_scores(corpus: Corpus, recipes: Sequence[Recipe]) -> tuple[list[_Source], list[WorkScore | None]]:
    """WorkScore tables with equal parents merged into one, and the columns of each recipe in them (None: every work scores 1)."""
    parents: list[Any] = []
    values: list[dict[str, Any]] = []
    columns: list[WorkScore | None] = []
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
        columns.append(WorkScore(score, None if isinstance(has, ops.Literal) else _name(wanted, has, prefix)))
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
