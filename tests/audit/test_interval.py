from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.audit.interval import Interval, number

finite = st.floats(-1e6, 1e6)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    a, b = sorted((draw(finite), draw(finite)))
    if a == b:
        return Interval(a, b)
    return Interval(a, b, draw(st.booleans()), draw(st.booleans()))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("14", 14, 14),
        ("1,234.5", 1234.5, 1234.5),
        ("9.14±0.005", 9.135, 9.145),
        ("11..20", 11, 20),
        (">=3", 3, math.inf),
        ("<6", -math.inf, 6),
        ("≤5", -math.inf, 5),
    ],
)
def test_parse(text: str, low: float, high: float) -> None:
    found = Interval.parse(text)
    assert (found.low, found.high) == pytest.approx((low, high))


@pytest.mark.parametrize("text", ["", "about 3", "5..2", ">3±1", "1±-2", "12 %", "--3"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        Interval.parse(text)


@given(intervals(), intervals(), st.floats(0, 1))
def test_inside_agrees_with_the_points(a: Interval, b: Interval, part: float) -> None:
    """If the answer is definite, no point of ``a`` may disagree."""
    answer = a.inside(b)
    if answer is None:
        return
    point = a.low + (a.high - a.low) * part
    if (point == a.low and a.open_low) or (point == a.high and a.open_high):
        return
    there = (point > b.low or (point == b.low and not b.open_low)) and (point < b.high or (point == b.high and not b.open_high))
    assert there is answer


@given(intervals(), intervals(), st.floats(0, 1), st.floats(0, 1))
def test_differences_hold_every_difference(a: Interval, b: Interval, s: float, t: float) -> None:
    x, y = a.low + (a.high - a.low) * s, b.low + (b.high - b.low) * t
    found = a - b
    assert found.low - 1e-6 <= x - y <= found.high + 1e-6


@given(st.floats(0.001, 1e5), st.floats(0.001, 1e5), st.floats(0, 50))
def test_quotients_hold_every_quotient(x: float, y: float, half: float) -> None:
    found = Interval(x, x + half) / Interval(y, y + half)
    assert found is not None
    assert found.low <= x / (y + half) * (1 + 1e-12) and found.high >= (x + half) / y * (1 - 1e-12)


def test_numbers_for_people() -> None:
    assert [number(v) for v in (3.0, 1234567.0, 0.45, 2.57728, 5.7664)] == ["3", "1,234,567", "0.45", "2.577", "5.766"]
    assert str(Interval.parse("550000..600000")) == "550,000 to 600,000"
    assert str(Interval.parse("9.14±0.005")) == "9.14"
    assert str(Interval.parse(">2000")) == "more than 2,000"
