"""Highly cited papers of a corpus and what each author has on them: the engine's part of the work.

Only tallies (field x year x citation count) and the one per cent of papers leave the engine.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Period, Recipe
from armillary.counting.citations import CitationChoices, citation_counts
from armillary.counting.scopes import resolve_scope, scoped_works
from armillary.studies.highly_cited.rules import FieldGroups, Rules
from armillary.studies.highly_cited.selection import citation_threshold


@dataclass(frozen=True, slots=True)
class Cell:
    """One field and year: its papers, the citations that make one highly cited (None: too few papers), and how many are."""

    group: int
    year: int
    papers: int
    threshold: int | None
    highly_cited: int


@dataclass(frozen=True, slots=True)
class AuthorPapers:
    """Rows (author, field group) of authors with a highly cited paper: ``papers`` (h), ``citations`` to them; arrays of one length."""

    author: np.ndarray
    group: np.ndarray
    papers: np.ndarray
    citations: np.ndarray


def window_works(corpus: Corpus, rules: Rules, groups: FieldGroups, dropped: frozenset[int] = frozenset()) -> ir.Table:
    """``work_id, year, n_authors, grp, citations`` of the works that compete: scope, types, window, and a field group.

    ``dropped`` works (a retraction list) are out. A highly cited paper is one among these; citations come from all works of the scope.
    """
    types = f"types:{rules.types}"
    scope = (*(s for s in resolve_scope(rules.scope) if not s.startswith("types:")), types)
    recipe = Recipe(indicator="count", unit="author", scope=scope, period=Period(rules.first, rules.last))

    def build() -> ir.Table:
        works = scoped_works(corpus, recipe)
        if dropped:
            works = works.filter(~works.work_id.isin(sorted(dropped)))
        works = works.select("work_id", "year", "n_authors", grp=_group(works, groups)).filter(_.grp.notnull())
        choices = CitationChoices(rules.citations, 0, 0, rules.self_citations == "in" or rules.citations == "given", "all")
        counts = citation_counts(corpus, works.select("work_id", "year"), choices)
        return works.join(counts, "work_id")

    key = f"hcr:{scope}:{rules.first}:{rules.last}:{rules.citations}:{rules.self_citations}:{sorted(dropped)}:{groups}"
    return corpus.memo(key, build)


def _group(works: ir.Table, groups: FieldGroups) -> Any:
    by_field = works.field_id.cast("int64").cases(*groups.by_field.items()) if groups.by_field else ibis.null("int64")
    if not groups.by_subfield:
        return by_field.cast("int64")
    by_subfield = works.subfield_id.cast("int64").cases(*groups.by_subfield.items())
    return ibis.coalesce(by_subfield, by_field).cast("int64")


def cells(corpus: Corpus, works: ir.Table, rules: Rules) -> list[Cell]:
    """Every field and year with its exact threshold."""
    tally = works.group_by(["grp", "year", "citations"]).agg(n=works.count())
    table = corpus.fetch(tally.order_by(["grp", "year", "citations"]))
    grp, year, value, n = (table[c].to_numpy() for c in ("grp", "year", "citations", "n"))
    out = []
    changes = np.flatnonzero((grp[1:] != grp[:-1]) | (year[1:] != year[:-1])) + 1
    borders = [0, *changes.tolist(), len(grp)] if len(grp) else []
    for a, b in itertools.pairwise(borders):
        size = int(n[a:b].sum())
        threshold = citation_threshold(value[a:b], n[a:b], rules.top) if size >= rules.min_cell else None
        high = int(n[a:b][value[a:b] >= threshold].sum()) if threshold is not None else 0
        out.append(Cell(int(grp[a]), int(year[a]), size, threshold, high))
    return out


def highly_cited_papers(works: ir.Table, found: list[Cell], rules: Rules) -> ir.Table:
    """``work_id, year, grp, citations`` of the highly cited papers that the author-count filter keeps."""
    rows = [(c.group, c.year, c.threshold) for c in found if c.threshold is not None]
    limits = pa.table(
        {
            "grp": pa.array([r[0] for r in rows], pa.int64()),
            "year": pa.array([r[1] for r in rows], pa.int16()),
            "threshold": pa.array([r[2] for r in rows], pa.int64()),
        }
    )
    high = works.join(ibis.memtable(limits), ["grp", "year"]).filter(_.citations >= _.threshold)
    if rules.max_authors is not None:
        high = high.filter(high.n_authors <= rules.max_authors)
    return high.select("work_id", "year", "grp", "citations")


def author_papers(corpus: Corpus, high: ir.Table) -> AuthorPapers:
    """Highly cited papers and the citations to them, by author and field, sorted by both."""
    rows = byline(corpus).join(high, "work_id")
    sums = rows.group_by(["author_id", "grp"]).agg(papers=rows.count(), cited=rows.citations.cast("int64").sum())
    table = corpus.fetch(sums.order_by(["author_id", "grp"]))
    return AuthorPapers(*(table[c].to_numpy().astype(np.int64) for c in ("author_id", "grp", "papers", "cited")))


def total_thresholds(corpus: Corpus, works: ir.Table, n_groups: int, top: Fraction) -> list[int]:
    """For each field the total citations in the field that put an author in its top part: C of criterion (b)."""
    rows = byline(corpus).join(works.select("work_id", "grp", "citations"), "work_id")
    totals = rows.group_by(["author_id", "grp"]).agg(total=rows.citations.cast("int64").sum())
    table = corpus.fetch(totals.group_by(["grp", "total"]).agg(n=totals.count()))
    grp, total, n = (table[c].to_numpy() for c in ("grp", "total", "n"))
    return [citation_threshold(total[grp == g], n[grp == g], top) if (grp == g).any() else 0 for g in range(n_groups)]


def byline(corpus: Corpus) -> ir.Table:
    """``work_id, author_id``: the distinct authors of each work that have an id."""
    authorship = corpus.table("authorship")
    return authorship.filter(authorship.author_id.notnull()).select("work_id", "author_id").distinct()
