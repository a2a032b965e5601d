"""Rankings over time: steps, windows, streaks, growth."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.errors import UsageError
from armillary.observatory import Observatory
from armillary.ranking.overtime import Streak, first_at, growth, rank_path, streaks
from support.tiny import observatory


@pytest.fixture
def years(tmp_path: Path) -> Observatory:
    # papers of CN: 1, 2, 3, 1, 4, 4; of US: 2 every year
    papers, number = [], 0
    for year, n in zip(range(2015, 2021), (1, 2, 3, 1, 4, 4), strict=True):
        for institution, k in ((1, n), (2, 2)):
            for _ in range(k):
                number += 1
                papers.append({"id": number, "year": year, "authors": [[[institution]]]})
    return observatory(tmp_path, papers, {1: "CN", 2: "US"})


def test_path_streaks_and_first_year(years: Observatory) -> None:
    ranking = years.rank("share", step=1)
    assert [(s.period, s.rank) for s in rank_path(ranking, "CN")] == [
        ("2015", 2),
        ("2016", 1),
        ("2017", 1),
        ("2018", 2),
        ("2019", 1),
        ("2020", 1),
    ]
    assert streaks(ranking, "CN") == [Streak("2016", "2017", 2), Streak("2019", "2020", 2)]
    assert first_at(ranking, "CN", at_most=1) == "2016"
    assert growth(ranking, "CN") == pytest.approx(4 ** (1 / 5) - 1)


def test_rolling_windows_count_a_paper_in_every_window(years: Observatory) -> None:
    rows = [(r["period"], r["value"]) for r in years.rank("share", step=3).ranked.to_pylist() if r["unit_id"] == "CN"]
    assert rows == [("2015-2017", 6), ("2016-2018", 6), ("2017-2019", 8), ("2018-2020", 9)]


def test_a_path_needs_steps(years: Observatory) -> None:
    with pytest.raises(UsageError, match="needs a ranking in steps"):
        rank_path(years.rank("share"), "CN")
