"""The corpus: core tables as Ibis expressions on one engine, and a memo of derived tables.

DuckDB is the embedded default; ``engine="spark"`` runs the same expressions on Spark (extra ``spark``).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa

from armillary.core import own_files, schema
from armillary.core.bounds import ROWS, StoppedError, bounds, checkpoint
from armillary.core.frame import frame_of
from armillary.core.limits import engine_faults
from armillary.core.quiet import quiet
from armillary.core.store import Store
from armillary.errors import UnknownNameError

ENGINES = ("duckdb", "spark")
_CELL_BYTES = 8
_LEAST_BYTES = 200_000
"""Of a derived table, however few its rows: the engine's blocks and the expressions that read it."""
_NOT_YET = object()
_MOST_REMEMBERED = 400
"""Expressions and values that stay from one request of a server to the next."""
_DERIVED = "SELECT table_name, estimated_size, column_count FROM duckdb_tables() WHERE temporary AND table_name LIKE 'memo\\_%' ESCAPE '\\'"


class Corpus:
    """Core tables of one generation of a store, as lazy Ibis tables.

    ``memory_limit`` (such as ``"4GB"``) and ``threads`` bound DuckDB; it spills to ``temp`` inside the observatory. ``cubes``: whether
    rankings may be answered from sums that were kept (:mod:`armillary.ranking.cubes`), with the same numbers. ``asked``: the tables that
    were asked for so far, so that a derived file knows what it was made of.
    """

    def __init__(
        self,
        store: Store,
        *,
        engine: str = "duckdb",
        threads: int | None = None,
        memory_limit: str | None = None,
        cubes: bool = True,
        **engine_options: Any,
    ) -> None:
        if engine not in ENGINES:
            raise UnknownNameError("engine", engine, ENGINES)
        self.store = store
        self._hold = store.hold()  # as long as this lives the files stay
        self.engine = engine
        self.cubes = cubes
        self.asked: set[str] = set()
        self._options = {"threads": threads, "memory_limit": memory_limit, **engine_options}
        self._connection: Any = None
        self._tables: dict[str, ir.Table] = {}
        self._memo: dict[str, ir.Table] = {}
        self._parts: dict[Any, tuple[ir.Table, ir.Table, str]] = {}
        self._values: dict[str, Any] = {}
        self._used: dict[str, float] = {}
        self._remember_pack()

    @property
    def data_version(self) -> dict[str, Any]:
        """What data this is: name, snapshot date, classification version, digest, whether it is synthetic (read once a corpus)."""
        found: dict[str, Any] = self.value("data_version", lambda: data_version(self.store))
        return found

    @property
    def con(self) -> Any:
        """The Ibis backend, connected at first use."""
        if self._connection is None:
            if self.engine == "spark":
                from armillary.core.spark import connect

                self._connection = connect(**{k: v for k, v in self._options.items() if v is not None})
            else:
                self._connection = _connect_duckdb(self.store.path, self._options)
        return self._connection

    def table(self, name: str) -> ir.Table:
        """A core table (empty, with the right columns, if nothing was ingested into it)."""
        self.asked.add(name)
        if self.store.pack is not None and name in self.store.pack.left_out:
            raise self.store.pack.elsewhere(name)
        if name not in self._tables:
            arrow_schema = schema.table(name).schema
            self.store.require_sound(name)
            files = [str(p) for p in self.store.files(name)]
            if self.engine == "spark":
                from armillary.core.spark import read_tables

                self._tables[name] = read_tables(self.con, files, f"core_{name}", arrow_schema)
            elif files:
                with engine_faults():
                    self._tables[name] = self.con.read_parquet(files, table_name=f"core_{name}")
            else:
                self._tables[name] = ibis.memtable(arrow_schema.empty_table(), schema=ibis.Schema.from_pyarrow(_plain(arrow_schema)))
        return self._tables[name]

    def has(self, name: str) -> bool:
        """Whether anything was ingested into that core table."""
        schema.table(name)
        self.asked.add(name)
        return bool(self.store.files(name))

    def memo(self, key: str, build: Callable[[], ir.Table], *, keep: bool = True) -> ir.Table:
        """The derived table of that key, computed once into the engine's temporary storage and shared by all who ask.

        ``key`` must name everything the table depends on. With ``keep=False`` the expression stays lazy (for tables used once).
        """
        if key not in self._memo:
            expression = build()
            if keep:
                expression = self.materialise(expression, _name(key))
            self._memo[key] = expression
        self._used[key] = time.monotonic()
        return self._memo[key]

    def memo_in_parts(self, key: str, build: Callable[[], tuple[ir.Table, ir.Table, str]]) -> ir.Table:
        """A derived table that is kept as a row a work and a row a class of works, joined by a key: many works, few different rows.

        ``build`` gives the two tables (each with the key) and the key's name. The join stays lazy; :meth:`parts_of` knows its parts.
        """
        if key not in self._memo:
            works, classes, on = build()
            joined = works.join(classes, on)
            joined = joined.select(c for c in joined.columns if c != on)
            self._memo[key], self._parts[joined.op()] = joined, (works, classes, on)
        return self._memo[key]

    def parts_of(self, table: ir.Table) -> tuple[ir.Table, ir.Table, str] | None:
        """The parts of a table that :meth:`memo_in_parts` gave."""
        return self._parts.get(table.op())

    def materialise(self, expression: ir.Table, name: str) -> ir.Table:
        """Compute an expression into a temporary table of the engine."""
        checkpoint()
        if self.engine == "spark":
            return expression.cache()
        with engine_faults():
            return self.con.create_table(name, expression, temp=True)

    @contextmanager
    def for_now(self, expression: ir.Table, key: str) -> Iterator[ir.Table]:
        """The expression computed once while several memos are made from it; its room is given back afterwards."""
        name = _name(key)
        table = self.materialise(expression, name)
        try:
            yield table
        finally:  # also after a failure, or the name would be taken when the question is asked again
            if self.engine == "duckdb" and table is not expression:  # Spark computes later, when it is asked
                self.con.raw_sql(f"DROP TABLE {name}")

    def interrupt(self) -> None:
        """Stop what the engine computes now, from another thread."""
        if self.engine == "duckdb" and self._connection is not None:
            self._connection.con.interrupt()

    def reconnect(self) -> None:
        """A fresh connection, and nothing remembered: for a server whose engine was interrupted in a bad moment."""
        if self._connection is not None:
            with suppress(Exception):
                self._connection.disconnect()
        self._connection = None
        for known in (self._tables, self._memo, self._parts, self._values, self._used):
            known.clear()
        self._remember_pack()

    def _remember_pack(self) -> None:
        """What nobody can look up in a pack's records."""
        if self.store.pack is not None:
            (first, last), changed = self.store.pack.years, self.store.pack.changed
            self._values |= {"year_range": {"a": first, "b": last}, "changed_between": changed}

    def drop_derived(self, *, bytes_n: int, age_s: float) -> int:
        """Give back the room of derived tables that nobody asked for in ``age_s`` seconds, and of the least recently used ones until the
        rest takes about ``bytes_n`` bytes; what a stopped computation left behind goes too. Returns how many tables were dropped.

        They are computed again when they are needed. For servers, between two requests; DuckDB only.
        """
        if self.engine != "duckdb" or self._connection is None:
            return 0
        rows = self._connection.con.execute(_DERIVED).fetchall()
        sizes = {name: max(_LEAST_BYTES, int(rows_n) * int(columns_n) * _CELL_BYTES) for name, rows_n, columns_n in rows}
        names = {key: _name(key) for key in self._memo}
        gone = set(sizes) - set(names.values())
        total, now = sum(size for name, size in sizes.items() if name not in gone), time.monotonic()
        for key in sorted(self._memo, key=lambda k: self._used.get(k, 0.0)):
            if names[key] in sizes and (total > bytes_n or now - self._used.get(key, 0.0) > age_s):
                gone.add(names[key])
                total -= sizes[names[key]]
        if gone:
            self._forget(gone)
            for name in gone:
                self._connection.raw_sql(f'DROP TABLE IF EXISTS "{name}"')
        self._forget_oldest(set(sizes))
        return len(gone)

    def _forget_oldest(self, tables: set[str]) -> None:
        """Of what takes no room in the engine (lazy expressions, single values) only the last used stay."""
        lazy = [k for k in self._memo if _name(k) not in tables]
        for key in sorted(lazy, key=lambda k: self._used.get(k, 0.0))[: max(0, len(lazy) - _MOST_REMEMBERED)]:
            self._parts.pop(self._memo.pop(key).op(), None)
            self._used.pop(key, None)
        for value in list(self._values)[: max(0, len(self._values) - _MOST_REMEMBERED)]:
            del self._values[value]
        self._remember_pack()

    def _forget(self, names: set[str]) -> None:
        """Forget every expression that reads one of these tables of the engine."""

        def reads(table: ir.Table) -> bool:
            return any(node.name in names for node in table.op().find(ops.DatabaseTable))

        for key in [k for k, table in self._memo.items() if reads(table)]:
            self._parts.pop(self._memo[key].op(), None)
            del self._memo[key]
            self._used.pop(key, None)
        for key in [k for k, value in self._values.items() if isinstance(value, ir.Table) and reads(value)]:
            del self._values[key]

    def value(self, key: str, compute: Callable[[], Any]) -> Any:
        """A Python value computed once."""
        found = self._values.pop(key, _NOT_YET)
        if found is _NOT_YET:
            found = compute()
        self._values[key] = found  # the last used stand at the end
        return found

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Run an expression and return its rows (:class:`~armillary.core.bounds.StoppedError` if bounds hold here and there are more)."""
        checkpoint()
        most = found.rows if (found := bounds()) is not None else None
        with engine_faults():
            rows = self.con.to_pyarrow(expression if most is None else expression.limit(most + 1))
        if most is not None and rows.num_rows > most:
            raise StoppedError(ROWS)
        return rows

    def scalar(self, expression: ir.Scalar) -> Any:
        """Run an expression that gives one value."""
        checkpoint()
        with engine_faults():
            return self.con.to_pyarrow(expression).as_py()

    def exact_sum(self, column: ir.IntegerColumn) -> ir.Scalar:
        """The sum of an int64 column as a decimal of 38 digits: sums of credit outgrow 64 bits at ten million papers."""
        if self.engine == "spark":
            column = column.cast("decimal(38,0)")
        return column.sum().cast("decimal(38,0)")

    def lookup(self, name: str, columns: tuple[str, ...]) -> pa.Table:
        """Columns of a small core table, read once."""
        self.asked.add(name)
        return self.value(f"lookup:{name}:{','.join(columns)}", lambda: self.store.read(name, columns=list(columns)))


def data_version(store: Store) -> dict[str, Any]:
    """What data a store holds; see :attr:`Corpus.data_version`."""
    if store.pack is not None:
        return dict(store.pack.data)
    info, about, frame = store.info(), own_files.about(store), frame_of(store)
    return {
        "name": about.get("name") or store.path.name,
        "snapshot_date": info.get("snapshot_date") or "unknown",
        "classification_version": info.get("classification_version") or "unknown",
        "generation": store.generation,
        "digest": store.digest,
        "synthetic": bool(about.get("synthetic")),
        "kind": frame.kind,
        "frame": frame.frame or None,
        "leaves_out": frame.leaves_out or None,
        "sample": not frame.concludes,
        "note": about.get("note"),
    }


def _name(key: str) -> str:
    return "memo_" + hashlib.sha256(key.encode()).hexdigest()[:16]


def _plain(arrow_schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(f.name, f.type) for f in arrow_schema])


def _connect_duckdb(folder: Path, options: dict[str, Any]) -> Any:
    config: dict[str, Any] = {"temp_directory": str(folder / "temp"), "preserve_insertion_order": False}
    if options.get("threads"):
        config["threads"] = int(options["threads"])
    if options.get("memory_limit"):
        config["memory_limit"] = str(options["memory_limit"])
    con = ibis.duckdb.connect(**config)
    quiet(con.con)
    return con
