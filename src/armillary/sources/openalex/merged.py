"""Ids that OpenAlex merged into others or deleted (``merged_ids/<entity>/*.csv.gz``: ``merge_date,id,merge_into_id``, until November 2025,
then under ``legacy-data/``), and what follows from deletions (:mod:`.deleted`) for what works name.

The lists are remembered (table ``merged_id``): a merged record that arrives later, in an older file, is followed as well. A merged work
leaves with all its rows and references to it point to its successor; merged authors, institutions and sources are renamed wherever works
name them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from armillary.sources.openalex import id_lists, ids, supersede
from armillary.sources.openalex.bylines import NOBODY
from armillary.sources.openalex.contents import entity_of_id
from armillary.sources.openalex.deleted import Deleted
from armillary.sources.openalex.entities import MergedTable
from armillary.sources.openalex.fates import I64, Fates, Merges, united
from armillary.sources.openalex.fates import NOBODY as NO_ONE
from armillary.sources.openalex.plan import Part

TABLE = "merged_id"
ENTITIES = ("works", "authors", "institutions", "sources")
_COLUMNS = {
    "works": ("citation", "cited_id"),
    "authors": ("authorship", "author_id"),
    "institutions": ("affiliation", "institution_id"),
    "sources": ("work", "source_id"),
}


class IdLists:
    """All merges and deletions known, and how to follow them.

    ``is_new``: the input brought some that the observatory did not have. ``merged_n``: merges known.
    """

    def __init__(self, merges: dict[str, Merges], deleted: Deleted, *, is_new: bool) -> None:
        nothing = pa.array([], pa.int64())
        fates = {e: Fates(merges[e], deleted.others.get(e, nothing).to_numpy(), NOBODY.get(e, ())) for e in ENTITIES}
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
    before = _known(txn)
    found: dict[str, list[Merges | tuple[I64, I64]]] = {e: [m] for e, m in before.items()}
    for part in parts:
        entity, olds, news = _read(part.path, part.entity)
        if entity in found:
            found[entity].append((olds, news))
    if not parts:
        return IdLists(before, deleted, is_new=False)
    merges = {e: united(m) for e, m in found.items()}
    is_new = any(not np.array_equal(merges[e].olds, m.olds) or not np.array_equal(merges[e].news, m.news) for e, m in before.items())
    if is_new:
        txn.replace_in_order(TABLE, (t for e in sorted(ENTITIES) for t in _tables(e, merges[e])))
    return IdLists(merges, deleted, is_new=is_new)


def _known(txn: Transaction) -> dict[str, Merges]:
    """What the observatory holds, by entity."""
    import pyarrow.parquet as pq

    found: dict[str, list[Merges | tuple[I64, I64]]] = {e: [] for e in ENTITIES}
    for file in txn.sound_files(TABLE):
        for batch in pq.ParquetFile(file).iter_batches(id_lists.ROWS):
            for entity in pc.unique(batch["entity"]).to_pylist():
                rows = batch.filter(pc.equal(batch["entity"], entity))
                found[entity].append((rows["old_id"].to_numpy(), pc.fill_null(rows["new_id"], NO_ONE).to_numpy()))
    return {e: united(parts) for e, parts in found.items()}


def _tables(entity: str, merges: Merges) -> Iterator[pa.Table]:
    """Rows of the table ``merged_id``, a piece at a time."""
    for low in range(0, len(merges), id_lists.ROWS):
        olds, news = (side[low : low + id_lists.ROWS] for side in (merges.olds, merges.news))
        yield pa.table([pa.array([entity] * len(olds)), olds, pa.array(news, mask=news < 0)], schema=schema.table(TABLE).schema)


def _dates(path: Path, gone: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Works of a segment that leave it, and when they were last changed."""
    import pyarrow.parquet as pq

    rows = pq.read_table(path, columns=["work_id", "updated_date"], partitioning=None)
    rows = rows.filter(pc.is_in(rows["work_id"], value_set=gone)).combine_chunks()
    return pc.fill_null(rows["work_id"], 0).combine_chunks(), pc.fill_null(rows["updated_date"], "").combine_chunks()


def _read(path: Path | RemoteFile, entity: str = "") -> tuple[str, I64, I64]:
    """The entity of a list (of its first id that tells, if it is not known), ids, and what they became (-1: the record was deleted)."""
    pairs: list[tuple[I64, I64]] = []
    line = 2
    for batch in id_lists.batches(path, "merged"):
        names = id_lists.names(batch, path, "merged")
        if not {"id", "merge_into_id"} <= set(names):
            raise InputError("a list of merged ids needs the columns id and merge_into_id", where=path, fix="download it again")
        links, successors = (pc.fill_null(batch.column(names.index(n)).cast(pa.string()), "") for n in ("id", "merge_into_id"))
        entity = entity or next((e for link in links.to_pylist() if (e := entity_of_id(link))), "")
        olds = _numbers(links, entity)
        if wrong := np.flatnonzero(olds < 0).tolist():
            where = f"{path}:{line + wrong[0]}"
            raise InputError(f"'{links[wrong[0]].as_py()}' is not an OpenAlex id", where=where, fix="download it again")
        pairs.append((olds, _numbers(successors, entity)))
        line += len(olds)
    olds, news = (np.concatenate(side) for side in zip(*pairs, strict=True)) if pairs else (np.zeros(0, np.int64),) * 2
    return entity, olds, news


def _numbers(links: pa.Array, entity: str) -> I64:
    """Ids of links; -1 for what is none."""
    out = np.full(len(links), NO_ONE, np.int64)
    given = np.flatnonzero(pc.not_equal(links, "").to_numpy(zero_copy_only=False))
    found, _ = ids.numbers(links.take(pa.array(given)), id_lists.LETTERS.get(entity, "W"))
    out[given] = pc.fill_null(found, NO_ONE).to_numpy()
    return out


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
