"""Clusters, leadership, dossier and brief as pages: the numbers are those of the modules they come from, and what is missing is said."""

from __future__ import annotations

import html
import json
import posixpath
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.store import Store
from armillary.observatory import open_observatory
from armillary.web.app import create_app
from conftest import Client
from support.unhurried import unhurried


@pytest.fixture(scope="module")
def obs(small: Path) -> Any:
    return open_observatory(small, threads=1)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Client:
    path = tmp_path_factory.mktemp("empty") / "observatory"
    Store.create(path)
    return Client(create_app(path, settings=unhurried(), threads=1))


def texts(page: str) -> str:
    """The text of a page, without tags and runs of space."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_clusters_are_those_of_the_survey(get, obs):
    from armillary.studies.clusters.survey import survey

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


def test_outlines_run_clockwise_whichever_way_they_came():
    from armillary.charts.map import rewound

    ring = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]]
    hole = [[1.0, 1.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0], [1.0, 1.0]]
    for outer in (ring, ring[::-1]):
        for inner in (hole, hole[::-1]):
            (done,) = rewound({"geometry": {"type": "Polygon", "coordinates": [outer, inner]}})["geometry"]["coordinates"]
            assert done == [ring[::-1], hole]


def test_leadership_is_the_balance_of_the_records(get, obs):
    from armillary.studies.leadership.pairs import by_year
    from armillary.studies.leadership.records import pair_from_records

    address = "/leadership.json?first=CN&second=US&third=allow&least=10&by=corresponding"
    body = get(address).json()
    recipe = obs.recipe("count", unit="country", period="all")
    papers, found = pair_from_records(obs.corpus, recipe, "CN", "US", by="corresponding", others="allow")
    rows = by_year(papers, min_papers=10, draws=40).to_pylist()
    assert any(r["lead_share"] is not None for r in rows)
    assert body["rows"] == [{k: (None if v != v else v) for k, v in r.items()} for r in rows]
    assert body["meta"]["joint_papers"] == found.joint_papers
    page = get(address.replace(".json", "")).text
    assert page.count('class="chart"') == 2
    known = next(r for r in rows if r["lead_share"] is not None)
    assert f"{100 * known['lead_share']:,.1f} %" in texts(page) and "CN leads" not in texts(page)


def test_leadership_says_when_there_are_too_few_papers(get):
    page = get("/leadership?first=CN&second=US&least=5000").text
    assert "No year has 5,000 joint papers" in page and 'class="chart"' not in page
    assert get("/leadership.svg?first=CN&second=US&least=5000").status == 404
    widened = get("/leadership?first=CN&second=US&least=30&third=exclude").text
    assert "Papers with third units are counted too." not in widened


def test_leadership_starts_with_a_pair_and_finds_partners(get, obs):
    meta = get("/leadership.json").json()["meta"]
    assert meta["first"] != meta["second"]
    assert meta["lead"].startswith("flagged corresponding")  # every byline of this world is in alphabetical order
    assert get("/leadership?first=CN&second=US&by=first").status == 404
    assert get("/leadership.json?first=JP").json()["meta"]["first"] == "JP"
    assert 'href="/leadership"' in get("/collaboration").text
    assert "Beijing" in get("/leadership?unit=city&by=corresponding").text


def test_verdicts_have_names_for_ids():
    from armillary.web.pages.leadership import spoken

    names = {"CN": "China", "US": "USA"}
    assert spoken("CN leads more; per collaborator US ahead", names) == "China leads more; per collaborator USA ahead"
    assert spoken("no side leads more; per collaborator even", names) == "no side leads more; per collaborator even"
    assert spoken("I1 leads more; per collaborator I12 ahead", {"I1": "A", "I12": "B"}) == "A leads more; per collaborator B ahead"


def test_dossier_is_that_of_the_module(get, obs):
    from armillary.studies.dossier import dossier

    for target in ("W1000097", "field:16"):
        expected = dossier(obs.corpus, target).as_dict()
        body = get(f"/dossier/{target}.json").json()
        assert body["meta"]["sections"] == json.loads(json.dumps(expected["sections"], default=str))
        cells = [r for r in body["rows"] if r["row"] is None]
        assert [(r["label"], r["value"]) for r in cells] == [
            (k, None if v is None else str(v)) for s in expected["sections"] for k, v in s["facts"].items()
        ]
    page = get("/dossier/field:16").text
    assert 'href="/units/country/CN"' in page and re.search(r'href="/dossier/W\d+"', page)


def test_dossier_by_doi_and_of_a_hostile_title(get):
    answer = get("/dossier?target=https://doi.org/10.1234/x.3")
    assert answer.status == 200 and "W1000003" in answer.text
    for work in range(1_000_000, 1_000_024, 3):
        page = get(f"/dossier/W{work}").text
        assert "<script>alert" not in page and "<img src=x" not in page and "<mml" not in page and "<i>x" not in page


@pytest.mark.parametrize("doi", ["10.1/x", "10.9999/nothing", "doi:10.1234/unknown", "https://doi.org/10.1.2/chem"])
def test_a_doi_that_is_not_here_is_no_subject(get, doi):
    for ending in ("", ".json"):
        answer = get(f"/dossier{ending}?target={doi}")
        assert answer.status == 404
        assert "no work of this observatory has the DOI 10." in answer.text


def test_dossier_says_what_is_missing(get, empty):
    assert "No policy documents were ingested here." in get("/dossier/W1000097").text
    assert empty("/dossier").status == 200 and "no works in this observatory" in empty("/dossier").text
    assert empty("/dossier/W1").status == empty("/dossier?target=x").status == 404
    assert re.search(r'href="/dossier/W\d+"', get("/records/share/country/CN").text)


def test_brief_tells_what_the_brief_tells(get, obs):
    from armillary.reports import brief_words as words
    from armillary.studies.brief import build_brief

    found = build_brief(obs.corpus, "2023", draws=40)
    body = get("/brief.json?period=2023").json()
    assert [(r["unit"], r["unit_id"], r["value"]) for r in body["rows"]] == [
        (s.kind, r.unit_id, r.value) for s in found.sections for r in s.rows
    ]
    page = texts(html.unescape(get("/brief?period=2023").text))
    assert words.lead(found) in page
    for section in found.sections:
        for mover in section.movers:
            assert " ".join(words.moved(mover).split()) in page or "Evil" in mover.name
    assert "2023 in brief" in page and "compared with 2022" in page


def test_brief_needs_works(empty):
    assert empty("/brief").status == 404 and "no works in this observatory" in empty("/brief").text


def test_front_leads_to_all_of_them(get, empty):
    page = get("/").text
    for path in ("/brief", "/dossier", "/clusters"):
        assert f'href="{path}"' in page
    assert 'href="/brief"' not in empty("/").text


def test_published_pages_are_within_bounds():
    from armillary.web.plan import SitePlan, is_published

    for path in ("/clusters", "/clusters/cl:CN:beijing", "/leadership", "/brief", "/dossier", "/dossier/field:16", "/dossier/W1000097"):
        assert is_published(path, "", "html", "zh", "2024") and is_published(path, "", "csv", "en", "2024"), path
        assert not is_published(path, "x=1", "html", "en", "2024"), path
    plan = SitePlan("2024", ("en", "zh"), 1)
    assert plan.resolve("/brief", "", "html", "en") and plan.resolve("/clusters", "", "html", "en") is None


@pytest.mark.slow
def test_a_small_published_site_has_them_and_its_links_resolve(small, tmp_path):
    from test_publish import broken_links

    from armillary.web.publish import publish
    from armillary.web.site import Site

    site = Site(small, unhurried(draws=40), threads=1)
    done = publish(site, tmp_path / "site", most=130, languages=("en",))
    pages = [f"{name}/index.html" for name in ("clusters", "leadership", "brief", "dossier")]
    for name in (*pages, "leadership.svg", "leadership.csv", "clusters.csv"):
        assert (done.folder / name).is_file(), name
    assert broken_links(done.folder) == []


@given(st.lists(st.sampled_from("ab"), max_size=4), st.lists(st.sampled_from("abc"), max_size=4))
def test_ways_between_pages_are_those_of_the_library(folder, target):
    from armillary.web.plan import way_between

    assert way_between("/".join(folder), "/".join(target)) == posixpath.relpath("/".join(target) or ".", "/".join(folder) or ".")
