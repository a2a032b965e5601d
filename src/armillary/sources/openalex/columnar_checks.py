"""Records of the Parquet snapshot that are rejected, as the JSONL reader rejects them when it decodes them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from armillary.sources.openalex.arrays import Indices

_LISTS = (
    ("authorships", "institutions", "affiliations"),
    ("topics",),
    ("sustainable_development_goals",),
    ("counts_by_year",),
    ("awards",),
    ("funders",),
)
"""Lists of records, with the lists inside these."""
_INTEGERS = {
    ("publication_year",): 16,
    ("cited_by_count",): 32,
    ("authors_count",): 32,
    ("institutions_distinct_count",): 32,
    ("countries_distinct_count",): 32,
    ("counts_by_year", "year"): 16,
    ("counts_by_year", "cited_by_count"): 32,
}
"""Bits of the integers that a record is rejected for, in either layout, if they do not fit."""


def wrong_rows(batch: pa.RecordBatch) -> dict[int, str]:
    """Rows of works that are rejected, and what is wrong with them."""
    wrong = {int(k): "an integer out of range" for k in np.flatnonzero(_has_great_integers(batch))}
    return wrong | {int(k): "null in a list of records" for k in np.flatnonzero(_has_empty_elements(batch))}


def _has_great_integers(batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    """Works with an integer that core has no room for; the JSONL reader rejects them as well."""
    found = np.zeros(batch.num_rows, dtype=np.bool_)
    for (name, *inner), bits in _INTEGERS.items():
        if name in batch.schema.names:
            column, owner = batch.column(name), np.arange(batch.num_rows)
            if inner:
                column, owner = _elements(column, owner)
                column = pc.struct_field(column, inner)
            if column.type.bit_width > bits:
                top = 2 ** (bits - 1)
                ends = pc.min_max(column)
                if len(column) > column.null_count and not -top <= ends["min"].as_py() <= ends["max"].as_py() < top:
                    great = pc.or_(pc.less(column, -top), pc.greater_equal(column, top))
                    found[owner[pc.fill_null(great, False).to_numpy(zero_copy_only=False)]] = True
    return found


def _has_empty_elements(batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    """Works with a null where a list should hold a record; the JSONL reader rejects them as well."""
    found = np.zeros(batch.num_rows, dtype=np.bool_)
    for name, *inner in _LISTS:
        if name in batch.schema.names:
            flat, owner = _elements(batch.column(name), np.arange(batch.num_rows))
            found[owner[flat.is_null().to_numpy(zero_copy_only=False)]] = True
            for field in inner:
                below, at = _elements(pc.struct_field(flat, field), owner)
                found[at[below.is_null().to_numpy(zero_copy_only=False)]] = True
    return found


def _elements(lists: pa.Array, owner: Indices) -> tuple[pa.Array, Indices]:
    return pc.list_flatten(lists), owner[pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)]
