"""Planted claims on a small made table: every predicate true, false and open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from armillary.audit.language import BoundQuery, Claim
from armillary.audit.query import PREDICATES, ClaimQuery, complaints
from armillary.audit.resolve import Resolver
from armillary.audit.verdict import FUNCTIONS, Verdict, judge

# predicate, evidence measure, arguments, verdict
PLANTED: list[tuple[str, str, dict[str, Any], str]] = [
    ("rank", "", {"unit": "a", "period": 2020, "rank": 1}, "supported"),
    ("rank", "", {"unit": "a", "period": 2022, "rank": 1}, "other-period"),
    ("rank", "", {"unit": "e", "period": 2020, "rank": 1}, "contradicted"),
    ("rank", "", {"unit": "e", "period": 2021, "rank": 5}, "other-period"),  # not in the first five of 2021: below 5
    ("rank", "", {"unit": "d", "period": 2022, "rank": 4}, "not-decidable"),  # below 3 in 2022: 4 is possible
    ("rank", "", {"unit": "b", "period": 2019, "rank": 2}, "not-decidable"),
    ("rank", "", {"unit": "c", "period": 2021, "rank": 3, "word": "at most"}, "supported"),
    ("rank-path", "", {"unit": "a", "path": {"2018": 2, "2019": 1, "2022": 2}}, "supported"),
    ("rank-path", "", {"unit": "a", "path": {"2018": 2, "2019": 3}}, "contradicted"),
    ("rank-path", "", {"unit": "a", "path": {"2018": 2, "2017": 3}}, "not-decidable"),
    ("rank-streak", "", {"unit": "a", "years": 3, "until": 2021}, "supported"),
    ("rank-streak", "", {"unit": "a", "years": 4, "until": 2021}, "contradicted"),
    ("rank-streak", "", {"unit": "a", "years": 2, "until": 2022}, "other-period"),
    ("rank-streak", "", {"unit": "b", "years": 4, "rank": 2, "until": 2022}, "not-decidable"),
    ("first-time", "", {"unit": "a", "period": 2019, "rank": 1}, "supported"),
    ("first-time", "", {"unit": "a", "period": 2021, "rank": 1}, "other-period"),
    ("first-time", "", {"unit": "b", "period": 2022, "rank": 1}, "not-decidable"),  # 2018 and 2019 are not known
    ("first-above", "money", {"unit": "x", "number": 120, "period": 2020}, "supported"),
    ("first-above", "money", {"unit": "x", "number": 120, "period": 2021}, "other-period"),
    ("first-above", "money", {"unit": "x", "number": 155, "period": 2021}, "not-decidable"),
    ("value", "money", {"unit": "x", "period": 2020, "number": 130}, "supported"),
    ("value", "money", {"unit": "x", "period": 2019, "number": 130}, "other-period"),
    ("value", "money", {"unit": "x", "period": 2020, "number": 200}, "contradicted"),
    ("value", "money", {"unit": "x", "period": 2021, "number": 160, "word": "more than"}, "not-decidable"),
    ("value", "money", {"unit": "x", "period": 2021, "number": 150, "word": "more than"}, "supported"),
    ("value", "", {"unit": "c", "period": 2022, "number": 41.2, "tolerance": 0.1}, "not-decidable"),
    ("share", "money", {"unit": "x", "of": ["x", "y"], "period": 2020, "number": 0.5, "word": "more than"}, "supported"),
    ("share", "money", {"unit": "x", "of": ["x", "y"], "period": 2018, "number": 0.5, "word": "more than"}, "other-period"),
    ("share", "money", {"unit": "x", "of": ["x", "z"], "period": 2020, "number": 0.5}, "not-decidable"),
    ("growth", "money", {"unit": "x", "from": 2019, "to": 2020, "number": 1.3, "tolerance": 0.001}, "supported"),
    ("growth", "money", {"unit": "x", "from": 2019, "to": 2020, "number": 30, "as": "percent", "tolerance": 0.001}, "supported"),
    ("growth", "money", {"unit": "x", "from": 2019, "to": 2020, "number": 1.5}, "contradicted"),
    ("growth", "money", {"unit": "x", "from": 2019, "to": 2022, "number": 1.5}, "not-decidable"),
    ("growth", "money", {"unit": "x", "minus": "y", "from": 2019, "to": 2020, "number": 25, "as": "difference"}, "supported"),
    ("compare", "money", {"unit": "x", "other": "y", "period": 2020}, "supported"),
    ("compare", "money", {"unit": "x", "other": "y", "period": 2018}, "other-period"),
    ("compare", "money", {"unit": "x", "other": ["x", "y"], "period": 2020}, "contradicted"),
    ("compare", "money", {"unit": "x", "other": "z", "period": 2020}, "not-decidable"),
    ("compare", "money", {"unit": "x", "other": "y", "period": 2019, "word": "nearly"}, "supported"),
    ("compare", "", {"unit": "a", "other": "b", "by": "rank", "period": 2021}, "supported"),
    ("compare", "", {"unit": "a", "other": "e", "by": "rank", "period": 2021}, "supported"),  # e is not among the first five
    ("order", "", {"units": ["a", "b", "c"], "period": 2020}, "supported"),
    ("order", "", {"units": ["b", "a", "c"], "period": 2020}, "other-period"),
    ("order", "", {"units": ["a", "f"], "period": 2022}, "supported"),
    ("order", "", {"units": ["e", "f"], "period": 2022}, "not-decidable"),  # both below 3
    ("order", "", {"units": ["a", "c"], "ranks": [1, 3], "period": 2021}, "supported"),
    ("order", "money", {"units": ["x", "y"], "by": "value", "period": 2020}, "supported"),
    ("count-among-first", "", {"country": "CN", "first": 3, "period": 2021, "number": 2}, "supported"),
    ("count-among-first", "", {"country": "CN", "first": 5, "period": 2021, "number": 2}, "other-period"),
    ("count-among-first", "", {"country": "CN", "first": 5, "period": 2020, "number": 4}, "contradicted"),
    ("count-among-first", "", {"country": "CN", "first": 5, "period": 2022, "number": 3}, "not-decidable"),
    ("count-among-first", "", {"country": "CN", "first": 10, "period": 2022, "number": 9, "word": "more than"}, "contradicted"),
    ("most-among-first", "", {"country": "CN", "first": 5, "period": 2021}, "supported"),
    ("most-among-first", "", {"country": "DE", "first": 5, "period": 2020}, "contradicted"),
    ("most-among-first", "", {"country": "CN", "first": 9, "period": 2022}, "not-decidable"),
    ("crossing", "money", {"unit": "x", "other": "y", "period": 2020}, "supported"),
    ("crossing", "money", {"unit": "x", "other": "y", "between": [2015, 2019]}, "other-period"),
    ("crossing", "money", {"unit": "y", "other": "x", "period": 2020}, "contradicted"),
    ("crossing", "money", {"unit": "x", "other": "z", "period": 2020}, "not-decidable"),
    ("every", "money", {"unit": "x", "from": 2018, "to": 2020, "number": 89}, "supported"),
    ("every", "money", {"unit": "x", "from": 2018, "to": 2020, "number": 95}, "contradicted"),
    ("every", "money", {"unit": "x", "from": [2018, 2020], "to": 2020, "number": 95}, "supported"),
    ("every", "money", {"unit": "x", "from": 2017, "to": 2020, "number": 89}, "not-decidable"),
    ("every", "money", {"unit": "x", "minus": "y", "from": 2020, "to": 2021, "number": 0}, "supported"),
]


def verdict(made: Path, predicate: str, measure: str, args: dict[str, Any]) -> Verdict:
    assert complaints(predicate, args) == []
    reference = "file:made.csv" + (f"/{measure}" if measure else "")
    return judge(Claim("c", "claim", BoundQuery(ClaimQuery(predicate, args), reference)), Resolver(here=made))


@pytest.mark.parametrize(("predicate", "measure", "args", "expected"), PLANTED)
def test_planted_claims_are_judged_rightly(made: Path, predicate: str, measure: str, args: dict[str, Any], expected: str) -> None:
    assert verdict(made, predicate, measure, args).kind == expected


def test_every_predicate_is_planted_true_false_and_open() -> None:
    assert set(FUNCTIONS) == set(PREDICATES)
    for name in PREDICATES:
        assert {"supported", "not-decidable"} <= {k for p, _, _, k in PLANTED if p == name}, name
        assert {"contradicted", "other-period"} & {k for p, _, _, k in PLANTED if p == name}, name


def test_a_verdict_says_which_year_and_that_the_method_changed(made: Path) -> None:
    found = verdict(made, "rank", "", {"unit": "a", "period": 2022, "rank": 1})
    assert found.stands_in == (2019, 2020, 2021)
    assert found.label == "supported for 2019, 2020, 2021, not for 2022 (spring list)"
    assert any("another method" in c for c in found.caveats)
    assert "first is Beta" in found.outcome.found
    assert [s.id for s in found.sources] == ["s"]


def test_a_period_may_be_named_as_the_edition_is(made: Path) -> None:
    assert verdict(made, "rank", "", {"unit": "b", "period": "spring list", "rank": 1}).kind == "supported"
    assert verdict(made, "rank", "", {"unit": "b", "period": "autumn list", "rank": 1}).kind == "not-decidable"
    assert verdict(made, "rank", "", {"unit": "b", "period": "latest", "rank": 1}).period == 2022


def test_evidence_that_is_not_at_hand_is_not_decidable(made: Path) -> None:
    claim = Claim("c", "claim", BoundQuery(ClaimQuery("value", {"unit": "x", "period": 2020, "number": 1}), "series:GERD"))
    found = judge(claim, Resolver(here=made))
    assert found.kind == "not-decidable"
    assert "observatory" in found.missing[0]


def test_verdicts_repeat_to_the_byte(made: Path) -> None:
    one, two = (verdict(made, "rank", "", {"unit": "a", "period": 2020, "rank": 1}).as_dict() for _ in range(2))
    assert one == two
    assert len(one["verdict_sha256"]) == 64
