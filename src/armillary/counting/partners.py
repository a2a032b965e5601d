"""Who is on a work together: distinct institutions and countries, industry, and the largest distance (METHODS 5.6, 9.1)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.places.geo import EARTH_KM
from armillary.core.recipe import Recipe
from armillary.counting.presence import work_countries, work_institutions
from armillary.counting.scopes import scoped_works
from armillary.counting.sectors import SECTORS


def partner_facts(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """One row a work in scope: ``n_countries, n_placed, n_institutions, n_companies, n_typed, n_located``.

    ``n_located`` counts institutions with coordinates, ``n_typed`` those whose sector is known; ``n_placed`` counts the countries of
    matched institutions, which are fewer than ``n_countries`` where the record names a country and no institution there was matched.
    """
    merge_cn = bool(recipe.option("merge_cn", True))
    base = recipe.but(step=0)  # a work is one work, in however many windows

    def build() -> ir.Table:
        works = scoped_works(corpus, base).select("work_id")
        countries = work_countries(corpus, merge_cn=merge_cn, works=works).group_by("work_id").agg(n_countries=_.count())
        placed = work_countries(corpus, merge_cn=merge_cn, works=works, named=False).group_by("work_id").agg(n_placed=_.count())
        counts = (
            work_institutions(corpus, works)
            .group_by("work_id")
            .agg(
                n_institutions=_.count(),
                n_companies=_.sector_type.isin(SECTORS["company"]).fill_null(False).sum(),
                n_typed=_.sector_type.notnull().sum(),
                n_located=_.lat_deg.notnull().sum(),
            )
        )
        facts = works
        for part in (countries, placed, counts):
            facts = facts.left_join(part, "work_id").drop("work_id_right")
        return facts.select("work_id", **{c: facts[c].fill_null(0) for c in _COUNTS})

    return corpus.memo(f"partners:{base.scope}:{base.period}:{base.subject}:{merge_cn}", build)


_COUNTS = ("n_countries", "n_placed", "n_institutions", "n_companies", "n_typed", "n_located")


def together(facts: ir.Table) -> ir.BooleanValue:
    """Whether a work is a collaboration: more than one institution or more than one country."""
    more: ir.BooleanValue = (facts.n_institutions > 1) | (facts.n_countries > 1)
    return more


def is_located(facts: ir.Table) -> ir.BooleanValue:
    """Whether it is known where everybody on a work sits (``facts`` with :func:`with_distance`)."""
    known: ir.BooleanValue = (facts.n_located == facts.n_institutions) & (facts.n_placed == facts.n_countries) & facts.distance_km.notnull()
    return known


def with_distance(corpus: Corpus, recipe: Recipe, facts: ir.Table) -> ir.Table:
    """``facts`` with ``distance_km``, the largest between two institutions of the work: null where fewer than two points are known."""
    base = recipe.but(step=0)

    def build() -> ir.Table:
        return _distances(work_institutions(corpus, scoped_works(corpus, base).select("work_id")))

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
