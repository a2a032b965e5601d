"""Sustainable Development Goals: papers on a goal, their part of a unit's work and of the world's (METHODS 7.2)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import scaled, unit_credits
from armillary.counting.goals.tags import CUT, classified_works, tags_of
from armillary.counting.scopes import scoped_works
from armillary.indicators.catalogue import Option, indicator, work_indicator
from armillary.indicators.needs import CLASSIFIED, TAGGED, Need

GOAL_OPTIONS = {
    "goal": Option(0, "goal 1 to 17; 0: any goal (a work counts once)"),
    "tags": Option(
        "given",
        "given: tags in the records; queries: Armillary's own classifier; or a CSV or Parquet file with work_id, sdg_id[, score]",
        ("given", "queries"),
        file=True,
    ),
    "cut": Option(CUT, "a tag counts if its score is above this (0.4 as served by OpenAlex; report 0.6 beside it)"),
}


def _world(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``period, papers, on_goal``: the classified works of the scope, and those on the goal, for periods that have one."""
    works = scoped_works(corpus, recipe).select("period", "work_id").semi_join(classified_works(corpus, recipe), "work_id")
    tagged = tags_of(corpus, recipe).mutate(one=ibis.literal(1, type="int64"))
    joined = works.left_join(tagged, "work_id")
    world = joined.group_by("period").agg(papers=joined.count(), on_goal=joined.one.count())
    return world.filter(world.on_goal > 0)


GOAL_IN_PERIOD = Need(
    "nobody_on_goal",
    "no paper of its period is on the goal (goal {goal}; 0 is any)",
    lambda corpus, recipe: scoped_works(corpus, recipe).semi_join(_world(corpus, recipe), "period").select("work_id"),
)


@work_indicator(
    "sdg-papers",
    name="SDG papers",
    measure="papers",
    kind="total",
    source="METHODS 7.1",
    options=GOAL_OPTIONS,
    needs=(CLASSIFIED, TAGGED),
    tags=("sdg",),
    formula="n_cg = sum over papers tagged with g of w_ic",
    example="A paper tagged with goals 3 and 13 counts in each, and once in 'any goal'.",
)
def sdg_papers(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Papers tagged with a goal; a paper with several goals counts fully in each and once in the total of any goal."""
    return tags_of(corpus, recipe).mutate(score=ibis.literal(1.0))


@work_indicator(
    "pp-sdg",
    name="PP(SDG)",
    measure="share of papers",
    percent=True,
    decimals=4,
    source="METHODS 7.2",
    options=GOAL_OPTIONS,
    needs=(CLASSIFIED,),
    tags=("sdg",),
    formula="n_cg / n_c.",
    example="30 of a country's 100 papers: 30 %.",
)
def pp_sdg(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Part of a unit's own papers, of those ever classified, that is tagged with a goal."""
    return _flagged(corpus, recipe).select("work_id", score=ibis._.is_tagged.cast("float64"))


@indicator(
    "sdg-share",
    name="SDG contribution share",
    measure="share of the world's papers on the goal",
    kind="total",
    percent=True,
    decimals=4,
    source="METHODS 7.2",
    options=GOAL_OPTIONS,
    needs=(CLASSIFIED, TAGGED),
    tags=("sdg",),
    against_all=True,
    formula="s_cg = n_cg / n_.g",
    example="30 of the world's 200 papers on the goal: 15 % (T7.1).",
)
def sdg_share(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """A unit's part of all papers on the goal in the scope. Under full counting the shares of countries add up to more than one."""
    world = _world(corpus, recipe)
    rows = unit_credits(corpus, recipe).join(tags_of(corpus, recipe), "work_id").join(world, "period")
    return rows.select("unit_id", "period", "work_id", num=scaled(rows.credit, 1.0 / rows.on_goal.cast("float64")))


@indicator(
    "sdg-activity",
    name="SDG activity index",
    measure="times the world's part",
    source="METHODS 7.2 (7.1)",
    options=GOAL_OPTIONS,
    needs=(CLASSIFIED, GOAL_IN_PERIOD),
    tags=("sdg",),
    against_all=True,
    formula="AI_cg = (n_cg / n_c.) / (n_.g / n_..)",
    example="30 of 100 papers where the world has 200 of 1,000: 1.5 (T7.1); no paper on the goal: 0; nobody has one: no value (T7.3).",
)
def sdg_activity(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """How much more a unit works on a goal than the world does: 1 is the world's part."""
    world = _world(corpus, recipe)
    tagged = tags_of(corpus, recipe).mutate(is_tagged=ibis.literal(True))
    credits = unit_credits(corpus, recipe).semi_join(classified_works(corpus, recipe), "work_id")
    rows = credits.left_join(tagged, "work_id").drop("work_id_right").join(world, "period")
    factor = rows.papers.cast("float64") / rows.on_goal.cast("float64")
    # a period without any paper on the goal is not in `world`: its index is undefined, not 0
    num = ibis.ifelse(rows.is_tagged.fill_null(False), scaled(rows.credit, factor), ibis.literal(0, type="int64"))
    return rows.select("unit_id", "period", "work_id", num=num, den=rows.credit)


def _flagged(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``work_id, is_tagged`` for every classified work of the scope (once, whatever the windows)."""
    works = scoped_works(corpus, recipe).select("work_id").semi_join(classified_works(corpus, recipe), "work_id")
    tagged = tags_of(corpus, recipe).mutate(is_tagged=ibis.literal(True))
    joined = works.left_join(tagged, "work_id")
    return joined.select("work_id", is_tagged=joined.is_tagged.fill_null(False))
