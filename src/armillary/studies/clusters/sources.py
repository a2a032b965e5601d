"""Points of each source: where inventors, authors and deals are, what each point brings in fractional counts, and the world total.

A patent is shared equally by its inventors, an article by its authors and an author's part by his institutions (METHODS 3.2, step 6).
A point is one place with all listings there. What has no usable place stays in the world total.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis import _
from scipy.spatial import cKDTree

from armillary.core.arrays import Floats, Ints
from armillary.core.corpus import Corpus
from armillary.core.places.geo import chord, is_point, unit_vectors
from armillary.core.places.populated import Populated
from armillary.core.recipe import Period, Recipe
from armillary.counting.credits import CREDIT, author_rows, divided, row_credit
from armillary.counting.scopes import scoped_works
from armillary.errors import DataError, UsageError

Pairs = dict[tuple[int, int], int]
USABLE = ("address", "postcode", "town")
"""Address qualities that can be placed; a null quality with coordinates is taken as usable."""
PUBLICATIONS = (
    "not-retracted",
    "not-paratext",
    "not-xpac",
    "authors-complete",
    "types:article",
    "source-types:journal",
    "has-authors",
    "not-domain:2",
)
"""Original research articles in journals, without the social sciences and humanities (METHODS 3.1, 3.5)."""


@dataclass(frozen=True)
class PointSet:
    """One source. All arrays have a row a point; ``credit`` and ``total`` are in units of 1/CREDIT (:mod:`armillary.counting.credits`)."""

    name: str
    lat_deg: Floats
    lon_deg: Floats
    listings: Ints
    credit: Ints
    city: list[str | None]
    country: list[str | None]
    region: list[str | None]
    total: int
    records: int
    unplaced_listings: int
    links: Callable[[npt.NDArray[np.int64]], Pairs]
    """Records that two clusters share, given the cluster (or -1) of each point."""
    period: str = "all"

    def __len__(self) -> int:
        return len(self.listings)


def load_source(corpus: Corpus, name: str, period: Period, scope: tuple[str, ...] | None = None) -> PointSet:
    """The points of a source (``pct``, ``patent``, ``pub``, ``deal``) in a period; ``scope`` are work filters for ``pub``."""
    if name in ("pct", "patent"):
        return _patents(corpus, name, period)
    if name == "deal":
        return _deals(corpus, period)
    if name == "pub":
        return _publications(corpus, period, PUBLICATIONS if scope is None else scope)
    raise UsageError(f"no source of points is called '{name}'")


def make_source(
    name: str,
    *,
    record: Any,
    credit: Any,
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
    total: int,
    records: int,
    city: Any = None,
    country: Any = None,
    region: Any = None,
    period: str = "all",
) -> PointSet:
    """A source from listings: one row an inventor, author address or deal. Rows without a place on the globe only count as unplaced.

    Columns are sequences or Arrow arrays. ``credit`` is each listing's part of its record in units of 1/CREDIT; ``total`` the sum over all
    records of the world.
    """
    n = len(record)
    y, x = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)

    def column(given: Any, kind: pa.DataType) -> Any:
        if given is None:
            return pa.nulls(n, kind)
        return given.cast(kind) if isinstance(given, pa.ChunkedArray) else pa.array(given, kind)

    table = pa.table(
        {
            "lat": y,
            "lon": x,
            "city": column(city, pa.string()),
            "country": column(country, pa.string()),
            "region": column(region, pa.string()),
            "credit": column(credit, pa.int64()),
            "row": np.arange(n),
        }
    )
    good = is_point(y, x)
    table = table.filter(pa.array(good))
    keys = ["lat", "lon", "country", "city", "region"]
    grouped = table.group_by(keys).aggregate([("credit", "sum"), ("row", "count"), ("row", "list")])
    order = np.asarray(pa.compute.sort_indices(grouped, sort_keys=[(k, "ascending") for k in keys]))
    grouped = grouped.take(pa.array(order))
    point = np.full(n, -1, dtype=np.int64)
    members = grouped["row_list"].combine_chunks()
    point[np.asarray(members.flatten())] = np.repeat(np.arange(len(grouped)), np.asarray(pa.compute.list_value_length(members)))
    known = record.combine_chunks() if isinstance(record, pa.ChunkedArray) else pa.array(record)
    code = known.dictionary_encode().indices.to_numpy() if n else np.empty(0, dtype=np.int64)

    def links(cluster: npt.NDArray[np.int64]) -> Pairs:
        at = np.where(point >= 0, cluster[point], -1) if len(cluster) else np.full(n, -1)
        return shared(code[at >= 0], at[at >= 0])

    return PointSet(
        name,
        np.asarray(grouped["lat"], dtype=np.float64),
        np.asarray(grouped["lon"], dtype=np.float64),
        np.asarray(grouped["row_count"], dtype=np.int64),
        np.asarray(grouped["credit_sum"], dtype=np.int64),
        grouped["city"].to_pylist(),
        grouped["country"].to_pylist(),
        grouped["region"].to_pylist(),
        total,
        records,
        int((~good).sum()),
        links,
        period,
    )


def with_cities(source: PointSet, towns: Populated, within_km: float = 25.0) -> PointSet:
    """The source with a city for each point that has none: that of the nearest populated place of its country within ``within_km``."""
    missing = np.array([c is None for c in source.city], dtype=np.bool_)
    if not missing.any():
        return source
    city = list(source.city)
    home, where = np.asarray(towns.country, dtype=object), unit_vectors(source.lat_deg, source.lon_deg)
    every = unit_vectors(towns.lat_deg, towns.lon_deg)
    for country in sorted({c for c, m in zip(source.country, missing, strict=True) if m}, key=str):
        mine = np.flatnonzero(missing & np.array([c == country for c in source.country], dtype=np.bool_))
        pool = np.flatnonzero(home == country) if country else np.arange(len(towns))
        if not pool.size:
            continue
        far, near = cKDTree(every[pool]).query(where[mine], distance_upper_bound=chord(within_km))
        for i, d, t in zip(mine.tolist(), np.asarray(far).tolist(), np.asarray(near).tolist(), strict=True):
            if np.isfinite(d):
                city[i] = towns.name[int(towns.head[pool[t]])]
    return replace(source, city=city)


def shared(record: npt.NDArray[np.int64], cluster: npt.NDArray[np.int64]) -> Pairs:
    """For each pair of clusters (i < j) the number of records with listings in both."""
    both = np.unique(np.stack((record, cluster)), axis=1) if len(record) else np.empty((2, 0), dtype=np.int64)
    out: Pairs = {}
    start = np.flatnonzero(np.append(True, both[0, 1:] != both[0, :-1])) if both.shape[1] else np.empty(0, dtype=np.int64)
    stop = np.append(start[1:], both.shape[1])
    for a, b in zip(start[stop - start > 1].tolist(), stop[stop - start > 1].tolist(), strict=True):
        inside = both[1, a:b].tolist()
        for k, i in enumerate(inside):
            for j in inside[k + 1 :]:
                out[i, j] = out.get((i, j), 0) + 1
    return out


def _in_period(table: Any, period: Period) -> Any:
    keep = ibis.literal(True)
    if period.first is not None:
        keep &= table.year >= period.first
    if period.last is not None:
        keep &= table.year <= period.last
    return keep if period == Period() else keep & table.year.notnull()


def _patents(corpus: Corpus, name: str, period: Period) -> PointSet:
    if not corpus.has("patent"):
        fix = "armillary ingest patents PATH, or --sources pub"
        raise DataError("there are no patents in this observatory", where=corpus.store.path, fix=fix)
    patent = corpus.table("patent")
    patent = patent.filter(_in_period(patent, period))
    if name == "pct":
        patent = patent.filter(patent.is_pct)
    found = int(corpus.fetch(patent.aggregate(n=patent.count())).to_pylist()[0]["n"])
    if not found:
        raise DataError(
            f"no {'PCT ' if name == 'pct' else ''}application in {period}",
            where=corpus.store.path,
            fix="use --sources patent if the table does not say which are PCT" if name == "pct" else "choose another period",
        )
    rows = corpus.table("inventor").join(patent.select("patent_id", "n_inventors"), "patent_id")
    usable = rows.address_quality.isnull() | rows.address_quality.isin(USABLE)
    rows = rows.select(
        "patent_id",
        "city",
        "country_code",
        lat=ibis.ifelse(usable, rows.lat_deg, ibis.null("float64")),
        lon=ibis.ifelse(usable, rows.lon_deg, ibis.null("float64")),
        credit=divided(ibis.greatest(rows.n_inventors, 1).cast("int64")),
    )
    return _from_arrow(name, corpus.fetch(rows), "patent_id", found, str(period))


def _deals(corpus: Corpus, period: Period) -> PointSet:
    if not corpus.has("deal"):
        fix = "armillary ingest deals PATH, or leave them out"
        raise DataError("there are no deals in this observatory", where=corpus.store.path, fix=fix)
    deal = corpus.table("deal")
    deal = deal.filter(_in_period(deal, period))
    whole = ibis.literal(CREDIT, type="int64")
    rows = corpus.fetch(deal.select("deal_id", "city", "country_code", lat=_.lat_deg, lon=_.lon_deg, credit=whole))
    return _from_arrow("deal", rows, "deal_id", rows.num_rows, str(period))


def _from_arrow(name: str, rows: pa.Table, record: str, records: int, period: str) -> PointSet:
    axis = {c: rows[c].fill_null(float("nan")).to_numpy() for c in ("lat", "lon")}
    return make_source(
        name,
        record=rows[record],
        credit=rows["credit"],
        lat=axis["lat"],
        lon=axis["lon"],
        total=records * CREDIT,
        records=records,
        city=rows["city"],
        country=rows["country_code"],
        period=period,
    )


def _publications(corpus: Corpus, period: Period, scope: tuple[str, ...]) -> PointSet:
    """One point an institution, at its own place (never at that of a parent)."""
    recipe = Recipe(indicator="share", unit="institution", scope=scope, period=period, split="institution", rollup="none")
    works = scoped_works(corpus, recipe)
    found = int(corpus.fetch(works.aggregate(n=works.count())).to_pylist()[0]["n"])
    if not found:
        raise DataError(f"no publication in {period}", where=corpus.store.path, fix="choose another period or scope")
    rows = author_rows(corpus, recipe)
    rows = rows.mutate(credit=row_credit(rows, "author-fractional"))
    sums = rows.group_by("institution_id").agg(listings=rows.count(), credit=rows.credit.sum().cast("int64"))
    where = corpus.table("institution").select("institution_id", "lat_deg", "lon_deg", "city", "country_code", "region_name")
    table = corpus.fetch(sums.left_join(where, "institution_id").order_by("institution_id"))
    lat, lon = (table[c].fill_null(float("nan")).to_numpy() for c in ("lat_deg", "lon_deg"))
    good = is_point(lat, lon)
    unplaced = int(np.asarray(table["listings"])[~good].sum())
    table = table.filter(pa.array(good))
    ids = np.asarray(table["institution_id"])

    def links(cluster: npt.NDArray[np.int64]) -> Pairs:
        inside = cluster >= 0
        mapping = ibis.memtable(pa.table({"institution_id": ids[inside], "cluster": cluster[inside]}))
        both = rows.select("work_id", "institution_id").distinct().join(mapping, "institution_id").select("work_id", "cluster").distinct()
        other = both.view()
        pairs = both.join(other, [both.work_id == other.work_id, both.cluster < other.cluster]).select(i=both.cluster, j=other.cluster)
        counted = corpus.fetch(pairs.group_by(["i", "j"]).agg(n=pairs.count())).to_pylist()
        return {(r["i"], r["j"]): r["n"] for r in counted}

    return PointSet(
        "pub",
        np.asarray(table["lat_deg"]),
        np.asarray(table["lon_deg"]),
        np.asarray(table["listings"], dtype=np.int64),
        np.asarray(table["credit"], dtype=np.int64),
        table["city"].to_pylist(),
        table["country_code"].to_pylist(),
        table["region_name"].to_pylist(),
        found * CREDIT,
        found,
        unplaced,
        links,
        str(period),
    )
