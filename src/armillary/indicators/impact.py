"""Citation impact: mean, normalised and top-x % indicators (METHODS 5.4), all from one table of scored works."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.baseline_file import NAMED
from armillary.counting.baselines import given_ncs, given_top, require_yardstick
from armillary.counting.cells import TOPS, scored_works
from armillary.counting.classes import LEVELS
from armillary.counting.scopes import scoped_works
from armillary.indicators.catalogue import Option, work_indicator
from armillary.indicators.needs import CELL, COUNTED_YEARS, yardstick

CITATION_OPTIONS = {
    "citations": Option(
        "auto",
        "corpus: references between works here; given: OpenAlex's own counts; auto: corpus, but given in a part of the world that sees "
        "less than half of its references",
        ("auto", "corpus", "given"),
    ),
    "window": Option(0, "years after the publication year in which citations count; 0: open"),
    "until": Option(-1, "last year in which citations count; 0: open; -1: the last year that was over when the records were served"),
    "self_citations": Option("auto", "in, out, or auto: out where authors are known (citations=corpus)", ("auto", "in", "out")),
    "citing": Option("same", "same: only works of the same scope cite; all: every work here cites", ("same", "all")),
}
CELL_OPTIONS = CITATION_OPTIONS | {
    "field_level": Option(
        "subfield",
        "topic, subfield, field, domain, an ingested classification (NAME or NAME:LEVEL), or a CSV file with work_id and class",
        LEVELS,
        file=True,
        named=True,
    ),
    "min_cell": Option(
        -1,
        "papers that a cell needs for its papers to be scored; -1: none where the cells are the world's, 10 where a sample is compared "
        "with itself",
    ),
    "by_type": Option(True, "whether document types have cells of their own"),
    "baseline": Option(
        "world",
        "compared with what: world (the works here, which must be the world's), a baseline FILE, given (OpenAlex's own scores), "
        "own (the works here, whatever they are)",
        NAMED,
        file=True,
    ),
}


def _scored(corpus: Corpus, recipe: Recipe, given: Callable[[ir.Table], ir.Value], column: str) -> ir.Table:
    """``work_id, score, is_scored`` against the recipe's yardstick: ``given`` of OpenAlex's own scores, ``column`` of cells otherwise."""
    require_yardstick(corpus, recipe)
    if recipe.option("baseline", "world") == "given":
        works = scoped_works(corpus, recipe.but(subject=None))
        return works.select("work_id", score=given(works), is_scored=given(works).notnull())
    scored = scored_works(corpus, recipe)
    return scored.select("work_id", score=scored[column], is_scored=scored.has_cell)


@work_indicator(
    "tcs",
    name="TCS",
    measure="citations",
    kind="total",
    source="METHODS 5.4",
    scope="papers",
    options=CITATION_OPTIONS,
    needs=(COUNTED_YEARS,),
    tags=("impact",),
    formula="TCS(u) = sum over papers of w_iu c_i",
    example="Papers with 2, 0 and 7 citations: 9.",
    decimals=0,
)
def tcs(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Total citations of a unit's papers."""
    scored = scored_works(corpus, recipe)
    return scored.select("work_id", score=scored.citations, is_scored=ibis.literal(True))


@work_indicator(
    "mcs",
    name="MCS",
    measure="citations per paper",
    source="METHODS 5.4 (5.3)",
    scope="papers",
    options=CITATION_OPTIONS,
    needs=(COUNTED_YEARS,),
    tags=("impact",),
    formula="MCS(u) = sum of w_iu c_i / sum of w_iu",
    example="Papers with 2, 0 and 7 citations: 3.",
)
def mcs(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Mean citations per paper."""
    return tcs(corpus, recipe)


@work_indicator(
    "tncs",
    name="TNCS",
    measure="normalised citations",
    kind="total",
    source="METHODS 5.4 (5.1)",
    scope="papers",
    options=CELL_OPTIONS,
    needs=(COUNTED_YEARS, *CELL, yardstick(given_ncs)),
    tags=("impact",),
    formula="TNCS(u) = sum of w_iu c_i / mean of the paper's cell",
    example="A paper with 9 citations in a cell with mean 2.7 scores 3.33 (T5.2).",
)
def tncs(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Total of citations divided by the mean of the paper's cell (field x year x type)."""
    return _scored(corpus, recipe, given_ncs, "ncs")


@work_indicator(
    "mncs",
    name="MNCS",
    measure="times the world mean",
    source="METHODS 5.4 (5.1, 5.3)",
    scope="papers",
    options=CELL_OPTIONS,
    needs=(COUNTED_YEARS, *CELL, yardstick(given_ncs)),
    tags=("impact",),
    formula="MNCS(u) = sum of w_iu NCS_i / sum of w_iu",
    example="The mean over all papers of the scope is exactly 1.",
)
def mncs(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Mean normalised citation score: 1 is the mean of all papers of the same field, year and type."""
    return tncs(corpus, recipe)


_TOP_EXAMPLE = "Citations 0,0,1,1,2,3,3,3,5,9: the top 10 % is the paper with 9; of the top 30 %, one third of each paper with 3 (T5.1)."


def _register_top(x: int) -> None:
    """The number and the share of papers in the top ``x`` %."""

    def p_top(corpus: Corpus, recipe: Recipe) -> ir.Table:
        return _scored(corpus, recipe, lambda works: given_top(works, x), f"top{x}")

    def pp_top(corpus: Corpus, recipe: Recipe) -> ir.Table:
        return p_top(corpus, recipe)

    p_top.__doc__ = f"Number of a unit's papers among the {x} % most cited of their cell; ties share the last places."
    pp_top.__doc__ = f"Share of a unit's papers among the {x} % most cited of their cell; ties share the last places."
    work_indicator(
        f"p-top{x}",
        name=f"P(top {x} %)",
        measure="papers",
        kind="total",
        source="METHODS 5.4 (5.2)",
        scope="papers",
        options=CELL_OPTIONS,
        needs=(COUNTED_YEARS, *CELL, yardstick(lambda works: given_top(works, x))),
        tags=("impact",),
        example=_TOP_EXAMPLE,
        formula=f"sum of w_iu P_i, with sum of P_i = {x} % of every cell exactly",
    )(p_top)
    work_indicator(
        f"pp-top{x}",
        name=f"PP(top {x} %)",
        measure="share of papers",
        percent=True,
        source="METHODS 5.4 (5.2, 5.3)",
        scope="papers",
        options=CELL_OPTIONS,
        needs=(COUNTED_YEARS, *CELL, yardstick(lambda works: given_top(works, x))),
        tags=("impact",),
        example=_TOP_EXAMPLE,
        formula=f"sum of w_iu P_i / sum of w_iu; the world value is {x} % exactly",
        decimals=4,
    )(pp_top)


for _x in TOPS:
    _register_top(_x)


@work_indicator(
    "p-cited",
    name="P(cited at least c times)",
    measure="papers",
    kind="total",
    source="METHODS 5.4",
    scope="papers",
    tags=("impact",),
    options=CITATION_OPTIONS | {"at_least": Option(10, "citations a paper must have: 10, 20, 50, 100 are usual")},
    needs=(COUNTED_YEARS,),
    formula="sum of w_iu 1[c_i >= c]",
    example="Papers with 2, 10 and 70 citations: 2 at c = 10, 1 at c = 50.",
)
def p_cited(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Number of papers with at least so many citations, not normalised."""
    scored = scored_works(corpus, recipe)
    enough = scored.citations >= int(recipe.option("at_least", 10))
    return scored.select("work_id", score=enough.cast("int8"), is_scored=ibis.literal(True))


@work_indicator(
    "pp-cited",
    name="PP(cited at least c times)",
    measure="share of papers",
    percent=True,
    source="METHODS 5.4",
    scope="papers",
    tags=("impact",),
    decimals=4,
    options=CITATION_OPTIONS | {"at_least": Option(10, "citations a paper must have: 10, 20, 50, 100 are usual")},
    needs=(COUNTED_YEARS,),
    formula="sum of w_iu 1[c_i >= c] / sum of w_iu",
    example="Papers with 2, 10 and 70 citations: 2/3 at c = 10.",
)
def pp_cited(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Share of papers with at least so many citations, not normalised."""
    return p_cited(corpus, recipe)
