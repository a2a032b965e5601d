"""One search: names in both languages, aliases, codes and typing errors; the same on a page, in the API and in a published site."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from armillary.core.store import Store
from armillary.web.app import create_app
from armillary.web.find.index import Findable, FindIndex
from armillary.web.find.matching import distance, edits_allowed, near_fit, normal, plain_fit
from armillary.web.publish import search_index
from conftest import Client


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A site over an observatory without records: what ships can be found all the same."""
    folder = tmp_path_factory.mktemp("empty") / "observatory"
    Store.create(folder)
    return Client(create_app(folder))


def first(get: Client, q: str, language: str = "en") -> dict:
    rows = get(f"/api/v1/find?language={language}&q={quote(q)}").json()["rows"]
    return rows[0] if rows else {}


@pytest.mark.parametrize(
    "text, same",
    [
        ("Côte d'Ivoire", "cote divoire"),
        ("  R&D,  percent ", "r d percent"),
        ("İstanbul", "istanbul"),
        ("中国（大陆）", "中国 大陆"),
        ("Łódź", "lodz"),
    ],
    ids=["accents", "signs", "dotted", "chinese", "polish"],
)
def test_normal(text, same):
    assert normal(text) == same


def test_distance_counts_a_swap_once():
    assert distance("chnia", "china", 1) == 1
    assert distance("germany", "germnay", 2) == 1
    assert distance("abc", "xyz", 2) is None
    assert [edits_allowed(t) for t in ("abc", "abcd", "abcdefg", "中", "中国")] == [0, 1, 2, 0, 1]


def test_whole_names_go_before_beginnings_and_those_before_parts():
    assert plain_fit("china", "china") > plain_fit("china", "china telecom") > plain_fit("china", "hong kong china") > 0
    assert plain_fit("in", "china") == 0
    assert near_fit("swizerland", "switzerland") > near_fit("swizerland", "university of southern switzerland") > 0


def test_a_search_is_the_same_every_time_and_bounded():
    items = [Findable("city", str(i), f"/{i}", {"en": f"Springfield {i}"}) for i in range(300)]
    index = FindIndex(items)
    assert [h.item.id for h in index.search("springfield", 5)] == [h.item.id for h in FindIndex(items).search("springfield", 5)]
    assert len(index.search("springfeild", 7)) == 7 and all(h.is_near for h in index.search("springfeild"))
    assert index.search("") == index.search("?!") == [] and index.search("x" * 4000) == []


@pytest.mark.parametrize(
    "q, address",
    [
        ("china", "/countries/CN"),
        ("中国", "/countries/CN"),
        ("chnia", "/countries/CN"),
        ("德果", "/countries/DE"),
        ("Côte d'Ivoire", "/countries/CI"),
        ("cote divoire", "/countries/CI"),
        ("KOR", "/countries/KR"),
        ("Allemagne", "/countries/DE"),
        ("swizerland", "/countries/CH"),
        ("papers", "/series/articles-fractional.ncses"),
        ("R&D", "/series/gerd-gdp.oecd"),
        ("研发强度", "/series/gerd-gdp.oecd"),
        ("G_XGDP", "/series/gerd-gdp.oecd"),
        ("india papers", "/series/articles-fractional.ncses?units=IN"),
        ("印度论文", "/series/articles-fractional.ncses?units=IN"),
        ("BRICS", "/groups/brics"),
        ("pp-top10", "/rankings/pp-top10/country"),
        ("harmonic", "/methods"),
        ("METHODS 5.4", "/rules/5"),
    ],
)
def test_what_people_type_leads_there(world, q, address):
    assert first(world, q)["address"] == address


def test_labels_and_addresses_follow_the_language(world):
    found = first(world, "Germany", "zh")
    assert (found["label"], found["kind_name"], found["address"]) == ("德国", "国家或地区", "/zh/countries/DE")
    assert world("/api/v1/find?q=x&language=tlh").status == 422


def test_nonsense_finds_nothing(world):
    assert world("/api/v1/find?q=qqqqzzzzxxxx").json()["rows"] == []
    assert "Nothing here is called" in world("/search?q=qqqqzzzzxxxx").text


def test_the_page_works_without_javascript(world):
    page = world("/search?q=chnia").text
    assert 'href="/countries/CN"' in page and "Nothing is called exactly that" in page
    assert 'href="/zh/countries/CN"' in world("/zh/search?q=" + quote("中囯")).text
    assert 'action="/search"' in world("/").text
    evil = world("/search?q=" + quote("<script>alert(1)</script>")).text
    assert "<script>alert" not in evil


def test_records_are_found_too(get):
    rows = get("/api/v1/find?q=beijing").json()["rows"]
    assert rows[0]["kind"] == "city" and rows[0]["address"].startswith("/units/city/")
    assert get(rows[0]["address"]).status == 200
    assert first(get, "W1000097")["address"] == "/dossier/W1000097"
    assert first(get, "https://doi.org/10.1234/abc")["address"] == "/dossier?target=10.1234%2Fabc"
    claim = first(get, "Beijing is the first of all cities")
    assert (claim["kind"], claim["address"]) == ("claim", "/claims/small/beijing-first")


@pytest.mark.parametrize("q", ["beijing", "share", "china", "field", "rank", "chemistry", "index"])
def test_what_is_found_is_there(get, q):
    for row in get(f"/api/v1/find?limit=6&q={q}").json()["rows"]:
        assert get(row["address"]).status in (200, 404) and not (row["kind"] in ("city", "page") and get(row["address"]).status != 200), row


def test_units_are_named_by_name(get):
    by_id = get("/units/country/CN")
    named = get("/units/country/China")
    assert by_id.status == named.status == 200 and "<h1>China</h1>" in named.text
    assert get("/units/country/China.json").json()["rows"] == get("/units/country/CN.json").json()["rows"]
    assert get("/units/country/Atlantis").status == 404


def test_a_dossier_of_a_word_offers_the_nearest_subjects(get):
    assert get("/dossier?target=Chemistry").status == 200
    page = get("/dossier?target=chemistri").text
    assert "No subject of these records is called exactly" in page and 'href="/dossier/' in page and "query%3A" in page


def test_the_index_of_a_published_site(get, small):
    from armillary.web.plan import SitePlan
    from armillary.web.site import Site

    plan = SitePlan("2024", ("en", "zh"), 50)
    for language in ("en", "zh"):
        plan.resolve("/countries/CN", "", "html", language)
    text = search_index(Site(small, threads=1), plan, "zh").decode()
    rows = json.loads(text.removeprefix("window.FIND_INDEX = ").rstrip(";\n"))
    assert [r[2] for r in rows] == ["zh/countries/CN/index.html"]
