"""Clusters, leadership, dossier and brief as pages: the numbers are those of the modules they come from, and what is missing is said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from armillary.core.store import Store
from armillary.observatory import open_observatory
from armillary.web.app import create_app
from armillary.web.settings import Settings
from conftest import Client


@pytest.fixture(scope="module")
def obs(small: Path) -> Any:
    return open_observatory(small, threads=1)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Client:
    path = tmp_path_factory.mktemp("empty") / "observatory"
    Store.create(path)
    return Client(create_app(path, settings=Settings(rate_per_s=0), threads=1))


def texts(html: str) -> str:
    """The text of a page, without tags and runs of space."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_clusters_are_those_of_the_survey(get, obs):
    from armillary.clusters.survey import survey

    found, _ = survey(obs.corpus, min_listings=100.0, data=obs.data_version)
    body = get("/clusters.json?density=100").json()
    assert len(found) >= 5 and body["rows"] == found.arrow.to_pylist()
    assert body["meta"]["method_digest"] == found.meta["method_digest"]
    page = texts(get("/clusters?density=100").text)
    for row in found.arrow.to_pylist():
        assert row["name"] in page and f"{100 * row['value']:,.2f}" in page


def test_without_a_wish_the_density_is_lowered_and_said(get):
    body = get("/clusters.json").json()
    used = body["meta"]["method"]["min_listings"]
    assert used < 4500 and len(body["rows"]) >= 5
    assert f"These are the clusters at {used:,.0f}." in texts(get("/clusters").text)
    asked = texts(get("/clusters?density=4500").text)
    assert "No place has 4,500 listings within 15 km." in asked and "These are the clusters at" not in asked


def test_a_cluster_adds_up_and_shows_other_choices(get, obs):
    row = next(r for r in get("/clusters.json?density=100").json()["rows"] if r["unit_id"] == "cl:CN:beijing")
    parts = get("/clusters/cl:CN:beijing.json?density=100").json()["rows"]
    assert sum(p["activity"] for p in parts) == pytest.approx(row["value"])
    assert sum(p["listings"] for p in parts) == row["count"]
    page = texts(get("/clusters/cl:CN:beijing?density=100").text)
    assert "radius 20 km" in page and "no merging" in page
    assert get("/clusters/Beijing?density=100").status == 200  # a city of its name finds it too


def test_clusters_need_places(empty):
    answer = empty("/clusters")
    assert answer.status == 200 and "nothing to cluster" in answer.text
    assert empty("/clusters/x").status == 400


def test_map_leads_to_clusters(get):
    assert 'href="/clusters"' in get("/map").text and 'href="/zh/clusters"' in get("/zh/map").text
