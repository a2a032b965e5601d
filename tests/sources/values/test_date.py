from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.sources.values.date import PartialDate, day_order, read_annual, read_date, read_year


@pytest.mark.parametrize(
    "value",
    [
        "2020",
        "2020.0",
        "2020,0",
        2020,
        2020.0,
        "2020 [YR2020]",
        "YR2020",
        "2020-01-01",
        "2020-01-01 00:00",
        "2020-01-01T00:00:00Z",
        "43831",
        "1/1/2020",
        "2020*",
        "2020 (p)",
        "2020-00-00",
    ],
)
def test_a_year_in_all_its_spellings(value):
    assert read_year(value).value == read_annual(value).value == 2020


@pytest.mark.parametrize("value", ["2020-Q1", "2020M01", "2020-W05", "2019/20", "2019-2020", "FY2020", "2020-02", "03/04/2020", "Jan-20"])
def test_what_is_not_one_whole_year_is_not_annual(value):
    assert read_annual(value).reason == "not-annual"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("2999", "year-out-of-range"),
        ("0000", "year-out-of-range"),
        ("20-Jan", "date-without-year"),
        ("in press", "date-malformed"),
        (2020.5, "date-malformed"),
        ("31/02/2020", "date-impossible"),
        ("..", "date-missing"),
        (None, "date-missing"),
        ("\u0662\u0660\u0662\u0660", "date-malformed"),
    ],
)
def test_what_is_no_year_says_why(value, reason):
    assert read_year(value).reason == reason


def test_an_order_of_day_and_month_that_nothing_tells_is_not_guessed():
    assert read_date("13/04/2020").value == read_date("04/13/2020").value == PartialDate(2020, 4, 13)
    assert read_date("03/04/2020").value == PartialDate(2020, is_unsure=True)
    assert day_order(["03/04/2020", "3/25/2020 0:00"]) == "month" and day_order(["25/3/2020", "3/25/2020"]) is None
    assert read_date("03/04/2020", first="month").value == PartialDate(2020, 3, 4)
    assert read_date("03/04/2020", first="day").value == PartialDate(2020, 4, 3)


@given(st.dates(datetime.date(1940, 1, 1), datetime.date(2099, 12, 31)))
def test_a_date_in_the_ways_that_programs_write_it(day):
    serial = (day - datetime.date(1899, 12, 30)).days
    ways = [
        day,
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day:%Y/%m/%d} 00:00:00",
        f"{day.day} {day:%B} {day.year}",
        f"{day:%b} {day.day}, {day.year}",
        serial,
        f"{serial}.0",
        f"{day:%d-%b-%Y}",
    ]
    assert [w for w in ways if read_date(w).value != PartialDate(day.year, day.month, day.day)] == []
    assert read_year(f"{day:%m/%d/%Y}").value == day.year


@given(st.integers(1930, 2029), st.integers(1, 12))
def test_the_two_digits_that_a_spreadsheet_leaves(year, month):
    assert read_date(f"{datetime.date(year, month, 1):%b-%y}").value == PartialDate(year, month)


@given(st.text("0123456789-/. :TQMWJanFeb[]YR", max_size=14) | st.text(max_size=14))
def test_any_text_gives_a_date_or_a_reason(text):
    for read in (read_date, read_year, read_annual):
        got = read(text)
        assert (got.value is None) != (got.reason is None)
