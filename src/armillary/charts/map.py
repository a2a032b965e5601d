"""Maps: places and clusters as circles on a world outline, with a choice of views that works without a mouse.

The outline is ``registry/basemap/world.json`` (made by ``scripts/make_basemap.py`` from Natural Earth, public domain). Borders on it are
orientation, no statement. The projection keeps areas comparable (Equal Earth).
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from armillary.charts.base import heading, inline, rows_of
from armillary.errors import UnknownNameError

if TYPE_CHECKING:
    import altair as alt


@dataclass(frozen=True, slots=True)
class Outlook:
    """A cut of the world: the meridian and parallel in the middle, and how many times larger than the world view."""

    label: str
    lon_deg: float
    lat_deg: float
    zoom: float


VIEWS: dict[str, Outlook] = {
    v.label: v
    for v in (
        Outlook("World", 11, 7, 1.05),
        Outlook("Europe", 12, 51, 5.2),
        Outlook("East Asia", 114, 33, 4.6),
        Outlook("North America", -97, 40, 3.8),
        Outlook("South Asia", 80, 22, 5.0),
        Outlook("Southeast Asia and Oceania", 130, -12, 2.8),
        Outlook("Latin America", -65, -15, 2.7),
        Outlook("Africa", 18, 3, 2.8),
        Outlook("Middle East", 48, 31, 5.2),
    )
}


@functools.cache
def basemap() -> dict[str, Any]:
    """The world outline as a GeoJSON FeatureCollection: ``id`` is the ISO alpha-2 code, rings wound as D3 and Vega expect."""
    return dict(json.loads((files("armillary.registry") / "basemap" / "world.json").read_text(encoding="utf-8")))


def with_land(chart: Any, outline: list[dict[str, Any]] | None = None) -> Any:
    """The finished chart with the outline as the table ``land``, put in last: Altair copies the data of a chart at every step."""
    chart.datasets = {"land": basemap()["features"] if outline is None else outline}
    return chart


def place_map(
    table: Any,
    *,
    title: str,
    subtitle: str | None = None,
    value_title: str = "Value",
    value_format: str = ",.4~r",
    view: str = "World",
    focus: tuple[str, ...] = (),
    labels: int = 14,
    hulls: Mapping[str, Any] | None = None,
    width: int = 860,
    controls: bool = False,
    outline: list[dict[str, Any]] | None = None,
) -> alt.LayerChart:
    """Circles whose area is the value (``rank, unit_id, name, value, lat_deg, lon_deg``; rows without a point are left out).

    ``focus`` are unit ids in the second colour; ``labels`` the number of names at most, first ranks first, none on top of another.
    ``hulls`` is a GeoJSON FeatureCollection drawn below (outlines of clusters or regions, with a name among their properties). With
    ``controls`` the reader chooses the view from a list; otherwise ``view`` is fixed. ``outline`` is the outline of another world
    (features, rings as in :func:`basemap`): it is drawn instead, and the only view is the one that holds all places.
    """
    import altair as alt

    if view not in VIEWS:
        raise UnknownNameError("map view", view, VIEWS)
    height = round(width * 0.46)
    rows = [r for r in rows_of(table) if r.get("unit_id") is not None and r.get("lat_deg") is not None and r.get("value") is not None]
    rows.sort(key=lambda r: (r["rank"] if r.get("rank") is not None else math.inf, str(r["unit_id"])))
    data = [
        {
            "rank": r.get("rank"),
            "unit_id": r["unit_id"],
            "name": r["name"],
            "value": r["value"],
            "lat": r["lat_deg"],
            "lon": r["lon_deg"],
            "chosen": r["unit_id"] in focus,
        }
        for r in rows
    ]
    top = max((abs(float(r["value"])) for r in rows), default=1.0) or 1.0
    views = VIEWS
    if outline is not None:
        view, controls = "All", False
        views = {"All": fitted([(d["lat"], d["lon"]) for d in data])}
    shown = list(views) if controls else [view]
    names = [{**d, "view": v} for v in shown for d in _labelled(data, views[v], labels, top, width, height)]
    scale, centre, rotate = _projection([views[v] for v in shown], width)
    projection = alt.Projection(type="equalEarth", scale=scale, center=centre, rotate=rotate, translate=[width / 2, height / 2])
    land = alt.Chart(alt.NamedData("land")).mark_geoshape(style="land", clip=True, aria=False)
    size = alt.Size(
        "value:Q",
        title=value_title,
        scale=alt.Scale(type="linear", domain=[0, top], range=[0, _AREA], clamp=True),
        legend=alt.Legend(orient="bottom", symbolType="circle", tickCount=3, symbolStrokeWidth=1, format=value_format),
    )
    tip = [
        alt.Tooltip("name:N", title="Unit"),
        alt.Tooltip("rank:Q", title="Rank"),
        alt.Tooltip("value:Q", title=value_title, format=value_format),
    ]
    points = alt.Chart(inline(data[::-1])).encode(longitude="lon:Q", latitude="lat:Q", size=size, tooltip=tip)
    layers: list[Any] = [land]
    if hulls and hulls.get("features"):
        shapes = alt.Chart(inline([{**rewound(f), "name": (f.get("properties") or {}).get("name")} for f in hulls["features"]]))
        named = shapes.encode(tooltip=[alt.Tooltip("name:N", title="Unit")])
        layers.append(named.mark_geoshape(style=["band", "hull"], clip=True, aria=False))
    circle: dict[str, Any] = {"clip": True, "fillOpacity": 0.5, "strokeOpacity": 0.9, "strokeWidth": 0.8}
    layers += [
        points.transform_filter("!datum.chosen").mark_circle(style="focus", **circle),
        points.transform_filter("datum.chosen").mark_circle(style="compared", **circle),
    ]
    text = alt.Chart(inline(names))
    if controls:
        text = text.transform_filter("datum.view == map_view")
    for side, dx in (("left", 1), ("right", -1)):
        here = text.transform_filter(f"datum.side == '{side}'").encode(longitude="lon:Q", latitude="lat:Q", text="name:N")
        look: dict[str, Any] = {"style": "value", "align": side, "dx": alt.expr(f"{dx} * (datum.reach + 3)"), "clip": True, "aria": False}
        layers.append(here.mark_text(fontSize=11, **look))
    said = _described(data, value_title)
    chart: Any = alt.layer(*layers).properties(width=width, height=height, description=said, title=heading(title, subtitle))
    chart = chart.project(**projection.to_dict())
    if controls:
        picker = alt.binding_select(options=shown, name="View ")
        chart = chart.add_params(alt.param(name="map_view", value=view, bind=picker))
    drawn: alt.LayerChart = with_land(chart, outline)
    return drawn


def rewound(feature: Mapping[str, Any]) -> dict[str, Any]:
    """A feature whose rings run as D3 expects: clockwise outside, counter-clockwise for holes (else it fills the rest of the globe).

    Files come in both ways (RFC 7946 has outer rings counter-clockwise), so each ring is turned only if it has to be.
    """
    shape = feature["geometry"]
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    turned = [[ring if _is_clockwise(ring) == (n == 0) else ring[::-1] for n, ring in enumerate(polygon)] for polygon in polygons]
    return {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": turned}}


def _is_clockwise(ring: Sequence[Sequence[float]]) -> bool:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)) < 0


_AREA = 900.0
"""Area in square pixels of the circle of the greatest value."""


def city_map(
    ranking: Any,
    *,
    top: int | None = 500,
    focus: tuple[str, ...] = (),
    view: str = "World",
    controls: bool = False,
) -> alt.LayerChart:
    """The map of a ranking of cities (:class:`~armillary.ranking.result.Ranking` with unit city); the title says what is unassigned."""
    places = ranking.corpus.store.read("place", ["place_id", "lat_deg", "lon_deg"]).to_pylist()
    at = {p["place_id"]: p for p in places}
    rows = [{**r, **{k: at.get(r["unit_id"], {}).get(k) for k in ("lat_deg", "lon_deg")}} for r in ranking.ranked.to_pylist()]
    meta = ranking.meta
    subtitle = f"{meta['counting'].split(':')[0]} counting; {meta['data']['name']}, snapshot {meta['data']['snapshot_date']}"
    rest = sum(r["value"] or 0.0 for r in ranking.unassigned.to_pylist())
    whole = rest + sum(r["value"] or 0.0 for r in rows)
    if rest and whole:
        subtitle += f"; {100 * rest / whole:.1f} % without a place"
    look: dict[str, Any] = {"value_title": meta["indicator"], "focus": focus, "view": view, "controls": controls}
    return place_map(rows[:top], title=meta["title"], subtitle=subtitle, **look)


def view_of(points: Sequence[tuple[float, float]]) -> str:
    """The name of the closest view that shows all points (latitude, longitude): the world, if no other does."""

    def holds(v: Outlook) -> bool:
        # a view is as wide as the whole map and 0.46 times as high; some room is left for circles
        half, middle = 0.95 * _X_EDGE / v.zoom, _equal_earth(0, v.lat_deg)[1]
        at = (_equal_earth(lon - v.lon_deg, lat) for lat, lon in points)
        return all(abs(x) <= half and abs(y - middle) <= 0.46 * half for x, y in at)

    fits = [v for v in VIEWS.values() if holds(v)] if points else []
    return max(fits, key=lambda v: v.zoom).label if fits else "World"


def fitted(points: list[tuple[float, float]]) -> Outlook:
    """The view that holds all points (latitude, longitude) with some room around them."""
    if not points:
        return VIEWS["World"]
    lats, lons = [p[0] for p in points], [p[1] for p in points]
    span = max((max(lons) - min(lons)) / 300, (max(lats) - min(lats)) / 110, 0.05)
    return Outlook("All", (max(lons) + min(lons)) / 2, (max(lats) + min(lats)) / 2, min(12.0, 1 / span))


def _projection(shown: list[Outlook], width: int) -> tuple[Any, Any, Any]:
    """Scale, centre and rotation: numbers for one view, expressions over the chosen one for several."""
    import altair as alt

    base = width / (2 * _X_EDGE)
    if len(shown) == 1:
        v = shown[0]
        return base * v.zoom, [0, v.lat_deg], [-v.lon_deg, 0]
    pick = f"indexof({json.dumps([v.label for v in shown])}, map_view)"
    views = shown
    scales, lats, lons = ([round(base * v.zoom, 2) for v in views], [v.lat_deg for v in views], [-v.lon_deg for v in views])
    return alt.expr(f"{scales}[{pick}]"), alt.expr(f"[0, {lats}[{pick}]]"), alt.expr(f"[{lons}[{pick}], 0]")


_X_EDGE = 2.70663


def _equal_earth(lon_deg: float, lat_deg: float) -> tuple[float, float]:
    """Equal Earth coordinates (Savric, Patterson and Jenny 2018), y upwards, for longitudes relative to the middle meridian."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(lat_deg)))
    lon = math.radians((lon_deg + 180) % 360 - 180)
    x = 2 * math.sqrt(3) * lon * math.cos(t) / (3 * (9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1))
    return x, a4 * t**9 + a3 * t**7 + a2 * t**3 + a1 * t


def _labelled(data: list[dict[str, Any]], view: Outlook, most: int, top: float, width: int, height: int) -> list[dict[str, Any]]:
    """The rows that get a name in a view: by rank, right of the circle or else left of it, never over a label that is already there."""
    scale = width / (2 * _X_EDGE) * view.zoom
    middle = _equal_earth(0, view.lat_deg)[1]
    boxes: list[_Box] = []
    out = []
    spots = []
    for row in data:
        x, y = _equal_earth(row["lon"] - view.lon_deg, row["lat"])
        px, py = width / 2 + scale * x, height / 2 - scale * (y - middle)
        if 0 <= px <= width and 0 <= py <= height:
            spots.append((row, px, py, math.sqrt(_AREA * max(float(row["value"]), 0.0) / top / math.pi)))
    circles = [(px - r, py - r, px + r, py + r) for _row, px, py, r in spots]
    for k, (row, px, py, reach) in enumerate(spots):
        length = 6.2 * sum(2 if ord(c) > 0x2E7F else 1 for c in str(row["name"]))
        sides = {"left": px + reach + 2, "right": px - reach - 2 - length}
        placed = {s: (left, py - 7, left + length, py + 7) for s, left in sides.items() if left >= 0 and left + length <= width}
        free = [s for s, box in placed.items() if not any(_meet(box, b) for b in boxes)]
        # a side without the circle of another is better; where many lie close together there is none
        clear = [s for s in free if not any(_meet(placed[s], c) for j, c in enumerate(circles) if j != k)]
        if chosen := (clear or free)[:1]:
            boxes.append(placed[chosen[0]])
            out.append({**row, "side": chosen[0], "reach": round(reach, 2)})
        if len(out) == most:
            break
    return out


_Box = tuple[float, float, float, float]


def _meet(a: _Box, b: _Box) -> bool:
    return a[2] >= b[0] and a[0] <= b[2] and a[3] >= b[1] and a[1] <= b[3]


def _described(data: list[dict[str, Any]], value_title: str) -> str:
    first = "; ".join(f"{d['rank']} {d['name']}" for d in data[:5] if d["rank"] is not None)
    return f"Map of {len(data)} units, circles by {value_title.lower()}. {first}".strip()
