from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.errors import UsageError
from armillary.studies.highly_cited.selection import (
    citation_threshold,
    cross_field,
    field_size,
    select_field,
)


def test_t6_1_square_root_and_near_miss():
    papers = np.array([9, 8, 7, 7, 7, 6, 6, 5])
    citations = np.array([2000, 1500, 800, 700, 600, 900, 300, 5000])
    assert field_size(16) == 4
    got = select_field(papers, citations, n_authors=16)
    assert got.places == 4 and got.paper_threshold == 7 and got.near_miss_median == 800
    assert got.by_count.sum() == 5
    assert list(np.flatnonzero(got.by_near_miss)) == [5]  # the 900; not the 300, and not the 5-paper author however cited
    assert got.admitted.sum() == 6
    assert select_field(papers, citations, n_authors=16, near_miss=False).admitted.sum() == 5


def test_t6_2_cross_field():
    t, c = np.array([10.0, 5.0]), np.array([2000.0, 800.0])
    h_sum, c_sum, yes = cross_field(np.array([[6, 3], [6, 3]]), np.array([[1300, 300], [1300, 200]]), t, c)
    assert h_sum == pytest.approx([1.2, 1.2])
    assert c_sum == pytest.approx([1.025, 0.9])
    assert list(yes) == [True, False]


def test_cross_field_just_at_one_counts_and_empty_fields_add_nothing():
    h_sum, c_sum, yes = cross_field(np.array([[1, 1, 1, 9]]), np.array([[1, 1, 1, 9]]), np.array([3, 3, 3, 0]), np.array([3, 3, 3, 0]))
    assert yes.all() and h_sum[0] == pytest.approx(1) and c_sum[0] == pytest.approx(1)


def threshold_of(citations, top=Fraction(1, 100)):
    return citation_threshold(*np.unique(np.asarray(citations, dtype=np.int64), return_counts=True), top)


def test_threshold_admits_ties_and_never_the_uncited():
    assert threshold_of(np.arange(100)) == 99  # one paper of a hundred
    assert threshold_of(np.array([5] * 4 + [1] * 196)) == 5  # two places, four tie for them
    assert threshold_of(np.zeros(1000, dtype=int)) == 1
    assert threshold_of(np.array([], dtype=int)) == 1
    assert threshold_of(np.array([7, 3, 9])) == 9


@given(st.lists(st.integers(0, 12), min_size=1, max_size=300), st.sampled_from([Fraction(1, 100), Fraction(1, 10), Fraction(1, 3)]))
def test_threshold_equals_the_positive_part_of_the_tie_rule(values, top):
    """Reference: METHODS 5.2 written with exact fractions; a paper is highly cited when its part is positive and it is cited at all."""
    n = len(values)
    quantile = 1 - top
    cumulative = {v: Fraction(sum(c <= v for c in values), n) for v in set(values)}
    t = min(v for v in cumulative if cumulative[v] >= quantile)
    omega = (cumulative[t] - quantile) / Fraction(values.count(t), n)
    want = [v > 0 and (v > t or (v == t and omega > 0)) for v in values]
    threshold = threshold_of(values, top)
    assert [v >= threshold for v in values] == want


@pytest.mark.parametrize(
    ("n", "ceil", "rounded", "floor"),
    [(0, 0, 0, 0), (1, 1, 1, 1), (2, 2, 1, 1), (3, 2, 2, 1), (6, 3, 2, 2), (7, 3, 3, 2), (16, 4, 4, 4)],
)
def test_field_size_roundings(n, ceil, rounded, floor):
    assert (field_size(n), field_size(n, "round"), field_size(n, "floor")) == (ceil, rounded, floor)


@given(st.integers(0, 10**12))
def test_field_size_is_exact(n):
    k = field_size(n)
    assert k * k >= n and (k == 0 or (k - 1) ** 2 < n)


def test_citation_criterion_shuts_the_door_before_ranks_are_made():
    papers, citations = np.array([9, 8, 7, 1]), np.array([10, 500, 400, 300])
    got = select_field(papers, citations, n_authors=4, citation_threshold=100)
    assert got.places == 2 and got.paper_threshold == 7
    assert list(got.admitted) == [False, True, True, False]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 50)), max_size=40), st.randoms(use_true_random=False))
def test_selection_does_not_depend_on_order(rows, random):
    papers, citations = (np.array([r[i] for r in rows], dtype=np.int64) for i in (0, 1))
    perm = list(range(len(rows)))
    random.shuffle(perm)
    a, b = select_field(papers, citations), select_field(papers[perm], citations[perm])
    assert list(a.admitted[perm]) == list(b.admitted)
    assert a.by_count.sum() == 0 or a.by_count.sum() >= min(a.places, int((papers > 0).sum()))


def test_bad_arguments():
    with pytest.raises(UsageError, match="makes no sense"):
        threshold_of([1], Fraction(2))
    with pytest.raises(UsageError, match="rounding"):
        field_size(5, "up")  # type: ignore[arg-type]
