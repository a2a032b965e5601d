"""Counting on random worlds: equal to the slow reference, and the invariants of METHODS 12.1 and 10.2."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armillary.observatory import Observatory
from reference.counting import paper_credit
from support.tiny import observatory

COUNTRY = {1: "CN", 2: "CN", 3: "US", 4: "US", 5: "DE", 6: "FR"}
addresses = st.lists(st.lists(st.sampled_from(sorted(COUNTRY)), max_size=3, unique=True).map(sorted), max_size=3)
worlds = st.lists(st.lists(addresses, min_size=1, max_size=5), min_size=1, max_size=12)
quick = settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
METHODS = ("full", "complete", "author-fractional", "institution-fractional", "country-fractional", "first", "last", "harmonic")


def build(path: str, world: list[Any]) -> Observatory:
    papers = [{"id": i, "authors": authors} for i, authors in enumerate(world, start=1)]
    return observatory(Path(path), papers, COUNTRY)


def values(obs: Observatory, indicator: str, **choices: Any) -> dict[str, float]:
    return {r["unit_id"]: r["value"] for r in obs.rank(indicator, **choices).ranked.to_pylist()}


@quick
@given(world=worlds, split=st.sampled_from(["address", "institution"]), unit=st.sampled_from(["country", "institution"]))
def test_every_method_equals_the_slow_reference(world: list[Any], split: str, unit: str) -> None:
    with tempfile.TemporaryDirectory() as path:
        obs = build(path, world)
        for method in METHODS:
            expected: dict[str, Fraction] = defaultdict(Fraction)
            for authors in world:
                for u, part in paper_credit(authors, method, split, COUNTRY, unit).items():
                    expected[u if isinstance(u, str) else f"I{u}"] += part
            got = values(obs, "publications", unit=unit, counting=method, split=split)
            assert got == pytest.approx({u: float(v) for u, v in expected.items()}, abs=1e-10), method


@quick
@given(world=worlds)
def test_share_is_conserved_and_below_count(world: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as path:
        obs = build(path, world)
        for unit in ("country", "institution", "city"):
            ranking = obs.rank("share", unit=unit)
            assert sum(r["value"] for r in ranking.rows()) == pytest.approx(len(world), abs=1e-9)
            counts = values(obs, "count", unit=unit)
            assert all(v <= counts[u] + 1e-12 for u, v in values(obs, "share", unit=unit).items())
        everyone = all(any(line for line in author) for authors in world for author in authors)
        total = sum(values(obs, "share", unit="institution").values())
        assert (total == pytest.approx(len(world), abs=1e-9)) == everyone


@quick
@given(world=worlds, data=st.data())
def test_the_order_of_authors_matters_only_to_methods_that_look_at_it(world: list[Any], data: st.DataObject) -> None:
    shuffled = [data.draw(st.permutations(authors)) for authors in world]
    with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
        one, two = build(a, world), build(b, shuffled)
        for method in ("full", "complete", "author-fractional", "institution-fractional", "country-fractional", "mfc-2"):
            x, y = (values(o, "publications", counting=method) for o in (one, two))
            assert x == pytest.approx(y, abs=1e-10)


@quick
@given(world=worlds)
def test_collaboration_score_is_at_most_the_joint_papers_and_additive_counts_add(world: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as path:
        obs = build(path, world)
        joint: dict[str, int] = defaultdict(int)
        for authors in world:
            there = {COUNTRY[i] for a in authors for line in a for i in line}
            for other in there - {"CN"} if "CN" in there else ():
                joint[other] += 1
        scores = values(obs, "collaboration-score", options={"with": "CN"})
        assert set(scores) == set(joint)
        assert all(score <= joint[u] + 1e-9 for u, score in scores.items())
        by_institution = values(obs, "publications", unit="institution", counting="author-fractional")
        by_country = values(obs, "publications", counting="author-fractional")
        for code, value in by_country.items():
            assert value == pytest.approx(sum(v for u, v in by_institution.items() if COUNTRY[int(u[1:])] == code), abs=1e-9)
