"""Lead share and premium: METHODS T4.1, T4.3, T4.4, and the rules around them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.errors import DataError, UsageError
from armillary.studies.leadership import balance as ld
from armillary.studies.leadership.null_model import lead_null, single_role

CN, US = [0.90, 0.70, 0.50, 0.30], [0.80, 0.66, 0.65, 0.20, 0.10]
Row = tuple[int, int, int, str | None, float]


def rows(*values: Row) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(ld.SCHEMA.names, v, strict=True)) for v in values], schema=ld.SCHEMA)


def test_t4_1_lead_share_and_premium() -> None:
    b = ld.balance_of(CN, US)
    assert (b.lead_1, b.lead_2, b.support_1, b.support_2) == (2, 2, 2, 3)
    assert b.lead_share == 0.5
    assert b.lead_premium == pytest.approx(0.1, abs=1e-12)


def test_t4_1_from_rows() -> None:
    table = rows(*[(1, 2020, k, "CN", p) for k, p in enumerate(CN)], *[(1, 2020, 10 + k, "US", p) for k, p in enumerate(US)])
    b = ld.pair_papers(table, "CN", "US").total()
    assert (b.papers_n, b.lead_1, b.lead_2, b.support_1, b.support_2) == (1, 2, 2, 2, 3)


def test_t4_3_no_leader_is_nan() -> None:
    b = ld.balance_of([0.1], [0.2])
    assert math.isnan(b.lead_share) and math.isnan(b.lead_premium)
    assert math.isnan(ld.balance_of([], []).lead_share)
    everybody = ld.balance_of([0.9], [0.9])
    assert everybody.lead_share == 0.5 and math.isnan(everybody.lead_premium)


def test_t4_4_an_author_of_both_regions_counts_twice() -> None:
    b = ld.pair_papers(rows((1, 2020, 7, "CN", 0.9), (1, 2020, 7, "US", 0.9), (1, 2020, 7, "CN", 0.9)), "CN", "US").total()
    assert (b.lead_1, b.lead_2) == (1, 1)


@pytest.mark.parametrize(("p", "expected"), [(0.0, False), (0.65, False), (np.nextafter(0.65, 1), True), (0.66, True), (1.0, True)])
def test_the_cut_is_above_065(p: float, expected: bool) -> None:
    assert ld.leads([p])[0] == expected
    assert ld.leads([p], rule="plain")[0] == expected


def test_thresholds_are_compared_with_midpoints() -> None:
    grid = np.linspace(0, 1, 401)
    np.testing.assert_array_equal(ld.leads(grid, 0.65), ld.leads(grid, 0.67))
    assert ld.leads(grid, 0.0).all()  # even probability 0: its bin's midpoint is 0.025
    assert not ld.leads([0.0], 0.0, "plain")[0]
    assert (ld.leads(grid, 0.65, "plain") != ld.leads(grid, 0.67, "plain")).any()


def test_papers_with_third_regions() -> None:
    table = rows(
        (1, 2020, 1, "CN", 0.9),
        (1, 2020, 2, "US", 0.1),
        (2, 2021, 1, "CN", 0.9),
        (2, 2021, 2, "US", 0.9),
        (2, 2021, 3, "UK", 0.9),
        (3, 2021, 1, "CN", 0.9),
        (3, 2021, 2, None, 0.9),
        (4, 2021, 1, "CN", 0.9),
        (4, 2021, 2, "US", 0.2),
        (4, 2021, 3, None, 0.9),
    )
    strict = ld.pair_papers(table, "CN", "US")
    assert strict.work_id.tolist() == [1, 4]  # an author without a region does not make a third region
    loose = ld.pair_papers(table, "CN", "US", others="allow")
    assert loose.work_id.tolist() == [1, 2, 4]
    assert [(b.year, b.papers_n, b.lead_1, b.lead_2) for b in loose.by_year()] == [(2020, 1, 1, 0), (2021, 2, 2, 1)]


def test_refusals() -> None:
    with pytest.raises(DataError, match="outside 0 to 1"):
        ld.leads([1.2])
    with pytest.raises(DataError, match="missing"):
        ld.leads([float("nan")])
    with pytest.raises(UsageError, match="two different"):
        ld.pair_papers(rows(), "CN", "CN")
    assert ld.pair_papers(rows(), "CN", "US").total().papers_n == 0


probabilities = st.integers(0, 100).map(lambda v: v / 100)
regions = st.sampled_from(["CN", "US", "UK", None])
table_rows = st.lists(st.tuples(st.integers(1, 12), st.just(2020), st.integers(1, 6), regions, probabilities), max_size=60)


def slow_balance(values: Sequence[Row], first: str, second: str, others: str) -> tuple[int, int, int, int]:
    """The definition, paper by paper, in plain Python."""
    tally = [0, 0, 0, 0]
    for paper in {v[0] for v in values}:
        here = [v for v in values if v[0] == paper]
        regions = {v[3] for v in here} - {None}
        if not {first, second} <= regions or (others == "exclude" and len(regions) > 2):
            continue
        best: dict[tuple[int, str], float] = {}
        for _, _, author, region, p in here:
            if region in (first, second):
                best[author, region] = max(p, best.get((author, region), 0.0))
        for (_, region), p in best.items():
            # lead: the first twentieth whose right end is not below p has a midpoint above 0.65, that is p > 0.65
            tally[(0 if p > 0.65 else 2) + (0 if region == first else 1)] += 1
    return tuple(tally)  # type: ignore[return-value]


@given(table_rows, st.sampled_from(["exclude", "allow"]))
@settings(max_examples=80)
def test_balance_is_the_definition(values: list[Row], others: str) -> None:
    b = ld.pair_papers(rows(*values), "CN", "US", others=others).total()  # type: ignore[arg-type]
    assert (b.lead_1, b.lead_2, b.support_1, b.support_2) == slow_balance(values, "CN", "US", others)


@given(table_rows)
@settings(max_examples=50)
def test_mirror(values: list[Row]) -> None:
    """LS(a, b) + LS(b, a) = 1 and LP(a, b) = -LP(b, a)  (METHODS 12.1.5)."""
    one, two = ld.pair_papers(rows(*values), "CN", "US").total(), ld.pair_papers(rows(*reversed(values)), "US", "CN").total()
    if not math.isnan(one.lead_premium):
        assert one.lead_share + two.lead_share == pytest.approx(1)
        assert one.lead_premium == pytest.approx(-two.lead_premium)


def planted(n: int, share: float, seed: int = 3) -> ld.PairPapers:
    rng = np.random.default_rng(seed)
    first = rng.random(n) < share
    counts = np.stack([first, ~first, rng.integers(1, 4, n), rng.integers(1, 4, n)], axis=1).astype(np.int64)
    return ld.PairPapers("CN", "US", np.arange(n), np.full(n, 2020), counts)


def test_the_interval_covers_and_shrinks() -> None:
    # one leader a paper makes the lead share a binomial proportion, whose spread is known
    for n in (100, 2500):
        i = ld.interval(planted(n, 0.6), draws=4000)
        p = i.balance.lead_share
        assert (i.share[1] - i.share[0]) / 2 == pytest.approx(1.96 * math.sqrt(p * (1 - p) / n), rel=0.1)
        assert i.share[0] < p < i.share[1]
        assert i.premium[0] < i.balance.lead_premium < i.premium[1]
    hits = sum(i.share[0] <= 0.6 <= i.share[1] for i in (ld.interval(planted(200, 0.6, seed=s), draws=400) for s in range(200)))
    assert 180 <= hits <= 199


def test_the_interval_of_nothing_is_unknown() -> None:
    i = ld.interval(ld.pair_papers(rows(), "CN", "US"))
    assert math.isnan(i.share[0]) and i.draws_n == 0


def test_the_interval_does_not_depend_on_input_order() -> None:
    values: list[Row] = [(w, 2020, a, r, (w * 7 + a * 3) % 10 / 10) for w in range(40) for a, r in enumerate(["CN", "CN", "US"])]
    one = ld.interval(ld.pair_papers(rows(*values), "CN", "US"))
    two = ld.interval(ld.pair_papers(rows(*values[::-1]), "CN", "US"))
    assert one == two


def test_bin_slope() -> None:
    assert math.isnan(ld.bin_slope([], []))
    up = [0.12, 0.42, 0.42, 0.82, 0.82, 0.82]
    down = [0.12, 0.12, 0.12, 0.42, 0.42, 0.82]
    assert ld.bin_slope(up, down) > 0 > ld.bin_slope(down, up)
    assert ld.bin_slope(up, up) == pytest.approx(0)
    # region 1 has 25 %, 50 %, 75 % of the authors at midpoints 0.225, 0.425, 0.625: 25 points on each 0.2
    assert ld.bin_slope([0.22] + [0.42] * 2 + [0.62] * 3, [0.22] * 3 + [0.42] * 2 + [0.62]) == pytest.approx(125)


def test_chance_gives_the_larger_team_more() -> None:
    # 2 of 3 authors come from CN, one leader a paper: chance says 2/3, variance 2/9 a paper
    counts = np.tile(np.array([[1, 0, 1, 1]]), (30, 1))
    null = lead_null(ld.PairPapers("CN", "US", np.arange(30), np.full(30, 2020), counts))
    assert null.expected == pytest.approx(20) and null.sd == pytest.approx(math.sqrt(30 * 2 / 9))
    assert null.rate == 1.0 and null.excess == pytest.approx(1 / 3) and null.ratio == pytest.approx(1.5)
    assert null.p_value < 0.001


def test_the_null_is_what_shuffling_gives() -> None:
    rng = np.random.default_rng(1)
    sizes = [(2, 3, 2), (1, 4, 1), (5, 2, 3), (1, 1, 1)]  # authors of CN, of US, leaders
    totals = []
    for _ in range(20000):
        totals.append(sum(int(rng.permutation([1] * a + [0] * b)[:k].sum()) for a, b, k in sizes))
    counts = np.array([[min(a, k), k - min(a, k), a - min(a, k), b - (k - min(a, k))] for a, b, k in sizes])
    null = lead_null(ld.PairPapers("CN", "US", np.arange(4), np.full(4, 2020), counts))
    assert np.mean(totals) == pytest.approx(null.expected, abs=0.03)
    assert np.std(totals) == pytest.approx(null.sd, abs=0.02)


def test_single_role() -> None:
    null = single_role([1, 1, 0, 0.5], [0.5, 0.5, 0.5, 0.5])
    assert (null.observed, null.expected, null.sd, null.roles) == (2.5, 2.0, 1.0, 4.0)
    assert null.z == pytest.approx(0.5)
    with pytest.raises(DataError, match="outside"):
        single_role([1], [1.5])
