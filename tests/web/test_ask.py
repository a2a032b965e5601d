"""The page and the API of asked sentences: verdict, chart, both languages, permanent address; no observatory is read."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

INDIA = urlencode({"q": "India is the third largest producer of scientific papers"})


def test_the_box_stands_on_the_front_page_and_on_its_own(get):
    assert 'action="/ask"' in get("/").text
    page = get("/ask")
    assert page.status == 200
    assert "India is the third largest producer of scientific papers" in page.text


def test_an_answer_has_its_verdict_readings_and_chart(get):
    page = get(f"/ask?{INDIA}")
    assert page.status == 200
    assert 'class="verdict yes"' in page.text
    assert "Publications, whole counting (OECD" in page.text
    assert get(f"/ask.json?{INDIA}").json()["meta"]["verdict"] == "supported"
    assert get(f"/ask.csv?{INDIA}").status == 200
    assert get(f"/ask.svg?{INDIA}").text.startswith("<svg")


def test_the_answer_in_chinese(get):
    page = get(f"/zh/ask?{INDIA}")
    assert page.status == 200
    assert "科学论文" in page.text and "种解读中" in page.text


def test_the_api_gives_the_same(get):
    body = get(f"/api/v1/ask?{INDIA}").json()
    assert (body["verdict"], body["reading"]["codes"]) == ("supported", ["IN"])


@pytest.mark.parametrize("query", ["q=", "q=India&date=soon", "q=" + "x" * 2001])
def test_bad_input_is_said_and_no_fault(get, query):
    assert get(f"/api/v1/ask?{query}").status in (400, 414, 422)


def test_a_sentence_that_is_nonsense_is_not_decided(get):
    assert get("/api/v1/ask?" + urlencode({"q": "<script>alert(1)</script> 第 -- %%% of"})).json()["verdict"] == "not-decidable"
    assert "<script>alert" not in get("/ask?" + urlencode({"q": "<script>alert(1)</script>"})).text


TEXT = (
    "A note.\n\nIndia is the third largest producer of scientific papers. It <b>rained</b>. "
    "Japan is the largest producer of scientific papers."
)


def test_an_article_has_its_claims_marked_in_place(get):
    assert "<textarea" in get("/ask/article").text
    page = get("/ask/article?" + urlencode({"text": TEXT, "date": "2024-05-01"}))
    assert page.status == 200
    assert '<mark class="yes">India is the third largest producer of scientific papers.' in page.text
    assert "<b>rained" not in page.text
    rows = get("/ask/article.json?" + urlencode({"text": TEXT})).json()["rows"]
    assert [r["verdict"] for r in rows] == ["supported", "contradicted"]
    chinese = get("/zh/ask/article?" + urlencode({"text": TEXT}))
    assert "种解读中" in chinese.text


def test_a_text_that_is_too_long_is_refused(get):
    assert get("/ask/article?" + urlencode({"text": "x" * 5001})).status in (400, 414, 422)
