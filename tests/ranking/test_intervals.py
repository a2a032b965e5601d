"""Intervals of rankings: seeded, joint or within units, with affiliation error, ranks and rank sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.errors import UsageError
from armillary.observatory import Observatory
from support.random_world import random_world
from support.tiny import observatory


@pytest.fixture
def obs(tmp_path: Path) -> Observatory:
    return observatory(tmp_path, *random_world(7, n=200))


def test_intervals_hold_the_value_and_are_the_same_for_a_seed(obs: Observatory) -> None:
    a, b = (obs.rank("mncs", counting="author-fractional").intervals(draws=200, seed=4) for _ in range(2))
    assert a.arrow.equals(b.arrow)
    assert not a.arrow.equals(obs.rank("mncs", counting="author-fractional").intervals(draws=200, seed=5).arrow)
    for r in a.ranked.to_pylist():
        assert r["low"] <= r["value"] <= r["high"]
        assert r["rank_low"] <= r["rank"] <= r["rank_high"]
        assert r["p_above_next"] is None or 0 <= r["p_above_next"] <= 1


def test_intervals_of_a_total_are_about_two_root_n_wide(obs: Observatory) -> None:
    for r in obs.rank("count").intervals(draws=400).ranked.to_pylist():
        half = 1.96 * r["value"] ** 0.5
        assert (r["high"] - r["low"]) / 2 == pytest.approx(half, rel=0.3)


def test_within_unit_mode_fixes_the_number_of_papers(obs: Observatory) -> None:
    for r in obs.rank("count").intervals(draws=100, mode="within-unit").ranked.to_pylist():
        assert r["low"] == r["high"] == r["value"]


def test_affiliation_error_widens_the_interval(obs: Observatory) -> None:
    plain = obs.rank("share").intervals(draws=300)
    wrong = obs.rank("share").intervals(draws=300, affiliation_error=0.2)

    def width(ranking: object) -> float:
        return sum(r["high"] - r["low"] for r in ranking.ranked.to_pylist())  # type: ignore[attr-defined]

    assert sum(r["low"] for r in wrong.ranked.to_pylist()) < sum(r["low"] for r in plain.ranked.to_pylist())
    assert any("20.0 %" in note for note in wrong.meta["notes"])


def test_rank_sets_hold_the_rank(obs: Observatory) -> None:
    for r in obs.rank("pp-top10").intervals(draws=200, sets=True, best=1).ranked.to_pylist():
        assert r["set_low"] <= r["rank"] <= r["set_high"]
        assert 0 <= r["p_best"] <= 1


def test_yearly_rankings_get_intervals_a_year(obs: Observatory) -> None:
    rows = obs.rank("share", step=1).intervals(draws=50).ranked.to_pylist()
    assert all(r["low"] <= r["value"] <= r["high"] for r in rows)
    assert len({r["period"] for r in rows}) == 5


def test_choices_that_contradict_are_refused(obs: Observatory) -> None:
    for choices in ({"draws": 10}, {"mode": "within-unit", "sets": True}, {"mode": "within-unit", "affiliation_error": 0.1}):
        with pytest.raises(UsageError):
            obs.rank("share").intervals(**choices)
