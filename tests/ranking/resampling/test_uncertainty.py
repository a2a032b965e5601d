"""Bootstrap of publications against slow references and known laws (METHODS 5.7, 11.1)."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.errors import DataError, UsageError
from armillary.ranking.resampling.affiliation import AffiliationError, estimate_rate, hits
from armillary.ranking.resampling.bootstrap import Resampled, bootstrap, percentile_interval, ranks, within_unit
from armillary.ranking.resampling.poisson import STEPS, counts, thresholds
from armillary.ranking.resampling.profiles import Contributions, collapse

Rows = list[tuple[int, int, int, int]]  # unit, work, num, den


def contributions(rows: Rows, n_units: int, *, totals: bool = False, scale: float = 1.0) -> Contributions:
    table = np.array(rows, np.int64).reshape(-1, 4)
    return Contributions(table[:, 0].astype(np.int32), table[:, 1], table[:, 2], None if totals else table[:, 3], n_units, scale)


def random_rows(works: int, n_units: int, seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    rows = []
    for w in range(works):
        for u in rng.choice(n_units, size=min(n_units, 1 + rng.integers(0, 3)), replace=False):
            den = int(rng.integers(1, 5))
            rows.append((int(u), w, int(rng.integers(0, den + 1)), den))
    return rows


row_lists = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12), st.integers(0, 3), st.integers(1, 3)), max_size=40)


# --- collapsing


@settings(max_examples=80, deadline=None)
@given(row_lists)
def test_profiles_are_the_works_of_a_slow_grouping(rows: Rows) -> None:
    works: dict[int, Counter[tuple[int, str]]] = {}
    for u, w, num, den in rows:
        work = works.setdefault(w, Counter())
        work[u, "num"] += num
        work[u, "den"] += den
    expected = Counter(
        tuple(sorted((u, c[u, "num"], c[u, "den"]) for u in {x for x, _ in c} | {u for u, v, _, _ in rows if v == w}))
        for w, c in works.items()
    )
    p = collapse(contributions(rows, 5))
    assert p.den is not None
    found = Counter()
    for k in range(len(p)):
        at = slice(int(p.start[k]), int(p.start[k + 1]))
        content = tuple(sorted(zip(p.unit[at].tolist(), p.num[at].astype(int).tolist(), p.den[at].astype(int).tolist(), strict=True)))
        assert content not in found
        found[content] = int(p.multiplicity[k])
    assert found == expected


@settings(max_examples=30, deadline=None)
@given(row_lists, st.randoms(use_true_random=False), st.integers(1, 10**9))
def test_order_of_rows_and_numbers_of_works_do_not_matter(rows: Rows, random: object, shift: int) -> None:
    shuffled = [(u, (w * 7919 + shift) % 1_000_003, num, den) for u, w, num, den in rows]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    a, b = (bootstrap(contributions(r, 5), draws=20, seed=4).values for r in (rows, shuffled))
    assert np.array_equal(a, b, equal_nan=True)


def test_threads_do_not_matter() -> None:
    c = contributions(random_rows(4_000, 6, 1), 6)
    a, b = (bootstrap(c, draws=400, seed=2, threads=t).values for t in (1, 3))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, bootstrap(c, draws=400, seed=3).values)


# --- the law of the draws


@pytest.mark.parametrize("mean", [1, 2, 7, 48, 60, 0.9])
def test_fast_poisson_counts_have_the_right_law(mean: float) -> None:
    n = 400_000
    found = counts(np.random.default_rng(1), mean, n)
    assert found.mean() == pytest.approx(mean, abs=5 * math.sqrt(mean / n))
    assert found.var() == pytest.approx(mean, rel=0.02)
    zero = math.exp(-mean)
    assert (found == 0).mean() == pytest.approx(zero, abs=5 * math.sqrt(zero / n) + 1e-5)


def test_thresholds_keep_the_mean_exactly() -> None:
    for mean in (1, 3, 20, 48):
        cut = np.array(thresholds(mean))
        assert (STEPS - cut).sum() == mean * STEPS
        assert (np.diff(cut) >= 0).all() and cut.min() >= 0


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("scheme", ["poisson", "multinomial"])
def test_joint_draws_have_the_moments_of_a_slow_bootstrap(totals: bool, scheme: str) -> None:
    rows = random_rows(300, 4, 5)
    c = contributions(rows, 4, totals=totals, scale=2.0)
    found = bootstrap(c, draws=6_000, seed=1, scheme=scheme)  # type: ignore[arg-type]
    rng = np.random.default_rng(8)
    num, den = np.zeros((4, 300)), np.zeros((4, 300))
    for u, w, a, b in rows:
        num[u, w] += a
        den[u, w] += b
    weight = rng.multinomial(300, np.full(300, 1 / 300), size=6_000).T if scheme == "multinomial" else rng.poisson(1.0, (300, 6_000))
    slow = num @ weight / (2.0 if totals else den @ weight)
    assert np.allclose(found.estimate, num.sum(1) / (2.0 if totals else den.sum(1)))
    assert np.allclose(found.values.mean(1), slow.mean(1), rtol=0.01)
    assert np.allclose(np.cov(found.values), np.cov(slow), atol=0.08 * np.cov(slow).max())


def test_shared_papers_move_units_together() -> None:
    """Two units with the same papers never change places; independent draws for each would make it happen half of the time."""
    rows = [(u, w, 3 + u if w % 3 else 0, 6) for w in range(24) for u in (0, 1)]
    joint = bootstrap(contributions(rows, 2), draws=500, seed=1)
    assert joint.p_above(1, 0) == 1.0
    assert np.corrcoef(joint.values)[0, 1] == pytest.approx(1.0)
    apart = within_unit(contributions(rows, 2), draws=500, seed=1)
    assert apart.p_above(1, 0) < 1.0
    low, high = joint.interval()
    low2, high2 = apart.interval()
    assert np.allclose(high - low, high2 - low2, rtol=0.25), "marginal intervals agree"


def test_multinomial_scheme_draws_as_many_works_as_there_are() -> None:
    rows = [(w % 3, w, 1, 1) for w in range(100)]
    found = bootstrap(contributions(rows, 3, totals=True), draws=300, seed=1, scheme="multinomial")
    assert (found.values.sum(axis=0) == 100).all()
    poisson = bootstrap(contributions(rows, 3, totals=True), draws=300, seed=1)
    assert len(set(poisson.values.sum(axis=0))) > 10


def test_multinomial_scheme_over_many_chunks() -> None:
    rows = [(w % 7, w, w + 1, 1) for w in range(3_000)]  # every work its own profile
    found = bootstrap(contributions(rows, 7, totals=True), draws=600, seed=1, scheme="multinomial")
    ones = bootstrap(contributions([(u, w, 1, 1) for u, w, _, _ in rows], 7, totals=True), draws=600, seed=1, scheme="multinomial")
    assert (ones.values.sum(axis=0) == 3_000).all()
    assert np.allclose(found.values.mean(1), found.estimate, rtol=0.02)


@pytest.mark.parametrize(("works", "distinct"), [(40, True), (400, False), (900, True)])
def test_within_unit_has_the_law_of_a_slow_resample(works: int, distinct: bool) -> None:
    rng = np.random.default_rng(2)
    rows = [(0, w, int(rng.integers(0, 10_000)) if distinct else int(rng.integers(0, 3)), int(rng.integers(1, 4))) for w in range(works)]
    found = within_unit(contributions(rows, 1), draws=4_000, seed=1)
    table = np.array(rows)
    pick = rng.integers(0, works, (4_000, works))
    slow = table[pick, 2].sum(1) / table[pick, 3].sum(1)
    assert found.values[0].mean() == pytest.approx(slow.mean(), rel=0.01)
    assert found.values[0].std() == pytest.approx(slow.std(), rel=0.06)


def test_within_unit_draws_exactly_n_papers() -> None:
    rows = [(0, w, 10_000 + w, 10_000 + w) for w in range(700)]
    same = within_unit(contributions(rows, 1), draws=200, seed=1)
    assert np.allclose(same.values, 1.0)
    count = within_unit(contributions([(0, w, 5, 1) for w in range(700)], 1, totals=True), draws=200, seed=1)
    assert (count.values == 3_500).all()


# --- what is read off


def test_t5_8_percentile_bounds_are_elements_25_and_975() -> None:
    low, high = percentile_interval(np.random.default_rng(1).permutation(1000).astype(float)[None, :], 0.95)
    assert (low[0], high[0]) == (25, 975)


def test_intervals_leave_out_draws_without_papers() -> None:
    values = np.array([[np.nan, 1.0, 2.0, 3.0, np.nan], [np.nan] * 5])
    low, high = percentile_interval(values, 0.5)
    assert (low[0], high[0]) == (1.0, 3.0) and np.isnan(low[1]) and np.isnan(high[1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(float("nan"))), min_size=1, max_size=12))
def test_ranks_are_one_plus_the_number_of_larger_values(values: list[float]) -> None:
    bare = [-math.inf if math.isnan(v) else v for v in values]
    assert ranks(np.array(values)).tolist() == [1 + sum(other > v for other in bare) for v in bare]
    table = np.array([values, values]).T
    assert np.array_equal(ranks(table)[:, 1], ranks(np.array(values)))


def test_ranks_share_where_values_are_closer_than_a_billionth() -> None:
    assert ranks(np.array([1.0, 1.0 + 5e-10, 0.5])).tolist() == [1, 1, 3]


def test_probabilities() -> None:
    d = Resampled(np.array([3.0, 2.0, 1.0]), np.array([[3, 3, 1, 2.0], [2, 4, 2, 2.0], [1, 1, 3, 2.0]]), 1, "poisson")
    assert d.p_rank_at_most(1).tolist() == [0.5, 0.5, 0.5]
    assert d.p_above(0, 1) == pytest.approx(1 / 4 + 0.5 / 4)
    for i in range(3):
        for j in range(3):
            assert d.p_above(i, j) + d.p_above(j, i) == pytest.approx(1.0)
    assert d.p_above(0).tolist() == [d.p_above(0, j) for j in range(3)]
    low, high = d.rank_interval(0.5)
    assert (low <= high).all() and low.min() >= 1 and high.max() <= 3
    assert d.covariance().shape == (3, 3)


def test_units_without_papers_have_no_value_and_come_last() -> None:
    found = bootstrap(contributions([(0, 1, 1, 2), (2, 5, 1, 1)], 3), draws=50, seed=1)
    assert np.isnan(found.estimate[1]) and np.isnan(found.values[1]).all()
    assert (found.ranks[1] >= 1).all() and (found.ranks[1] == ranks(found.values)[1]).all()
    empty = bootstrap(contributions([], 2), draws=5)
    assert np.isnan(empty.values).all() and empty.values.shape == (2, 5)


def test_bad_requests_are_refused() -> None:
    c = contributions([(0, 1, 1, 1)], 1)
    for call in (
        lambda: bootstrap(c, draws=0),
        lambda: bootstrap(c, scheme="jackknife"),
        lambda: within_unit(c, draws=0),
        lambda: percentile_interval(np.zeros((1, 3)), 1.0),
        lambda: AffiliationError(1.5),
        lambda: AffiliationError(0.1, missed=-1.0),
        lambda: bootstrap(c, scheme="multinomial", error=AffiliationError(0.1)),
    ):
        with pytest.raises(UsageError):
            call()
    with pytest.raises(DataError):
        contributions([(3, 1, 1, 1)], 2)
    with pytest.raises(DataError):
        Contributions(np.zeros(2, np.int32), np.zeros(1, np.int64), np.zeros(2, np.int64), None, 1)


# --- affiliation error


def test_hits_are_independent_trials() -> None:
    rng = np.random.default_rng(3)
    for rate in (0.001, 0.03, 0.7):
        found = hits(rng, rate, 400_000)
        assert len(found) == pytest.approx(400_000 * rate, abs=5 * math.sqrt(400_000 * rate * (1 - rate)))
        assert len(np.unique(found)) == len(found) and found.min() >= 0 and found.max() < 400_000
    assert len(hits(rng, 0, 10)) == 0 and hits(rng, 1, 4).tolist() == [0, 1, 2, 3]


def test_affiliation_errors_shift_and_spread_as_they_should() -> None:
    rows = [(0 if w < 3_000 else 1, w, 1, 1) for w in range(4_000)]
    c = contributions(rows, 2, totals=True)
    plain = bootstrap(c, draws=800, seed=1)
    dropped = bootstrap(c, draws=800, seed=1, error=AffiliationError(0.1, missed=0.0, moved=0.0))
    assert np.allclose(dropped.values.mean(1) / plain.values.mean(1), 0.9, atol=0.005)
    moved = bootstrap(c, draws=800, seed=1, error=AffiliationError(0.2, moved=1.0, to=np.array([0.0, 1.0])))
    assert moved.values.mean(1) == pytest.approx([3_000 * 0.8, 1_000 + 3_000 * 0.2], rel=0.01)
    assert np.allclose(moved.values.sum(0).mean(), 4_000, rtol=0.005), "what is moved is not lost"
    balanced = bootstrap(c, draws=800, seed=1, error=AffiliationError(0.3, moved=0.0))  # what is lost is made good
    assert np.allclose(balanced.values.mean(1), plain.estimate, rtol=0.01)
    assert (balanced.values.std(1) > 1.05 * plain.values.std(1)).all()


def test_an_error_free_model_changes_nothing_in_law() -> None:
    c = contributions(random_rows(500, 3, 9), 3)
    a = bootstrap(c, draws=3_000, seed=1)
    b = bootstrap(c, draws=3_000, seed=1, error=AffiliationError(0.0))
    assert np.allclose(a.values.mean(1), b.values.mean(1), rtol=0.01)
    assert np.allclose(a.values.std(1), b.values.std(1), rtol=0.06)


def test_rates_are_estimated_from_address_lines(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "pairs.csv"
    path.write_text(
        "raw_affiliation_string,n,institution_ids,rors,names,country_codes\n"
        "University of Zubino,60,I1,,University of Zubino,\n"
        "UNIVERSITY OF ZUBINO.,20,I1,,University of Zubino,\n"
        "university of zubino,10,I2,,Zubino State University,\n"
        "Dept. of Stones,10,I3,,Pamnan College,\n",
        encoding="utf-8",
    )
    found = estimate_rate(path)
    assert (found.lines, found.mentions, found.matches) == (4, 100, 4)
    assert found.unsupported == pytest.approx(10 / 100)
    assert found.inconsistent == pytest.approx(10 / 100)
    assert found.rate == pytest.approx(0.1)


def test_rates_of_the_real_pairs(real_data: object) -> None:
    from pathlib import Path

    found = estimate_rate(Path(str(real_data)) / "affiliation" / "openalex_raw_affiliation_pairs.csv.gz")
    assert found.lines == 12_706
    assert 0.0 < found.inconsistent < 0.1 and 0.0 < found.unsupported < 0.3
