"""From contributions to a ranking: aggregate in the engine, then value, rank, name. Written once for all indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


def exact_sum(column: Any) -> Any:
    """The sum of an int64 column beyond 64 bits, as high and low 32-bit halves; see :func:`whole`."""
    high = (column // 4294967296).cast("int64")
    # the rest by subtraction: % rounds towards zero on some engines, so a negative contribution would lose a unit of the high half
    return {"hi": high.sum().cast("int64"), "lo": (column - high * 4294967296).sum().cast("int64")}


def aggregate(corpus: Corpus, contributions: ir.Table, *, is_unique: bool = False) -> list[dict[str, Any]]:
    """Exact sums of num and den and the number of works by unit and period; ``is_unique``: a work has one row a unit and period."""
    sums: dict[str, Any] = {"count": contributions.count() if is_unique else contributions.work_id.nunique()}
    measures = [c for c in ("num", "den") if c in contributions.columns]
    for name in measures:
        for half, expression in exact_sum(contributions[name]).items():
            sums[f"{name}_{half}"] = expression
    result: list[dict[str, Any]] = corpus.fetch(contributions.group_by(["unit_id", "period"]).agg(**sums)).to_pylist()
    for row in result:
        for name in measures:
            row[name] = row.pop(f"{name}_hi") * 4294967296 + row.pop(f"{name}_lo")
    return result


def unassigned_rows(corpus: Corpus, recipe: Recipe, info: Indicator, rows: list[Row]) -> list[Row]:
    """What the scope holds beyond what was assigned: the rest of each paper's credit, or the papers without any unit.

    Only for indicators of the form credit x score, where the whole is known, and not for regions, which may overlap.
    """
    if info.work_scores is None or recipe.unit == "region" or recipe.unmatched == "drop":
        return []
    works = corpus.works(recipe).select("work_id", "period")
    scores = info.work_scores(corpus, recipe)
    joined = works if scores is None else works.join(scores, "work_id")
    method = counting_method(recipe.counting)
    if not method.sums_to_one:
        if method.name != "full":
            return []
        joined = joined.anti_join(corpus.credits(recipe).select("work_id"), "work_id")
    import ibis

    one = ibis.literal(CREDIT, type="int64")
    num = one if scores is None else scaled(one, joined.score)
    columns = {"unit_id": ibis.null("string"), "period": joined.period, "work_id": joined.work_id, "num": num}
    if info.kind == "mean":
        columns["den"] = one
    out = []
    for whole in aggregate(corpus, joined.select(**columns), is_unique=True):
        row = Row.from_totals(whole)
        if method.sums_to_one:
            mine = [r for r in rows if r.period == row.period]
            row.num -= sum(r.num for r in mine)
            if row.den is not None:
                row.den -= sum(r.den or 0 for r in mine)
            slack = row.count + sum(r.count for r in mine)  # rounding leaves less than a credit unit a row
            if abs(row.den if row.den is not None else row.num) <= slack * 100:
                continue
            row.count = 0
        out.append(row)
    return out


def ranked_table(corpus: Corpus, recipe: Recipe, rows: list[Row], rest: list[Row]) -> pa.Table:
    """Rank within each period (ties share a rank), name, and order."""
    names = unit_names(corpus, recipe.unit, [r.unit_id for r in rows])
    unit_ids = names.ids
    out: list[tuple[int | None, str | None, str, float | None, int, int]] = []
    keyed = [(r, unit_ids[r.unit_id], names.names[r.unit_id]) for r in rows]
    for period in sorted({r.period for r in [*rows, *rest]}):
        mine = [k for k in keyed if k[0].period == period and k[0].count >= recipe.minimum]
        mine.sort(key=lambda k: (k[0].value is None, -(k[0].value or 0.0), k[2].casefold(), k[1]))
        place, previous = 0, None
        for position, (row, unit_id, name) in enumerate(mine, start=1):
            value = row.value
            if value is None or previous is None or previous - value > TIE * max(1.0, abs(value)):
                place = position
            if value is not None:
                previous = value
            out.append((None if value is None else place, unit_id, name, value, row.count, row.period))
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
