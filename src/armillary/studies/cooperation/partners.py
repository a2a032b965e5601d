"""Partners of a unit: rankings with association measures, growth, how many and how evenly spread (METHODS 9.2).

Every result is a ``pyarrow.Table`` that begins with ``rank, unit_id, name, value``, as all rankings do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from armillary.core.arrays import Floats
from armillary.core.ranks import ranks_of
from armillary.core.recipe import Period
from armillary.errors import DataError, UnknownNameError, UsageError
from armillary.studies.cooperation import measures
from armillary.studies.cooperation.pairs import PairTable

MEASURES: dict[str, str] = {
    "works": "joint works (full counting)",
    "share": "joint works over the unit's own works",
    "salton": "joint / sqrt(own x own)",
    "jaccard": "joint / (own + own - joint)",
    "inclusion": "joint / the smaller unit's own",
    "pai": "joint x all / (own x own), paper margins; needs the number of all works",
    "link_pai": "joint x all links / (links x links), link margins; the same as RCA of a partner",
    "quasi_pai": "joint / links expected when nobody can pair with itself",
}
"""Measures of a pair by name, each with its formula."""

PeriodLike = Period | int | str | None


def ranked(rows: Sequence[Mapping[str, Any]], *, value: str = "value") -> pa.Table:
    """Rows as a table with competition ranks by falling ``value``: NaN comes last without one."""
    known = [r for r in rows if r[value] is not None and not np.isnan(r[value])]
    rest = [r for r in rows if r[value] is None or np.isnan(r[value])]
    known.sort(key=lambda r: (-r[value], str(r["name"]), str(r["unit_id"])))
    rest.sort(key=lambda r: (str(r["name"]), str(r["unit_id"])))
    out = [{"rank": place, **row} for place, row in zip(ranks_of([r[value] for r in known]), known, strict=True)]
    out += [{"rank": None, **row} for row in rest]
    if not out:
        return pa.table(
            {
                "rank": pa.array([], pa.int64()),
                "unit_id": pa.array([], pa.string()),
                "name": pa.array([], pa.string()),
                value: pa.array([], pa.float64()),
            }
        )
    return pa.Table.from_pylist(out)


def pair_measure(pairs: PairTable, measure: str, period: PeriodLike = None) -> Floats:
    """One measure of :data:`MEASURES` for all pairs; ``share`` is not symmetric (row: whose works)."""
    if measure not in MEASURES:
        raise UnknownNameError("measure of cooperation", measure, MEASURES)
    joint, own = pairs.summed(period)
    if measure == "works":
        return joint
    if measure == "link_pai":
        return measures.link_pai(joint)
    if measure == "quasi_pai":
        return measures.quasi_pai(joint)
    one, two = np.broadcast_to(own[:, None], joint.shape), np.broadcast_to(own[None, :], joint.shape)
    if measure == "pai":
        if pairs.all_n is None:
            raise DataError(
                "this pair table does not say how many works there are in all, which 'pai' needs",
                fix="use link_pai or quasi_pai, which need links only",
            )
        result = measures.pai(joint, one, two, pairs.all_n[pairs.span(period)].sum())
    elif measure == "share":
        result = measures._ratio(joint, one)
    else:
        result = {"salton": measures.salton, "jaccard": measures.jaccard, "inclusion": measures.inclusion}[measure](joint, one, two)
    matrix = np.array(result, dtype=np.float64)
    np.fill_diagonal(matrix, np.nan)
    return matrix


def partners(pairs: PairTable, unit: str, period: PeriodLike = None, *, by: str = "works", min_works: int = 1) -> pa.Table:
    """Partners of a unit with every measure the table allows, ranked by one of them.

    Small partners make the chance-corrected measures wild: raise ``min_works`` when ranking by them. ``value`` repeats the chosen column.
    """
    if by not in MEASURES:
        raise UnknownNameError("measure of cooperation", by, MEASURES)
    row = pairs.row(unit)
    columns = {m: pair_measure(pairs, m, period)[row] for m in MEASURES if m != "pai" or pairs.all_n is not None}
    if by not in columns:
        pair_measure(pairs, by, period)
    own = pairs.summed(period)[1]
    return ranked(
        [
            {
                "unit_id": u,
                "name": pairs.name(u),
                "value": float(columns[by][k]),
                "partner_own_works": float(own[k]),
                **{m: float(c[k]) for m, c in columns.items()},
            }
            for k, u in enumerate(pairs.units)
            if k != row and columns["works"][k] >= max(min_works, 1)
        ]
    )


def partner_history(pairs: PairTable, unit: str, *, by: str = "works", top: int = 10, period: PeriodLike = None) -> pa.Table:
    """``year, unit_id, name, value, rank`` of the partners that are among the ``top`` of any year."""
    if by not in MEASURES:
        raise UnknownNameError("measure of cooperation", by, MEASURES)
    row, out, ever = pairs.row(unit), [], set()
    for k in pairs.span(period):
        year = pairs.years[k]
        if not pairs.joint[k].any():
            continue
        values = pair_measure(pairs, by, year)[row]
        table = ranked(
            [
                {"unit_id": u, "name": pairs.name(u), "value": float(values[j])}
                for j, u in enumerate(pairs.units)
                if j != row and pairs.joint[k, row, j] > 0
            ]
        )
        for r in table.to_pylist():
            out.append({"year": year, **r})
            if r["rank"] is not None and r["rank"] <= top:
                ever.add(r["unit_id"])
    kept = [r for r in out if r["unit_id"] in ever]
    if not kept:
        raise DataError(f"{pairs.name(unit)} has no partner in this period")
    return pa.Table.from_pylist(kept).select(["year", "rank", "unit_id", "name", "value"])


def growth(
    pairs: PairTable,
    first: PeriodLike,
    last: PeriodLike,
    *,
    unit: str | None = None,
    min_works: int = 100,
    among: Sequence[str] | None = None,
) -> pa.Table:
    """Fastest-growing partnerships between two periods, by compound growth a year of mean yearly joint works.

    ``min_works`` is the least number of joint works *in the first period*: without it, growth from one to ten leads every list.
    ``relative`` divides the growth factor by that of all links together, since the data base grew too; above 1 is faster than the world.
    """
    if min_works < 1:
        raise UsageError(f"a partnership needs at least one work to grow from, got min_works={min_works}")
    one, two = pairs.span(first), pairs.span(last)
    if one[-1] >= two[0]:
        raise UsageError("the first period must end before the last one begins")
    middle = [float(np.mean([pairs.years[k] for k in rows])) for rows in (one, two)]
    before, after = (pairs.joint[rows].sum(axis=0) / len(rows) for rows in (one, two))
    world = after.sum() / before.sum() if before.any() else np.nan  # without anything to grow from no partnership passes min_works
    allowed = None if among is None else {pairs.row(u) for u in among}
    out = []
    for i in range(len(pairs.units)):
        for j in range(i + 1, len(pairs.units)):
            if (
                before[i, j] * len(one) < min_works
                or (unit is not None and pairs.row(unit) not in (i, j))
                or (allowed and not {i, j} <= allowed)
            ):
                continue
            a, b = (j, i) if unit == pairs.units[j] else (i, j)
            factor = after[i, j] / before[i, j]
            out.append(
                {
                    "unit_id": f"{pairs.units[a]}-{pairs.units[b]}",
                    "name": f"{pairs.name(pairs.units[a])} – {pairs.name(pairs.units[b])}",
                    "value": float(factor ** (1 / (middle[1] - middle[0])) - 1),
                    "works_first": float(before[i, j]),
                    "works_last": float(after[i, j]),
                    "factor": float(factor),
                    "relative": float(factor / world),
                }
            )
    return ranked(out)


def partner_counts(pairs: PairTable, period: PeriodLike = None, *, min_works: int = 1) -> pa.Table:
    """Number of partners with at least ``min_works`` joint works *in the period*, for each unit; with diversity measures beside it."""
    joint, own = pairs.summed(period)
    return ranked(
        [
            {
                "unit_id": u,
                "name": pairs.name(u),
                "value": float((joint[k] >= max(min_works, 1)).sum()),
                "own_works": float(own[k]),
                **diversity(joint[k]),
            }
            for k, u in enumerate(pairs.units)
        ]
    )


def diversity(links: NDArray[np.float64]) -> dict[str, float]:
    """How evenly links are spread over partners.

    ``entropy`` is Shannon's, in nats; ``effective`` (inverse Simpson, Hill number of order 2) reads as "as diverse as so many equal
    partners"; ``top_share`` is the largest partner's part. NaN without a link.
    """
    total = links.sum()
    if total <= 0:
        return {"entropy": float("nan"), "effective": float("nan"), "top_share": float("nan")}
    part = links[links > 0] / total
    return {"entropy": float(-(part * np.log(part)).sum()), "effective": float(1 / (part**2).sum()), "top_share": float(part.max())}


def counts_over_time(pairs: PairTable, unit: str, *, min_works: Sequence[int] = (1, 10, 100), period: PeriodLike = None) -> pa.Table:
    """``year`` and number of partners at each threshold, with effective partners: the claim "cooperates with 160 countries" by year."""
    row = pairs.row(unit)
    out = []
    for k in pairs.span(period):
        links = pairs.joint[k, row]
        out.append(
            {
                "year": pairs.years[k],
                **{f"partners_{m}": int((links >= max(m, 1)).sum()) for m in min_works},
                "links": float(links.sum()),
                "own_works": float(pairs.own[k, row]),
                **diversity(links),
            }
        )
    return pa.Table.from_pylist(out)
