"""Data tests on the built tables. Each carries the sentence that says why it exists; each is tested on a table broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir
from ibis import _

from armillary.core import schema
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.cells import TOPS, scored_works
from armillary.counting.citations import CitationChoices, citation_counts
from armillary.counting.scopes import resolve_scope

NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What one check found: number of violations and one example (None where the data needed are absent)."""

    name: str
    why: str
    violations: int | None
    example: str | None

    @property
    def ok(self) -> bool:
        """True where nothing is wrong or nothing could be checked."""
        return not self.violations


Violations = Callable[[Corpus], "ir.Table | None"]


@dataclass(frozen=True, slots=True)
class Check:
    """A named check; ``violations`` gives the offending rows (lazy), or None where its tables are empty."""

    name: str
    why: str
    violations: Violations


CHECKS: dict[str, Check] = {}


def check(name: str, why: str) -> Callable[[Violations], Violations]:
    """Register a function that returns offending rows."""

    def register(function: Violations) -> Violations:
        CHECKS[name] = Check(name, why, function)
        return function

    return register


def run_checks(corpus: Corpus, names: list[str] | None = None) -> list[CheckOutcome]:
    """Run all checks, or those named, in order."""
    out = []
    for c in CHECKS.values():
        if names and c.name not in names:
            continue
        rows = c.violations(corpus)
        if rows is None:
            out.append(CheckOutcome(c.name, c.why, None, None))
            continue
        count = int(corpus.scalar(rows.count()))
        example = None
        if count:
            first = corpus.fetch(rows.order_by(list(rows.columns)).limit(1)).to_pylist()[0]
            example = ", ".join(f"{k}={v}" for k, v in first.items())
        out.append(CheckOutcome(c.name, c.why, count, example))
    return out


def _keys_are_unique(corpus: Corpus) -> ir.Table | None:
    parts = []
    for table in schema.TABLES.values():
        if table.segmented and corpus.has(table.name) and table.name not in ("work_award",):
            rows = corpus.table(table.name)
            twice = rows.group_by(list(table.key)).agg(n=_.count()).filter(_.n > 1)
            parts.append(twice.select(table=ibis.literal(table.name), key=twice[table.key[0]].cast("string"), n=twice.n))
    return reduce(lambda a, b: a.union(b), parts) if parts else None


check("unique-keys", "A work or authorship that is there twice counts twice in everything.")(_keys_are_unique)


@check("credit-conserved", "If a paper's credit does not add up to one, every Share is wrong and no sum over units means anything.")
def _credit_conserved(corpus: Corpus) -> ir.Table | None:
    if not corpus.has("affiliation"):
        return None
    a = corpus.table("affiliation")
    by_address = 1.0 / (ibis.greatest(a.n_addresses, 1) * ibis.greatest(a.n_in_address, 1)).cast("float64")
    by_set = 1.0 / ibis.greatest(a.n_author_institutions, 1).cast("float64")
    part = ibis.ifelse((a.address_seq == 0) & (a.n_author_institutions > 0), by_set, by_address)
    sums = a.mutate(part=part).group_by(["work_id", "author_seq"]).agg(total=_.part.sum())
    return sums.filter((sums.total - 1).abs() > NEAR)


@check("authors-complete", "Credit is divided by the number of authors, so the byline must hold exactly that many.")
def _authors_complete(corpus: Corpus) -> ir.Table | None:
    if not corpus.has("work"):
        return None
    counted = corpus.table("authorship").group_by("work_id").agg(n=_.count())
    work = corpus.table("work").left_join(counted, "work_id")
    return work.filter(work.n.fill_null(0) != work.n_authors).select("work_id", "n_authors", "n")


@check(
    "authors-have-affiliation-rows",
    "Every author needs a row in affiliation, matched or not, or his part of the credit is lost without a trace.",
)
def _authors_have_rows(corpus: Corpus) -> ir.Table | None:
    if not corpus.has("authorship"):
        return None
    return corpus.table("authorship").anti_join(corpus.table("affiliation"), ["work_id", "author_seq"]).select("work_id", "author_seq")


@check("no-orphans", "An id that points nowhere drops its row from every join without a word.")
def _no_orphans(corpus: Corpus) -> ir.Table | None:
    if not corpus.has("work"):
        return None
    work = corpus.table("work")
    parts = []
    for name in ("authorship", "affiliation", "author_country", "work_topic", "work_sdg", "work_citation_year"):
        if corpus.has(name):
            lost = corpus.table(name).anti_join(work, "work_id")
            parts.append(lost.select(table=ibis.literal(name), id=lost.work_id).distinct())
    links = (("affiliation", "institution_id", "institution"), ("work", "source_id", "source"), ("work", "topic_id", "topic"))
    for name, column, entity in links:
        if corpus.has(name):
            rows = corpus.table(name)
            lost = rows.filter(rows[column].notnull()).anti_join(corpus.table(entity), column)
            parts.append(lost.select(table=ibis.literal(f"{name}.{column}"), id=lost[column].cast("int64")).distinct())
    return reduce(lambda a, b: a.union(b), parts)


@check(
    "citations-conserved",
    "Citations may be left out by a rule, never by accident: those counted and those to works outside add up to the references.",
)
def _citations_conserved(corpus: Corpus) -> ir.Table | None:
    if not corpus.has("citation"):
        return None
    work = corpus.table("work").select("work_id", "year")
    counts = citation_counts(corpus, work, CitationChoices(self_citations=True, citing="all"))
    counted = counts.aggregate(n=_.citations.cast("int64").sum())
    citation = corpus.table("citation")
    outside = citation.anti_join(work, citation.cited_id == work.work_id).aggregate(outside=_.count())
    total = counted.cross_join(outside).cross_join(citation.aggregate(listed=_.count()))
    return total.filter(total.n + total.outside != total.listed)


def _all_scored(corpus: Corpus) -> ir.Table | None:
    if not (corpus.has("work") and corpus.has("citation")):
        return None
    scored = scored_works(corpus, Recipe(indicator="mncs", scope=resolve_scope("default")))
    return scored.filter(scored.ncs.notnull())


@check("world-mncs-is-one", "The normalised score is relative to the world: its mean over all papers is 1 or the cells are wrong.")
def _world_mncs(corpus: Corpus) -> ir.Table | None:
    scored = _all_scored(corpus)
    if scored is None:
        return None
    world = scored.aggregate(n=_.count(), total=_.ncs.sum())
    return world.filter((world.n > 0) & ((world.total / world.n - 1).abs() > NEAR))


@check("top-shares-are-exact", "Ten per cent of the world's papers are in the top ten per cent, exactly, or shares cannot be compared.")
def _top_shares(corpus: Corpus) -> ir.Table | None:
    scored = _all_scored(corpus)
    if scored is None:
        return None
    world = scored.aggregate(n=_.count(), **{f"sum{x}": scored[f"top{x}"].sum() for x in TOPS})
    off = [((world[f"sum{x}"] - world.n * x / 100).abs() > NEAR * ibis.greatest(world.n, 1)) for x in TOPS]
    return world.filter((world.n > 0) & reduce(lambda a, b: a | b, off))


@check("scores-in-range", "Scores and parts are between 0 and 1; anything else is a wrong column or a wrong unit.")
def _scores_in_range(corpus: Corpus) -> ir.Table | None:
    parts = []
    for name, key in (("work_topic", "topic_id"), ("work_sdg", "sdg_id")):
        if corpus.has(name):
            rows = corpus.table(name)
            bad = rows.filter((rows.score < 0) | (rows.score > 1) | rows.score.isnan())
            parts.append(bad.select(table=ibis.literal(name), work_id=bad.work_id, id=bad[key].cast("int64"), score=bad.score))
    return reduce(lambda a, b: a.union(b), parts) if parts else None


@check("places-on-earth", "A point off the map or at 0, 0 puts an institution into the wrong city or the sea.")
def _places_on_earth(corpus: Corpus) -> ir.Table | None:
    if not corpus.has("institution"):
        return None
    i = corpus.table("institution")
    off = (
        (i.lat_deg.abs() > 90)
        | (i.lon_deg.abs() > 180)
        | ((i.lat_deg == 0) & (i.lon_deg == 0))
        | (i.lat_deg.isnull() != i.lon_deg.isnull())
    )
    return i.filter(off.fill_null(False)).select("institution_id", "lat_deg", "lon_deg")


@check("country-codes", "Countries are joined by two-letter codes; any other text would be a country of its own.")
def _country_codes(corpus: Corpus) -> ir.Table | None:
    if not corpus.has("affiliation"):
        return None
    a = corpus.table("affiliation").select("country_code").distinct()
    codes = a.union(corpus.table("author_country").select("country_code").distinct())
    return codes.filter(codes.country_code.notnull() & ~codes.country_code.re_search("^[A-Z]{2}$"))


@check("rows-match-manifest", "What the input files held, less what was replaced, must be what the tables hold.")
def _rows_match_manifest(corpus: Corpus) -> ir.Table | None:
    if not corpus.has("manifest"):
        return None
    m = corpus.table("manifest")
    works = m.filter(m.entity == "works")
    expected = works.aggregate(
        kept=works.kept_n.sum().fill_null(0),
        read=works.records_n.sum(),
        sorted=(works.kept_n + works.superseded_n + works.rejected_n).sum(),
    )
    both = expected.cross_join(corpus.table("work").aggregate(rows=_.count()))
    return both.filter((both.kept != both.rows) | (both.read != both.sorted))
