"""Which sector an institution belongs to: the one place that reads its type (METHODS 1.4, 5.6, 9.3).

The type is OpenAlex's; where that is ``funder``, ``other`` or missing, ROR's, if ROR was ingested. That matters: recent OpenAlex records
type many universities (Stanford, Oxford) and some companies (Pfizer) as ``funder``, which says who pays and not what they are.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core.corpus import Corpus

SECTORS = {
    "university": ("education",),
    "company": ("company",),
    "hospital": ("healthcare",),
    "government": ("government", "facility"),
    "nonprofit": ("nonprofit", "archive"),
}
"""Our five sectors and the institution types in each. Hospitals and government laboratories are not industry."""

VAGUE = ("funder", "other")
"""Types that say nothing about the sector."""


def typed_institutions(corpus: Corpus) -> ir.Table:
    """Table ``institution`` with ``ror_type``, and ``sector_type``: the type that decides the sector, null where nobody names one."""
    entity = corpus.table("institution")
    ror = corpus.table("ror").select("ror_id", ror_type=_.institution_type)
    joined = entity.left_join(ror, "ror_id").select(*entity.columns, "ror_type")
    known = [ibis.ifelse(t.isin(VAGUE), None, t) for t in (joined.institution_type, joined.ror_type)]
    return joined.mutate(sector_type=ibis.coalesce(*known))
