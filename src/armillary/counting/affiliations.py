"""Affiliation rows as they are counted: an institution whose country the record does not say has that of its own record, or of ROR."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from armillary.core.corpus import Corpus


def affiliations(corpus: Corpus) -> ir.Table:
    """Table ``affiliation`` with ``country_code`` from table ``institution`` where the row has an institution and no country (METHODS 5.8).

    Few institutions lack their country in a work's record, so where none does the table is handed out as it is.
    """
    table = corpus.table("affiliation")
    known: pa.Table = corpus.value("countries_of_institutions", lambda: _missing_in_records(corpus))
    if not known.num_rows:
        return table
    homes = ibis.memtable(known)
    joined = table.left_join(homes, table.institution_id == homes.of)
    return joined.mutate(country_code=ibis.coalesce(joined.country_code, joined.home)).select(table.columns)


def _missing_in_records(corpus: Corpus) -> pa.Table:
    """``of, home``: institutions without a country on some row, and the country that table ``institution`` has for them."""
    rows = corpus.table("affiliation").filter(_.institution_id.notnull() & _.country_code.isnull())
    named = corpus.table("institution").filter(_.country_code.notnull()).select("institution_id", home=_.country_code)
    found = rows.select("institution_id").distinct().join(named, "institution_id")
    return corpus.fetch(found.select(of=found.institution_id, home=found.home).order_by("of"))
