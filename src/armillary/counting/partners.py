"""Who is on a work together: distinct institutions and countries, industry, and the largest distance (METHODS 5.6, 9.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core.places.geo import EARTH_KM
from armillary.core.recipe import Recipe
from armillary.counting.sectors import SECTORS, typed_institutions

if TYPE_CHECKING:
    from armillary.core.corpus import Corpus

MERGED_COUNTRIES = {"HK": "CN", "MO": "CN"}
"""What the switch ``merge_cn`` maps (METHODS 0.1, ``china_includes``)."""


def work_countries(corpus: Corpus, *, merge_cn: bool, works: ir.Table | None = None) -> ir.Table:
    """``work_id, country_code``: countries of a work's institutions and those the record names for its authors, each once; of the given
    ``works`` (default: all)."""
    named = corpus.table("affiliation").filter(_.country_code.notnull()).select("work_id", "country_code")
    named = named.union(corpus.table("author_country").select("work_id", "country_code"))
    if works is not None:
        named = named.semi_join(works, "work_id")
    if merge_cn:
        named = named.mutate(country_code=ibis.ifelse(named.country_code.isin(list(MERGED_COUNTRIES)), "CN", named.country_code))
    return named.distinct()


def work_institutions(corpus: Corpus, works: ir.Table) -> ir.Table:
    """``work_id, institution_id, sector_type, lat_deg, lon_deg``: distinct matched institutions of each of ``works``."""
    rows = corpus.table("affiliation").filter(_.institution_id.notnull()).select("work_id", "institution_id")
    pairs = rows.semi_join(works, "work_id").distinct()
    entity = typed_institutions(corpus).select("institution_id", "sector_type", "lat_deg", "lon_deg")
    return pairs.left_join(entity, "institution_id").select("work_id", "institution_id", "sector_type", "lat_deg", "lon_deg")


def partner_facts(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """One row a work in scope: ``n_countries, n_institutions, n_companies, n_located``.

    ``n_located`` counts institutions with coordinates; a work all of whose institutions are located has ``n_located = n_institutions``.
    """
    merge_cn = bool(recipe.option("merge_cn", True))
    base = recipe.but(step=0)

    def build() -> ir.Table:
        works = corpus.works(base).select("work_id")
        countries = work_countries(corpus, merge_cn=merge_cn, works=works).group_by("work_id").agg(n_countries=_.count())
        counts = (
            work_institutions(corpus, works)
            .group_by("work_id")
            .agg(
                n_institutions=_.count(),
                n_companies=_.sector_type.isin(SECTORS["company"]).fill_null(False).sum(),
                n_located=_.lat_deg.notnull().sum(),
            )
        )
        facts = works.left_join(countries, "work_id").drop("work_id_right").left_join(counts, "work_id").drop("work_id_right")
        return facts.select("work_id", **{c: facts[c].fill_null(0) for c in ("n_countries", "n_institutions", "n_companies", "n_located")})

    return corpus.memo(f"partners:{base.scope}:{base.period}:{base.subject}:{merge_cn}", build)


def with_distance(corpus: Corpus, recipe: Recipe, facts: ir.Table) -> ir.Table:
    """``facts`` with ``distance_km``, the largest between two institutions of the work: null where fewer than two points are known."""
    base = recipe.but(step=0)

    def build() -> ir.Table:
        return _distances(work_institutions(corpus, corpus.works(base).select("work_id")))

    distances = corpus.memo(f"distances:{base.scope}:{base.period}:{base.subject}", build)
    return facts.left_join(distances, "work_id").select(*facts.columns, "distance_km")


def _distances(there: ir.Table) -> ir.Table:
    """``work_id, distance_km``: the largest great-circle distance between two located institutions of a work."""
    points = there.filter(there.lat_deg.notnull() & there.lon_deg.notnull()).select("work_id", "lat_deg", "lon_deg").distinct()
    numbered = points.mutate(i=ibis.row_number().over(group_by="work_id", order_by=["lat_deg", "lon_deg"]))
    other = numbered.rename(lat2="lat_deg", lon2="lon_deg", j="i")
    # a single point is paired with itself, so that one shared campus is distance 0 and not unknown
    pairs = numbered.join(other, ["work_id", numbered.i <= other.j])
    lat1, lat2 = pairs.lat_deg.radians(), pairs.lat2.radians()
    half = (1 - (lat1 - lat2).cos()) / 2 + lat1.cos() * lat2.cos() * (1 - (pairs.lon_deg.radians() - pairs.lon2.radians()).cos()) / 2
    km = 2 * EARTH_KM * ibis.greatest(ibis.least(half, 1.0), 0.0).sqrt().asin()
    return pairs.group_by("work_id").agg(distance_km=km.max())
