"""Ranks and ties: the one rule, against a plain loop."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.ranks import TIE, competition_ranks, ranks_of
from armillary.errors import UnknownNameError

number = st.one_of(
    st.none(), st.integers(-5, 5).map(float), st.floats(-1e6, 1e6), st.sampled_from([1.0, 1.0 + TIE / 2, 1.0 + 3 * TIE, 1e6, 1e6 + 1e-4])
)


def plain(values: list[float | None]) -> list[int | None]:
    """A loop over the sorted values: a value keeps the place of the one before it where they tie."""
    falling = sorted((v for v in values if v is not None), reverse=True)
    place: dict[float, int] = {}
    last, at = math.nan, 0
    for position, v in enumerate(falling, 1):
        if not last - v <= TIE * max(1.0, abs(v)):
            at = position
        place.setdefault(v, at)
        last = v
    return [None if v is None else place[v] for v in values]


@given(st.lists(number, max_size=12))
def test_as_a_plain_loop(values: list[float | None]) -> None:
    assert ranks_of(values) == plain(values)


@given(st.lists(st.lists(number, min_size=4, max_size=4), min_size=1, max_size=5), st.sampled_from(["min", "average"]))
def test_many_at_once_are_each_alone(rows: list[list[float | None]], tie: str) -> None:
    table = np.array([[math.nan if v is None else v for v in r] for r in rows])
    whole = competition_ranks(table, tie=tie)
    for row, given_ranks in zip(table, whole, strict=True):
        np.testing.assert_array_equal(competition_ranks(row, tie=tie), given_ranks)
    np.testing.assert_array_equal(competition_ranks(table.T, axis=0, tie=tie), whole.T)


def test_average_places_add_up() -> None:
    assert competition_ranks(np.array([3.0, 3.0, 1.0, math.nan]), tie="average").tolist()[:3] == [1.5, 1.5, 3.0]


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="tie rule"):
        competition_ranks(np.array([1.0]), tie="best")
