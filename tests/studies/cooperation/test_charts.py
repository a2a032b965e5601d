"""Charts of leadership and cooperation: they draw, say what they show, and survive what has nothing to show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.charts.base import save, spec
from armillary.charts.cooperation import arc_view, network_view, partner_matrix, partner_paths
from armillary.charts.leadership import balance_over_time, parity_chart
from armillary.studies.cooperation.network import network
from armillary.studies.cooperation.pairs import PairTable
from armillary.studies.cooperation.partners import partner_history
from armillary.studies.leadership.balance import PairPapers
from armillary.studies.leadership.forecast import parity_forecast
from armillary.studies.leadership.pairs import by_year

JOINT = np.array([[0, 6, 2, 2], [6, 0, 2, 2], [2, 2, 0, 4], [2, 2, 4, 0]], dtype=float)


def pairs() -> PairTable:
    joint = np.stack([JOINT * k for k in (1, 2, 3)])
    return PairTable(("A", "B", "C", "D"), (2020, 2021, 2022), joint, np.full((3, 4), 30.0), "papers", "test", "1", {"A": "Alpha"})


def papers(n: int = 60) -> PairPapers:
    rng = np.random.default_rng(1)
    return PairPapers("CN", "US", np.arange(n), 2019 + np.arange(n) % 4, rng.integers(0, 3, (n, 4)))


def texts(chart: Any) -> str:
    return str(spec(chart))


@pytest.mark.parametrize("measure", ["share", "premium"])
def test_balance(tmp_path: Path, measure: str) -> None:
    table = by_year(papers(), min_papers=10)
    chart = balance_over_time(table, "China", "the United States", "first authors", measure=measure)
    assert "parity" in texts(chart) and "China" in texts(chart)
    svg = save(chart, tmp_path / "a.svg").read_text()
    assert "parity" in svg and "papers" in svg
    # the points are the table's own values, unrounded
    values = [r["lead_share" if measure == "share" else "lead_premium"] for r in table.to_pylist()]
    assert all(str(v) in texts(chart) for v in values)


def test_balance_without_a_year_that_can_be_judged(tmp_path: Path) -> None:
    chart = balance_over_time(by_year(papers(8), min_papers=30), "CN", "US")
    assert "no year has enough papers" in texts(chart)
    assert save(chart, tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize(
    "values", [[0.40, 0.43, 0.43, 0.46, 0.48], [0.40, 0.39, 0.38, 0.37, 0.355], [0.40, 0.45, 0.38, 0.46, 0.43], [0.5] * 5]
)
def test_parity(tmp_path: Path, values: list[float]) -> None:
    fit = parity_forecast([2019, 2020, 2021, 2022, 2023], values)
    chart = parity_chart(fit, "Forecast", "CN", "US")
    assert fit.reading in texts(chart)
    assert save(chart, tmp_path / "a.svg").stat().st_size > 2000


def test_network_charts(tmp_path: Path) -> None:
    net = network(pairs(), 2022)
    for chart in (
        network_view(net),
        arc_view(net),
        partner_matrix(pairs(), 2022),
        partner_paths(partner_history(pairs(), "A"), "Alpha", "works"),
    ):
        svg = save(chart, tmp_path / "a.svg").read_text()
        assert "Alpha" in svg or "Partners of Alpha" in svg
        assert save(chart, tmp_path / "b.svg").read_text() == svg
