"""Bylines in alphabetical order: where they are the custom, positions say nothing about who led (METHODS 9.4)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.scopes import scoped_works

ALPHABETICAL_SHARE = 0.60
"""A field whose share of alphabetical bylines (of three and more authors) is above this is flagged (METHODS 9.4, design)."""
MIN_PAPERS = 30
"""Papers of three and more authors below which a field is not judged."""


def alphabetical_works(corpus: Corpus) -> ir.Table:
    """``work_id, is_alphabetical, n``: works with three or more authors all of whose surnames are known.

    The surname is the last word of the name as printed (or the part before a comma), in lower case.
    """

    def build() -> ir.Table:
        work = corpus.table("work").filter(_.n_authors >= 3).filter(~_.is_authors_truncated).select("work_id", "n_authors")
        a = corpus.table("authorship").select("work_id", "author_seq", "author_name")
        plain = a.author_name.lower().re_replace(r"[,(].*$", "").re_replace(r"[\s.]+(jr|sr|ii|iii)?\.?\s*$", "")
        a = a.mutate(surname=plain.re_extract(r"([^\s.]+)$", 1))
        a = a.mutate(before=_.surname.lag().over(group_by="work_id", order_by="author_seq"))
        falls = (a.before.notnull() & (a.surname < a.before)).cast("int64")
        unknown = (a.surname.isnull() | (a.surname == "")).cast("int64")
        sums = a.mutate(falls=falls, unknown=unknown).group_by("work_id").agg(falls=_.falls.sum(), unknown=_.unknown.sum(), n=_.count())
        known = sums.join(work, "work_id").filter((_.unknown == 0) & (_.n == _.n_authors))
        return known.select("work_id", is_alphabetical=(known.falls == 0).cast("int64"), n=known.n_authors.cast("int64"))

    return corpus.memo("bylines:alphabetical", build)


def alphabetical_fields(corpus: Corpus, recipe: Recipe | None = None) -> ir.Table:
    """``field_id, papers, alphabetical, share, by_chance, is_flagged``, one row a field that has papers of three and more authors.

    ``by_chance`` is the share to expect if bylines were in random order (the mean of ``1/n!``); small teams raise it.
    """
    works = corpus.table("work") if recipe is None else scoped_works(corpus, recipe.but(step=0))
    rows = alphabetical_works(corpus).join(works.filter(works.field_id.notnull()).select("work_id", "field_id"), "work_id")
    chance = ibis.cases((rows.n == 3, 1 / 6), (rows.n == 4, 1 / 24), (rows.n == 5, 1 / 120), (rows.n == 6, 1 / 720), else_=0.0)
    by = (
        rows.mutate(chance=chance)
        .group_by("field_id")
        .agg(papers=_.count(), alphabetical=_.is_alphabetical.sum(), by_chance=_.chance.mean())
    )
    share = by.alphabetical.cast("float64") / by.papers.cast("float64")
    flagged = (share > ALPHABETICAL_SHARE) & (by.papers >= MIN_PAPERS)
    return by.mutate(share=share, is_flagged=flagged).order_by("field_id")


def flagged_fields(corpus: Corpus) -> list[int]:
    """Fields of the whole corpus whose custom is alphabetical order, sorted."""

    def find() -> list[int]:
        table = corpus.fetch(alphabetical_fields(corpus).filter(_.is_flagged).select("field_id"))
        return sorted(int(v) for v in table["field_id"].to_pylist())

    found: list[int] = corpus.value("bylines:flagged", find)
    return found
