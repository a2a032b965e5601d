from __future__ import annotations

import json

from armillary.charts.base import render, save, spec
from armillary.charts.policy import uptake_map
from armillary.charts.sdg import goal_map


def row(name, goal, count, rsi):
    return {
        "unit_id": name,
        "name": name,
        "sdg_id": goal,
        "goal": f"Goal {goal}",
        "papers": float(count),
        "count": count,
        "share": 0.1,
        "activity": 1.0,
        "rsi": rsi,
        "rsi_linear": rsi,
        "growth": None,
    }


ROWS = [
    row("A", 0, 40, 0.1),
    row("A", 3, 30, 0.4),
    row("A", 13, 4, -0.4),
    row("A", 5, 0, -1.0),
    row("B", 3, 12, -0.9),
    row("B", 13, 50, float("nan")),
]


def test_goal_map_leaves_out_what_has_no_value(tmp_path):
    chart = goal_map(ROWS, title="Goals")
    shown = json.dumps(spec(chart)["datasets"])
    assert shown.count('"name"') == 3 and '"Goal 5"' not in shown, "no 'any goal', nothing without works, nothing undefined"
    assert '"is_few": true' in shown
    assert save(chart, tmp_path / "goals.png").stat().st_size > 5000
    assert render(spec(chart), "svg", "dark").startswith(b"<svg")


def test_uptake_map(tmp_path):
    table = [
        {"unit_id": "1", "name": "Earth", "papers": 9, "cited": 3.0, "part": 1 / 3, "w1": 2.0, "w2": 0.0},
        {"unit_id": "2", "name": "Arts", "papers": 9, "cited": 0.0, "part": 0.0, "w1": 0.0, "w2": 0.0},
    ]
    chart = uptake_map(table, ["w1", "w2"])
    assert json.dumps(spec(chart)["datasets"]).count('"papers"') == 1, "zero stays blank"
    assert save(chart, tmp_path / "map.png").stat().st_size > 2000
