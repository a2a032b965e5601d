"""Populated places: reading them, and which of them are parts of a bigger city.

Lists such as GeoNames hold districts and suburbs beside cities. The rule that puts them together [design]: going down by inhabitants,
a place belongs to a bigger one of the same country if it has fewer than half of its inhabitants and lies within the radius at which the
bigger place's inhabitants would live at 3,000 a km2 (1 million: 10 km; 20 million: 46 km). What belongs to nothing bigger is a city.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from armillary.core import guarded
from armillary.core.arrays import Floats
from armillary.core.guarded.limits import beyond
from armillary.core.places.geo import chord, is_point, name_keys, slug, unit_vectors
from armillary.errors import InputError

PEOPLE_PER_KM2 = 3000.0
PART_BELOW = 0.5
_GEONAMES = ("id", "name", "", "", "lat", "lon", "", "", "country", "", "region", "", "", "", "population")
_ALIASES = {
    "id": ("id", "geonames_id", "geonameid", "geoname_id"),
    "name": ("name", "city", "city_name"),
    "country": ("country", "country_code", "iso2"),
    "lat": ("lat", "latitude", "lat_deg"),
    "lon": ("lon", "lng", "longitude", "lon_deg"),
    "population": ("population", "pop", "population_n"),
    "region": ("region", "state", "admin1", "country_subdivision"),
}


@dataclass(frozen=True, slots=True)
class Populated:
    """Populated places in the order of the file; ``head`` is the index of the city that a place belongs to (itself if it is one)."""

    place_id: list[str]
    name: list[str]
    country: list[str]
    lat_deg: Floats
    lon_deg: Floats
    population: npt.NDArray[np.int64]
    head: npt.NDArray[np.int64]
    key: list[str | None]
    """``XX:name-slug``, for look-ups by name."""

    def __len__(self) -> int:
        return len(self.name)


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, gzipped or not, within limits."""
    with guarded.open_binary(path) as stream:
        data = stream.read(guarded.limits().document + 1)
    if len(data) > guarded.limits().document:
        beyond("document", "the file has too many bytes", path)
    return guarded.parse_text(data, path)


def read_populated(path: Path) -> Populated:
    """Read populated places: the GeoNames dump (tab-separated, no header), CSV with a header, or a JSON list; each may be gzipped.

    Needed: name, country (ISO alpha-2), latitude, longitude; read if there: GeoNames id, population, region. Rows without a point
    are left out.
    """
    suffixes = [s for s in path.suffixes if s != ".gz"]
    kind = suffixes[-1] if suffixes else ".csv"
    try:
        text = read_text(path)
        with guarded.faults(path, kind="list of populated places"):
            stream = io.StringIO(text, newline="")
            if kind in (".json", ".geojson"):
                content = guarded.parse_json(text, path)
                rows = [f.get("properties", f) for f in content["features"]] if isinstance(content, dict) else content
            elif kind in (".txt", ".tsv"):
                rows = [dict(zip(_GEONAMES, r, strict=False)) for r in csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)]
            else:
                rows = list(csv.DictReader(stream))
        if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
            raise ValueError("its rows are no objects")
        csv_rest = next((n for n, r in enumerate(rows, 1) if None in r), None)
        if csv_rest is not None:
            raise ValueError(f"row {csv_rest:,} has more values than the header names")
    except (ValueError, KeyError, OSError, EOFError, csv.Error) as error:
        what = f"cannot be read as populated places ({error.__class__.__name__}: {error})"
        raise InputError(what, where=path, fix="give a GeoNames dump (.txt), a CSV with a header or a JSON list") from None
    return _table(rows, path)


def _table(rows: list[dict[str, Any]], path: Path) -> Populated:
    if not rows:
        raise InputError("holds no populated place", where=path)
    column = {field: next((a for a in names if a in rows[0]), None) for field, names in _ALIASES.items()}
    missing = [f for f in ("name", "country", "lat", "lon") if column[f] is None]
    if missing:
        raise InputError(f"no column for {missing[0]}", where=path, fix=f"one of: {', '.join(_ALIASES[missing[0]])}")

    def numbers(field: str) -> Floats:
        name = column[field]
        return np.array([_number(r.get(name)) for r in rows], dtype=np.float64) if name else np.full(len(rows), np.nan)

    lat, lon = numbers("lat"), numbers("lon")
    keep = np.flatnonzero(is_point(lat, lon))
    rows = [rows[i] for i in keep]
    people = np.nan_to_num(numbers("population") if column["population"] else np.zeros(len(rows)))
    population = np.where(np.abs(people) < 1e12, people, 0).astype(np.int64)  # more than that is no number of people

    def texts(field: str) -> list[str]:
        name = column[field]
        return [str(r.get(name) or "").strip() if name else "" for r in rows]

    names, ids, regions = texts("name"), texts("id"), texts("region")
    countries = [c.upper() for c in texts("country")]
    keys = name_keys(countries, names)
    blank = np.zeros(len(rows), dtype=np.int64)
    out = Populated([], names, countries, lat[keep], lon[keep], population, blank, keys)
    head = cities_of(out)
    return replace(out, place_id=_place_ids(keys, ids, regions, population, out.lat_deg, out.lon_deg), head=head)


def _number(text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        return float("nan")


def _place_ids(
    keys: list[str | None],
    ids: list[str],
    regions: list[str],
    population: npt.NDArray[np.int64],
    lat: Floats,
    lon: Floats,
) -> list[str]:
    """``gn:<id>`` where known; else the name key for the most populous of that name, with region and then the point for the others."""
    order = sorted(range(len(keys)), key=lambda i: (-int(population[i]), float(lat[i]), float(lon[i]), ids[i]))
    taken: set[str] = set()
    out = [""] * len(keys)
    for i in order:
        key = keys[i] or "XX:unnamed"
        tries = [f"gn:{ids[i]}"] if ids[i] else [key, f"{key}-{slug(regions[i])}" if regions[i] else key]
        here = f"{tries[-1]}@{lat[i]:.3f},{lon[i]:.3f}"
        out[i] = next((t for t in [*tries, here, *(f"{here}#{n}" for n in range(2, 100))] if t not in taken), f"{here}#{i}")
        taken.add(out[i])
    return out


def cities_of(places: Populated, *, people_per_km2: float = PEOPLE_PER_KM2, part_below: float = PART_BELOW) -> npt.NDArray[np.int64]:
    """For each place the index of the city it belongs to, by the rule of this module; ties go to the nearer city, then the lower index."""
    n = len(places)
    head = np.arange(n)
    xyz = unit_vectors(places.lat_deg, places.lon_deg)
    radius_km = np.sqrt(np.maximum(places.population, 0) / (np.pi * people_per_km2))
    country = np.unique(np.asarray(places.country, dtype=object).astype(str), return_inverse=True)[1]
    tree = cKDTree(xyz)
    best = np.full(n, np.inf)
    order = np.lexsort((places.lon_deg, places.lat_deg, -places.population))
    # A place of less than 1 km radius (9,400 inhabitants) swallows nothing; going down by size, a swallowed place swallows nothing either.
    for i in order[: int((radius_km >= 1.0).sum())]:
        if head[i] != i:
            continue
        near = np.asarray(tree.query_ball_point(xyz[i], chord(float(radius_km[i]))), dtype=np.int64)
        near = near[(country[near] == country[i]) & (places.population[near] < part_below * places.population[i])]
        distance = ((xyz[near] - xyz[i]) ** 2).sum(axis=1)
        closer = distance < best[near]
        head[near[closer]] = i
        best[near[closer]] = distance[closer]
    return np.asarray(head, dtype=np.int64)
