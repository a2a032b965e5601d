"""The sphere: places on the half of the world that they face, inside the rings of an armillary sphere (equator, tropics, ecliptic)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from armillary.charts.base import inline, rows_of
from armillary.charts.map import with_land

if TYPE_CHECKING:
    import altair as alt

_OBLIQUITY_DEG = 23.44


def sphere(
    table: Any,
    *,
    value_title: str = "Value",
    size: int = 460,
    lon_deg: float | None = None,
    lat_deg: float | None = None,
    number: str = ",.3~r",
    outline: list[dict[str, Any]] | None = None,
) -> alt.LayerChart:
    """Circles by value (area) on a globe (``rank, unit_id, name, value, lat_deg, lon_deg``), turned to the first place of the table.

    The parameters ``lon`` and ``lat`` turn it, so a page can let the reader drag it. Places on the far side are hidden, not missing.
    ``outline`` draws another world's land (see :func:`~armillary.charts.map.place_map`).
    """
    import altair as alt

    rows = [r for r in rows_of(table) if r.get("unit_id") is not None and r.get("lat_deg") is not None and r.get("value") is not None]
    keep = {"rank": "rank", "unit_id": "unit_id", "name": "name", "value": "value", "lat_deg": "lat", "lon_deg": "lon"}
    data: list[dict[str, Any]] = [{new: r.get(old) for old, new in keep.items()} for r in rows]
    turned = lon_deg if lon_deg is not None else (float(data[0]["lon"]) if data else 10.0)
    tilted = lat_deg if lat_deg is not None else max(-38.0, min(24.0, float(data[0]["lat"]) if data else 22.0))
    projection: dict[str, Any] = {
        "type": "orthographic",
        "scale": size * 0.455,
        "translate": [size / 2, size / 2],
        "clipAngle": 90,
        "rotate": alt.expr("[-lon, -lat, 0]"),
    }
    top = max((float(d["value"]) for d in data), default=1.0) or 1.0
    tip = [
        alt.Tooltip("name:N", title="Unit"),
        alt.Tooltip("rank:Q", title="Rank"),
        alt.Tooltip("value:Q", title=value_title, format=number),
    ]
    layers: list[Any] = [
        alt.Chart(alt.NamedData("land")).mark_geoshape(style="land", aria=False),
        alt.Chart(
            inline(
                [
                    _circle("equator", 0.0),
                    _circle("tropic", _OBLIQUITY_DEG),
                    _circle("tropic", -_OBLIQUITY_DEG),
                    _circle("polar", 90 - _OBLIQUITY_DEG),
                    _circle("polar", _OBLIQUITY_DEG - 90),
                    *_meridians(),
                ]
            )
        ).mark_geoshape(style="border", aria=False),
        alt.Chart(inline([_ecliptic()])).mark_geoshape(style="ring", aria=False),
        alt.Chart(alt.sphere()).mark_geoshape(style="rim", aria=False),
        alt.Chart(inline(data[::-1]))
        .mark_circle(style="focus", fillOpacity=0.42, strokeOpacity=0.95, strokeWidth=0.9)
        .encode(
            longitude="lon:Q",
            latitude="lat:Q",
            tooltip=tip,
            size=alt.Size("value:Q", legend=None, scale=alt.Scale(domain=[0, top], range=[0, 1100])),
        ),
    ]
    said = f"Globe with {len(data)} places, circles by {value_title}. " + "; ".join(f"{d['rank']} {d['name']}" for d in data[:5])
    chart = alt.LayerChart(layer=layers, width=size, height=size, description=said).project(**projection)
    turning = [alt.param(name="lon", value=turned), alt.param(name="lat", value=tilted)]
    drawn: alt.LayerChart = with_land(chart.add_params(*turning), outline)
    return drawn


def _line(name: str, points: list[list[float]]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "LineString", "coordinates": points}}


def _circle(name: str, lat: float) -> dict[str, Any]:
    return _line(name, [[lon, lat] for lon in range(-180, 181, 4)])


def _meridians() -> list[dict[str, Any]]:
    return [_line("meridian", [[lon, lat] for lat in range(-90, 91, 5)]) for lon in range(-180, 180, 45)]


def _ecliptic() -> dict[str, Any]:
    """The sun's great circle, tilted against the equator: the ring that makes a globe an armillary sphere."""
    tilt = math.radians(_OBLIQUITY_DEG)
    points = []
    for step in range(-180, 181, 3):
        a = math.radians(step)
        points.append(
            [math.degrees(math.atan2(math.sin(a) * math.cos(tilt), math.cos(a))), math.degrees(math.asin(math.sin(a) * math.sin(tilt)))]
        )
    return _line("ecliptic", points)
