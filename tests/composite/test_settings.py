"""Settings that are impossible are refused with their line, choices without effect are said; transformations, scales and ranks."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.composite import build, load_spec, panel, sensitivity, spec_from
from armillary.composite.steps.normalise import Normalisation, normalise
from armillary.composite.steps.rank import RankRule
from armillary.composite.steps.transform import Transformation, ends, transform
from armillary.errors import ArmillaryError, DataError, InputError, SpecError

HEAD = """[index]
id = "ix"

[data]
unit = "code"
groups = ["region"]

[[group]]
id = "ix"

[[group]]
id = "p"
parent = "ix"

[[group]]
id = "q"
parent = "ix"

[[indicator]]
id = "a"
parent = "p"

[[indicator]]
id = "b"
parent = "p"

[[indicator]]
id = "c"
parent = "q"
"""
TABLE: dict[str, list[Any]] = {
    "code": ["u1", "u2", "u3", "u4"],
    "region": ["n", "n", "s", "s"],
    "a": [1.0, 2.0, 4.0, 8.0],
    "b": [10.0, 30.0, 20.0, 40.0],
    "c": [5.0, 7.0, 6.0, 9.0],
}


def spec(tmp_path: Path, extra: str = "", **replaced: str) -> Any:
    text = HEAD
    for old, new in replaced.items():
        text = text.replace(f'id = "{old}"\n', f'id = "{old}"\n{new}\n')
    path = tmp_path / "s.toml"
    path.write_text(text + extra)
    return load_spec(path)


@pytest.mark.parametrize(
    ("where", "text", "words"),
    [
        ("a", "weight = nan", "weight .* finite"),
        ("a", "weight = inf", "weight .* finite"),
        ("a", "weight = -1", "weight .* at least 0"),
        ("a", "weight = true", "weight .* number"),
        ("a", "goalposts = [0, inf]", "goalposts .* finite"),
        ("a", "goalposts = [nan, 1]", "goalposts .* finite"),
        ("a", "goalposts = [5, 5]", "goalposts .* different"),
        ("a", "goalposts = [9, 1]\ndirection = 1", "worst to best"),
        ("a", 'goalposts = [0, 9]\nnormalise = "percentile"', "goalposts .* no effect"),
        ("a", "goalposts = [0, 9]\ntarget = 5", "target .* beside goalposts"),
        ("a", 'goalposts = [0, 9]\ntransform = "log"', "goalpost 0 has no"),
        ("a", 'goalposts = [1, 9]\ntransform = { expression = "1/x" }', "does not grow"),
        ("a", 'transform = { expression = "y + 1" }', "unknown name 'y'"),
        ("a", 'transform = { expression = "__import__(1)" }', "calls something else"),
        ("a", 'transform = { expression = "x.real" }', "no arithmetic"),
        ("a", 'transform = { expression = "2" }', "no x"),
        ("a", 'transform = "box-cox"', "needs more"),
        ("a", 'transform = { method = "log", lambda = 2 }', "belongs to 'box-cox'"),
        ("a", 'normalise = "goalposts"', "has none"),
        ("a", 'normalise = "target"', "has none"),
        ("a", "scale = 0", "scale .* above 0"),
        ("a", "scale = -1", "direction = -1"),
        ("a", 'treat = "log"', "transform = 'log'"),
        ("a", 'zeros = "maybe"', "unknown zeros"),
        ("p", 'aggregate = { method = "bod", shares = [0.6, 0.9] }', "shares .* cannot add up"),
        ("p", 'aggregate = { method = "bod", shares = [0.0, 0.4] }', "shares .* cannot add up"),
        ("p", 'aggregate = { method = "bod", shares = [0.5, 1.2] }', "shares .* between 0 and 1"),
        ("p", 'aggregate = { method = "bod", shares = [0.9, 0.1] }', "shares .* least first"),
        ("p", 'aggregate = { min_count = 3 }', "min_count is 3"),
        ("p", 'aggregate = { min_present = 1.5 }', "min_present .* at most 1"),
        ("p", 'aggregate = { method = "geometric", floor = -1 }', "floor .* at least 0"),
        ("", "[normalise]\nhigh = inf", "high .* finite"),
        ("", "[normalise]\nlow = 100\nhigh = 0", "above low"),
        ("", '[normalise]\nmethod = "points"', "need a list"),
        ("", '[normalise]\nwithin = "income"', "grouping"),
        ("", '[rescale]\nhigh = 10', "names no method"),
        ("", "[screen]\nmin_count = 4", "min_count .* 3 indicators"),
        ("", "[screen]\nmax_zeros = 2", "max_zeros .* at most 1"),
        ("", "[treat]\nskew_max = nan", "finite"),
        ("", '[treat]\nmethod = "log"', "log-if-skewed"),
        ("", '[rank]\nties = "best"', "unknown ties"),
        ("", "[weights.years.2020]\na = 0\nb = 0", "weights of 2020"),
        ("", "[weights.years.2020]\nz = 1", "unknown group or indicator"),
        ("", '[[uncertain]]\nfactor = "normalise"\noptions = ["min-max", "goalposts"]', "no indicator has goalposts"),
        ("", '[[uncertain]]\nfactor = "treat.skew_max"\nlow = 2\nhigh = 1', "low first"),
        ("", '[[uncertain]]\nfactor = "treat"\noptions = ["none", "none"]', "twice"),
        ("", '[[uncertain]]\nfactor = "weights"\nlevel = "index"\nspread = 1.5', "at most 1"),
    ],
)  # fmt: skip
def test_impossible_settings_are_refused_with_their_line(tmp_path: Path, where: str, text: str, words: str) -> None:
    extra, replaced = ("", {where: text}) if where else ("\n" + text + "\n", {})
    with pytest.raises(ArmillaryError, match=words) as caught:
        spec(tmp_path, extra, **replaced)
    found = caught.value.where
    assert found is not None and found.rpartition(":")[2].isdigit(), caught.value.line
    line = (tmp_path / "s.toml").read_text().splitlines()[int(found.rpartition(":")[2]) - 1]
    assert line in text.splitlines() or line.split(" ")[0] in ("id", "[data]") or line.startswith("[["), line


def test_weights_that_are_all_nothing_and_blanks_around_names(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="all parts of group 'p' have weight 0"):
        spec(tmp_path, a="weight = 0", b="weight = 0")
    path = tmp_path / "b.toml"
    path.write_text(HEAD.replace('id = "a"', 'id = " a"'))
    with pytest.raises(SpecError, match="blank") as caught:
        load_spec(path)
    assert str(caught.value.where).endswith(":20")
    path.write_text(HEAD.replace('parent = "q"', 'parent = "q "'))
    with pytest.raises(SpecError, match="blank"):
        load_spec(path)


def test_tables_with_two_columns_of_one_name_blanks_and_empty_indicators(tmp_path: Path) -> None:
    s = spec(tmp_path)
    (tmp_path / "t.csv").write_text("code, a ,b,c,a\nu1,1,2,3,4\nu2,2,3,4,5\n")
    from armillary.composite import load_data

    with pytest.raises(InputError, match="column 5 has the same name as column 2: 'a'"):
        load_data(s, path=tmp_path / "t.csv")
    (tmp_path / "t.csv").write_text("code, a ,b,c,region\nu1 ,1,2,3,n\nu2,2,3,4,n\n")
    data = load_data(s, path=tmp_path / "t.csv")
    assert data.units == ("u1", "u2") and data.values.column("a").tolist() == [1, 2]
    (tmp_path / "t.csv").write_text("code,a,b,c,region\nu1,1,NA,3,n\n u1,2,NA,4,n\n")
    with pytest.raises(DataError, match="'u1' appears twice"):
        load_data(s, path=tmp_path / "t.csv")
    with pytest.raises(DataError, match="no unit has a value of indicator 'b'"):
        build(s, {**TABLE, "b": [None] * 4})


def test_other_encodings_sheets_lines_and_decimal_commas(tmp_path: Path) -> None:
    from armillary.composite import load_data

    rows = "code;région;a;b;c\nÉtat;n;1,5;2;3\nu2;n;2;3;4\n"
    (tmp_path / "t.csv").write_bytes(("a title\nand a line\n" + rows).encode("latin-1"))
    base = HEAD.replace('groups = ["region"]', 'encoding = "latin-1"\nskip = 2\ndecimal = ","\ngroups = ["région"]')
    (tmp_path / "s.toml").write_text(base)
    data = load_data(load_spec(tmp_path / "s.toml"), path=tmp_path / "t.csv")
    assert "État" in data.units and 1.5 in data.values.column("a")
    (tmp_path / "s.toml").write_text(base.replace('encoding = "latin-1"\n', ""))
    with pytest.raises(InputError, match=r"not utf-8.*encoding = 'latin-1'"):
        load_data(load_spec(tmp_path / "s.toml"), path=tmp_path / "t.csv")
    (tmp_path / "s.toml").write_text(base.replace('decimal = ","\n', ""))
    with pytest.raises(DataError, match="decimal = ','"):
        load_data(load_spec(tmp_path / "s.toml"), path=tmp_path / "t.csv")
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["nothing"])
    sheet = book.create_sheet("Data")
    for row in [["code", "region", "a", "b", "c"], ["u1", "n", 1, 2, 3], ["u2", "s", 2, 3, 4], [None] * 5]:
        sheet.append(row)
    book.save(tmp_path / "t.xlsx")
    (tmp_path / "s.toml").write_text(HEAD.replace('unit = "code"', 'unit = "code"\nsheet = "data"'))
    assert load_data(load_spec(tmp_path / "s.toml"), path=tmp_path / "t.xlsx").units == ("u1", "u2")
    (tmp_path / "s.toml").write_text(HEAD.replace('unit = "code"', 'unit = "code"\nsheet = "Date"'))
    with pytest.raises(ArmillaryError, match=r"unknown sheet 'Date'\. Did you mean 'Data'"):
        load_data(load_spec(tmp_path / "s.toml"), path=tmp_path / "t.xlsx")


def test_units_can_be_filtered(tmp_path: Path) -> None:
    kept = spec(tmp_path, '\n[data.only]\nregion = "n"\n')
    assert build(kept, TABLE).units == ("u1", "u2")
    dropped = spec(tmp_path, '\n[data.without]\ncode = ["u1"]\n')
    assert build(dropped, TABLE).units == ("u2", "u3", "u4")
    with pytest.raises(ArmillaryError, match="unknown value of 'region'"):
        build(spec(tmp_path, '\n[data.only]\nregion = "x"\n'), TABLE)


@pytest.mark.parametrize(
    ("where", "text", "words"),
    [
        ("*", 'goalposts = [0, 10]|[normalise]\nmethod = "percentile"', "'percentile' applies to no indicator.*goalposts"),
        ("*", 'goalposts = [0, 10]|[normalise]\nmethod = "z"\nz_mean = 3', "z_mean .*no effect"),
        ("", '[treat]\nmethod = "winsorise"', "'winsorise' changed nothing"),
        ("", "[treat]\nskew_max = 1", "skew_max .*no effect"),
        ("", '[treat]\nmethod = "winsorise"\nlog_factor = 3', "log_factor .*no effect"),
        ("", '[impute]\nmethod = "mean"', "'mean' filled nothing"),
        ("", '[impute]\nmax_years = 3', "max_years .*no effect"),
        ("", '[impute]\nmethod = "mean"\ngroup = "region"', "group .*no effect"),
        ("", '[normalise]\nmethod = "z"\nlow = 1', "low .*no effect"),
        ("", '[normalise]\ncap = false', "cap .*no effect"),
        ("", '[aggregate]\nfloor = 1', "floor .*no effect"),
        ("", '[aggregate]\nshares = [0.1, 0.9]', "shares .*no effect"),
        ("", '[aggregate]\nmethod = "geometric"\nby_level.index = "arithmetic"\nby_level.pillar = "arithmetic"', "applies to no group"),
        ("", '[screen]\nwithin = ["p"]', "within .*no effect"),
        ("", '[weights]\nlevels = ["index"]', "levels .*no effect"),
        ("a", 'weight = 3|[weights]\nmethod = "equal"', "weights given to the parts of 'p' have no effect"),
        ("a", 'goalposts = [0, 10]\ntreat = "winsorise-log"', "logarithm .*not taken"),
        ("a", 'series = "X"', "series of a has no effect"),
        ("p", 'weight = 3\naggregate = "bod"|[[indicator]]\nid="d"\nparent="p"\nweight=2', "benefit of the doubt"),
    ],
)  # fmt: skip
def test_choices_without_effect_are_said(tmp_path: Path, where: str, text: str, words: str) -> None:
    own, _, extra = text.partition("|") if where else ("", "", text)
    replaced = dict.fromkeys("abc" if where == "*" else where, own) if where else {}
    result = build(spec(tmp_path, "\n" + extra + "\n", **replaced), {**TABLE, "d": [1.0, 2, 3, 5]})
    import re

    assert any(re.search(words, n) for n in result.meta["notes"]), result.meta["notes"]


def test_a_specification_without_superfluous_choices_has_no_notes(tmp_path: Path) -> None:
    s = spec(tmp_path, '\n[normalise]\nmethod = "min-max"\nlow = 0\nhigh = 10\n[aggregate]\nmethod = "geometric"\nfloor = 0.1\n')
    assert s.notes == ()
    assert [n for n in build(s, TABLE).meta["notes"] if "floor" not in n] == []
    assert any("floor 0.1 stands for" in n for n in build(s, TABLE).meta["notes"])


# --- transformations


def hdi(**more: Any) -> dict[str, Any]:
    return {
        "index": {"id": "hd", "levels": ["index", "dimension"]},
        "data": {"unit": "code"},
        "normalise": {"method": "goalposts", "low": 0, "high": 1},
        "aggregate": {"method": "arithmetic", "by_level": {"index": "geometric"}},
        "group": [{"id": "hd"}, *({"id": d, "parent": "hd"} for d in ("health", "education", "income"))],
        "indicator": [
            {"id": "le", "parent": "health", "goalposts": [20, 85]},
            {"id": "eys", "parent": "education", "goalposts": [0, 18]},
            {"id": "mys", "parent": "education", "goalposts": [0, 15]},
            {"id": "gni", "parent": "income", "goalposts": [100, 75000], "transform": "log"},
        ],
        **more,
    }


HD = {
    "code": ["AAA", "BBB", "CCC", "DDD"],
    "le": [83.0, 53, 70, 62],
    "eys": [18.0, 8, 12, 9],
    "mys": [13.0, 2, 8, 5],
    "gni": [60000.0, 1400, 75000, 100],
}


def test_a_plain_logarithm_takes_the_goalposts_along() -> None:
    result = build(spec_from(hdi()), HD)
    income = dict(zip(result.units, result.score("gni"), strict=True))
    assert income == pytest.approx({"AAA": 0.9663, "BBB": 0.3987, "CCC": 1.0, "DDD": 0.0}, abs=1e-4)
    score = dict(zip(result.units, result.score("hd"), strict=True))
    assert score["BBB"] == pytest.approx(0.3881, abs=1e-4) and score["AAA"] == pytest.approx(0.9561, abs=1e-4)
    assert score["DDD"] == 0  # an income index of nothing: a geometric mean without a floor
    assert "ln(x)" in result.meta["method"] and result.stage("transformed").column("gni")[0] == pytest.approx(math.log(60000))


def test_every_transformation_and_its_goalposts() -> None:
    x = np.array([1.0, 4.0, 100.0, np.nan])
    cases = {
        Transformation("log", offset=1): np.log(x + 1),
        Transformation("log10"): np.log10(x),
        Transformation("root", degree=2): np.sqrt(x),
        Transformation("box-cox", power=0.5): (np.sqrt(x) - 1) / 0.5,
        Transformation("box-cox", power=0): np.log(x),
        Transformation("expression", expression="sqrt(x) + x^2 / max(x, 2)"): np.sqrt(x) + x**2 / np.maximum(x, 2),
    }
    for how, wanted in cases.items():
        assert transform(x, how) == pytest.approx(wanted, nan_ok=True)
        low, high = ends((1.0, 100.0), how)
        scaled = normalise(transform(x, how), 1, Normalisation("goalposts", goalposts=(low, high)))
        assert scaled[0] == 0 and scaled[2] == 100 and 0 < scaled[1] < 100
    tree = {
        "index": {"id": "x"},
        "data": {"unit": "code"},
        "group": [{"id": "x"}],
        "indicator": [{"id": "a", "parent": "x", "transform": "log"}],
    }
    with pytest.raises(DataError, match="ln\\(x\\) of 0 of unit 'u2' does not exist"):
        build(spec_from(tree), {"code": ["u1", "u2"], "a": [1.0, 0.0]})


@given(st.lists(st.floats(1, 1e6), min_size=3, max_size=8, unique=True), st.sampled_from(["log", "root", "log10"]))
def test_a_transformation_with_goalposts_equals_one_done_outside(values: list[float], method: str) -> None:
    how = Transformation(method)
    tree = {"index": {"id": "x"}, "data": {"unit": "code"}, "group": [{"id": "x"}]}
    table = {"code": [f"u{i}" for i in range(len(values))], "a": values}
    inside = {**tree, "indicator": [{"id": "a", "parent": "x", "goalposts": [2, 5e5], "transform": method}]}
    outside = {**tree, "indicator": [{"id": "a", "parent": "x", "goalposts": [float(v) for v in transform(np.array([2, 5e5]), how)]}]}
    prepared = {**table, "a": transform(np.array(values), how)}
    assert build(spec_from(inside), table).score("x") == pytest.approx(build(spec_from(outside), prepared).score("x"))


def test_goalposts_stand_in_the_order_worst_best(tmp_path: Path) -> None:
    down = build(spec(tmp_path, a="goalposts = [10, 0]"), TABLE)
    same = build(spec(tmp_path, a="goalposts = [0, 10]\ndirection = -1"), TABLE)
    assert down.score("ix").tolist() == same.score("ix").tolist() and down.spec.indicators[0].direction == -1
    assert down.score("a").tolist() == [90, 80, 60, 20]


def test_scaling_reaches_goalposts_in_sensitivity_and_idle_factors_are_named() -> None:
    values = hdi(
        uncertain=[
            {"factor": "normalise", "options": ["goalposts", "min-max", "percentile"]},
            {"factor": "impute", "options": ["none", "mean"]},
        ]
    )
    rng = np.random.default_rng(0)
    n = 25
    table = {
        "code": [f"u{i}" for i in range(n)],
        "le": rng.uniform(50, 84, n),
        "eys": rng.uniform(6, 18, n),
        "mys": rng.uniform(2, 14, n),
        "gni": np.exp(rng.uniform(6.5, 11, n)),
    }
    done = sensitivity(spec_from(values), table, draws=60, sobol=32)
    assert done.idle == ("impute",)
    assert done.indices is not None and done.indices.mean_shift["normalise"][0] > 0
    assert np.nanmax(done.indices.total[0]) > 0.5


# --- best = 100, targets, points, ranks


def test_scores_of_which_the_best_is_100() -> None:
    tree = {
        "index": {"id": "x"},
        "data": {"unit": "code"},
        "normalise": {"method": "none"},
        "rescale": {"method": "best"},
        "group": [{"id": "x"}],
        "indicator": [{"id": "a", "parent": "x"}, {"id": "b", "parent": "x"}],
    }
    result = build(spec_from(tree), {"code": ["U1", "U2", "U3"], "a": [90.0, 60, 30], "b": [70.0, 60, 50]})
    assert result.score("x").tolist() == [100, 75, 50]
    assert result.contributions().values.sum(axis=1) == pytest.approx([100, 75, 50]) and "rescaled: best" in result.meta["method"]
    by_indicator = {**tree, "normalise": {"method": "best"}}
    again = build(spec_from(by_indicator), {"code": ["U1", "U2", "U3"], "a": [90.0, 60, 30], "b": [70.0, 60, 50]})
    assert again.score("a") == pytest.approx([100, 200 / 3, 100 / 3])


def test_best_within_a_group_and_over_a_panel(tmp_path: Path) -> None:
    result = build(spec(tmp_path, '\n[normalise]\nmethod = "best"\nwithin = "region"\n'), TABLE)
    assert result.score("a").tolist() == [50, 100, 50, 100]
    less = build(spec(tmp_path, '\n[normalise]\nmethod = "best"\n', a="direction = -1"), TABLE)
    assert less.score("a").tolist() == [100, 50, 25, 12.5]
    tree = {"index": {"id": "x"}, "data": {"unit": "u", "time": "y"}, "normalise": {"method": "best"}, "group": [{"id": "x"}]}
    years = panel(
        spec_from({**tree, "indicator": [{"id": "a", "parent": "x"}]}), {"u": ["p", "q"] * 2, "y": [1, 1, 2, 2], "a": [1.0, 5, 4, 10]}
    )
    assert [r.score("x").tolist() for r in years.results] == [[10, 50], [40, 100]]
    with pytest.raises(DataError, match="at least 0"):
        build(spec(tmp_path, '\n[normalise]\nmethod = "best"\n'), {**TABLE, "a": [-1.0, 2, 3, 4]})


def test_percentage_of_a_target_and_points_of_places() -> None:
    x = np.array([[5.0, 10, 20, 20, np.nan]])
    part = Normalisation("percent-of-target", target=20.0)
    assert normalise(x, 1, part)[0, :4].tolist() == [25, 50, 100, 100]
    assert normalise(x, 1, Normalisation("percent-of-target", target=10.0, cap=False))[0, 2] == 200
    assert normalise(x, -1, Normalisation("percent-of-target", target=10.0))[0, :4].tolist() == [100, 100, 50, 50]
    points = Normalisation("points", points=(10.0, 6.0, 1.0))
    got = normalise(x, 1, points)[0]
    assert got[:4].tolist() == [0, 1, 8, 8] and np.isnan(got[4])


def test_ranks_on_rounded_scores_and_tie_rules(tmp_path: Path) -> None:
    x = np.array([5.04, 5.01, 4.0, 3.0])
    assert RankRule().of(x).tolist() == [1, 2, 3, 4]
    assert RankRule(decimals=1).of(x).tolist() == [1, 1, 3, 4]
    assert RankRule(decimals=1, ties="max").of(x).tolist() == [2, 2, 3, 4]
    assert RankRule(decimals=1, ties="average").of(x).tolist() == [1.5, 1.5, 3, 4]
    assert RankRule(decimals=1, ties="dense").of(x).tolist() == [1, 1, 2, 3]
    result = build(spec(tmp_path, '\n[rank]\ndecimals = 0\nties = "average"\n[normalise]\nlow = 0\nhigh = 1\n'), TABLE)
    assert result.table().column("rank").to_pylist() == [1.0, 3.0, 3.0, 3.0]


def test_a_minimum_of_indicators_and_zeros(tmp_path: Path) -> None:
    table = {**TABLE, "a": [None, 2.0, 4.0, 8.0], "b": [0.0, 30.0, 0.0, 40.0]}
    counted = build(spec(tmp_path, "\n[aggregate]\nmin_count = 1\n", p="aggregate = { min_count = 2 }"), table)
    assert np.isnan(counted.score("p")).tolist() == [True, False, False, False]
    screened = build(spec(tmp_path, "\n[screen]\nmin_count = 3\n"), table)
    assert screened.units == ("u2", "u3", "u4")
    zeros = build(spec(tmp_path, "\n[screen]\nmax_zeros = 0.4\n"), table)
    assert zeros.units == ("u2", "u3", "u4")
    gone = build(spec(tmp_path, b='zeros = "missing"'), table)
    assert any("2 zeros of 'b' are taken as missing" in n for n in gone.warnings) and np.isnan(gone.score("b")[[0, 2]]).all()
    many = {"code": [f"u{i}" for i in range(12)], "region": ["n"] * 12, "a": [0.0] * 4 + [*range(1, 9)], "b": range(12), "c": range(12)}
    asked = build(spec(tmp_path), {k: list(v) for k, v in many.items()})
    assert any("4 of 12 values of 'a' are 0" in n for n in asked.warnings)
    assert not any(
        "values of 'a'" in n for n in build(spec(tmp_path, a='zeros = "values"'), {k: list(v) for k, v in many.items()}).warnings
    )


def test_weights_of_a_year() -> None:
    tree = {
        "index": {"id": "x"},
        "data": {"unit": "u", "time": "y"},
        "normalise": {"method": "none"},
        "weights": {"years": {"2001": {"a": 3}}},
        "group": [{"id": "x"}],
        "indicator": [{"id": "a", "parent": "x"}, {"id": "b", "parent": "x"}],
    }
    table = {"u": ["p", "q"] * 2, "y": [2000, 2000, 2001, 2001], "a": [8.0, 0, 8, 0], "b": [0.0, 4, 0, 4]}
    scores = [build(spec_from(tree), table, year=y).score("x").tolist() for y in (2000, 2001)]
    assert scores == [[4, 2], [6, 1]]


def test_carried_values_are_counted_and_marked() -> None:
    tree = {
        "index": {"id": "x"},
        "data": {"unit": "u", "time": "y"},
        "impute": {"method": "locf"},
        "group": [{"id": "x"}],
        "indicator": [{"id": "a", "parent": "x"}, {"id": "b", "parent": "x"}],
    }
    table = {"u": ["p", "q", "r"] * 2, "y": [1] * 3 + [2] * 3, "a": [1.0, 2, 3, None, 3, 5], "b": [1.0, 2, 3, 4, 5, 6]}
    result = build(spec_from(tree), table, year=2)
    assert result.step("impute").done["n"] == 1 and result.is_imputed().tolist() == [[True, False], [False, False], [False, False]]
    assert result.explain("p").column("is_imputed").to_pylist() == [True, False]
    assert {r["unit_id"]: r["count"] for r in result.table().to_pylist()} == {"p": 1, "q": 2, "r": 2}
