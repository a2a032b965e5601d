"""Sentences about many countries: what is true is never contradicted, what is false never supported, what is unsure is not decided."""

from __future__ import annotations

import json

import pytest

from armillary.audit.ask import VERDICTS, ask
from armillary.cli.main import run
from armillary.errors import UsageError

ENGLISH = [
    ("India is the third largest producer of scientific papers", "supported"),
    ("Israel has the highest R&D intensity in the world", "supported"),
    ("China overtook the United States in scientific articles in 2017", "supported"),
    ("Sweden spent 3.6% of GDP on R&D in 2023", "supported"),
    ("Germany accounts for about 3 percent of the world's scientific articles", "supported"),
    ("Iran produces more papers than Turkey", "supported"),
    ("China has 24 of the top 100 innovation clusters in 2025", "supported"),
    ("Beijing has been first in the Nature Index science cities for the ninth year running", "supported"),
    ("The United Kingdom is the largest producer of scientific papers", "contradicted"),
    ("Sweden spent 36% of GDP on R&D in 2023", "contradicted"),
    ("Brazil produces a fifth of the world's papers", "contradicted"),
    ("Canada is one of the largest producers of scientific papers", "not-decidable"),
    ("The EU is the second largest producer of scientific papers", "not-decidable"),
    ("India is first in Central and Southern Asia in scientific papers", "not-decidable"),
    ("France is not the largest producer of scientific papers", "not-decidable"),
    ("China's R&D spending exceeded 3.6 billion yuan in 2024", "not-decidable"),
]


@pytest.mark.parametrize(("sentence", "verdict"), ENGLISH)
def test_english(sentence: str, verdict: str) -> None:
    assert ask(sentence).verdict == verdict


def test_the_answer_has_all_that_it_rests_on() -> None:
    body = ask("India is the third largest producer of scientific papers").as_dict()
    assert body["verdict"] in VERDICTS
    assert body["reading"]["codes"] == ["IN"]
    assert body["reading"]["value"] == 3
    weighed = [r for r in body["readings"] if r["state"] in ("holds", "fails", "near")]
    assert body["holds_for"] == {"readings": len(weighed), "holds": sum(r["state"] == "holds" for r in weighed)}
    assert body["holds_for"]["readings"] >= 4
    assert {r["series"] for r in body["readings"]} >= {"articles-fractional.ncses", "articles-whole.ncses"}
    assert body["since"] <= 2020
    assert body["rank_path"][-1]["rank"] == [3, 3]
    assert body["source"]["publisher"]
    assert body["what_would_overturn"]
    assert json.dumps(body) == json.dumps(ask("India is the third largest producer of scientific papers").as_dict())


def test_the_command_answers_with_0_whatever_the_verdict_and_2_for_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "The United Kingdom is the largest producer of scientific papers", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "contradicted"
    assert run(["ask", "India is third in scientific papers"]) == 0
    assert capsys.readouterr().out.startswith("Supported.")
    assert run(["ask", ""]) == 2
    assert run(["ask", "India is third in scientific papers", "--date", "soon"]) == 2


@pytest.mark.parametrize("bad", ["", "   ", "x" * 3000])
def test_what_is_no_sentence_is_said(bad: str) -> None:
    with pytest.raises(UsageError):
        ask(bad)


def test_a_date_that_is_none_is_said() -> None:
    with pytest.raises(UsageError, match="no date"):
        ask("India is third in scientific papers", date="yesterday")


def test_relative_time_needs_the_date() -> None:
    sentence = "Sweden spent 3.6% of GDP on R&D last year"
    assert ask(sentence).verdict == "not-decidable"
    assert ask(sentence, date="2024-05-01").verdict == "supported"


def test_tolerances_are_shown() -> None:
    read = ask("Germany spent nearly 3.2 percent of GDP on R&D in 2023").as_dict()["reading"]
    assert read["tolerance"][0] < 3.13 < read["tolerance"][1] < 3.3


def test_a_source_that_ended_years_before_is_shown_and_has_no_say() -> None:
    body = ask("India is third in papers").as_dict()
    newest = max(r["year"] for r in body["readings"] if r["year"])
    older = [r for r in body["readings"] if r["state"] == "older"]
    assert older and all(r["year"] < newest - 3 for r in older)
    said = body["holds_for"]
    assert body["parts"][0]["says"] == f"holds for {said['holds']} of {said['readings']} readings"
