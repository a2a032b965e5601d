"""What a reader must see beside a ranking: one list for the command line, pages, files, API and agents. Texts and levels are in
:mod:`armillary.registry.notes`; what holds of a corpus whatever is made of it, in :mod:`armillary.counting.notes`."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.baselines import yardstick_notes
from armillary.counting.goals.tags import version_of
from armillary.counting.lists import listed_and_found
from armillary.counting.notes import compared_notes, corpus_notes
from armillary.counting.scopes import scoped_works
from armillary.indicators import Indicator
from armillary.ranking.table import FEW
from armillary.ranking.tallies import SMALL_CELL, Tallies
from armillary.registry.breaks import crossed
from armillary.registry.notes import Note


def notes(corpus: Corpus, recipe: Recipe, info: Indicator, tallies: Tallies, table: pa.Table) -> list[Note]:
    """All notes of a ranking whose rows are ``table``."""
    out = resting_on(corpus, recipe, info)
    if recipe.counting == "corresponding":
        total, flagged = tallies.flagged()
        out.append(Note("corresponding", flagged=flagged, total=total, share=100 * flagged / total if total else 0.0))
    if any(s in ("journals:145", "journals:82") for s in recipe.scope):
        out.append(Note("physics-letters"))
    out += _impact(corpus, recipe, tallies)
    out += [Note.of("break", b.note) for b in crossed(*changed_between(corpus), _kinds(recipe))]
    out += _running_year(corpus, recipe)
    out += _cut_lists(corpus, recipe)
    least = recipe.minimum if recipe.minimum is not None else _least_ranked(table)
    if least:
        out.append(Note("minimum" if recipe.minimum is not None else "minimum-of-ratios", papers=least))
    out += _few(recipe, info, table)
    if recipe.unit == "region":
        out.append(Note("regions-overlap"))
    if recipe.unit == "list":
        listed, found, kind = listed_and_found(corpus, recipe)
        out.append(Note("lists", listed=listed, found=found, kind=kind))
    if "tags" in dict(recipe.options):
        out.append(Note("goal-source", source=_goal_source(corpus, recipe)))
    if recipe.unit == "author":
        out.append(Note("people"))
    known, records = tallies.known(), tallies.records()
    if known != records:
        out.append(Note("known-part", known=known, records=records, part=f"{100 * known / records:.1f} %" if records else "none"))
    return out


def resting_on(corpus: Corpus, recipe: Recipe, info: Indicator) -> list[Note]:
    """What holds of every number of a recipe, in whichever answer it stands: the kind of the works, and what they are compared with."""
    return [*corpus_notes(corpus), *compared_with(corpus, recipe, info)]


def compared_with(corpus: Corpus, recipe: Recipe, info: Indicator) -> list[Note]:
    """What the numbers of a recipe are relative to, where that is not plain: a yardstick, or these works alone."""
    out = [Note.of("yardstick", text) for text in yardstick_notes(corpus, recipe)]
    return [*out, *(compared_notes(corpus) if info.against_all else [])]


def _impact(corpus: Corpus, recipe: Recipe, tallies: Tallies) -> list[Note]:
    """How much of a normalised indicator rests on small cells, and how many references of a sample point into it."""
    out: list[Note] = []
    if not dict(recipe.options).keys() >= {"citations", "window"}:
        return out
    if recipe.option("baseline", "") == "given":
        return out
    if "field_level" in dict(recipe.options):
        placed, small = tallies.small()
        if small:
            out.append(Note("small-cells", part=100 * small / placed, small=SMALL_CELL))
    if recipe.option("citations", "corpus") == "corpus" and corpus.data_version.get("sample"):
        out.append(Note("references-seen", part=100 * tallies.inside()))
    return out


def _goal_source(corpus: Corpus, recipe: Recipe) -> str:
    """Who says which works are on a goal: the records, our queries, a file, or a model that imputed what the records lack."""
    tags = str(recipe.option("tags", "given"))
    kind = "queries over title and abstract, " if tags == "queries" else ""
    return kind + version_of(corpus, tags)


def _cut_lists(corpus: Corpus, recipe: Recipe) -> list[Note]:
    """How many works of the period and subject are out because their list of authors is cut."""
    whole = tuple(f for f in recipe.scope if f != "authors-complete")
    if whole == recipe.scope or corpus.store.pack is not None:
        return []
    work = corpus.table("work")
    if not corpus.value("has_cut_lists", lambda: corpus.scalar(work.is_authors_truncated.any())):
        return []

    def count() -> int:
        works = scoped_works(corpus, recipe.but(scope=whole, step=0))
        return int(corpus.scalar(works.filter(works.is_authors_truncated).count()))

    works = int(corpus.value(f"cut_lists:{recipe.scope}{recipe.subject}{recipe.period}", count))
    return [Note("cut-lists", works=works)] if works else []


def _running_year(corpus: Corpus, recipe: Recipe) -> list[Note]:
    """Whether the period reaches into the year in which the records were served."""
    data = corpus.data_version
    snapshot = str(data.get("snapshot_date") or "")
    if data.get("synthetic") or not snapshot[:4].isdecimal() or snapshot[5:] == "12-31":
        return []
    year, first, last = int(snapshot[:4]), recipe.period.first, recipe.period.last
    if (first is not None and first > year) or (last is not None and last < year):
        return []
    return [Note("running-year", year=year, snapshot=snapshot)]


def _least_ranked(table: pa.Table) -> int:
    """The minimum that a recipe which names none came to: :data:`FEW` where any unit has as many papers."""
    most = pc.max(table.filter(pc.is_valid(table["rank"]))["count"]).as_py()
    return FEW if (most or 0) >= FEW else 0


def _few(recipe: Recipe, info: Indicator, table: pa.Table) -> list[Note]:
    """Of how many units a ratio rests on few papers."""
    if info.kind != "mean":
        return []
    counts = table.filter(pc.is_valid(table["rank"]))["count"]
    few = int(pc.sum(pc.less(counts, FEW)).as_py() or 0)
    return [Note("few-papers", few=few, units=len(counts), papers=FEW)] if few else []


def _kinds(recipe: Recipe) -> set[str]:
    """What of the records a ranking depends on, as :mod:`armillary.registry.breaks` names it."""
    found = {"types"} if any(s.startswith(("types:", "document-class")) for s in recipe.scope) else set()
    if recipe.counting == "corresponding":
        found.add("corresponding")
    if recipe.unit not in ("author", "source", "topic", "world"):
        found.add("affiliations")
    if recipe.subject:
        found.add("goals" if str(recipe.subject).startswith("sdg") else "topics")
    return found


def changed_between(corpus: Corpus) -> tuple[str | None, str | None]:
    """First and last day on which a record was changed."""

    def days() -> tuple[str | None, str | None]:
        if not corpus.has("work"):
            return None, None
        work = corpus.table("work")
        return corpus.scalar(work.updated_date.min()), corpus.scalar(work.updated_date.max())

    found: tuple[str | None, str | None] = corpus.value("changed_between", days)
    return found
