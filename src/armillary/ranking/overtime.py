"""A ranking over time: rank paths, years in a row, first year at a rank, growth. One method over all years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.citations import last_complete
from armillary.counting.scopes import period_label, scoped_works
from armillary.errors import DataError, UsageError
from armillary.indicators import indicator_info
from armillary.ranking.change import adjusted_share

if TYPE_CHECKING:
    from armillary.ranking.result import Ranking


@dataclass(frozen=True, slots=True)
class RankAt:
    """One unit in one period."""

    period: str
    rank: int
    value: float
    count: int


@dataclass(frozen=True, slots=True)
class Streak:
    """Periods in a row at a rank or better."""

    first: str
    last: str
    length: int


def rank_path(ranking: Ranking, unit_id: str) -> list[RankAt]:
    """The unit's rank and value in every period of a ranking in steps; periods without the unit are left out."""
    if not ranking.recipe.step:
        raise UsageError("a rank path needs a ranking in steps", fix="add step=1 for years, or step=4 for windows of four years")
    steps = [RankAt(r["period"], r["rank"], r["value"], r["count"]) for r in ranking.ranked.to_pylist() if r["unit_id"] == unit_id]
    if not steps:
        raise DataError(f"{unit_id} is in no period of this ranking", fix="check the id, or lower --min-papers")
    return steps


def streaks(ranking: Ranking, unit_id: str, *, at_most: int = 1) -> list[Streak]:
    """Runs of consecutive periods in which the unit is at rank ``at_most`` or better, in order of time.

    A period in which the ranking has no row for the unit ends a run.
    """
    periods = list(dict.fromkeys(r["period"] for r in ranking.rows()))
    good = {s.period for s in rank_path(ranking, unit_id) if s.rank <= at_most}
    out: list[Streak] = []
    run: list[str] = []
    for period in [*periods, None]:
        if period in good:
            run.append(str(period))
            continue
        if run:
            out.append(Streak(run[0], run[-1], len(run)))
        run = []
    return out


def first_at(ranking: Ranking, unit_id: str, *, at_most: int) -> str | None:
    """The first period in which the unit is at rank ``at_most`` or better; None if there is none."""
    found = streaks(ranking, unit_id, at_most=at_most)
    return found[0].first if found else None


def growth(ranking: Ranking, unit_id: str, totals: Mapping[str, int] | None = None) -> float | None:
    """Compound growth a period of the unit's value from its first to its last complete period (0.05 is 5 %); None where it began at 0
    (METHODS 8.1). A period that reaches into a year which was not over when the records were served is no end of anything.

    ``totals``: papers of each period (:func:`papers_of`), to which values are brought first, as a change of Share is (METHODS 1.5): then
    it is growth beside that of all papers.
    """
    last = last_complete(ranking.meta.get("data", {}))
    path = [s for s in rank_path(ranking, unit_id) if last is None or int(s.period[-4:]) <= last]
    if len(path) < 2 or path[0].value <= 0:
        return None
    periods = list(dict.fromkeys(r["period"] for r in ranking.rows()))
    elapsed = periods.index(path[-1].period) - periods.index(path[0].period)
    first = path[0].value
    if totals is not None:
        first = adjusted_share(first, totals[path[0].period], totals[path[-1].period])
    return float((path[-1].value / first) ** (1 / elapsed) - 1)


def papers_of(corpus: Corpus, recipe: Recipe) -> dict[str, int] | None:
    """Papers of the scope in every period of a recipe in steps, by the period's label; None for ratios, which need no adjusting."""
    if indicator_info(recipe.indicator).kind == "mean":
        return None
    works = scoped_works(corpus, recipe)
    rows = corpus.fetch(works.group_by("period").agg(n=works.count())).to_pylist()
    return {period_label(recipe, r["period"]): r["n"] for r in rows if r["period"] is not None}


def summary(ranking: Ranking, unit_id: str, *, at_most: int = 1, totals: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Path, longest and latest streak at ``at_most``, first period there, growth (see :func:`growth` for ``totals``)."""
    runs = streaks(ranking, unit_id, at_most=at_most)
    longest = max(runs, key=lambda s: s.length, default=None)
    return {
        "path": rank_path(ranking, unit_id),
        "streaks": runs,
        "longest": longest,
        "first": runs[0].first if runs else None,
        "growth": growth(ranking, unit_id, totals),
    }
