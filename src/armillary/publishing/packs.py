"""Making packs: what an observatory knows without its records, as Parquet files with ``datapackage.json``, in a folder or a zip."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from armillary.core import durable, generations, own_files, packs, schema
from armillary.core.corpus import data_version
from armillary.core.frame import said_of
from armillary.core.store import Store
from armillary.counting.baseline_file import read_baseline
from armillary.errors import DataError, InputError, UsageError
from armillary.publishing.tables import sha256, slug
from armillary.ranking.cubes import files
from armillary.version import __version__

NAMES = ("institution", "institution_parent", "institution_place", "place", "source", "topic", "ror", "manifest")
"""Tables of names and places, and where the records came from."""
MEANT = {
    "cubes": "sums of num, den (in credit units) and works by unit, year, field and type; cube.json names the columns of each recipe",
    "baselines": "the distribution of citations in each cell of the reference set",
}


def make_pack(store: Store, out: Path, *, baselines: Sequence[Path] = (), units: Sequence[str] = (), tables: Sequence[str] = ()) -> Path:
    """Write the current cubes of an observatory (of ``units``, or all), baselines, names and places to ``out``: a folder, or a zip if it
    ends in ``.zip``. ``tables`` are core tables to add. :class:`DataError` without a current cube."""
    cubes = [c for c in files.all_cubes(store.path) if files.is_current(c, store) and (not units or c.unit in units)]
    if not cubes:
        which = f" of {', '.join(units)}" if units else ""
        raise DataError(f"the observatory has no cubes{which} of the data it holds", where=store.path, fix="armillary cube make")
    _hold = store.hold()  # nobody prunes it meanwhile
    store.require_whole()
    for name in tables:
        schema.table(name)
    if out.resolve().is_relative_to(store.path.resolve()):
        raise UsageError(f"{out} lies inside the observatory", fix="give a folder beside it")
    folder = out.with_name(f"{out.name}.folder") if out.suffix == ".zip" else out
    try:
        with durable.whole_folder(folder, packs.DESCRIPTOR) as part:
            _fill(store, part, cubes, list(baselines), [*NAMES, *tables])
    except FileExistsError as error:
        raise UsageError(f"{error.filename} {error.strerror}", fix="move it away, or give another name") from None
    if out.suffix == ".zip":
        try:
            with durable.whole(out) as target:
                packs.zipped(folder, target)
        finally:
            durable.remove_folder(folder, packs.DESCRIPTOR)
    return out


def _fill(store: Store, part: Path, cubes: Sequence[files.Cube], baselines: Sequence[Path], wanted: Sequence[str]) -> None:
    kept = {t: store.entries(t) for t in schema.TABLES if t in wanted and store.entries(t)}
    for table, entries in kept.items():
        (part / "core" / table).mkdir(parents=True)
        for e in entries:
            shutil.copyfile(store.path / "core" / table / e.name, part / "core" / table / e.name)
    if (own := own_files.folder(store)).is_dir():
        shutil.copytree(own, part / "registry")
    for cube in cubes:
        shutil.copytree(cube.folder, part / "cubes" / cube.folder.name)
    for path in baselines:
        read = read_baseline(path)
        if not path.is_file():
            raise InputError("a pack takes baseline files", where=path, fix="make one: armillary baseline make")
        read.table()  # sound, and really one
        (part / "baselines").mkdir(exist_ok=True)
        shutil.copyfile(path, part / "baselines" / path.name)
    generations.write(part, store.generation, kept)
    described = _described(store, part, cubes, kept)
    (part / packs.DESCRIPTOR).write_text(json.dumps(described, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _described(store: Store, part: Path, cubes: Sequence[files.Cube], kept: Any) -> dict[str, Any]:
    version = data_version(store)
    rows = {t: store.rows(t) for t in schema.TABLES if store.rows(t)}
    facts = cubes[0].facts
    found = sorted(p for p in part.rglob("*.parquet"))
    others = sorted(p for p in part.rglob("*") if p.is_file() and p.suffix != ".parquet" and p.name != packs.DESCRIPTOR)
    return {
        "profile": "data-package",
        "name": slug(str(version["name"])),
        "title": f"{version['name']}: sums, yardsticks, names and places",
        "description": f"Made from {rows.get('work', 0):,} works ({said_of(version)}), snapshot {version['snapshot_date']}, by armillary "
        f"{__version__}. Without the records themselves. Open it with armillary or read the Parquet files with any tool.",
        "version": f"{version['snapshot_date']}-{store.digest[:12]}",
        "resources": [_resource(part, p) for p in found],
        "armillary": {
            "format": packs.FORMAT,
            "armillary": __version__,
            "name": version["name"],
            "digest": store.digest,
            "data": version,
            "rows": rows,
            "left_out": [t for t in rows if t not in kept],
            "state": files.state_of(store, list(schema.TABLES)),
            "years": facts["years"],
            "changed": facts["changed"],
            "files": [{"path": str(p.relative_to(part)), "bytes": p.stat().st_size} for p in others],
        },
    }


def _resource(part: Path, path: Path) -> dict[str, Any]:
    relative = path.relative_to(part)
    kind = relative.parts[0]
    table = schema.TABLES.get(relative.parts[1]) if kind == "core" else None
    meta = pq.read_schema(path)
    return {
        "name": slug("-".join(relative.with_suffix("").parts)),
        "title": table.meaning if table else MEANT.get(kind, kind),
        "path": str(relative),
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path.read_bytes())}",
        "schema": {"fields": [{"name": f.name, "type": _kind(str(f.type))} for f in meta]},
    }


def _kind(arrow: str) -> str:
    if arrow.startswith(("int", "uint", "decimal")):
        return "integer"
    return {"double": "number", "float": "number", "bool": "boolean", "date32[day]": "date"}.get(arrow, "string")


def checked(store: Store) -> list[str]:
    """What of a pack is not as its descriptor says: files gone or changed."""
    assert store.pack is not None
    out = []
    for name, (size, digest) in store.pack.files.items():
        path = store.path / name
        if not path.is_file():
            out.append(f"{name} is missing")
        elif path.stat().st_size != size or sha256(path.read_bytes()) != digest:
            out.append(f"{name} is not what was written")
    return out
