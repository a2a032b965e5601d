"""Sentences against an observatory of one's own: its rankings are evidence where it holds the world, and nothing where it does not."""

from __future__ import annotations

import pytest

from armillary.audit.ask import ask
from armillary.audit.evidence import Entry, Evidence
from armillary.audit.interval import Interval
from armillary.audit.library.measures import MeasureEntry, measures
from armillary.audit.own import OwnEvidence
from armillary.audit.reading.assertion import Assertion
from armillary.errors import DataError


def made(order: str) -> Evidence:
    cells = {
        (u, y): Entry(u, y, Interval.exact(n), Interval.exact(1000.0 / n), u, u, "ranking")
        for y in (2022, 2023, 2024)
        for n, u in enumerate(order.split(), 1)
    }
    return Evidence("ranking:made " + order, "Made ranking", cells=cells, complete=dict.fromkeys((2022, 2023, 2024)), ranked_by="rank")


def own(answer: Evidence | Exception, monkeypatch: pytest.MonkeyPatch, kind: str = "world") -> OwnEvidence:
    from armillary.audit import rankings
    from armillary.core import frame

    def from_ranking(*_: object) -> Evidence:
        if isinstance(answer, Exception):
            raise answer
        return answer

    class Corpus:
        store = None

    monkeypatch.setattr(rankings, "from_ranking", from_ranking)
    monkeypatch.setattr(frame, "frame_of", lambda _: frame.Frame(kind))
    return OwnEvidence(Corpus())  # type: ignore[arg-type]


def papers() -> MeasureEntry:
    return next(m for m in measures() if m.id == "papers")


def test_a_ranking_of_the_world_is_one_more_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ask("India is third in scientific papers", own=own(made("CN US IN DE"), monkeypatch))
    mine = [f for f in answer.main.findings if "this observatory" in f.candidate.label]
    assert [f.state for f in mine] == ["holds", "holds"]
    assert answer.verdict == "supported"


def test_one_that_says_otherwise_is_shown_and_forbids_a_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "The United Kingdom is the largest producer of scientific papers"
    assert ask(sentence).verdict == "contradicted"
    assert ask(sentence, own=own(made("GB CN US"), monkeypatch)).verdict == "supported-elsewhere"


@pytest.mark.parametrize("kind", ["random-sample", "convenience-sample", "institution", "country", "synthetic"])
def test_what_is_no_world_decides_nothing_and_says_why(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    sentence = "The United Kingdom is the largest producer of scientific papers"
    answer = ask(sentence, own=own(made("GB CN US"), monkeypatch, kind))
    mine = [f for f in answer.main.findings if "this observatory" in f.candidate.label]
    assert answer.verdict == "contradicted"
    assert [(f.state, "nothing about the world follows" in f.text) for f in mine] == [("unknown", True)] * 2


def test_a_ranking_that_cannot_be_made_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = own(DataError("no records of that"), monkeypatch).candidates(papers(), Assertion("rank", "", ("IN",)))
    assert ["no records of that" in why for _, why in found] == [True, True]
