"""Cooperation of a unit with one partner: joint papers, and their share of the unit's papers (METHODS 9.1, 9.2)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT
from armillary.errors import UsageError
from armillary.indicators.catalogue import Option, indicator
from armillary.indicators.needs import BESIDE_PARTNER, WITH_ANOTHER, present, unit_key

UNITS = ("country", "institution", "city", "region", "author")
_WITH = {"with": Option("", "the partner: a country code, institution id or place id")}


def _present(corpus: Corpus, recipe: Recipe) -> tuple[ir.Table, ir.Table]:
    """Papers of every other unit, and the partner's papers."""
    partner = str(recipe.option("with", ""))
    if not partner:
        raise UsageError(f"{recipe.indicator} needs the partner", fix="add --option with=CN (or an institution id such as with=I27837315)")
    key, units = unit_key(recipe, partner), present(corpus, recipe)
    return units.filter(units.unit_id != key), units.filter(units.unit_id == key).select("period", "work_id", has=ibis.literal(1))


@indicator(
    "joint-papers",
    name="Joint papers",
    measure="papers",
    kind="total",
    counting="full",
    split="institution",
    units=UNITS,
    options=_WITH,
    by_presence=True,
    needs=(WITH_ANOTHER, BESIDE_PARTNER),
    source="METHODS 9.1",
    formula="n_ij = papers with both units (third units may be on them)",
    tags=("cooperation",),
    example="A paper of CN, US and DE is a joint paper of each pair.",
)
def joint_papers(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Papers that each unit has together with the partner."""
    others, partner = _present(corpus, recipe)
    return others.semi_join(partner, ["period", "work_id"]).mutate(num=ibis.literal(CREDIT, type="int64"))


@indicator(
    "partner-share",
    name="Share of papers with the partner",
    measure="share of papers",
    counting="full",
    split="institution",
    units=UNITS,
    options=_WITH,
    by_presence=True,
    needs=(BESIDE_PARTNER,),
    percent=True,
    source="METHODS 9.2",
    formula="n_ij / n_i",
    tags=("cooperation",),
    example="100 papers of i, 30 of them with the partner: 0.3.",
)
def partner_share(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Part of each unit's papers that the partner is on: how much a unit depends on it."""
    others, partner = _present(corpus, recipe)
    rows = others.left_join(partner, ["period", "work_id"])
    one = ibis.literal(CREDIT, type="int64")
    return rows.select(
        unit_id=rows.unit_id,
        period=rows.period,
        work_id=rows.work_id,
        num=ibis.ifelse(rows.has.notnull(), one, ibis.literal(0, type="int64")),
        den=one,
    )
