"""Pages made from the shipped tables: every number on a country page is a row of a table, names resolve, nothing is invented."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from armillary.core.store import Store
from armillary.registry import world
from armillary.studies.world.country import SUMMED
from armillary.studies.world.stories import STORIES, tell
from armillary.web.app import create_app
from armillary.web.plan import is_published
from conftest import Client

TEN = ("CN", "US", "IN", "KE", "DE", "BR", "KR", "CI", "FJ", "SG")


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A site over an observatory that holds nothing: these pages need no records."""
    folder = tmp_path_factory.mktemp("empty") / "observatory"
    Store.create(folder)
    return Client(create_app(folder))


@pytest.mark.parametrize("code", TEN)
def test_every_number_of_a_country_page_is_a_row_of_a_table(get: Client, code: str) -> None:
    rows = json.loads(get(f"/countries/{code}.json").body)["rows"]
    assert len(rows) >= 3
    page = get(f"/countries/{code}").text
    assert "ynthetic" not in page
    for r in rows:
        s = world.series(r["series"])
        values = world.values(s.id)[code]
        if s.concept in SUMMED:
            assert r["value"] == pytest.approx(sum(values.values()))
        else:
            assert r["value"] == values[int(r["period"][-4:])]
        shown = f"{r['value']:,.{s.decimals if abs(r['value']) < 1000 else 0}f}"
        assert shown in page, (r["series"], shown)
        assert r["source"] == s.origin.publisher and f"/series/{s.id}" in page
        if r["rank"] is not None:
            assert 1 <= r["rank"] <= r["of"]


def test_known_ranks(get: Client) -> None:
    rows = {r["series"]: r for r in json.loads(get("/countries/CN.json").body)["rows"]}
    assert (rows["articles-fractional.ncses"]["rank"], rows["articles-fractional.ncses"]["value"]) == (1, 898949.09)
    korea = {r["series"]: r for r in json.loads(get("/countries/KR.json").body)["rows"]}
    assert korea["gerd-gdp.oecd"]["rank"] == 2


@pytest.mark.parametrize("name", ["China", "中国", "CHN", "la Chine", "chine"])
def test_names_lead_to_the_page(get: Client, name: str) -> None:
    answer = get("/countries/" + quote(name))
    assert (answer.status == 200) == (name != "la Chine")
    if answer.status == 200:
        assert "<h1>China</h1>" in answer.text


@pytest.mark.parametrize("path", ["/countries/Atlantis", "/countries/WLD", "/series/nothing", "/stories/nothing", "/groups/nothing"])
def test_what_there_is_not(get: Client, path: str) -> None:
    assert get(path).status == 404


def test_what_is_missing_is_said(get: Client) -> None:
    page = get("/countries/KE").text
    missing = page[page.index("What is missing") :]
    assert "Business R&amp;D" not in missing  # not among the measures of the page
    assert "Basic research" in missing and "not zero" in missing


def test_chinese(get: Client) -> None:
    page = get("/zh/countries/CN").text
    assert "<h1>中国</h1>" in page and "研发经费占GDP比重" in page


@pytest.mark.parametrize("name", list(STORIES))
def test_stories_are_made_of_the_tables(get: Client, name: str) -> None:
    for prefix in ("", "/zh"):
        answer = get(f"{prefix}/stories/{name}")
        assert answer.status == 200 and "{" not in answer.text[answer.text.index("<h1>") : answer.text.index("</h1>")]
    told = json.loads(get(f"/stories/{name}.json").body)
    assert told["meta"]["facts"] == json.loads(json.dumps(tell(name).facts))
    assert len(told["rows"]) >= 10


def test_stories_with_a_known_end(get: Client) -> None:
    assert (tell("passed-in-papers").facts["by_parts"], tell("passed-in-papers").facts["whole"]) == (2017, 2018)
    assert tell("above-the-world").facts["world"] == pytest.approx(17.20, abs=0.005)
    assert tell("written-together").facts["now"] == 72794
    assert tell("innovation-index").facts["to"] == 10
    assert tell("ai-models").facts["us"] == 57
    assert tell("fields-renamed").facts["iran_change"] == pytest.approx(-45, abs=0.2)
    assert tell("how-sure-a-count").facts["median"] == -8.2


def test_the_front_page_shows_the_real_world(get: Client) -> None:
    page = get("/").text
    assert page.count('href="/stories/') >= 12 and "/countries" in page and "ynthetic" not in page


def test_a_series_page(get: Client) -> None:
    page = get("/series/gerd-gdp?year=2023").text
    assert "Israel" in page and "52 with a value" in page and "OECD members" in page and "/series/gerd-gdp.world-bank-2026" in page
    assert "no rank" in get("/series/gerd-national").text.casefold()
    assert get("/series/gerd-gdp?year=1901").status == 400


def test_every_series_has_a_page(get: Client) -> None:
    for name in world.catalogue().series:
        assert get(f"/series/{name}.json").status == 200, name


def test_groups_are_sums_that_name_who_is_missing(get: Client) -> None:
    rows = {r["series"]: r for r in json.loads(get("/groups/eu.json").body)["rows"]}
    values = world.values("articles-fractional")
    members = json.loads(get("/groups/eu.json").body)["meta"]["members"]
    assert len(members) == 27
    assert rows["articles-fractional.ncses"]["value"] == pytest.approx(sum(values[m][2022] for m in members))
    assert rows["developers.github"]["value"] == world.values("developers")["EU27"][2025]
    brics = {r["series"]: r for r in json.loads(get("/groups/brics.json").body)["rows"]}
    assert "ET" in brics["gerd-ppp-current.oecd"]["missing"].split()


def test_what_of_it_is_published() -> None:
    assert is_published("/countries/KE", "", "html", "zh", "2024")
    assert is_published("/stories/ai-models", "", "svg", "en", "2024", "random-sample")
    assert not is_published("/countries/KE", "", "html", "en", "2024", "synthetic")
    assert not is_published("/units/city/x", "", "html", "en", "2024", "random-sample")
    assert is_published("/rankings/share/city", "", "html", "en", "2024", "random-sample")


def test_an_address_of_a_folder_is_no_country(get: Client, tmp_path: Path) -> None:
    assert get("/countries/..%2f..%2fetc").status == 404
