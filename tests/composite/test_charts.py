"""Charts of an index: each draws from a plain table, says what it shows, and is the same file every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armillary.charts import index as charts
from armillary.charts.base import save, spec
from armillary.composite import IndexResult, Sensitivity, build, load_spec, sensitivity
from armillary.composite.editions import Comparison, compare
from armillary.composite.named import registered
from armillary.errors import UsageError

pytest.importorskip("altair")

Made = tuple[IndexResult, Sensitivity, Comparison]


@pytest.fixture(scope="module")
def made() -> Made:
    rules = load_spec(registered("demo"))
    result = build(rules)
    return result, sensitivity(result, draws=100, sobol=16), compare(build(rules, year=2024), result)


CHARTS: dict[str, Callable[[Made], Any]] = {
    "bars": lambda m: charts.index_bars(m[1].table(), title="Scores", focus=m[0].units[0]),
    "ranks": lambda m: charts.rank_intervals(m[1].table(), title="Ranks", focus=m[0].units[0]),
    "heat": lambda m: charts.pillar_heat(m[0].scores(), ["people", "base"], labels=["People's research & more", "Base"], title="Pillars"),
    "dumbbell": lambda m: charts.dumbbell(m[2].table, old="2024", new="2025", focus=m[0].units[0]),
    "dumbbell-ranks": lambda m: charts.dumbbell(m[2].table, value="rank"),
    "effects": lambda m: charts.effects_bars(m[2].table),
    "sensitivity": lambda m: charts.sensitivity_bars(m[1].indices_table()),
    "sensitivity-unit": lambda m: charts.sensitivity_bars(m[1].indices_table(), unit="COR"),
    "profile": lambda m: charts.unit_profile(m[0].explain("ALR", group="income"), name="Almere", group="middle income"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_chart_is_drawn_and_says_what_it_shows(name: str, made: Made, tmp_path: Path) -> None:
    chart = CHARTS[name](made)
    content = spec(chart)
    assert content["description"] and content == spec(CHARTS[name](made))
    picture = save(chart, tmp_path / "c.svg").read_text()
    assert picture == save(CHARTS[name](made), tmp_path / "d.svg").read_text()
    assert picture.count("<path") + picture.count("<text") > 20
    assert "NaN" not in picture and "undefined" not in picture


def test_every_ranked_unit_is_in_the_picture(made: Made, tmp_path: Path) -> None:
    picture = save(CHARTS["ranks"](made), tmp_path / "c.svg").read_text()
    for row in made[1].table().to_pylist()[:25]:
        assert f"{row['rank']}. {row['name']}" in picture


def test_headings_with_quotes_and_the_missing_value(made: Made, tmp_path: Path) -> None:
    picture = save(CHARTS["heat"](made), tmp_path / "c.svg").read_text()
    assert "People's" in picture or "People&#39;s" in picture or "People&apos;s" in picture
    assert "no data" in save(CHARTS["profile"](made), tmp_path / "p.svg").read_text()


def test_what_cannot_be_drawn_is_said(made: Made) -> None:
    with pytest.raises(UsageError, match="no rank intervals"):
        charts.rank_intervals(made[0].table())
    with pytest.raises(UsageError, match="nothing to draw"):
        charts.pillar_heat(made[0].scores(), [])
    with pytest.raises(UsageError, match="no indices"):
        charts.sensitivity_bars(made[1].indices_table(), unit="nobody")
    with pytest.raises(UsageError, match="no rank changed"):
        charts.effects_bars(compare(made[0], made[0]).table)
