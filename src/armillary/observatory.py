"""The observatory: one folder of core tables, and the questions that can be asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from armillary.core import own_registry
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe, read_recipe_file
from armillary.core.store import Store
from armillary.ranking.explain import Explanation, WhyNot, explain, why_not
from armillary.ranking.many import rank_many
from armillary.ranking.rank import rank
from armillary.ranking.recipes import make_recipe
from armillary.ranking.result import Ranking

SAMPLE_BELOW = 1_000_000
"""With fewer works an observatory is taken for a sample: its rankings say nothing about the world, and every output says so."""


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
        """What data this is: name, snapshot date, classification version, digest, whether it is synthetic."""
        info, about = self.store.info(), own_registry.about(self.store)
        return {
            "name": about.get("name") or self.path.name,
            "snapshot_date": info.get("snapshot_date") or "unknown",
            "classification_version": info.get("classification_version") or "unknown",
            "generation": self.store.generation,
            "digest": self.store.digest,
            "synthetic": bool(about.get("synthetic")),
            "sample": not about.get("synthetic") and self.store.rows("work") < SAMPLE_BELOW,
            "note": about.get("note"),
        }

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
        return rank(self, recipe)

    def rank_many(self, recipes: Sequence[Recipe], *, unassigned: bool = True) -> list[Ranking]:
        """Several recipes; those that share unit, scope and split are computed in one pass."""
        return rank_many(self, recipes, unassigned=unassigned)

    def explain(self, recipe: Recipe, unit: str, *, limit: int | None = None) -> Explanation:
        """The records behind one unit's number."""
        return explain(self, recipe, unit, limit=limit)

    def why_not(self, recipe: Recipe, work: str | int) -> WhyNot:
        """Why a record does not count."""
        return why_not(self, recipe, work)


def open_observatory(path: str | Path = "observatory", *, engine: str = "duckdb", **options: Any) -> Observatory:
    """Open the observatory in a folder. ``engine`` is ``duckdb`` or ``spark``; options go to the engine (``threads=2,
    memory_limit="4GB"``)."""
    return Observatory(Store.open(path), engine=engine, **options)
