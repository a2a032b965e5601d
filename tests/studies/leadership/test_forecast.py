"""Parity forecast and counterfactual: METHODS T4.2, T4.5."""

from __future__ import annotations

import math

import numpy as np
import pytest

from armillary.errors import DataError, UsageError
from armillary.studies.leadership.forecast import parity_forecast, without_partner

YEARS, SHARES = [2019, 2020, 2021, 2022, 2023], [0.40, 0.43, 0.43, 0.46, 0.48]


def test_t4_2_parity_interval() -> None:
    f = parity_forecast(YEARS, SHARES)
    assert f.slope == pytest.approx(0.019, abs=1e-12)
    assert f.s == pytest.approx(0.007958224257541616, abs=1e-12)
    assert f.quantile == pytest.approx(3.1824463052837078, abs=1e-12)
    assert f.point == pytest.approx(2024.1578947, abs=1e-5)
    low, high = f.band([2023, 2024, 2027])
    assert high[0] == pytest.approx(0.49762, abs=1e-5)
    assert (low[1], high[1]) == (pytest.approx(0.47044, abs=1e-5), pytest.approx(0.52356, abs=1e-5))
    assert low[2] == pytest.approx(0.50463, abs=1e-5)
    assert f.interval == (2024, 2026) and f.text == "2024–2026"
    assert "would be crossed between 2024 and 2026" in f.reading


def test_the_line_is_the_one_that_scipy_fits() -> None:
    from scipy.stats import linregress

    ours, theirs = parity_forecast(YEARS, SHARES), linregress(YEARS, SHARES)
    assert (ours.slope, ours.intercept) == (pytest.approx(theirs.slope), pytest.approx(theirs.intercept))
    # the half width at 0 is t times the standard error of the intercept
    assert float(ours.half_width(0)) == pytest.approx(ours.quantile * theirs.intercept_stderr)


def test_years_and_papers_that_do_not_count() -> None:
    more_years, more = [2005, *YEARS, 2024, 2025], [0.9, *SHARES, 0.1, float("nan")]
    papers = [900, 300, 300, 300, 300, 200, 199, 900]
    assert parity_forecast(more_years, more, papers) == parity_forecast(YEARS, SHARES)
    with pytest.raises(DataError, match="too few years for a forecast: 2 "):
        parity_forecast(YEARS, SHARES, [300, 300, 10, 10, 10])
    with pytest.raises(UsageError, match="at least 3"):
        parity_forecast(YEARS, SHARES, min_years=2)


def test_never_and_after() -> None:
    falling = parity_forecast(YEARS, [0.40, 0.395, 0.389, 0.385, 0.379])
    # the line passes 0.5 in 2000, before the horizon
    assert falling.text == "Never" and "stays below 0.5" in falling.reading
    vague = parity_forecast(YEARS, [0.40, 0.45, 0.38, 0.46, 0.43])
    assert vague.text.startswith("after ") and vague.interval is not None and vague.interval[1] == 2499
    assert math.isnan(parity_forecast(YEARS, [0.5] * 5, line=0.4).point)
    assert parity_forecast(YEARS, [0.5] * 5).text == "after 2015"
    assert "does not tell" in parity_forecast(YEARS, [0.5] * 5).reading


def test_an_exact_line_crosses_between_two_years() -> None:
    f = parity_forecast([2020, 2021, 2022], [0.41, 0.43, 0.45])
    assert f.interval is not None and f.is_between_years == (f.interval == (2024, 2025))
    assert f.point == pytest.approx(2024.5)
    assert f.interval == (2024, 2025)


def test_past_parity_reads_as_past() -> None:
    f = parity_forecast(YEARS, [0.46, 0.49, 0.515, 0.54, 0.568])
    assert f.interval is not None and f.interval[1] <= 2023
    assert "was crossed" in f.reading


def test_t4_5_counterfactual() -> None:
    weights, shares = {"US": 40.0, "EU+": 40.0, "Domestic": 20.0}, {"US": 0.5, "EU+": 0.6}
    after, before_share, after_share = without_partner(weights, shares, "US")
    assert before_share == pytest.approx(0.55) and after_share == pytest.approx(0.60)
    assert after["EU+"] == pytest.approx(200 / 3) and after["Domestic"] == pytest.approx(100 / 3) and after["US"] == 0
    half, _, half_share = without_partner(weights, shares, "US", fraction=0.5)
    assert half["US"] == 20 and half["EU+"] == pytest.approx(40 + 20 * 2 / 3)
    assert half_share == pytest.approx((20 * 0.5 + half["EU+"] * 0.6) / (20 + half["EU+"]))
    assert sum(half.values()) == pytest.approx(100)


def test_counterfactual_refusals_and_unknown_shares() -> None:
    with pytest.raises(UsageError, match="no weight for partner 'UK'"):
        without_partner({"US": 1.0, "EU": 1.0}, {}, "UK")
    with pytest.raises(DataError, match="no partner besides"):
        without_partner({"US": 1.0}, {"US": 0.5}, "US")
    _, before, after = without_partner({"US": 1.0, "EU": 1.0, "Domestic": 3.0}, {"US": 0.5, "EU": float("nan")}, "US")
    assert before == 0.5 and np.isnan(after)
