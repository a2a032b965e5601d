"""The base map and the map chart."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from armillary.charts.base import save
from armillary.charts.map import VIEWS, _equal_earth, basemap, place_map, view_of
from armillary.errors import UnknownNameError

ROWS = [
    {"rank": 1, "unit_id": "a", "name": "Aville", "value": 4.0, "lat_deg": 40.0, "lon_deg": 116.0},
    {"rank": 2, "unit_id": "b", "name": "Bville", "value": 2.0, "lat_deg": 40.1, "lon_deg": 116.1},
    {"rank": 3, "unit_id": "c", "name": "Nowhere", "value": 1.0, "lat_deg": None, "lon_deg": None},
    {"rank": None, "unit_id": None, "name": "unassigned", "value": 9.0, "lat_deg": 0.0, "lon_deg": 0.0},
]


def test_basemap_is_sound() -> None:
    features = basemap()["features"]
    codes = [f["id"] for f in features if f["id"]]
    assert len(features) == 176 and len(set(codes)) == len(codes) and {"CN", "FR", "NO", "XK", "US"} <= set(codes) and "AQ" not in codes
    for f in features:
        for polygon in f["geometry"]["coordinates"]:
            for ring in polygon:
                assert len(ring) >= 4 and ring[0] == ring[-1] and all(abs(x) <= 180 and abs(y) <= 90 for x, y in ring), f["properties"]
    assert "Natural Earth" in basemap()["source"]


def test_outer_rings_run_clockwise_as_d3_expects() -> None:
    def area(ring: list[list[float]]) -> float:
        return sum((b[0] - a[0]) * (b[1] + a[1]) for a, b in itertools.pairwise(ring))

    largest = [
        max((p[0] for p in f["geometry"]["coordinates"]), key=lambda r: abs(area(r))) for f in basemap()["features"] if f["id"] != "FJ"
    ]
    # Fiji crosses the date line, so its area on the plane says nothing
    assert all(area(r) > 0 for r in largest)


def test_projection_reference_points() -> None:
    """The edge of Equal Earth lies at 2.70663 on the equator; the pole line at 1.31736 (Savric and others 2018)."""
    assert _equal_earth(179.999999, 0)[0] == pytest.approx(2.70663, abs=1e-4)
    assert _equal_earth(0, 90) == (pytest.approx(0.0), pytest.approx(1.31736, abs=1e-4))


def test_map_keeps_placed_units_only_and_draws(tmp_path: Path) -> None:
    chart = place_map(ROWS, title="T", focus=("b",), view="East Asia")
    drawn = json.dumps(chart.to_dict())
    assert "Aville" in drawn and "Nowhere" not in drawn and "unassigned" not in drawn
    assert save(chart, tmp_path / "m.svg").read_text(encoding="utf-8").count("Aville") >= 1
    assert save(chart, tmp_path / "m.png").read_bytes()[:4] == b"\x89PNG"


def test_interactive_page_lists_every_view_and_labels_do_not_overlap(tmp_path: Path) -> None:
    page = save(place_map(ROWS, title="T", controls=True), tmp_path / "m.html").read_text(encoding="utf-8")
    assert all(v in page for v in VIEWS)
    world = [d for d in place_map(ROWS, title="T").to_dict()["datasets"].values() if any("side" in r for r in d)]
    assert [r["side"] for r in world[0]] == ["left", "right"]  # the second name moves to the other side of its circle


def test_the_closest_view_that_holds_all_points() -> None:
    assert view_of([(39.9, 116.4), (31.2, 121.5)]) == "East Asia"
    assert view_of([(48.9, 2.4)]) == "Europe"
    assert view_of([(39.9, 116.4), (40.7, -74.0)]) == view_of([]) == "World"


def test_a_name_prefers_the_side_without_another_circle() -> None:
    rows = [
        {"rank": 1, "unit_id": "a", "name": "Aville", "value": 1.0, "lat_deg": 40.0, "lon_deg": 116.0},
        {"rank": 2, "unit_id": "b", "name": "Bville", "value": 9.0, "lat_deg": 40.0, "lon_deg": 117.5},
    ]
    names = next(d for d in place_map(rows, title="T", view="East Asia").to_dict()["datasets"].values() if any("side" in r for r in d))
    assert [(r["name"], r["side"]) for r in names] == [("Aville", "right"), ("Bville", "left")]


def test_outlines_have_names(tmp_path: Path) -> None:
    ring = [[115.0, 39.0], [117.0, 39.0], [117.0, 41.0], [115.0, 41.0], [115.0, 39.0]]
    shape = {"type": "Feature", "properties": {"name": "The square"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    chart = place_map(ROWS, title="T", view="East Asia", hulls={"type": "FeatureCollection", "features": [shape]})
    assert any(r.get("name") == "The square" for d in chart.to_dict()["datasets"].values() for r in d)
    assert save(chart, tmp_path / "h.svg").read_text(encoding="utf-8").count("<path") > 180


def test_unknown_view() -> None:
    with pytest.raises(UnknownNameError, match="map view"):
        place_map(ROWS, title="T", view="Atlantis")
