"""The dossier of one work."""

from __future__ import annotations

from collections import Counter
from typing import Any

from armillary.core.corpus import Corpus
from armillary.counting.affiliations import affiliations
from armillary.counting.cells import scored_works
from armillary.counting.credits import CREDIT, unit_credits
from armillary.counting.goals.classifier import Classifier
from armillary.counting.goals.queries import goal_names
from armillary.counting.goals.tags import texts_of
from armillary.counting.goals.text import clean
from armillary.counting.notes import corpus_notes
from armillary.counting.settled import settled
from armillary.counting.units import unit_names
from armillary.ranking.recipes import make_recipe
from armillary.studies.dossier.content import Cell, Dossier, DossierPart


def work_dossier(corpus: Corpus, work_id: int, *, top: int = 10) -> Dossier:
    """Everything the observatory knows of one work, each part with the reason where it knows nothing."""
    know = _Lookup(corpus, work_id)
    w = know.work
    title = clean(w["title"]) or "(no title)"
    warnings: list[str] = [*corpus_notes(corpus)]
    if w["is_retracted"]:
        warnings.append("The record says that this work is retracted.")
    if w["is_authors_truncated"]:
        warnings.append("The author list of this record is cut; people and places are incomplete.")
    sections = (
        _record(know),
        _people(know),
        _places(know),
        _funding(know),
        _citations(know, top),
        _impact(know),
        _goals(know),
        _policy(know, top),
        _patents(know, top),
    )
    subtitle = ", ".join(str(x) for x in (w["type"], w["year"], know.source) if x)
    data = {"work_id": f"W{work_id}", "doi": w["doi"], "data": corpus.data_version}
    return Dossier("work", f"W{work_id}", title, subtitle, sections, tuple(warnings), data)


class _Lookup:
    """The rows of the core tables that belong to one work."""

    def __init__(self, corpus: Corpus, work_id: int) -> None:
        self.corpus, self.work_id = corpus, work_id
        self.work = self.rows("work")[0]
        source = self.corpus.table("source")
        found = self.corpus.fetch(source.filter(source.source_id == (self.work["source_id"] or -1)).select("name")).to_pylist()
        self.source = found[0]["name"] if found else None

    def rows(self, table: str, key: str = "work_id") -> list[dict[str, Any]]:
        t = self.corpus.table(table)
        found: list[dict[str, Any]] = self.corpus.fetch(t.filter(t[key] == self.work_id)).to_pylist()
        return found

    def names(self, unit: str, ids: Any) -> dict[Any, str]:
        return dict(unit_names(self.corpus, unit, ids).names)


def _record(know: _Lookup) -> DossierPart:
    w = know.work
    topic = know.corpus.table("topic")
    t = know.corpus.fetch(topic.filter(topic.topic_id == w["topic_id"])).to_pylist() if w["topic_id"] else []
    facts: list[tuple[str, Cell]] = [
        ("OpenAlex id", f"W{know.work_id}"),
        ("DOI", w["doi"]),
        ("Date", str(w["date"]) if w["date"] else w["year"]),
        ("Type", w["type"]),
        ("Source", know.source),
        ("Topic", t[0]["name"] if t else None),
        ("Field", t[0]["field_name"] if t else None),
        ("Open access", w["oa_status"]),
        ("Authors", w["n_authors"]),
        ("References", w["n_references"]),
        ("Citations as given", w["cited_by_n"]),
    ]
    return DossierPart("record", "The record", tuple((k, v) for k, v in facts if v is not None))


def _people(know: _Lookup) -> DossierPart:
    people = sorted(know.rows("authorship"), key=lambda a: a["author_seq"])
    affiliation = know.rows("affiliation")
    names = know.names("institution", {a["institution_id"] for a in affiliation})
    where: dict[int, list[str]] = {}
    countries: dict[int, set[str]] = {}
    for a in sorted(affiliation, key=lambda a: (a["author_seq"], a["address_seq"], a["institution_id"] or 0)):
        if a["institution_id"] is not None and not a["is_repeat"]:
            where.setdefault(a["author_seq"], []).append(names[a["institution_id"]])
        if a["country_code"]:
            countries.setdefault(a["author_seq"], set()).add(a["country_code"])
    known = know.names("author", {p["author_id"] for p in people})
    rows = tuple(
        (
            p["author_seq"],
            p["author_name"] or known.get(p["author_id"], "unknown"),
            p["position"],
            _flag(p["is_corresponding"]),
            "; ".join(where.get(p["author_seq"], [])) or "no matched institution",
            ", ".join(sorted(countries.get(p["author_seq"], ()))),
        )
        for p in people
    )
    return DossierPart(
        "people",
        "Who",
        (),
        ("#", "author", "position", "corresponding", "institutions", "countries"),
        rows,
        "Corresponding: blank means that the record does not say.",
        "The record lists no authors.",
    )


def _flag(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _places(know: _Lookup) -> DossierPart:
    recipe = make_recipe("share", scope=(), scope_name="all works")
    credits = unit_credits(know.corpus, recipe)
    rows = know.corpus.fetch(credits.filter(credits.work_id == know.work_id).select("unit_id", "credit")).to_pylist()
    names = know.names("country", {r["unit_id"] for r in rows})
    table = sorted(((names[r["unit_id"]], r["credit"] / CREDIT) for r in rows), key=lambda r: (-r[1], r[0]))
    rest = 1 - sum(x for _, x in table)
    facts: list[tuple[str, Cell]] = [("Countries", len(table)), ("International", len(table) > 1)] if table else []
    if table and rest > 1e-9:
        facts.append(("Part of the paper without a known country", rest))
    return DossierPart(
        "places",
        "Where",
        tuple(facts),
        ("country", "share of the paper"),
        tuple(table),
        "Authors share the paper equally, each author's part is divided over his institutions (METHODS 1.1).",
        "No author of this record has a known country.",
    )


def _funding(know: _Lookup) -> DossierPart:
    rows = sorted({(a["name"] or f"F{a['funder_id']}", a["award_id"] or "") for a in know.rows("work_award")})
    return DossierPart(
        "funding", "Funding", (), ("funder", "award"), tuple(rows), "", "The record names no funder. That is unknown, not none."
    )


def _citations(know: _Lookup, top: int) -> DossierPart:
    given = {r["year"]: r["cited_by_n"] for r in know.rows("work_citation_year")}
    citing = know.rows("citation", "cited_id")
    here = Counter(r["citing_year"] for r in citing)
    years = sorted({y for y in (*given, *here) if y is not None})
    rows: list[tuple[Cell, ...]] = [(y, given.get(y), here.get(y, 0)) for y in years]
    facts: list[tuple[str, Cell]] = [("Citations as given", know.work["cited_by_n"]), ("Citing works in this observatory", len(citing))]
    if citing:
        facts.append(("Citing countries here", _citing_countries(know, top)))
    return DossierPart(
        "citations",
        "Citations by year and country",
        tuple(facts),
        ("year", "as given", "in this observatory"),
        tuple(rows),
        "As given: OpenAlex's own counts, ten years back at most. In this observatory: references of works that are here.",
        "No citation is known.",
    )


def _citing_countries(know: _Lookup, top: int) -> str:
    """The countries of the citing works, each work once a country."""
    citation, affiliation = know.corpus.table("citation"), affiliations(know.corpus)
    citing = citation.filter(citation.cited_id == know.work_id).select(work_id=citation.citing_id).distinct()
    pairs = affiliation.filter(affiliation.country_code.notnull()).semi_join(citing, "work_id").select("work_id", "country_code").distinct()
    counts = know.corpus.fetch(pairs.group_by("country_code").agg(n=pairs.count())).to_pylist()
    names = know.names("country", {r["country_code"] for r in counts})
    order = sorted(counts, key=lambda r: (-r["n"], names[r["country_code"]]))
    return ", ".join(f"{names[r['country_code']]} {r['n']}" for r in order[:top]) or "unknown"


def _impact(know: _Lookup) -> DossierPart:
    nothing = "The work has no citation cell here: it is outside the default scope, or without field, year or type."
    if know.work["year"] is None:
        return DossierPart("impact", "Field-normalised impact", empty=nothing)
    recipe = settled(know.corpus, make_recipe("mncs", period=know.work["year"]))
    scored = scored_works(know.corpus, recipe)
    rows = know.corpus.fetch(scored.filter(scored.work_id == know.work_id)).to_pylist()
    if not rows or rows[0]["ncs"] is None:
        return DossierPart("impact", "Field-normalised impact", empty=nothing)
    r = rows[0]
    facts: tuple[tuple[str, Cell], ...] = (
        ("Citations counted", r["citations"]),
        ("Times the mean of its cell", r["ncs"]),
        ("Part in the top 1 %", r["top1"]),
        ("Part in the top 10 %", r["top10"]),
        ("Part in the top 50 %", r["top50"]),
        ("Works in the cell", r["cell_n"]),
    )
    alone = " Compared with the works of this observatory, which is not the world." if know.corpus.data_version.get("sample") else ""
    served = recipe.option("citations", "corpus") == "given"
    counted = "citations as OpenAlex counts them" if served else "citations from works of this observatory, self-citations left out"
    few = " The cell is small: its mean moves with every work." if r["cell_n"] < 50 else ""
    return DossierPart(
        "impact",
        "Field-normalised impact",
        facts,
        note=f"Cell: same subfield, year and type; {counted}; tied works share the last places of a top." + alone + few,
    )


def _goals(know: _Lookup) -> DossierPart:
    names = goal_names()
    rows: list[tuple[Cell, ...]] = [
        (r["sdg_id"], names[r["sdg_id"]], "record", float(r["score"]), "") for r in sorted(know.rows("work_sdg"), key=lambda r: r["sdg_id"])
    ]
    classifier = Classifier()
    text = texts_of(know.corpus, know.work_id) or (None, None)
    rows += [(w.goal, names[w.goal], f"query {w.query}", None, ", ".join(w.words)) for w in classifier.explain(*text)]
    return DossierPart(
        "goals",
        "Sustainable Development Goals",
        (),
        ("goal", "name", "said by", "score", "words"),
        tuple(rows),
        f"Queries: {classifier.version}; both classifications err, see the evaluation.",
        "Neither the record nor our queries name a goal.",
    )


def _policy(know: _Lookup, top: int) -> DossierPart:
    if not know.corpus.has("policy_citation"):
        return DossierPart("policy", "Policy documents that cite it", empty="No policy documents were ingested here.")
    if not know.work["doi"]:
        return DossierPart("policy", "Policy documents that cite it", empty="The work has no DOI, so policy citations cannot be matched.")
    cited, document = know.corpus.table("policy_citation"), know.corpus.table("policy_document")
    rows = know.corpus.fetch(cited.filter(cited.doi == know.work["doi"]).join(document, "policy_id")).to_pylist()
    rows.sort(key=lambda r: (r["year"] or 0, r["policy_id"]))
    table = tuple(
        (r["year"], r["title"] or r["policy_id"], r["organisation"], r["organisation_type"], r["country_code"], r["group"])
        for r in rows[:top]
    )
    facts: tuple[tuple[str, Cell], ...] = (
        (("Documents", len(rows)), ("Organisations", len({r["organisation"] for r in rows}))) if rows else ()
    )
    return DossierPart(
        "policy",
        "Policy documents that cite it",
        facts,
        ("year", "document", "organisation", "type", "country", "part"),
        table,
        empty="None of the policy documents here cites it.",
    )


def _patents(know: _Lookup, top: int) -> DossierPart:
    if not know.corpus.has("patent_citation"):
        return DossierPart("patents", "Patents that cite it", empty="No table of patent citations was ingested here.")
    t = know.corpus.table("patent_citation")
    mine = t.filter((t.work_id == know.work_id) | (t.doi == (know.work["doi"] or "-")))
    patent = know.corpus.table("patent").select("patent_id", "year")
    joined = mine.select("patent_id").distinct().left_join(patent, "patent_id").select("patent_id", "year")
    rows = sorted(((r["patent_id"], r["year"]) for r in know.corpus.fetch(joined).to_pylist()), key=lambda r: (r[1] or 0, r[0]))
    return DossierPart(
        "patents",
        "Patents that cite it",
        (("Patents", len(rows)),) if rows else (),
        ("patent", "year"),
        tuple(rows[:top]),
        empty="None of the patents here cites it.",
    )
