"""Patents and deals of the synthetic world, with planted clusters.

Every city has a planned number of inventor listings within 8 km of its centre, chosen so that at the world's density threshold it is
either surely a cluster or surely none. Three things are planted on top: a cluster that crosses a border, and two pairs of clusters whose
borders are 4 km apart while their cores are 17 km or more apart. In one pair the inventors file together (it must merge), in the other
each files with a far city (it must not).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from armillary.synthetic.draws import F64, I32, I64, Bool, Randomness, ranges
from armillary.synthetic.geography import Geography
from armillary.synthetic.world import FIRST_YEAR, LAST_YEAR, World

EPS_KM = 15.0
RADIUS_KM = 8.0
SITE_KM = 0.3
SITES: tuple[tuple[str, float, float], ...] = (
    # city of the pair, km east of its centre, planned listings in units of the threshold
    ("a", -12.0, 0.9),
    ("a", 0.0, 0.5),
    ("a", 13.5, 0.04),
    ("b", -17.5, 0.04),
    ("b", -4.0, 0.5),
    ("b", 8.0, 0.9),
)
"""Where the listings of a planted pair lie; the cities of a pair are 35 km apart. Neither suburb (0.04) reaches a core of the other
side.
"""
_TOGETHER, _APART_NEAR, _APART_FAR = 0.3, 0.05, 0.3


@dataclass(frozen=True)
class Patents:
    """Inventor listings (one row each), sorted by patent; ``patent`` numbers are from 0."""

    patent: I64
    year: I32
    city: I32
    lat: F64
    lon: F64
    is_located: Bool
    """False where only the country is known."""
    is_pct: Bool
    """By patent: the value for patent ``patent[k]``."""
    threshold: int
    """Listings within EPS_KM that make a core point, for which the planted clusters hold (non-PCT patents in or out)."""


def listings(world: World) -> int:
    """Planned number of PCT inventor listings."""
    return int(min(3_000_000, max(6_000, world.works // 4)))


def threshold(world: World) -> int:
    """Density threshold at which the planted clusters hold."""
    return max(20, listings(world) // 300)


def planned(world: World) -> I64:
    """PCT listings of each city: never between 0.6 and 2.6 thresholds, so that there is no doubt whether it is a cluster."""
    geo, m = world.geo, threshold(world)
    bent = 1.25 - 0.5 * world.draws.unit("patent-bent", np.arange(world.n_countries))
    size = geo.city_population.astype(float) ** 1.1 * bent[geo.city_country] * (1 + geo.city_country) ** -0.35
    for role, k in geo.special.items():
        size[k] = 0 if role.startswith(("merge", "apart")) else size[k]
    count = np.floor(size / size.sum() * listings(world)).astype(np.int64)
    near_city = geo.city_metro != np.arange(len(size))
    count = np.where((count > 0.6 * m) & (count < 1.6 * m), int(0.6 * m), count)
    count = np.where((count >= 1.6 * m) & (count < 2.6 * m), int(2.7 * m), count)
    for role in ("border_a", "border_b"):
        if role in geo.special:
            count[geo.special[role]] = max(int(count[geo.special[role]]), 3 * m)
    return np.where(near_city, 0, count)  # a satellite town would sit on the rim of its metropolis


def patents(world: World) -> Patents:
    """All listings of a world."""
    draws, geo, m = world.draws, world.geo, threshold(world)
    city, place = ranges(planned(world))
    lon, lat = _around(draws, geo, city.astype(np.int32), place)
    group = np.zeros(len(city), np.int64)  # listings change places only within a group
    for number, kind in ((1, "merge"), (3, "apart")):
        if f"{kind}_a" not in geo.special:
            continue
        for site, (side, east, part) in enumerate(SITES):
            k, n = geo.special[f"{kind}_{side}"], round(part * m)
            key = np.arange(n) + 1_000_000 * (10 * number + site)
            u, v = draws.unit("site-east", key) - 0.5, draws.unit("site-north", key) - 0.5
            x, y = geo.offset(k, east + SITE_KM * u, SITE_KM * v)
            city, lon, lat = np.concatenate([city, np.full(n, k)]), np.concatenate([lon, x]), np.concatenate([lat, y])
            group = np.concatenate([group, np.full(n, number + (side == "b"))])
    return _assemble(world, city.astype(np.int32), lat.round(4), lon.round(4), group, m)


def _around(draws: Randomness, geo: Geography, city: I32, place: I64) -> tuple[F64, F64]:
    turn = 2 * np.pi * draws.unit("inventor-turn", city, place)
    radius = RADIUS_KM * draws.unit("inventor-radius", city, place)
    lon, lat = np.empty(len(city)), np.empty(len(city))
    lon[:], lat[:] = geo.offset(city, radius * np.sin(turn), radius * np.cos(turn))  # type: ignore[arg-type]
    return lon, lat


def _assemble(world: World, city: I32, lat: F64, lon: F64, group: I64, m: int) -> Patents:
    """Listings in the order of their city are cut into patents; then some change places, so that patents join cities as planned."""
    draws, n = world.draws, len(city)
    order = np.lexsort((draws.bits("inventor-order", np.arange(n)), city))
    city, lat, lon, group = city[order], lat[order], lon[order], group[order]
    size = 1 + np.minimum(9, (-np.log1p(-draws.unit("team", np.arange(n))) * 2.2).astype(np.int64))
    size = size[: int(np.searchsorted(np.cumsum(size), n)) + 1]
    size[-1] -= int(size.sum()) - n
    patent, _ = ranges(size)
    swap = np.arange(n)
    for chosen in _exchanges(world, city, group):
        rows = np.flatnonzero(chosen)
        to = rows[np.argsort(draws.bits("exchange", rows), kind="stable")]
        swap[rows] = swap[to]
    city, lat, lon = city[swap], lat[swap], lon[swap]
    located = np.ones(n, bool)
    year = (FIRST_YEAR + (draws.unit("patent-year", patent) ** 0.8 * (LAST_YEAR - FIRST_YEAR + 1)).astype(np.int64)).astype(np.int32)
    extra = n // 6  # patents outside the PCT, and listings of which only the country is known
    pick = np.flatnonzero(group == 0)[(draws.unit("extra", np.arange(extra)) * int((group == 0).sum())).astype(np.int64)]
    more = int(patent[-1]) + 1 + np.arange(extra) // 2
    known = draws.unit("extra-known", np.arange(extra)) > 0.2
    return Patents(
        np.concatenate([patent, more]),
        np.concatenate([year, (FIRST_YEAR + more % (LAST_YEAR - FIRST_YEAR + 1)).astype(np.int32)]),
        np.concatenate([city, city[pick]]),
        np.concatenate([lat, lat[pick]]),
        np.concatenate([lon, lon[pick]]),
        np.concatenate([located, known]),
        np.concatenate([np.ones(n, bool), np.zeros(extra, bool)]),
        m,
    )


def _exchanges(world: World, city: I32, group: I64) -> list[Bool]:
    """Sets of listings that are shuffled among themselves: a tenth of all ordinary ones, and what ties the planted pairs."""
    u = world.draws.unit("exchange-who", np.arange(len(city)))
    first, second = far_partners(world)
    return [
        (group == 0) & (u < 0.1) & (city != first) & (city != second),
        (group > 0) & (group < 3) & (u < _TOGETHER),
        (group > 2) & (u < _APART_NEAR),
        ((group == 3) & (u > 1 - _APART_FAR)) | ((city == first) & (u < 0.3)),
        ((group == 4) & (u > 1 - _APART_FAR)) | ((city == second) & (u < 0.3)),
    ]


def far_partners(world: World) -> tuple[int, int]:
    """The cities with which the two clusters that must stay apart file most: the two largest of their country."""
    here = np.flatnonzero((world.geo.city_country == 3) & (world.geo.city_metro == np.arange(len(world.geo.city_country))))
    return int(here[0]), int(here[1])


def plain_table(world: World, p: Patents) -> pa.Table:
    """The plain CSV: one row a listing."""
    geo = world.geo
    codes, cities = np.array(geo.codes), np.array(geo.city_names)
    return pa.table(
        {
            "id": [f"SYN{k:09d}" for k in p.patent.tolist()],
            "year": p.year,
            "inventor": [f"Inventor {k}" for k in range(len(p.patent))],
            "lat": pa.array(p.lat, mask=~p.is_located),
            "lon": pa.array(p.lon, mask=~p.is_located),
            "country": codes[geo.city_country[p.city]],
            "city": pa.array(cities[p.city], mask=~p.is_located),
            "is_pct": p.is_pct,
            "address_quality": np.where(p.is_located, "address", "country"),
        }
    )


def patentsview_tables(world: World, p: Patents) -> dict[str, pa.Table]:
    """The same patents as tables of PatentsView (names and columns as published there; only the columns that matter)."""
    geo = world.geo
    first = np.flatnonzero(np.diff(p.patent, prepend=-1))
    ids = [f"{20_000_000 + k}" for k in p.patent.tolist()]
    place = np.stack([np.where(p.is_located, p.lat, 0), np.where(p.is_located, p.lon, 0), geo.city_country[p.city], p.is_located], axis=1)
    spots, which = np.unique(place, axis=0, return_inverse=True)
    sequence = np.arange(len(p.patent)) - np.repeat(first, np.diff(np.append(first, len(p.patent))))
    filed = [f"{y}-03-0{1 + k % 9}" for k, y in enumerate(p.year[first].tolist())]
    own = [ids[k] for k in first.tolist()]
    pct = p.is_pct[first]
    codes = np.array(geo.codes)[spots[:, 2].astype(int)]
    unknown = spots[:, 3] == 0

    def same(text: str) -> list[str]:
        return [text] * len(own)

    return {
        "g_patent": pa.table({"patent_id": own, "patent_type": same("utility"), "patent_date": filed, "patent_title": same("Synthetic")}),
        "g_application": pa.table({"application_id": own, "patent_id": own, "patent_application_type": same("13"), "filing_date": filed}),
        "g_pct_data": pa.table(
            {
                "patent_id": [o for o, x in zip(own, pct, strict=True) if x],
                "published_or_filed_date": [f for f, x in zip(filed, pct, strict=True) if x],
                "pct_doc_number": [f"PCT/SY{f[:4]}/{int(o):08d}" for o, f, x in zip(own, filed, pct, strict=True) if x],
                "pct_doc_type": ["pct_application"] * int(pct.sum()),
            }
        ),
        "g_inventor_disambiguated": pa.table(
            {
                "patent_id": ids,
                "inventor_sequence": sequence,
                "inventor_id": [f"syn:{k}" for k in range(len(ids))],
                "location_id": [f"loc-{k}" for k in np.ravel(which).tolist()],
            }
        ),
        "g_location_disambiguated": pa.table(
            {
                "location_id": [f"loc-{k}" for k in range(len(spots))],
                "disambig_country": codes,
                "latitude": pa.array(spots[:, 0], mask=unknown),
                "longitude": pa.array(spots[:, 1], mask=unknown),
            }
        ),
    }


def deals_table(world: World) -> pa.Table:
    """Venture-capital deals: cities in proportion to patents, but the second cluster has so many that it overtakes the first."""
    geo, draws = world.geo, world.draws
    size = planned(world).astype(float)
    top = np.argsort(-size, kind="stable")
    size[top[1]] = 3 * size[top[0]]
    n = max(400, world.works // 60)
    city = np.searchsorted(np.cumsum(size) / size.sum(), draws.unit("deal-city", np.arange(n)), side="right").astype(np.int32)
    lon, lat = _around(draws, geo, city, np.arange(n) + 10**9)
    return pa.table(
        {
            "deal_id": [f"D{k:07d}" for k in range(n)],
            "year": 2015 + (draws.unit("deal-year", np.arange(n)) * 11).astype(np.int64),
            "country": np.array(geo.codes)[geo.city_country[city]],
            "city": np.array(geo.city_names)[city],
            "lat": lat.round(4),
            "lon": lon.round(4),
            "amount_usd": (np.exp(14 + 1.5 * (draws.unit("deal-amount", np.arange(n)) * 4 - 2))).round(-3),
        }
    )


def clusters(world: World) -> list[dict[str, object]]:
    """Planted clusters of the patents at EPS_KM and :func:`threshold`: the cities of each, its PCT listings, and what is special about
    it.
    """
    geo, m, count = world.geo, threshold(world), planned(world)
    special = set(geo.special.values())
    found: list[dict[str, object]] = [
        _cluster(world, [k], int(count[k]), "") for k in np.flatnonzero(count >= 2.6 * m).tolist() if k not in special
    ]
    if geo.special:
        pair = [geo.special["border_a"], geo.special["border_b"]]
        found.append(_cluster(world, pair, int(count[pair].sum()), "crosses a border"))
        weight = sum(round(s[2] * m) for s in SITES)
        found.append(_cluster(world, [geo.special["merge_a"], geo.special["merge_b"]], weight, "two that must merge"))
        for side in ("a", "b"):
            weight = sum(round(s[2] * m) for s in SITES if s[0] == side)
            found.append(_cluster(world, [geo.special[f"apart_{side}"]], weight, "must not merge with its neighbour"))
    return sorted(found, key=lambda c: (-int(str(c["pct_listings"])), str(c["cities"])))


def _cluster(world: World, cities: list[int], weight: int, what: str) -> dict[str, object]:
    geo = world.geo
    return {
        "cities": [geo.city_names[k] for k in cities],
        "countries": sorted({geo.codes[geo.city_country[k]] for k in cities}),
        "pct_listings": weight,
        "planted": what,
    }
