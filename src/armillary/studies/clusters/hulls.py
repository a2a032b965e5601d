"""Outlines of clusters: the convex hull of the members, widened by half the radius (METHODS 3.3), on the sphere."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from armillary.core.arrays import Floats
from armillary.core.places.geo import EARTH_KM, spherical_middle
from armillary.errors import MissingExtraError


def to_plane(lat_deg: Floats, lon_deg: Floats, lat0: float, lon0: float) -> tuple[Floats, Floats]:
    """Kilometres east and north of a point in the azimuthal equidistant projection (distances from the point are true)."""
    a, b, d = np.radians(lat_deg), np.radians(lat0), np.radians(np.asarray(lon_deg) - lon0)
    north = np.cos(b) * np.sin(a) - np.sin(b) * np.cos(a) * np.cos(d)
    east = np.cos(a) * np.sin(d)
    far = EARTH_KM * np.arctan2(np.hypot(north, east), np.sin(b) * np.sin(a) + np.cos(b) * np.cos(a) * np.cos(d))
    length = np.hypot(north, east)
    scale = np.divide(far, length, out=np.zeros_like(far), where=length > 0)
    return east * scale, north * scale


def from_plane(x: Floats, y: Floats, lat0: float, lon0: float) -> tuple[Floats, Floats]:
    """The inverse of :func:`to_plane`; longitudes are near ``lon0`` and may pass 180."""
    r = np.hypot(x, y)
    c, b = r / EARTH_KM, np.radians(lat0)
    safe = np.where(r > 0, r, 1.0)
    lat = np.arcsin(np.clip(np.cos(c) * np.sin(b) + y * np.sin(c) * np.cos(b) / safe, -1, 1))
    lon = np.arctan2(x * np.sin(c), safe * np.cos(b) * np.cos(c) - y * np.sin(b) * np.sin(c))
    return np.degrees(lat), lon0 + np.degrees(lon)


def hull(lat_deg: Floats, lon_deg: Floats, widen_km: float) -> tuple[Any, float]:
    """The outline as a shapely geometry in degrees (counter-clockwise, cut at the 180th meridian) and its area in km2."""
    try:
        import shapely
    except ImportError:
        raise MissingExtraError("places", "outlines of clusters") from None
    lat0, lon0 = spherical_middle(lat_deg, lon_deg)
    x, y = to_plane(lat_deg, lon_deg, lat0, lon0)
    flat = shapely.buffer(shapely.convex_hull(shapely.multipoints(np.column_stack((x, y)))), widen_km, quad_segs=8)
    ring = shapely.get_coordinates(shapely.get_exterior_ring(flat))
    lat, lon = from_plane(ring[:, 0], ring[:, 1], lat0, lon0)
    outline = shapely.orient_polygons(shapely.polygons(np.column_stack((np.round(lon, 5), np.round(lat, 5)))))
    if np.abs(lon).max() > 180:
        parts = [shapely.intersection(shapely.transform(outline, _shifted(s)), shapely.box(-180, -90, 180, 90)) for s in (-360, 0, 360)]
        outline = shapely.multipolygons([p for p in parts if not shapely.is_empty(p)])
    return outline, float(shapely.area(flat))


def _shifted(by: float) -> Any:
    def move(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(points + np.array([by, 0.0]))

    return move


def inside(outline: Any, lat_deg: Floats, lon_deg: Floats) -> npt.NDArray[np.bool_]:
    """Which points lie in an outline."""
    import shapely

    low_x, low_y, high_x, high_y = shapely.bounds(outline)
    near = (lon_deg >= low_x) & (lon_deg <= high_x) & (lat_deg >= low_y) & (lat_deg <= high_y)
    out = np.zeros(len(lat_deg), dtype=np.bool_)
    if near.any():
        shapely.prepare(outline)
        out[near] = shapely.contains_xy(outline, lon_deg[near], lat_deg[near])
    return out
