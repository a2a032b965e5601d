from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.sources.values.missing import is_missing
from armillary.sources.values.number import decimal_mark, read_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1'234.5", 1234.5),
        ("12,34,567", 1234567),
        ("1,234,567", 1234567),
        ("\u22121.5", -1.5),
        ("(12.3)", -12.3),
        ("0,123", 0.123),
        ("12 %", 12),
        ("\u20ac 1.200,50", 1200.5),
        ("US$ 1.5 billion", 1.5e9),
        ("1.2\u00d710\u207b\u00b3", 0.0012),
        ("12.3 bp", 12.3),
        ("12.3\u00b2", 12.3),
        ("12.3 [1]", 12.3),
        ("5e", 5),
        ("1E-3", 0.001),
    ],
)
def test_numbers_as_tables_write_them(text, value):
    assert read_number(text).value == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("..", "number-missing"),
        (":", "number-missing"),
        ("NaN", "number-missing"),
        ("inf", "number-not-finite"),
        ("1e999", "number-not-finite"),
        ("1,234", "number-ambiguous"),
        ("5m", "number-malformed"),
        ("$5b", "number-malformed"),
        ("1-2", "number-malformed"),
        ("< 5", "number-malformed"),
        ("12 34", "number-malformed"),
        ("1.2.3", "number-malformed"),
        ("\u0663", "number-malformed"),
    ],
)
def test_what_is_no_number_says_why(text, reason):
    assert read_number(text).reason == reason


def test_a_column_tells_what_a_comma_means():
    assert decimal_mark(["1,234", "1,5", ".."]) == "," and decimal_mark(["1,234", "2.5"]) == "." and decimal_mark(["1,234"]) is None
    assert decimal_mark(["1.5", "1,5"]) is None
    assert read_number("1,234", decimal=",").value == 1.234 and read_number("1,234", decimal=".").value == 1234
    assert read_number("1.234", decimal=",").value == 1234


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_that_python_writes_is_read_back(value):
    assert read_number(repr(value), decimal=".").value == value


@given(
    st.integers(-(10**12), 10**12),
    st.integers(0, 99),
    st.sampled_from([",", ".", " ", "\u202f", "'", ""]),
    st.sampled_from(["", " %", "*", " e", " \u20ac"]),
)
def test_groups_and_decimals_of_all_countries(whole, cents, group, after):
    mark = "," if group == "." else "."
    text = f"{abs(whole):,}".replace(",", group) + f"{mark}{cents:02d}" + after
    read = read_number(("\u2212" if whole < 0 else "") + text).value
    assert read == float(f"{whole}.{cents:02d}") or (whole == 0 and read == cents / 100)


@given(st.text("0123456789.,-+eE %$*xna:() '", max_size=12))
def test_any_text_gives_a_finite_number_or_a_reason(text):
    for decimal in (None, ".", ","):
        got = read_number(text, decimal=decimal)
        assert (got.value is None) != (got.reason is None)
        assert got.value is None or math.isfinite(got.value)


def test_namibia_is_not_missing_where_codes_stand():
    assert is_missing("NA") and not is_missing("NA", codes=True) and is_missing("n/a", codes=True) and is_missing(" \ufeff")
