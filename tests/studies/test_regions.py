"""Outlines of regions: the hull of the places of their institutions; blocs of countries have none."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.core.places.assign import default_places
from armillary.studies.regions import WIDEN_KM, region_shapes
from support.tiny import observatory

pytest.importorskip("shapely", reason="outlines need the extra 'places'")

INSTITUTIONS = {
    1: {"country_code": "CN", "city": "Guangzhou", "lat_deg": 23.13, "lon_deg": 113.26},
    2: {"country_code": "CN", "city": "Shenzhen", "lat_deg": 22.54, "lon_deg": 114.06},
    3: {"country_code": "HK", "city": "Hong Kong", "lat_deg": 22.30, "lon_deg": 114.17},
    4: {"country_code": "CN", "city": "Shanghai", "lat_deg": 31.23, "lon_deg": 121.47},
    5: {"country_code": "FR", "city": "Paris", "lat_deg": 48.86, "lon_deg": 2.35},
}


def test_a_region_holds_its_places_and_no_others(tmp_path: Path) -> None:
    import shapely

    obs = observatory(tmp_path / "obs", [{"id": 1, "authors": [[[i]] for i in INSTITUTIONS]}], INSTITUTIONS)
    with obs.store.write() as txn:
        place, link = default_places(txn.read("institution"))
        txn.replace("place", place)
        txn.replace("institution_place", link)
    found = region_shapes(obs.corpus)
    assert "greater-bay-area" in found and "eu" not in found and "brics" not in found
    bay, shanghai = found["greater-bay-area"], found["shanghai-region"]
    area = shapely.geometry.shape(bay.outline["geometry"])
    inside = {i for i, row in INSTITUTIONS.items() if area.contains(shapely.Point(row["lon_deg"], row["lat_deg"]))}
    assert inside == {1, 2, 3} and bay.places == 3 and bay.outline["properties"]["name"].endswith("Greater Bay Area")
    assert 22.3 < bay.lat_deg < 23.13 and 113.26 < bay.lon_deg < 114.17
    # one place alone is a circle around it
    west, south, east, north = shapely.geometry.shape(shanghai.outline["geometry"]).bounds
    assert shanghai.places == 1 and (north - south) * 111.2 == pytest.approx(2 * WIDEN_KM, rel=0.02) and west < 121.47 < east
