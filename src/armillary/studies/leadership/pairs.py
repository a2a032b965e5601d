"""Lead balances of pairs as tables: by year, by threshold, and for all pairs with enough papers; each with interval and null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.errors import DataError
from armillary.studies.leadership.balance import THRESHOLDS, BalanceInterval, PairPapers, Rule, interval, pair_papers
from armillary.studies.leadership.null_model import NullComparison, lead_null
from armillary.studies.leadership.records import LeadRows, pair_from_records, pairs_with_papers

MIN_PAPERS = 30
"""Joint papers below which no balance is given; METHODS 4.4 asks for 200 a year before a forecast."""


def balance_row(
    papers: PairPapers, year: int | None = None, *, min_papers: int = MIN_PAPERS, draws: int = 1000, seed: int = 1
) -> dict[str, Any]:
    """One line: counts, lead share and premium with their intervals, what team composition alone would give, and a verdict.

    With fewer than ``min_papers`` papers there are counts only, and the verdict says so.
    """
    total = papers.total(year)
    row: dict[str, Any] = {
        "papers": total.papers_n,
        "lead_1": total.lead_1,
        "lead_2": total.lead_2,
        "support_1": total.support_1,
        "support_2": total.support_2,
        "lead_share": None,
        "low": None,
        "high": None,
        "by_chance": None,
        "excess": None,
        "z": None,
        "lead_premium": None,
        "premium_low": None,
        "premium_high": None,
    }
    if total.papers_n < min_papers:
        return {**row, "verdict": f"too few papers ({total.papers_n})"}
    found, null = interval(papers, year, draws=draws, seed=seed), lead_null(papers, year)
    return {
        **row,
        "lead_share": total.lead_share,
        "low": found.share[0],
        "high": found.share[1],
        "by_chance": null.expected_rate,
        "excess": null.excess,
        "z": null.z,
        "lead_premium": total.lead_premium,
        "premium_low": found.premium[0],
        "premium_high": found.premium[1],
        "verdict": verdict(found, null, papers.first, papers.second),
    }


BEYOND_CHANCE = 1.96
"""Standard deviations of the null model by which leading differs from a side's part of the teams (95 %)."""


def verdict(found: BalanceInterval, null: NullComparison, first: str, second: str) -> str:
    """What may be said: who leads beyond its part of the teams (not who has more than half, which numbers of authors alone decide), and who
    is ahead by collaborator (the interval of the lead premium against 0).
    """
    if found.share[0] != found.share[0]:
        return "no leaders"
    z = null.z
    side = first if z > BEYOND_CHANCE else second if z < -BEYOND_CHANCE else "no side"
    share = f"{side} leads beyond its part of the teams"
    low, high = found.premium
    if low != low:
        return share
    each = f"{first} ahead" if low > 0 else f"{second} ahead" if high < 0 else "even"
    return f"{share}; per collaborator {each}"


def by_year(papers: PairPapers, *, min_papers: int = MIN_PAPERS, draws: int = 1000, seed: int = 1) -> pa.Table:
    """:func:`balance_row` for every year with papers."""
    rows = [{"year": b.year, **balance_row(papers, b.year, min_papers=min_papers, draws=draws, seed=seed)} for b in papers.by_year()]
    return table_of(rows)


def by_threshold(
    found: LeadRows, first: str, second: str, *, thresholds: Sequence[float] = THRESHOLDS, rule: Rule = "binned", **options: Any
) -> pa.Table:
    """The whole period at several thresholds: how much of the result hangs on the cut (0 makes everybody a leader)."""
    others = options.pop("others", "exclude")
    rows = []
    for t in thresholds:
        papers = pair_papers(found.rows, first, second, threshold=t, rule=rule, others=others)
        rows.append({"threshold": t, **balance_row(papers, **options)})
    return table_of(rows)


def all_pairs(
    corpus: Corpus,
    recipe: Recipe,
    *,
    by: str,
    model: str | None = None,
    threshold: float = 0.65,
    rule: Rule = "binned",
    others: Any = "exclude",
    min_papers: int = MIN_PAPERS,
    top: int = 20,
    draws: int = 1000,
    seed: int = 1,
) -> pa.Table:
    """Balances of the pairs with most joint papers. Units of a pair stand in alphabetical order, so that no side is favoured."""
    rows = []
    for first, second, joint in pairs_with_papers(corpus, recipe, top=top):
        try:
            papers, _ = pair_from_records(corpus, recipe, first, second, by=by, model=model, threshold=threshold, rule=rule, others=others)
        except DataError:
            continue
        rows.append(
            {"unit_1": first, "unit_2": second, "joint_papers": joint, **balance_row(papers, min_papers=min_papers, draws=draws, seed=seed)}
        )
    if not rows:
        raise DataError("no two units share a paper in this scope and period")
    return table_of(rows)


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a table whose measures are numbers even where none is known."""
    numbers = ("lead_share", "low", "high", "by_chance", "excess", "z", "lead_premium", "premium_low", "premium_high")
    table = pa.Table.from_pylist(rows)
    for name in numbers:
        at = table.schema.get_field_index(name)
        if at >= 0:
            table = table.set_column(at, name, table[name].cast(pa.float64()))
    return table
