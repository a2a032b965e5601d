"""From contributions to a ranking: aggregate in the engine, then value, rank, name. Written once for all indicators."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT, scaled, unit_credits
from armillary.counting.scopes import scoped_works
from armillary.counting.settled import settled
from armillary.indicators import Indicator, indicator_info
from armillary.ranking.cubes.answer import from_cube
from armillary.ranking.provenance import provenance
from armillary.ranking.rest import has_rest, rest_of
from armillary.ranking.result import Ranking
from armillary.ranking.table import Rest, Sums, Units, encoded, ranked_table, whole_numbers


def rank(corpus: Corpus, recipe: Recipe, *, unassigned: bool = True) -> Ranking:
    """One recipe, from a cube that holds its sums or else from records; ``unassigned=False`` spares what finds what no unit has."""
    recipe = settled(corpus, recipe)
    held = from_cube(corpus, recipe, unassigned=unassigned)
    return from_records(corpus, recipe, unassigned=unassigned) if held is None else held


def from_records(corpus: Corpus, recipe: Recipe, *, unassigned: bool = True) -> Ranking:
    """One recipe, computed from the records."""
    info = indicator_info(recipe.indicator)
    totals = aggregate(corpus, info.contributions(corpus, recipe), is_unique=info.work_scores is not None)
    keys, unit = encoded(totals["unit_id"])
    columns = {c: whole_numbers(totals[c]) for c in totals.column_names if c != "unit_id"}
    sums = Sums(unit, columns["period"], columns["count"], columns["num"], columns.get("den"))
    rest = unassigned_rest(corpus, recipe, info, sums) if unassigned else []
    table = ranked_table(recipe, Units.of(corpus, recipe.unit, keys), sums, rest)
    return Ranking(recipe, table, provenance(corpus, recipe, info, table))


def aggregate(corpus: Corpus, contributions: ir.Table, *, is_unique: bool = False) -> pa.Table:
    """Exact sums of num and den and the number of works by unit and period; ``is_unique``: a work has one row a unit and period."""
    sums: dict[str, Any] = {"count": contributions.count() if is_unique else contributions.work_id.nunique()}
    sums |= {name: corpus.exact_sum(contributions[name]) for name in ("num", "den") if name in contributions.columns}
    return corpus.fetch(contributions.group_by(["unit_id", "period"]).agg(**sums))


def unassigned_rest(corpus: Corpus, recipe: Recipe, info: Indicator, sums: Sums) -> list[Rest]:
    """What the scope holds beyond what was assigned; see :func:`rest_of`."""
    if not has_rest(recipe, info):
        return []
    assert info.work_scores is not None
    scores = info.work_scores(corpus, recipe)
    works = scoped_works(corpus, recipe).select("work_id", "period")
    if recipe.counting == "full":
        works = works.anti_join(unit_credits(corpus, recipe), ["work_id", "period"])
    joined = works if scores is None else works.join(scores, "work_id").filter(ibis._.score.notnull())
    one = ibis.literal(CREDIT, type="int64")
    columns = {"period": joined.period, "work_id": joined.work_id, "num": one if scores is None else scaled(one, joined.score)}
    if info.kind == "mean":
        columns["den"] = one
    found = aggregate(corpus, joined.select(unit_id=ibis.null("string"), **columns), is_unique=True).to_pylist()
    whole = [Rest(r["period"], int(r["num"] or 0), int(r["den"] or 0) if "den" in r else None, r["count"]) for r in found]
    return rest_of(recipe, info, sums, whole, whole)
