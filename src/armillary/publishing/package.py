"""A folder of tables that describes itself: Frictionless data package, Croissant, schema.org, and a file to read first.

The same tables give the same bytes; nothing of the clock is in them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from armillary.core import durable
from armillary.errors import UsageError
from armillary.publishing import card
from armillary.publishing.croissant import croissant, dataset
from armillary.publishing.frictionless import datapackage
from armillary.publishing.tables import Attribution, Package, PackedFile, sha256
from armillary.version import __version__

MARK = "armillary.json"


def write_package(package: Package, folder: Path) -> list[PackedFile]:
    """Write the package: CSV and Parquet of each table, ``datapackage.json``, ``croissant.json``, ``dataset.jsonld``, ``README.md``.

    ``folder`` is new, empty, or an earlier package, which is replaced as a whole.
    """
    names = [s.path for s in package.sheets]
    if len(set(names)) < len(names):
        raise UsageError("two tables of the package would be the same file", fix="give them other names")
    try:
        with durable.whole_folder(folder, MARK) as part:
            return _fill(package, part)
    except FileExistsError as error:
        raise UsageError(f"{error.filename} {error.strerror}", fix="move it away, or give another folder") from None


def _fill(package: Package, part: Path) -> list[PackedFile]:
    files = []
    (part / "data").mkdir(parents=True, exist_ok=True)
    for sheet in package.sheets:
        files.append(_put(part, sheet.path, "text/csv", sheet.text()))
        columnar = sheet.path.removesuffix(".csv") + ".parquet"
        pq.write_table(sheet.rows.replace_schema_metadata(None), part / columnar, compression="zstd")
        body = (part / columnar).read_bytes()
        files.append(PackedFile(columnar, "application/vnd.apache.parquet", len(body), sha256(body)))
    described: dict[str, dict[str, Any]] = {
        "datapackage.json": datapackage(package, files),
        "croissant.json": croissant(package, files),
        "dataset.jsonld": dataset(package, files),
    }
    for name, body_ in described.items():
        files.append(_put(part, name, "application/json", _json(body_)))
    files.append(_put(part, "README.md", "text/markdown", readme(package).encode()))
    mark = {"armillary": __version__, "package": package.name, "files": {f.path: f.sha256 for f in files}}
    _put(part, MARK, "application/json", _json(mark))
    return files


def _put(part: Path, name: str, media: str, body: bytes) -> PackedFile:
    (part / name).write_bytes(body)
    return PackedFile(name, media, len(body), sha256(body))


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def readme(package: Package) -> str:
    """What a person reads first: tables, columns, sources, terms; at its head what a hub of data sets reads."""
    lines = [
        *card.head(package),
        f"# {package.title}",
        "",
        package.description,
        "",
        f"Data: {package.version}. Unknown is empty and never zero.",
        "",
    ]
    for sheet in package.sheets:
        lines += [f"## {sheet.title}", "", f"`{sheet.path}`, {sheet.arrow.num_rows:,} rows; the same as Parquet beside it.", ""]
        lines += [sheet.note, ""] if sheet.note else []
        lines += [f"- `{n}` ({k}){': ' + m if m else ''}" for n, k, m in sheet.columns()] + [""]
    lines += ["## Sources", "", *(f"- {_said(o)}" for o in package.origins)]
    return "\n".join(lines) + "\n"


def _said(o: Attribution) -> str:
    return ", ".join(x for x in (o.publisher, o.title, o.vintage and f"vintage {o.vintage}", o.licence, o.address) if x)
