"""The rule book on the site: citations are links to anchors that the pages have."""

from __future__ import annotations

import re

import pytest

from armillary.registry import rulebook


def test_a_citation_leads_to_an_anchor(get):
    page = get("/methods/pp-top10").text
    address, anchor = re.search(r'METHODS <a href="(/rules/5)#(m5-4)"', page).groups()
    assert f'<a id="{anchor}"></a>' in get(address).text
    assert get("/api/v1/indicators/pp-top10").json()["rules"][0]["page"] == f"{address}#{anchor}"


def test_a_ranking_says_by_which_rule(get):
    assert re.search(r'METHODS <a href="/rules/1#m1-1"', get("/rankings/share/country").text)


@pytest.mark.parametrize("chapter", [str(n) for n in range(13)])
def test_every_chapter_has_its_anchors_and_no_raw_markup(get, chapter):
    page = get(f"/rules/{chapter}")
    assert page.status == 200
    assert [r.anchor for r in rulebook.rules().values() if r.chapter == chapter and f'id="{r.anchor}"' not in page.text] == []
    assert "[@" not in page.text and "\n## " not in page.text and "|---" not in page.text
    assert page.text.count("<h1") == 1


def test_keys_lead_to_the_references(get):
    keys = re.findall(r'href="/rules/references#([\w-]+)"', get("/rules/5").text)
    page = get("/rules/references").text
    assert "waltman2013" in keys
    assert [k for k in keys if f'id="{k}"' not in page] == []


def test_unknown_chapters_are_not_found(get):
    assert get("/rules/77").status == 404
    assert get("/rules/x5").status in (404, 422)
