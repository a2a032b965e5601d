"""Citation cells: field x year x document type, and what each work scores in its cell (METHODS 5.4).

Ties at a percentile threshold share the remaining places equally, so that the top x % of a cell is exactly x % of its papers
(Waltman & Schreiber 2013). Counts are compared as integers; only the last quotient is a real number.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Period, Recipe
from armillary.counting.baseline_file import NAMED, Baseline, OamBaseline, read_baseline
from armillary.counting.citations import CitationChoices, has_counted_years, with_citations
from armillary.counting.classes import level_key, with_class
from armillary.counting.scopes import scoped_works
from armillary.errors import InputError

TOPS = (1, 2, 5, 10, 20, 50)
"""Percentages for which every work gets its part in the top."""
CELL = ("cls", "year", "type")
BY_YARDSTICK = -1
"""Value of the option ``min_cell`` that leaves it to what is compared with (see :mod:`armillary.counting.settled`)."""


def cited_works(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """The columns of ``work`` and ``citations`` for the reference set: the recipe's scope and period, whatever its subject; lazy."""
    choices = CitationChoices.of(recipe)
    base = _reference_recipe(recipe)
    works = scoped_works(corpus, base)
    works = works.filter(has_counted_years(corpus, recipe, works))
    # citing works of the same scope may be younger than the period
    citing = scoped_works(corpus, base.but(period=Period())) if choices.citing == "same" and base.period != Period() else works
    return with_citations(corpus, works, choices, citing)


def scored_works(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """One row a work of the recipe's scope: ``work_id, citations, has_cell, ncs, top1, ..., top50, cell_n``; computed once and shared.

    ``ncs`` is citations over the cell's mean (1 in a cell without citations); ``topX`` the part of the work in the top X %; ``cell_n`` the
    cell's size. The cells are those of these works, or of the baseline file that the recipe names. Works without field, year or type have
    no cell, nor have works of cells with fewer papers than the option ``min_cell``, or whose cell the baseline lacks (or has without any
    citation, where the work has some): ``has_cell`` is false and their scores are null.
    """
    level = str(recipe.option("field_level", "subfield"))
    by_type = bool(recipe.option("by_type", True))
    base = _reference_recipe(recipe)
    least = max(int(recipe.option("min_cell", 0)), 0)
    baseline = baseline_of(recipe)
    key = f"scored:{base.scope}:{base.period}:{CitationChoices.of(recipe)}:{level_key(corpus, level)}:{by_type}"
    key += f":{baseline.digest}" if baseline else ""
    key += f":at least {least}" if least else ""

    def build() -> tuple[ir.Table, ir.Table, str]:
        if isinstance(baseline, OamBaseline):
            own, finish = _papers_of(corpus, base, baseline), _judged
        else:
            own, finish = _papers(corpus, cited_works(corpus, recipe), level, by_type), _places_as_they_are
        with corpus.for_now(own, f"{key}:papers") as papers:
            tally = cell_tally(papers) if baseline is None else _merged(papers, baseline)
            places = corpus.memo(f"{key}:places", lambda: finish(_places(tally, least)))
            works = corpus.memo(f"{key}:works", lambda: papers.join(places, [*CELL, "citations"]).select("work_id", "place"))
        return works, places.select(c for c in places.columns if c not in CELL), "place"

    return corpus.memo_in_parts(key, build)


def celled_papers(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """``work_id, citations, cls, year, type`` of the works of the reference set that have a cell; lazy."""
    level, by_type = str(recipe.option("field_level", "subfield")), bool(recipe.option("by_type", True))
    papers = _papers(corpus, cited_works(corpus, recipe), level, by_type)
    return papers.filter(is_cell(papers)).select("work_id", "citations", *CELL)


def baseline_of(recipe: Recipe) -> Baseline | None:
    """The baseline file that the recipe names, if it names one."""
    named = str(recipe.option("baseline", "world"))
    if named in NAMED:
        return None
    found = read_baseline(named)
    return found.windowed(int(recipe.option("window", 0))) if isinstance(found, OamBaseline) else found


def brings_counts(recipe: Recipe) -> bool:
    """Whether the recipe's yardstick brings citations and cell of each work, so that those of the record do not matter."""
    return str(recipe.option("baseline", "world")) not in NAMED and isinstance(baseline_of(recipe), OamBaseline)


def reference_tally(corpus: Corpus, recipe: Recipe) -> pa.Table:
    """The distribution of citations in every cell of the reference set: ``cls, year, type, citations, n``, sorted; works without a cell
    in rows of class, year or type of -1 or an empty text."""
    level, by_type = str(recipe.option("field_level", "subfield")), bool(recipe.option("by_type", True))
    tally = cell_tally(_papers(corpus, cited_works(corpus, recipe), level, by_type))
    return corpus.fetch(tally.select(*CELL, "citations", n=tally.n.cast("int64")).order_by([*CELL, "citations"]))


def _reference_recipe(recipe: Recipe) -> Recipe:
    return recipe.but(subject=None, step=0)


def _papers(corpus: Corpus, cited: ir.Table, level: str, by_type: bool) -> ir.Table:
    """``work_id, citations`` and the cell, without nulls so that it can be joined on; ``cls`` is null-like where a part is unknown."""
    classed = with_class(corpus, cited, level)
    papers = classed.select("work_id", "year", "citations", "cls", type=classed.type if by_type else ibis.literal("all"))
    nothing = {"year": -1, "type": "", "cls": "" if papers.cls.type().is_string() else -1}
    return papers.mutate(**{c: papers[c].fill_null(ibis.literal(v).cast(papers[c].type())) for c, v in nothing.items()})


def _papers_of(corpus: Corpus, recipe: Recipe, baseline: OamBaseline) -> ir.Table:
    """:func:`_papers` with the citations and cells that a yardstick brings; works that it does not judge have no cell."""
    works = scoped_works(corpus, recipe).select("work_id")
    brought = ibis.memtable(baseline.of_works(corpus.fetch(works)["work_id"].combine_chunks()))
    joined = works.left_join(brought, "work_id")
    cell = {"cls": joined.cls.fill_null(-1), "year": joined.year.fill_null(-1), "type": joined.type.fill_null("")}
    return joined.select("work_id", citations=joined.citations.fill_null(0), **{k: v.cast(joined[k].type()) for k, v in cell.items()})


def _judged(places: ir.Table) -> ir.Table:
    """The scores without citations of works that the yardstick does not judge: they are not 0."""
    return places.mutate(citations=ibis.ifelse(places.has_cell, places.citations, ibis.null(places.citations.type())))


def _places_as_they_are(places: ir.Table) -> ir.Table:
    return places


def cell_tally(papers: ir.Table) -> ir.Table:
    """One row a cell and number of citations, with the number ``n`` of such works."""
    return papers.group_by([*CELL, "citations"]).agg(n=_.count())


def _merged(papers: ir.Table, baseline: Baseline) -> ir.Table:
    """The baseline's rows of the cells in which there are papers, and a row of ``n`` = 0 for each number of citations that it lacks."""
    kinds = {c: papers[c].type() for c in (*CELL, "citations")}
    own = papers.select(*kinds).distinct()
    table = ibis.memtable(baseline.table())
    if table.cls.type().is_string() != kinds["cls"].is_string():
        raise InputError("the baseline has other classes than field_level names", where=baseline.path, fix="use the level it was made with")
    there = table.select(**{c: table[c].cast(kind) for c, kind in kinds.items()}, n=table.n.cast("int64"), here=ibis.literal(0, "int8"))
    there = there.semi_join(own.select(*CELL).distinct(), CELL)
    both = ibis.union(there, own.mutate(n=ibis.literal(0, "int64"), here=ibis.literal(1, "int8")).select(there.columns))
    return both.group_by([*CELL, "citations"]).agg(n=_.n.sum().cast("int64"), here=_.here.max())


def is_cell(tally: ir.Table) -> ir.BooleanValue:
    """Whether class, year and type are all known."""
    known: ir.BooleanValue = (tally.year != -1) & (tally.type != "") & (tally.cls != ("" if tally.cls.type().is_string() else -1))
    return known


def _places(tally: ir.Table, least: int = 0) -> ir.Table:
    """One row a cell and number of citations (few, where works are many): the scores that all such works share, numbered by ``place``."""
    whole = ibis.window(group_by=CELL)
    above = ibis.cumulative_window(group_by=CELL, order_by=ibis.desc("citations"))
    is_foreign = "here" in tally.columns
    tally = tally.mutate(
        cell_n=tally.n.sum().over(whole),
        cell_c=(tally.n * tally.citations.cast("int64")).sum().over(whole),
        n_above=tally.n.sum().over(above) - tally.n,
        place=ibis.row_number().over(ibis.window(order_by=[*CELL, "citations"])).cast("int32"),
    )
    has_cell = is_cell(tally) & (tally.cell_n >= least) if least else is_cell(tally)
    if is_foreign:
        # a mean of 0 judges no work that is cited
        has_cell &= (tally.cell_n > 0) & ((tally.cell_c > 0) | (tally.citations == 0))
    tally = tally.mutate(has_cell=has_cell)
    if is_foreign:
        tally = tally.filter(tally.here == 1)
    ncs = ibis.ifelse(
        tally.cell_c == 0, 1.0, tally.citations.cast("float64") * tally.cell_n.cast("float64") / tally.cell_c.nullif(0).cast("float64")
    )
    scores = {"ncs": ncs, **{f"top{x}": _part_in_top(tally, x) for x in TOPS}, "cell_n": tally.cell_n}
    known = {name: ibis.ifelse(tally.has_cell, score, ibis.null(score.type())) for name, score in scores.items()}
    return tally.select(*CELL, "place", "citations", "has_cell", **known)


def _part_in_top(tally: ir.Table, x: int) -> ir.FloatingValue:
    """Part of each of ``n`` tied papers that lies in the top ``x`` %: places left over the number tied, between 0 and 1.

    Where no paper of a baseline has that many citations, the paper is in the top if places are left below those that have more.
    """
    left = tally.cell_n.cast("int64") * x - tally.n_above.cast("int64") * 100
    room = tally.n.cast("int64") * 100
    part: ir.FloatingValue = ibis.greatest(ibis.least(left, room), 0).cast("float64") / room.nullif(0).cast("float64")
    return part.fill_null((left > 0).cast("float64")) if "here" in tally.columns else part
