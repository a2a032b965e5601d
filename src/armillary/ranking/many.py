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
from armillary.ranking.rank import Row, exact_sum, rank, ranked_table, unassigned_rows
from armillary.ranking.result import Ranking

if TYPE_CHECKING:
    from armillary.observatory import Observatory


def rank_many(observatory: Observatory, recipes: Sequence[Recipe]) -> list[Ranking]:
    """Rankings in the order of ``recipes``."""
    groups: dict[str, list[int]] = {}
    for position, recipe in enumerate(recipes):
        key = credit_key(recipe) if _fits(recipe) else f"alone {position}"
        groups.setdefault(key, []).append(position)
    out: dict[int, Ranking] = {}
    for positions in groups.values():
        if len(positions) == 1:
            out[positions[0]] = rank(observatory, recipes[positions[0]])
            continue
        for position, ranking in zip(positions, _rank_together(observatory, [recipes[p] for p in positions]), strict=True):
            out[position] = ranking
    return [out[i] for i in range(len(recipes))]


def _fits(recipe: Recipe) -> bool:
    """Whether the recipe is credit times a work's score, with a counting method that rows give."""
    method = counting_method(recipe.counting)
    is_rows = method.name in ROW_METHODS or method.name == "full" or method.root is not None
    return is_rows and recipe.unit != "field" and indicator_info(recipe.indicator).work_scores is not None


def _rank_together(observatory: Observatory, recipes: list[Recipe]) -> list[Ranking]:
    corpus = observatory.corpus
    totals = corpus.fetch(together(corpus, recipes)).to_pylist()
    out = []
    for position, recipe in enumerate(recipes):
        info = indicator_info(recipe.indicator)
        rows = []
        for t in totals:
            if t[f"count_{position}"]:
                num = _whole(t, f"num_{position}")
                den = _whole(t, f"den_{position}") if info.kind == "mean" else None
                rows.append(Row(t["unit_id"], t["period"], num, den, t[f"count_{position}"]))
        table = ranked_table(corpus, recipe, rows, unassigned_rows(corpus, recipe, info, rows))
        out.append(Ranking(recipe, table, provenance(observatory, recipe, info, table), observatory))
    return out


def together(corpus: Corpus, recipes: Sequence[Recipe]) -> ir.Table:
    """Sums of all recipes by unit and period, lazy: ``count_i, num_i_hi, num_i_lo`` and for means ``den_i_hi, den_i_lo``."""
    base = recipes[0]
    methods = sorted({r.counting for r in recipes})
    wide = _wide_credits(corpus, base, methods)
    tables, columns = _merged_scores(corpus, recipes)
    for table in tables:
        names = [*wide.columns, *(c for c in table.columns if c != "work_id")]
        wide = wide.left_join(table, "work_id").select(names)
    sums: dict[str, Any] = {}
    for position, recipe in enumerate(recipes):
        credit = wide[_column(recipe.counting)]
        column = columns[position]
        if column is None:
            num, counted = credit, credit > 0
        else:
            num, counted = scaled(credit, wide[column]), wide[column].notnull() & (credit > 0)
        # a paper of which the unit has no credit under this method is not the unit's
        sums[f"count_{position}"] = counted.sum()
        halves = {f"num_{position}": num.fill_null(0)}
        if indicator_info(recipe.indicator).kind == "mean":
            halves[f"den_{position}"] = ibis.ifelse(counted, credit, 0)
        for name, expression in halves.items():
            sums |= {f"{name}_{half}": e for half, e in exact_sum(expression).items()}
    return wide.group_by(["unit_id", "period"]).agg(**sums)


def _wide_credits(corpus: Corpus, base: Recipe, methods: Sequence[str]) -> ir.Table:
    """``unit_id, period, work_id`` and one credit column a counting method; one row a unit and work."""
    rows = author_rows(corpus, base.but(counting="full"))
    if "harmonic" in methods:
        rows = with_harmonic(corpus, rows)
    needed = {m for m in methods if m in ROW_METHODS}
    roots = {m: counting_method(m).root for m in methods if counting_method(m).root is not None}
    if roots:
        needed.add("author-fractional")
    keys = ["unit_id", "period", "work_id"]
    if needed:
        wide = rows.group_by(keys).agg(**{_column(m): row_credit(rows, m).sum().cast("int64") for m in sorted(needed)})
    else:
        wide = rows.select(keys).distinct()
    more: dict[str, Any] = {}
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
    return int(row[f"{name}_hi"]) * 4294967296 + int(row[f"{name}_lo"])
