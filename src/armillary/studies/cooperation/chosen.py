"""One question about partners, answered: which pairs, which period, which measure."""

from __future__ import annotations

from typing import Any

from armillary.core.corpus import Corpus
from armillary.core.interchange import ResultTable
from armillary.errors import UsageError
from armillary.ranking.recipes import make_recipe
from armillary.studies.cooperation.pairs import PairTable, pairs_from_store
from armillary.studies.cooperation.partners import MEASURES, partners
from armillary.studies.cooperation.records import pairs_from_corpus


def pair_table(
    corpus: Corpus,
    *,
    records: bool = False,
    unit_kind: str = "country",
    scope: str = "default",
    subject: str | None = None,
    source: str | None = None,
    vintage: str | None = None,
) -> PairTable:
    """The ingested pair table of countries, or (``records``) the pairs of the observatory's own records."""
    if not records:
        if subject or unit_kind != "country" or scope != "default":
            raise UsageError("unit_kind, scope and subject need the observatory's own records", fix="add records=True")
        return pairs_from_store(corpus.store, source=source, vintage=vintage)
    if source or vintage:
        raise UsageError("source and vintage choose a pair table, not records", fix="leave out records, or source and vintage")
    return pairs_from_corpus(corpus, make_recipe("count", unit=unit_kind, scope=scope, subject=subject))


def partners_of(
    corpus: Corpus, unit: str, *, period: str | int | None = None, by: str = "works", min_works: int = 1, **choices: Any
) -> ResultTable:
    """Partners of a unit, first the closest, with every measure the pairs allow. ``choices`` are those of :func:`pair_table`.

    ``value`` is in joint papers (``works``) or the measure's own unit. Raises UnknownNameError for a unit without a row.
    """
    pairs = pair_table(corpus, **choices)
    chosen = period if period is not None else pairs.years[-1]
    table = partners(pairs, unit, chosen, by=by, min_works=min_works)
    meta = {
        "title": f"Partners of {pairs.name(unit)} by {by}: {MEASURES[by]}",
        "period": str(chosen),
        "source": f"{pairs.source}, {pairs.vintage}",
        "papers": pairs.own_meaning,
        "notes": list(pairs.notes),
    }
    return ResultTable(table, meta)
