"""Signs that an author record may be several persons, and the affiliation by which a candidate is counted (METHODS 6.2, 6.3)."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
from ibis import _

from armillary.core.corpus import Corpus
from armillary.counting.affiliations import affiliations
from armillary.studies.highly_cited.rules import Rules


@dataclass(frozen=True, slots=True)
class AuthorSigns:
    """What the records of one author show in the window: the most works and institutions in one year, domains, ORCIDs, and other author ids
    that carry one of his ORCIDs. ``institution_id`` and ``country_code`` are the modal ones of the last two years (or the latest year
    with one).
    """

    works_a_year: int = 0
    institutions_a_year: int = 0
    domains: int = 0
    orcids: int = 0
    shared_orcid_with: tuple[int, ...] = ()
    institution_id: int | None = None
    country_code: str | None = None

    def flags(self, rules: Rules) -> tuple[str, ...]:
        """The signs that this record shows, as codes."""
        found = {
            "works-a-year": self.works_a_year > rules.flag_works_a_year,
            "institutions-a-year": self.institutions_a_year > rules.flag_institutions_a_year,
            "domains": self.domains > rules.flag_domains,
            "several-orcids": self.orcids > 1,
            "orcid-of-another-record": bool(self.shared_orcid_with),
        }
        return tuple(code for code, is_shown in found.items() if is_shown)


def profiles(corpus: Corpus, authors: ir.Table, rules: Rules, key: str) -> dict[int, AuthorSigns]:
    """The profile of every author in ``authors`` (one column ``author_id``), from all their works in the window.

    ``key`` names the set of authors: their bylines are found once and shared by all questions.
    """
    work = corpus.table("work").filter(_.year.notnull())
    work = work.filter(work.year.between(rules.first, rules.last)).select("work_id", "year", "domain_id")
    authorship = corpus.table("authorship").semi_join(authors, "author_id")
    rows = corpus.memo(f"profiles:{key}", lambda: authorship.select("work_id", "author_seq", "author_id", "orcid").join(work, "work_id"))
    found: dict[int, dict[str, object]] = {}

    def note(table: ir.Table, name: str) -> None:
        rows = corpus.fetch(table)
        for author, value in zip(rows["author_id"].to_pylist(), rows["value"].to_pylist(), strict=True):
            found.setdefault(author, {})[name] = value

    works = rows.group_by(["author_id", "year"]).agg(n=rows.work_id.nunique())
    note(works.group_by("author_id").agg(value=works.n.max()), "works_a_year")
    domains = rows.filter(rows.domain_id.notnull())
    note(domains.group_by("author_id").agg(value=domains.domain_id.nunique()), "domains")
    orcids = rows.filter(rows.orcid.notnull()).select("author_id", "orcid").distinct()
    note(orcids.group_by("author_id").agg(value=orcids.count()), "orcids")
    _note_shared(corpus, orcids, found)
    places = rows.join(affiliations(corpus).select("work_id", "author_seq", "institution_id", "country_code"), ["work_id", "author_seq"])
    known = places.filter(places.institution_id.notnull())
    yearly = known.group_by(["author_id", "year"]).agg(n=known.institution_id.nunique())
    note(yearly.group_by("author_id").agg(value=yearly.n.max()), "institutions_a_year")
    _note_affiliation(corpus, known, rules, found)
    return {author: AuthorSigns(**values) for author, values in found.items()}  # type: ignore[arg-type]  # keys are field names


def _note_shared(corpus: Corpus, orcids: ir.Table, found: dict[int, dict[str, object]]) -> None:
    """Other author ids under which one of these ORCIDs stands anywhere in the corpus."""
    everywhere = corpus.table("authorship").filter(_.orcid.notnull() & _.author_id.notnull()).select("orcid", other=_.author_id).distinct()
    pairs = orcids.join(everywhere, "orcid")
    pairs = pairs.filter(pairs.other != pairs.author_id).select("author_id", "other").distinct().order_by(["author_id", "other"])
    for row in corpus.fetch(pairs).to_pylist():
        known = found.setdefault(row["author_id"], {})
        known["shared_orcid_with"] = (*known.get("shared_orcid_with", ()), row["other"])  # type: ignore[misc]


def _note_affiliation(corpus: Corpus, known: ir.Table, rules: Rules, found: dict[int, dict[str, object]]) -> None:
    """The institution on most works of the last two years; without one there, of the latest year with any. Ties: latest year, then
    lowest id.
    """
    tally = known.group_by(["author_id", "year", "institution_id", "country_code"]).agg(n=known.work_id.nunique())
    table = corpus.fetch(tally)
    author, year, place, n = (table[c].to_numpy() for c in ("author_id", "year", "institution_id", "n"))
    if not len(author):
        return
    country = np.array(table["country_code"].to_pylist(), dtype=object)
    latest: dict[int, int] = {}
    for a, y in zip(author.tolist(), year.tolist(), strict=True):
        latest[a] = max(latest.get(a, 0), y)
    scores: dict[int, dict[int, tuple[int, int, int]]] = {}
    countries: dict[int, str | None] = {}
    for a, y, p, k, code in zip(author.tolist(), year.tolist(), place.tolist(), n.tolist(), country.tolist(), strict=True):
        if y >= min(rules.last - 1, latest[a]):
            works, last, key = scores.setdefault(a, {}).get(p, (0, 0, -p))
            scores[a][p] = (works + k, max(last, y), key)
            countries[p] = min(filter(None, (code, countries.get(p))), default=None)
    for a, options in scores.items():
        best = max(options, key=lambda p: options[p])
        found.setdefault(a, {}).update(institution_id=best, country_code=countries[best])
