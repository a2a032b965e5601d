"""The robustness of a claim: its predicate under every variant of the ranking that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from armillary.audit.language import Claim
from armillary.audit.rankings import evidence_of, recipe_of
from armillary.audit.verdict import FUNCTIONS, period_of
from armillary.core.corpus import Corpus
from armillary.errors import DataError, UsageError

if TYPE_CHECKING:
    from armillary.ranking.result import Ranking
    from armillary.ranking.robustness import Robustness


def claim_robustness(
    corpus: Corpus, claim: Claim, here: Path, *, choices: Mapping[str, Sequence[str]] | None = None, limit: int = 1000
) -> Robustness:
    """All variants of the claim's ranking; a variant under which the claim is not decidable counts as undefined."""
    from armillary.ranking.robustness import robustness

    query, reference = claim.main.query, claim.main.evidence
    if not isinstance(reference, Mapping):
        raise UsageError(
            f"claim {claim.id} rests on '{reference}', which has no variants",
            fix="robustness needs a claim whose evidence is a ranking of this observatory",
        )
    recipe = recipe_of(reference, here)
    period = query.get("period") if query.grammar.period_key == "period" else None
    if recipe.step and isinstance(period, int) and query.predicate not in ("first-time", "first-above", "crossing"):
        recipe = recipe.but(period=period, step=0)

    def judge(ranking: Ranking) -> bool | None:
        try:
            evidence = evidence_of(corpus, ranking)
        except DataError:
            return None
        at = period_of(query, evidence, None)
        return None if at is None else FUNCTIONS[query.predicate](query, evidence, at).truth

    unit = query.get("unit") or (query.get("units") or [None])[0] or query.get("country")
    return robustness(
        corpus, recipe, unit if isinstance(unit, str) else None, choices=choices, judge=judge, statement=claim.says, limit=limit
    )
