"""Results in other people's tools: the Arrow protocol, pandas, Polars, and what a result shows of itself."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.interchange import SHOWN, ResultTable, cell
from armillary.observatory import Observatory
from support.tiny import observatory


def rows(n: int) -> ResultTable:
    table = pa.table({"rank": pa.array([*range(1, n), None], pa.int64()), "name": [f"<b>{i}</b>" for i in range(n)], "value": [0.5] * n})
    return ResultTable(table, {"title": "A & B", "source": "somebody", "notes": ["one"]})


def test_other_libraries_take_a_result_as_it_is() -> None:
    result = rows(25)
    assert pa.table(result).equals(result.arrow)
    assert duckdb.sql("SELECT count(*), sum(value) FROM result").fetchall() == [(25, 12.5)]
    assert pd.DataFrame.from_arrow(result).shape == (25, 3)
    frame = result.to_pandas()
    assert frame["rank"].dtype == pd.Int64Dtype()
    assert frame["rank"].isna().sum() == 1


def test_polars_takes_it_too() -> None:
    polars = pytest.importorskip("polars")
    result = rows(25)
    assert polars.DataFrame(result).equals(result.to_polars())
    assert result.to_polars()["rank"].null_count() == 1


def test_a_result_shows_its_first_rows_and_says_how_many_more() -> None:
    result = rows(SHOWN + 7)
    text = repr(result)
    assert text.startswith("A & B\nsource: somebody\nnote: one\n")
    assert text.endswith("... and 7 more rows")
    page = result._repr_html_()
    assert page.count("<tr>") == SHOWN + 1
    assert "A &amp; B" in page
    assert "<b>" not in page


@given(st.lists(st.text(max_size=200), max_size=30))
def test_whatever_cells_hold_is_shown_as_text(cells: list[str]) -> None:
    result = ResultTable(pa.table({"<script>": pa.array([c.encode("utf-8", "replace").decode() for c in cells], pa.string())}))
    page = result._repr_html_()
    assert "<script>" not in page
    assert html.escape("<script>") in page
    assert all(ord(c) > 31 or c in "\n\t" for c in repr(result))


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [("year", 2024, "2024"), ("count", 20240, "20,240"), ("value", None, ""), ("value", float("nan"), ""), ("value", 0.0, "0")],
)
def test_unknown_is_not_zero_and_years_are_not_thousands(name: str, value: Any, shown: str) -> None:
    assert cell(name, value) == shown


def test_the_door(obs: Observatory) -> None:
    assert "4 work" in repr(obs)
    assert "4 work" in obs._repr_html_()
    ranking = obs.rank("count", counting="full")
    assert repr(ranking).startswith("Count of countries")
    assert "unassigned" in repr(ranking)
    assert ranking.to_pandas()["value"].sum() == 5.0  # 2 for CN, 2 for US, 1 nobody's
    assert duckdb.sql("SELECT value FROM ranking WHERE unit_id = 'CN'").fetchall() == [(2.0,)]
    explained = ranking.explain("CN")
    assert explained.to_pandas()["credit"].sum() == 2.0
    assert "2 records" in repr(explained)
    variants = ranking.robustness(limit=4)
    assert pa.table(variants).num_rows == len(variants.outcomes)
    partners = obs.partners("CN", records=True, period="all")
    assert partners.arrow.select(["unit_id", "works"]).to_pylist() == [{"unit_id": "US", "works": 1.0}]
    assert obs.index("demo").to_pandas()["rank"].iloc[0] == 1
    audit = obs.claims(only=["clusters-26-no-edition"])
    assert audit.to_pandas()["claim"].tolist() == ["clusters-26-no-edition"]


def test_the_shipped_world_at_the_door(obs: Observatory) -> None:
    assert "gerd-gdp.oecd" in obs.world().arrow["id"].to_pylist()
    ranked = obs.world("gerd-gdp", year=2021)
    korea = obs.world("gerd-gdp", unit="Korea").arrow.to_pylist()
    mine = next(r for r in ranked.arrow.to_pylist() if r["unit_id"] == "KR")
    assert (mine["value"], mine["rank"]) == next((r["value"], r["rank"]) for r in korea if r["year"] == 2021)
    assert "OECD" in repr(ranked)


@pytest.fixture
def obs(tmp_path: Path) -> Observatory:
    papers = [
        {"id": 1, "authors": [[[1]], [[2]]]},
        {"id": 2, "authors": [[[1]]]},
        {"id": 3, "authors": [[[2]]]},
        {"id": 4, "authors": [[[]]]},
    ]
    return observatory(tmp_path, papers, {1: "CN", 2: "US"})
