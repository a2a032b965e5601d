"""Baseline files: the exact distribution of citations in each cell of a reference set, small enough to carry around.

One Parquet file: a row a cell and number of citations (``cls``, ``year``, ``type``, ``citations``, ``n`` works), sorted, and in its
metadata what it was made of. From these counts follow mean, percentile and every top x % with its ties, as integers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from armillary.core import durable, guarded, packs
from armillary.core.recipe import Scalar
from armillary.errors import InputError
from armillary.sources.fetch.packs import address_of, fetched, opened, reading
from armillary.sources.oam import WINDOWS, OamData, folder_of, read_oam

COLUMNS = ("cls", "year", "type", "citations", "n")
FORMAT = 1
KEY = b"armillary.baseline"
NAMED = ("own", "given", "world")
"""Values of the option ``baseline`` that are no file."""
CHOICES = ("citations", "window", "until", "self_citations", "citing", "field_level", "by_type")
"""Options of impact indicators that a baseline fixes: numbers made under others cannot be compared with it."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a baseline file says of itself.

    ``options``: the citation and cell options (:data:`CHOICES`) it was made with; ``field_level`` is a level's name or, for a
    classification of one's own, the hash of its file. ``works``: works in cells; ``without_cell``: works of the reference set that lack
    field, year or type. ``digest``: of the rows.
    """

    path: Path
    name: str
    reference_set: str
    snapshot_date: str
    classification_version: str
    scope_name: str
    scope: tuple[str, ...]
    period: str
    options: tuple[tuple[str, Scalar], ...]
    works: int
    cells: int
    without_cell: int
    is_synthetic: bool
    armillary: str
    digest: str

    def option(self, name: str) -> Scalar:
        """One of the options that it was made with."""
        return dict(self.options)[name]

    def as_dict(self) -> dict[str, Any]:
        """Everything for JSON, without the path."""
        out = asdict(self)
        out.pop("path")
        return {**out, "scope": list(self.scope), "options": dict(self.options)}

    def table(self) -> pa.Table:
        """The rows; :class:`InputError` if they are not those that the digest was made of."""
        table = guarded.parquet_table(self.path, COLUMNS)
        for name in COLUMNS:
            kind = table.schema.field(name).type
            fits = pa.types.is_integer(kind) or (name in ("cls", "type") and pa.types.is_string(kind))
            if not fits or table[name].null_count:
                raise InputError(f"column {name} of this baseline is not what one holds", where=self.path, fix="make or fetch it again")
        if digest_of(table) != self.digest:
            raise InputError("the rows of this baseline were changed after it was made", where=self.path, fix="make or fetch it again")
        return table


@dataclass(frozen=True, slots=True)
class OamBaseline(Baseline):
    """OAM's published data as a yardstick: it brings the citations of each work that it judges, beside the cells.

    A record's own counts would not do: OAM counts only citations from works that it judges.
    """

    data: OamData

    def as_dict(self) -> dict[str, Any]:
        """Everything for JSON, without paths."""
        own = {f.name: getattr(self, f.name) for f in fields(Baseline) if f.name != "path"}
        return {**own, "scope": list(self.scope), "options": dict(self.options)}

    def table(self) -> pa.Table:
        """The exact distribution of citations in OAM's bins (type is journal or conference)."""
        return self.data.distribution(int(self.option("window")))

    def of_works(self, ids: pa.Array) -> pa.Table:
        """``work_id, cls, year, type, citations`` of those works that it judges."""
        return self.data.of_works(ids, int(self.option("window")))

    def windowed(self, window: int) -> OamBaseline:
        """The same with the citations of a window that OAM counted; itself where it did not."""
        options = tuple(sorted((dict(self.options) | {"window": window}).items()))
        return replace(self, options=options) if window in WINDOWS else self


OAM_OPTIONS: dict[str, Scalar] = {
    "citations": "given", "window": 0, "until": 0, "self_citations": "auto", "citing": "same", "field_level": "subfield", "by_type": True,
}  # fmt: skip
"""How OAM counts: its own counts are what is given with each work."""


def _of_oam(folder: Path) -> OamBaseline:
    data = read_oam(folder)
    return OamBaseline(
        path=folder,
        name="OAM",
        reference_set="the works that OAM judges",
        snapshot_date=data.snapshot,
        classification_version="OAM's own",
        scope_name="OAM",
        scope=data.criteria,
        period="all",
        options=tuple(sorted(OAM_OPTIONS.items())),
        works=data.works,
        cells=0,
        without_cell=0,
        is_synthetic=False,
        armillary="none",
        digest=data.digest,
        data=data,
    )


def digest_of(table: pa.Table) -> str:
    """Sixteen hex digits of the rows in their order, whatever the file's compression."""
    sha = hashlib.sha256()
    for name in COLUMNS:
        column = table[name].combine_chunks()
        sha.update(f"{name} {len(column)}\n".encode())
        if not pa.types.is_integer(column.type):
            coded = column.dictionary_encode()  # in order of first appearance, which the rows alone decide
            sha.update(json.dumps(coded.dictionary.to_pylist(), ensure_ascii=False).encode())
            column = coded.indices
        sha.update(column.cast(pa.int64()).to_numpy(zero_copy_only=False).astype("<i8").tobytes())
    return sha.hexdigest()[:16]


def write_baseline(baseline: Baseline, table: pa.Table) -> None:
    """Write the rows and what they are to ``baseline.path``; equal rows and facts give equal bytes."""
    said = json.dumps({"format": FORMAT, **baseline.as_dict()}, sort_keys=True, ensure_ascii=False).encode()
    out = table.select(list(COLUMNS)).replace_schema_metadata({KEY: said})
    integers = [c for c in COLUMNS if pa.types.is_integer(out.schema.field(c).type)]
    with durable.whole(baseline.path) as part:
        pq.write_table(
            out,
            part,
            compression="zstd",
            compression_level=9,
            use_dictionary=[c for c in COLUMNS if c not in integers],
            column_encoding=dict.fromkeys(integers, "DELTA_BINARY_PACKED"),
            write_page_checksum=True,
        )


def located(named: str | Path) -> Path:
    """The file that is meant: itself, the one of a pack, or what was fetched from an address."""
    address = address_of(named)
    if address is not None and address.endswith(".parquet"):
        return fetched(address, ".parquet")
    path = opened(address) if address is not None else Path(named)
    if path.suffix == ".zip" and path.is_file():
        path = packs.unpacked(path)
    if not path.is_dir():
        return path
    facts = packs.facts_of(path)
    inside = sorted(n for n in facts.files if n.startswith("baselines/")) if facts is not None else []
    if not inside:
        raise InputError("there is no baseline in this folder", where=named, fix="give a baseline file, or a pack with one")
    if len(inside) > 1:
        shown = ", ".join(str(path / n) for n in inside)
        raise InputError(f"this pack has {len(inside)} baselines", where=named, fix=f"name one of: {shown}")
    found = reading(path / inside[0])
    return found if isinstance(found, Path) else fetched(f"{address}/{inside[0]}", ".parquet")


def read_baseline(path: str | Path) -> Baseline:
    """What a baseline file says of itself; :class:`InputError` if it is none.

    ``path`` may be the address of one, a pack with one in it, or a folder of OAM's data.
    """
    if address_of(path) is None and (oam := folder_of(Path(path))) is not None:
        return _of_oam(oam)
    where = located(path)
    with guarded.parquet_file(where, needed=COLUMNS) as file, guarded.faults(where, kind="Parquet file"):
        raw = (file.schema_arrow.metadata or {}).get(KEY)
    if raw is None:
        raise InputError("this Parquet file is no baseline", where=where, fix="make one with armillary baseline make")
    said = guarded.parse_json(raw, where)
    wanted = {f.name for f in fields(Baseline)} - {"path"}
    if not isinstance(said, dict) or said.get("format") != FORMAT or not wanted <= said.keys():
        raise InputError("a baseline of another format", where=where, fix="make it again with this version of armillary")
    options = said["options"]
    if not isinstance(options, dict) or set(options) != set(CHOICES):
        raise InputError("the baseline does not say how citations were counted", where=where, fix="make it again")
    own = {k: said[k] for k in wanted} | {"scope": tuple(said["scope"]), "options": tuple(sorted(options.items()))}
    return Baseline(path=where, **own)
