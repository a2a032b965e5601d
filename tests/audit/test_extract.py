"""Proposals: offsets are right, rules find what they should on made sentences, and the measured figures on the five articles hold."""

from __future__ import annotations

import json
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.audit.evaluate import evaluate
from armillary.audit.extract import draft_toml, extract, propose
from armillary.audit.language import builtin, parse, read
from armillary.audit.sentences import Sentence, read_text, sentences
from armillary.cli.main import run


@given(st.text(alphabet=st.sampled_from("Aab. !?\n\"'1234U.S%"), max_size=200))
def test_sentences_cover_the_text_without_overlap(text: str) -> None:
    found = sentences(text)
    for s in found:
        assert text[s.start : s.end] == s.text == s.text.strip()
    for a, b in pairwise(found):
        assert a.end <= b.start
    covered = "".join(s.text for s in found)
    assert "".join(covered.split()) == "".join(text.split())


def test_abbreviations_do_not_end_sentences() -> None:
    assert len(sentences("The U.S. spends more. Dr. Li of No. 5 disagrees. It rose by 2.5 percent.")) == 3


@pytest.mark.parametrize(
    ("text", "predicate", "part"),
    [
        ("Beijing has topped the list for nine consecutive years.", "rank-streak", {"years": 9, "unit": "beijing"}),
        ("China rose from 34th in 2012 to 14th in 2019.", "rank-path", {"path": {"2012": 34, "2019": 14}}),
        ("China has 26 global clusters in the top 100.", "count-among-first", {"first": 100, "number": 26, "country": "CN"}),
        ("China ranked second in the world in 2023.", "rank", {"rank": 2, "period": 2023}),
        ("France entered the top 10 for the first time in 2021.", "first-time", {"rank": 10, "period": 2021, "unit": "FR"}),
        ("Between 2007 and 2023 spending in China increased nearly six times.", "growth", {"from": 2007, "to": 2023, "number": 6}),
        ("China has surpassed the United States in spending.", "compare", {"unit": "CN", "other": "US"}),
        ("Japan spent 3.6 trillion yen in 2024.", "value", {"number": 3600000000000, "unit": "JP"}),
    ],
)
def test_made_sentences_are_proposed_with_a_query(text: str, predicate: str, part: dict[str, object]) -> None:
    found = extract(text)
    assert len(found) == 1
    assert found[0].draft["predicate"] == predicate
    assert {k: found[0].draft.get(k) for k in part} == part


@pytest.mark.parametrize(
    "text",
    [
        "The weather was fine.",
        "It was held on 11 June in Chengdu.",
        "The authors are from BAAI.",
        "They will work side by side.",
        "See page 3",
        "The 20th National Congress met.",
    ],
)
def test_sentences_that_measure_nothing_are_left_alone(text: str) -> None:
    assert propose(Sentence(0, len(text), text)).score < 3


def test_html_is_read_without_its_tags(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<html><head><title>t</title><script>var x = '1st of 9';</script></head>"
        "<body><p>China ranked <b>first</b> in 2024.</p><p>End.</p></body></html>",
    )
    text = read_text(path)
    found = extract(text)
    assert [p.sentence.clean for p in found] == ["China ranked first in 2024."]
    assert text[found[0].sentence.start : found[0].sentence.end] == "China ranked first in 2024."


def test_a_draft_is_a_valid_claims_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.txt"
    path.write_text('China ranked "first" in 2024. Spending rose by 20 percent. Half of the top 20 cities are in China.', encoding="utf-8")
    out = tmp_path / "draft.toml"
    assert run(["claims", "extract", str(path), "--out", str(out)]) == 0
    file = read(out)
    assert len(file.claims) >= 2
    assert all(c.at is not None for c in file.claims)
    assert run(["audit", str(out), "--quiet"]) == 0
    capsys.readouterr()
    assert run(["claims", "extract", str(path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(file.claims)


@given(st.text(max_size=300))
def test_any_text_gives_a_valid_draft(text: str) -> None:
    raw = draft_toml(extract(text, least=1), "a.txt", "0" * 64)
    tomllib.loads(raw)
    if "[[claim]]" in raw:
        parse(raw.encode(), "draft.toml")


def test_a_hook_is_off_by_default_and_may_add_drafts() -> None:
    text = "Nothing to see here."
    assert extract(text) == []
    found = extract(text, hook=lambda sentence: [{"predicate": "rank", "unit": "CN", "rank": 1, "period": 2020}])
    assert [p.draft["predicate"] for p in found] == ["rank"]


def test_measured_on_the_five_articles(real_data: Path) -> None:
    folder = real_data.parent / "articles"
    if not folder.is_dir():
        pytest.skip(f"no articles at {folder}")
    path = builtin("articles")
    assert path is not None
    total = evaluate(read(path), folder).total
    assert total.precision >= 0.85
    assert total.recall >= 0.85
