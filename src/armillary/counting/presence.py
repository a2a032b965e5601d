"""Who is on a work: its distinct countries and institutions, whatever the counting method."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core.corpus import Corpus
from armillary.counting.affiliations import affiliations
from armillary.counting.sectors import typed_institutions

MERGED_COUNTRIES = {"HK": "CN", "MO": "CN"}
"""What the switch ``merge_cn`` maps (METHODS 0.1, ``china_includes``)."""


def work_countries(corpus: Corpus, *, merge_cn: bool, works: ir.Table | None = None, named: bool = True) -> ir.Table:
    """``work_id, country_code``: countries of a work's institutions and those the record names for its authors, each once; of the given
    ``works`` (default: all); without those that are only ``named``, the countries of matched institutions."""
    there = affiliations(corpus).filter(_.country_code.notnull()).select("work_id", "country_code")
    if named:
        there = there.union(corpus.table("author_country").select("work_id", "country_code"))
    if works is not None:
        there = there.semi_join(works, "work_id")
    if merge_cn:
        there = there.mutate(country_code=ibis.ifelse(there.country_code.isin(list(MERGED_COUNTRIES)), "CN", there.country_code))
    return there.distinct()


def work_institutions(corpus: Corpus, works: ir.Table) -> ir.Table:
    """``work_id, institution_id, sector_type, lat_deg, lon_deg``: distinct matched institutions of each of ``works``."""
    rows = corpus.table("affiliation").filter(_.institution_id.notnull()).select("work_id", "institution_id")
    pairs = rows.semi_join(works, "work_id").distinct()
    entity = typed_institutions(corpus).select("institution_id", "sector_type", "lat_deg", "lon_deg")
    return pairs.left_join(entity, "institution_id").select("work_id", "institution_id", "sector_type", "lat_deg", "lon_deg")
