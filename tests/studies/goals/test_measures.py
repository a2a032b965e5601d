from __future__ import annotations

import numpy as np
import pytest

from armillary.counting.goals.tags import passes_cut
from armillary.studies.goals.measures import (
    activity_index,
    annual_growth,
    contribution_share,
    linear_symmetric_index,
    symmetric_index,
)


def test_t7_1_share_activity_and_symmetric_indices():
    assert contribution_share(30, 200) == pytest.approx(0.15)
    ai = activity_index(30, 100, 200, 1000)
    assert ai == pytest.approx(1.5)
    assert symmetric_index(ai) == pytest.approx(0.38461538461538464)
    assert linear_symmetric_index(ai) == pytest.approx(0.2)


def test_t7_2_a_score_must_be_above_the_cut():
    goals = np.array([3, 13, 7])
    assert list(goals[passes_cut([0.41, 0.40, 0.39], 0.4)]) == [3]
    served_in_32_bits = float(np.float32(0.4))
    assert served_in_32_bits > 0.4 and not passes_cut([served_in_32_bits], 0.4)[0]


def test_t7_3_nothing_is_zero_and_undefined_is_undefined():
    ai = activity_index([0], [100], [200], [1000])
    assert ai == 0 and symmetric_index(ai) == -1 and linear_symmetric_index(ai) == -1
    assert np.isnan(activity_index(0, 100, 0, 1000)) and np.isnan(activity_index(0, 0, 10, 1000)) and np.isnan(contribution_share(0, 0))


def test_growth_is_compound():
    assert annual_growth(100, 121, 2) == pytest.approx(0.1)
    assert np.isnan(annual_growth(0, 5, 2)) and np.isnan(annual_growth(5, 5, 0)) and annual_growth(5, 0, 1) == -1


def test_arrays_broadcast():
    assert activity_index([30, 10], [100, 100], 200, 1000) == pytest.approx([1.5, 0.5])
