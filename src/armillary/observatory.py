"""The door: one folder of core tables, and the questions that can be asked of it and of the rankings it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from armillary.core import own_registry
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe, read_recipe_file
from armillary.core.store import Store
from armillary.core.tabular import written
from armillary.errors import MissingExtraError, StoreError, UsageError
from armillary.ranking import result
from armillary.ranking.change import with_change
from armillary.ranking.explain import Explanation, WhyNot, explain, why_not
from armillary.ranking.intervals import IntervalChoices, with_intervals
from armillary.ranking.many import rank_many
from armillary.ranking.rank import rank
from armillary.ranking.recipes import make_recipe
from armillary.ranking.robustness import Robustness, robustness
from armillary.ranking.sidebyside import side_by_side
from armillary.ranking.text import markdown, terminal
from armillary.studies.series import rank_series


@dataclass(frozen=True)
class Ranking(result.Ranking):
    """A ranking that knows the observatory it came from, and so can be asked."""

    corpus: Corpus | None = field(default=None, repr=False, compare=False)

    def explain(self, unit: str, *, limit: int | None = None) -> Explanation:
        """The records and weights that add up to one unit's value."""
        return explain(self._home(), self.recipe, unit, limit=limit)

    def why_not(self, work: str | int) -> WhyNot:
        """Why a record does not count here (or that it does)."""
        return why_not(self._home(), self.recipe, work)

    def robustness(self, **choices: Any) -> Robustness:
        """The same ranking under other defensible choices; see :mod:`armillary.ranking.robustness`."""
        return robustness(self._home(), self.recipe, **choices)

    def intervals(self, **choices: Any) -> Ranking:
        """The ranking with stability and rank intervals; see :class:`armillary.ranking.intervals.IntervalChoices`."""
        return with_intervals(self._home(), self, IntervalChoices(**choices))

    def change(self, earlier: str | int, **choices: Any) -> Ranking:
        """The ranking with the change from an earlier period; see :func:`armillary.ranking.change.with_change`."""
        return with_change(self._home(), self, earlier, **choices)

    def plot(self, **options: Any) -> Any:
        """An Altair chart of the first units. Needs the extra ``charts``."""
        from armillary.charts.ranking import ranking_chart

        return ranking_chart(self, **options)

    def rebuild(self) -> Ranking:
        """Compute the same recipe again from the same observatory."""
        return bound(self._home(), rank(self._home(), self.recipe))

    def to_markdown(self, path: str | Path | None = None, *, limit: int | None = None) -> str:
        """A Markdown table, rounded for reading, with the method under it."""
        return written(markdown(self, limit=limit), path)

    def to_text(self, *, limit: int | None = 20) -> str:
        """A plain table for a terminal, rounded for reading, with the method above it."""
        return terminal(self, limit=limit)

    def to_excel(self, path: str | Path) -> None:
        """A workbook: the ranking, and a sheet that says how it was made. Needs the extra ``excel``."""
        try:
            from armillary.ranking.excel import write_workbook
        except ImportError:
            raise MissingExtraError("excel", "writing .xlsx") from None
        write_workbook(self, Path(path))

    def _home(self) -> Corpus:
        if "series" in self.meta:
            raise UsageError("a series has no records behind it", fix="ask obs.series(...) for its change, its years and other sources")
        if self.corpus is None:
            raise StoreError("this ranking is not tied to an observatory", fix="open the observatory and run the recipe again")
        return self.corpus


def bound(corpus: Corpus | None, ranking: result.Ranking) -> Ranking:
    """A ranking as data, tied to its corpus."""
    return Ranking(**{f.name: getattr(ranking, f.name) for f in fields(result.Ranking)}, corpus=corpus)


class Observatory:
    """Everything that one folder knows. Open it with :func:`armillary.open`."""

    def __init__(self, store: Store, **engine: Any) -> None:
        self.store = store
        self.corpus = Corpus(store, **engine)

    @property
    def path(self) -> Path:
        """The folder."""
        return self.store.path

    @property
    def data_version(self) -> dict[str, Any]:
        """What data this is; see :attr:`armillary.core.corpus.Corpus.data_version`."""
        return self.corpus.data_version

    def recipe(self, indicator: str, **choices: Any) -> Recipe:
        """A checked recipe; see :func:`armillary.ranking.recipes.make_recipe` for the choices."""
        return make_recipe(indicator, **choices)

    def rank(self, indicator: str, **choices: Any) -> Ranking:
        """Rank units by an indicator: ``obs.rank("share", unit="city", period=2024, subject="chemistry")``."""
        return self.run(self.recipe(indicator, **choices))

    def run(self, recipe: Recipe | str | Path) -> Ranking:
        """Rank by a recipe object or a recipe file."""
        if not isinstance(recipe, Recipe):
            recipe = make_recipe(**read_recipe_file(Path(recipe)))
        return bound(self.corpus, rank(self.corpus, recipe))

    def rank_many(self, recipes: Sequence[Recipe], *, unassigned: bool = True) -> list[Ranking]:
        """Several recipes; those that share unit, scope and split are computed in one pass."""
        return [bound(self.corpus, r) for r in rank_many(self.corpus, recipes, unassigned=unassigned)]

    def side_by_side(self, recipe: Recipe, methods: Sequence[str]) -> Ranking:
        """One table for several counting methods; see :func:`armillary.ranking.sidebyside.side_by_side`."""
        return bound(self.corpus, side_by_side(self.corpus, recipe, methods))

    def series(self, name: str, **choices: Any) -> Ranking:
        """Rank countries by a series of this observatory, or by one that ships: ``obs.series("gerd-gdp", period=2023, compare=2018)``.

        See :func:`armillary.studies.series.rank_series` for the choices.
        """
        table = self.corpus.value("series", lambda: self.store.read("series"))
        return bound(None, rank_series(table, name, names=own_registry.countries(self.store), data=self.data_version, **choices))

    def explain(self, recipe: Recipe, unit: str, *, limit: int | None = None) -> Explanation:
        """The records behind one unit's number."""
        return explain(self.corpus, recipe, unit, limit=limit)

    def why_not(self, recipe: Recipe, work: str | int) -> WhyNot:
        """Why a record does not count."""
        return why_not(self.corpus, recipe, work)


def open_observatory(path: str | Path = "observatory", *, engine: str = "duckdb", **options: Any) -> Observatory:
    """Open the observatory in a folder. ``engine`` is ``duckdb`` or ``spark``; options go to the engine (``threads=2,
    memory_limit="4GB"``)."""
    return Observatory(Store.open(path), engine=engine, **options)
