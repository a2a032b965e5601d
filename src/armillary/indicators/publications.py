"""Output: how many papers a unit has (METHODS 1.1, 5.4)."""

from __future__ import annotations

import ibis.expr.types as ir
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import unit_credits
from armillary.errors import UsageError
from armillary.indicators.catalogue import ALL_UNITS, Option, indicator, work_indicator
from armillary.indicators.needs import BESIDE_PARTNER, WITH_ANOTHER, unit_key


@work_indicator(
    "count",
    name="Count",
    measure="papers",
    kind="total",
    counting="full",
    split="institution",
    source="METHODS 1.1",
    formula="Count(u) = sum over papers of 1[some author of the paper has u]",
    example="A paper by X and Y counts 1 for X and 1 for Y; two papers by X, one of them with Y, give X 2 and Y 1.",
)
def count(corpus: Corpus, recipe: Recipe) -> None:
    """Papers with at least one author of the unit; a paper counts once for every unit on it."""


@work_indicator(
    "share",
    name="Share",
    measure="papers",
    kind="total",
    counting="author-fractional",
    split="institution",
    source="METHODS 1.1 (1.1)",
    formula="Share(u) = sum over papers, sum over authors, of 1/n * 1/|Inst(a)| * 1[u in Inst(a)]",
    example="Authors A1{X}, A2{X,Y}, A3{Y}, A4{Z}: X has 1/4 + 1/8 = 0.375, Y 0.375, Z 0.25; together one paper (T1.1).",
)
def share(corpus: Corpus, recipe: Recipe) -> None:
    """Fractional count: a paper's credit is split equally over its authors, an author's part equally over his institutions."""


@work_indicator(
    "publications",
    name="P",
    measure="papers",
    kind="total",
    counting="full",
    split="address",
    source="METHODS 5.4 (5.3)",
    formula="P(u) = sum over papers of w_iu",
    example="Three authors, a1 at addresses U1 and U2, a2 at U1, a3 without: U1 1/6 + 1/3 = 0.5, U2 1/6 by author-fractional "
    "counting (T5.3).",
)
def publications(corpus: Corpus, recipe: Recipe) -> None:
    """Publications under any counting method (full unless told otherwise)."""


@indicator(
    "collaboration-score",
    name="Collaboration score",
    measure="papers",
    kind="total",
    counting="author-fractional",
    split="institution",
    source="METHODS 1.7",
    units=tuple(u for u in ALL_UNITS if u != "field"),
    formula="CS(A, B) = sum over papers that both are on of Share_A + Share_B",
    example="P1 gives X and Y 0.375 each: CS(X, Y) = 0.75 (T1.2).",
    options={"with": Option("", "the partner: a country code, institution id or place id that every other unit is scored with")},
    needs=(WITH_ANOTHER, BESIDE_PARTNER),
)
def collaboration_score(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """For every partner of one unit: the sum of both units' shares over their joint papers (third parties may be on them)."""
    partner = str(recipe.option("with", ""))
    if not partner:
        raise UsageError(
            "collaboration-score needs the unit to score partners of",
            fix="add --option with=CN (or an institution id such as with=I27837315)",
        )
    key = unit_key(recipe, partner)
    credits = unit_credits(corpus, recipe)
    both = credits.group_by(["unit_id", "period", "work_id"]).agg(credit=credits.credit.sum().cast("int64"))
    one = both.filter(both.unit_id == key).select("period", "work_id", own=_.credit)
    return both.filter(both.unit_id != key).join(one, ["period", "work_id"]).select("unit_id", "period", "work_id", num=_.credit + _.own)
