"""Scopes: which works count. A scope is an ordered list of named filters; the first that drops a work is the answer to *why not*.

A new filter is one function here and a name; scopes themselves are data (``registry/scopes``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from armillary import registry
from armillary.core import own_registry
from armillary.core.recipe import Period, Recipe
from armillary.errors import SpecError, UnknownNameError

if TYPE_CHECKING:
    from armillary.core.corpus import Corpus

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


def scopes() -> dict[str, dict[str, Any]]:
    """The built-in scopes by name: meaning, source, filters."""
    return registry.read_toml("scopes", "scopes.toml")


def resolve_scope(name: str) -> tuple[str, ...]:
    """Filters of a built-in scope, or of a TOML file with one table ``[name]`` that has ``filters = [...]``."""
    if name in scopes():
        return tuple(scopes()[name]["filters"])
    if name.endswith(".toml"):
        path = Path(name)
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError:
            raise SpecError("cannot read this scope file", where=path, fix="give the path of a TOML file") from None
        except tomllib.TOMLDecodeError as error:
            raise SpecError(f"not valid TOML: {error}", where=path) from None
        tables = [t for t in data.values() if isinstance(t, dict) and isinstance(t.get("filters"), list)]
        if len(tables) != 1:
            raise SpecError(
                f"{len(tables)} tables with filters; one is needed", where=path, fix='write [my-scope] and filters = ["not-retracted", ...]'
            )
        for spec in tables[0]["filters"]:
            split_spec(str(spec))
        return tuple(str(s) for s in tables[0]["filters"])
    raise UnknownNameError("scope", name, scopes())


def work_filters(corpus: Corpus, recipe: Recipe) -> list[tuple[WorkFilter, str]]:
    """All filters of a recipe in order: period, scope, subject."""
    specs = []
    if recipe.period != Period():
        specs.append(f"period:{recipe.period}")
    specs += recipe.scope
    if recipe.subject:
        from armillary.counting.subjects import resolve_subject

        specs.append(resolve_subject(corpus, recipe.subject, journal_scope=any(s.startswith("journals:") for s in recipe.scope)).spec)
    return [split_spec(s) for s in specs]


def scoped_works(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """The ``work`` table cut to the recipe's scope, with ``period`` added (see :func:`with_period`)."""
    works = corpus.table("work")
    keeps = [f.keep(corpus, works, arg) for f, arg in work_filters(corpus, recipe)]
    if keeps:
        works = works.filter(reduce(lambda a, b: a & b, keeps))
    return with_period(corpus, works, recipe)


def with_period(corpus: Corpus, works: ir.Table, recipe: Recipe) -> ir.Table:
    """Add ``period``: 0 for the whole, the year for yearly steps, the last year of each window for longer steps (a work is in several)."""
    if recipe.step == 0:
        return works.mutate(period=ibis.literal(0, type="int16"))
    works = works.filter(works.year.notnull())
    if recipe.step == 1:
        return works.mutate(period=works.year)
    first, last = year_range(corpus, recipe)
    shifts = ibis.memtable({"shift": list(range(recipe.step))}, schema={"shift": "int16"})
    moved = works.cross_join(shifts)
    moved = moved.mutate(period=(moved.year + moved.shift).cast("int16"))
    return moved.filter((moved.period >= first + recipe.step - 1) & (moved.period <= last)).drop("shift")


def year_range(corpus: Corpus, recipe: Recipe) -> tuple[int, int]:
    """First and last year of the recipe's period, taken from the works where the period is open."""
    first, last = recipe.period.first, recipe.period.last
    if first is None or last is None:
        work = corpus.table("work")
        row = corpus.value("year_range", lambda: corpus.fetch(work.aggregate(a=work.year.min(), b=work.year.max())).to_pylist()[0])
        first, last = first or row["a"] or 0, last or row["b"] or 0
    return int(first), int(last)


def period_label(recipe: Recipe, period: int) -> str:
    """What people read for a period code."""
    if recipe.step == 0:
        return str(recipe.period)
    return str(period) if recipe.step == 1 else f"{period - recipe.step + 1}-{period}"


# --- the filters ---------------------------------------------------------------------------------------------------------------


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


@work_filter("has-references", reason="no_references", says="the record has no references")
def _has_references(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return works.n_references > 0


@work_filter("has-source", reason="no_source", says="the record names no source")
def _has_source(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return works.source_id.notnull()


@work_filter("not-correction", reason="correction", says="the title says correction, erratum, retraction or reply")
def _not_correction(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    title = works.title.fill_null("").lower().strip()
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
    return ~reduce(lambda a, b: a | b, [title.startswith(s) for s in starts])


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
    listed = own_registry.journals(corpus.store) if which == "own" else registry.journal_list(which)
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
    for r in (*registry.read_csv("journals", "selective.csv"), *own_registry.journals(corpus.store)):
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
    journal_paper = in_journal & works.type.isin(["article", "review"])
    return (journal_paper | (in_series & works.type.isin(["article", "review", "book-chapter"]))).fill_null(False)


@work_filter("core-listed", reason="source_not_core", says="source is neither flagged as core nor a conference")
def _core_listed(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    source = corpus.table("source")
    listed = source.filter(source.is_core_listed.fill_null(False) | (source.source_type == "conference").fill_null(False))
    return works.source_id.isin(listed.source_id).fill_null(False)


@work_filter(
    "international-sources", reason="source_not_international", says="its source is too far from the world's distribution of countries"
)
def _international_sources(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return _in_core_sources(corpus, works, "is_international")


@work_filter("active-sources", reason="source_not_active", says="too few papers of its source cite recent papers of other core sources")
def _active_sources(corpus: Corpus, works: ir.Table, arg: str) -> ir.BooleanValue:
    return _in_core_sources(corpus, works, "is_core")


def _in_core_sources(corpus: Corpus, works: ir.Table, flag: str) -> ir.BooleanValue:
    from armillary.counting.core_sources import core_sources

    table = core_sources(corpus)
    kept = [s for s, k in zip(table["source_id"].to_pylist(), table[flag].to_pylist(), strict=True) if k]
    return works.source_id.isin(kept or [-1]).fill_null(False)


def funnel(corpus: Corpus, specs: tuple[str, ...]) -> list[dict[str, Any]]:
    """For each filter in order: ``filter, reason, dropped, left``, counting only works that the earlier ones kept."""
    works = corpus.table("work")
    parts = [split_spec(s) for s in specs]
    flags = works.select(**{f"f{i}": f.keep(corpus, works, arg).fill_null(False) for i, (f, arg) in enumerate(parts)})
    sums: dict[str, Any] = {"all": flags.count()}
    passed: Any = ibis.literal(True)
    for i in range(len(parts)):
        passed = passed & flags[f"f{i}"]
        sums[f"left{i}"] = ibis.ifelse(passed, 1, 0).sum().fill_null(0)
    counts = corpus.fetch(flags.aggregate(**sums)).to_pylist()[0]
    out, before = [], counts["all"]
    for i, spec in enumerate(specs):
        left = counts[f"left{i}"]
        out.append({"filter": spec, "reason": parts[i][0].reason, "dropped": before - left, "left": left})
        before = left
    return out
