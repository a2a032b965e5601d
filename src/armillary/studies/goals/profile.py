"""Units by goals: papers, contribution share, activity and symmetric index, growth (METHODS 7.2), in one pass over the credits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.interchange import Tabular
from armillary.core.recipe import Recipe
from armillary.counting.citations import last_complete_year
from armillary.counting.credits import CREDIT, unit_credits
from armillary.counting.goals.queries import goal_names
from armillary.counting.goals.tags import CUT, classified_works, goal_tags, version_of
from armillary.counting.notes import compared_notes, corpus_notes
from armillary.counting.scopes import scoped_works, year_range
from armillary.counting.units import unit_names
from armillary.errors import UsageError
from armillary.ranking.recipes import make_recipe
from armillary.studies.goals.measures import activity_index, annual_growth, contribution_share, linear_symmetric_index, symmetric_index

ANY = 0
"""The row of 'any goal': a work with several goals counts once."""
SCHEMA = pa.schema(
    [
        ("unit_id", pa.string()),
        ("name", pa.string()),
        ("sdg_id", pa.int8()),
        ("goal", pa.string()),
        ("papers", pa.float64()),
        ("count", pa.int64()),
        ("share", pa.float64()),
        ("activity", pa.float64()),
        ("rsi", pa.float64()),
        ("rsi_linear", pa.float64()),
        ("growth", pa.float64()),
    ]
)


@dataclass(frozen=True, slots=True, repr=False)
class GoalProfile(Tabular):
    """``table`` (columns of :data:`SCHEMA`, units by papers on any goal, then goals) and ``meta``: how it was made."""

    table: pa.Table
    meta: dict[str, Any]

    @property
    def arrow(self) -> pa.Table:
        """The rows, as other results call them."""
        return self.table


def profile(corpus: Corpus, *, unit: str = "country", tags: str = "given", cut: float = CUT, limit: int = 0, **choices: Any) -> GoalProfile:
    """All goals of all units (the ``limit`` largest by papers on any goal; 0: all).

    ``choices`` as for a ranking: counting, period, scope, subject. ``papers`` follows the counting method in numerator and denominators
    alike;
    ``count`` is the number of works behind it; ``growth`` is compound growth a year from the first to the last complete
    year of the period, beside that of all classified papers.
    """
    if "step" in choices:
        raise UsageError("a profile covers its period as a whole", fix="leave step out; growth is in the table")
    recipe = make_recipe("sdg-papers", unit=unit, options={"tags": tags, "cut": cut}, step=1, **choices)
    found = goal_tags(corpus, tags, cut)
    every = found.union(found.select("work_id").distinct().mutate(sdg_id=ibis.literal(ANY, type="int8")).select(found.columns))
    known = classified_works(corpus, recipe)
    credits = unit_credits(corpus, recipe).semi_join(known, "work_id")
    on_goal = _sums(corpus, credits.join(every, "work_id"), ["unit_id", "sdg_id", "period"])
    of_unit = _sums(corpus, credits, ["unit_id", "period"])
    every_work = scoped_works(corpus, recipe).select("work_id", "period")
    works = every_work.semi_join(known, "work_id")
    world_goal = _sums(corpus, works.join(every, "work_id").mutate(credit=ibis.literal(CREDIT, type="int64")), ["sdg_id", "period"])
    by_year = {year: n for year, (_, n) in _sums(corpus, works.mutate(credit=ibis.literal(CREDIT, type="int64")), ["period"]).items()}
    world = sum(by_year.values())
    first, last = year_range(corpus, recipe)
    complete = min(last, last_complete_year(corpus) or last)
    table = _table(corpus, recipe, on_goal, of_unit, world_goal, world, by_year, first, complete, limit)
    meta = {
        "title": f"Contribution to the goals by {unit}",
        "unit": unit,
        "counting": recipe.counting,
        "scope": recipe.scope_name,
        "period": f"{first}-{last}",
        "subject": recipe.subject,
        "tags": version_of(corpus, tags),
        "cut": cut,
        "works": world,
        "works_never_classified": corpus.scalar(every_work.work_id.nunique()) - world,
        "works_on_any_goal": sum(n for (goal, _), (_, n) in world_goal.items() if goal == ANY),
        "data": corpus.data_version,
        "notes": [*corpus_notes(corpus), *compared_notes(corpus)],
        "measures": "share = n_cg/n_.g; activity = (n_cg/n_c.)/(n_.g/n_..); rsi = (A^2-1)/(A^2+1); rsi_linear = (A-1)/(A+1)",
    }
    return GoalProfile(table, meta)


def _ratio_of(by_year: dict[int, int], last: int, first: int) -> float:
    return by_year[last] / by_year[first] if by_year.get(first) and by_year.get(last) else float("nan")


def _sums(corpus: Corpus, rows: Any, keys: list[str]) -> dict[Any, tuple[int, int]]:
    """Key tuple -> (credit as an exact integer, works)."""
    sums = rows.group_by(keys).agg(n=rows.work_id.nunique(), credit=corpus.exact_sum(rows.credit))
    table = corpus.fetch(sums).to_pylist()
    return {(tuple(r[k] for k in keys) if len(keys) > 1 else r[keys[0]]): (int(r["credit"]), r["n"]) for r in table}


def _table(
    corpus: Any,
    recipe: Recipe,
    on_goal: dict[Any, tuple[int, int]],
    of_unit: dict[Any, tuple[int, int]],
    world_goal: dict[Any, tuple[int, int]],
    world: int,
    by_year: dict[int, int],
    first: int,
    last: int,
    limit: int,
) -> pa.Table:
    total: dict[Any, int] = defaultdict(int)
    for (unit, _), (credit, _n) in of_unit.items():
        total[unit] += credit
    goal_total: dict[int, int] = defaultdict(int)
    for (goal, _), (credit, _n) in world_goal.items():
        goal_total[goal] += credit
    cells: dict[tuple[Any, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])  # credit, works, credit in the first and in the last year
    for (unit, goal, year), (credit, n) in on_goal.items():
        cell = cells[unit, goal]
        cell[0] += credit
        cell[1] += n
        cell[2] += credit if year == first else 0
        cell[3] += credit if year == last else 0
    named = unit_names(corpus, recipe.unit, total)
    order = sorted(total, key=lambda u: (-cells[u, ANY][0] if (u, ANY) in cells else 0, named.names[u].casefold(), named.ids[u]))
    goals = [ANY, *range(1, 18)]
    labels = {ANY: "any goal", **goal_names()}
    rows = [(u, g) for u in order[: limit or None] for g in goals]
    value = np.array([cells.get(k, [0, 0, 0, 0]) for k in rows], dtype=float).reshape(-1, 4)
    of = np.array([total[u] for u, _ in rows], dtype=float)
    everywhere = np.array([goal_total[g] for _, g in rows], dtype=float)
    activity = activity_index(value[:, 0], of, everywhere, float(world) * CREDIT)
    return pa.table(
        [
            [named.ids[u] for u, _ in rows],
            [named.names[u] for u, _ in rows],
            [g for _, g in rows],
            [labels[g] for _, g in rows],
            value[:, 0] / CREDIT,
            value[:, 1].astype(np.int64),
            contribution_share(value[:, 0], everywhere),
            activity,
            symmetric_index(activity),
            linear_symmetric_index(activity),
            # beside the growth of all classified papers
            annual_growth(value[:, 2] * _ratio_of(by_year, last, first), value[:, 3], last - first),
        ],
        schema=SCHEMA,
    )
