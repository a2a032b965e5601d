"""Adjusted Share and change: T1.3."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.ranking.change import adjusted_share
from support.tiny import observatory


def test_t1_3_adjusted_share() -> None:
    adjusted = adjusted_share(900, 72_000, 75_000)
    assert adjusted == pytest.approx(937.5)
    assert 1000 / adjusted - 1 == pytest.approx(0.066666666, abs=1e-8)
    first_order = adjusted_share(900, 72_000, 75_000, variant="first-order")
    assert first_order == pytest.approx(936.0)
    assert 1000 / first_order - 1 == pytest.approx(0.068376, abs=1e-6)


def test_change_of_a_ranking_is_adjusted_to_the_later_total(tmp_path: Path) -> None:
    papers = [{"id": i, "year": 2022, "authors": [[[1]]]} for i in (1, 2)] + [
        {"id": i, "year": 2023, "authors": [[[1 + i % 2]]]} for i in (3, 4, 5, 6)
    ]
    obs = observatory(tmp_path, papers, {1: "CN", 2: "US"})
    rows = {r["unit_id"]: r for r in obs.rank("share", period=2023).change(2022).ranked.to_pylist()}
    assert rows["CN"]["previous"] == pytest.approx(4.0)  # 2 of 2 papers, brought to 4 papers
    assert rows["CN"]["change"] == pytest.approx(-0.5)
    assert rows["CN"]["previous_rank"] == 1
    assert rows["US"]["change"] is None


def test_minimum_leaves_out_small_units(tmp_path: Path) -> None:
    papers = [{"id": i, "authors": [[[1]]]} for i in (1, 2)] + [{"id": 3, "authors": [[[2]]]}]
    obs = observatory(tmp_path, papers, {1: "CN", 2: "US"})
    assert [r["unit_id"] for r in obs.rank("share", minimum=2).ranked.to_pylist()] == ["CN"]
