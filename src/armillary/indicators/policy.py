"""Policy uptake: papers cited in policy documents, who cites them, how soon, at home and abroad (METHODS 7.3).

Policy citations take long: use windows of three years or more, and compare papers of the same years. A work without a DOI cannot be
matched and counts in neither numerator nor denominator.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.baselines import require_yardstick
from armillary.counting.classes import LEVELS, work_classes
from armillary.counting.credits import CREDIT, unit_credits
from armillary.counting.policy_links import judged_works, links_of
from armillary.indicators.catalogue import Option, indicator, work_indicator
from armillary.indicators.needs import CLASS, DATED_IN_POLICY, DOI, IN_POLICY, ON_GOAL, TYPE, YEAR, Need, known_in_policy
from armillary.indicators.sdg import GOAL_OPTIONS

POLICY_OPTIONS = {
    "source_type": Option("", "only documents of government, igo, think_tank, ngo or other sources"),
    "document": Option("", "only one document (ipcc-ar6-wg1), documents whose id begins so (ipcc-ar6), or one organisation"),
    "window": Option(0, "only documents up to this many years after the paper; 0: open"),
    "goal": Option(0, "only papers on this Sustainable Development Goal; 0: all papers"),
    "tags": GOAL_OPTIONS["tags"],
    "cut": GOAL_OPTIONS["cut"],
}
LOCATED = ("country", "institution", "city")


@work_indicator(
    "p-policy",
    name="P(policy)",
    measure="papers",
    kind="total",
    source="METHODS 7.3",
    options=POLICY_OPTIONS,
    needs=(DOI, ON_GOAL, IN_POLICY),
    tags=("policy",),
    formula="sum of w_iu 1[cited in a policy document]",
    example="Three papers, two of them cited by one report and one of these also by a brief: 2.",
)
def p_policy(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Papers cited in at least one policy document."""
    return _with_documents(corpus, recipe).filter(_.documents > 0).select("work_id", score=ibis.literal(1.0))


@work_indicator(
    "pp-policy",
    name="PP(policy)",
    measure="share of papers",
    percent=True,
    decimals=4,
    source="METHODS 7.3",
    options=POLICY_OPTIONS,
    needs=(DOI, ON_GOAL),
    tags=("policy",),
    formula="sum of w_iu 1[cited in a policy document] / sum of w_iu over papers with a DOI",
    example="Two of three papers with a DOI: 66.7 %.",
)
def pp_policy(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Part of a unit's papers cited in at least one policy document."""
    return _with_documents(corpus, recipe).select("work_id", score=(_.documents > 0).cast("float64"))


@work_indicator(
    "policy-citations",
    name="Policy citations",
    measure="citations",
    kind="total",
    source="METHODS 7.3",
    options=POLICY_OPTIONS,
    needs=(DOI, ON_GOAL, IN_POLICY),
    tags=("policy",),
    formula="sum of w_iu d_i, d_i = policy documents that cite the paper",
    example="A paper cited by two reports and one by one: 3.",
)
def policy_citations(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Citations of a unit's papers by policy documents; a document cites a paper once."""
    return _with_documents(corpus, recipe).filter(_.documents > 0).select("work_id", score=_.documents.cast("float64"))


def _with_documents(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``work_id, year, documents``: policy documents that cite each judged work."""
    links = links_of(corpus, recipe)
    counts = links.group_by("work_id").agg(n=links.policy_id.nunique())
    joined = judged_works(corpus, recipe).left_join(counts, "work_id")
    return joined.select("work_id", "year", documents=joined.n.fill_null(0))


def _in_cited_cells(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``work_id, documents, mean``: papers of every subject and goal, with the mean of their field, year and type where it is not 0."""
    papers = _with_documents(corpus, recipe.but(subject=None, options={**dict(recipe.options), "goal": 0}))
    classes = work_classes(corpus, str(recipe.option("field_level", "field")), bool(recipe.option("by_type", True)))
    papers = papers.join(classes, "work_id").filter(_.cls.notnull() & _.year.notnull() & _.type.notnull())
    cell = ibis.window(group_by=["cls", "year", "type"])
    return papers.mutate(mean=papers.documents.cast("float64").mean().over(cell)).filter(_["mean"] > 0)


CITED_CELL = Need("uncited_cell", "no policy document cites a paper of its field, year and type", _in_cited_cells)


@work_indicator(
    "mnpc",
    name="MNPC",
    measure="times the world mean",
    source="METHODS 7.3",
    tags=("policy",),
    options=POLICY_OPTIONS
    | {
        "field_level": Option(
            "field", "cells by topic, subfield, field, domain, an ingested classification, or a CSV file", LEVELS, file=True, named=True
        ),
        "by_type": Option(True, "whether document types have cells of their own"),
        "baseline": Option(
            "world",
            "compared with what: world (the works here, which must be the world's) or own (the works here, whatever they are)",
            ("world", "own"),
        ),
    },
    needs=(DOI, ON_GOAL, CLASS, YEAR, TYPE, CITED_CELL),
    formula="sum of w_iu d_i / m_i over sum of w_iu, m_i = mean of d over papers of the same field, year and type",
    example="A paper with 2 policy citations where papers of its field, year and type have 0.5 on average scores 4.",
)
def mnpc(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Mean policy citations normalised by field, year and type; 1 is the world mean. Cells that no policy document cites are left out."""
    require_yardstick(corpus, recipe)
    papers = _in_cited_cells(corpus, recipe)
    scored = papers.select("work_id", score=papers.documents.cast("float64") / papers["mean"])
    return scored.semi_join(judged_works(corpus, recipe), "work_id")


@work_indicator(
    "policy-lag",
    name="Policy lag",
    measure="years",
    source="METHODS 7.3",
    options=POLICY_OPTIONS,
    needs=(DOI, ON_GOAL, IN_POLICY, DATED_IN_POLICY),
    tags=("policy",),
    formula="mean over cited papers of (year of the first policy document - year of the paper)",
    example="Papers of 2015 and 2018, first cited in documents of 2021: (6 + 3) / 2 = 4.5 years.",
)
def policy_lag(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Years from a paper to the first policy document that cites it, over papers that were cited (papers still waiting are not in it)."""
    links = links_of(corpus, recipe).filter(_.lag.notnull())
    first = links.group_by("work_id").agg(score=links.lag.min().cast("float64"))
    return first.semi_join(judged_works(corpus, recipe), "work_id")


@indicator(
    "pp-policy-abroad",
    name="PP(policy abroad)",
    measure="share of papers",
    percent=True,
    decimals=4,
    units=LOCATED,
    source="METHODS 7.3",
    options=POLICY_OPTIONS,
    needs=(DOI, ON_GOAL),
    tags=("policy",),
    formula="sum of w_iu 1[cited in a document of another country or of an international body] / sum of w_iu",
    example="A German paper cited only by a German ministry: 0; cited by the IPCC or a French ministry: 1.",
)
def pp_policy_abroad(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Part of a unit's papers cited in policy documents from outside its country; international bodies count as outside."""
    rows = _unit_links(corpus, recipe)
    abroad = rows.filter(rows.country_code.isnull() | (rows.country_code != rows.home))
    abroad = abroad.select("unit_id", "period", "work_id").distinct().mutate(hit=ibis.literal(True))
    credits = unit_credits(corpus, recipe).semi_join(judged_works(corpus, recipe), "work_id")
    joined = credits.left_join(abroad, ["unit_id", "period", "work_id"])
    zero = ibis.literal(0, type="int64")
    return joined.select(
        "unit_id",
        "period",
        "work_id",
        num=ibis.ifelse(joined.hit.fill_null(False), joined.credit, zero),
        den=joined.credit,
    )


@indicator(
    "policy-home-part",
    name="Home part of policy citations",
    measure="share of citations",
    percent=True,
    decimals=4,
    units=LOCATED,
    source="METHODS 7.3",
    options=POLICY_OPTIONS,
    needs=(DOI, ON_GOAL, IN_POLICY, known_in_policy("country_code", "no_policy_country", "country")),
    tags=("policy",),
    formula="citations by documents of the unit's own country / citations by documents of any country (international bodies left out)",
    example="Six citations by the own ministries, two by foreign ones, four by the IPCC: 6 / 8 = 75 %.",
)
def policy_home_part(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """How far policy uptake is a matter of the own country's policy makers."""
    rows = _unit_links(corpus, recipe).filter(_.country_code.notnull() & _.home.notnull())
    zero = ibis.literal(0, type="int64")
    return rows.select("unit_id", "period", "work_id", num=ibis.ifelse(rows.country_code == rows.home, rows.credit, zero), den=rows.credit)


def _register_distinct(id: str, column: str, name: str, measure: str, doc: str) -> None:
    def function(corpus: Corpus, recipe: Recipe) -> ir.Table:
        links = links_of(corpus, recipe).semi_join(judged_works(corpus, recipe), "work_id")
        links = links.filter(links[column].notnull()).select("work_id", key=links[column])
        rows = unit_credits(corpus, recipe).select("unit_id", "period", "work_id").join(links, "work_id")
        firsts = rows.group_by(["unit_id", "period", "key"]).agg(work_id=rows.work_id.min())
        return firsts.select("unit_id", "period", "work_id", num=ibis.literal(CREDIT, type="int64"))

    function.__doc__ = doc
    known = () if column == "policy_id" else (known_in_policy(column, f"no_policy_{column}", name.lower()),)
    first_of_unit = Need("counted_elsewhere", f"each of the {measure} that cite it is counted through another paper of the unit", function)
    indicator(
        id,
        name=name,
        measure=measure,
        kind="total",
        decimals=0,
        source="METHODS 7.3",
        options=POLICY_OPTIONS,
        needs=(DOI, ON_GOAL, IN_POLICY, *known, first_of_unit),
        tags=("policy",),
        formula=f"number of different {measure} that cite any paper of the unit; explained by the first paper (by id) that each cites",
        example=f"Two papers of a unit cited by the same one of the {measure}: 1.",
    )(function)


_register_distinct(
    "policy-documents",
    "policy_id",
    "Policy documents",
    "policy documents",
    "Different policy documents that cite at least one paper of the unit, whatever the counting method.",
)
_register_distinct(
    "policy-organisations",
    "organisation",
    "Policy organisations",
    "organisations",
    "Different organisations whose policy documents cite at least one paper of the unit, whatever the counting method.",
)
_register_distinct(
    "policy-countries",
    "country_code",
    "Policy countries",
    "countries",
    "Different countries whose policy documents cite at least one paper of the unit, whatever the counting method.",
)


def _unit_links(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``unit_id, period, work_id, credit, country_code, home``: one row a unit, work and citing document; ``home`` is the unit's
    country.
    """
    links = links_of(corpus, recipe).semi_join(judged_works(corpus, recipe), "work_id").select("work_id", "country_code")
    rows = unit_credits(corpus, recipe).join(links, "work_id")
    if recipe.unit == "country":
        return rows.mutate(home=rows.unit_id)
    table, key = ("institution", "institution_id") if recipe.unit == "institution" else ("place", "place_id")
    home = corpus.table(table).select(unit_id=_[key], home=_.country_code)
    return rows.join(home, "unit_id")
