"""From contributions to a ranking: aggregate in the engine, then value, rank, name. Written once for all indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.counting import counting_method
from armillary.core.credits import CREDIT, scaled
from armillary.core.recipe import Recipe
from armillary.core.scopes import period_label
from armillary.indicators import Indicator, indicator_info
from armillary.ranking.names import unit_names
from armillary.ranking.provenance import provenance
from armillary.ranking.result import Ranking

if TYPE_CHECKING:
    from armillary.observatory import Observatory

TIE = 1e-9
"""Values closer than this share a rank: the resolution that credit units leave after division."""
UNASSIGNED = "unassigned"


def rank(observatory: Observatory, recipe: Recipe) -> Ranking:
    """Compute one recipe."""
    info, corpus = indicator_info(recipe.indicator), observatory.corpus
    totals = aggregate(corpus, info.contributions(corpus, recipe), is_unique=info.work_scores is not None)
    rows = [Row.from_totals(r) for r in totals]
    rest = unassigned_rows(corpus, recipe, info, rows)
    table = ranked_table(corpus, recipe, rows, rest)
    return Ranking(recipe, table, provenance(observatory, recipe, info, table), observatory)


class Row:
    """One unit in one period, as exact integers in credit units."""

    __slots__ = ("count", "den", "num", "period", "unit_id")

    def __init__(self, unit_id: str | int | None, period: int, num: int, den: int | None, count: int) -> None:
        self.unit_id, self.period, self.num, self.den, self.count = unit_id, period, num, den, count

    @classmethod
    def from_totals(cls, row: dict[str, Any]) -> Row:
        """From a row of :func:`aggregate`."""
        return cls(row["unit_id"], row["period"], row["num"], row.get("den"), row["count"])

    @property
    def value(self) -> float | None:
        """``num / den``, or papers for totals; None where nothing can be divided."""
        if self.den is None:
            return self.num / CREDIT
        return self.num / self.den if self.den else None


def aggregate(corpus: Corpus, contributions: ir.Table, *, is_unique: bool = False) -> list[dict[str, Any]]:
    """Exact sums of num and den and the number of works by unit and period; ``is_unique``: a work has one row a unit and period."""
    sums: dict[str, Any] = {"count": contributions.count() if is_unique else contributions.work_id.nunique()}
    measures = [c for c in ("num", "den") if c in contributions.columns]
    sums |= {name: corpus.exact_sum(contributions[name]) for name in measures}
    result: list[dict[str, Any]] = corpus.fetch(contributions.group_by(["unit_id", "period"]).agg(**sums)).to_pylist()
    return [{**row, **{name: int(row[name] or 0) for name in measures}} for row in result]


def unassigned_rows(corpus: Corpus, recipe: Recipe, info: Indicator, rows: list[Row]) -> list[Row]:
    """What the scope holds beyond what was assigned; see :func:`rest_of`."""
    if not has_rest(recipe, info):
        return []
    assert info.work_scores is not None
    scores = info.work_scores(corpus, recipe)
    works = corpus.works(recipe).select("work_id", "period")
    if recipe.counting == "full":
        works = works.anti_join(corpus.credits(recipe), ["work_id", "period"])
    joined = works if scores is None else works.join(scores, "work_id").filter(ibis._.score.notnull())
    one = ibis.literal(CREDIT, type="int64")
    columns = {"period": joined.period, "work_id": joined.work_id, "num": one if scores is None else scaled(one, joined.score)}
    if info.kind == "mean":
        columns["den"] = one
    sums = aggregate(corpus, joined.select(unit_id=ibis.null("string"), **columns), is_unique=True)
    whole = [Row.from_totals(s) for s in sums]
    return rest_of(recipe, info, rows, whole, whole)


def has_rest(recipe: Recipe, info: Indicator) -> bool:
    """Whether it is known what a recipe leaves unassigned: credit x score, and units that do not overlap."""
    method = counting_method(recipe.counting)
    is_whole = method.sums_to_one or method.name == "full"
    return info.work_scores is not None and recipe.unit != "region" and recipe.unmatched == "keep" and is_whole


def rest_of(recipe: Recipe, info: Indicator, rows: list[Row], whole: list[Row], unplaced: list[Row]) -> list[Row]:
    """The unassigned rest a period: the whole less what the rows have, or, in full counting, the papers without any unit.

    ``whole`` sums over all papers of the scope, ``unplaced`` over those without a unit; each a row a period.
    """
    if not has_rest(recipe, info):
        return []
    if not counting_method(recipe.counting).sums_to_one:
        return [r for r in unplaced if r.count]
    out = []
    for row in whole:
        mine = [r for r in rows if r.period == row.period]
        den = None if row.den is None else row.den - sum(r.den or 0 for r in mine)
        num = row.num - sum(r.num for r in mine)
        slack = 100 * (row.count + sum(r.count for r in mine))  # rounding leaves less than a credit unit a row
        if (num if den is None else den) > slack:
            out.append(Row(None, row.period, num, den, 0))
    return out


def ranked_table(corpus: Corpus, recipe: Recipe, rows: list[Row], rest: list[Row]) -> pa.Table:
    """Rank within each period (ties share a rank), name, and order."""
    names = unit_names(corpus, recipe.unit, [r.unit_id for r in rows])
    out: list[tuple[int | None, str | None, str, float | None, int, int]] = []
    by_period: dict[int, list[tuple[bool, float, str, str, str, int]]] = {r.period: [] for r in rest}
    for row in rows:
        mine = by_period.setdefault(row.period, [])
        if row.count >= recipe.minimum:
            # plain tuples in the order of the ranking: no value first, then by value, name, id
            value, name = row.value, names.names[row.unit_id]
            mine.append((value is None, -(value or 0.0), name.casefold(), names.ids[row.unit_id], name, row.count))
    for period in sorted(by_period):
        place, previous = 0, None
        for position, (is_empty, negative, _, unit_id, name, count) in enumerate(sorted(by_period[period]), start=1):
            value = None if is_empty else -negative
            if value is None or previous is None or previous - value > TIE * max(1.0, abs(value)):
                place = position
            if value is not None:
                previous = value
            out.append((None if value is None else place, unit_id, name, value, count, period))
        out += [(None, None, UNASSIGNED, r.value, r.count, period) for r in rest if r.period == period]
    columns = list(zip(*out, strict=True)) if out else [()] * 6
    data: dict[str, pa.Array] = {
        "rank": pa.array(columns[0], pa.int64()),
        "unit_id": pa.array(columns[1], pa.string()),
        "name": pa.array(columns[2], pa.string()),
        "value": pa.array(columns[3], pa.float64()),
        "count": pa.array(columns[4], pa.int64()),
        "period": pa.array([period_label(recipe, p) for p in columns[5]], pa.string()),
    }
    return pa.table(data)
