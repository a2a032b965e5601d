"""Ids that OpenAlex merged into others or deleted (``merged_ids/<entity>/*.csv.gz``: ``merge_date,id,merge_into_id``, until November 2025,
then under ``legacy-data/``), and what follows from deletions (:mod:`.deleted`) for what works name.

The lists are remembered (table ``merged_id``): a merged record that arrives later, in an older file, is followed as well. A merged work
leaves with all its rows and references to it point to its successor; merged authors, institutions and sources are renamed wherever works
name them.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import schema
from armillary.core.store import Transaction
from armillary.errors import InputError
from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.openalex import ids, supersede
from armillary.sources.openalex.bylines import NOBODY
from armillary.sources.openalex.contents import entity_of_id, separator_of
from armillary.sources.openalex.deleted import Deleted
from armillary.sources.openalex.entities import MergedTable
from armillary.sources.openalex.lines import Lines
from armillary.sources.openalex.plan import Part

ENTITIES = ("works", "authors", "institutions", "sources")
_COLUMNS = {
    "works": ("citation", "cited_id"),
    "authors": ("authorship", "author_id"),
    "institutions": ("affiliation", "institution_id"),
    "sources": ("work", "source_id"),
}


class Fates:
    """What became of ids of one entity: ``olds`` in order, and ``news``, -1 where an id is nobody now."""

    def __init__(self, merges: Mapping[int, int | None], deleted: pa.Array, nobody: Collection[int]) -> None:
        ends = resolved(merges)
        gone = np.setdiff1d(deleted.to_numpy(), np.array(sorted(ends), dtype=np.int64))
        ended = np.array(sorted(ends), dtype=np.int64)
        news = np.array([-1 if (n := ends[o]) is None or n in nobody else n for o in ended.tolist()], dtype=np.int64)
        news[np.isin(news, gone)] = -1  # merged into one that was deleted
        olds = np.concatenate([ended, gone])
        order = np.argsort(olds, kind="stable")
        self.olds, self.news = olds[order], np.concatenate([news, np.full(len(gone), -1)])[order]

    def __len__(self) -> int:
        return len(self.olds)

    def of(self, numbers: Iterable[int]) -> dict[int, int | None]:
        """New ids of those of ``numbers`` that something became of; None for nobody."""
        asked = np.array(sorted(numbers), dtype=np.int64)
        hit = asked[np.isin(asked, self.olds)]
        return {o: None if n < 0 else n for o, n in zip(hit.tolist(), self.news[np.searchsorted(self.olds, hit)].tolist(), strict=True)}


class IdLists:
    """All merges and deletions known, and how to follow them.

    ``is_new``: the input brought some that the observatory did not have. ``merged_n``: merges known.
    """

    def __init__(self, merges: dict[str, dict[int, int | None]], deleted: Deleted, *, is_new: bool) -> None:
        nothing = pa.array([], pa.int64())
        fates = {e: Fates(merges[e], deleted.others.get(e, nothing), NOBODY.get(e, ())) for e in ENTITIES}
        self.fates = {entity: f for entity, f in fates.items() if len(f)}
        self.deleted = deleted
        self.is_new = is_new or deleted.is_new
        self.merged_n = sum(map(len, merges.values()))

    def apply(
        self, segments: supersede.Segments, old: supersede.Segments, folder: Path, memory: str, left: Callable[..., None]
    ) -> tuple[int, Counter[str], int]:
        """Follow them in all segments that hold such ids (only in new segments if none is new).

        ``left`` is told the works that leave and their dates. Returns the number of segments rewritten, of records dropped by (shortened)
        hash of their input file, and of works that were deleted.
        """
        dropped: Counter[str] = Counter()
        touched: set[tuple[str, str]] = set()
        families = supersede.families()
        n_deleted = 0
        for label, gone, updated in self.deleted.losers(segments["work"], old["work"], folder, memory):
            supersede.rewrite(families["work"], segments, label, gone, folder)
            left(gone, updated, is_new=label not in old["work"])
            dropped[label[:12]] += len(gone)
            n_deleted += len(gone)
            touched.add(("work", label))
        for entity, fates in self.fates.items():
            gone = pa.array(fates.olds, pa.int64())
            for main, tables in families.items():
                if f"{main}s" != entity:
                    continue
                key = schema.table(main).key[0]
                for label, n in self._holding(segments[main], old[main], key, gone, folder, memory):
                    if main == "work":
                        left(*_dates(segments[main][label], gone), is_new=label not in old[main])
                    supersede.rewrite(tables, segments, label, gone, folder)
                    dropped[label[:12]] += n
                    touched.add((main, label))
            name, column = _COLUMNS[entity]
            for label, _ in self._holding(segments[name], old[name], column, gone, folder, memory):
                supersede.rewrite_segment([name], segments, label, folder, partial(_renamed, column=column, fates=fates))
                touched.add(("work", label))
                if name == "affiliation":
                    supersede.rewrite_segment(["authorship"], segments, label, folder, partial(_recounted, counts=segments[name][label]))
        return len(touched), dropped, n_deleted

    def _holding(
        self, files: Mapping[str, Path], old: Mapping[str, Path], column: str, gone: pa.Array, folder: Path, memory: str
    ) -> list[tuple[str, int]]:
        """``(label, rows)`` of the segments in which ``column`` has one of the ids ``gone``."""
        wanted = [str(p) for label, p in files.items() if self.is_new or old.get(label) != p]
        if not wanted:
            return []
        with supersede.connect(memory, folder) as connection:
            connection.register("gone", pa.table({"id": gone}))
            rows = connection.read_parquet(wanted, filename=True)
            rows.select(f"{column} AS id, parse_filename(filename)[1:17] AS label").create_view("held")
            query = "SELECT label, count(*) FROM held SEMI JOIN gone USING (id) GROUP BY label ORDER BY label"
            found = connection.execute(query).fetchall()
        return [(str(label), int(n)) for label, n in found]

    def apply_to_entities(self, entity: str, table: MergedTable) -> None:
        """Drop merged and deleted records of ``entity`` and let their children hang on the successor."""
        if entity in self.fates:
            table.follow(self.fates[entity].of(table.numbers()))


def read_lists(parts: Sequence[Part], deleted: Deleted, txn: Transaction) -> IdLists:
    """The merges that the observatory knows together with those of ``parts``, which are remembered, and the deletions."""
    merges: dict[str, dict[int, int | None]] = {e: {} for e in ENTITIES}
    before = txn.read("merged_id")
    for row in before.to_pylist():
        merges[row["entity"]][row["old_id"]] = row["new_id"]
    for part in parts:
        found = _read(part.path)
        entity = part.entity or next((e for link in found if (e := entity_of_id(link))), "")
        if entity in merges:
            merges[entity].update({ids.number(old) or 0: ids.number(new or None) for old, new in found.items()})
    rows = [{"entity": e, "old_id": a, "new_id": b} for e, m in merges.items() for a, b in m.items()]
    txn.replace("merged_id", pa.Table.from_pylist(rows, schema=schema.table("merged_id").schema))
    return IdLists(merges, deleted, is_new=not txn.read("merged_id").equals(before))


def _dates(path: Path, gone: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Works of a segment that leave it, and when they were last changed."""
    import pyarrow.parquet as pq

    rows = pq.read_table(path, columns=["work_id", "updated_date"], partitioning=None)
    rows = rows.filter(pc.is_in(rows["work_id"], value_set=gone)).combine_chunks()
    return pc.fill_null(rows["work_id"], 0).combine_chunks(), pc.fill_null(rows["updated_date"], "").combine_chunks()


def _read(path: Path | RemoteFile) -> dict[str, str]:
    """Links as the list has them, old to new; no text for a record that was deleted."""
    try:
        text = b"".join(Lines(path).blocks()).decode()
    except UnicodeDecodeError as error:
        raise InputError(f"the list of merged ids cannot be read ({error})", where=path, fix="download it again") from error
    reader = csv.DictReader(io.StringIO(text), delimiter=separator_of(text.partition("\n")[0].encode()))
    if not {"id", "merge_into_id"} <= set(reader.fieldnames or ()):
        raise InputError("a list of merged ids needs the columns id and merge_into_id", where=path, fix="download it again")
    found: dict[str, str] = {}
    for row in _rows(reader, path):
        if ids.number(row["id"]) is None:
            raise InputError(f"'{row['id']}' is not an OpenAlex id", where=f"{path}:{reader.line_num}", fix="download it again")
        found[row["id"]] = row["merge_into_id"] or ""
    return found


def _rows(reader: csv.DictReader[str], path: Path | RemoteFile) -> Iterator[dict[str, str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise InputError(f"the list of merged ids cannot be read ({error})", where=path, fix="download it again") from error


def resolved(merges: Mapping[int, int | None]) -> dict[int, int | None]:
    """Chains followed to their end (1 into 2, 2 into 3: both into 3). A circle has no end; its smallest id survives."""
    ends: dict[int, int | None] = {}
    for first in sorted(merges):
        path: list[int] = []
        at: int | None = first
        while at is not None and at in merges and at not in ends and at not in path:
            path.append(at)
            at = merges[at]
        if at in path:
            at = min(path[path.index(at) :])
        elif at is not None:
            at = ends.get(at, at)
        ends.update({old: at for old in path if old != at})
    return ends


def _renamed(name: str, rows: pa.Table, *, column: str, fates: Fates) -> pa.Table:
    """``rows`` with ids replaced; what a deleted id leaves behind is a null, or no row where the id is the point of the row."""
    olds, news = fates.olds, fates.news
    before = pc.fill_null(rows[column], -1).to_numpy()
    place = np.minimum(np.searchsorted(olds, before), len(olds) - 1)
    after = np.where(olds[place] == before, news[place], before)
    changed = rows.set_column(rows.schema.get_field_index(column), rows.schema.field(column), pa.array(after, pa.int64(), mask=after < 0))
    if name == "citation":
        kept = changed.filter(pc.and_(pc.is_valid(changed["cited_id"]), pc.not_equal(changed["citing_id"], changed["cited_id"])))
        kept = kept.group_by(["citing_id", "cited_id", "citing_year"], use_threads=False).aggregate([]).select(rows.column_names)
        return kept.sort_by([("citing_id", "ascending"), ("cited_id", "ascending")]).cast(rows.schema)
    if name == "affiliation":
        return _regrouped(changed, set(olds[np.isin(olds, before)].tolist()), rows)
    return changed


def _regrouped(rows: pa.Table, olds: set[int], before: pa.Table) -> pa.Table:
    """Affiliation rows after a rename: an author may now have one institution twice on a line, or counts that changed."""
    touched = pc.is_in(before["institution_id"], value_set=pa.array(sorted(olds), pa.int64()))
    works = pc.unique(rows["work_id"].filter(touched))
    inside = pc.is_in(rows["work_id"], value_set=works)
    fixed: list[dict[str, Any]] = []
    for _, group in groupby(rows.filter(inside).to_pylist(), key=lambda r: (r["work_id"], r["author_seq"])):
        fixed += _one_author(list(group))
    redone = pa.Table.from_pylist(fixed, schema=rows.schema)
    together = pa.concat_tables([rows.filter(pc.invert(inside)), redone])
    return together.take(pc.sort_indices(together, sort_keys=[(k, "ascending") for k in schema.table("affiliation").key]))


def _one_author(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    seen: set[int] = set()
    for _, line in groupby(sorted(rows, key=lambda r: r["address_seq"]), key=lambda r: r["address_seq"]):
        group = list(line)
        matched = {r["institution_id"]: r for r in reversed(group) if r["institution_id"] is not None}
        if not matched:
            out.append(group[0] | {"n_in_address": 0, "is_repeat": False, "country_code": None})
        for number in sorted(matched):
            out.append(matched[number] | {"n_in_address": len(matched), "is_repeat": number in seen})
            seen.add(number)
    return [r | {"n_author_institutions": len(seen)} for r in out]


def _recounted(_: str, rows: pa.Table, *, counts: Path) -> pa.Table:
    """Authorship rows with ``n_author_institutions`` as the affiliation file ``counts`` has it now."""
    import pyarrow.parquet as pq

    held = pq.read_table(counts, columns=["work_id", "author_seq", "n_author_institutions"], partitioning=None)
    held = held.group_by(["work_id", "author_seq"], use_threads=False).aggregate([("n_author_institutions", "max")])
    held = held.sort_by([("work_id", "ascending"), ("author_seq", "ascending")])
    column = held["n_author_institutions_max"].cast(pa.int16())
    return rows.set_column(rows.schema.get_field_index("n_author_institutions"), rows.schema.field("n_author_institutions"), column)
