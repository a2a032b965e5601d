"""Where a region lies: the hull of the places of its institutions, and its middle, for maps.

Blocs of countries have none: their members lie all over, and a hull around them would hold countries that are not of them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.places.geo import is_point, spherical_middle
from armillary.core.places.regions import region_members
from armillary.counting.region_units import regions_of
from armillary.studies.clusters.hulls import hull

WIDEN_KM = 25.0
"""How far an outline lies outside the middles of the outermost places: about the radius of a city."""


@dataclass(frozen=True, slots=True)
class RegionShape:
    """``outline`` is a GeoJSON feature (degrees) with the name among its properties; the middle is that of the places."""

    lat_deg: float
    lon_deg: float
    places: int
    outline: dict[str, Any]


def region_shapes(corpus: Corpus, which: str = "default") -> dict[str, RegionShape]:
    """Shapes by region id, of the regions that hold at least one institution with a place; blocs are left out."""
    regions = {i: r for i, r in regions_of(corpus, which).items() if r.kind != "bloc"}
    institution, place, lies_in = (corpus.store.read(t) for t in ("institution", "place", "institution_place"))
    members = region_members(regions, institution, place, lies_in)
    where = dict(zip(lies_in["institution_id"].to_pylist(), lies_in["place_id"].to_pylist(), strict=True))
    at = _points(place)
    found: dict[str, set[str]] = defaultdict(set)
    for region, member in zip(members["unit_id"].to_pylist(), members["institution_id"].to_pylist(), strict=True):
        if where.get(member) in at:
            found[region].add(where[member])
    return {region: _shape(region, regions[region].name, sorted(places), at) for region, places in sorted(found.items())}


def _points(place: pa.Table) -> dict[str, tuple[float, float]]:
    lat, lon = (np.array(place[c].to_pylist(), dtype=np.float64) for c in ("lat_deg", "lon_deg"))
    ids, known = place["place_id"].to_pylist(), is_point(lat, lon)
    return {ids[k]: (float(lat[k]), float(lon[k])) for k in np.flatnonzero(known)}


def _shape(region: str, name: str, places: list[str], at: dict[str, tuple[float, float]]) -> RegionShape:
    import shapely

    lat, lon = (np.array([at[p][k] for p in places]) for k in (0, 1))
    outline, _area = hull(lat, lon, WIDEN_KM)
    middle = spherical_middle(lat, lon)
    feature = {"type": "Feature", "id": region, "properties": {"name": name}, "geometry": json.loads(shapely.to_geojson(outline))}
    return RegionShape(float(middle[0]), float(middle[1]), len(places), feature)
