"""Verification applies the whole specification: an index that was built by it and rounded follows; errors are found and named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.composite import build, spec_from, verify
from armillary.composite.slips import slips
from armillary.errors import ArmillaryError, DataError

N = 30
TREE: dict[str, Any] = {
    "index": {"id": "T"},
    "data": {"unit": "u", "groups": ["region"], "rank": "place"},
    "group": [{"id": "T"}, {"id": "P", "parent": "T", "weight": 2}, {"id": "Q", "parent": "T"}],
    "indicator": [
        {"id": "a", "parent": "P"},
        {"id": "b", "parent": "P", "weight": 3},
        {"id": "c", "parent": "Q", "direction": -1},
        {"id": "d", "parent": "Q"},
    ],
}
RULES: dict[str, dict[str, Any]] = {
    "none": {"normalise": {"method": "none"}},
    "min-max": {"normalise": {"method": "min-max"}},
    "min-max 1 to 7": {"normalise": {"method": "min-max", "low": 1, "high": 7}},
    "z": {"normalise": {"method": "z", "z_mean": 50, "z_sd": 10}},
    "rank": {"normalise": {"method": "rank"}},
    "percentile": {"normalise": {"method": "percentile"}},
    "borda": {"normalise": {"method": "borda"}},
    "best": {"normalise": {"method": "best"}},
    "best within": {"normalise": {"method": "best", "within": "region"}},
    "goalposts": {"normalise": {"method": "goalposts", "goalposts": [5, 90]}},
    "points": {"normalise": {"method": "points", "points": [25, 18, 15, 12, 10, 8, 6, 4, 2, 1]}},
    "rescaled": {"normalise": {"method": "none"}, "rescale": {"method": "best"}},
    "rescaled min-max": {"normalise": {"method": "z"}, "rescale": {"method": "min-max", "levels": ["index", "pillar"]}},
    "log": {"normalise": {"method": "min-max"}, "transform": {"method": "log"}},
    "root": {"normalise": {"method": "goalposts", "goalposts": [1, 100]}, "transform": {"method": "root"}},
    "geometric": {"normalise": {"method": "goalposts", "goalposts": [0, 120], "low": 0, "high": 1}, "aggregate": {"method": "geometric"}},
    "harmonic": {"normalise": {"method": "none"}, "aggregate": {"method": "harmonic"}},
    "median": {"normalise": {"method": "min-max"}, "aggregate": {"method": "median"}},
    "copeland": {"normalise": {"method": "none"}, "aggregate": {"method": "copeland"}},
    "winsorised": {"normalise": {"method": "min-max"}, "treat": {"method": "winsorise", "skew_max": 1, "kurt_max": 1}},
    "group mean": {"normalise": {"method": "min-max"}, "impute": {"method": "group-mean", "group": "region"}},
    "median after": {"normalise": {"method": "min-max"}, "impute": {"method": "median", "after": "normalise"}},
    "left out": {"normalise": {"method": "min-max"}, "aggregate": {"min_present": 0.5}},
    "equal": {"normalise": {"method": "min-max"}, "weights": {"method": "equal"}},
    "coverage": {"normalise": {"method": "min-max"}, "screen": {"min_coverage": 0.9}},
    "em": {"normalise": {"method": "min-max"}, "impute": {"method": "em"}},
    "pca": {"normalise": {"method": "min-max"}, "weights": {"method": "pca"}},
    "equal at the top": {"normalise": {"method": "min-max"}, "weights": {"method": "equal", "levels": ["index"]}},
    "bod": {"normalise": {"method": "goalposts", "goalposts": [0, 120]}, "aggregate": {"by_level": {"index": "bod"}}},
    "bod with shares": {"normalise": {"method": "goalposts", "goalposts": [0, 120]}, "aggregate": {"method": "bod", "shares": [0.2, 0.8]}},
    "logged": {"normalise": {"method": "min-max"}, "treat": {"method": "log-if-skewed", "skew_max": 0.5, "kurt_max": -5}},
}
GAPS = ("group mean", "median after", "left out", "coverage", "em")
LOOSE = ("em", "pca", "logged")
DRAWN = (*LOOSE, "winsorised", "bod", "bod with shares")


def made(rule: str, seed: int, decimals: int = 1) -> tuple[Any, dict[str, list[Any]]]:
    """A specification and the table that its publisher would print."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=N)
    x = {c: np.clip(np.exp(3.5 + 0.4 * (common + rng.normal(size=N))), 2, 95).round(1) for c in "abcd"}
    if rule in GAPS:
        for c in "bd":
            x[c][rng.random(N) < 0.2] = np.nan
    spec = spec_from({**TREE, **RULES[rule]})
    table: dict[str, list[Any]] = {"u": [f"u{k:02d}" for k in range(N)], "region": ["ns"[k % 2] for k in range(N)]}
    exact = x if decimals > 1 else {c: np.where(np.isnan(v), v, v + rng.uniform(-0.05, 0.05, N)) for c, v in x.items()}
    result = build(spec, table | exact)
    place = {u: k for k, u in enumerate(result.units)}
    shown = [place.get(u) for u in table["u"]]
    for c in "abcd":
        table[c] = ["" if np.isnan(v) else f"{v:.1f}" for v in exact[c]]
    table["T"] = ["" if k is None or np.isnan(result.score("T")[k]) else f"{result.score('T')[k]:.{decimals + 1}f}" for k in shown]
    ranks = {r["unit_id"]: r["rank"] for r in result.table().to_pylist()}
    table["place"] = [str(ranks.get(u, "")) for u in table["u"]]
    return spec, table


@pytest.mark.parametrize("rule", [r for r in RULES if r not in DRAWN])
@settings(max_examples=6)
@given(seed=st.integers(0, 10_000))
def test_what_a_specification_builds_and_rounds_follows_from_it(rule: str, seed: int) -> None:
    spec, table = made(rule, seed)
    done = verify(spec, table)
    assert done.is_clean, [f.text for f in done.findings]
    assert done.checked >= N - 25 and done.ranks_checked == done.checked


@pytest.mark.parametrize("rule", DRAWN)
def test_so_does_what_needs_draws_or_programmes(rule: str) -> None:
    test_what_a_specification_builds_and_rounds_follows_from_it.hypothesis.inner_test(rule, 11)


@pytest.mark.parametrize("rule", [r for r in RULES if r not in ("copeland", "rank", "percentile", "borda", "points")])
def test_a_planted_error_is_found_and_nothing_else(rule: str) -> None:
    spec, table = made(rule, 5)
    row = next(k for k in range(7, N) if table["T"][k] and table["b"][k] and table["d"][k])
    size = np.ptp([float(t) for t in table["T"] if t])
    table["T"][row] = f"{float(table['T'][row]) + size / 2:.2f}"
    found = verify(spec, table).totals()
    assert [f.unit for f in found] == [table["u"][row]]


def test_rules_without_exact_bounds_are_applied_and_named() -> None:
    words = {"em": "imputation 'em'", "pca": "weights made by 'pca'", "logged": "treatment 'log-if-skewed'"}
    for rule in LOOSE:
        spec, table = made(rule, 3)
        assert any(words[rule] in n and "draws" in n for n in verify(spec, table).notes), rule
    assert not any("draws" in n for n in verify(*made("bod", 3)).notes)  # these bounds are exact
    _, table = made("none", 1)
    table["b"][3] = ""
    with pytest.raises(DataError, match="'locf'"):
        verify(spec_from({**TREE, "impute": {"method": "locf"}, "normalise": {"method": "none"}}), table)


def test_weights_that_are_searched_are_applied() -> None:
    spec = spec_from({**TREE, "normalise": {"method": "min-max"}, "weights": {"method": "correlation", "levels": ["pillar"]}})
    table = {k: v for k, v in made("none", 3)[1].items() if k not in ("T", "place")}
    score = build(spec, table).score("T")
    spec = spec_from(
        {**TREE, "data": {"unit": "u"}, "normalise": {"method": "min-max"}, "weights": {"method": "correlation", "levels": ["pillar"]}}
    )
    table["T"] = [f"{v:.1f}" for v in score]
    assert verify(spec, table).is_clean
    table["T"][4] = f"{score[4] + 9:.1f}"
    assert [f.unit for f in verify(spec, table).findings] == ["u04"]


def test_bounds_of_the_benefit_of_the_doubt_hold_all_roundings() -> None:
    from armillary.composite.steps.benefit_of_doubt import benefit_of_the_doubt, doubtful_ends

    rng = np.random.default_rng(7)
    mid = rng.uniform(0.2, 1, (8, 3)).round(1)
    for shares in (None, (0.15, 0.6)):
        low, high = doubtful_ends(mid - 0.05, mid + 0.05, shares)
        for _ in range(30):
            score, _ = benefit_of_the_doubt(mid + rng.uniform(-0.05, 0.05, mid.shape), shares)
            assert np.all(low - 1e-9 <= score) and np.all(score <= high + 1e-9)
        assert np.median(high - low) < 0.35


def test_without_a_word_about_scaling_the_rule_that_explains_more_is_taken() -> None:
    bare = spec_from(TREE)
    for rule, words in (("none", "as they are"), ("min-max", "scaled by their range")):
        done = verify(bare, made(rule, 2)[1])
        assert done.is_clean and words in done.notes[0]


def swapped(values: list[str], a: int, b: int) -> list[str]:
    out = list(values)
    out[a], out[b] = out[b], out[a]
    return out


def test_explanations_name_what_happened() -> None:
    spec, table = made("none", 3)
    table.pop("place")
    spec = spec_from({**TREE, "data": {"unit": "u", "groups": ["region"]}, "normalise": {"method": "none"}})
    total = table["T"]

    def causes(**changed: list[str]) -> dict[str, str]:
        return {f.unit: f.cause for f in verify(spec, {**table, **changed}).totals()}

    found = causes(T=swapped(total, 4, 20))
    assert set(found) == {"u04", "u20"} and all("exchanged" in c and "u04" in c and "u20" in c for c in found.values())
    found = causes(T=[*total[:5], *total[6:15], total[5], *total[15:]])
    assert len(found) >= 9 and sum("rotated" in c for c in found.values()) >= 9
    digits = total[8]
    wrong = digits[0] + digits[1] + "." + digits[4] + digits[3] if digits[3] != digits[4] else digits
    big = str((int(digits[0]) + 3) % 10 or 4) + digits[1:]
    found = causes(T=[*total[:8], big, *total[9:]])
    assert f"if it were {float(digits):.2f} (one digit)" in found["u08"] and wrong
    part = table["b"][9]
    typed = str((int(part[0]) + 3) % 9 + 1) + part[1:]
    found = causes(b=[*table["b"][:9], typed, *table["b"][10:]])
    assert "it would follow if b were" in found["u09"] and ("one digit" in found["u09"] or "not " + f"{float(typed):g}" in found["u09"])
    found = causes(b=[*table["b"][:9], "", *table["b"][10:]])
    assert "b is missing; it would follow if it were" in found["u09"]


def test_the_total_of_another_year_and_rules_that_would_explain_the_table() -> None:
    rng = np.random.default_rng(1)
    rows = [(f"u{k}", y, *rng.uniform(10, 90, 3).round(1)) for y in (2020, 2021) for k in range(15)]
    table = {n: [r[j] for r in rows] for j, n in enumerate(("u", "y", "a", "b", "c"))}
    table["T"] = [f"{np.mean(r[2:]):.2f}" for r in rows]
    spec = spec_from(
        {
            "index": {"id": "T"},
            "data": {"unit": "u", "time": "y"},
            "normalise": {"method": "none"},
            "group": [{"id": "T"}],
            "indicator": [{"id": c, "parent": "T"} for c in "abc"],
        }
    )
    assert verify(spec, table).is_clean
    table["T"][20] = table["T"][5]
    assert [f.cause for f in verify(spec, table).totals()] == ["it is the total of 2020"]
    table["T"] = [f"{np.prod(r[2:]) ** (1 / 3):.2f}" for r in rows]
    done = verify(spec, table)
    assert any("30 of 30 totals would follow if all means were geometric" in n for n in done.notes)


def test_a_missing_part_a_missing_total_and_coverage_are_said() -> None:
    spec, table = made("coverage", 4)
    gone = next(k for k in range(N) if not table["T"][k])
    table["T"][gone] = "50.0"
    there = next(k for k in range(N) if table["T"][k] and k != gone)
    table["T"][there] = ""
    done = verify(spec, table)
    assert [(f.kind, f.unit) for f in done.findings] == [("coverage", table["u"][gone])] and "[screen]" in done.findings[0].text
    assert any("1 units have parts but no published 'T'" in n for n in done.notes)
    strict = spec_from({**TREE, "normalise": {"method": "none"}, "aggregate": {"min_present": 1.0}})
    done = verify(strict, {**made("none", 4)[1], "b": [""] * 2 + made("none", 4)[1]["b"][2:]})
    assert any("2 totals of 'T' lack a part and were not checked" in n for n in done.notes)


def test_columns_that_slipped_parts_exchanged_and_other_units_of_measure() -> None:
    spec, table = made("none", 3)
    table.pop("place")
    spec = spec_from({**TREE, "data": {"unit": "u", "groups": ["region"]}, "normalise": {"method": "none"}})

    def verified(**changed: list[str]) -> Any:
        return verify(spec, {**table, **changed})

    b, d, total = table["b"], table["d"], table["T"]
    done = verified(b=[*b[1:], b[0]])
    assert len(done.totals()) >= N - 4 and all("b stands one row too high in rows 2 to 31 (rotated)" in f.cause for f in done.totals())
    done = verified(b=[*b[:10], b[19], *b[10:19], *b[20:]])
    assert len(done.totals()) >= 8 and all("b stands one row too low in rows 12 to 21" in f.cause for f in done.totals())
    done = verified(b=d, d=b)
    assert all("the columns b and d are exchanged" in f.cause for f in done.totals()) and done.totals()
    done = verified(b=swapped(b, 4, 20))
    assert {f.unit: f.cause for f in done.totals()} == {
        "u04": "b of u04 and of u20 are exchanged",
        "u20": "b of u20 and of u04 are exchanged",
    }
    done = verified(T=[f"{float(t) / 100:.4f}" for t in total])
    assert any("30 of 30 totals of 'T' are 0.01 times what their parts give" in n for n in done.notes)
    assert all("0.01 times" in f.cause for f in done.totals())
    spec = spec_from({**TREE, "data": {"unit": "u"}, "normalise": {"method": "none"}, "aggregate": {"by_level": {"index": "geometric"}}})
    done = verified()
    assert any("would follow if" in n for n in done.notes) and all("it would follow if all means were" in f.cause for f in done.totals())


def test_of_two_slips_the_rarer_is_named_first_and_the_other_beside_it() -> None:
    tree = {"index": {"id": "T"}, "data": {"unit": "u"}, "normalise": {"method": "none"}, "group": [{"id": "T"}]}
    spec = spec_from({**tree, "indicator": [{"id": c, "parent": "T"} for c in "abc"]})
    rows = [(74.9, 50.2, 30.4), (60.1, 55.3, 42.7), (20.5, 33.8, 91.6), (15.2, 88.9, 47.3)]
    table = {"u": ["p", "q", "r", "s"], **{c: [f"{r[k]:.1f}" for r in rows] for k, c in enumerate("abc")}}
    table["T"] = [f"{sum(r) / 3:.2f}" for r in rows]
    table["a"][0] = "79.4"
    (found,) = verify(spec, table).totals()
    assert found.cause.startswith("it would follow if a were 74.9 and not 79.4 (two digits exchanged)")
    table["a"][0] = ""
    done = verify(spec, table)
    assert "a is missing; it would follow if it were 74.9" in done.totals()[0].cause
    assert any("1 totals of 'T' have a part missing and are made from the others: p (a)" in n for n in done.notes)


def test_slips_of_a_number() -> None:
    found = dict(slips("12.3"))
    assert found["21.3"] == "two digits exchanged" and found["17.3"] == "one digit" and found["123.0"] == "the decimal point"


def test_verified_by_the_best_at_100() -> None:
    tree = {"index": {"id": "T"}, "data": {"unit": "u"}, "normalise": {"method": "none"}, "rescale": {"method": "best"}}
    spec = spec_from({**tree, "group": [{"id": "T"}], "indicator": [{"id": "a", "parent": "T"}, {"id": "b", "parent": "T"}]})
    table = {"u": ["U1", "U2", "U3"], "a": ["90", "60", "30"], "b": ["70", "60", "50"], "T": ["100.0", "75.0", "50.0"]}
    assert verify(spec, table).is_clean
    assert [f.unit for f in verify(spec, {**table, "T": ["100.0", "78.0", "50.0"]}).findings] == ["U2"]
    with pytest.raises(ArmillaryError, match="unknown column 'b'"):
        verify(spec, {k: v for k, v in table.items() if k != "b"})


def test_a_nought_beside_decimals_is_a_decimal() -> None:
    import pyarrow as pa

    from armillary.composite.published import half_unit

    def half(*cells: str) -> float:
        return half_unit(pa.chunked_array([pa.array(cells)]), None, ("",))

    assert half("100.0", "75.0", "51.0", "48.3") == 0.05
    assert half("100.0", "75.0", "50.0") == half("100", "75", "50") == 0.5
    assert half("1.25", "1.5", "2.75") == 0.005
