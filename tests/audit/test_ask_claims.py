"""Our own labelled sentences on shipped tables (`claims.jsonl`, five languages, planted traps): no wrong verdict, nearly all decided."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from armillary.audit.ask import ask
from armillary.audit.labelled import LabelledFile, evaluate_labelled

OWN = Path(__file__).with_name("claims.jsonl")


@pytest.fixture(scope="module")
def own() -> LabelledFile:
    return evaluate_labelled(OWN)


def test_no_verdict_is_wrong(own: LabelledFile) -> None:
    assert own.as_dict()["wrong"] == []
    assert not [c.claim for c in own.cases if c.label == "source only" and c.answer.verdict == "supported"]


def test_nearly_all_are_decided_in_each_language(own: LabelledFile) -> None:
    known = [c for c in own.cases if c.label != "source only"]
    by_language = Counter(c.answer.text.language for c in known)
    decided = Counter(c.answer.text.language for c in known if c.answer.verdict != "not-decidable")
    assert set(by_language) == {"en", "de", "es", "fr", "zh"}
    assert {k: decided[k] / n >= 0.85 for k, n in by_language.items()} == dict.fromkeys(by_language, True)


def test_a_false_sentence_of_another_edition_is_not_supported_as_it_stands(own: LabelledFile) -> None:
    told = {c.claim: c.answer for c in own.cases}
    answer = told["China had 26 of the top 100 innovation clusters in 2025."]
    assert answer.verdict == "supported-elsewhere"
    assert "2024" in answer.summary


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("China has fewer researchers than the United States and the European Union combined", "supported"),
        ("China has more researchers than the United States and the European Union combined", "contradicted"),
        ("Korea fell to 4th place in the Global Innovation Index 2025", "contradicted"),
        ("Germany fell to 11th in the Global Innovation Index 2025", "supported"),
        ("Germany climbed to 11th in the Global Innovation Index 2025", "contradicted"),
    ],
)
def test_sums_and_the_way_to_a_rank(sentence: str, verdict: str) -> None:
    assert ask(sentence).verdict == verdict
