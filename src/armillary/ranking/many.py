"""Many recipes at once: those that share unit, scope and split are computed in one pass over the credits.

Counting methods become columns of one table by unit and work; scores of works become columns of one join. The numbers are the same
integers as :func:`armillary.ranking.rank.rank` gives one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from armillary.core.corpus import Corpus
from armillary.core.counting import counting_method
from armillary.core.credits import CREDIT, ROW_METHODS, author_rows, credit_key, row_credit, scaled, with_harmonic
from armillary.core.recipe import Recipe
from armillary.indicators import indicator_info
from armillary.ranking.provenance import provenance
from armillary.ranking.rank import Row, rank, ranked_table, rest_of
from armillary.ranking.result import Ranking

if TYPE_CHECKING:
    from armillary.observatory import Observatory


def rank_many(observatory: Observatory, recipes: Sequence[Recipe], *, unassigned: bool = True) -> list[Ranking]:
    """Rankings in the order of ``recipes``; ``unassigned=False`` spares the pass that finds what no unit has."""
    groups: dict[str, list[int]] = {}
    for position, recipe in enumerate(recipes):
        key = credit_key(recipe) if _fits(recipe) else f"alone {position}"
        groups.setdefault(key, []).append(position)
    out: dict[int, Ranking] = {}
    for positions in groups.values():
        if len(positions) == 1:
            out[positions[0]] = rank(observatory, recipes[positions[0]])
            continue
        for position, ranking in zip(positions, _rank_together(observatory, [recipes[p] for p in positions], unassigned), strict=True):
            out[position] = ranking
    return [out[i] for i in range(len(recipes))]


def _fits(recipe: Recipe) -> bool:
    """Whether the recipe is credit times a work's score, with a counting method that rows give."""
    method = counting_method(recipe.counting)
    is_rows = method.name in ROW_METHODS or method.name == "full" or method.root is not None
    return is_rows and recipe.unit != "field" and indicator_info(recipe.indicator).work_scores is not None


def _rank_together(observatory: Observatory, recipes: list[Recipe], unassigned: bool) -> list[Ranking]:
    corpus = observatory.corpus
    plan = _Plan(corpus, recipes)
    totals = corpus.fetch(plan.by_unit()).to_pylist()
    wholes = corpus.fetch(plan.wholes()).to_pylist() if unassigned else []
    out = []
    for position, recipe in enumerate(recipes):
        info = indicator_info(recipe.indicator)
        rows = [_row(t, position, info.kind) for t in totals if t[f"count_{position}"]]
        rest = rest_of(recipe, info, rows, *(_of_all(wholes, plan, position, info.kind, unplaced) for unplaced in (False, True)))
        table = ranked_table(corpus, recipe, rows, rest)
        out.append(Ranking(recipe, table, provenance(observatory, recipe, info, table), observatory))
    return out


class _Plan:
    """The shared expressions: credits of all methods by unit and work, and the scores of all indicators by work."""

    def __init__(self, corpus: Corpus, recipes: Sequence[Recipe]) -> None:
        self.corpus, self.recipes = corpus, recipes
        self.credits = _wide_credits(corpus, recipes[0], sorted({r.counting for r in recipes}))
        self.tables, self.columns = _merged_scores(corpus, recipes)
        self.needs_unplaced = any(r.counting == "full" for r in recipes)

    def _with_scores(self, table: ir.Table) -> ir.Table:
        for scores in self.tables:
            names = [*table.columns, *(c for c in scores.columns if c != "work_id")]
            table = table.left_join(scores, "work_id").select(names)
        return table

    def by_unit(self) -> ir.Table:
        """Sums of all recipes by unit and period: ``count_i``, ``num_i`` and for means ``den_i``."""
        wide = self._with_scores(self.credits)
        sums: dict[str, Any] = {}
        for position, recipe in enumerate(self.recipes):
            kind = indicator_info(recipe.indicator).kind
            sums |= _sums(self.corpus, str(position), wide, wide[_column(recipe.counting)], self.columns[position], kind)
        if self.recipes[0].step:
            return wide.group_by(["unit_id", "period"]).agg(**sums)
        # one period: a constant among the keys would be hashed for every row
        return wide.group_by("unit_id").agg(**sums).mutate(period=ibis.literal(0, type="int16"))

    def wholes(self) -> ir.Table:
        """Sums over all works of the scope by period and by whether any unit has credit, for each score column."""
        works = self.corpus.works(self.recipes[0]).select("work_id", "period")
        if self.needs_unplaced:
            placed = self.credits.select("work_id", "period").distinct().mutate(is_placed=True)
            works = works.left_join(placed, ["work_id", "period"]).select("work_id", "period", is_unplaced=ibis._.is_placed.isnull())
        else:
            works = works.mutate(is_unplaced=ibis.literal(False))
        works = self._with_scores(works).mutate(credit=ibis.literal(CREDIT, type="int64"))
        sums: dict[str, Any] = {}
        for column in dict.fromkeys(self.columns):
            sums |= _sums(self.corpus, str(column), works, works.credit, column, "mean")
        return works.group_by(["period", "is_unplaced"]).agg(**sums)


def _sums(corpus: Corpus, label: str, table: ir.Table, credit: Any, column: str | None, kind: str) -> dict[str, Any]:
    """Number of works that count, and the sums of credit x score (and of credit)."""
    if column is None:
        num, counted = credit, credit > 0
    else:
        num, counted = scaled(credit, table[column]), table[column].notnull() & (credit > 0)
    # a paper of which the unit has no credit under this method is not the unit's
    out: dict[str, Any] = {f"count_{label}": counted.sum()}
    out[f"num_{label}"] = corpus.exact_sum(num)
    if kind == "mean":
        out[f"den_{label}"] = corpus.exact_sum(ibis.ifelse(counted, credit, 0))
    return out


def _row(totals: dict[str, Any], label: int | str, kind: str, unit_id: Any = ...) -> Row:
    den = _whole(totals, f"den_{label}") if kind == "mean" else None
    unit = totals["unit_id"] if unit_id is ... else unit_id
    return Row(unit, totals["period"], _whole(totals, f"num_{label}"), den, totals[f"count_{label}"])


def _of_all(wholes: list[dict[str, Any]], plan: _Plan, position: int, kind: str, unplaced: bool) -> list[Row]:
    """What all works (or only those without any unit) sum up to under one recipe, a row a period."""
    sums: dict[int, Row] = {}
    for totals in wholes:
        if unplaced and not totals["is_unplaced"]:
            continue
        row = _row(totals, str(plan.columns[position]), kind, unit_id=None)
        known = sums.setdefault(row.period, Row(None, row.period, 0, 0 if kind == "mean" else None, 0))
        known.num, known.count = known.num + row.num, known.count + row.count
        if known.den is not None:
            known.den += row.den or 0
    return list(sums.values())


def _wide_credits(corpus: Corpus, base: Recipe, methods: Sequence[str]) -> ir.Table:
    """``unit_id, period, work_id`` and one credit column a counting method; one row a unit and work."""
    rows = author_rows(corpus, base.but(counting="full"))
    if "harmonic" in methods:
        rows = with_harmonic(corpus, rows)
    needed = {m for m in methods if m in ROW_METHODS}
    roots = {m: counting_method(m).root for m in methods if counting_method(m).root is not None}
    if roots:
        needed.add("author-fractional")
    keys = ["unit_id", "period", "work_id"] if base.step else ["unit_id", "work_id"]
    if needed:
        wide = rows.group_by(keys).agg(**{_column(m): row_credit(rows, m).sum().cast("int64") for m in sorted(needed)})
    else:
        wide = rows.select(keys).distinct()
    more: dict[str, Any] = {} if base.step else {"period": ibis.literal(0, type="int16")}
    if "full" in methods:
        more[_column("full")] = ibis.literal(CREDIT, type="int64")
    for name, root in roots.items():
        fraction = wide[_column("author-fractional")].cast("float64") / float(CREDIT)
        more[_column(name)] = scaled(ibis.literal(CREDIT, type="int64"), fraction.pow(1.0 / float(root or 1)))
    return wide.mutate(**more) if more else wide


def _merged_scores(corpus: Corpus, recipes: Sequence[Recipe]) -> tuple[list[ir.Table], list[str | None]]:
    """Score tables with equal parents merged into one, and the score column of each recipe (None: every work scores 1)."""
    parents: list[tuple[Any, dict[str, Any]]] = []
    columns: list[str | None] = []
    for recipe in recipes:
        scores = indicator_info(recipe.indicator).work_scores
        assert scores is not None
        table = scores(corpus, recipe)
        if table is None:
            columns.append(None)
            continue
        node = table.op()
        is_projection = isinstance(node, ops.Project)
        parent = node.parent if is_projection else node
        value = node.values["score"] if is_projection else node.schema and table.score.op()
        number = next((i for i, (p, _) in enumerate(parents) if p == parent), None)
        if number is None:
            parents.append((parent, {"work_id": node.values["work_id"] if is_projection else table.work_id.op()}))
            number = len(parents) - 1
        wanted = parents[number][1]
        name = next((n for n, v in wanted.items() if v == value and n != "work_id"), f"score_{number}_{len(wanted)}")
        wanted[name] = value
        columns.append(name)
    return [ops.Project(parent, values).to_expr() for parent, values in parents], columns


def _column(method: str) -> str:
    return "credit_" + method.replace("-", "_").replace(".", "_")


def _whole(row: dict[str, Any], name: str) -> int:
    return int(row[name] or 0)
