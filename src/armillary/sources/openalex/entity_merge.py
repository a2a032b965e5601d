"""Institutions, sources and topics of an ingest: own records, what works say of them, merged ids and ROR, into one table each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import schema
from armillary.core.places.assign import place_by_record
from armillary.core.store import Transaction
from armillary.sources.openalex import merged, supersede
from armillary.sources.openalex.entities import MergedTable, Row, mention_rows
from armillary.sources.openalex.gather import Result
from armillary.sources.openalex.mentions import Mentions, Stale
from armillary.sources.openalex.plan import Part
from armillary.sources.ror.fill import fill_institutions, ror_parents


@dataclass
class EntityMerge:
    """What the merge needs: the open transaction, new files by hash, and where staged rows lie. ``is_tidied``: works were replaced, so
    that entities which only they named leave with them."""

    txn: Transaction
    fresh: Mapping[str, tuple[Part, Result]]
    stale: Stale
    lists: merged.IdLists
    staging: Path
    scratch: Path
    memory: str
    is_tidied: bool

    def run(self, mentions: Mentions) -> Counter[str]:
        """Merge institutions, sources and topics; returns how many own records lost against newer ones by hash of their input file."""
        lost: Counter[str] = Counter()
        current, left = self.stale.apart(mentions)
        for entity, name in (("institutions", "institution"), ("sources", "source"), ("topics", "topic")):  # one at a time in memory
            self._entity(entity, name, (current, left), lost)
            pa.default_memory_pool().release_unused()
        return lost

    def _entity(self, entity: str, name: str, mentions: tuple[Mentions, Mentions], lost: Counter[str]) -> None:
        txn = self.txn
        table = MergedTable(name, txn.read(name), _lineages(txn) if name == "institution" else None, self.stale.dates)
        if name == "institution":
            table.forget_ror()
        for sha256, (part, _) in self.fresh.items():
            if part.entity == entity:
                data = (self.staging / sha256 / "rows.msgpack").read_bytes()
                for _, row, lineage in msgspec.msgpack.decode(data, type=list[tuple[str, Row, list[int]]]):
                    if (loser := table.add(row, lineage, sha256)) is not None:
                        lost[loser] += 1
        for row, lineage in mention_rows(name, mentions[0]):
            table.add(row, lineage)
        for row, lineage in mention_rows(name, mentions[1]):
            table.add_unknown(row, lineage)
        self.lists.apply_to_entities(entity, table)
        if self.is_tidied:
            table.drop(self._used(name))
        if name == "institution":
            self._write_institutions(table)
        else:
            txn.replace(name, table.table())

    def _write_institutions(self, table: MergedTable) -> None:
        txn, institutions = self.txn, table.table()
        txn.replace("institution", fill_institutions(institutions, txn.read("ror")))
        place_by_record(txn)
        edge = schema.table("institution_parent").schema
        pairs = [(c, p, "lineage") for c, parents in table.parents.items() for p in parents]
        lineage_edges = pa.Table.from_pylist([dict(zip(edge.names, pair, strict=True)) for pair in pairs], schema=edge)
        txn.replace("institution_parent", pa.concat_tables([lineage_edges, ror_parents(txn.read("ror_parent"), institutions)]))

    def _used(self, name: str) -> set[int]:
        """Ids of entities that works name; what only replaced records named leaves with them, as if those had never been here."""
        uses = {
            "institution": [("affiliation", "institution_id")],
            "source": [("work", "source_id")],
            "topic": [("work_topic", "topic_id"), ("work", "topic_id")],
        }
        used: set[int] = set()
        with supersede.connect(self.memory, self.scratch) as connection:
            for table, column in uses[name]:
                if files := [str(p) for p in self.txn.files(table)]:
                    used.update(connection.read_parquet(files).unique(column).to_arrow_table()[column].to_pylist())
        return used


def _lineages(txn: Transaction) -> dict[int, list[int]]:
    """Institutions above each, as far as records said so."""
    above: dict[int, list[int]] = {}
    edges = txn.read("institution_parent").filter(pc.field("relation") == "lineage")
    for child, parent in zip(edges["institution_id"].to_pylist(), edges["parent_id"].to_pylist(), strict=True):
        above.setdefault(child, []).append(parent)
    return above
