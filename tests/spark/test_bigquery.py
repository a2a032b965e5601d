"""SQL for BigQuery: compiled for every indicator, kept as snapshots, and its text run (read by sqlglot, on DuckDB) for its answers.

To accept changed SQL: ``ARMILLARY_SNAPSHOTS=write pytest tests/spark/test_bigquery.py``, then read the difference of the full texts.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import sqlglot
import sqlglot.expressions as sge

from armillary.core import schema
from armillary.core.bigquery import SqlCorpus, _rows, totals_sql
from armillary.errors import UsageError
from armillary.indicators import all_indicators
from armillary.ranking.rank import aggregate
from support.rich_world import rich_world
from support.tiny import observatory

SNAPSHOTS = Path(__file__).with_name("snapshots")
IN_FULL = ("share", "pp-top10", "policy-documents")
OPTIONS = {"collaboration-score": {"with": "CN"}, "joint-papers": {"with": "CN"}, "partner-share": {"with": "CN"}}
INDICATORS = sorted(all_indicators())
OTHERS = (
    [("share", {"unit": u}) for u in ("institution", "city", "region", "author", "field")]
    + [
        (i, {"counting": c})
        for i in ("share", "mncs")
        for c in ("full", "institution-fractional", "country-fractional", "harmonic", "mfc-2")
    ]
    + [("share", {"step": 1}), ("share", {"step": 2, "period": "2016-2019"}), ("share", {"scope": "core"})]
)


pytestmark = pytest.mark.slow  # compiling takes a quarter of a second an indicator


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    papers, institutions, more = rich_world(3)
    obs = observatory(tmp_path_factory.mktemp("world") / "obs", papers, institutions, **more)
    return obs, SqlCorpus(obs.store)


def sql(world, indicator, dataset="armillary", **recipe):
    obs, corpus = world
    made = obs.recipe(indicator, **{"unit": "country", "options": OPTIONS.get(indicator, {}), **recipe})
    return made, totals_sql(corpus, all_indicators()[indicator].contributions(corpus, made), dataset=dataset)


def test_snapshots(world):
    texts = {i: sql(world, i, dataset="project.armillary")[1] for i in INDICATORS}
    kept = SNAPSHOTS / "hashes.json"
    hashes = {i: hashlib.sha256(t.encode()).hexdigest()[:16] for i, t in texts.items()}
    if os.environ.get("ARMILLARY_SNAPSHOTS") == "write":
        kept.write_text(json.dumps(hashes, indent=1) + "\n")
        for i in IN_FULL:
            (SNAPSHOTS / f"{i}.sql").write_text(texts[i] + "\n")
    for i in IN_FULL:
        assert texts[i] + "\n" == (SNAPSHOTS / f"{i}.sql").read_text()
    assert hashes == json.loads(kept.read_text())


@pytest.mark.parametrize("indicator", INDICATORS)
def test_names_core_tables_only(world, indicator):
    """One statement over tables that can be loaded: no table in memory, no function of Python, nothing left for another engine."""
    tree = sqlglot.parse_one(sql(world, indicator)[1], read="bigquery")
    inside = {c.alias for c in tree.find_all(sge.CTE)}
    named = {t for t in tree.find_all(sge.Table) if t.name not in inside}
    assert named and all(t.db == "armillary" and t.name in schema.TABLES for t in named)
    assert isinstance(tree, sge.Query) and not re.search("memtable|udf|bigquery-public", tree.sql().lower())


@pytest.fixture(scope="module")
def duckdb_with_views(world):
    """DuckDB with the core tables where the SQL looks for them, and BigQuery's division."""
    con = world[1].con.con
    con.execute("CREATE SCHEMA armillary")
    for name in schema.TABLES:
        world[1].table(name)
        con.execute(f"CREATE VIEW armillary.{name} AS SELECT * FROM core_{name}")
    con.execute("CREATE MACRO ieee_divide(a, b) AS CAST(a AS DOUBLE) / b")
    return con


@pytest.mark.parametrize(("indicator", "recipe"), [(i, {}) for i in INDICATORS] + OTHERS, ids=str)
def test_the_text_gives_the_same_numbers(world, duckdb_with_views, indicator, recipe):
    made, text = sql(world, indicator, **recipe)
    obs = world[0]
    expected = aggregate(obs.corpus, all_indicators()[indicator].contributions(obs.corpus, made)).to_pylist()
    here = sqlglot.transpile(text, read="bigquery", write="duckdb")[0]
    rows = duckdb_with_views.sql(here).to_arrow_table().to_pylist()
    measures = ("num", "den") if expected and "den" in expected[0] else ("num",)

    def keyed(table):
        return {(r["unit_id"], r["period"]): (r["count"], *(round(float(r[m] or 0)) for m in measures)) for r in table}

    assert rows and keyed(rows) == keyed(expected)


def test_project_names_with_dashes_are_quoted(world):
    assert "`my-project`.`data`.`work`" in sql(world, "publications", dataset="my-project.data")[1]


def test_what_would_be_too_long_is_refused(world, monkeypatch):
    monkeypatch.setattr("armillary.core.bigquery.INLINE_ROWS", 5)
    with pytest.raises(UsageError, match="rows would have to stand in the SQL text"):
        sql(world, "share", unit="region")


def test_text_in_small_tables_is_escaped():
    table = pa.table({"a": ["it's", "a\\b", None], "b": [1, None, 3]})
    here = sqlglot.transpile(_rows(table), read="bigquery", write="duckdb")[0]
    assert duckdb.sql(here).fetchall() == [("it's", 1), ("a\\b", None), (None, 3)]
    empty = sqlglot.transpile(_rows(table.slice(0, 0)), read="bigquery", write="duckdb")[0]
    assert duckdb.sql(empty).fetchall() == []
