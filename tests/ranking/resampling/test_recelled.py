"""Cells estimated anew in every draw: what is average by construction stays so, and what is fixed and what varies is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from armillary.errors import UsageError
from armillary.observatory import Observatory
from armillary.ranking.resampling.recelled import DrawnCells
from support.random_world import random_world
from support.tiny import observatory


@pytest.fixture(scope="module")
def obs(tmp_path_factory: pytest.TempPathFactory) -> Observatory:
    return observatory(tmp_path_factory.mktemp("recelled"), *random_world(7, n=200))


def test_scores_of_whole_weights_are_those_of_the_papers_written_out() -> None:
    rng = np.random.default_rng(3)
    cell, citations = rng.integers(0, 5, 120), rng.poisson(2, 120)
    cells = DrawnCells.of(cell, citations, 1)
    weight = rng.integers(0, 4, 120)
    for top in (0, 1, 10, 50):
        found = cells.scores(weight.astype(float), top)[cells.place]
        for k in np.flatnonzero(weight):
            mine = np.repeat(citations[cell == cell[k]], weight[cell == cell[k]])
            if top == 0:
                wanted = citations[k] / mine.mean() if mine.sum() else 1.0
            else:
                left = len(mine) * top / 100 - (mine > citations[k]).sum()
                wanted = min(max(left / (mine == citations[k]).sum(), 0.0), 1.0)
            assert found[k] == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("indicator", ["mncs", "pp-top10", "tncs"])
def test_the_estimate_is_the_ranking(obs: Observatory, indicator: str) -> None:
    ranking = obs.rank(indicator, counting="author-fractional", minimum=0)
    drawn = ranking.intervals(draws=60, cells="drawn", seed=2)
    assert drawn.arrow.equals(ranking.intervals(draws=60, cells="drawn", seed=2).arrow)
    assert "cells-drawn" in [n.code for n in drawn.meta["notes"] if hasattr(n, "code")]
    assert "cells-fixed" in [n.code for n in ranking.intervals(draws=60).meta["notes"] if hasattr(n, "code")]
    inside = [r["low"] <= r["value"] <= r["high"] for r in drawn.ranked.to_pylist() if r["count"] >= 30]
    assert inside and all(inside)


def test_the_whole_world_is_average_in_every_draw(tmp_path: Path) -> None:
    papers, institutions, *_ = random_world(9, n=120)
    papers = [p for p in papers if any(line for author in p["authors"] for line in author["addresses"])]
    obs = observatory(tmp_path / "o", papers, dict.fromkeys(institutions, "CN"))
    one = obs.rank("mncs", options={"self_citations": "in"}, minimum=0)
    (row,) = [r for r in one.intervals(draws=60, cells="drawn").ranked.to_pylist() if r["unit_id"] == "CN"]
    (fixed,) = [r for r in one.intervals(draws=60).ranked.to_pylist() if r["unit_id"] == "CN"]
    assert (row["low"], row["high"]) == pytest.approx((1.0, 1.0), abs=1e-9) and fixed["high"] - fixed["low"] > 0.05


def test_where_no_cells_can_be_drawn(obs: Observatory) -> None:
    for ranking, choices in (
        (obs.rank("share"), {}),
        (obs.rank("mncs", step=1), {}),
        (obs.rank("mncs"), {"mode": "within-unit"}),
        (obs.rank("mncs"), {"affiliation_error": 0.1}),
    ):
        with pytest.raises(UsageError):
            ranking.intervals(draws=40, cells="drawn", **choices)
