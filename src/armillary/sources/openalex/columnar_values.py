"""Columns of text as the values that core stores, converted in bulk where all of a column is ordinary."""

from __future__ import annotations

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from armillary.sources.openalex import ids
from armillary.sources.openalex.arrays import small

_ORCID = "https://orcid.org/"


def count(flags: pa.Array) -> int:
    """How many are true."""
    return int(pc.sum(flags).as_py() or 0)


def or_null(texts: pa.Array) -> pa.Array:
    """Null in the place of an empty text."""
    return pc.if_else(pc.equal(texts, ""), None, texts)


def as_text(column: pa.Array) -> pa.Array:
    """A date column as text, whatever type the snapshot gives it."""
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column.cast(pa.timestamp("us")), format="%Y-%m-%dT%H:%M:%S")
    return column.cast(pa.string())


def dois(column: pa.Array) -> pa.Array:
    """:func:`.ids.doi` of a column."""
    usual = pc.and_(pc.starts_with(column, "https://doi.org/10."), pc.string_is_ascii(column))
    if pc.all(usual).as_py() in (True, None):
        return pc.ascii_lower(pc.utf8_slice_codeunits(column, 16))
    return pa.array([ids.doi(d) for d in column.to_pylist()], pa.string())


def after_slash(column: pa.Array) -> pa.Array:
    """:func:`.ids.orcid` of a column."""
    if pc.all(pc.starts_with(column, _ORCID)).as_py() in (True, None):
        rest = pc.utf8_slice_codeunits(column, len(_ORCID))
        if not pc.any(pc.or_(pc.match_substring(rest, "/"), pc.equal(rest, ""))).as_py():
            return rest
    known = column.dictionary_encode()
    return pa.array([ids.orcid(o) for o in known.dictionary.to_pylist()], pa.string()).take(known.indices)


def levels(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """:func:`.ids.number` of a column with few distinct links, as a narrow integer type."""
    known = column.dictionary_encode()
    return small(pa.array([ids.level_number(v) for v in known.dictionary.to_pylist()], pa.int64()), kind).take(known.indices)


def as_json(lists: pa.Array) -> pa.Array:
    """Lists of texts as compact JSON; a null list is the empty text."""
    flat = lists.flatten()
    if flat.null_count or pc.any(pc.match_substring_regex(flat, r'["\\\x00-\x1f\x7f]')).as_py():
        return pa.array(["" if links is None else msgspec.json.encode(links).decode() for links in lists.to_pylist()], pa.string())
    text = pc.binary_join_element_wise('["', pc.binary_join(lists, '","'), '"]', "")
    return pc.if_else(pc.is_null(lists), "", pc.if_else(pc.equal(pc.list_value_length(lists), 0), "[]", text))


def issns(lists: pa.Array) -> pa.Array:
    """ISSNs of each list in order, joined by semicolons."""
    flat = lists.flatten()
    if flat.null_count or pc.any(pc.match_substring(flat, ";")).as_py():
        return pa.array([";".join(sorted({i for i in some or () if i})) for some in lists.to_pylist()], pa.string())
    known = pc.binary_join(lists, ";").dictionary_encode()
    ordered = [";".join(sorted({i for i in text.split(";") if i})) for text in known.dictionary.to_pylist()]
    return pa.array(ordered, pa.string()).take(known.indices)
