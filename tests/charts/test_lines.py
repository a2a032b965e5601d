"""Names at the ends of lines: none stands on another, and the order stays."""

from __future__ import annotations

import itertools

from armillary.charts.base import spec
from armillary.charts.lines import LINE, apart, values_over_time


def ends(*values: float) -> list[dict[str, object]]:
    return [{"unit_id": f"u{k}", "value": v} for k, v in enumerate(values)]


def test_names_that_meet_move_down_and_others_stay() -> None:
    moved = apart(ends(100.0, 50.0, 49.0, 48.5, 0.0), 260, from_zero=True, log=False, downwards=False)
    places = {u: (100 - v) / 100 * 260 + moved[u] for u, v in (("u0", 100), ("u1", 50), ("u2", 49), ("u3", 48.5), ("u4", 0))}
    order = sorted(places.values())
    assert order == list(places.values())  # the same order as the values
    assert all(b - a >= LINE - 1 for a, b in itertools.pairwise(order))
    assert moved["u0"] == moved["u1"] == moved["u4"] == 0 < moved["u2"] < moved["u3"]


def test_one_value_and_none_need_no_room() -> None:
    assert apart(ends(3.0), 200, from_zero=False, log=False, downwards=False) == {}
    assert apart(ends(), 200, from_zero=True, log=False, downwards=False) == {}
    assert apart(ends(0.0, 10.0, 100.0), 200, from_zero=False, log=True, downwards=False).keys() == {"u1", "u2"}


def test_ranks_are_counted_from_the_top() -> None:
    moved = apart(ends(1, 2, 30), 100, from_zero=False, log=False, downwards=True)
    assert moved["u0"] == 0 and moved["u1"] > 0 == moved["u2"]


def test_the_chart_carries_the_shifts() -> None:
    rows = [{"period": str(y), "unit_id": u, "name": u, "value": v} for u, v in (("A", 100.0), ("B", 99.5)) for y in (2020, 2021)]
    drawn = spec(values_over_time(rows, title="Two lines"))
    (values,) = drawn["datasets"].values()
    assert [(d["unit_id"], d.get("shift")) for d in values if d["end"]] == [("A", None), ("B", 11)]
    assert sum("shift" in d for d in values) == 1
