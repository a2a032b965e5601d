"""How many works a ranking rests on: in scope, known to the indicator, flagged, in small cells. From records here, from cubes in
:mod:`armillary.ranking.cubes.answer`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import ibis.expr.types as ir

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.cells import scored_works
from armillary.counting.citations import reference_coverage
from armillary.counting.scopes import scoped_works
from armillary.indicators import Indicator

SMALL_CELL = 25
"""Cells with fewer papers are flagged: their mean and percentiles hang on single papers."""


class Tallies(Protocol):
    """What the notes of a ranking count."""

    def records(self) -> int:
        """Works of the scope."""

    def known(self) -> int:
        """Works of the scope about which the indicator's question can be answered: those that meet all its needs of the kind *known*."""

    def flagged(self) -> tuple[int, int]:
        """Works of the scope (a row a period), and those of them with an author flagged as corresponding."""

    def small(self) -> tuple[int, int]:
        """Works in citation cells, and those in cells of fewer than :data:`SMALL_CELL` papers."""

    def inside(self) -> float:
        """Part of the references of the scope's works that point into the corpus (0 to 1)."""


def is_known(corpus: Corpus, recipe: Recipe, info: Indicator, works: ir.Table) -> ir.BooleanValue | None:
    """Whether a work meets the indicator's needs of the kind *known*, as a condition on ``works``; None where it has none."""
    asked, met = recipe.but(step=0), None
    for need in info.needs:
        if need.is_known:
            holds = works.work_id.isin(need.met(corpus, asked).work_id) if need.holds is None else need.holds(corpus, asked, works)
            met = holds if met is None else met & holds
    return met


@dataclass(frozen=True, slots=True)
class RecordTallies:
    """Counted in the records, each once a corpus."""

    corpus: Corpus
    recipe: Recipe
    info: Indicator

    def records(self) -> int:
        """See :class:`Tallies`."""
        r, works = self.recipe, scoped_works(self.corpus, self.recipe)
        key = f"records:{r.scope}{r.subject}{r.period}{r.step}"
        return int(self.corpus.value(key, lambda: int(self.corpus.scalar(works.work_id.nunique()))))

    def known(self) -> int:
        """See :class:`Tallies`."""
        corpus, recipe = self.corpus, self.recipe
        needs = [n for n in self.info.needs if n.is_known]
        if not needs:
            return self.records()

        def count() -> int:
            works = scoped_works(corpus, recipe)
            for need in needs:
                if need.holds is not None:
                    works = works.filter(need.holds(corpus, recipe.but(step=0), works))
                else:
                    works = works.semi_join(need.met(corpus, recipe.but(step=0)), "work_id")
            return int(corpus.scalar(works.work_id.nunique()))

        key = (recipe.scope, recipe.subject, str(recipe.period), recipe.step, recipe.counting, recipe.options, [n.reason for n in needs])
        return int(corpus.value(f"known:{key}", count))

    def flagged(self) -> tuple[int, int]:
        """See :class:`Tallies`."""
        r, works = self.recipe, scoped_works(self.corpus, self.recipe)

        def count() -> tuple[int, int]:
            return int(self.corpus.scalar(works.count())), int(self.corpus.scalar(works.filter(works.n_corresponding > 0).count()))

        total, flagged = self.corpus.value(f"flagged:{r.scope}{r.subject}{r.period}{r.step}", count)
        return total, flagged

    def small(self) -> tuple[int, int]:
        """See :class:`Tallies`."""
        r, scored = self.recipe, scored_works(self.corpus, self.recipe)

        def count() -> tuple[int, int]:
            celled = scored.filter(scored.cell_n.notnull())
            counts = celled.aggregate(placed=celled.count(), small=is_small(celled.cell_n).sum().fill_null(0))
            row = self.corpus.fetch(counts).to_pylist()[0]
            return row["placed"], row["small"]

        placed, small = self.corpus.value(f"small:{r.scope}{r.period}{r.options}", count)
        return placed, small

    def inside(self) -> float:
        """See :class:`Tallies`."""
        r, works = self.recipe, scoped_works(self.corpus, self.recipe.but(step=0))
        found: float = self.corpus.value(f"coverage:{r.scope}{r.subject}{r.period}", lambda: reference_coverage(self.corpus, works))
        return found


def is_small(cell_n: ir.IntegerColumn) -> ir.BooleanValue:
    """Whether a cell of that size is small."""
    small: ir.BooleanValue = cell_n < SMALL_CELL
    return small
