"""Tidy tables of counts, and ``datapackage.json`` that says what is in them and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from armillary.core.tabular import csv_text
from armillary.sources.fetch import files
from armillary.sources.fetch.counts.tables import CountsWanted, CountTable, registry

PACKAGE = "datapackage.json"
COUNTING = "full"
_OF_A_QUERY = ("filter", "works", "groups", "groups_sum")


@dataclass(frozen=True)
class CountRow:
    """Keys as the table has them (the last one None for what has no value), the unit's name, and works.

    ``most``: ``works`` are at least so many, and these at most.
    """

    keys: tuple[str | None, ...]
    name: str | None
    works: int
    most: int | None = None


def write_table(out: Path, table: CountTable, rows: Sequence[CountRow], form: str) -> Path:
    """``TABLE.csv`` or ``TABLE.parquet``: keys, ``name``, ``works`` (or its bounds), ``counting``; in the order of the keys.

    Returns its path.
    """
    ordered = sorted(rows, key=lambda r: tuple((k is None, k or "") for k in r.keys))
    columns: dict[str, Any] = {}
    for k, column in enumerate(table.columns):
        values = [r.keys[k] for r in ordered]
        is_number = column == "year"
        columns[column] = pa.array([int(v) if v is not None and is_number else v for v in values], pa.int32() if is_number else pa.string())
    columns["name"] = pa.array([r.name for r in ordered], pa.string())
    columns["works_at_least" if table.over == "bounds" else "works"] = pa.array([r.works for r in ordered], pa.int64())
    if table.over == "bounds":
        columns["works_at_most"] = pa.array([r.most for r in ordered], pa.int64())
    columns["counting"] = pa.array([COUNTING] * len(ordered), pa.string())
    made = pa.table(columns)
    path = out / f"{table.name}.{form}"
    for other in {"csv", "parquet"} - {form}:
        (out / f"{table.name}.{other}").unlink(missing_ok=True)
    if form == "parquet":
        sink = pa.BufferOutputStream()
        said = {b"limits": "\n".join(registry()["limits"]).encode(), b"title": table.title.encode()}
        pq.write_table(made.replace_schema_metadata(said), sink, compression="zstd")
        files.write_whole(path, sink.getvalue().to_pybytes())
    else:
        files.write_whole(path, csv_text(made).encode())
    return path


def write_package(
    out: Path,
    table: CountTable,
    asked: CountsWanted,
    file: Path,
    rows: Sequence[CountRow],
    queries: Sequence[dict[str, Any]],
    notes: Sequence[str],
) -> None:
    """Add the table to ``datapackage.json`` of the folder."""
    before = files.read_json(out / PACKAGE) or {}
    resources = [r for r in before.get("resources", []) if isinstance(r, dict) and r.get("name") != table.name]
    counted = ("works_at_least", "works_at_most") if table.over == "bounds" else ("works",)
    fields = [{"name": c, "type": "integer" if c == "year" else "string"} for c in table.columns]
    fields += [
        {"name": "name", "type": "string", "description": "as OpenAlex gives it"},
        *({"name": w, "type": "integer", "description": "works that have this unit, each counted once"} for w in counted),
        {"name": "counting", "type": "string", "description": COUNTING},
    ]
    resources.append(
        {
            "name": table.name,
            "title": table.title,
            "path": file.name,
            "format": file.suffix.lstrip("."),
            "rows": len(rows),
            "period": asked.period,
            "notes": list(notes),
            "schema": {"fields": fields, "missingValues": [""]},
            "queries": [
                {k: v for k, v in q.items() if k not in ("resumed", "keys", "changed")} | {"group_by": table.group_by} for q in queries
            ],
        }
    )
    content = {
        "name": "openalex-counts",
        "title": "Grouped counts of works from the OpenAlex API",
        "sources": [{"title": "OpenAlex", "path": asked.base}],
        "licenses": [{"name": "CC0-1.0"}],
        "filter": asked.filter,
        "corpus": asked.corpus or "the API's default",
        "limits": registry()["limits"],
        "resources": sorted(resources, key=lambda r: str(r["name"])),
    }
    files.write_json(out / PACKAGE, content)
