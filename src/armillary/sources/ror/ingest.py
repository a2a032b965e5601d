"""A ROR dump into an observatory, and from there into its institutions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import parquet, schema
from armillary.core.places.assign import place_by_record
from armillary.core.store import Store
from armillary.sources.bookkeeping import FileLog, examples, write_log
from armillary.sources.rejects import Rejects
from armillary.sources.ror.fill import fill_institutions, ror_parents
from armillary.sources.ror.read import find, read


@dataclass
class RorReport:
    """What the ingest did."""

    file: str
    generation: int
    changed: bool
    records: int
    kept: int
    rejected: int
    places_filled: int
    """Institutions whose place now comes from ROR."""
    types_filled: int
    parents: int
    """Edges between institutions of the observatory."""
    quirks: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def ingest(path: str | Path, store: Store) -> RorReport:
    """Replace the observatory's ROR tables by those of ``path`` (a dump or a folder with one) and fill its institutions anew.

    :class:`~armillary.errors.InputError` if the file is no ROR file, :class:`~armillary.errors.StoreError` if the observatory cannot be
    written.
    """
    file = find(Path(path))
    found = read(file)
    with store.write() as txn:
        before = store.generation
        ror = parquet.conform("ror", pa.Table.from_pylist(list(found.rows.values()), schema=schema.table("ror").schema))
        pairs = [(child, parent) for child, parents in found.parents.items() for parent in parents]
        edge = schema.table("ror_parent").schema
        edges = pa.Table.from_pylist([dict(zip(edge.names, pair, strict=True)) for pair in pairs], schema=edge)
        txn.replace("ror", ror)
        txn.replace("ror_parent", edges)
        old = txn.read("institution")
        blank = _without_ror(old)
        filled = fill_institutions(blank, ror)
        txn.replace("institution", filled)
        place_by_record(txn)
        parents = txn.read("institution_parent")
        fresh = ror_parents(edges, filled)
        lineage = parents.filter(pc.equal(parents["relation"], "lineage"))
        txn.replace("institution_parent", pa.concat_tables([lineage, fresh], promote_options="permissive"))
        log = FileLog(file, file.name, records=found.n_records, kept=len(found.rows), superseded=found.n_superseded)
        log.rejects, log.quirks = Rejects(found.rejects), Counter(found.quirks)
        write_log(txn, "ror", [log], fresh=True)
    return RorReport(
        file=str(file),
        generation=store.generation,
        changed=store.generation != before,
        records=found.n_records,
        kept=len(found.rows),
        rejected=len(found.rejects),
        places_filled=filled["place_origin"].to_pylist().count("ror"),
        types_filled=blank["institution_type"].null_count - filled["institution_type"].null_count,
        parents=fresh.num_rows,
        quirks=found.quirks,
        notes=examples([log]),
    )


def _without_ror(institutions: pa.Table) -> pa.Table:
    """Take back places that came from an earlier ROR dump."""
    from_ror = pc.fill_null(pc.equal(institutions["place_origin"], "ror"), False)
    for name in ("city", "region_name", "geonames_id", "lat_deg", "lon_deg", "place_origin"):
        place = institutions.schema.get_field_index(name)
        blank = pa.nulls(institutions.num_rows, institutions.schema.field(name).type)
        institutions = institutions.set_column(place, institutions.schema.field(name), pc.if_else(from_ror, blank, institutions[name]))
    return institutions
