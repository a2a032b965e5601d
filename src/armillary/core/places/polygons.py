"""Polygons of urban areas: reading GeoJSON and finding the polygon of each point with a spatial index."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from armillary.core import guarded
from armillary.core.arrays import Floats
from armillary.core.places.geo import is_point
from armillary.core.places.populated import read_text
from armillary.errors import InputError, MissingExtraError

_ID = ("id", "uid", "fid", "place_id", "eFUA_ID", "ID_HDC_G0", "GEOID", "CSAFP", "CBSAFP")
_NAME = ("name", "eFUA_name", "UC_NM_MN", "NAME", "city", "name_conve")
_COUNTRY = ("country", "country_code", "iso2", "Cntry_ISO", "ISO_A2")


@dataclass(frozen=True, slots=True)
class UrbanAreas:
    """Polygons with what their file says about them; ``label`` names a polygon without an id by its place in the file."""

    geometry: Any
    label: list[str]
    name: list[str | None]
    country: list[str | None]
    population: list[int | None]

    def __len__(self) -> int:
        return len(self.label)


def read_polygons(path: Path) -> UrbanAreas:
    """Read a GeoJSON FeatureCollection of Polygons or MultiPolygons in degrees (WGS 84), gzipped or not. Needs the extra ``places``."""
    try:
        import shapely
    except ImportError:
        raise MissingExtraError("places", "reading polygons of urban areas") from None
    try:
        features = guarded.parse_json(read_text(path), path)["features"]
        shapes = [f for f in features if f.get("geometry") and f["geometry"]["type"] in ("Polygon", "MultiPolygon")]
        geometry = shapely.from_geojson(np.array([json.dumps(f["geometry"]) for f in shapes], dtype=object))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, shapely.errors.GEOSException) as error:
        what = f"cannot be read as GeoJSON ({error.__class__.__name__})"
        raise InputError(what, where=path, fix="give a FeatureCollection of polygons") from None
    if not shapes:
        raise InputError("holds no polygon", where=path, fix="give a GeoJSON FeatureCollection of Polygons or MultiPolygons")
    rows = [{**({"id": f["id"]} if "id" in f else {}), **(f.get("properties") or {})} for f in shapes]
    bounds = shapely.bounds(geometry)
    if (np.abs(bounds[:, [1, 3]]) > 90.001).any() or (np.abs(bounds[:, [0, 2]]) > 180.001).any():
        raise InputError("coordinates are not degrees", where=path, fix="convert the file to WGS 84 longitude and latitude")
    valid = shapely.is_valid(geometry)
    if not valid.all():
        geometry = np.where(valid, geometry, shapely.make_valid(geometry))
    labels = [_first(r, _ID) or f"#{n}" for n, r in enumerate(rows)]
    population = [_integer(_first(r, ("population", "population_n", "FUA_p_2015", "P15"))) for r in rows]
    countries = [c.upper() if c and len(c) == 2 and c.isalpha() else None for c in (_first(r, _COUNTRY) for r in rows)]
    return UrbanAreas(geometry, labels, [_first(r, _NAME) for r in rows], countries, population)


def _first(row: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((str(row[n]) for n in names if row.get(n) not in (None, "")), None)


def _integer(text: str | None) -> int | None:
    try:
        return None if text is None else int(float(text))
    except ValueError:
        return None


def polygon_of(areas: UrbanAreas, lat_deg: Floats, lon_deg: Floats) -> npt.NDArray[np.int64]:
    """For each point the index of the smallest polygon that holds it (edge included; the first of equals), or -1."""
    import shapely

    out = np.full(len(lat_deg), -1, dtype=np.int64)
    good = np.flatnonzero(is_point(lat_deg, lon_deg))
    if not good.size or not len(areas):
        return out
    points = shapely.points(lon_deg[good], lat_deg[good])
    point, polygon = shapely.STRtree(areas.geometry).query(points, predicate="intersects")
    order = np.lexsort((polygon, shapely.area(areas.geometry)[polygon], point))
    point, polygon = point[order], polygon[order]
    first = np.ones(len(point), dtype=bool)
    first[1:] = point[1:] != point[:-1]
    out[good[point[first]]] = polygon[first]
    return out
