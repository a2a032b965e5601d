"""Places in rankings: the site level of an academy, metropolitan areas, what has no place, regions."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.core.places.assign import default_places, weight_by_assignment
from armillary.observatory import Observatory
from support.tiny import observatory

CAS = {"country_code": "CN", "city": "Beijing", "lat_deg": 39.9, "lon_deg": 116.4, "ror_id": "034t30j35"}
QINGDAO = {"country_code": "CN", "city": "Qingdao", "lat_deg": 36.1, "lon_deg": 120.4}
GUANGZHOU = {"country_code": "CN", "city": "Guangzhou", "lat_deg": 23.1, "lon_deg": 113.3}
YALE = {"country_code": "US", "city": "New Haven", "lat_deg": 41.31, "lon_deg": -72.93}
PRINCETON = {"country_code": "US", "city": "Princeton", "lat_deg": 40.34, "lon_deg": -74.66}
COLUMBIA = {"country_code": "US", "city": "New York", "lat_deg": 40.81, "lon_deg": -73.96}


def placed(folder: Path, papers: list[dict[str, object]], institutions: dict[int, dict[str, object]]) -> Observatory:
    obs = observatory(folder, papers, institutions)
    with obs.store.write() as txn:
        place, link = default_places(txn.read("institution"))
        txn.replace("place", place)
        txn.replace("institution_place", link)
    return Observatory(obs.store.refresh())


def shares(obs: Observatory, unit: str, **more: object) -> dict[str | None, float]:
    return {r["unit_id"]: pytest.approx(r["value"]) for r in obs.rank("share", unit=unit, scope="default", **more).rows()}


def test_an_academys_papers_count_where_its_institutes_stand(tmp_path: Path) -> None:
    """Two institutes, and one paper that only names the academy: that one has no city, and Beijing gets nothing."""
    papers = [{"id": 1, "authors": [[[2]]]}, {"id": 2, "authors": [[[2]], [[3]]]}, {"id": 3, "authors": [[[1]]]}]
    obs = placed(tmp_path / "o", papers, {1: CAS, 2: QINGDAO, 3: GUANGZHOU})
    assert shares(obs, "city") == {"CN:qingdao": 1.5, "CN:guangzhou": 0.5, None: 1.0}
    assert weight_by_assignment(obs.store) == {"name": pytest.approx(2.0), "none": pytest.approx(1.0)}


def test_new_york_holds_yale_and_princeton(tmp_path: Path) -> None:
    papers = [{"id": 1, "authors": [[[1]], [[2]]]}, {"id": 2, "authors": [[[3]], [[]]]}]
    obs = placed(tmp_path / "o", papers, {1: YALE, 2: PRINCETON, 3: COLUMBIA})
    assert shares(obs, "city") == {"metro:new-york": 1.5, None: 0.5}
    assert weight_by_assignment(obs.store) == {"override": pytest.approx(1.5), "unmatched": pytest.approx(0.5)}


def test_regions_may_overlap(tmp_path: Path) -> None:
    papers = [{"id": 1, "authors": [[[1]], [[2]]]}]
    obs = placed(tmp_path / "o", papers, {1: GUANGZHOU, 2: QINGDAO})
    got = shares(obs, "region")
    assert got["greater-bay-area"] == 0.5 and got["brics"] == got["brics-5"] == 1.0 and "eu" not in got


def test_without_any_record(tmp_path: Path) -> None:
    from armillary.core.store import Store

    assert weight_by_assignment(Store.create(tmp_path / "empty")) == {}


def test_an_ingest_says_when_it_replaces_places_that_were_found_by_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from armillary.core.places.assign import assign_places, place_by_record

    obs = placed(tmp_path / "o", [{"id": 1, "authors": [[[1]]]}], {1: QINGDAO})
    with obs.store.write() as txn:
        place_by_record(txn)
    assert not caplog.records
    towns = tmp_path / "t.csv"
    towns.write_text("name,country,lat,lon,population\nQingdao,CN,36.1,120.4,9000000\n", encoding="utf-8")
    assign_places(obs.store, populated_places=towns)
    with obs.store.write() as txn:
        place_by_record(txn)
    assert "run 'armillary places' again" in caplog.text
