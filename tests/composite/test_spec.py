"""Specifications: every mistake is named with its line; the demo index shows every kind of rule; another tree needs no code."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.composite import build, load_data, load_spec, panel, rebuild, spec_from, verify
from armillary.composite.lines import line_index
from armillary.composite.named import names, registered
from armillary.errors import ArmillaryError, DataError, SpecError, UnknownNameError, UsageError

GOOD = """[index]
id = "x"

[data]
unit = "code"
groups = ["income"]

[[group]]
id = "all"

[[group]]
id = "a"
parent = "all"

[[group]]
id = "b"
parent = "all"

[[indicator]]
id = "p"
parent = "a"

[[indicator]]
id = "q"
parent = "b"
direction = -1
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "spec.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('direction = -1', 'direction = 2', 26, "must be 1"),
        ('direction = -1', 'wieght = 2', 26, "Did you mean 'weight'"),
        ('direction = -1', 'weight = "much"', 26, "must be a number"),
        ('direction = -1', 'weight = -1', 26, "at least 0"),
        ('direction = -1', 'goalposts = [3]', 26, "two numbers"),
        ('direction = -1', 'treat = "winsorize"', 26, "Did you mean 'winsorise'"),
        ('id = "q"\nparent = "b"', 'id = "q"\nparent = "c"', 25, "unknown parent 'c'"),
        ('id = "q"', 'id = "p"', 24, "defined twice"),
        ('id = "a"\nparent = "all"', 'id = "a"', 12, "is the index already"),
        ('id = "b"\nparent = "all"', 'id = "b"\nparent = "b"', 17, "its own ancestor"),
        ('groups = ["income"]', 'groups = [1]', 6, "list of names"),
        ('id = "x"', 'name = "x"', 1, "has no 'id'"),
        ('[data]', '[date]', 4, "unknown key in the file 'date'"),
        ('[data]', '[aggregate]\nmethod = "mean"\n[data]', 5, "unknown method"),
        ('[data]', '[aggregate.by_level]\npilar = "geometric"\n[data]', 5, "Did you mean 'pillar'"),
        ('[data]', '[screen]\nmin_coverage = 66\n[data]', 5, "at most 1"),
        ('[data]', '[screen]\nwithin = ["input"]\n[data]', 5, "unknown level or group"),
        ('[data]', '[impute]\nmethod = "group-mean"\n[data]', 5, "needs a grouping"),
        ('[data]', '[normalise]\nlow = 5\nhigh = 5\n[data]', 6, "must be above low"),
        ('[data]', '[[uncertain]]\nfactor = "weigths"\n[data]', 5, "Did you mean 'weights'"),
        ('[data]', '[[uncertain]]\nfactor = "normalise"\noptions = ["min-max", "zz"]\n[data]', 6, "unknown option"),
        ('id = "x"', 'id = "x', 2, "not valid TOML"),
        ('id = "x"', 'id = "x"\nlevels = ["index", "pillar", "more"]', 3, "names 3"),
    ],
)  # fmt: skip
def test_mistakes_point_at_their_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    with pytest.raises(ArmillaryError, match=words) as caught:
        load_spec(written(tmp_path, GOOD.replace(old, new, 1)))
    assert caught.value.where is not None and caught.value.where.endswith(f"spec.toml:{line}"), caught.value.line


def test_line_index_survives_odd_layouts() -> None:
    text = 'a = """\n[not a table]\nb = 1\n"""\n["quoted.name"]\n  x.y = 1 # c\n[[t]]\nk=1\n[[t]]\nk=2\n[t.sub]\nz=3\n'
    lines = line_index(text)
    assert lines[("a",)] == 1 and ("b",) not in lines
    assert lines[("quoted.name", "x", "y")] == 6
    assert lines[("t", 0, "k")] == 8 and lines[("t", 1, "k")] == 10 and lines[("t", 1, "sub", "z")] == 12


def test_digest_is_of_the_rules_not_of_the_place(tmp_path: Path) -> None:
    a = load_spec(written(tmp_path, GOOD))
    (tmp_path / "b").mkdir()
    b = load_spec(written(tmp_path / "b", "# a remark\n" + GOOD))
    assert a.digest == b.digest != load_spec(written(tmp_path, GOOD.replace("direction = -1", "direction = 1"))).digest


def test_data_mistakes_name_row_and_column() -> None:
    spec = spec_from(
        {
            "index": {"id": "x"},
            "data": {"unit": "code"},
            "group": [{"id": "all"}],
            "indicator": [{"id": "p", "parent": "all"}, {"id": "q", "parent": "all"}],
        }
    )
    good = {"code": ["a", "b", "c"], "p": ["1", "2", ".."], "q": [1.0, 2.0, 5.0]}
    assert np.isnan(load_data(spec, good).values.values[2, 0])
    with pytest.raises(DataError, match="row 3, column 'p': '2,5' is not a number"):
        load_data(spec, good | {"p": ["1", "2,5", ""]})
    with pytest.raises(DataError, match="'a' appears twice"):
        load_data(spec, good | {"code": ["a", "a", "c"]})
    with pytest.raises(UnknownNameError, match="unknown column 'q'"):
        load_data(spec, {"code": ["a"], "p": [1.0]})
    with pytest.raises(DataError, match="the same for all units"):
        build(spec, good | {"q": [3.0, 3.0, 3.0]})
    with pytest.raises(DataError, match="infinite"):
        build(spec, good | {"q": [3.0, float("inf"), 3.0]})


def test_tidy_and_wide_data_give_the_same_index() -> None:
    tree = {"index": {"id": "x"}, "group": [{"id": "all"}], "indicator": [{"id": "p", "parent": "all"}, {"id": "q", "parent": "all"}]}
    wide = build(spec_from(tree | {"data": {"unit": "code"}}), {"code": ["a", "b", "c"], "p": [1, 2, 4], "q": [3.0, None, 1]})
    tidy = pa.table({"code": ["a", "b", "c", "a", "c"], "indicator": ["p", "p", "p", "q", "q"], "value": [1.0, 2, 4, 3, 1]})
    assert build(spec_from(tree | {"data": {"unit": "code", "layout": "tidy"}}), tidy).table().equals(wide.table())
    with pytest.raises(DataError, match="second value"):
        build(spec_from(tree | {"data": {"unit": "code", "layout": "tidy"}}), pa.concat_tables([tidy, tidy]))


def test_demo_index() -> None:
    assert {"demo", "gii-pillars"} <= set(names())
    result = build(load_spec(registered("demo")))
    table = result.table()
    assert table.column_names[:6] == ["rank", "unit_id", "name", "value", "count", "coverage"]
    ranks = table.column("rank").to_pylist()
    assert ranks == sorted(ranks) and len(ranks) == 38
    assert rebuild(result).digest == result.digest and rebuild(result).table().equals(table)
    assert any("not ranked" in w for w in result.warnings)
    with pytest.raises(UsageError, match=r"is not ranked: .*needed"):
        result.explain("GLN")
    with pytest.raises(UnknownNameError):
        result.explain("Nowhere")
    assert result.table("people").num_rows == 38 and result.table("films").num_rows > 30
    with pytest.raises(UsageError, match="4 groups"):
        result.table("pillar")


def test_contributions_add_up_to_the_score() -> None:
    result = build(load_spec(registered("demo")))
    assert np.allclose(result.contributions().values.sum(axis=1), result.score("index"), atol=1e-10)
    u = result.units[5]
    assert math.isclose(sum(result.explain(u).column("contribution").to_pylist()), result.score("index")[5], abs_tol=1e-10)
    assert math.isclose(sum(result.spec.effective_weights().values()), 1) and math.isclose(sum(result.nominal().values()), 1)


def test_explain_marks_strengths_and_the_group() -> None:
    result = build(load_spec(registered("demo")))
    rows = result.explain("Bremere", group="income").to_pylist()
    assert [r["indicator"] for r in rows] == [i.id for i in result.spec.indicators]
    assert sum(r["is_strength"] for r in rows) >= 3 and not any(r["is_strength"] and r["is_weakness"] for r in rows)
    assert all((r["normalised"] is None) == r["is_missing"] for r in rows)
    assert all(r["group_mean"] is not None for r in rows)


def test_another_index_with_goalposts_geometric_means_and_its_own_tree() -> None:
    """Three dimensions, four indicators with goalposts, education the mean of two, the index their geometric mean: worked by hand."""
    spec = spec_from(
        {
            "index": {"id": "hd", "levels": ["index", "dimension"]},
            "data": {"unit": "code"},
            "normalise": {"low": 0, "high": 1},
            "aggregate": {"floor": 1e-6, "by_level": {"index": "geometric"}},
            "group": [
                {"id": "hd"},
                {"id": "health", "parent": "hd"},
                {"id": "education", "parent": "hd"},
                {"id": "income", "parent": "hd"},
            ],
            "indicator": [
                {"id": "life", "parent": "health", "goalposts": [20, 85]},
                {"id": "expected", "parent": "education", "goalposts": [0, 18]},
                {"id": "mean", "parent": "education", "goalposts": [0, 15]},
                {"id": "log_income", "parent": "income", "goalposts": [2, 5]},
            ],
        }
    )
    result = build(spec, {"code": ["a", "b"], "life": [85.0, 52.5], "expected": [20.0, 9.0], "mean": [15.0, 3.0], "log_income": [4.4, 3.5]})
    assert math.isclose(result.score("hd")[0], (1 * 1 * 0.8) ** (1 / 3), abs_tol=1e-12)
    assert math.isclose(result.score("hd")[1], (0.5 * 0.35 * 0.5) ** (1 / 3), abs_tol=1e-12)
    with pytest.raises(UsageError, match="geometric"):
        result.contributions()
    assert result.explain("a").column("contribution").null_count == 4


def test_verify_finds_a_planted_error_in_any_table() -> None:
    """Another tree, geometric means, three decimals; the error is found, and what would mend it is named."""
    rng = np.random.default_rng(4)
    spec = spec_from(
        {
            "index": {"id": "v"},
            "data": {"unit": "who", "rank": "place"},
            "aggregate": {"by_level": {"index": "geometric"}},
            "group": [{"id": "Total"}, {"id": "H", "parent": "Total", "weight": 2}, {"id": "M", "parent": "Total"}],
            "indicator": [{"id": c, "parent": "H" if c < "c" else "M", "weight": 1 + (c == "a")} for c in "abcd"],
        }
    )
    x = {c: rng.uniform(10, 90, 60) for c in "abcd"}
    h, m = (2 * x["a"] + x["b"]) / 3, (x["c"] + x["d"]) / 2
    total = (h**2 * m) ** (1 / 3)
    place = (-total).argsort().argsort() + 1
    shown = {c: [f"{v:.3f}" for v in values] for c, values in (x | {"Total": total}).items()}
    table = {"who": [f"u{i}" for i in range(60)], **shown, "place": [str(p) for p in place]}
    clean = verify(spec, table)
    assert clean.is_clean and (clean.checked, clean.followed, clean.ranks_checked) == (60, 60, 60) and clean.half_units["Total"] == 0.0005
    wrong = {k: list(v) for k, v in table.items()}
    wrong["b"][7] = f"{x['b'][7] + 5:.3f}"
    wrong["place"][9] = "60" if place[9] != 60 else "1"
    wrong["who"][11] = "u10"
    found = verify(spec, wrong).findings
    assert [(f.kind, f.unit) for f in found if f.kind != "rank"] == [("total", "u7"), ("twice", "u10")]
    assert "u9" in {f.unit for f in found if f.kind == "rank"}
    bad = next(f for f in found if f.kind == "total")
    assert bad.row == 9 and bad.needed is not None and "it would follow if" in bad.text


@given(st.integers(0, 2**32 - 1), st.sampled_from(["arithmetic", "geometric", "median"]))
def test_verify_never_complains_about_honest_rounding(seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    spec = spec_from(
        {
            "index": {"id": "v"},
            "data": {"unit": "u"},
            "aggregate": {"method": method},
            "group": [{"id": "T"}],
            "indicator": [
                {"id": c, "parent": "T", "weight": float(w)} for c, w in zip("abc", rng.uniform(0.5, 2, 3).round(2), strict=True)
            ],
        }
    )
    x = rng.uniform(1, 99, (3, 8))
    names_ = [f"u{i}" for i in range(8)]
    data = {"u": names_, **{c: x[i] for i, c in enumerate("abc")}}
    exact = build(spec_from({**_plain(spec), "normalise": {"method": "none"}}), data).score("T")
    table = {"u": names_, **{c: [f"{v:.1f}" for v in x[i]] for i, c in enumerate("abc")}, "T": [f"{v:.1f}" for v in exact]}
    assert verify(spec, table, decimals=1).is_clean


def _plain(spec) -> dict:  # type: ignore[no-untyped-def]
    return {
        "index": {"id": "v"},
        "data": {"unit": "u"},
        "aggregate": {"method": spec.aggregation.method},
        "group": [{"id": "T"}],
        "indicator": [{"id": i.id, "parent": "T", "weight": i.weight} for i in spec.indicators],
    }


def panel_table() -> dict[str, list[object]]:
    return {
        "code": ["a", "b", "c"] * 3,
        "year": [2020] * 3 + [2021] * 3 + [2022] * 3,
        "p": [1.0, 2, 3, 2, 3, 4, None, 5, 9],
        "q": [5.0, 6, 7, None, 6, 7, None, 6, 8],
    }


def test_panel_pooled_scores_can_be_compared() -> None:
    tree = {
        "index": {"id": "x"},
        "data": {"unit": "code", "time": "year"},
        "group": [{"id": "all"}],
        "indicator": [{"id": "p", "parent": "all"}, {"id": "q", "parent": "all"}],
    }
    done = panel(spec_from(tree), panel_table())
    assert [r.data.year for r in done.results] == [2020, 2021, 2022]
    assert done.results[0].stage("normalised").values[0].tolist() == [0.0, 0.0] and done.results[2].score("all")[2] == 100
    alone = panel(spec_from(tree), panel_table(), pooled=False)
    assert alone.results[0].score("all").max() == 100
    with pytest.raises(DataError, match="3 years"):
        build(spec_from(tree), panel_table())


def test_panel_carries_the_last_observation_forward() -> None:
    tree = {
        "index": {"id": "x"},
        "data": {"unit": "code", "time": "year"},
        "impute": {"method": "locf", "max_years": 1},
        "group": [{"id": "all"}],
        "indicator": [{"id": "p", "parent": "all"}, {"id": "q", "parent": "all"}],
    }
    result = build(spec_from(tree), panel_table(), year=2022)
    values = dict(zip(result.units, result.stage("raw").values.tolist(), strict=True))
    assert values["a"][0] == 2 and math.isnan(values["a"][1])  # q of 2020 is two years old
    assert any("carried forward" in w for w in result.warnings)


def test_weights_from_data() -> None:
    base = {
        "index": {"id": "x"},
        "data": {"unit": "code"},
        "group": [{"id": "all"}],
        "indicator": [{"id": c, "parent": "all"} for c in "pqr"],
    }
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 3))
    x[:, 1] += 2 * x[:, 0]
    table = {"code": [f"u{i}" for i in range(30)], **{c: x[:, j] for j, c in enumerate("pqr")}}
    given = build(spec_from(base), table)
    found = {m: build(spec_from(base | {"weights": {"method": m}}), table).weights["all"] for m in ("pca", "equal", "correlation")}
    assert found["equal"] == {"p": 1, "q": 1, "r": 1} and found["pca"]["r"] < found["pca"]["p"]
    result = build(spec_from(base | {"weights": {"method": "correlation"}}), table)
    r = [np.corrcoef(result.score(c), result.score("all"))[0, 1] for c in "pqr"]
    assert max(r) - min(r) < 1e-3 < np.ptp([np.corrcoef(given.score(c), given.score("all"))[0, 1] for c in "pqr"])
    bod = build(spec_from(base | {"aggregate": {"method": "bod"}}), table)
    assert (bod.score("all") <= 100 + 1e-6).all() and (bod.score("all") >= given.score("all") - 1e-9).all()


def test_spec_error_without_a_file_still_says_what() -> None:
    with pytest.raises(SpecError, match="no \\[\\[indicator\\]\\]"):
        spec_from({"index": {"id": "x"}})


def test_the_same_table_in_four_formats(tmp_path: Path) -> None:
    import openpyxl
    import pyarrow.parquet as pq

    rows = [["code", "p", "q"], ["a", 1.5, 3], ["b", 2, None], ["c", 4, 1]]
    (tmp_path / "t.csv").write_text("\n".join(",".join("" if c is None else str(c) for c in r) for r in rows) + "\n")
    (tmp_path / "t.tsv").write_text("\n".join("\t".join("" if c is None else str(c) for c in r) for r in rows) + "\n")
    table = pa.table({n: [r[i] for r in rows[1:]] for i, n in enumerate(rows[0])})
    pq.write_table(table, tmp_path / "t.parquet")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    spec = spec_from(
        {
            "index": {"id": "x"},
            "data": {"unit": "code"},
            "group": [{"id": "all"}],
            "indicator": [{"id": "p", "parent": "all"}, {"id": "q", "parent": "all"}],
        }
    )
    digests = {build(spec, load_data(spec, path=tmp_path / f"t.{k}")).digest for k in ("csv", "tsv", "parquet", "xlsx")}
    assert digests == {build(spec, table).digest, build(spec, table.to_pandas()).digest} and len(digests) == 1
    for kind in ("csv", "parquet", "xlsx"):
        with pytest.raises(ArmillaryError, match="no such file"):
            load_data(spec, path=tmp_path / f"none.{kind}")


raw = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000)), min_size=4, max_size=12, unique_by=(
    lambda t: t[0], lambda t: t[1], lambda t: t[2]))  # fmt: skip


def three(treat: str = "none", scale: float = 1.0, norm: str = "min-max") -> dict:  # type: ignore[type-arg]
    return {
        "index": {"id": "x"}, "data": {"unit": "u"}, "treat": {"method": treat}, "normalise": {"method": norm},
        "group": [{"id": "T"}, {"id": "a", "parent": "T"}, {"id": "b", "parent": "T", "weight": 2}],
        "indicator": [{"id": "p", "parent": "a", "scale": scale}, {"id": "q", "parent": "a", "direction": -1}, {"id": "r", "parent": "b"}],
    }  # fmt: skip


def columns_of(rows: list[tuple[int, int, int]]) -> dict[str, list[object]]:
    return {"u": [f"u{i:02d}" for i in range(len(rows))], **{c: [float(r[j]) for r in rows] for j, c in enumerate("pqr")}}


@given(raw, st.sampled_from(["none", "winsorise"]), st.floats(0.001, 1000))
def test_index_is_bounded_and_does_not_depend_on_units_of_measure(rows: list[tuple[int, int, int]], treat: str, scale: float) -> None:
    score = build(spec_from(three(treat)), columns_of(rows)).score("T")
    assert ((score >= 0) & (score <= 100 + 1e-9)).all()
    assert np.allclose(build(spec_from(three(treat, scale)), columns_of(rows)).score("T"), score, atol=1e-8)


@given(raw, st.integers(0, 3), st.integers(1, 500), st.sampled_from(["min-max", "percentile"]))
def test_index_is_monotone_in_what_a_unit_does(rows: list[tuple[int, int, int]], who: int, step: int, norm: str) -> None:
    """A better value of a good indicator, or a lower one of a bad indicator, never lowers the unit's own score."""
    before = build(spec_from(three(norm=norm)), columns_of(rows)).score("T")[who]
    better = [(p + step, q, r) if i == who else (p, q, r) for i, (p, q, r) in enumerate(rows)]
    lower = [(p, q - step, r) if i == who else (p, q, r) for i, (p, q, r) in enumerate(rows)]
    for changed in (better, lower):
        assert build(spec_from(three(norm=norm)), columns_of(changed)).score("T")[who] >= before - 1e-9


@pytest.mark.parametrize("after", ["denominate", "treat", "normalise"])
def test_imputation_at_each_place(after: str) -> None:
    rows = {"u": list("abcd"), "g": ["x", "x", "y", "y"], "p": [1.0, None, 3.0, 9.0], "q": [1.0, 2.0, 3.0, 4.0]}
    spec = spec_from({"index": {"id": "x"}, "data": {"unit": "u", "groups": ["g"]},
                      "impute": {"method": "group-mean", "group": "g", "after": after},
                      "group": [{"id": "T"}], "indicator": [{"id": "p", "parent": "T"}, {"id": "q", "parent": "T"}]})  # fmt: skip
    result = build(spec, rows)
    assert np.isnan(result.stage("treated").column("p")[1]) == (after == "normalise")
    assert result.stage("normalised").column("p")[1] == 0.0  # its group holds the lowest value alone
    assert result.table().column("coverage").to_pylist().count(0.5) == 1  # counted before imputation


def test_a_tree_of_uneven_depth() -> None:
    spec = spec_from({
        "index": {"id": "x"}, "data": {"unit": "u"}, "normalise": {"method": "none"},
        "group": [{"id": "T"}, {"id": "deep", "parent": "T"}, {"id": "deeper", "parent": "deep"}, {"id": "flat", "parent": "T"}],
        "indicator": [{"id": "p", "parent": "deeper"}, {"id": "q", "parent": "deep"}, {"id": "r", "parent": "flat"},
                      {"id": "s", "parent": "T", "weight": 2}],
    })  # fmt: skip
    result = build(spec, {"u": ["a", "b"], "p": [10.0, 0], "q": [20.0, 0], "r": [30.0, 0], "s": [40.0, 0]})
    assert result.score("deep")[0] == 15 and result.score("T")[0] == (15 + 30 + 2 * 40) / 4
    assert spec.level_of("deeper") == "pillar" and spec.effective_weights() == {"p": 0.125, "q": 0.125, "r": 0.25, "s": 0.5}
    assert result.contributions().values.sum(axis=1).tolist() == result.score("T").tolist()
    assert spec.without({"p"}).levels == ("index", "pillar") or len(spec.without({"p"}).groups) == 3
