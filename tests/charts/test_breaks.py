"""Breaks stand in the charts over time: a line at the year, with the words, in every format."""

from __future__ import annotations

from typing import Any

from armillary.charts import base
from armillary.charts.bump import rank_path
from armillary.charts.lines import values_over_time
from armillary.registry.breaks import all_breaks, by_year

ROWS = [
    {"period": str(y), "unit_id": u, "name": u, "value": float(y), "rank": r} for y in (2008, 2009, 2010) for r, u in ((1, "CN"), (2, "US"))
]


def marks(chart: Any) -> list[dict[str, Any]]:
    spec = chart.to_dict()
    return [r for rows in spec["datasets"].values() for r in rows if "says" in r]


def test_a_break_is_drawn_at_its_year_with_its_words() -> None:
    for chart in (
        values_over_time(ROWS, breaks={"2009": "China: new definition"}),
        rank_path(ROWS, breaks={"2009": "China: new definition"}),
    ):
        assert [(r["period"], r["says"]) for r in marks(chart)] == [("2009", "China: new definition")]
        spec = chart.to_dict()
        assert any(layer["mark"]["type"] == "rule" for layer in spec["layer"])
        assert "Break in 2009: China: new definition" in spec["description"]


def test_no_break_is_drawn_outside_or_at_the_first_year() -> None:
    for breaks in ({}, {"2008": "x"}, {"2011": "x"}):
        plain, chart = values_over_time(ROWS), values_over_time(ROWS, breaks=breaks)
        assert not marks(chart) and chart.to_dict() == plain.to_dict()
        assert rank_path(ROWS, breaks=breaks).to_dict() == rank_path(ROWS).to_dict()


def test_windows_of_years_have_the_breaks_inside_them() -> None:
    rows = [r | {"period": p} for p in ("2006-2009", "2010-2013") for r in ROWS[:2]]
    assert [r["period"] for r in marks(rank_path(rows, breaks={"2011": "x", "2007": "y"}))] == ["2010-2013"]


def test_svg_has_the_words() -> None:
    svg = base.render(base.spec(values_over_time(ROWS, breaks={"2009": "China: new definition"})), "svg").decode()
    assert ">China: new definition<" in svg


def test_notes_of_a_ranking_tell_the_years() -> None:
    first = all_breaks()[0]
    assert by_year(["another note", first.note]) == {first.date[:4]: f"record change of {first.date} (papers of any year): {first.says}"}
    assert by_year(["another note"]) == {}


def test_words_of_neighbouring_years_stand_along_their_lines() -> None:
    chart = values_over_time(ROWS, breaks={"2009": "China: new definition", "2010": "United States: new definition"}).to_dict()
    words = [layer for layer in chart["layer"] if layer["mark"]["type"] == "text" and layer["mark"].get("style") == "note"]
    assert len(words) == 1 and words[0]["mark"]["angle"] == 270 and words[0]["mark"]["limit"] < chart["height"]
