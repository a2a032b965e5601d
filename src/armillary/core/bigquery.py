"""SQL text for BigQuery from the same Ibis expressions.

Nothing here talks to BigQuery. The small tables that recipes are resolved against (names, journal lists, core sources) are read from the
observatory at hand, so the SQL belongs to a recipe *and* a data version; the big tables are read where they are loaded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa

from armillary.core import schema
from armillary.core.corpus import Corpus
from armillary.core.store import Store
from armillary.errors import UsageError

INLINE_ROWS = 1_000
"""Largest table that is written into a statement; BigQuery takes at most 1 MB of text."""


class SqlCorpus(Corpus):
    """A corpus whose tables are names in a BigQuery dataset (the core tables, loaded under their own names) and that computes nothing
    early: derived tables stay part of the one statement. Look-ups that must have an answer run on the observatory's own DuckDB.
    """

    def __init__(self, store: Store, **options: Any) -> None:
        super().__init__(store, **options)
        self._unbound: dict[str, ir.Table] = {}

    def table(self, name: str) -> ir.Table:
        """The core table as a name."""
        if name not in self._unbound:
            local = super().table(name)
            if isinstance(local.op(), ops.InMemoryTable):  # nothing was ingested; look-ups need a table of that name all the same
                self.con.create_table(f"core_{name}", local, temp=True)
            self._unbound[name] = ibis.table(local.schema(), name=f"core_{name}")
        return self._unbound[name]

    def memo(self, key: str, build: Callable[[], ir.Table], *, keep: bool = True) -> ir.Table:
        """The derived table, never computed early."""
        return super().memo(key, build, keep=False)

    def materialise(self, expression: ir.Table, name: str) -> ir.Table:
        """Stays an expression."""
        return expression

    def exact_sum(self, column: ir.IntegerColumn) -> ir.Scalar:
        """As decimal digits; BigQuery's sum of INT64 is INT64 and fails on overflow, that of BIGNUMERIC has 38 digits and more."""
        return column.cast("decimal(76,38)").sum().cast("string")


def totals_sql(corpus: SqlCorpus, contributions: ir.Table, *, dataset: str) -> str:
    """One statement that gives ``unit_id, period, count, num[, den]`` of an indicator's contributions, in credit units as decimal text.

    ``contributions`` is what :meth:`armillary.indicators.Indicator.contributions` gives for ``corpus``; ``dataset`` (``project.dataset``)
    holds the core tables under their own names. Small tables that the expression brings along are written into the statement.
    :class:`~armillary.errors.UsageError` if they are too large for that, or if Ibis has no BigQuery form for a part of it.
    """
    import sqlglot as sg
    import sqlglot.expressions as sge

    sums = {c: corpus.exact_sum(contributions[c]) for c in ("num", "den") if c in contributions.columns}
    by_unit = contributions.group_by(["unit_id", "period"]).agg(count=contributions.work_id.nunique(), **sums)
    expression, literals = _detached(by_unit)
    try:
        text = str(ibis.to_sql(expression, dialect="bigquery"))
    except ibis.common.exceptions.IbisError as error:
        raise UsageError(f"BigQuery cannot express this indicator ({type(error).__name__}: {error})", fix="use DuckDB or Spark") from error
    tree = sg.parse_one(text, read="bigquery")
    for node in list(tree.find_all(sge.Table)):
        name, alias = node.name.removeprefix("core_"), node.alias or node.name
        if node.name in literals:
            rows = sg.parse_one(literals[node.name], read="bigquery")
            node.replace(sge.Subquery(this=rows, alias=sge.TableAlias(this=sg.to_identifier(alias))))
        elif node.name.startswith("core_") and name in schema.TABLES:
            parts = [sg.to_identifier(p, quoted=True) for p in (*dataset.split("."), name)]
            whole = sge.Table(**dict(zip(("this", "db", "catalog"), reversed(parts), strict=False)))
            node.replace(whole.as_(alias, table=True))
    return str(tree.sql(dialect="bigquery", pretty=True))


def _detached(expression: ir.Table) -> tuple[ir.Table, dict[str, str]]:
    """The expression without tables in memory, and SQL of each by the name that stands in its place.

    Radians become a product, because Ibis writes them as a function that somebody else keeps in a public BigQuery project.
    """
    root = expression.op()
    literals: dict[str, str] = {}
    found: dict[Any, Any] = {}
    for number, node in enumerate(root.find(ops.InMemoryTable)):
        name, table = f"inline_{number}", node.to_expr()
        literals[name] = _rows(table.to_pyarrow())
        found[node] = ibis.table(table.schema(), name=name).op()
    found |= {node: (node.arg.to_expr() * (math.pi / 180)).op() for node in root.find(ops.Radians)}
    return (root.replace(found).to_expr() if found else expression), literals


def _rows(table: pa.Table) -> str:
    """A small table as SELECT ... UNION ALL SELECT ..."""
    if table.num_rows > INLINE_ROWS:
        what = f"a table of {table.num_rows:,} rows would have to stand in the SQL text (at most {INLINE_ROWS:,})"
        raise UsageError(what, fix="choose another unit than region, or use DuckDB or Spark")
    types = {
        f.name: "STRING"
        if pa.types.is_string(f.type)
        else "FLOAT64"
        if pa.types.is_floating(f.type)
        else "BOOL"
        if pa.types.is_boolean(f.type)
        else "INT64"
        for f in table.schema
    }
    rows = table.to_pylist() or [dict.fromkeys(types)]
    selects = ["SELECT " + ", ".join(f"CAST({_value(r[c])} AS {t}) AS `{c}`" for c, t in types.items()) for r in rows]
    text = " UNION ALL ".join(selects)
    return text if table.num_rows else f"SELECT * FROM ({text}) AS none WHERE FALSE"


def _value(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
    return repr(value).upper() if isinstance(value, bool) else repr(value)
