"""Work filters: each says of every work whether it counts, with the reason that a dropped work gets. Scopes are lists of them.

A new filter is one function here (or beside what it needs) and a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from armillary import registry
from armillary.core import own_files
from armillary.core.corpus import Corpus
from armillary.core.recipe import Period
from armillary.errors import UnknownNameError

Keep = Callable[["Corpus", ir.Table, str], ir.BooleanValue]


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """One filter: ``reason`` is the code that a dropped work gets, ``says`` the sentence (with ``{arg}``)."""

    name: str
    reason: str
    says: str
    keep: Keep


FILTERS: dict[str, WorkFilter] = {}


def work_filter(name: str, *, reason: str, says: str) -> Callable[[Keep], Keep]:
    """Register a filter; the function gets corpus, the ``work`` table and the argument, and returns which works to keep."""

    def register(function: Keep) -> Keep:
        FILTERS[name] = WorkFilter(name, reason, says, function)
        return function

    return register


def split_spec(spec: str) -> tuple[WorkFilter, str]:
    """``"types:article,review"`` -> the filter and its argument."""
    name, _, arg = spec.partition(":")
    if name not in FILTERS:
        raise UnknownNameError("work filter", name, FILTERS)
    return FILTERS[name], arg


@work_filter("period", reason="out_of_period", says="published outside {arg}")
def _period(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    period = Period.parse(arg)
    keep = works.year.notnull()
    if period.first is not None:
        keep &= works.year >= period.first
    if period.last is not None:
        keep &= works.year <= period.last
    return keep


@work_filter("not-retracted", reason="retracted", says="retracted")
def _not_retracted(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return ~works.is_retracted


@work_filter("not-paratext", reason="paratext", says="paratext (cover, masthead, ...)")
def _not_paratext(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return ~works.is_paratext


@work_filter("not-xpac", reason="xpac", says="part of the 2025 repository expansion (xpac)")
def _not_xpac(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return ~works.is_xpac.fill_null(False)


@work_filter("authors-complete", reason="authors_truncated", says="the record's author list is cut at 100, so credit cannot be divided")
def _authors_complete(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return ~works.is_authors_truncated


@work_filter("types", reason="type", says="document type is none of {arg}")
def _types(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return works.type.isin([t.strip() for t in arg.split(",")]).fill_null(False)


@work_filter("languages", reason="language", says="language is none of {arg}")
def _languages(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return works.language.isin([t.strip() for t in arg.split(",")]).fill_null(False)


@work_filter("has-authors", reason="no_authors", says="the record has no authors")
def _has_authors(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return works.n_authors > 0


@work_filter("max-authors", reason="too_many_authors", says="more than {arg} authors")
def _max_authors(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return works.n_authors <= int(arg)


@work_filter("has-references", reason="no_references", says="the record has no references, or no list of them")
def _has_references(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return (works.n_references > 0).fill_null(False)


@work_filter("has-source", reason="no_source", says="the record names no source")
def _has_source(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return works.source_id.notnull()


@work_filter("not-correction", reason="correction", says="the title says correction, erratum, retraction or reply")
def _not_correction(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    starts = (
        "correction",
        "author correction",
        "publisher correction",
        "erratum",
        "corrigendum",
        "retraction",
        "reply to",
        "addendum",
        "editorial expression of concern",
    )
    return ~works.title.fill_null("").lower().strip().re_search(f"^({_any_of(starts)})")


def _any_of(words: Iterable[str]) -> str:
    """A pattern of texts as they are. One pattern is one look at a title, where a list of beginnings is one each; classes instead of
    backslashes mean the same to every engine."""
    return "|".join(re.sub(r"[.^$*+?{}\[\]|()\\]", lambda m: f"[{m[0]}]", w) for w in words)


@work_filter(
    "not-front-matter", reason="front_matter", says="an erratum, a notice, or contents, cover or index of an issue, by type or title"
)
def _not_front_matter(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    """The list of types and titles is ``registry/scopes/titles.toml``; a work without type or title stays."""
    rules = registry.read_toml("scopes", "titles.toml")
    title = works.title.fill_null("").lower()
    title = ibis.ifelse(title.contains("<"), title.re_replace("<[^<>]*>", ""), title).strip()
    named = title.re_search(f"^({_any_of(rules['starts'])}|({'|'.join(rules['whole'])})({rules['tail']})$)")
    return ~(works.type.isin(rules["types"]).fill_null(False) | named)


@work_filter("source-types", reason="source_type", says="source type is none of {arg}")
def _source_types(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    source = corpus.table("source")
    return works.source_id.isin(source.filter(source.source_type.isin(arg.split(","))).source_id).fill_null(False)


@work_filter("sources", reason="source_list", says="source is not on the given list")
def _sources(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return works.source_id.isin(_sources_with_issn(corpus, {i.strip().upper() for i in arg.split(",")})).fill_null(False)


@work_filter("journals", reason="journal_list", says="source is not on the {arg}-title journal list (or counts only in part)")
def _journals(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    which, _, variant = arg.partition("-")
    listed = own_files.journals(corpus.store) if which == "own" else registry.journal_list(which)
    rows = [r for r in listed if variant == "all" or r["subset"] == "all"]
    return works.source_id.isin(_sources_with_issn(corpus, {i for r in rows for i in r["issns"].split(";")})).fill_null(False)


@work_filter("subject", reason="subject", says="not in the subject ({arg})")
def _subject(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    level, _, number = arg.partition(":")
    keep: ir.BooleanValue = (works[f"{level}_id"] == int(number)).fill_null(False)
    return keep


@work_filter("journal-subject", reason="subject", says="neither its journal nor its topics place it in {arg}")
def _journal_subject(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    whole: set[str] = set()
    by_article: set[str] = set()
    for r in (*registry.read_csv("journals", "selective.csv"), *own_files.journals(corpus.store)):
        if arg in r["subjects"].split(";"):
            (by_article if r["by_article"] == "yes" else whole).update(r["issns"].split(";"))
    keep = works.source_id.isin(_sources_with_issn(corpus, whole))
    tagged = _works_tagged(corpus, arg)
    keep |= works.source_id.isin(_sources_with_issn(corpus, by_article)) & works.work_id.isin(tagged.work_id)
    return keep.fill_null(False)


def _works_tagged(corpus: Corpus, subject: str) -> ir.Table:
    """Works with a topic in the subject's fields whose score is near enough to the work's best topic."""
    rules = registry.read_toml("journals", "subjects.toml")
    scores, topic = corpus.table("work_topic"), corpus.table("topic")
    best = scores.group_by("work_id").agg(best=scores.score.max())
    fields = topic.filter(topic.field_id.isin(rules["subjects"][subject]["fields"])).topic_id
    near = scores.filter(scores.topic_id.isin(fields)).join(best, "work_id")
    return near.filter(near.score >= near.best * float(rules["relative_score"])).select("work_id").distinct()


def _sources_with_issn(corpus: Corpus, issns: set[str]) -> list[int]:
    """Ids of sources with any of the ISSNs (the source table is small)."""

    def build() -> dict[str, list[int]]:
        out: dict[str, list[int]] = {}
        table = corpus.lookup("source", ("source_id", "issn_l", "issns"))
        for number, linking, others in zip(*(table[c].to_pylist() for c in table.column_names), strict=True):
            for issn in {linking, *(others or "").split(";")} - {None, ""}:
                out.setdefault(issn.upper(), []).append(number)
        return out

    index: dict[str, list[int]] = corpus.value("issn_index", build)
    return sorted({number for issn in issns for number in index.get(issn, [])}) or [-1]


@work_filter("has-addresses", reason="no_addresses", says="no author has an address line or a matched institution")
def _has_addresses(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    a = corpus.table("affiliation")
    return works.work_id.isin(a.filter((a.n_addresses > 0) | a.institution_id.notnull()).work_id)


@work_filter("has-institutions", reason="no_institution", says="no author has a matched institution")
def _has_institutions(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    a = corpus.table("affiliation")
    return works.work_id.isin(a.filter(a.institution_id.notnull()).work_id)


@work_filter("has-subfield", reason="no_subfield", says="the record has no subfield")
def _has_subfield(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return works.subfield_id.notnull()


@work_filter(
    "document-class-2",
    reason="document_class",
    says="neither article or review in a journal, nor chapter, article or review in a book series",
)
def _document_class_2(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    source = corpus.table("source")
    in_journal = works.source_id.isin(source.filter(source.source_type == "journal").source_id)
    in_series = works.source_id.isin(source.filter(source.source_type == "book series").source_id)
    papers = ["article", "review", "conference-paper"]  # which OpenAlex served as articles before August 2026
    return ((in_journal & works.type.isin(papers)) | (in_series & works.type.isin([*papers, "book-chapter"]))).fill_null(False)


@work_filter(
    "conference-fields",
    reason="conference_paper",
    says="a conference paper of a field that does not live on them (fields and subfields {arg})",
)
def _conference_fields(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    """Conference papers stay in the fields (two digits) and subfields (four) that ``arg`` lists; other works stay anyway. Before August
    2026 OpenAlex served them as articles: there the type of the source tells them."""
    source = corpus.table("source")
    at_conference = works.source_id.isin(source.filter(source.source_type == "conference").source_id).fill_null(False)
    is_paper = (works.type == "conference-paper") | ((works.type == "article") & at_conference)
    ids = [int(i) for i in arg.split(",")]
    return ~is_paper.fill_null(False) | works.field_id.isin(ids).fill_null(False) | works.subfield_id.isin(ids).fill_null(False)


@work_filter("core-listed", reason="source_not_core", says="source is neither flagged as core nor a conference")
def _core_listed(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    source = corpus.table("source")
    listed = source.filter(source.is_core_listed.fill_null(False) | (source.source_type == "conference").fill_null(False))
    return works.source_id.isin(listed.source_id).fill_null(False)


@work_filter("not-domain", reason="domain", says="in domain {arg}, which is left out")
def _not_domain(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    """Works of a domain out; those whose domain is not known stay."""
    keep: ir.BooleanValue = (works.domain_id != int(arg)).fill_null(True)
    return keep
