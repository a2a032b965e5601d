"""Open access (METHODS 5.6). Papers of unknown status are in neither numerator nor denominator; their number is the difference to P."""

from __future__ import annotations

import ibis.expr.types as ir

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.scopes import scoped_works
from armillary.indicators.catalogue import work_indicator
from armillary.indicators.needs import ACCESS

STATUSES = {
    "oa": (("gold", "diamond", "hybrid", "bronze", "green"), "open in any way"),
    "oa-gold": (("gold", "diamond"), "in a journal that is open as a whole (gold and diamond)"),
    "oa-hybrid": (("hybrid",), "open under a licence in a subscription journal"),
    "oa-bronze": (("bronze",), "free to read at the publisher without a licence"),
    "oa-green": (("green",), "open only in a repository (exclusive, as in 2025)"),
}


def _register(id: str, statuses: tuple[str, ...], meaning: str) -> None:
    def open_access(corpus: Corpus, recipe: Recipe) -> ir.Table:
        works = scoped_works(corpus, recipe)
        known = works.filter(works.oa_status.notnull())
        return known.select("work_id", score=known.oa_status.isin(statuses).cast("int8"))

    open_access.__doc__ = f"Share of papers {meaning}, among papers whose status is known."
    work_indicator(
        f"pp-{id}",
        name=f"PP({id.upper().replace('-', ' ')})",
        measure="share of papers",
        percent=True,
        decimals=4,
        source="METHODS 5.6",
        tags=("access",),
        needs=(ACCESS,),
        formula=f"papers with status {', '.join(statuses)} / papers with known status",
        example="gold, closed, unknown: PP(OA) = 1/2.",
    )(open_access)


for _id, (_statuses, _meaning) in STATUSES.items():
    _register(_id, _statuses, _meaning)
