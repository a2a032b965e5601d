"""Association measures: METHODS T9.1, T9.4, and the quasi-independence table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from armillary.errors import DataError
from armillary.studies.cooperation import measures as c

TRIANGLE = [[0, 10, 5], [10, 0, 5], [5, 5, 0]]


def test_t9_1_paper_margins() -> None:
    assert c.salton(30, 100, 225) == pytest.approx(0.2, abs=1e-12)
    assert c.jaccard(30, 100, 225) == pytest.approx(30 / 295, abs=1e-12)
    assert c.pai(30, 100, 225, 1000) == pytest.approx(4 / 3, abs=1e-12)
    assert c.inclusion(30, 100, 225) == pytest.approx(0.3, abs=1e-12)


def test_t9_4_link_margins() -> None:
    assert c.link_margins(TRIANGLE).tolist() == [15, 15, 10]
    affinity = c.link_pai(TRIANGLE)
    assert affinity[0, 1] == pytest.approx(400 / 225, abs=1e-12)
    assert affinity[0, 2] == pytest.approx(4 / 3, abs=1e-12)
    assert np.isnan(np.diag(affinity)).all()


def test_the_diagonal_is_never_a_link() -> None:
    with_self = np.array(TRIANGLE) + np.diag([7, 0, 99])
    np.testing.assert_array_equal(c.link_pai(with_self), c.link_pai(TRIANGLE))


def test_no_papers_is_unknown_not_zero() -> None:
    assert np.isnan(c.salton(0, 0, 5))
    assert np.isnan(c.jaccard(0, 0, 0))
    assert np.isnan(c.pai(0, 0, 5, 100))
    assert c.salton([0, 3], [4, 9], [4, 1]).tolist() == [0.0, 1.0]


def test_quasi_independence_by_hand() -> None:
    # three units with equal margins: all pairs alike; a_i a_j = C/2
    even = np.array([[0, 4, 4], [4, 0, 4], [4, 4, 0]])
    np.testing.assert_allclose(c.quasi_independence(even), even, atol=1e-9)
    # three units have three pairs and three margins: the fit is the table itself, where plain independence says 1.78 and 1.33
    np.testing.assert_allclose(c.quasi_pai(TRIANGLE)[0, 1:], [1.0, 1.0], atol=1e-8)
    # four units, A and B twice as big as C and D: a (a + 2b) = 10, b (2a + b) = 8 -> margins are met and the table is symmetric
    joint = np.array([[0, 6, 2, 2], [6, 0, 2, 2], [2, 2, 0, 4], [2, 2, 4, 0]], dtype=float)
    expected = c.quasi_independence(joint)
    np.testing.assert_allclose(expected.sum(axis=1), [10, 10, 8, 8], rtol=1e-9)
    a, b = np.sqrt(expected[0, 1]), np.sqrt(expected[2, 3])
    assert a * (a + 2 * b) == pytest.approx(10) and b * (2 * a + b) == pytest.approx(8)


def test_quasi_independence_of_a_star_is_the_star() -> None:
    star = np.array([[0, 9, 5, 2], [9, 0, 0, 0], [5, 0, 0, 0], [2, 0, 0, 0]], dtype=float)
    np.testing.assert_array_equal(c.quasi_independence(star), star)
    assert np.isnan(c.quasi_pai(star)[1, 2])  # a pair that cannot be expected has no measure


def test_quasi_independence_with_a_dominant_unit() -> None:
    joint = np.array([[0, 900, 500, 200], [900, 0, 1, 0], [500, 1, 0, 3], [200, 0, 3, 0]], dtype=float)
    np.testing.assert_allclose(c.quasi_independence(joint).sum(axis=1), joint.sum(axis=1), rtol=1e-9)


def test_a_unit_without_links_stays_empty() -> None:
    joint = np.zeros((5, 5))
    joint[:4, :4] = [[0, 6, 2, 2], [6, 0, 2, 2], [2, 2, 0, 4], [2, 2, 4, 0]]
    assert (c.quasi_independence(joint)[4] == 0).all()
    assert (c.quasi_independence(np.zeros((3, 3))) == 0).all()


def test_bad_matrices() -> None:
    with pytest.raises(DataError, match="square"):
        c.link_pai([[1, 2, 3]])
    with pytest.raises(DataError, match="symmetric"):
        c.link_pai([[0, 1], [2, 0]])
    with pytest.raises(DataError, match="negative"):
        c.link_pai([[0, -1], [-1, 0]])


@st.composite
def symmetric(draw: st.DrawFn) -> np.ndarray:
    size = draw(st.integers(4, 8))
    half = np.triu(draw(arrays(np.int64, (size, size), elements=st.integers(1, 50))), 1)
    return half + half.T


@given(symmetric())
def test_links_balance(joint: np.ndarray) -> None:
    margins = c.link_margins(joint)
    # the weighted mean of link affinities is exactly what independence without self-pairs leaves
    affinity = np.nan_to_num(c.link_pai(joint))
    assert (affinity * np.outer(margins, margins)).sum() / margins.sum() == pytest.approx(margins.sum())
    np.testing.assert_allclose(c.rca(joint), c.link_pai(joint), rtol=1e-12)


def fitted(joint: np.ndarray, steps: int = 20_000) -> np.ndarray:
    """Iterative proportional fitting as everybody writes it: rows, columns, rows, ... from ones with a zero diagonal."""
    rows = joint.sum(axis=1)
    table = np.ones_like(joint, dtype=float) - np.eye(len(joint))
    for _ in range(steps):
        table *= (rows / table.sum(axis=1))[:, None]
        table *= rows / table.sum(axis=0)
        if np.abs(table.sum(axis=1) / rows - 1).max() < 1e-12:
            break
    return table


@given(symmetric())
def test_quasi_independence_is_the_fitted_table(joint: np.ndarray) -> None:
    margins = c.link_margins(joint)
    expected = c.quasi_independence(joint)
    np.testing.assert_allclose(expected.sum(axis=1), margins, rtol=1e-8)
    assert (np.diag(expected) == 0).all()
    if 2.02 * margins.max() < margins.sum():  # near a star the textbook loop takes for ever
        np.testing.assert_allclose(expected, fitted(joint), rtol=1e-6)
    order = np.random.default_rng(0).permutation(len(joint))
    np.testing.assert_allclose(c.quasi_pai(joint[np.ix_(order, order)]), c.quasi_pai(joint)[np.ix_(order, order)], rtol=1e-8)
