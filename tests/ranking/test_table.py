"""Ranks, ties, names and the unassigned rest in whole columns, against a plain loop; exact numbers beyond 64 bits."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.ranks import TIE
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT
from armillary.ranking.table import Rest, Sums, Units, ranked_table, whole_numbers

NAMES = ("Åbo", "abo", "Abo", "Zeta", "beta", "Beta")
rows = st.lists(
    st.tuples(st.integers(0, 5), st.integers(2019, 2021), st.integers(0, 4), st.integers(0, 6), st.integers(0, 3)), max_size=30,
    unique_by=lambda r: (r[0], r[1]),
)  # fmt: skip


def plain(made: list[tuple[int, ...]], is_mean: bool, minimum: int, rest: list[Rest]) -> list[tuple[object, ...]]:
    """The same, a row at a time."""
    out: list[tuple[object, ...]] = []
    for period in sorted({r[1] for r in made} | {r.period for r in rest}):
        mine = []
        for unit, when, count, num, den in made:
            if when == period and count >= minimum:
                value = (num / den if den else None) if is_mean else num / CREDIT
                mine.append((value is None, -(value or 0.0), NAMES[unit].casefold(), f"I{unit}", NAMES[unit], value, count))
        place, previous = 0, None
        for position, (empty, _, _, public, name, value, count) in enumerate(sorted(mine), start=1):
            if empty or previous is None or previous - value > TIE * max(1.0, abs(value)):
                place = position
            previous = value
            out.append((None if empty else place, public, name, value, count, str(period)))
        out += [(None, None, "unassigned", r.value, r.count, str(period)) for r in rest if r.period == period]
    return out


@given(rows, st.booleans(), st.integers(0, 3), st.lists(st.builds(Rest, st.integers(2018, 2022), st.integers(1, 9), st.none(), st.just(2)),
                                                        max_size=3, unique_by=lambda r: r.period))  # fmt: skip
def test_equals_the_plain_loop(made: list[tuple[int, ...]], is_mean: bool, minimum: int, rest: list[Rest]) -> None:
    columns = [np.array([r[i] for r in made], np.int64) for i in range(5)]
    order = sorted(range(6), key=lambda i: (NAMES[i].casefold(), f"I{i}"))
    units = Units(pa.array([f"I{i}" for i in range(6)]), pa.array(NAMES), np.argsort(order))
    sums = Sums(*columns[:4], den=columns[4] if is_mean else None)
    recipe = Recipe(indicator="mncs", scope=(), step=1, minimum=minimum)
    table = ranked_table(recipe, units, sums, rest)
    assert [tuple(r.values()) for r in table.to_pylist()] == plain(made, is_mean, minimum, rest)


@given(st.lists(st.one_of(st.none(), st.integers(-(10**30), 10**30), st.integers(-5, 5)), max_size=20), st.integers(0, 5))
def test_whole_numbers_are_exact_whatever_their_size(numbers: list[int | None], skipped: int) -> None:
    column = pa.array([None if n is None else Decimal(n) for n in numbers], pa.decimal128(38, 0))
    assert whole_numbers(column[skipped:]).tolist() == [n or 0 for n in numbers[skipped:]]


@pytest.mark.parametrize("units", [2**62, 2**63, 2**80])
def test_values_do_not_depend_on_how_the_integers_are_held(units: int) -> None:
    column = whole_numbers(pa.array([Decimal(units), Decimal(3 * units)], pa.decimal128(38, 0)))
    none = np.zeros(2, np.int64)
    assert Sums(none, none, none, column, column[::-1]).values().tolist() == [1 / 3, 3.0]
    assert Sums(none, none, none, column, None).values().tolist() == [float(units) / CREDIT, float(3 * units) / CREDIT]
    assert Sums(none, none, none, column, None).of_period(0) == (4 * units, 0, 0)
