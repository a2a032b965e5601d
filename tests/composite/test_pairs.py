"""Power means, interpolation over years, outranking, growth: what an index may also be made of, and asked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.cli.main import run
from armillary.composite import build, load_spec, spec_from, verify
from armillary.composite.named import registered
from armillary.composite.pairs import compound_growth, outranking, trends
from armillary.composite.steps.aggregate import Aggregation, aggregate
from armillary.composite.steps.impute import interpolate
from armillary.errors import DataError, SpecError, UsageError

TREE: dict[str, Any] = {
    "index": {"id": "T"},
    "data": {"unit": "u"},
    "normalise": {"method": "none"},
    "group": [{"id": "T"}],
    "indicator": [{"id": "a", "parent": "T", "weight": 2}, {"id": "b", "parent": "T"}],
}
TABLE: dict[str, list[Any]] = {"u": ["p", "q", "r", "s"], "a": [4.0, 9.0, 0.0, None], "b": [16.0, 25.0, 9.0, 7.0]}


def test_a_power_mean_lies_between_its_neighbours_and_is_what_its_power_says() -> None:
    x, w = np.array([[4.0, 9.0, 1.0], [16.0, 25.0, 9.0]]), np.array([2.0, 1.0])
    for power, same in ((1.0, "arithmetic"), (0.0, "geometric"), (-1.0, "harmonic")):
        assert np.allclose(aggregate(x, w, Aggregation("power", power=power)), aggregate(x, w, Aggregation(same)))
    half = aggregate(x, w, Aggregation("power", power=0.5))
    assert half == pytest.approx(((2 * x[0] ** 0.5 + x[1] ** 0.5) / 3) ** 2)
    assert np.all(aggregate(x, w, Aggregation("geometric")) < half) and np.all(half < aggregate(x, w, Aggregation("arithmetic")))
    zero = np.array([[0.0], [9.0]])
    assert aggregate(zero, w, Aggregation("power", power=-2))[0] == 0 and aggregate(zero, w, Aggregation("power", power=2))[0] > 0


def test_a_power_mean_in_a_specification() -> None:
    spec = spec_from({**TREE, "aggregate": {"method": "power", "power": 0.5}})
    result = build(spec, TABLE)
    assert result.score("T").tolist() == pytest.approx([(8 / 3) ** 2, (11 / 3) ** 2, 1.0, 7.0])
    assert "power (0.5) means" in result.meta["method"]
    shown = {"u": ["p", "q", "r"], "a": ["4.0", "9.0", "0.0"], "b": ["16.0", "25.0", "9.0"], "T": ["7.1", "13.4", "1.0"]}
    assert verify(spec, shown).is_clean
    assert [f.unit for f in verify(spec, {**shown, "T": ["7.1", "15.4", "1.0"]}).findings] == ["q"]
    for rule, words in (
        ({"method": "power"}, "needs its power"),
        ({"method": "geometric", "power": 2}, "belongs to 'power'"),
        ({"by_level": {"index": "power"}}, "needs more than its name"),
    ):
        with pytest.raises(SpecError, match=words):
            spec_from({**TREE, "aggregate": rule})
    with pytest.raises(DataError, match="at least 0"):
        build(spec, {**TABLE, "a": [-4.0, 9.0, 0.0, None]})


def test_a_new_setting_changes_no_older_digest() -> None:
    assert load_spec(registered("demo")).digest.startswith("981744871ec7")
    assert (
        spec_from({**TREE, "aggregate": {"method": "power", "power": 2}}).digest
        != spec_from({**TREE, "aggregate": {"method": "power", "power": 3}}).digest
    )


def test_interpolation_fills_gaps_between_years_only() -> None:
    nan = np.nan
    x = np.array([[1.0, nan, nan, 4.0, nan], [nan, 2.0, nan, nan, 8.0], [nan, nan, 5.0, nan, nan]])
    y, done = interpolate(x, 2, [2018, 2019, 2020, 2021, 2022])
    assert y[0].tolist()[:4] == [1, 2, 3, 4] and np.isnan(y[0, 4])
    assert np.isnan(y[1, 0]) and y[1, 1:].tolist() == [2, 4, 6, 8]
    assert done.sum() == 4 and np.isnan(y[2]).sum() == 4
    assert interpolate(x, 1, [2018, 2019, 2020, 2021, 2022])[1].sum() == 0
    # years that are missing altogether count: 2018 to 2021 is a gap of two years
    assert interpolate(np.array([[1.0, nan, 4.0]]), 2, [2018, 2019, 2021])[0][0, 1] == pytest.approx(2.0)


def test_an_interpolated_year_is_built_verified_and_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.toml").write_text(
        '[index]\nid="T"\n[data]\nvalues="v.csv"\nunit="u"\ntime="y"\nat=2021\n[impute]\nmethod="interpolate"\n[normalise]\nmethod="none"\n'
        '[[group]]\nid="T"\n[[indicator]]\nid="a"\nparent="T"\n'
    )
    (tmp_path / "v.csv").write_text("u,y,a,T\np,2020,10,10\np,2021,,15\np,2022,20,20\nq,2020,5,5\nq,2021,6,6\nq,2022,7,7\n")
    result = build(load_spec(tmp_path / "s.toml"))
    assert result.score("T").tolist() == [15, 6] and result.is_imputed().tolist() == [[True], [False]]
    assert any("1 values of 2021 are interpolated between other years" in n for n in result.warnings)
    done = verify(load_spec(tmp_path / "s.toml"), path=tmp_path / "v.csv")
    assert done.is_clean and done.checked == 6 and any("interpolated between other years" in n for n in done.notes)
    assert run(["index", "build", str(tmp_path / "s.toml"), "--steps"]) == 0
    assert "1 values filled" in capsys.readouterr().out
    assert run(["index", "analyse", str(tmp_path / "s.toml"), "trends", "--json"]) == 0
    rows = {r["unit_id"]: r for r in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["p"]["growth_percent"] == pytest.approx(100 * (2**0.5 - 1)) and rows["p"]["values"] == 2
    assert rows["q"]["percent"] == pytest.approx(40) and rows["q"]["is_better"]


def test_growth_and_outranking() -> None:
    assert compound_growth(np.array([100.0, 0.0]), np.array([121.0, 5.0]), np.array([2.0, 2.0]))[0] == pytest.approx(0.1)
    assert np.isnan(compound_growth(np.array([0.0]), np.array([5.0]), np.array([2.0]))[0])
    with pytest.raises(UsageError, match="panel"):
        trends(spec_from(TREE), TABLE)
    result = build(spec_from(TREE), TABLE)
    share = outranking(result).values
    assert share[1, 0] == 1 and share[0, 1] == 0 and np.isnan(share[0, 0])
    assert share[0, 3] == 1  # only b is known of s
    both = ~np.isnan(share)
    assert np.allclose((share + share.T)[both], 1)
    demo = build(load_spec(registered("demo")), year=2025)
    assert outranking(demo, "pillar").values.shape == (38, 38)


EXPORTED = re.findall(
    r"\S+",
    """
Aggregate CAGR COIN_to_coin Custom Denominate Impute Normalise Regen SA_estimate SA_sample Screen Treat a_amean a_copeland a_genmean
a_gmean a_hmean approx_df boxcox build_example_coin build_example_purse change_ind check_SkewKurt check_iData check_iMeta
compare_coins compare_coins_corr compare_coins_multi compare_df export_to_excel get_PCA get_corr get_corr_flags get_cronbach
get_data get_data_avail get_denom_corr get_dset get_eff_weights get_noisy_weights get_opt_weights get_pvals get_results
get_sensitivity get_stats get_str_weak get_trends get_unit_summary i_mean i_mean_grp i_median i_median_grp icodes_to_inames
import_coin_tool impute_panel is.coin is.purse kurt log_CT log_CT_orig log_CT_plus log_GII n_borda n_dist2max n_dist2ref n_dist2targ
n_fracmax n_goalposts n_minmax n_prank n_rank n_scaled n_zscore names_to_codes new_coin outrankMatrix plot_bar plot_corr plot_dist
plot_dot plot_framework plot_scatter plot_sensitivity plot_uncertainty prc_change qNormalise qTreat rank_df remove_elements
replace_df round_df signif_df skew ucodes_to_unames winsorise
""",
)
"""The names that COINr exports, by the index of its reference manual (1.1.14) and its list of exports."""


def test_every_function_that_coinr_exports_has_its_line() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "index-coming-from-coinr.md").read_text(encoding="utf-8")
    assert [name for name in EXPORTED if f"`{name}`" not in page] == []
