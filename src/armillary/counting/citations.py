"""Citations of works under a recipe: from references inside the corpus, or as given by OpenAlex; never mixed (METHODS 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.errors import DataError, UsageError

LAST_COMPLETE = -1
"""Value of the option ``until`` for the last year that was over when the records were served (see :mod:`armillary.counting.settled`)."""


@dataclass(frozen=True, slots=True)
class CitationChoices:
    """Which citations count.

    ``origin``: ``corpus`` (references between works of this observatory) or ``given`` (OpenAlex's own counts). ``window``: years after the
    publication year (0: open). ``until``: last citing year (0: open). ``self_citations``: kept or not, where the authors are known.
    ``citing``: ``all`` works cite, or only works in the ``same`` scope (core cites core).
    """

    origin: str = "corpus"
    window: int = 0
    until: int = 0
    self_citations: bool = False
    citing: str = "same"

    @classmethod
    def of(cls, recipe: Recipe) -> CitationChoices:
        """The choices among the recipe's options."""
        origin = str(recipe.option("citations", "corpus")).replace("auto", "corpus")
        window, until = int(recipe.option("window", 0)), int(recipe.option("until", 0))
        wish = str(recipe.option("self_citations", "auto"))
        until = 0 if until == LAST_COMPLETE else until
        if window < 0 or until < 0:
            raise UsageError(f"citation window {window}, until {until}: negative", fix="give 0 for an open window, or years")
        if window and until:
            raise UsageError("both 'window' and 'until' are set", fix="give the length of the window or its last year, not both")
        if origin == "given":
            if wish == "out":
                raise UsageError(
                    "given citation counts do not say who cites, so self-citations cannot be left out", fix="use citations=corpus"
                )
            return cls("given", window, until, True, "all")
        return cls("corpus", window, until, wish == "in", str(recipe.option("citing", "same")))


def citation_counts(corpus: Corpus, works: ir.Table, choices: CitationChoices, citing: ir.Table | None = None) -> ir.Table:
    """``work_id, citations`` for every row of ``works``; see :func:`with_citations`."""
    return with_citations(corpus, works, choices, citing).select("work_id", "citations")


def with_citations(corpus: Corpus, works: ir.Table, choices: CitationChoices, citing: ir.Table | None = None) -> ir.Table:
    """``works`` (needs ``work_id``, ``year``) with ``citations`` (int32); works never cited have 0.

    ``citing`` (``work_id``) are the works whose references count where the choice is ``same`` (``works`` themselves unless given). A
    citation dated before the cited work counts as in its first year (METHODS 5.1). :class:`DataError` if the observatory lacks the
    records.
    """
    if choices.origin == "given":
        counts = _given(corpus, works, choices)
    else:
        counts = _from_references(corpus, works, choices, works if citing is None else citing)
    joined = works.left_join(counts, "work_id")
    return joined.select(*works.columns, citations=joined.citations.fill_null(0).cast("int32"))


def _given(corpus: Corpus, works: ir.Table, choices: CitationChoices) -> ir.Table:
    if not choices.window and not choices.until:
        given = corpus.table("work").filter(_.cited_by_n.notnull())
        return given.select("work_id", citations=given.cited_by_n.cast("int64"))
    if not corpus.has("work_citation_year"):
        raise DataError("no yearly citation counts in this observatory", fix="use an open window, or citations=corpus")
    yearly = corpus.table("work_citation_year").rename(citing_year="year")
    inside = _inside(yearly.join(works.select("work_id", "year"), "work_id"), choices)
    return inside.group_by("work_id").agg(citations=inside.cited_by_n.cast("int64").sum())


def has_counted_years(corpus: Corpus, recipe: Recipe, works: ir.Table) -> ir.BooleanValue:
    """Of which works (a table with ``year``) the citations under the recipe are known.

    Yearly counts of OpenAlex begin in one year for all works (2012 in those of 2022 to 2026): what was cited before is not in them, so the
    window of an older work is unknown, and not empty. So is a window of years that was still open when the records were served, and that
    of a work published after the last year in which citations count. All other counts are known for every work.
    """
    choices = CitationChoices.of(recipe)
    if not (choices.window or choices.until):
        return ibis.literal(True)
    known: list[ir.BooleanValue] = []
    if choices.origin == "given" and corpus.has("work_citation_year"):
        yearly = corpus.table("work_citation_year")
        known.append(works.year >= int(corpus.value("first_citing_year", lambda: corpus.scalar(yearly.year.min()))))
    if choices.until:
        known.append((works.year <= choices.until).fill_null(True))
    elif (last := last_complete_year(corpus)) is not None:
        known.append((works.year + choices.window <= last).fill_null(True))
    return reduce(lambda a, b: a & b, known, ibis.literal(True)).fill_null(False)


def last_complete_year(corpus: Corpus) -> int | None:
    """The last year that was over when the records were served; None where that is not known, or the world is invented."""
    return last_complete(corpus.data_version)


def last_complete(data: Mapping[str, Any]) -> int | None:
    """The same of a data version."""
    snapshot = str(data.get("snapshot_date") or "")
    if data.get("synthetic") or not snapshot[:4].isdecimal():
        return None
    return int(snapshot[:4]) - (snapshot[5:] != "12-31")


def _from_references(corpus: Corpus, works: ir.Table, choices: CitationChoices, citing: ir.Table) -> ir.Table:
    if not corpus.has("citation") and _said_to_be_cited(corpus):
        # every work would be "never cited" and every unit exactly average: a number that looks right and says nothing
        raise DataError(
            "these works are cited, but no record here lists its references, so citations cannot be counted from them",
            fix="use the counts that the source gives: --option citations=given",
        )
    citation = corpus.table("citation")
    if choices.citing == "same":
        citation = citation.semi_join(citing, citation.citing_id == citing.work_id)
    if not choices.self_citations:
        citation = citation.anti_join(self_citations(corpus), ["citing_id", "cited_id"])
    if choices.until:
        citation = citation.filter(citation.citing_year <= choices.until)
    if not choices.window:
        return citation.group_by(work_id=citation.cited_id).agg(citations=citation.count())
    dated = citation.filter(citation.citing_year.notnull()).rename(work_id="cited_id").join(works.select("work_id", "year"), "work_id")
    inside = _inside(dated, choices)
    return inside.group_by("work_id").agg(citations=inside.count())


def _said_to_be_cited(corpus: Corpus) -> bool:
    """Whether the source says of any work that it is cited."""
    cited = corpus.value("said_to_be_cited", lambda: bool(corpus.scalar((corpus.table("work").cited_by_n > 0).any())))
    return bool(cited)


def _inside(dated: ir.Table, choices: CitationChoices) -> ir.Table:
    """Rows whose ``citing_year`` lies in the window that begins with the cited work's ``year``."""
    if choices.until:
        return dated.filter(dated.citing_year <= choices.until)
    return dated.filter(dated.citing_year.cast("int32") - dated.year.cast("int32") <= choices.window)


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]  # Ibis gives it no types
def bit_or(bits: int) -> int:  # type: ignore[empty-body]
    """The engine's own function: all three have it under this name, Ibis has no form of it for Spark."""


_MODULI = (61, 59)
"""Author ids by their rest: primes, so that the two sets are independent, and below 63 bits."""


WORKS_A_PART = 12_000_000
"""Works of each side that are compared at once: their sets and authors must be in memory together, some 100 bytes a work."""


def self_citations(corpus: Corpus) -> ir.Table:
    """``citing_id, cited_id`` of citations whose two works share an author id.

    Where works are many, citing and cited works are taken in parts by the rest of their ids, each pair of parts on its own.
    """

    def build() -> ir.Table:
        author = corpus.table("authorship").filter(_.author_id.notnull()).select("work_id", "author_id")
        # most citations share nobody: two small sets of bits a work rule them out before authors are compared
        bits = {f"bits_{n}": bit_or(ibis.literal(1, type="int64") << (author.author_id % n)) for n in _MODULI}
        n = max(1, -(-corpus.store.rows("work") // WORKS_A_PART))
        with corpus.for_now(author.group_by("work_id").agg(**bits), "author_bits") as sets:
            parts = [
                corpus.memo(f"self_citation:{i}:{j}", lambda i=i, j=j: _sharing(corpus, author, sets, n, i, j))  # type: ignore[misc]
                for i in range(n)
                for j in range(n)
            ]
        return ibis.union(*parts) if len(parts) > 1 else parts[0]

    found: ir.Table = corpus.value("self_citations", build)
    return found


def _sharing(corpus: Corpus, author: ir.Table, sets: ir.Table, parts: int, i: int, j: int) -> ir.Table:
    """The citations from works of part ``i`` to works of part ``j`` that share an author; ``sets``: the bits of each work's authors."""

    def of(rows: ir.Table, column: str, part: int) -> ir.Table:
        return rows if parts == 1 else rows.filter(rows[column] % parts == part)

    citation = of(of(corpus.table("citation").select("citing_id", "cited_id"), "citing_id", i), "cited_id", j)
    pairs = citation.join(of(sets, "work_id", i).rename(citing_id="work_id"), "citing_id")
    pairs = pairs.join(of(sets, "work_id", j).rename(cited_id="work_id"), "cited_id", rname="{name}_cited")
    may = [(pairs[f"bits_{n}"] & pairs[f"bits_{n}_cited"]) != 0 for n in _MODULI]
    cited = pairs.filter(may).select("citing_id", "cited_id").join(of(author, "work_id", j).rename(cited_id="work_id"), "cited_id")
    shared = cited.semi_join(of(author, "work_id", i).rename(citing_id="work_id"), ["citing_id", "author_id"])
    return shared.select("citing_id", "cited_id").distinct()


def reference_coverage(corpus: Corpus, works: ir.Table) -> float:
    """Part of the references of ``works`` that point to a work in the corpus: how far corpus citations can be trusted (0 to 1)."""
    inside = corpus.table("citation").semi_join(works, ibis._.citing_id == works.work_id)
    found = inside.semi_join(corpus.table("work"), ibis._.cited_id == corpus.table("work").work_id)
    total = corpus.scalar(inside.count())
    return corpus.scalar(found.count()) / total if total else 0.0
