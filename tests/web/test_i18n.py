"""Chinese and Spanish are whole: every marked text is translated, with the same placeholders; numbers and dates follow the locale."""

from __future__ import annotations

import io
import re
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

sys.path.insert(0, str(Path(__file__).parent))
from messages import messages

from armillary.web import i18n
from armillary.web.current import LANGUAGES, Current, set_current

PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")


WHOLE = ("es", "zh")
"""Languages whose pages are translated whole."""


@pytest.fixture(scope="module", params=WHOLE)
def catalogue(request):
    text = files("armillary.web").joinpath("i18n", request.param, "pages.po").read_text(encoding="utf-8")
    return read_po(io.StringIO(text), locale=LANGUAGES[request.param])


def test_extraction_finds_templates_and_modules():
    found = messages()
    assert len(found) > 250
    assert {Path(w.split(":")[0]).suffix for w in found.values()} == {".py", ".html"}
    assert "Cities by {indicator}" in found and "Change one choice" in found


def test_nothing_is_missing_or_left_over(catalogue):
    translated = {m.id for m in catalogue if m.id and m.string}
    assert sorted(set(messages()) - translated) == []
    assert sorted(translated - set(messages())) == []


def test_placeholders_are_the_same(catalogue):
    for m in catalogue:
        if m.id:
            assert sorted(PLACEHOLDER.findall(m.id)) == sorted(PLACEHOLDER.findall(m.string)), m.id
            assert "%" not in PLACEHOLDER.sub("", m.string) or "%" in PLACEHOLDER.sub("", m.id), m.id


def test_translations_are_chinese():
    text = files("armillary.web").joinpath("i18n", "zh", "pages.po").read_text(encoding="utf-8")
    same = {m.id for m in read_po(io.StringIO(text), locale="zh_Hans") if m.id and not re.search(r"[\u4e00-\u9fff]", m.string)}
    assert same <= {"API", "of", "; ", ".", ", "}


@pytest.fixture
def chinese():
    set_current(Current(language="zh"))
    yield
    set_current(Current())


def test_numbers_and_dates_in_chinese(chinese):
    assert i18n.number(1234567) == "1,234,567"
    assert i18n.number(1_412_000_000) == "14.12亿"
    assert i18n.compact(12_300_000) == "1230万"
    assert i18n.date("2026-10-01") == "2026年10月1日"
    assert i18n.gettext("Rankings") == "排名"


def test_numbers_and_dates_in_english():
    set_current(Current())
    assert i18n.number(1234.567, 2) == "1,234.57"
    assert i18n.number(None) == i18n.number(float("nan")) == i18n.MISSING
    assert i18n.number("more than 100") == "more than 100"
    assert i18n.percent(0.1234) == "12.3 %"
    assert i18n.compact(12_300_000) == "12.3M"
    assert i18n.date("2026-10-01") == "October 1, 2026" and i18n.date("unknown") == "unknown" and i18n.date(None) == i18n.MISSING


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_of_any_size_have_a_text(language):
    """A reader may ask about a number of forty digits, and its page must not end in an error."""
    set_current(Current(language=language))
    try:
        for value in (10**40, -(10**40), 1e40, 1.7e308, 5e-324, 10**4000, -0.0, float("inf"), float("nan"), None):
            assert i18n.number(value) and i18n.number(value, 2) and i18n.percent(value), value
            assert value is None or i18n.compact(value), value
        assert "".join(c for c in i18n.number(10**20 + 1, 2) if c.isdigit()) == f"{10**20 + 1}00"
    finally:
        set_current(Current())


def test_country_names_follow_the_language(get):
    assert "中国" in get("/zh/rankings/share/country").text
    assert "China" in get("/rankings/share/country").text


def test_pages_link_to_the_other_language(get):
    html = get("/rankings/share/city?period=2024").text
    assert 'hreflang="zh-Hans" href="/zh/rankings/share/city?period=2024"' in html
    assert 'href="/rankings/share/city?period=2024"' in get("/zh/rankings/share/city?period=2024").text


def test_every_family_of_the_rankings_has_a_name_for_readers() -> None:
    from armillary.indicators import all_indicators
    from armillary.web.words import FAMILY

    assert {info.family for info in all_indicators().values()} <= set(FAMILY)


def test_what_tables_and_registries_say_is_translated(chinese):
    """Measures and parts of the shipped series, what a rank is among, and the first sentence of every indicator."""
    from armillary.indicators import all_indicators
    from armillary.registry import world

    series = world.catalogue().series.values()
    said = (
        {s.unit_of_measure for s in series} | {s.origin.among for s in series} | {i.doc.split("\n")[0] for i in all_indicators().values()}
    )
    said |= {p for s in series if s.unit_kind == "country" for p in s.parts}
    assert sorted(t for t in said if not re.search(r"[\u4e00-\u9fff]", i18n.gettext(t))) == []


def test_measures_and_percent_signs_in_chinese(get):
    page = get("/zh/series/gerd-gdp").text
    assert "占 GDP 百分比" in page and re.search(r"<h1[^>]*>2023年以色列以[0-9.]+ %居首", page)
