"""Choices that a recipe leaves to the records: which citations, up to which year. Settled once, before anything is counted.

A recipe says ``citations = auto`` and ``until = -1`` before it meets an observatory; the ranking that comes back carries what was
chosen, so that it can be made again. Lists of the observatory are named by their file.
"""

from __future__ import annotations

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.cells import BY_YARDSTICK
from armillary.counting.citations import LAST_COMPLETE, last_complete_year
from armillary.counting.lists import named_by_file

LEAST_IN_CELL = 10
"""Papers below which the mean of a sample's cell is that of single papers. The world's cells are whole, whatever their size."""
SEEN = 0.5
"""A part of the world whose references point into it less often than this does not see who cites its works: the counts as served do."""


def settled(corpus: Corpus, recipe: Recipe) -> Recipe:
    """The recipe with every choice made; the same recipe where none was left. Settling twice changes nothing."""
    recipe = named_by_file(corpus, recipe)
    options = dict(recipe.options)
    if "citations" not in options:
        return recipe
    changes: dict[str, str | int] = {}
    if options["citations"] == "auto":
        changes["citations"] = "given" if _is_blind(corpus) else "corpus"
    if options.get("until") == LAST_COMPLETE:
        counts_as_served = changes.get("citations", options["citations"]) == "given"
        changes["until"] = 0 if options.get("window") or counts_as_served else last_complete_year(corpus) or 0
    if options.get("min_cell", 0) == BY_YARDSTICK:
        alone = options.get("baseline") == "own" and corpus.data_version.get("sample")
        changes["min_cell"] = LEAST_IN_CELL if alone else 0
    return recipe.but(options=changes) if changes else recipe


def _is_blind(corpus: Corpus) -> bool:
    """Whether these works see too few of the citations among them, and the source gives counts."""

    def look() -> bool:
        if not corpus.data_version.get("sample"):
            return False
        if corpus.store.pack is not None:
            return True
        work = corpus.table("work")
        if not corpus.scalar((work.cited_by_n > 0).any()):
            return False
        if not corpus.has("citation"):
            return True
        citation = corpus.table("citation")
        found = citation.semi_join(work.select(cited_id="work_id"), "cited_id")
        return bool(corpus.scalar(found.count()) < SEEN * corpus.scalar(citation.count()))

    found: bool = corpus.value("references_too_few", look)
    return found
