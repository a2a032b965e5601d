"""Collaboration of a unit's papers: with whom and how far (METHODS 5.6, 9.1)."""

from __future__ import annotations

import ibis.expr.types as ir

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.partners import is_located, partner_facts, together, with_distance
from armillary.errors import UnknownNameError
from armillary.indicators.catalogue import Option, work_indicator, yes_no
from armillary.indicators.needs import LOCATED, SECTOR

MERGE_CN = {"merge_cn": Option(True, "count Hong Kong and Macao with China, so that a paper between them is not international")}
MISSING = {
    "missing": Option(
        "leave-out",
        "works whose partners lack coordinates: leave-out (counted neither way, and reported) or zero (distance 0, the published rule)",
        ("leave-out", "zero"),
    )
}


@work_indicator(
    "pp-collab",
    name="PP(collab)",
    measure="share of papers",
    percent=True,
    decimals=4,
    source="METHODS 5.6",
    options=MERGE_CN,
    tags=("collaboration",),
    formula="share of papers with more than one institution or more than one country",
    example="A paper of two universities of one city counts.",
)
def pp_collab(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Share of papers with more than one institution or country."""
    facts = partner_facts(corpus, recipe)
    return yes_no(facts, together(facts))


@work_indicator(
    "pp-international",
    name="PP(int collab)",
    measure="share of papers",
    percent=True,
    decimals=4,
    source="METHODS 5.6, 9.1",
    options=MERGE_CN,
    tags=("collaboration",),
    formula="share of papers with more than one country",
    example="Authors from {CN} and {HK}: not international with merge_cn, international without (T9.3).",
)
def pp_international(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Share of papers with more than one country; one author with addresses in two countries is enough."""
    facts = partner_facts(corpus, recipe)
    return yes_no(facts, facts.n_countries > 1)


@work_indicator(
    "pp-industry",
    name="PP(industry)",
    measure="share of papers",
    percent=True,
    decimals=4,
    source="METHODS 5.6",
    tags=("collaboration",),
    needs=(SECTOR,),
    formula="share of papers with a company: OpenAlex's type, or ROR's where that is funder, other or missing",
    example="A university and a company: counts; a hospital is not industry.",
)
def pp_industry(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Share of papers with at least one company, among those whose institutions all have a type."""
    facts = partner_facts(corpus, recipe)
    facts = facts.filter((facts.n_institutions > 0) & (facts.n_typed == facts.n_institutions))
    return yes_no(facts, facts.n_companies > 0)


def _by_distance(corpus: Corpus, recipe: Recipe, condition: str) -> ir.Table:
    facts = with_distance(corpus, recipe, partner_facts(corpus, recipe))
    missing = str(recipe.option("missing", "leave-out"))
    if missing == "zero":
        facts = facts.mutate(distance_km=facts.distance_km.fill_null(0.0))
    elif missing == "leave-out":
        # unknown only where it could decide: a paper of one institution is no collaboration, whatever its coordinates
        facts = facts.filter(~together(facts) | is_located(facts))
    else:
        raise UnknownNameError("rule for missing coordinates", missing, ["leave-out", "zero"])
    near = facts.distance_km <= 100 if condition == "short" else facts.distance_km >= 5000
    return yes_no(facts, (together(facts) & near).fill_null(False))


@work_indicator(
    "pp-short-distance",
    name="PP(< 100 km)",
    measure="share of papers",
    percent=True,
    decimals=4,
    source="METHODS 5.6",
    options=MERGE_CN | MISSING,
    needs=(LOCATED,),
    tags=("collaboration",),
    formula="share of papers in collaboration whose institutions are all within 100 km of each other",
    example="Two institutes of one city; without coordinates the paper is left out unless missing=zero.",
)
def pp_short_distance(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Share of papers in collaboration over at most 100 km."""
    return _by_distance(corpus, recipe, "short")


@work_indicator(
    "pp-long-distance",
    name="PP(> 5000 km)",
    measure="share of papers",
    percent=True,
    decimals=4,
    source="METHODS 5.6",
    options=MERGE_CN | MISSING,
    needs=(LOCATED,),
    tags=("collaboration",),
    formula="share of papers in collaboration with two institutions at least 5000 km apart",
    example="Beijing and Boston, 10,800 km.",
)
def pp_long_distance(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Share of papers in collaboration over at least 5000 km."""
    return _by_distance(corpus, recipe, "long")
