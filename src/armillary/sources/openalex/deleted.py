"""Ids that OpenAlex deleted (``<entity>/deleted_ids.csv.gz``: ``work_id,deleted_date``, cumulative, tens of millions of rows).

The lists are remembered (table ``deleted_id``), so a record that arrives later in an older file is left out as well. A work is gone if its
record was last changed on the day of its deletion or before; a record that changed later was served again and stays. References to
a deleted work stay as their records list them, as in a build from the new release alone. Other deleted entities are no one wherever works
name them (:mod:`.merged`). Nothing here holds a list in memory as Python objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from armillary.core import parquet, schema
from armillary.core.store import Transaction
from armillary.errors import InputError
from armillary.sources.openalex import id_lists, ids, supersede
from armillary.sources.openalex.contents import entity_of_id
from armillary.sources.openalex.plan import Part

TABLE = "deleted_id"
_DATES = ("deleted_date", "deleted_at", "deletion_date")


class Deleted:
    """All deletions known. ``is_new``: the input brought some that the observatory did not have."""

    def __init__(self, path: list[Path], *, is_new: bool, works: int, others: dict[str, pa.Array]) -> None:
        self.files, self.is_new, self.works, self.others = path, is_new, works, others

    def losers(self, files: dict[str, Path], old: dict[str, Path], scratch: Path, memory: str) -> Iterator[tuple[str, pa.Array, pa.Array]]:
        """``(segment label, works, their updated_date)`` of works that are deleted, in all segments or, if no deletion is new, new ones."""
        wanted = [str(p) for label, p in files.items() if self.is_new or old.get(label) != p]
        if not wanted or not self.works:
            return
        with supersede.connect(memory, scratch) as connection:
            connection.read_parquet([str(p) for p in self.files]).filter("entity = 'works'").create_view("gone")
            rows = connection.read_parquet(wanted, filename=True)
            rows.select("work_id, updated_date, parse_filename(filename)[1:17] AS label").create_view("held")
            found = connection.sql(
                "SELECT label, work_id AS id, coalesce(updated_date, '') AS updated FROM held JOIN gone ON work_id = old_id "
                "WHERE deleted_date IS NULL OR updated_date IS NULL OR updated_date[1:10] <= strftime(deleted_date, '%Y-%m-%d') "
                "ORDER BY label, id"
            )
            yield from supersede.by_label(found.to_arrow_reader(supersede.BATCH))


def read_lists(parts: Sequence[Part], txn: Transaction, scratch: Path, memory: str) -> Deleted:
    """The deletions that the observatory knows together with those of ``parts``, which are remembered."""
    before = txn.files(TABLE)
    pieces = [_staged(part, scratch / f"deleted-{k}.parquet") for k, part in enumerate(parts)]
    files = before
    is_new = False
    if pieces:
        target = scratch / f"{TABLE}.parquet"
        with supersede.connect(memory, scratch) as connection:
            connection.execute("SET preserve_insertion_order = true")
            everything = connection.read_parquet([str(p) for p in [*before, *pieces]])
            merged = everything.aggregate(
                "entity, old_id, CASE WHEN count(*) > count(deleted_date) THEN NULL ELSE max(deleted_date) END AS deleted_date",
                "entity, old_id",
            )
            merged.create_view("merged")
            if before:
                connection.read_parquet([str(p) for p in before]).create_view("before")
                columns = "entity, old_id, deleted_date"
                query = f"SELECT count(*) FROM (SELECT {columns} FROM merged EXCEPT SELECT {columns} FROM before)"
                is_new = bool(connection.execute(query).fetchall()[0][0])
            else:
                is_new = True
            if is_new:
                with parquet.writer(TABLE, target) as out:
                    reader = connection.sql("SELECT * FROM merged ORDER BY entity, old_id").to_arrow_reader(id_lists.ROWS)
                    for batch in reader:
                        out.write_table(pa.Table.from_batches([batch]).cast(schema.table(TABLE).schema))
        if is_new:
            txn.set_files(TABLE, [target])
            files = txn.files(TABLE)
    others: dict[str, pa.Array] = {}
    works = 0
    if files:
        with supersede.connect(memory, scratch) as connection:
            held = connection.read_parquet([str(p) for p in files])
            for entity, n in held.aggregate("entity, count(*) AS n", "entity").order("entity").fetchall():
                if entity == "works":
                    works = int(n)
                else:
                    rows = held.filter(f"entity = '{entity}'").project("old_id").order("old_id").to_arrow_table()
                    others[entity] = rows["old_id"].combine_chunks()
    return Deleted(files, is_new=is_new, works=works, others=others)


def _staged(part: Part, target: Path) -> Path:
    """A list as a Parquet file with the columns of the table."""
    spec = schema.table(TABLE).schema
    entity = part.entity
    n = 0
    with pq.ParquetWriter(target, spec) as out:
        for batch in id_lists.batches(part.path, "deleted"):
            names = id_lists.names(batch, part.path, "deleted")
            date_at = next((k for k, name in enumerate(names) if name in _DATES), None)
            id_at = next((k for k, name in enumerate(names) if name.endswith("id")), None)
            if date_at is None or id_at is None:
                what = f"a list of deleted ids needs an id and {_DATES[0]}, it has {', '.join(names)[:80]}"
                raise InputError(what, where=part.path, fix="download it again")
            links = batch.column(id_at).cast(pa.string())
            solid = pc.fill_null(pc.not_equal(links, ""), False)
            links, dates = links.filter(solid), batch.column(date_at).filter(solid)
            if not len(links):
                continue
            entity = entity or entity_of_id(links[0].as_py()) or ""
            if entity not in id_lists.LETTERS:
                what = f"'{links[0].as_py()}' is no id of a work, author, institution, source or topic"
                raise InputError(what, where=part.path, fix="download it again")
            found, _ = ids.numbers(links, id_lists.LETTERS[entity])
            wrong = pc.is_null(found)
            usual = pc.starts_with(links, f"https://openalex.org/{id_lists.LETTERS[entity][0]}")
            if not pc.all(usual).as_py():
                named = [
                    is_usual or link.isdigit() or entity_of_id(link) == entity
                    for is_usual, link in zip(*map(_list, (usual, links)), strict=True)
                ]
                wrong = pc.or_(wrong, pc.invert(pa.array(named)))
            if pc.any(wrong).as_py():
                first = links.filter(wrong)[0].as_py()
                raise InputError(f"'{str(first)[:60]}' is not an OpenAlex id", where=part.path, fix="download it again")
            n += len(found)
            columns = [pa.array([entity] * len(found), pa.string()), found, _days(dates)]
            out.write_table(pa.Table.from_arrays(columns, schema=spec))
    return target


def _list(column: pa.Array) -> list[Any]:
    return column.to_pylist()  # type: ignore[no-any-return]


def _days(dates: pa.Array) -> pa.Array:
    """Days of dates or times; null where there is none."""
    text = dates.cast(pa.string()) if not pa.types.is_timestamp(dates.type) else pc.strftime(dates, format="%Y-%m-%d")
    return pc.strptime(pc.utf8_slice_codeunits(text, 0, 10), format="%Y-%m-%d", unit="s", error_is_null=True).cast(pa.date32())
