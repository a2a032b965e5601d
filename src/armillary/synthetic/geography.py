"""An invented continent in the South Pacific: countries that share borders, cities with metropolitan areas, satellite towns.

Countries are the cells of a jittered grid whose edges are roughened (both neighbours get the same edge). Cities sit on a lattice inside
their country, at least about 90 km apart, so that clusters of 15 km never touch by accident; what touches is planted: one pair of cities
across a border, and two pairs 30 km apart (see patents.py for what makes one of them merge and the other not).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from armillary.synthetic import names
from armillary.synthetic.draws import F64, I32, Randomness

COLUMNS, ROWS = 6, 4
WEST, SOUTH, STEP_LON, STEP_LAT = -165.0, -57.0, 12.0, 10.0
KM_PER_DEGREE = 111.19510117747284
METRO_KM = 45.0
CORE_KM = 9.0
SATELLITE_KM = 27.0


@dataclass(frozen=True)
class Geography:
    """Countries and cities as parallel arrays; cities are sorted by country, largest first, then the planted ones, then towns."""

    codes: tuple[str, ...]
    country_names: tuple[str, ...]
    outlines: tuple[F64, ...]
    """One closed ring of (lon, lat) for each country."""
    city_names: tuple[str, ...]
    city_country: I32
    city_lat: F64
    city_lon: F64
    city_population: I32
    city_metro: I32
    """Index of the city whose metropolitan area the place lies in (itself for a metropolis)."""
    special: dict[str, int]
    """Index of each planted city by its role."""

    def metro_ring(self, city: int, corners: int = 36) -> list[tuple[float, float]]:
        """A closed ring of (lon, lat) at METRO_KM around a metropolis."""
        turn = np.linspace(0, 2 * np.pi, corners + 1)
        lon, lat = self.offset(city, METRO_KM * np.sin(turn), METRO_KM * np.cos(turn))
        ring = [(round(float(x), 5), round(float(y), 5)) for x, y in zip(lon, lat, strict=True)]
        return [*ring[:-1], ring[0]]

    def offset(self, city: int, east_km: F64, north_km: F64) -> tuple[F64, F64]:
        """(lon, lat) of points given in km east and north of a city."""
        return offset(self.city_lon[city], self.city_lat[city], east_km, north_km)


def offset(lon: float | F64, lat: float | F64, east_km: F64, north_km: F64) -> tuple[F64, F64]:
    """(lon, lat) of points given in km east and north of a point; good to metres at these distances."""
    return lon + east_km / (KM_PER_DEGREE * np.cos(np.radians(lat))), lat + north_km / KM_PER_DEGREE


def geography(draws: Randomness, n_countries: int = COLUMNS * ROWS) -> Geography:
    """The continent of a seed. Countries are numbered by planted size (0 and 1 are neighbours)."""
    order = _walk(n_countries)
    corners = _corners(draws)
    quads = [np.array([corners[r, c], corners[r, c + 1], corners[r + 1, c + 1], corners[r + 1, c]]) for r, c in order]
    outlines = tuple(_outline(draws, corners, r, c) for r, c in order)
    rows: list[tuple[int, float, float, int, int]] = []  # country, lon, lat, population, metro
    for k, quad in enumerate(quads):
        rows += _lattice_cities(draws, k, quad, n_cities=max(4, 15 - k // 2))
    special = _plant(quads, order, rows)
    for core in [i for i, row in enumerate(rows) if row[3] > 900_000 and i not in special.values()]:
        country, at_lon, at_lat, people, _ = rows[core]
        turn = 2 * np.pi * draws.unit("town", core)[0]
        x, y = offset(at_lon, at_lat, np.array(SATELLITE_KM * np.sin(turn)), np.array(SATELLITE_KM * np.cos(turn)))
        rows.append((country, float(x), float(y), people // 25, core))
    countries, lon, lat, population, metro = (np.array(column) for column in zip(*rows, strict=True))
    return Geography(
        names.CODES[:n_countries],
        tuple(names.countries(draws, n_countries)),
        outlines,
        tuple(names.cities(draws, len(rows))),
        countries.astype(np.int32),
        lat.round(5),
        lon.round(5),
        population.astype(np.int32),
        np.where(metro < 0, np.arange(len(rows)), metro).astype(np.int32),
        special,
    )


def _walk(count: int) -> list[tuple[int, int]]:
    """Grid cells in an order in which the first are neighbours (a snake from the middle row)."""
    cells = [(r, c if k % 2 == 0 else COLUMNS - 1 - c) for k, r in enumerate((1, 2, 0, 3)) for c in range(COLUMNS)]
    return cells[:count]


def _corners(draws: Randomness) -> F64:
    r, c = np.mgrid[0 : ROWS + 1, 0 : COLUMNS + 1]
    key = (r * 100 + c).ravel()
    jitter = np.stack([draws.unit("corner-lon", key) - 0.5, draws.unit("corner-lat", key) - 0.5], axis=1).reshape(ROWS + 1, COLUMNS + 1, 2)
    base = np.stack([WEST + c * STEP_LON, SOUTH + r * STEP_LAT], axis=2)
    return np.asarray(base + jitter * np.array([4.0, 3.0]))


def _edge(draws: Randomness, start: F64, end: F64, key: int) -> F64:
    """Midpoint displacement between two corners, start included and end not; the planted border city needs the middle undisturbed."""
    points = [start, (start + end) / 2, end]
    for level in range(4):
        u = draws.unit("edge", np.full(len(points) - 1, key), np.full(len(points) - 1, level), np.arange(len(points) - 1)) - 0.5
        new = []
        for k, (a, b) in enumerate(pairwise(points)):
            along = b - a
            new += [a, (a + b) / 2 + np.array([-along[1], along[0]]) * u[k] * 0.24]
        points = [*new, points[-1]]
    return np.array(points[:-1])


def _outline(draws: Randomness, corners: F64, r: int, c: int) -> F64:
    """Ring of a cell; edges are keyed by their grid position and drawn in one direction, so that neighbours agree."""
    south = _edge(draws, corners[r, c], corners[r, c + 1], r * 100 + c)
    east = _edge(draws, corners[r, c + 1], corners[r + 1, c + 1], 10_000 + r * 100 + c + 1)
    north = _edge(draws, corners[r + 1, c], corners[r + 1, c + 1], (r + 1) * 100 + c)
    west = _edge(draws, corners[r, c], corners[r + 1, c], 10_000 + r * 100 + c)
    ring = np.concatenate(
        [
            south,
            east,
            corners[None, r + 1, c + 1],
            north[:0:-1],
            corners[None, r + 1, c],
            west[:0:-1],
            corners[None, r, c],
        ]
    )
    return np.asarray(ring.round(4))


def _inside(quad: F64, s: float, t: float) -> tuple[float, float]:
    """Bilinear point of a quadrilateral (south-west, south-east, north-east, north-west corners)."""
    point = quad[0] * (1 - s) * (1 - t) + quad[1] * s * (1 - t) + quad[2] * s * t + quad[3] * (1 - s) * t
    return float(point[0]), float(point[1])


def _lattice_cities(draws: Randomness, country: int, quad: F64, n_cities: int) -> list[tuple[int, float, float, int, int]]:
    cells = np.argsort(draws.bits("city-cell", np.full(16, country), np.arange(16)), kind="stable")[:n_cities]
    rows = []
    for rank, cell in enumerate(cells):
        u, v = draws.unit("city-at", np.array([country * 100 + int(cell)] * 2), np.arange(2))
        s, t = 0.2 + 0.2 * (int(cell) % 4) + 0.05 * (u - 0.5), 0.2 + 0.2 * (int(cell) // 4) + 0.05 * (v - 0.5)
        size = 22e6 / (1 + country) ** 0.45 / (1 + rank) ** 1.05
        rows.append((country, *_inside(quad, float(s), float(t)), int(size * (0.8 + 0.4 * float(u))), -1))
    return rows


def _plant(quads: list[F64], order: list[tuple[int, int]], rows: list[tuple[int, float, float, int, int]]) -> dict[str, int]:
    """Add the planted cities to ``rows``; gives their indices by role."""
    special: dict[str, int] = {}

    def add(role: str, country: int, lon: float, lat: float, population: int) -> None:
        special[role] = len(rows)
        rows.append((country, lon, lat, population, -1))

    if len(quads) < 4:
        return special
    east_of = order[1][1] > order[0][1]
    lon, lat = _inside(quads[0], 1.0 if east_of else 0.0, 0.5)
    for role, country, east in (("border_a", 0, -5.5 if east_of else 5.5), ("border_b", 1, 5.5 if east_of else -5.5)):
        x, y = offset(lon, lat, np.array(east), np.array(0.0))
        add(role, country, float(x), float(y), 4_000_000 - 1_500_000 * country)
    for country, kind in ((2, "merge"), (3, "apart")):
        lon, lat = _inside(quads[country], 0.5, 0.12)
        for side, east in (("a", 0.0), ("b", 35.0)):
            x, y = offset(lon, lat, np.array(east), np.array(0.0))
            add(f"{kind}_{side}", country, float(x), float(y), 1_600_000 if side == "a" else 1_100_000)
    return special
