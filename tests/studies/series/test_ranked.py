"""Series as rankings: ties and groups, years, change across breaks, sources and vintages side by side, multipliers."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core import schema
from armillary.errors import DataError, UnknownNameError, UsageError
from armillary.studies.series import against, own, ranked, shipped, with_change
from armillary.studies.series.chosen import is_ratio, pick, split_name

SCHEMA = schema.table("series").schema
Rows = list[dict[str, Any]]


def row(unit: str, year: int, value: float | None, **more: Any) -> dict[str, Any]:
    plain = {"indicator": "rd", "source": "Agency", "vintage": "2026", "status_flag": None, "unit_of_measure": "percent of GDP"}
    return plain | {"unit": unit, "year": year, "value": value, "unit_mult": None, "is_aggregate": unit in ("OECD", "WLD")} | more


def table(rows: Rows) -> pa.Table:
    return pa.Table.from_pylist([r if r["value"] is not None else r | {"value": None} for r in rows], SCHEMA)


BASIC = [
    row("KR", 2020, 4.8),
    row("IL", 2020, 5.4),
    row("SE", 2020, 3.5),
    row("US", 2020, 3.5),
    row("OECD", 2020, 6.0, status_flag="e"),
    row("FR", 2020, 2.2),
    row("FR", 2021, 2.2),
    row("KR", 2019, 4.6),
    row("IL", 2019, 5.0),
    row("SE", 2019, 3.6, status_flag="b"),
    row("US", 2019, 3.2),
]


def brief(found: Any) -> list[tuple[int | None, str]]:
    return [(r["rank"], r["unit_id"]) for r in found.rows()]


def test_the_standard_table() -> None:
    found = ranked(own(table(BASIC), "rd"))
    assert found.arrow.column_names == ["rank", "unit_id", "name", "value", "flag", "is_aggregate", "period"]
    # the newest year has one country only, so it does not stand for the series
    assert found.meta["period"] == "2020"
    assert brief(found) == [(1, "IL"), (2, "KR"), (3, "SE"), (3, "US"), (5, "FR"), (None, "OECD")]
    last = list(found.rows())[-1]
    assert last == {"rank": None, "unit_id": "OECD", "name": "OECD", "value": 6.0, "flag": "e", "is_aggregate": True, "period": "2020"}
    assert found.meta["measure"] == "percent of GDP" and "5 with a value" in found.meta["among"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["CN", "US", "DE", "FR", "KR", "IL", "OECD", "WLD"]), st.floats(-1e3, 1e3)),
        min_size=1,
        unique_by=lambda t: t[0],
    )
)
def test_ranks_count_what_is_better_among_countries(values: list[tuple[str, float]]) -> None:
    rows = [row(u, 2020, v) for u, v in values]
    countries = {u: v for u, v in values if u not in ("OECD", "WLD")}
    if not countries:
        with pytest.raises(UsageError, match="no country"):
            ranked(own(table(rows), "rd"))
        return
    found = list(ranked(own(table(rows), "rd")).rows())
    assert {r["unit_id"]: r["value"] for r in found} == dict(values)
    for r in found:
        if r["is_aggregate"]:
            assert r["rank"] is None
        else:
            better = [v for v in countries.values() if v > r["value"] + 1e-9 * max(1.0, abs(v))]
            assert r["rank"] <= len(better) + 1 <= r["rank"] + sum(math.isclose(v, r["value"], abs_tol=1e-5) for v in countries.values())


def test_years_and_paths() -> None:
    chosen = own(table(BASIC), "rd")
    found = ranked(chosen, period="2019-2021", step=1)
    path = [(r["period"], r["rank"], r["value"]) for r in found.rows() if r["unit_id"] == "US"]
    assert path == [("2019", 4, 3.2), ("2020", 3, 3.5)]
    with pytest.raises(UsageError, match="one year at a time"):
        ranked(chosen, period="2019-2020")
    with pytest.raises(UsageError, match="It has 2019-2021"):
        ranked(chosen, period=1990)
    with pytest.raises(UsageError, match="step 4"):
        ranked(chosen, step=4)


def test_no_change_across_a_break() -> None:
    rows = [*BASIC, row("DE", 2018, 3.0), row("SE", 2018, 3.3), row("DE", 2020, 3.3), row("US", 2018, 2.8, status_flag="b")]
    chosen = own(table(rows), "rd")
    found = {r["unit_id"]: r for r in with_change(ranked(chosen, period=2020), chosen, 2018).rows()}
    assert found["SE"]["change"] is None and found["SE"]["previous"] == 3.3  # the break of 2019 lies between
    assert found["DE"]["change"] == pytest.approx(0.1) and found["US"]["change"] == pytest.approx(
        0.25
    )  # a break at the start parts nothing
    assert found["KR"]["change"] is None and found["KR"]["previous"] is None
    note = " ".join(with_change(ranked(chosen, period=2020), chosen, 2018).meta["notes"])
    assert "Sweden (2019)" in note and "United States" not in note


def test_multipliers_are_brought_to_one() -> None:
    rows = [
        row("JP", 2020, 2.0, unit_mult=9, unit_of_measure="USD"),
        row("KR", 2020, 1500.0, unit_mult=6, unit_of_measure="USD"),
        row("FR", 2020, 9.0e8, unit_mult=0, unit_of_measure="USD"),
    ]
    found = ranked(own(table(rows), "rd"))
    assert [(r["rank"], r["unit_id"], r["value"]) for r in found.rows()] == [(1, "JP", 2.0), (2, "KR", 1.5), (3, "FR", 0.9)]
    assert found.meta["measure"] == "USD, billions"


def test_ranks_are_best_when_low_and_national_money_has_none() -> None:
    ranks = [
        row("CH", 2024, 1, indicator="GII:rank", unit_of_measure="rank"),
        row("CN", 2024, 11, indicator="GII:rank", unit_of_measure="rank"),
    ]
    assert brief(ranked(own(table(ranks), "GII:rank"))) == [(1, "CH"), (2, "CN")]
    money = [row("KR", 2020, 9e13, indicator="G", unit_of_measure="XDC"), row("FR", 2020, 5e10, indicator="G", unit_of_measure="XDC")]
    found = ranked(own(table(money), "G"))
    assert brief(found) == [(None, "KR"), (None, "FR")] and "No rank" in found.meta["notes"][0]


def test_sources_and_vintages() -> None:
    other = [row("KR", 2020, 4.7, source="Bank:WDI"), row("IL", 2020, 5.9, source="Bank:WDI"), row("MX", 2020, 0.3, source="Bank:WDI")]
    older = [row("KR", 2020, 4.5, vintage="2021"), row("IL", 2020, 4.9, vintage="2021")]
    every = table([*BASIC, *other, *older])
    chosen = own(every, "rd")
    assert (chosen.source, chosen.vintage, chosen.others) == ("Agency", "2026", ("rd@Agency@2021", "rd@Bank:WDI@2026"))
    assert own(every, "rd@Agency@2021").vintage == "2021" and own(every, "rd@Bank").source == "Bank:WDI"
    assert own(every, "rd", source="Bank", vintage="2026").source == "Bank:WDI"
    with pytest.raises(UnknownNameError, match="source"):
        own(every, "rd@Nobody")
    with pytest.raises(UnknownNameError, match="vintage"):
        own(every, "rd@Agency@1999")
    found = against(ranked(chosen, period=2020), chosen, [own(every, "rd@Bank:WDI"), own(every, "rd@Agency@2021")])
    korea = next(r for r in found.rows() if r["unit_id"] == "KR")
    assert (korea["value"], korea["value_bank_wdi"], korea["value_2021"]) == (4.8, 4.7, 4.5)
    assert korea["difference_bank_wdi"] == pytest.approx(0.1) and korea["difference_2021"] == pytest.approx(0.3)
    mexico = list(found.rows())[-1]
    assert (mexico["unit_id"], mexico["rank"], mexico["value"], mexico["rank_bank_wdi"]) == ("MX", None, None, 3)
    assert "rd@Bank:WDI@2026" in found.meta["beside"]


def test_no_difference_between_units_of_measure() -> None:
    rows = [row("KR", 2020, 4.8), row("KR", 2020, 100.0, indicator="gerd", unit_of_measure="USD")]
    chosen = own(table(rows), "rd")
    found = against(ranked(chosen), chosen, [own(table(rows), "gerd")])
    assert found.arrow.column_names[-2:] == ["value_gerd", "rank_gerd"] and "no difference" in found.meta["notes"][-1]


def test_shares_of_one_concept_are_compared_whatever_the_unit_is_called() -> None:
    rows = [
        row("KR", 2023, 4.9413, indicator="G:UNIT_MEASURE=PT_B1GQ", source="OECD.STI.STP:DSD_MSTI@DF_MSTI(1.3)", unit_of_measure="PT_B1GQ"),
        row("KR", 2023, 4.9, indicator="GB.XPD.RSDV.GD.ZS", source="World Bank:WDI", unit_of_measure="% of GDP"),
    ]
    chosen = own(table(rows), "G:PT_B1GQ")
    found = against(ranked(chosen), chosen, [own(table(rows), "GB.XPD.RSDV.GD.ZS"), shipped("gerd-gdp")])
    (korea,) = [r for r in found.rows() if r["unit_id"] == "KR"]
    assert korea["difference_world_bank_wdi"] == pytest.approx(0.0413)
    assert sum(c.startswith("difference_") for c in found.arrow.column_names) == 2
    assert [is_ratio(u) for u in ("persons", "percent of GDP", "PT_B1GQ", "% of GDP", "per thousand employed", "USD")] == [
        False, True, True, True, True, False
    ]  # fmt: skip


def test_short_codes() -> None:
    rows = [
        row("KR", 2020, 4.8, indicator="G:UNIT_MEASURE=PT_B1GQ"),
        row("KR", 2020, 1.0, indicator="G:PRICE_BASE=Q,UNIT_MEASURE=USD_PPP"),
        row("KR", 2020, 1.0, indicator="T_RS:UNIT_MEASURE=FTE"),
    ]
    assert own(table(rows), "G:PT_B1GQ").code == "G:UNIT_MEASURE=PT_B1GQ" and own(table(rows), "t_rs").code == "T_RS:UNIT_MEASURE=FTE"
    with pytest.raises(DataError, match="2 series fit 'G'"):
        own(table(rows), "G")
    with pytest.raises(UnknownNameError):
        own(table(rows), "G:PT_POP")


def test_sources_that_hold_the_mark_themselves() -> None:
    name = "OECD.STI.STP:DSD_MSTI@DF_MSTI(1.3)"
    rows = table([row("KR", 2020, 4.8, source=name, vintage="2026-03-18")])
    for text in (f"rd@{name}", f"rd@{name}@2026-03-18", "rd@OECD"):
        assert own(rows, text).source == name
    assert split_name("rd") == ("rd", None, None)


def test_what_ships_is_ranked_the_same_way() -> None:
    chosen = shipped("gerd-gdp")
    found = ranked(chosen, period=2023)
    assert brief(found)[:2] == [(1, "IL"), (2, "KR")] and {r["unit_id"] for r in found.rows() if r["is_aggregate"]} == {"OECD", "EU27"}
    assert found.meta["licence"] and found.meta["sha256"] and any("omits" in x for x in found.meta["heading"])
    # a small economy takes no rank in a share
    small = next(r for r in ranked(shipped("top1-share"), period=2020).rows() if r["unit_id"] == "SM")
    assert small["rank"] is None and not small["is_aggregate"]
    assert ranked(shipped("gerd-national")).ranked.num_rows == 0


def test_the_series_of_the_observatory_comes_first() -> None:
    mine = table([row("KR", 2023, 9.9, indicator="G_XGDP")])
    assert pick(mine, "G_XGDP").source == "Agency" and pick(None, "G_XGDP").source != "Agency"
    assert pick(mine, "gerd-gdp").code == "gerd-gdp.oecd"
    with pytest.raises(UnknownNameError, match="series 'nothing-such'"):
        pick(mine, "nothing-such")
