"""Places from geography: the urban area that holds the point, or the nearest populated place (steps 2 and 3 of METHODS 1.8)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from armillary.core.arrays import Floats
from armillary.core.places.geo import chord, chord_to_km, name_key, unit_vectors
from armillary.core.places.polygons import UrbanAreas, polygon_of
from armillary.core.places.populated import Populated
from armillary.core.places.rows import Rows, commonest


def by_geography(rows: Rows, areas: UrbanAreas | None, towns: Populated | None, without: frozenset[str], max_km: float) -> None:
    """Steps 2 and 3, and for institutions without a point the populated place of their city's name."""
    in_area = polygon_of(areas, rows.lat, rows.lon) if areas is not None else np.full(len(rows.ids), -1)
    town_area = np.full(len(towns) if towns else 0, -1)
    if areas is not None and towns is not None:
        town_area = polygon_of(areas, towns.lat_deg, towns.lon_deg)
        town_area[[c in without for c in towns.country]] = -1
    in_area[[c in without for c in rows.country]] = -1
    names = _AreaNames(rows, areas, towns, in_area, town_area)
    for i in np.flatnonzero(in_area >= 0).tolist():
        rows.put(i, names.place_of(int(in_area[i]), rows.country[i]), "polygon", 0.0)
    if towns is None:
        return
    rest = np.flatnonzero(in_area < 0)
    pointed = rest[rows.has_point[rest]]
    town, km = _nearest(rows, towns, pointed, max_km)
    by_name = _largest_of_name(towns)
    chosen = [(int(i), int(t), "nearest", float(d)) for i, t, d in zip(pointed, town, km, strict=True) if t >= 0]
    for n in rest[~rows.has_point[rest]].tolist():
        found = by_name.get(rows.key[n] or "")
        if found is not None:
            chosen.append((n, found, "name", float("nan")))
    for i, t, by, distance in chosen:
        city = int(towns.head[t])
        area = int(town_area[t]) if town_area[t] >= 0 else int(town_area[city])
        if area >= 0:
            rows.put(i, names.place_of(area, rows.country[i] or towns.country[t]), by, distance)
        else:
            rows.declare(
                towns.place_id[city],
                towns.name[city],
                "city",
                towns.country[city],
                float(towns.lat_deg[city]),
                float(towns.lon_deg[city]),
                int(towns.population[city]) or None,
            )
            rows.put(i, towns.place_id[city], by, distance)


class _AreaNames:
    """Ids of urban areas. One polygon gives one place a country, named by its file, its largest town, or the city its institutions name."""

    def __init__(
        self,
        rows: Rows,
        areas: UrbanAreas | None,
        towns: Populated | None,
        in_area: npt.NDArray[Any],
        town_area: npt.NDArray[Any],
    ) -> None:
        self.rows, self.areas, self.towns = rows, areas, towns
        self.made: dict[tuple[int, str | None], str] = {}
        self.largest: dict[tuple[int, str | None], int] = {}
        if towns is not None:
            for t in np.lexsort((np.arange(len(towns)), -towns.population)):
                if town_area[t] >= 0:
                    self.largest.setdefault((int(town_area[t]), towns.country[t]), int(t))
        cities: dict[tuple[int, str | None], list[str | None]] = {}
        for i in np.flatnonzero(in_area >= 0):
            cities.setdefault((int(in_area[i]), rows.country[i]), []).append(rows.city[i])
        self.cities = {k: commonest(v) for k, v in cities.items()}

    def place_of(self, area: int, country: str | None) -> str:
        """The id of the part of polygon ``area`` that lies in ``country``."""
        found = self.made.get((area, country))
        if found is None:
            found = self.made[area, country] = self._make(area, country)
        return found

    def _make(self, area: int, country: str | None) -> str:
        import shapely

        areas = self.areas
        assert areas is not None
        town = self.largest.get((area, country))
        own = areas.country[area] in (None, country)
        point = shapely.point_on_surface(areas.geometry[area])
        lat, lon = float(shapely.get_y(point)), float(shapely.get_x(point))
        name = areas.name[area] if own and areas.name[area] else None
        if town is not None and self.towns is not None:
            name = name or self.towns.name[town]
            lat, lon = float(self.towns.lat_deg[town]), float(self.towns.lon_deg[town])
        name = name or self.cities.get((area, country)) or areas.name[area] or f"urban area {areas.label[area]}"
        if not areas.label[area].startswith("#"):
            place_id = f"ua:{areas.label[area]}" + ("" if own else f"-{country}")
        elif town is not None and self.towns is not None:
            place_id = self.towns.place_id[town]
        else:
            place_id = name_key(country, name) or f"ua:{lat:.3f},{lon:.3f}"
            if place_id in set(self.made.values()):
                place_id = f"{place_id}@{lat:.3f},{lon:.3f}"
        self.rows.declare(place_id, name, "metropolitan", country, round(lat, 5), round(lon, 5), areas.population[area] if own else None)
        return place_id


def _nearest(rows: Rows, towns: Populated, who: npt.NDArray[np.int64], max_km: float) -> tuple[npt.NDArray[np.int64], Floats]:
    """For each of ``who`` the nearest populated place of its country (of any, if unknown) and its distance; -1 beyond ``max_km``."""
    town = np.full(len(who), -1, dtype=np.int64)
    km = np.full(len(who), np.nan)
    where, target = unit_vectors(rows.lat[who], rows.lon[who]), unit_vectors(towns.lat_deg, towns.lon_deg)
    of_town = np.asarray(towns.country, dtype=object)
    of_row = np.array([rows.country[i] or "" for i in who], dtype=object)
    for country in sorted(set(of_row)):
        mine = np.flatnonzero(of_row == country)
        pool = np.flatnonzero(of_town == country) if country else np.arange(len(towns))
        if not pool.size:
            continue
        length, index = cKDTree(target[pool]).query(where[mine], distance_upper_bound=chord(max_km) * (1 + 1e-12))
        length, index = np.asarray(length), np.asarray(index)
        hit = np.isfinite(length)
        town[mine[hit]] = pool[index[hit]]
        km[mine[hit]] = chord_to_km(length[hit])
    return town, km


def _largest_of_name(towns: Populated) -> dict[str, int]:
    out: dict[str, int] = {}
    for t in np.lexsort((np.arange(len(towns)), -towns.population)):
        key = towns.key[t]
        if key:
            out.setdefault(key, int(t))
    return out
