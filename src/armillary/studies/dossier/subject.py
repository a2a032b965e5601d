"""The dossier of a subject or of a technology given as a query: a set of works, asked the questions of a ranking."""

from __future__ import annotations

from typing import Any

from ibis import _

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import unit_credits
from armillary.counting.goals.queries import goal_names
from armillary.counting.goals.text import clean
from armillary.counting.notes import corpus_notes
from armillary.counting.scopes import resolve_scope, scoped_works
from armillary.errors import DataError
from armillary.ranking.rank import rank
from armillary.ranking.recipes import make_recipe
from armillary.studies.dossier.content import Cell, Dossier, DossierPart


def subject_dossier(
    corpus: Corpus,
    *,
    kind: str,
    id: str,
    name: str,
    subject: str | None,
    query: str | None,
    period: str,
    top: int,
) -> Dossier:
    """Works of a subject (as rankings resolve it) or of a ``query``. :class:`~armillary.errors.DataError` if there are none."""
    ask = _Asker(corpus, subject, query, period, top)
    if not ask.works_n:
        raise DataError(
            f"no work of the default scope is on '{name}'" + (f" in {period}" if period != "all" else ""),
            fix="take another period or wording",
        )
    sections = (
        ask.overview(),
        ask.years(),
        ask.ranking("country", "Where: countries"),
        ask.ranking("institution", "Who: institutions"),
        ask.people(),
        ask.partners(),
        ask.funders(),
        ask.works(),
        ask.goals(),
        ask.policy(),
        ask.patents(),
    )
    what = "works whose title or abstract matches the query" if query else "works whose main topic lies in the subject"
    query_note = ("The query decides what belongs here; read the works below before trusting the numbers.",) if query else ()
    warnings = (*corpus_notes(corpus), *query_note)
    data = {"subject": subject, "query": query, "period": period, "scope": list(ask.scope), "data": corpus.data_version}
    return Dossier(kind, id, name, f"{ask.works_n:,} {what}; period {period}", sections, warnings, data)


class _Asker:
    def __init__(self, corpus: Corpus, subject: str | None, query: str | None, period: str, top: int) -> None:
        self.corpus, self.top = corpus, top
        self.scope = resolve_scope("default")
        if query:
            import armillary.counting.query  # noqa: F401  (registers the filter)

            self.scope = (*self.scope, f"query:{query}")
        self.choices: dict[str, Any] = {
            "scope": self.scope,
            "scope_name": "default" + (" + query" if query else ""),
            "subject": subject,
            "period": period,
        }
        self.recipe: Recipe = make_recipe("count", **self.choices)
        works = scoped_works(self.corpus, self.recipe)
        self.set = self.corpus.memo(
            f"dossier:{self.recipe.digest}", lambda: works.select("work_id", "doi", "title", "year", "cited_by_n", "source_id")
        )
        self.works_n = self._one(self.set.aggregate(n=self.set.count()))["n"]

    def _one(self, expression: Any) -> dict[str, Any]:
        row: dict[str, Any] = self.corpus.fetch(expression).to_pylist()[0]
        return row

    def _rank(self, indicator: str, unit: str, **more: Any) -> dict[str, dict[str, Any]]:
        found = rank(self.corpus, make_recipe(indicator, unit=unit, minimum=0, **self.choices, **more))
        return {r["unit_id"]: r for r in found.ranked.to_pylist()}

    def overview(self) -> DossierPart:
        s = self.set
        row = self._one(s.aggregate(first=s.year.min(), last=s.year.max(), given=s.cited_by_n.sum(), with_doi=s.doi.count()))
        facts: list[tuple[str, Cell]] = [
            ("Works", self.works_n),
            ("Years", f"{row['first']}-{row['last']}"),
            ("With a DOI", row["with_doi"]),
            ("Citations as given", row["given"]),
        ]
        return DossierPart("overview", "Overview", tuple(facts))

    def years(self) -> DossierPart:
        s = self.set.filter(self.set.year.notnull())
        rows = self.corpus.fetch(s.group_by("year").agg(works=s.count(), cited=s.cited_by_n.sum()).order_by("year")).to_pylist()
        return DossierPart(
            "years", "By year", (), ("year", "works", "citations as given"), tuple((r["year"], r["works"], r["cited"]) for r in rows)
        )

    def ranking(self, unit: str, title: str) -> DossierPart:
        """Count, Share and PP(top 10 %) of the first units."""
        count, share = self._rank("count", unit), self._rank("share", unit)
        best = self._rank("pp-top10", unit, within_corpus=True)
        alone = "; compared with these works alone, not with the world" if self.corpus.data_version.get("sample") else ""
        first = sorted(count.values(), key=lambda r: r["rank"])[: self.top]
        rows = tuple(
            (
                r["rank"],
                r["name"],
                r["unit_id"],
                int(r["value"]),
                share.get(r["unit_id"], {}).get("value"),
                best.get(r["unit_id"], {}).get("value"),
            )
            for r in first
        )
        return DossierPart(
            unit,
            title,
            (),
            ("rank", "name", "id", "works", "share", "PP(top 10 %)"),
            rows,
            "Works: full counting. Share: authors share a paper equally. PP(top 10 %): part among the most cited of the same "
            f"subfield, year and type in this scope{alone}; noise where works are few.",
            "No work here has a known affiliation.",
        )

    def people(self) -> DossierPart:
        a = self.corpus.table("authorship")
        pairs = a.filter(a.author_id.notnull()).semi_join(self.set, "work_id").select("work_id", "author_id").distinct()
        counts = pairs.group_by("author_id").agg(works=pairs.count()).order_by([_.works.desc(), _.author_id]).limit(self.top)
        rows = self.corpus.fetch(counts).to_pylist()
        from armillary.counting.units import unit_names

        names = unit_names(self.corpus, "author", {r["author_id"] for r in rows}).names
        return DossierPart(
            "people",
            "Who: authors",
            (),
            ("author", "id", "works"),
            tuple((names[r["author_id"]], f"A{r['author_id']}", r["works"]) for r in rows),
            "Author records can merge several people or split one.",
        )

    def partners(self) -> DossierPart:
        """Pairs of countries with most joint works."""
        credits = unit_credits(self.corpus, self.recipe).select("work_id", "unit_id").distinct()
        other = credits.rename(partner="unit_id")
        pairs = credits.join(other, "work_id").filter(_.unit_id < _.partner)
        counts = pairs.group_by(["unit_id", "partner"]).agg(n=pairs.count()).order_by([_.n.desc(), _.unit_id, _.partner]).limit(self.top)
        rows = self.corpus.fetch(counts).to_pylist()
        from armillary.counting.units import unit_names

        names = unit_names(self.corpus, "country", {c for r in rows for c in (r["unit_id"], r["partner"])}).names
        return DossierPart(
            "partners",
            "With whom: pairs of countries",
            (),
            ("country", "partner", "joint works"),
            tuple((names[r["unit_id"]], names[r["partner"]], r["n"]) for r in rows),
            empty="No international work.",
        )

    def funders(self) -> DossierPart:
        award = self.corpus.table("work_award")
        mine = award.filter(award.name.notnull()).semi_join(self.set, "work_id").select("work_id", "name").distinct()
        counts = mine.group_by("name").agg(works=mine.count()).order_by([_.works.desc(), _.name]).limit(self.top)
        rows = self.corpus.fetch(counts).to_pylist()
        return DossierPart(
            "funding",
            "Funding",
            (),
            ("funder", "works"),
            tuple((r["name"], r["works"]) for r in rows),
            "Only works whose record names a funder.",
            "No record here names a funder.",
        )

    def works(self) -> DossierPart:
        order = self.set.order_by([_.cited_by_n.desc(nulls_first=False), _.work_id]).limit(self.top)
        rows = self.corpus.fetch(order.select("work_id", "title", "year", "cited_by_n")).to_pylist()
        return DossierPart(
            "works",
            "Most cited works",
            (),
            ("work", "title", "year", "citations as given"),
            tuple((f"W{r['work_id']}", clean(r["title"]) or "(no title)", r["year"], r["cited_by_n"]) for r in rows),
        )

    def goals(self) -> DossierPart:
        from armillary.counting.goals.tags import goal_tags

        names = goal_names()
        sources = ["queries", *(["given"] if self.corpus.has("work_sdg") else [])]
        counts: dict[str, dict[int, int]] = {}
        for source in sources:
            tagged = goal_tags(self.corpus, source).semi_join(self.set, "work_id")
            counts[source] = {r["sdg_id"]: r["n"] for r in self.corpus.fetch(tagged.group_by("sdg_id").agg(n=tagged.count())).to_pylist()}
        goals = sorted({g for c in counts.values() for g in c}, key=lambda g: (-counts["queries"].get(g, 0), g))
        rows = tuple((g, names[g], counts["queries"].get(g, 0), counts.get("given", {}).get(g)) for g in goals)
        return DossierPart(
            "goals",
            "Sustainable Development Goals",
            (),
            ("goal", "name", "works by our queries", "works tagged in the records"),
            rows,
            empty="No work here is on a goal.",
        )

    def policy(self) -> DossierPart:
        if not self.corpus.has("policy_citation"):
            return DossierPart("policy", "Policy documents that cite it", empty="No policy documents were ingested here.")
        from armillary.counting.policy_links import policy_links

        links = policy_links(self.corpus).semi_join(self.set, "work_id")
        by = links.group_by(["policy_id", "organisation", "organisation_type"]).agg(n=links.work_id.nunique())
        rows = self.corpus.fetch(by.order_by([_.n.desc(), _.policy_id]).limit(self.top)).to_pylist()
        total = self._one(links.aggregate(works=links.work_id.nunique(), documents=links.policy_id.nunique()))
        facts: tuple[tuple[str, Cell], ...] = (("Works cited in policy", total["works"]), ("Documents", total["documents"])) if rows else ()
        return DossierPart(
            "policy",
            "Policy documents that cite it",
            facts,
            ("document", "organisation", "type", "works cited"),
            tuple((r["policy_id"], r["organisation"], r["organisation_type"], r["n"]) for r in rows),
            empty="None of the policy documents here cites it.",
        )

    def patents(self) -> DossierPart:
        if not self.corpus.has("patent_citation"):
            return DossierPart("patents", "Patents that cite it", empty="No table of patent citations was ingested here.")
        cited = self.corpus.table("patent_citation")
        direct = cited.filter(cited.work_id.notnull()).select("patent_id", "work_id").semi_join(self.set, "work_id")
        by_doi = cited.filter(cited.work_id.isnull() & cited.doi.notnull()).join(self.set.select("doi", of="work_id"), "doi")
        both = direct.union(by_doi.select("patent_id", work_id=_.of)).distinct()
        row = self._one(both.aggregate(patents=both.patent_id.nunique(), works=both.work_id.nunique()))
        facts: tuple[tuple[str, Cell], ...] = (("Patents", row["patents"]), ("Works they cite", row["works"])) if row["patents"] else ()
        return DossierPart("patents", "Patents that cite it", facts, empty="None of the patents here cites it.")
