"""What ROR knows and OpenAlex leaves out: type, country, city and point of an institution, and its direct parents."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import schema

_PLACE = ("city", "region_name", "geonames_id", "lat_deg", "lon_deg")


def fill_institutions(institutions: pa.Table, ror: pa.Table) -> pa.Table:
    """``institution`` rows with empty type and country filled from ROR by ROR id, and the whole place where OpenAlex gives no point.

    A place is taken as a whole, so that city and point never come from two sources; ``place_origin`` then is ``ror``. A place of ROR may
    lack its point: it is taken where OpenAlex has no city either.
    """
    target = schema.table("institution").schema
    if not ror.num_rows or not institutions.num_rows:
        return institutions.cast(target)
    at = pc.index_in(institutions["ror_id"], value_set=ror["ror_id"].combine_chunks())
    theirs = ror.take(at.combine_chunks() if isinstance(at, pa.ChunkedArray) else at)
    columns = {name: institutions[name] for name in target.names}
    for name in ("institution_type", "country_code"):
        columns[name] = pc.coalesce(columns[name], theirs[name])
    no_city = pc.and_(pc.is_null(institutions["city"]), pc.is_valid(theirs["city"]))
    placed = pc.and_(pc.is_null(institutions["lat_deg"]), pc.or_(pc.is_valid(theirs["lat_deg"]), no_city))
    for name in _PLACE:
        columns[name] = pc.if_else(placed, theirs[name], columns[name])
    columns["place_origin"] = pc.if_else(placed, "ror", columns["place_origin"])
    return pa.table(columns).cast(target)


def ror_parents(edges: pa.Table, institutions: pa.Table) -> pa.Table:
    """``institution_parent`` rows (relation ``parent``) for pairs of ROR ids whose both ends are institutions here."""
    known = institutions.filter(pc.is_valid(institutions["ror_id"])).select(["institution_id", "ror_id"])
    keys = known["ror_id"].combine_chunks()
    child, parent = (known["institution_id"].take(pc.index_in(edges[c], value_set=keys)) for c in ("ror_id", "parent_ror_id"))
    table = pa.table({"institution_id": child, "parent_id": parent})
    table = table.filter(pc.and_(pc.is_valid(child), pc.is_valid(parent)))
    table = table.append_column("relation", pa.array(["parent"] * table.num_rows, pa.string()))
    return table.cast(schema.table("institution_parent").schema)
