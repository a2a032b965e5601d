"""One grapher: the address is the state, the title says what the figures say, and what goes to the browser is what the tables hold."""

from __future__ import annotations

import json
import re

import pytest

from armillary.core.store import Store
from armillary.registry import world
from armillary.sources.series.cells import is_break
from armillary.studies.world import ranked
from armillary.studies.world.yearly import Yearly, inhabitants, of_series
from armillary.web.app import create_app
from armillary.web.grapher import Measured, broken, draw
from armillary.web.look import Look
from conftest import Client


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> Client:
    folder = tmp_path_factory.mktemp("empty") / "observatory"
    Store.create(folder)
    return Client(create_app(folder))


def heading(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S)
    assert found
    return found[1]


def test_the_title_is_the_finding(get):
    assert heading(get("/series/articles-fractional").text) == "China is first in 2022 with 898,949, before United States and India"
    assert "India: rank 3 of 200 in 2022 (207,390); in this place since 2017" in get("/series/articles-fractional?units=IN,CN").text
    assert heading(get("/series/gerd-national").text).startswith("R&amp;D expenditure")
    assert "中国" in heading(get("/zh/series/articles-fractional").text)


def test_what_the_browser_gets_is_what_the_table_holds(get):
    page = get("/series/gerd-gdp?year=2020").text
    data = json.loads(re.search(r'id="g-data">(.*?)</script>', page, re.S)[1])
    values, years = world.values("gerd-gdp.oecd"), data["years"]
    for unit, row, ranks in zip(data["units"], data["values"], data["ranks"], strict=True):
        assert {y: v for y, v in zip(years, row, strict=True) if v is not None} == values[unit]
        for year, rank in zip(years, ranks, strict=True):
            if year in (1999, 2020):
                place = ranked.rank_series("gerd-gdp.oecd", year).place(unit)
                assert rank == (place.rank if place else None)
    assert set(data["templates"]) == {"map", "ranking", "chart"}
    assert not any(v for t in data["templates"].values() for v in t["datasets"].values())


@pytest.mark.parametrize("tab", ["map", "ranking", "chart", "table", "sources"])
def test_every_tab_has_an_address(get, tab):
    page = get(f"/series/articles-fractional?tab={tab}&year=2010").text
    assert re.search(rf'data-tab="{tab}" aria-current="true"', page)
    assert get(f"/series/articles-fractional.svg?tab={tab}&year=2010").status == 200


def test_units_are_added_by_name_and_errors_are_forgiven(get):
    page = get("/series/articles-fractional?units=CN&add=Germnay").text
    assert "<span>China</span>" in page and "<span>Germany</span>" in page
    assert get("/series/articles-fractional?add=Qqqqxxxxx").status == 404
    assert get("/series/articles-fractional?units=QQ").status == 404
    assert get("/series/articles-fractional?tab=cube").status == 422
    assert get("/series/articles-fractional?year=1950").status == 400


def test_per_head_ranks_anew(get):
    page = get("/series/articles-fractional?per=head&year=2020&tab=table").text
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    first = re.search(r'class="rank">1</td><td class="name"><a[^>]*>([^<]+)', body)[1]
    people, articles = world.values("population"), world.values("articles-fractional")
    per = {u: articles[u][2020] / people[u][2020] for u in people if 2020 in articles.get(u, {}) and 2020 in people[u]}
    assert first == world.units()[max(per, key=lambda u: per[u])].name
    assert get("/series/gerd-gdp?per=head").status == 400


def test_a_ratio_has_no_value_per_head():
    s = world.series("gerd-gdp")
    assert inhabitants(of_series(s, "")) == {}


def test_breaks_of_the_drawn_units_stand_in_the_lines():
    yearly = of_series(world.series("gerd-gdp.oecd"), "")
    m = Measured("GERD", "per cent", "country", yearly, {u: u for u in yearly.values}, 2020, "OECD")
    told = broken(m, ["US"])
    flagged = {str(y) for y, flag in yearly.flags["US"].items() if is_break(flag)}
    assert flagged and set(told) == flagged and told["2003"] == "US: break in the series"
    assert broken(m, ["CN", "US"])["2003"].endswith("US: break in the series")
    with_marks, without = (draw("chart", m, Look(), yearly, 2020, ("US",), [], "%", marked=marked).to_dict() for marked in (True, False))
    assert "Break in 2003" in with_marks["description"] and "Break in" not in without["description"]
    assert all("color" in layer["encoding"] for layer in without["layer"]), "the browser sets the colours of every layer"


def test_since_when_a_rank_is_held():
    ranks = {"a": {2000: 1, 2001: 2, 2002: 1, 2003: 1}, "b": {2001: 1, 2003: 2}}
    found = Yearly((2000, 2001, 2002, 2003), {}, ranks, {})
    assert (found.since("a", 2003), found.since("a", 2001), found.since("b", 2003), found.since("c", 2003)) == (2002, 2001, 2003, None)


def test_values_against_a_year_and_by_another_measure():
    found = Yearly(
        (2000, 2001), {"a": {2000: 2.0, 2001: 3.0}, "b": {2000: 0.0, 2001: 4.0}}, {"a": {2000: 1, 2001: 2}, "b": {2000: 2, 2001: 1}}, {}
    )
    assert found.against(2000).values == {"a": {2000: 100.0, 2001: 150.0}}
    per = found.per({"a": {2000: 2.0, 2001: 1.0}, "b": {2001: 4.0}}, 10)
    assert per.values == {"a": {2000: 10.0, 2001: 30.0}, "b": {2001: 10.0}}
    assert per.ranks == {"a": {2000: 1, 2001: 1}, "b": {2001: 2}}
