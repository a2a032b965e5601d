"""One row for each work that a policy document cites: the join of DOIs, filtered by the choices of a recipe."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.scopes import scoped_works
from armillary.errors import DataError, UnknownNameError, UsageError


def policy_links(corpus: Corpus) -> ir.Table:
    """``work_id, policy_id, organisation, organisation_type, country_code, policy_year, lag``: distinct pairs of work and document.

    ``lag`` is the document's year minus the work's, 0 where the document is dated before the work (an accepted manuscript or a preprint was
    cited); null where a year is unknown. :class:`DataError` if no policy documents were ingested.
    """
    if not corpus.has("policy_citation"):
        raise DataError("this observatory has no policy documents", fix="read some with: armillary ingest policy PATH")

    def build() -> ir.Table:
        work = corpus.table("work")
        work = work.filter(work.doi.notnull()).select("work_id", "doi", "year")
        document = corpus.table("policy_document").select(
            "policy_id",
            "organisation",
            "organisation_type",
            "country_code",
            policy_year=ibis._.year,
        )
        pairs = corpus.table("policy_citation").select("policy_id", "doi").join(work, "doi").join(document, "policy_id")
        lag = ibis.greatest(pairs.policy_year.cast("int32") - pairs.year.cast("int32"), 0)
        known = pairs.policy_year.notnull() & pairs.year.notnull()
        return pairs.select(
            "work_id",
            "policy_id",
            "organisation",
            "organisation_type",
            "country_code",
            "policy_year",
            lag=ibis.ifelse(known, lag, ibis.null("int32")),
        ).distinct()

    return corpus.memo("policy_links", build)


def links_of(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Links under a recipe's options ``source_type``, ``document``, ``window`` and ``goal``."""
    links = policy_links(corpus)
    kind = str(recipe.option("source_type", ""))
    if kind:
        known = {*corpus.lookup("policy_document", ("policy_id", "organisation_type"))["organisation_type"].to_pylist()}
        if kind not in known:
            raise UnknownNameError("type of policy source in this observatory", kind, known)
        links = links.filter(links.organisation_type == kind)
    document = str(recipe.option("document", ""))
    if document:
        links = links.filter((links.policy_id == document) | links.policy_id.startswith(document + "-") | (links.organisation == document))
    window = int(recipe.option("window", 0))
    if window < 0:
        raise UsageError(f"a window of {window} years is negative", fix="give 0 (open) or a number of years")
    if window:
        links = links.filter(links.lag <= window)
    return links


def judged_works(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Works of the scope that a policy document could be matched to: those with a DOI (and on the recipe's goal, if it names one)."""
    works = scoped_works(corpus, recipe.but(step=0))
    works = works.filter(works.doi.notnull()).select("work_id", "year")
    if int(recipe.option("goal", 0)):
        from armillary.counting.goals.tags import tags_of

        works = works.semi_join(tags_of(corpus, recipe), "work_id")
    return works
