"""Scores by work: what each paper scores in its cell, how large the cell is, and why a paper has no score. For export."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.baselines import require_yardstick
from armillary.counting.cells import TOPS, baseline_of, scored_works
from armillary.counting.classes import with_class
from armillary.counting.credits import unit_credits
from armillary.counting.scopes import scoped_works
from armillary.counting.settled import settled
from armillary.errors import UsageError
from armillary.indicators import indicator_info

CELL = ["class", "year", "type"]


def work_scores(corpus: Corpus, recipe: Recipe) -> pa.Table:
    """``work_id, doi, title, year, type, class, citations, ncs, percentile, top1, ..., top50, cell_n, why_not``, sorted by id.

    ``recipe`` is one of an impact indicator with cells (``mncs``). ``percentile`` is the part of the cell with fewer citations plus
    half of those with as many (0 to 1); null against a baseline file, whose cells hold other works. Works without a score have the code
    of the reason in ``why_not``. With unit ``list`` only the listed works, a row a label (``label``).
    """
    recipe = settled(corpus, recipe)
    if recipe.option("baseline", "world") == "given":
        raise UsageError("OpenAlex's own scores are columns of the records", fix="leave out --baseline given")
    require_yardstick(corpus, recipe)
    level = str(recipe.option("field_level", "subfield"))
    works = with_class(corpus, scoped_works(corpus, recipe.but(step=0)), level)
    scored = scored_works(corpus, recipe)
    joined = works.left_join(scored, "work_id").mutate(**{"class": _.cls})
    joined = joined.left_join(_percentiles(corpus, recipe, level), "work_id", rname="{name}_p")
    joined = joined.mutate(why_not=_why_not(corpus, recipe, joined))
    columns = ["work_id", "doi", "title", *CELL, "citations", "ncs", "percentile", *(f"top{x}" for x in TOPS), "cell_n", "why_not"]
    out = joined.select(columns)
    if recipe.unit == "list":
        listed = unit_credits(corpus, recipe.but(counting="full", step=0)).select("work_id", label=_.unit_id).distinct()
        out = listed.join(out, "work_id").select("label", *columns)
        return corpus.fetch(out.order_by(["label", "work_id"]))
    return corpus.fetch(out.order_by("work_id"))


def _percentiles(corpus: Corpus, recipe: Recipe, level: str) -> ir.Table:
    """``work_id, percentile`` of works that have a cell made of works here; none against a baseline file."""
    base = with_class(corpus, scoped_works(corpus, recipe.but(subject=None, step=0)), level)
    scored = scored_works(corpus, recipe).filter(_.has_cell).select("work_id", "citations", "cell_n")
    papers = base.select("work_id", "cls", "year", kind=base.type if recipe.option("by_type", True) else ibis.literal("all"))
    papers = papers.join(scored, "work_id").select("work_id", "cls", "year", "kind", "citations", "cell_n")
    if baseline_of(recipe) is not None:
        papers = papers.filter(ibis.literal(False))
    cell = ["cls", "year", "kind"]
    places = papers.mutate(
        fewer=ibis.rank().over(ibis.window(group_by=cell, order_by="citations")).cast("float64"),
        tied=papers.count().over(ibis.window(group_by=[*cell, "citations"])).cast("float64"),
    )
    return places.select("work_id", percentile=(places.fewer + places.tied / 2) / places.cell_n.cast("float64"))


def _why_not(corpus: Corpus, recipe: Recipe, works: ir.Table) -> ir.StringValue:
    """The code of the first need of the indicator that a work does not meet; null where it has a score."""
    missing = []
    for need in indicator_info(recipe.indicator).needs:
        met = works.work_id.isin(need.met(corpus, recipe).work_id) if need.holds is None else need.holds(corpus, recipe, works)
        missing.append((~met.fill_null(False), need.reason))
    reason: ir.StringValue = ibis.cases(*missing, else_=ibis.null("string"))
    return reason
