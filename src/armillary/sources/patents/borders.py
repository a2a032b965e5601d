"""Points that lie outside the country given with them: swapped or signless coordinates, a town of the same name elsewhere.

The map is coarse (Natural Earth 1:110m, countries of some size), so only what no coarseness explains is counted: a point in another country
and at least half a degree from its own, or more than ten degrees from any part of its own.
"""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import numpy.typing as npt

from armillary.registry import read_csv, read_text

_NEAR_DEG, _FAR_DEG, _AROUND_DEG = 0.5, 10.0, 6.0
Floats = npt.NDArray[np.float64]


def outside(countries: list[str], lats: Floats, lons: Floats) -> npt.NDArray[np.bool_]:
    """Whether each point (degrees) is surely outside its country (alpha-2); False where the map has no such country."""
    codes = np.array(countries, dtype=object)
    out = np.zeros(len(codes), dtype=bool)
    for code in sorted(set(countries) & set(_rings())):
        mine = np.flatnonzero(codes == code)
        lat, lon = lats[mine], lons[mine]
        inside, distance = _inside(code, lat, lon), _distance(code, lat, lon)
        doubtful = ~inside & (distance > _NEAR_DEG) & ~_overseas(code, lat, lon)
        for at in np.flatnonzero(doubtful):
            elsewhere = distance[at] > _FAR_DEG or any(
                bool(_inside(other, lat[at : at + 1], lon[at : at + 1])[0]) for other in _around(code, float(lat[at]), float(lon[at]))
            )
            out[mine[at]] = elsewhere
    return out


@cache
def _rings() -> dict[str, tuple[Floats, ...]]:
    """Outer and inner rings (longitude, latitude) by country."""
    out: dict[str, tuple[Floats, ...]] = {}
    for feature in json.loads(read_text("basemap", "world.json"))["features"]:
        shape = feature["geometry"]
        polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        rings = tuple(np.array(ring, dtype=np.float64) for polygon in polygons for ring in polygon)
        out[str(feature.get("id"))] = out.get(str(feature.get("id")), ()) + rings
    return out


def _around(code: str, lat: float, lon: float) -> list[str]:
    """Other countries whose box holds the point."""
    return [
        c
        for c, rings in _rings().items()
        if c != code and any(r[:, 0].min() <= lon <= r[:, 0].max() and r[:, 1].min() <= lat <= r[:, 1].max() for r in rings)
    ]


def _inside(code: str, lat: Floats, lon: Floats) -> npt.NDArray[np.bool_]:
    """Even-odd rule over all rings of a country."""
    odd = np.zeros(len(lat), dtype=bool)
    for ring in _rings()[code]:
        x, y = ring[:-1, 0], ring[:-1, 1]
        x2, y2 = ring[1:, 0], ring[1:, 1]
        for at in range(len(x)):
            if y[at] == y2[at]:
                continue
            crosses = (y[at] > lat) != (y2[at] > lat)
            where = (x2[at] - x[at]) * (lat - y[at]) / (y2[at] - y[at]) + x[at]
            odd ^= crosses & (lon < where)
    return odd


def _distance(code: str, lat: Floats, lon: Floats) -> Floats:
    """Degrees to the nearest border of a country; longitudes count by the cosine of the latitude, and go round."""
    best = np.full(len(lat), np.inf)
    squeeze = np.cos(np.radians(lat))
    for ring in _rings()[code]:
        for at in range(len(ring) - 1):
            (x1, y1), (x2, y2) = ring[at], ring[at + 1]
            px = (lon - x1 + 180) % 360 - 180
            dx, dy = (x2 - x1) * squeeze, np.full(len(lat), y2 - y1)
            px, py = px * squeeze, lat - y1
            length = dx * dx + dy * dy
            along = np.clip(np.divide(px * dx + py * dy, length, out=np.zeros_like(px), where=length > 0), 0, 1)
            best = np.minimum(best, np.hypot(px - along * dx, py - along * dy))
    return best


def _overseas(code: str, lat: Floats, lon: Floats) -> npt.NDArray[np.bool_]:
    """Whether a point is near a part of the country that the map leaves out."""
    out = np.zeros(len(lat), dtype=bool)
    for row in read_csv("places", "overseas.csv"):
        if row["country_code"] == code:
            out |= (np.abs(lat - float(row["lat_deg"])) < _AROUND_DEG) & (np.abs(lon - float(row["lon_deg"])) < 1.5 * _AROUND_DEG)
    return out
