"""The records behind a number, and why a record is not among them. Both read the recipe that made the ranking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.interchange import Tabular
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT
from armillary.counting.scopes import work_filters
from armillary.counting.settled import settled
from armillary.counting.units import PREFIX, resolve_unit, unit_names
from armillary.errors import DataError, UsageError
from armillary.indicators import indicator_info
from armillary.indicators.needs import UNJUDGED, Need, on_unit
from armillary.ranking.elsewhere import require_records
from armillary.ranking.notes import resting_on


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(Tabular):
    """Records of one unit, largest contribution first. ``num`` and ``den`` are integers in credit units; they add up exactly.

    ``table`` columns: work_id, doi, title, year, source, type, credit (papers, for reading), num, den.
    """

    recipe: Recipe
    unit_id: str
    name: str
    table: pa.Table
    num: int
    den: int | None
    records: int
    notes: tuple[str, ...] = ()
    """What the value is relative to."""

    @property
    def value(self) -> float | None:
        """The unit's value, from the same integers as in the ranking."""
        if self.den is None:
            return self.num / CREDIT
        return self.num / self.den if self.den else None

    @property
    def arrow(self) -> pa.Table:
        """The records, as other results call their rows."""
        return self.table

    def _title(self) -> str:
        return f"{self.name} ({self.unit_id}): {self.value} from {self.records:,} records"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Whether a record counts under a recipe; if not, the reason code and sentence of the first thing that drops it.

    ``contributions`` lists what it gives to each unit when it counts.
    """

    work_id: str
    counts: bool
    reason: str | None
    sentence: str
    contributions: list[dict[str, Any]]


def explain(corpus: Corpus, recipe: Recipe, unit: str, *, limit: int | None = None) -> Explanation:
    """The records and weights that add up to one unit's value.

    The sums cover all records even where ``limit`` cuts the list. :class:`DataError` if no record contributes.
    """
    require_records(corpus, recipe, unit)
    recipe = settled(corpus, recipe)
    key, name = resolve_unit(corpus, recipe, unit)
    mine = indicator_info(recipe.indicator).contributions(corpus, recipe)
    mine = mine.filter(mine.unit_id == key)
    measures = [c for c in ("num", "den") if c in mine.columns]
    parts = mine.group_by("work_id").agg(**{m: mine[m].sum().cast("int64") for m in measures})
    sums: dict[str, Any] = {"records": parts.count()}
    for m in measures:
        sums[m] = corpus.exact_sum(parts[m])
    total = corpus.fetch(parts.aggregate(**sums)).to_pylist()[0]
    public = f"{PREFIX.get(recipe.unit, '')}{key}"
    if not total["records"]:
        raise DataError(
            f"no record of {name} ({public}) counts under this recipe",
            fix="ask with --why-not for one work, or widen period, scope or subject",
        )
    work, source = corpus.table("work"), corpus.table("source")
    names = source.select("source_id", source_name=source.name)
    rows = parts.join(work.select("work_id", "doi", "title", "year", "type", "source_id"), "work_id").left_join(names, "source_id")
    rows = rows.order_by([rows.num.desc(), rows.work_id.asc()])
    if limit is not None:
        rows = rows.limit(limit)
    data = corpus.fetch(rows.select("work_id", "doi", "title", "year", "type", "source_name", *measures))
    ids = pa.array([f"W{i}" for i in data["work_id"].to_pylist()], pa.string())
    credit = pa.array([n / CREDIT for n in data["num"].to_pylist()], pa.float64())
    table = data.set_column(0, "work_id", ids).add_column(6, "credit", credit)
    whole = {m: int(total[m]) for m in measures}
    said = tuple(resting_on(corpus, recipe, indicator_info(recipe.indicator)))
    return Explanation(recipe, public, name, table, whole["num"], whole.get("den"), int(total["records"]), said)


def parse_work_id(work: str | int) -> int:
    """``W123``, ``123`` or the OpenAlex address of a work, as integer."""
    match = re.fullmatch(r"(?:https?://openalex\.org/)?[Ww]?(\d{1,18})", str(work).strip())
    if not match:
        raise UsageError(f"'{work}' is not a work id", fix="write it as W2741809807")
    return int(match.group(1))


def why_not(corpus: Corpus, recipe: Recipe, work: str | int) -> WhyNot:
    """The first filter of the recipe that drops the record; or that no author of it has a unit; or that it does count."""
    recipe = settled(corpus, recipe)
    number = parse_work_id(work)
    public = f"W{number}"
    works = corpus.table("work")
    one = works.filter(works.work_id == number)
    if corpus.fetch(one.select("work_id")).num_rows == 0:
        return _not_there(corpus, number)
    steps = work_filters(corpus, recipe)
    if steps:
        verdicts = corpus.fetch(one.select(**{f"f{i}": f.keep(corpus, one, arg) for i, (f, arg) in enumerate(steps)})).to_pylist()[0]
        for i, (step, arg) in enumerate(steps):
            if not verdicts[f"f{i}"]:
                return WhyNot(public, False, step.reason, step.says.format(arg=arg), [])
    info = indicator_info(recipe.indicator)
    contributions = info.contributions(corpus, recipe)
    mine = contributions.filter(contributions.work_id == number)
    measures = [c for c in ("num", "den") if c in mine.columns]
    rows = corpus.fetch(mine.group_by("unit_id").agg(**{m: mine[m].sum().cast("int64") for m in measures})).to_pylist()
    if not rows:
        first = next(
            n
            for n in (*on_unit(recipe, credited_only=not info.by_presence), *info.needs, UNJUDGED)
            if n is UNJUDGED or not _met(corpus, recipe, n, number)
        )
        return WhyNot(public, False, first.reason, first.sentence(recipe), [])
    names = unit_names(corpus, recipe.unit, [r["unit_id"] for r in rows])
    given = [
        {"unit_id": names.ids[r["unit_id"]], "name": names.names[r["unit_id"]], **{m: r[m] for m in measures}, "credit": r["num"] / CREDIT}
        for r in rows
    ]
    given.sort(key=lambda g: (-g["num"], g["unit_id"]))
    return WhyNot(public, True, None, f"it counts, for {len(given)} unit{'s' if len(given) > 1 else ''}", given)


def _met(corpus: Corpus, recipe: Recipe, need: Need, work_id: int) -> bool:
    works = need.met(corpus, recipe)
    return bool(corpus.fetch(works.filter(works.work_id == work_id).limit(1)).num_rows)


def _not_there(corpus: Corpus, number: int) -> WhyNot:
    """The record is not in core: rejected, replaced, or never seen."""
    rejects = corpus.store.read("reject")
    for row in rejects.to_pylist():
        if row["detail"] and re.search(rf"\bW{number}\b", row["detail"]):
            return WhyNot(
                f"W{number}",
                False,
                f"rejected_{row['reason']}",
                f"rejected at ingest: {row['reason']} ({row['file']}, line {row['line']}): {row['detail']}",
                [],
            )
    return WhyNot(f"W{number}", False, "not_in_data", "the record is not in this observatory", [])
