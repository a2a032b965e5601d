"""Points of units, for maps: cities from the places table, institutions from their own records, regions from their places."""

from __future__ import annotations

import json
from typing import Any

from armillary.charts.map import rewound
from armillary.core.own_files import OUTLINE, folder
from armillary.counting.units import PREFIX
from armillary.ranking.result import Ranking
from armillary.studies.regions import RegionShape, region_shapes
from armillary.web import words
from armillary.web.current import current
from armillary.web.site import Site

POINTS = ("city", "institution")
"""Units whose points stand in the records."""
MAPPED = (*POINTS, "region")


def points(site: Site, unit: str) -> dict[str, tuple[float, float]]:
    """Public id of a unit -> latitude and longitude, where known."""
    if unit == "region":
        return {i: (s.lat_deg, s.lon_deg) for i, s in shapes(site).items()}
    table, key = {"city": ("place", "place_id"), "institution": ("institution", "institution_id")}[unit]

    def compute(obs: Any) -> dict[str, tuple[float, float]]:
        data = obs.corpus.lookup(table, (key, "lat_deg", "lon_deg"))
        prefix = PREFIX.get(unit, "")
        rows = zip(data[key].to_pylist(), data["lat_deg"].to_pylist(), data["lon_deg"].to_pylist(), strict=True)
        return {f"{prefix}{i}": (lat, lon) for i, lat, lon in rows if lat is not None and lon is not None}

    found: dict[str, tuple[float, float]] = site.remember(("points", unit), compute)
    return found


def shapes(site: Site) -> dict[str, RegionShape]:
    """Outlines and middles of the regions that have them, by id."""
    found: dict[str, RegionShape] = site.remember("region-shapes", lambda obs: region_shapes(obs.corpus))
    return found


def outline(site: Site) -> list[dict[str, Any]] | None:
    """The land of an invented world, where the observatory brings it along; None means the real one."""
    path = folder(site.obs.store) / OUTLINE
    if not site.data.get("synthetic") or not path.is_file():
        return None

    def compute(obs: Any) -> list[dict[str, Any]]:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        return [rewound({k: f[k] for k in ("type", "geometry")} | {"properties": {}}) for f in features]

    found: list[dict[str, Any]] = site.remember("outline", compute)
    return found


def located(site: Site, ranking: Ranking, most: int) -> list[dict[str, Any]]:
    """The first ``most`` rows of a ranking with their points (None where there is none)."""
    unit = ranking.recipe.unit
    where = points(site, unit) if unit in MAPPED else {}
    out = []
    for row in ranking.ranked.slice(0, most).to_pylist():
        lat, lon = where.get(row["unit_id"], (None, None))
        name = words.unit_label(unit, row["unit_id"], row["name"], current().language, synthetic=bool(site.data.get("synthetic")))
        out.append({**row, "name": name, "label": name, "lat_deg": lat, "lon_deg": lon})
    return out
