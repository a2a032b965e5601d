"""How knowledge crosses between universities, companies, hospitals and government, and into patents (METHODS 9.3).

Whose type decides an institution's sector stands in :mod:`armillary.counting.sectors`. Works with an
institution of unknown type are not judged, nor works without any institution: unknown is not no.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.scopes import scoped_works
from armillary.counting.sectors import SECTORS, typed_institutions
from armillary.errors import DataError
from armillary.indicators.catalogue import Option, work_indicator, yes_no
from armillary.indicators.needs import SECTOR


def sector_facts(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """One row a work in scope whose matched institutions all have a type (one at least): ``work_id``, institutions of each sector."""

    def build() -> ir.Table:
        works = scoped_works(corpus, recipe).select("work_id")
        named = corpus.table("affiliation").filter(_.institution_id.notnull()).select("work_id", "institution_id").distinct()
        typed = typed_institutions(corpus).select("institution_id", "sector_type")
        there = named.semi_join(works, "work_id").left_join(typed, "institution_id")
        counts = {name: there.sector_type.isin(list(types)).fill_null(False).cast("int64").sum() for name, types in SECTORS.items()}
        by_work = there.group_by("work_id").agg(**counts, unknown=there.sector_type.isnull().cast("int64").sum())
        return by_work.filter(by_work.unknown == 0).drop("unknown")

    return corpus.memo(f"sectors:{recipe.scope}:{recipe.period}:{recipe.subject}", build)


@work_indicator(
    "pp-university-company",
    name="PP(university and company)",
    measure="share of papers",
    percent=True,
    source="METHODS 9.3",
    formula="share of papers with an institution of type education and one of type company",
    example="A university and a hospital: no. A university and a company: yes.",
    tags=("ecosystem",),
    needs=(SECTOR,),
)
def pp_university_company(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Share of papers on which a university and a company are together."""
    facts = sector_facts(corpus, recipe)
    return yes_no(facts, (facts.university > 0) & (facts.company > 0))


@work_indicator(
    "pp-public-private",
    name="PP(public and private)",
    measure="share of papers",
    percent=True,
    source="METHODS 9.3",
    formula="share of papers with a company and an institution of any other sector",
    example="A government laboratory and a company: yes. Two companies: no.",
    tags=("ecosystem",),
    needs=(SECTOR,),
)
def pp_public_private(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Share of papers on which a company and a university, hospital, government or nonprofit institution are together."""
    facts = sector_facts(corpus, recipe)
    public = facts.university + facts.hospital + facts.government + facts.nonprofit
    return yes_no(facts, (public > 0) & (facts.company > 0))


@work_indicator(
    "pp-university-hospital",
    name="PP(university and hospital)",
    measure="share of papers",
    percent=True,
    source="METHODS 9.3",
    formula="share of papers with an institution of type education and one of type healthcare",
    example="A medical school typed education and its hospital typed healthcare: yes.",
    tags=("ecosystem",),
    needs=(SECTOR,),
)
def pp_university_hospital(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Share of papers on which a university and a hospital are together."""
    facts = sector_facts(corpus, recipe)
    return yes_no(facts, (facts.university > 0) & (facts.hospital > 0))


@work_indicator(
    "pp-triangle",
    name="PP(university, company, government)",
    measure="share of papers",
    percent=True,
    decimals=2,
    source="METHODS 9.3",
    formula="share of papers with an institution of each: education; company; government or facility",
    example="A university, a company and a national laboratory: yes; without the company: no.",
    tags=("ecosystem",),
    needs=(SECTOR,),
)
def pp_triangle(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Share of papers on which university, company and government are all together (the triangle of industry, university, research)."""
    facts = sector_facts(corpus, recipe)
    return yes_no(facts, (facts.university > 0) & (facts.company > 0) & (facts.government > 0))


@work_indicator(
    "pp-patent-cited",
    name="PP(cited by patents)",
    measure="share of papers",
    percent=True,
    source="METHODS 9.3; table patent_citation",
    formula="share of papers cited by at least `least` patents",
    example="Of 200 papers 7 are cited by a patent: 0.035.",
    tags=("ecosystem",),
    options={"least": Option(1, "patents that must cite a paper")},
)
def pp_patent_cited(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Share of papers that patents cite, where a table of patent-to-paper citations was ingested."""
    if not corpus.has("patent_citation"):
        raise DataError(
            "there is no table of patent-to-paper citations", where=corpus.store.path, fix="ingest one into table patent_citation"
        )
    works = scoped_works(corpus, recipe).select("work_id", "doi")
    cites = corpus.table("patent_citation")
    by_id = cites.filter(cites.work_id.notnull()).select("patent_id", "work_id")
    by_doi = cites.filter(cites.work_id.isnull() & cites.doi.notnull()).select("patent_id", "doi")
    named = works.filter(works.doi.notnull()).join(by_doi, "doi").select("patent_id", "work_id")
    counts = by_id.union(named).distinct().group_by("work_id").agg(n=_.count())
    rows = works.left_join(counts, "work_id")
    enough = (rows.n.fill_null(0) >= int(recipe.option("least", 1))).cast("int8")
    return rows.select(work_id=rows.work_id, score=ibis.ifelse(enough == 1, 1, 0).cast("int8"))
