"""From institutions to cities and metropolitan areas (METHODS 1.8).

Each institution is placed by its own point, before any roll-up, so that an academy's institutes count where they stand. In order:

1. *override*: a reviewed decision (``registry/places``): a metropolitan area that lists the city, one institution, or a body
   without one place;
2. *polygon*: the urban area, of a given polygon file, that holds the point (the smallest, if several do), cut at national borders;
3. *nearest*: the nearest populated place of the same country within ``max_km``, taken to the city it is a part of
   (:mod:`armillary.core.places.populated`) and to that city's urban area if it lies in one;
4. *name*: the city that the record names (with its GeoNames id where it has one);
5. *none*: no place. Its weight is reported as unassigned, never given to somebody else.

The reviewed metropolitan areas stand above the rest because their point is to join cities that polygons and records keep apart.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.core.places.by_geography import by_geography
from armillary.core.places.geo import haversine_km, name_key, spherical_middle
from armillary.core.places.polygons import UrbanAreas, read_polygons
from armillary.core.places.populated import Populated, read_populated
from armillary.core.places.rows import Rows, commonest
from armillary.core.places.rules import Metropolitan, Overrides, load_overrides
from armillary.core.schema import TABLES
from armillary.core.store import Store, Transaction
from armillary.errors import SpecError

MAX_KM = 50.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """What an assignment did: institutions in all, how many by each way, places; greatest and median distance of *nearest* in km."""

    institutions: int
    by: dict[str, int]
    places: int
    nearest_km: tuple[float, float] | None

    @property
    def without_place(self) -> int:
        """Institutions that got no place."""
        return self.by.get("none", 0)


def default_places(institution: pa.Table, overrides: Overrides | None = None) -> tuple[pa.Table, pa.Table]:
    """Tables ``place`` and ``institution_place`` from what the records say alone (steps 1, 4 and 5)."""
    return place_institutions(institution, overrides=overrides)


def place_by_record(txn: Transaction) -> None:
    """Write the default places of all institutions in an open transaction, so that cities can be ranked after any ingest.

    An assignment by polygons or populated places is replaced, with a warning: run ``armillary places`` again after new institutions
    came in.
    """
    before = set(txn.read("institution_place", ["assigned_by"])["assigned_by"].to_pylist())
    if before & {"polygon", "nearest"}:
        log.warning("places found by polygons or populated places are replaced by the records' own; run 'armillary places' again")
    place, link = default_places(txn.read("institution"))
    txn.replace("place", place)
    txn.replace("institution_place", link)


def place_institutions(
    institution: pa.Table,
    *,
    polygons: UrbanAreas | None = None,
    populated: Populated | None = None,
    overrides: Overrides | None = None,
    max_km: float = MAX_KM,
) -> tuple[pa.Table, pa.Table]:
    """Tables ``place`` and ``institution_place`` for core table ``institution``; one row in the latter for each institution.

    ``distance_km`` is 0 inside a polygon, the distance to the populated place for *nearest*, and to the middle of the place for *name* and
    *override*.
    """
    rules = load_overrides() if overrides is None else overrides
    rows = Rows(institution)
    _by_record(rows)
    if polygons is not None or populated is not None:
        by_geography(rows, polygons, populated, rules.without_polygons, max_km)
    _by_rules(rows, rules, populated)
    used = {p for p in rows.place if p is not None}
    place = pa.Table.from_pylist([rows.known[p] for p in sorted(used)], schema=TABLES["place"].schema)
    distance = pa.array(np.round(rows.distance, 3), from_pandas=True)
    link = pa.table(
        [pa.array(rows.ids, pa.int64()), pa.array(rows.place, pa.string()), pa.array(rows.by, pa.string()), distance],
        schema=TABLES["institution_place"].schema,
    )
    return place, link.sort_by("institution_id")


def assign_places(
    store: Store,
    polygons: Path | None = None,
    populated_places: Path | None = None,
    overrides: Path | None = None,
    *,
    max_km: float = MAX_KM,
) -> PlaceReport:
    """Place every institution of the store and write core tables ``place`` and ``institution_place``; replaces an earlier assignment."""
    areas = read_polygons(polygons) if polygons else None
    towns = read_populated(populated_places) if populated_places else None
    rules = load_overrides(overrides)
    with store.write() as txn:
        place, link = place_institutions(txn.read("institution"), polygons=areas, populated=towns, overrides=rules, max_km=max_km)
        txn.replace("place", place)
        txn.replace("institution_place", link)
    return report(place, link)


def report(place: pa.Table, link: pa.Table) -> PlaceReport:
    """Count how the institutions were placed."""
    by = Counter(link["assigned_by"].to_pylist())
    km = [d for d, b in zip(link["distance_km"].to_pylist(), link["assigned_by"].to_pylist(), strict=True) if b == "nearest"]
    return PlaceReport(link.num_rows, dict(sorted(by.items())), place.num_rows, (max(km), float(np.median(km))) if km else None)


def _by_record(rows: Rows) -> None:
    """Step 4: the city that the record names. A name without GeoNames id takes the one that other records of that city have."""
    votes: dict[str, Counter[int]] = {}
    for key, gn in zip(rows.key, rows.geonames, strict=True):
        if key and gn:
            votes.setdefault(key, Counter())[gn] += 1
    best = {key: min(c, key=lambda g: (-c[g], g)) for key, c in votes.items()}
    members: dict[str, list[int]] = {}
    for i, key in enumerate(rows.key):
        gn = rows.geonames[i] or (best.get(key) if key else None)
        place_id = f"gn:{gn}" if gn else key
        if place_id:
            members.setdefault(place_id, []).append(i)
    for place_id, who in members.items():
        index = np.asarray(who)
        points = index[rows.has_point[index]]
        lat, lon = spherical_middle(rows.lat[points], rows.lon[points]) if points.size else (float("nan"), float("nan"))
        name = commonest([rows.city[i] for i in who]) or place_id
        rows.declare(place_id, name, "city", commonest([rows.country[i] for i in who]), *_point(lat, lon), None)
        distance = haversine_km(rows.lat[index], rows.lon[index], lat, lon)
        for i, km in zip(who, distance, strict=True):
            rows.put(i, place_id, "name", float(km) if rows.has_point[i] else float("nan"))


def _point(lat: float, lon: float) -> tuple[Any, Any]:
    return (None, None) if np.isnan(lat) else (round(lat, 5), round(lon, 5))


def _by_rules(rows: Rows, rules: Overrides, towns: Populated | None) -> None:
    """Step 1, applied last because it wins: metropolitan areas by city name within their reach, then single institutions."""
    metros: dict[str, list[Metropolitan]] = {}
    for m in rules.metropolitan:
        for key in m.keys:
            metros.setdefault(key, []).append(m)
    metro_ids = {m.place_id: m for m in rules.metropolitan}
    place_key = {p: name_key(v["country_code"], v["name"]) for p, v in rows.known.items()}
    for i in range(len(rows.ids)):
        now = rows.place[i]
        there_are = metros.get(rows.key[i] or "") or metros.get(place_key.get(now or "") or "") or []
        near = [(m, float(haversine_km(rows.lat[i], rows.lon[i], m.lat_deg, m.lon_deg))) for m in there_are] if rows.has_point[i] else []
        near = [(m, km) for m, km in near if km <= m.within_km]
        if not rows.has_point[i] and len(there_are) == 1:  # without a point, a name that several areas list decides nothing
            near = [(there_are[0], float("nan"))]
        if near:
            metro, km = min(near, key=lambda mk: (mk[1], mk[0].place_id))
            rows.declare(metro.place_id, metro.name, "metropolitan", metro.country_code, metro.lat_deg, metro.lon_deg, None)
            rows.put(i, metro.place_id, "override", km)
        decided = rules.by_institution.get(rows.ids[i])
        ror = rows.ror[i]
        if decided is None and ror is not None:
            decided = rules.by_ror.get(ror)
        if decided == "":
            rows.put(i, None, "none", float("nan"))
        elif decided is not None:
            if decided in metro_ids:
                m = metro_ids[decided]
                rows.declare(m.place_id, m.name, "metropolitan", m.country_code, m.lat_deg, m.lon_deg, None)
            elif decided not in rows.known and towns is not None and decided in towns.place_id:
                t = towns.place_id.index(decided)
                rows.declare(decided, towns.name[t], "city", towns.country[t], float(towns.lat_deg[t]), float(towns.lon_deg[t]), None)
            if decided not in rows.known:
                raise SpecError(
                    f"override of institution {rows.ids[i]} names the unknown place '{decided}'",
                    fix="use the id of a place in the table 'place', or declare it as [[metropolitan]]",
                )
            there = rows.known[decided]
            lat, lon = (np.nan, np.nan) if there["lat_deg"] is None else (there["lat_deg"], there["lon_deg"])
            km = float(haversine_km(rows.lat[i], rows.lon[i], lat, lon)) if rows.has_point[i] else float("nan")
            rows.put(i, decided, "override", km)


def weight_by_assignment(store: Store) -> dict[str, float]:
    """Fractional authorship (authors share a paper, institutions an author) by the way its place was found, in papers.

    ``none`` is weight of institutions without a place, ``unmatched`` that of authors without an institution: together the part of a city
    ranking that stays unassigned. All works that are in the store count, whatever their type.
    """
    import duckdb

    files = {t: [str(p) for p in store.files(t)] for t in ("affiliation", "work", "institution_place")}
    if not files["affiliation"] or not files["work"]:
        return {}
    with duckdb.connect() as con:
        for table, paths in files.items():
            schema = TABLES[table].schema
            if paths:
                con.read_parquet(paths).create_view(table)
            else:
                con.register(table, schema.empty_table())
        rows = con.execute("""
            SELECT coalesce(p.assigned_by, CASE WHEN a.institution_id IS NULL THEN 'unmatched' ELSE 'none' END) AS way,
                   count(*) / (w.n_authors::DOUBLE * greatest(a.n_author_institutions, 1)) AS weight
            FROM affiliation a JOIN work w USING (work_id) LEFT JOIN institution_place p USING (institution_id)
            WHERE (a.institution_id IS NOT NULL AND NOT a.is_repeat)
            GROUP BY 1, w.n_authors, a.n_author_institutions ORDER BY 1, 2
        """).fetchall()
        rows += con.execute("""
            SELECT 'unmatched', count(DISTINCT (work_id, author_seq)) / w.n_authors::DOUBLE
            FROM affiliation a JOIN work w USING (work_id) WHERE a.n_author_institutions = 0 GROUP BY w.n_authors ORDER BY 2
        """).fetchall()
    out: dict[str, float] = {}
    for way, weight in rows:
        out[way] = out.get(way, 0.0) + weight
    return dict(sorted(out.items()))
