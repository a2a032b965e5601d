"""Change between two periods, with Share brought to a common total (METHODS 1.5), and rankings over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.recipe import Period
from armillary.errors import UnknownNameError, UsageError
from armillary.indicators import indicator_info
from armillary.ranking.rank import rank
from armillary.ranking.result import AnyRanking

ADJUSTMENTS = ("ratio", "first-order", "none")


def adjusted_share(share: float, total: float, base_total: float, *, variant: str = "ratio") -> float:
    """Share of a year as if that year had as many papers as the base year: ``share * N_base / N_year`` (1.2).

    ``first-order`` is the reading ``share * (1 - d)`` with ``d = (N_year - N_base) / N_base``.
    """
    if variant not in ADJUSTMENTS:
        raise UnknownNameError("adjustment", variant, ADJUSTMENTS)
    if variant == "none":
        return share
    if total <= 0 or base_total <= 0:
        raise UsageError("a period without papers cannot be adjusted to", fix="choose another period to compare with")
    if variant == "ratio":
        return share * base_total / total
    return share * (1 - (total - base_total) / base_total)


def with_change(corpus: Corpus, ranking: AnyRanking, earlier: str | int | Period, *, adjustment: str | None = None) -> AnyRanking:
    """The ranking with ``previous_rank, previous, change`` from an earlier period under the same recipe.

    ``change`` is relative (0.05 is +5 %). For totals the earlier value is brought to this period's number of papers
    (``adjustment="ratio"``,
    base = this period); for means it is compared as it is.
    """
    if ranking.recipe.step:
        raise UsageError("a ranking in steps cannot be compared with one period", fix="drop --step")
    info = indicator_info(ranking.recipe.indicator)
    variant = adjustment or ("ratio" if info.kind == "total" else "none")
    before = rank(corpus, ranking.recipe.but(period=earlier))
    now_n, then_n = ranking.meta["records"], before.meta["records"]
    old = {r["unit_id"]: r for r in before.ranked.to_pylist()}
    rank_before, value_before, change = [], [], []
    for row in ranking.arrow.to_pylist():
        was = old.get(row["unit_id"]) if row["rank"] is not None else None
        value = None if was is None or was["value"] is None else adjusted_share(was["value"], then_n, now_n, variant=variant)
        rank_before.append(was["rank"] if was else None)
        value_before.append(value)
        change.append(row["value"] / value - 1 if value and row["value"] is not None else None)
    table = ranking.arrow
    columns = (("change", change, pa.float64()), ("previous", value_before, pa.float64()), ("previous_rank", rank_before, pa.int64()))
    for name, values, kind in columns:
        table = table.append_column(name, pa.array(values, kind))
    how = {
        "ratio": f"adjusted to the {now_n:,} papers of {ranking.meta['period']} (from {then_n:,})",
        "none": "as it was",
        "first-order": "adjusted to first order",
    }
    meta: dict[str, Any] = {**ranking.meta, "compared_with": str(before.recipe.period)}
    meta["notes"] = [*meta["notes"], f"Compared with {before.meta['period']}; its values are {how[variant]}."]
    return replace(ranking, arrow=table, meta=meta)
