"""Names of clusters: the city with most activity, and further ones that hold a material part of it (METHODS 3.2, step 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from armillary.core.places.geo import slug


@cache
def us_states() -> dict[str, str]:
    """Two-letter codes by the slug of the state's name, which published tables put behind the cities of the United States."""
    from armillary.registry import read_csv

    return {slug(r["name"]): r["code"] for r in read_csv("places", "us_states.csv")}


COUNTRY_PART = 0.05
"""Part of a cluster's activity that makes a country one of the cluster's countries."""


@dataclass(frozen=True, slots=True)
class Named:
    """A cluster's name, the stable start of its id, and its countries by activity."""

    name: str
    key: str
    countries: tuple[str, ...]
    country_parts: tuple[tuple[str, float], ...]


def name_cluster(
    activity: Sequence[float],
    city: Sequence[str | None],
    country: Sequence[str | None],
    region: Sequence[str | None],
    middle: tuple[float, float],
    *,
    part: float,
    most: int,
) -> Named:
    """Name a cluster from the activity at each of its points. Without any city the middle of the cluster stands in."""
    total = sum(activity) or 1.0
    cities: dict[tuple[str, str], float] = {}
    spelled: dict[tuple[str, str], dict[str, float]] = {}
    countries: dict[str, float] = {}
    regions: dict[str, float] = {}
    for a, c, k, r in zip(activity, city, country, region, strict=True):
        if k:
            countries[k] = countries.get(k, 0.0) + a
        if c and slug(c):
            key = (k or "", slug(c))
            cities[key] = cities.get(key, 0.0) + a
            names = spelled.setdefault(key, {})
            names[c] = names.get(c, 0.0) + a
            if k == "US" and r:
                regions[r] = regions.get(r, 0.0) + a
    by_size = sorted(cities, key=lambda key: (-cities[key], key))
    chosen = by_size[:1] + [key for key in by_size[1:] if cities[key] / total >= part]
    parts = sorted(countries.items(), key=lambda kv: (-kv[1], kv[0]))
    listed = tuple(k for n, (k, a) in enumerate(parts) if n == 0 or a / total >= COUNTRY_PART)
    shares = tuple((k, a / total) for k, a in parts)
    if not chosen:
        lat, lon = middle
        where = f"{abs(lat):.1f}{'N' if lat >= 0 else 'S'} {abs(lon):.1f}{'E' if lon >= 0 else 'W'}"
        return Named(f"Cluster at {where}", where.replace(" ", ""), listed, shares)
    best = [min(spelled[key], key=lambda s, key=key: (-spelled[key][s], s)) for key in chosen[:most]]  # type: ignore[misc]
    name = "–".join(best)
    if chosen[0][0] == "US" and regions:
        state = min(regions, key=lambda r: (-regions[r], r))
        name += f", {us_states().get(slug(state), state)}"
    return Named(name, f"{chosen[0][0] or 'XX'}:{chosen[0][1]}", listed, shares)
