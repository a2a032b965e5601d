"""What an indicator needs of a work before it can judge it: named once, used by why-not and by the counts of what is known.

A :class:`Need` says which works of the corpus meet it under a recipe. An indicator lists its needs in the order in which they are looked
at; the first that a work does not meet is why it does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.baseline_file import NAMED
from armillary.counting.bylines import flagged_fields
from armillary.counting.cells import brings_counts, scored_works
from armillary.counting.citations import has_counted_years
from armillary.counting.classes import LEVELS, with_class
from armillary.counting.credits import unit_credits
from armillary.counting.goals.tags import classified_works, tags_of
from armillary.counting.partners import is_located, partner_facts, together, with_distance
from armillary.counting.policy_links import links_of
from armillary.counting.scopes import scoped_works

Met = Callable[[Corpus, Recipe], ir.Table]
Holds = Callable[[Corpus, Recipe, ir.Table], ir.BooleanValue]


@dataclass(frozen=True, slots=True)
class Need:
    """``reason`` is the code that a work gets which does not meet it, ``says`` the sentence (with the recipe's ``{option}``); ``met``
    gives the works that do, as ``work_id`` (lazy)."""

    reason: str
    says: str
    met: Met
    is_known: bool = False
    """Whether a work that does not meet it is *unknown* (its record does not say), and not one that the indicator is not about."""
    holds: Holds | None = None
    """The same as a condition on columns of table ``work``, where these decide it: spares a join."""

    def sentence(self, recipe: Recipe) -> str:
        """The sentence for one recipe."""
        return self.says.format_map({"unit": recipe.unit, "counting": recipe.counting, **dict(recipe.options)})


def of_record(reason: str, says: str, holds: Holds, *, is_known: bool = False) -> Need:
    """A need that columns of table ``work`` decide: ``holds`` gives the condition on any table that has them."""

    def met(corpus: Corpus, recipe: Recipe) -> ir.Table:
        works = corpus.table("work")
        return works.filter(holds(corpus, recipe, works)).select("work_id")

    return Need(reason, says, met, is_known, holds)


def _has(name: str) -> Holds:
    return lambda corpus, recipe, works: works[name].notnull()


def _has_class(corpus: Corpus, recipe: Recipe, works: ir.Table) -> ir.BooleanValue:
    level = str(recipe.option("field_level", "subfield"))
    if level in LEVELS:
        return works[f"{level}_id"].notnull()
    return works.work_id.isin(with_class(corpus, corpus.table("work"), level).filter(_.cls.notnull()).work_id)


def _has_type(corpus: Corpus, recipe: Recipe, works: ir.Table) -> ir.BooleanValue:
    return works.type.notnull() if recipe.option("by_type", True) else ibis.literal(True)


def _sectors(corpus: Corpus, recipe: Recipe) -> ir.Table:
    facts = partner_facts(corpus, recipe)
    return facts.filter((facts.n_institutions > 0) & (facts.n_typed == facts.n_institutions)).select("work_id")


def _located(corpus: Corpus, recipe: Recipe) -> ir.Table:
    facts = with_distance(corpus, recipe, partner_facts(corpus, recipe))
    if recipe.option("missing", "leave-out") == "zero":
        return facts.select("work_id")
    return facts.filter(~together(facts) | is_located(facts)).select("work_id")


def _on_goal(corpus: Corpus, recipe: Recipe) -> ir.Table:
    return tags_of(corpus, recipe) if int(recipe.option("goal", 0)) else corpus.table("work").select("work_id")


def _tagged(corpus: Corpus, recipe: Recipe) -> ir.Table:
    return tags_of(corpus, recipe)


def _cited_in_policy(corpus: Corpus, recipe: Recipe) -> ir.Table:
    return links_of(corpus, recipe).select("work_id")


def _dated_in_policy(corpus: Corpus, recipe: Recipe) -> ir.Table:
    return links_of(corpus, recipe).filter(_.lag.notnull()).select("work_id")


def _known_in_policy(column: str) -> Met:
    def met(corpus: Corpus, recipe: Recipe) -> ir.Table:
        return links_of(corpus, recipe).filter(_[column].notnull()).select("work_id")

    return met


def unit_key(recipe: Recipe, given: str) -> str | int:
    """What the engine calls a unit that a recipe's option names by its public id."""
    return int(given.lstrip("IiAa")) if recipe.unit in ("institution", "author") else given


def present(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``unit_id, period, work_id``: which units are on which works, whatever the counting method."""
    return unit_credits(corpus, recipe.but(counting="full")).select("unit_id", "period", "work_id").distinct()


def _with_another(corpus: Corpus, recipe: Recipe) -> ir.Table:
    units = present(corpus, recipe.but(step=0))
    partner = str(recipe.option("with", ""))
    if partner:
        units = units.filter(units.unit_id == unit_key(recipe, partner))
        return units.select("work_id")
    sizes = units.group_by("work_id").agg(n=units.count())
    return sizes.filter(sizes.n > 1).select("work_id")


def _beside_the_partner(corpus: Corpus, recipe: Recipe) -> ir.Table:
    units = present(corpus, recipe.but(step=0))
    return units.filter(units.unit_id != unit_key(recipe, str(recipe.option("with", "")))).select("work_id")


def _beside_a_named_partner(corpus: Corpus, recipe: Recipe) -> ir.Table:
    return _beside_the_partner(corpus, recipe) if recipe.option("with", "") else corpus.table("work").select("work_id")


def _has_role(corpus: Corpus, recipe: Recipe) -> ir.Table:
    works = corpus.table("work")
    return (works.filter(works.n_corresponding > 0) if recipe.counting == "corresponding" else works).select("work_id")


def _byline(corpus: Corpus, recipe: Recipe) -> ir.Table:
    works, choice = scoped_works(corpus, recipe.but(step=0)), str(recipe.option("alphabetical", "keep"))
    if choice == "keep":
        return works.select("work_id")
    flagged = works.field_id.isin(flagged_fields(corpus) or [-1]).fill_null(False)
    return works.filter(flagged if choice == "only" else ~flagged).select("work_id")


DOI = of_record("no_doi", "the record has no DOI, so nothing that cites by DOI can be matched to it", _has("doi"), is_known=True)
ACCESS = of_record("unknown_access", "the record does not say whether it is open", _has("oa_status"), is_known=True)


def _in_cells(holds: Holds) -> Holds:
    """``holds`` where works are compared by what their records say, always true where the yardstick brings its own scores or cells."""

    def judged(corpus: Corpus, recipe: Recipe, works: ir.Table) -> ir.BooleanValue:
        is_brought = recipe.option("baseline", "world") == "given" or brings_counts(recipe)
        return ibis.literal(True) if is_brought else holds(corpus, recipe, works)

    return judged


def yardstick(given: Callable[[ir.Table], ir.Value]) -> Need:
    """That the recipe's yardstick judges the work: OpenAlex gives it the score ``given``, or the baseline file has its cell."""

    def holds(corpus: Corpus, recipe: Recipe, works: ir.Table) -> ir.BooleanValue:
        named = recipe.option("baseline", "world")
        if named in NAMED:
            return given(works).notnull() if named == "given" else ibis.literal(True)
        return works.work_id.isin(scored_works(corpus, recipe).filter(_.has_cell).work_id)

    return of_record("no_yardstick", "the yardstick ('{baseline}') says nothing of it or of works like it", holds, is_known=True)


def _in_large_cell(corpus: Corpus, recipe: Recipe, works: ir.Table) -> ir.BooleanValue:
    if int(recipe.option("min_cell", 0)) <= 0:
        return ibis.literal(True)
    return works.work_id.isin(scored_works(corpus, recipe).filter(_.has_cell).work_id)


YEAR = of_record("no_year", "the record has no year, so it has no citation cell", _in_cells(_has("year")), is_known=True)
CLASS = of_record("no_class", "the record has no {field_level}, so it has no citation cell", _in_cells(_has_class), is_known=True)
TYPE = of_record("no_type", "the record has no document type, so it has no citation cell", _in_cells(_has_type), is_known=True)
LARGE_CELL = of_record("small_cell", "its cell has fewer than {min_cell} papers", _in_cells(_in_large_cell), is_known=True)
CELL = (CLASS, YEAR, TYPE, LARGE_CELL)
"""What a work needs to be compared with others of its field, year and type."""
SECTOR = Need("no_typed_institution", "it has no institution, or one whose type nobody names", _sectors, is_known=True)
LOCATED = Need(
    "no_coordinates",
    "it is a collaboration, and not all institutions on it have coordinates, or a country on it has no institution",
    _located,
    is_known=True,
)
CLASSIFIED = Need(
    "never_classified",
    "the record was never classified by goal ('{tags}'), so it is not known to be on none",
    classified_works,
    is_known=True,
)
COUNTED_YEARS = of_record(
    "citations_unknown",
    "the yearly citation counts of the data do not cover its window",
    _in_cells(has_counted_years),
    is_known=True,
)
ON_GOAL = Need("other_goal", "it is not tagged with goal {goal}", _on_goal)
TAGGED = Need("no_goal", "it carries no tag of the goal (goal {goal}; 0 is any), from '{tags}'", _tagged)
IN_POLICY = Need("not_in_policy", "no policy document of the recipe cites it", _cited_in_policy)
DATED_IN_POLICY = Need("undated_policy", "no policy document whose year is known cites it", _dated_in_policy)
WITH_ANOTHER = Need("not_joint", "no other {unit} is on it (or not the one that the recipe names: '{with}')", _with_another)
BESIDE_PARTNER = Need("partner_alone", "no {unit} but '{with}' is on it", _beside_the_partner)
BESIDE_PARTNER_IF_NAMED = Need("partner_alone", "no {unit} but '{with}' is on it", _beside_a_named_partner)
ROLE = Need("no_corresponding", "no author is flagged as corresponding", _has_role, is_known=True)
BYLINE = Need("byline_order", "its field is left out by the choice on alphabetical bylines ('{alphabetical}')", _byline)


UNJUDGED = of_record("not_judged", "the indicator gives it no score", _has("work_id"))
"""For a work that meets all needs that were declared and still has no score: a need that its indicator does not declare."""


def known_in_policy(column: str, reason: str, what: str) -> Need:
    """Cited by a policy document of which ``column`` is known."""
    return Need(reason, f"no policy document with a known {what} cites it", _known_in_policy(column))


def on_unit(recipe: Recipe, *, credited_only: bool = True) -> tuple[Need, ...]:
    """What every indicator needs: that the work is in a period, that some author of it leads to a unit, and (unless ``credited_only`` is
    false: where being on the work is enough) that the counting method gives a unit a part."""

    def credited(corpus: Corpus, asked: Recipe) -> ir.Table:
        return unit_credits(corpus, asked).select("work_id")

    dated = (of_record("no_year", "the record has no year, so it is in no period", _has("year")),) if recipe.step else ()
    if recipe.unit == "field":
        return (*dated, Need("no_field", "the record has no field", credited))
    if recipe.unit == "list":
        on_list = Need("not_listed", "no list of the recipe names it, or anybody on it", present)
        return (*dated, on_list) if not credited_only else (*dated, on_list, Need("no_role", "no listed author has the role", credited))
    on_it = Need("no_matched_affiliation", "no author of the record has a {unit} that the recipe can credit", present)
    if not credited_only:
        return (*dated, on_it)
    whose = {"first": "first author", "last": "last author", "corresponding": "author flagged as corresponding"}
    who = whose.get(recipe.counting, "institution")
    return (*dated, on_it, Need("no_role", f"no {who} of it leads to a {{unit}} that {{counting}} counting can credit", credited))
