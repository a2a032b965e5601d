"""Blocs: cooperation inside and between groups of countries, set against chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from armillary.core.arrays import Floats
from armillary.errors import DataError
from armillary.studies.cooperation.measures import quasi_independence
from armillary.studies.cooperation.pairs import PairTable
from armillary.studies.cooperation.partners import PeriodLike


def members_in(pairs: PairTable, members: Iterable[str]) -> tuple[list[str], list[str]]:
    """Members that the pair table has, and those it has not (both sorted)."""
    given = sorted(set(members))
    return [m for m in given if m in pairs.place], [m for m in given if m not in pairs.place]


def cohesion(pairs: PairTable, members: Iterable[str], period: PeriodLike = None) -> dict[str, float]:
    """How much a bloc works with itself.

    ``internal`` and ``external``: links among members (each pair once) and from members to others; ``internal_share`` = internal link
    ends over all link ends of members; ``expected_share``: the same if everybody paired up by size alone and nobody with itself;
    ``affinity`` = internal links over expected internal links (1 is chance); ``density`` = pairs of members with a joint work over all
    pairs of members; ``ei_index`` = (external - internal) / (external + internal) on link ends, -1 all inside, 1 all outside.
    """
    present, absent = members_in(pairs, members)
    if len(present) < 2:
        raise DataError(
            f"a bloc needs two members in the pair table, found {len(present)}", fix=f"missing: {', '.join(absent) or 'none named'}"
        )
    joint, _ = pairs.summed(period)
    return _cohesion(joint, quasi_independence(joint), np.array([pairs.place[m] for m in present])) | {
        "members": len(present),
        "absent": len(absent),
    }


def _cohesion(joint: Floats, expected: Floats, rows: np.ndarray) -> dict[str, float]:
    inside, chance = joint[np.ix_(rows, rows)], expected[np.ix_(rows, rows)]
    ends, inner = joint[rows].sum(), inside.sum()
    outer = ends - inner
    upper = np.triu_indices(len(rows), 1)
    return {
        "internal": float(inner / 2),
        "external": float(outer),
        "internal_share": _over(inner, ends),
        "expected_share": _over(chance.sum(), ends),
        "affinity": _over(inner, chance.sum()),
        "density": float((inside[upper] > 0).mean()),
        "ei_index": _over(outer - inner, ends),
    }


def _over(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom > 0 else float("nan")


def cohesion_over_time(pairs: PairTable, members: Iterable[str], period: PeriodLike = None) -> pa.Table:
    """:func:`cohesion` for every year of the period that has links; today's members throughout, so a change is one of cooperation."""
    listed = list(members)
    return pa.Table.from_pylist(
        [{"year": pairs.years[k], **cohesion(pairs, listed, pairs.years[k])} for k in pairs.span(period) if pairs.joint[k].any()]
    )


def between_blocs(pairs: PairTable, blocs: Mapping[str, Sequence[str]], period: PeriodLike = None) -> pa.Table:
    """Links within and between blocs (``bloc_1, bloc_2, links, expected, affinity``), each unordered pair of blocs once.

    These are *links*: a paper of three members makes three. A country in two blocs counts in both; its link to itself never does.
    """
    joint, _ = pairs.summed(period)
    expected = quasi_independence(joint)
    rows = {name: np.array([pairs.place[m] for m in members_in(pairs, m)[0]], dtype=np.int64) for name, m in blocs.items()}
    out = []
    names = sorted(blocs)
    for i, a in enumerate(names):
        for b in names[i:]:
            # an unordered pair of countries counts once, also where the blocs overlap
            mask = np.zeros(joint.shape, dtype=bool)
            mask[np.ix_(rows[a], rows[b])] = True
            mask = np.triu(mask | mask.T, 1)
            links, chance = float(joint[mask].sum()), float(expected[mask].sum())
            out.append({"bloc_1": a, "bloc_2": b, "links": links, "expected": chance, "affinity": _over(links, chance)})
    return pa.Table.from_pylist(out)
