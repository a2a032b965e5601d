"""Who cites: policy citations and documents by type of source, organisation or country."""

from __future__ import annotations

import ibis
import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.ranks import ranks_of
from armillary.errors import DataError, UnknownNameError

COLUMNS = {"source_type": "organisation_type", "organisation": "organisation", "source_country": "country_code"}
SCHEMA = pa.schema(
    [
        ("rank", pa.int64()),
        ("unit_id", pa.string()),
        ("name", pa.string()),
        ("value", pa.int64()),
        ("share", pa.float64()),
        ("documents", pa.int64()),
        ("found", pa.int64()),
    ]
)


def citing_sources(corpus: Corpus, by: str = "source_type") -> pa.Table:
    """Policy citations (pairs of document and DOI) by ``source_type``, ``organisation`` or ``source_country``.

    ``value`` citations, ``share`` their part of all citations, ``documents`` citing documents, ``found`` citations whose DOI is a work of
    this observatory. International bodies have no country: the last row of ``source_country``, without rank.
    """
    if by not in COLUMNS:
        raise UnknownNameError("way to group policy sources", by, COLUMNS)
    if not corpus.has("policy_citation"):
        raise DataError("this observatory has no policy documents", fix="read some with: armillary ingest policy PATH")
    document = corpus.table("policy_document").select("policy_id", unit=ibis._[COLUMNS[by]])
    work = corpus.table("work")
    known = work.filter(work.doi.notnull()).select("doi").distinct().mutate(is_found=ibis.literal(1))
    pairs = corpus.table("policy_citation").select("policy_id", "doi").join(document, "policy_id").left_join(known, "doi")
    sums = pairs.group_by("unit").agg(value=pairs.count(), documents=pairs.policy_id.nunique(), found=pairs.is_found.count())
    rows = sorted(corpus.fetch(sums).to_pylist(), key=lambda r: (r["unit"] is None, -r["value"], r["unit"] or ""))
    total = sum(r["value"] for r in rows)
    names = _names(corpus, by)
    ranks = ranks_of([None if r["unit"] is None else r["value"] for r in rows])
    return pa.Table.from_pylist(
        [
            {
                "rank": place,
                "unit_id": r["unit"],
                "name": names.get(r["unit"], r["unit"] or "no country (international) or unknown"),
                "value": r["value"],
                "share": r["value"] / total,
                "documents": r["documents"],
                "found": r["found"],
            }
            for r, place in zip(rows, ranks, strict=True)
        ],
        schema=SCHEMA,
    )


def _names(corpus: Corpus, by: str) -> dict[str | None, str]:
    if by == "source_type":
        return {
            "government": "Governments",
            "igo": "International organisations",
            "think_tank": "Think tanks",
            "ngo": "NGOs",
            "other": "Other",
        }
    if by == "source_country":
        from armillary.counting.units import unit_names

        codes = {c for c in corpus.lookup("policy_document", ("policy_id", "country_code"))["country_code"].to_pylist() if c}
        return dict(unit_names(corpus, "country", codes).names)  # type: ignore[arg-type]  # country keys are text
    return {}
