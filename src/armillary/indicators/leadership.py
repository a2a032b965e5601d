"""Who leads by position in the byline: totals, rates in collaborations, and leading beyond team composition (METHODS 9.4).

The role is the recipe's counting method: ``first``, ``last`` or ``corresponding``. Papers without a flagged corresponding author
have no such role and are left out of rates; the ranking's notes print how many carry the flag.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.bylines import flagged_fields
from armillary.counting.credits import CREDIT, unit_credits
from armillary.counting.scopes import scoped_works
from armillary.errors import UnknownNameError
from armillary.indicators.catalogue import Option, indicator, work_indicator
from armillary.indicators.needs import BESIDE_PARTNER_IF_NAMED, BYLINE, ROLE, WITH_ANOTHER, present, unit_key

ROLES = ("first", "last", "corresponding")
UNITS = ("country", "institution", "city", "region")
_BYLINES = Option(
    "keep", "works of fields whose bylines are in alphabetical order: keep, exclude, or only (METHODS 9.4)", ("keep", "exclude", "only")
)
_WITH = Option(
    "", "count only papers together with this unit (a country code, institution id, place or region); empty: with any other unit"
)


def _role(recipe: Recipe) -> str:
    if recipe.counting not in ROLES:
        raise UnknownNameError("role in the byline", recipe.counting, ROLES)
    return recipe.counting


def _chosen(corpus: Corpus, recipe: Recipe, table: ir.Table) -> ir.Table:
    """Rows of ``table`` whose work is not dropped by the option on alphabetical bylines, and that has the role."""
    works = scoped_works(corpus, recipe.but(step=0))
    choice = str(recipe.option("alphabetical", "keep"))
    if choice != "keep":
        flagged = works.field_id.isin(flagged_fields(corpus) or [-1]).fill_null(False)
        works = works.filter(flagged if choice == "only" else ~flagged)
    if _role(recipe) == "corresponding":
        works = works.filter(works.n_corresponding > 0)
    return table.semi_join(works.select("work_id"), "work_id")


def _joint(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``unit_id, period, work_id``: papers that a unit has with another one (or with the partner that is named)."""
    units = present(corpus, recipe)
    partner = str(recipe.option("with", ""))
    if partner:
        key = unit_key(recipe, partner)
        there = units.filter(units.unit_id == key).select("period", "work_id")
        return units.filter(units.unit_id != key).semi_join(there, ["period", "work_id"])
    sizes = units.group_by(["period", "work_id"]).agg(n_units=_.count()).filter(_.n_units > 1)
    return units.semi_join(sizes, ["period", "work_id"])


def _summed(credits: ir.Table, name: str) -> ir.Table:
    return credits.group_by(["unit_id", "period", "work_id"]).agg(**{name: credits.credit.sum().cast("int64")})


@work_indicator(
    "lead-position",
    name="Lead papers",
    measure="papers",
    kind="total",
    counting="first",
    split="institution",
    source="METHODS 9.4 (9.1)",
    units=UNITS,
    formula="LEAD(u) = sum over papers of the mean over the authors in the role of share_u(a)",
    example="Two corresponding authors, the first of CN, the second of CN and US: CN 0.75, US 0.25 (T9.2).",
    tags=("leadership",),
)
def lead_position(corpus: Corpus, recipe: Recipe) -> None:
    """Papers led by the unit's first (``--counting last``, ``corresponding``) authors; a sole author is first and last."""
    _role(recipe)


@indicator(
    "lead-rate",
    name="Lead rate in collaborations",
    measure="share of papers",
    counting="first",
    split="institution",
    units=UNITS,
    source="METHODS 9.4",
    percent=True,
    formula="LEAD(u) on joint papers / joint papers of u",
    tags=("leadership",),
    example="Three joint papers, one with a first author of u and one whose first author has u and another: 1.5 / 3.",
    options={"with": _WITH, "alphabetical": _BYLINES},
    by_presence=True,
    needs=(WITH_ANOTHER, BESIDE_PARTNER_IF_NAMED, BYLINE, ROLE),
)
def lead_rate(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Part of a unit's joint papers that its own authors lead; compare with ``team-share``, not with one half."""
    joint = _chosen(corpus, recipe, _joint(corpus, recipe))
    role = _summed(unit_credits(corpus, recipe), "num")
    rows = joint.left_join(role, ["unit_id", "period", "work_id"])
    return rows.select(
        unit_id=rows.unit_id, period=rows.period, work_id=rows.work_id, num=rows.num.fill_null(0), den=ibis.literal(CREDIT, type="int64")
    )


@indicator(
    "team-share",
    name="Share of the team in collaborations",
    measure="share of authors",
    counting="first",
    split="institution",
    units=UNITS,
    source="METHODS 9.4, null model",
    percent=True,
    formula="mean over joint papers of the unit's fraction of the authors",
    example="Two of three authors from u on the one joint paper: 0.67 of the roles would be u's by chance.",
    tags=("leadership",),
    options={"with": _WITH, "alphabetical": _BYLINES},
    by_presence=True,
    needs=(WITH_ANOTHER, BESIDE_PARTNER_IF_NAMED, BYLINE, ROLE),
)
def team_share(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """What the lead rate would be if the role were drawn among the paper's authors."""
    joint = _chosen(corpus, recipe, _joint(corpus, recipe))
    part = _summed(unit_credits(corpus, recipe.but(counting="author-fractional")), "num")
    rows = joint.left_join(part, ["unit_id", "period", "work_id"])
    return rows.select(
        unit_id=rows.unit_id, period=rows.period, work_id=rows.work_id, num=rows.num.fill_null(0), den=ibis.literal(CREDIT, type="int64")
    )


@indicator(
    "lead-excess",
    name="Lead beyond team composition",
    measure="difference of shares",
    counting="first",
    split="institution",
    units=UNITS,
    source="METHODS 9.4, null model",
    percent=True,
    formula="lead rate - team share, paper by paper",
    tags=("leadership",),
    example="A unit that has 40 % of the authors and 55 % of the first authors of its joint papers: + 15 points.",
    options={"with": _WITH, "alphabetical": _BYLINES},
    by_presence=True,
    needs=(WITH_ANOTHER, BESIDE_PARTNER_IF_NAMED, BYLINE, ROLE),
)
def lead_excess(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """How much more (or less) a unit leads its joint papers than its part of the teams would have it."""
    joint = _chosen(corpus, recipe, _joint(corpus, recipe))
    role = _summed(unit_credits(corpus, recipe), "led")
    part = _summed(unit_credits(corpus, recipe.but(counting="author-fractional")), "part")
    keys = ["unit_id", "period", "work_id"]
    rows = joint.left_join(role, keys).drop([f"{k}_right" for k in keys]).left_join(part, keys)
    num = rows.led.fill_null(0) - rows.part.fill_null(0)
    return rows.select(unit_id=rows.unit_id, period=rows.period, work_id=rows.work_id, num=num, den=ibis.literal(CREDIT, type="int64"))
