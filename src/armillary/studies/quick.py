"""A quick ranking of institutions by what OpenAlex's own records of them count: minutes of reading, and little is known of the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from armillary.core.interchange import Tabular
from armillary.core.ranks import ranks_of
from armillary.core.recipe import Period
from armillary.errors import DataError, UnknownNameError, UsageError
from armillary.sources.openalex.own_counts import CountsRead, OwnCounts

MEASURES: Mapping[str, str] = {
    "works": "works of the institution and of those below it, of all types",
    "citations": "citations of its works",
    "h_index": "largest h so that h works have h citations",
    "i10_index": "works with 10 citations or more",
    "mean_citedness_2y": "citations in the last year of the works of the two years before, a work",
}
BY_YEAR = ("works", "citations")

CAVEATS = (
    "Counted by OpenAlex, not here: nothing can be recounted, explained or given an interval; no scope, field or counting method.",
    "A work counts whole for every institution on it and for those above it (lineage), so values do not add up and large hospitals, "
    "academies and systems contain others.",
    "Not normalised: fields that publish and cite more, and older and larger institutions, stand higher. It says nothing of quality.",
)
_YEARS = "Citations of a year are those received in it, by works of any year."


@dataclass(frozen=True, slots=True, repr=False)
class QuickRanking(Tabular):
    """``rank, unit_id, name, country, type, value`` in the order of rank; institutions without the number come last, without a rank."""

    table: pa.Table
    meta: dict[str, Any]

    @property
    def arrow(self) -> pa.Table:
        """The rows, as other results call them."""
        return self.table


def quick_ranking(
    read: CountsRead, by: str = "works", *, period: str | int | None = None, country: str | None = None, kind: str | None = None
) -> QuickRanking:
    """Rank institutions by one of :data:`MEASURES`.

    ``period``: only these years (``works`` and ``citations``); an institution whose record does not cover one of them has no value.
    ``country``: ISO code; ``kind``: OpenAlex's type (``education``).
    """
    if by not in MEASURES:
        raise UnknownNameError("measure", by, MEASURES)
    years = None
    if period is not None and str(period) != "all":
        if by not in BY_YEAR:
            raise UsageError(f"{by} is of all years, so no period can be chosen", fix=f"leave it out, or rank by {' or '.join(BY_YEAR)}")
        chosen = Period.parse(period)
        if chosen.first is None or chosen.last is None:
            raise UsageError(f"'{period}' has no first or no last year", fix="give a year (2024) or a range (2020-2024)")
        years = range(chosen.first, chosen.last + 1)
    asked = [
        i
        for i in read.institutions.values()
        if (country is None or i.country == country.upper()) and (kind is None or (i.kind or "").lower() == kind.lower())
    ]
    if not asked:
        raise DataError("no institution fits", fix="ask for another country or type")
    valued = sorted(((i, _value(i, by, years)) for i in asked), key=lambda p: (p[1] is None, -(p[1] or 0), p[0].name, p[0].id))
    values = [v for _, v in valued]
    table = pa.table(
        {
            "rank": pa.array(ranks_of(values), pa.int32()),
            "unit_id": pa.array([i.id for i, _ in valued], pa.string()),
            "name": pa.array([i.name for i, _ in valued], pa.string()),
            "country": pa.array([i.country for i, _ in valued], pa.string()),
            "type": pa.array([i.kind for i, _ in valued], pa.string()),
            "value": pa.array(values, pa.float64()),
        }
    )
    days = sorted(i.updated for i, _ in valued if i.updated)
    partial = sum(years is not None and i.updated[:4] == str(years[-1]) for i, _ in valued)
    notes = [*CAVEATS, *([_YEARS] if years is not None else [])]
    if unknown := sum(v is None for v in values):
        notes.append(f"{unknown:,} of {len(values):,} records do not give this number{' for all these years' if years else ''}.")
    if partial and years is not None:
        notes.append(f"{partial:,} records were made in {years[-1]}, before its end.")
    meta = {
        "title": f"Institutions by {by.replace('_', ' ')}, as OpenAlex counts them",
        "measure": MEASURES[by],
        "period": "all" if years is None else str(Period.parse(str(period))),
        "institutions": len(asked),
        "records": f"{read.records:,} in {read.files:,} files: {len(read.institutions):,} kept, {read.replaced:,} replaced, "
        f"{read.rejected.total():,} rejected" + "".join(f"; {n:,} {reason}" for reason, n in sorted(read.rejected.items())),
        "data": f"records updated {days[0]} to {days[-1]}" if days else "records without a date",
        "notes": notes,
    }
    return QuickRanking(table, meta)


def _value(i: OwnCounts, by: str, years: range | None) -> float | None:
    if years is None:
        return i.values.get(by)
    counts = [i.in_year(by, y) for y in years]
    return None if any(c is None for c in counts) else float(sum(c for c in counts if c is not None))
