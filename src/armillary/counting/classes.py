"""The class of each work at a level: of OpenAlex's classification, of one that was ingested under a name, or of a user's file.

A level is written ``subfield``, ``NAME`` or ``NAME:LEVEL`` (of :mod:`armillary.sources.classification`), or ``FILE.csv``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from armillary.core import guarded
from armillary.core.corpus import Corpus
from armillary.errors import InputError, UnknownNameError

LEVELS = ("topic", "subfield", "field", "domain")


def with_class(corpus: Corpus, works: ir.Table, level: str) -> ir.Table:
    """Add ``cls``, the class of each work at a level; null where it has none. :class:`UnknownNameError` for a level that is not there."""
    if level in LEVELS:
        return works.mutate(cls=works[f"{level}_id"].cast("int32"))
    if _is_file(level):
        return works.left_join(ibis.memtable(read_classification(Path(level))), "work_id").select(*works.columns, "cls")
    return works.left_join(_stored(corpus, level), "work_id").select(*works.columns, "cls")


def work_classes(corpus: Corpus, level: str, by_type: bool) -> ir.Table:
    """``work_id, cls, type`` of all works: what a cell is made of, beside the year."""
    classed = with_class(corpus, corpus.table("work"), level)
    return classed.select("work_id", "cls", type=classed.type if by_type else ibis.literal("all"))


def level_key(corpus: Corpus, level: str) -> str:
    """What identifies a level whatever it is called: its name, or the hash of the user's file, also of one that was ingested."""
    if level in LEVELS:
        return level
    if _is_file(level):
        path = Path(level)
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else level
    name, rank = _resolved(corpus, level)
    files = corpus.store.read("manifest").to_pylist()
    hashes = [r["file_sha256"] for r in files if r["entity"] == "classification" and r["file"] == name]
    several = len(stored_levels(corpus)[name]) > 1
    return ((hashes[0] if hashes else name) + (f":{rank}" if several else "")) if hashes else level


def stored_levels(corpus: Corpus) -> dict[str, list[str]]:
    """The classifications that were ingested: their levels by name, the one with most classes first."""

    def build() -> dict[str, list[str]]:
        if not corpus.has("work_class"):
            return {}
        table = corpus.table("work_class")
        counted = table.group_by(["classification", "class_level"]).agg(n=table.class_id.nunique())
        rows = corpus.fetch(counted.order_by(["classification", ibis.desc("n"), "class_level"])).to_pylist()
        out: dict[str, list[str]] = {}
        for row in rows:
            out.setdefault(row["classification"], []).append(row["class_level"])
        return out

    found: dict[str, list[str]] = corpus.value("stored_levels", build)
    return found


def _is_file(level: str) -> bool:
    return level.endswith((".csv", ".parquet"))


def _resolved(corpus: Corpus, level: str) -> tuple[str, str]:
    """Name and level of a classification that was ingested; without a level its finest."""
    known = stored_levels(corpus)
    name, _, rank = level.partition(":")
    if name not in known or (rank and rank not in known[name]):
        names = [*LEVELS, *known, *(f"{n}:{r}" for n, ranks in known.items() for r in ranks if len(ranks) > 1), "FILE.csv"]
        raise UnknownNameError("field level", level, names)
    return name, rank or known[name][0]


def _stored(corpus: Corpus, level: str) -> ir.Table:
    """``work_id, cls`` of a classification that was ingested. A work into which others were merged takes their class if it has none."""
    name, rank = _resolved(corpus, level)
    table = corpus.table("work_class")
    own = table.filter((table.classification == name) & (table.class_level == rank)).select("work_id", cls=table.class_id)
    moved = corpus.table("merged_id")
    moved = moved.filter((moved.entity == "works") & moved.new_id.notnull()).select("old_id", "new_id")
    taken = own.join(moved, own.work_id == moved.old_id).anti_join(own.select(new_id="work_id"), "new_id")
    one = taken.group_by("new_id").agg(n=_.cls.nunique(), cls=_.cls.min()).filter(_.n == 1)
    return own.union(one.select(work_id=one.new_id.cast("int64"), cls="cls"))


def read_classification(path: Path) -> pa.Table:
    """A user's classification: columns ``work_id`` (W123 or 123) and ``class``; :class:`InputError` says what is wrong."""
    if not path.exists():
        what = "there is no such classification file"
        raise InputError(what, where=path, fix="give a CSV or Parquet file with the columns work_id and class")
    table = guarded.table(path, ("work_id", "class"))
    text = [str(v).removeprefix("https://openalex.org/").lstrip("Ww") for v in table["work_id"].to_pylist()]
    bad = next((i for i, t in enumerate(text) if not (t.isascii() and t.isdecimal() and len(t) < 19)), None)
    if bad is not None:
        raise InputError(f"'{text[bad][:80]}' is not a work id", where=f"{path}, row {bad + 2}", fix="write W123")
    ids = [int(t) for t in text]
    if len(set(ids)) != len(ids):
        raise InputError("a work has two classes", where=path, fix="keep one row a work")
    return pa.table({"work_id": pa.array(ids, pa.int64()), "cls": table["class"].cast(pa.string())})
