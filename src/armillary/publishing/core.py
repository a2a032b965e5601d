"""Core tables for other engines: one DuckDB file to ``ATTACH``, and a dbt project whose sources carry the contracts of the schema."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from armillary.core import durable
from armillary.core.fields import FIELDS
from armillary.core.schema import NULLABLE_KEYS, TABLES, Table
from armillary.core.store import Store
from armillary.errors import DataError, UsageError
from armillary.version import __version__

MARK = "armillary.json"
FILE = "core.duckdb"


def export_core(store: Store, folder: Path) -> dict[str, int]:
    """Write ``core.duckdb`` (all core tables with the meanings of their columns) and a dbt project over it; gives the rows of each table.

    ``folder`` is new, empty, or an earlier export. The copy is whole: what the observatory has, of one generation.
    """
    _hold = store.hold()  # nobody prunes it meanwhile
    store.require_whole()
    names = [t for t in TABLES if store.files(t)]
    if not names:
        raise DataError("the observatory has no table yet", where=store.path, fix="ingest something first: armillary ingest --help")
    if folder.resolve().is_relative_to(store.path.resolve()):
        raise UsageError(f"{folder} lies inside the observatory", fix="give a folder beside it")
    try:
        with durable.whole_folder(folder, MARK) as part:
            with _full_disk_is_here(folder):
                rows = _database(store, part / FILE, names)
            for name, text in dbt_project(names, (folder / FILE).resolve()).items():
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                (part / name).write_text(text, encoding="utf-8")
            mark = {"armillary": __version__, "digest": store.digest, "rows": rows}
            (part / MARK).write_text(json.dumps(mark, indent=1) + "\n", encoding="utf-8")
    except FileExistsError as error:
        raise UsageError(f"{error.filename} {error.strerror}", fix="move it away, or give another folder") from None
    return rows


@contextmanager
def _full_disk_is_here(folder: Path) -> Iterator[None]:
    """A full disk that the engine meets is that of the copy, not that of its memory."""
    try:
        yield
    except duckdb.Error as error:
        if "No space left" in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
        raise


def _database(store: Store, path: Path, names: list[str]) -> dict[str, int]:
    rows: dict[str, int] = {}
    with duckdb.connect(str(path)) as con:
        for name in names:
            table = TABLES[name]
            columns = ", ".join(f'"{c}"' for c in table.columns)
            files = [str(p) for p in store.files(name)]
            con.execute(f'CREATE TABLE "{name}" AS SELECT {columns} FROM read_parquet(?, union_by_name = true)', [files])
            con.execute(f'COMMENT ON TABLE "{name}" IS {_text(table.meaning)}')
            for c in table.columns:
                con.execute(f'COMMENT ON COLUMN "{name}"."{c}" IS {_text(_meaning(c))}')
            found = con.execute(f'SELECT count(*) FROM "{name}"').fetchone()
            rows[name] = int(found[0]) if found else 0
    return rows


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _meaning(column: str) -> str:
    f = FIELDS[column]
    return f"{f.meaning}. Unit: {f.unit}" if f.unit else f.meaning


def dbt_project(names: list[str], database: Path) -> dict[str, str]:
    """Files of a dbt project by path: sources with meanings and tests, one test a key of several columns, a profile for DuckDB."""
    out = {
        "dbt_project.yml": 'name: armillary\nversion: "1.0.0"\nconfig-version: 2\nprofile: armillary\n'
        "model-paths: [models]\ntest-paths: [tests]\n",
        "profiles.yml": "armillary:\n  target: core\n  outputs:\n    core:\n      type: duckdb\n"
        f"      path: {json.dumps(str(database))}\n      threads: 1\n",
        "models/sources.yml": _sources(names),
    }
    for name in names:
        key = TABLES[name].key
        if len(key) > 1:
            columns = ", ".join(f'"{c}"' for c in key)
            out[f"tests/{name}_key_is_unique.sql"] = (
                f"select {columns}, count(*) as n\nfrom {{{{ source('core', '{name}') }}}}\ngroup by {columns}\nhaving count(*) > 1\n"
            )
    return out


def _sources(names: list[str]) -> str:
    """YAML by hand: every text is a JSON string, which YAML reads as it is."""
    about = _q("Core tables of an observatory")
    lines = [
        "version: 2",
        "sources:",
        "  - name: core",
        "    schema: main",
        f"    description: {about}",
        "    tables:",
    ]
    for name in names:
        table = TABLES[name]
        lines += [f"      - name: {name}", f"        description: {_q(table.meaning)}", "        columns:"]
        for c in table.columns:
            lines += [f"          - name: {_q(c)}", f"            description: {_q(_meaning(c))}"]
            tests = _tests(table, c)
            lines += [f"            data_tests: [{', '.join(tests)}]"] if tests else []
    return "\n".join(lines) + "\n"


def _tests(table: Table, column: str) -> list[str]:
    solid = {*table.key, *table.required} - set(NULLABLE_KEYS.get(table.name, ()))
    return (["not_null"] if column in solid else []) + (["unique"] if table.key == (column,) else [])


def _q(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
