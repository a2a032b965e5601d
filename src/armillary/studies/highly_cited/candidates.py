"""The list of highly cited candidates: an algorithmic long-list, every place on it explained by papers, every doubt shown.

The original continues with a review by people that no computation can repeat (METHODS 6.2); so this says *candidates*, and judges nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from armillary.core.corpus import Corpus
from armillary.core.interchange import Tabular
from armillary.core.ranks import ranks_of
from armillary.counting.notes import corpus_notes, require_no_blocking
from armillary.counting.units import unit_names
from armillary.errors import DataError, UnknownNameError
from armillary.registry.notes import Note
from armillary.studies.highly_cited import papers as hcp
from armillary.studies.highly_cited.flags import AuthorSigns, profiles
from armillary.studies.highly_cited.rules import FieldGroups, Rules, field_groups
from armillary.studies.highly_cited.selection import FieldSelection, cross_field, select_field

CROSS_FIELD = "cross-field"
DOORS = ("papers", "near-miss", CROSS_FIELD)
WARNING = "Candidates by stated rules, before any review of persons; author records can merge several people or split one."


@dataclass(frozen=True, slots=True)
class Designation:
    """One place on the list: a person in a field, or across fields. ``door``: by number of papers, as a near miss (T-1), or cross-field.

    ``papers`` and ``citations`` are those of the field; across fields all of them, with the sums of (6.2) in ``paper_sum``,
    ``citation_sum``.
    """

    author_id: int
    field: str
    door: str
    papers: int
    citations: int
    paper_sum: float | None = None
    citation_sum: float | None = None


@dataclass(frozen=True, slots=True)
class FieldRow:
    """How one field was decided: N, k, T, C, and how many came in by each door."""

    field: str
    name: str
    highly_cited_papers: int
    authors: int
    places: int
    paper_threshold: int
    citation_threshold: int
    by_papers: int
    by_near_miss: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What taking out flagged author records does: who leaves, who comes in because fewer authors compete, and the size of both lists."""

    flagged: tuple[int, ...]
    leave: tuple[tuple[int, str], ...]
    enter: tuple[tuple[int, str], ...]
    designations_before: int
    designations_after: int


@dataclass(repr=False)
class Candidates(Tabular):
    """The list and all that led to it. Ids are integers; :meth:`tables` gives what people read."""

    rules: Rules
    groups: FieldGroups
    designations: list[Designation]
    fields: list[FieldRow]
    cells: list[hcp.Cell]
    profiles: dict[int, AuthorSigns]
    excluded: dict[int, str]
    effect: Effect
    corpus: Corpus = field(repr=False)
    _high: Any = field(repr=False, default=None)

    @property
    def persons(self) -> list[int]:
        """Author ids on the list, once each."""
        return sorted({d.author_id for d in self.designations})

    def flags(self, author: int) -> tuple[str, ...]:
        """Signs that this author record may be several persons."""
        return self.profiles.get(author, AuthorSigns()).flags(self.rules)

    def explain(self, author: str | int) -> list[dict[str, Any]]:
        """The highly cited papers of one author, most cited first: work id, DOI, title, year, field, citations, the threshold it passed."""
        number = _author_number(author)
        corpus = self.corpus
        mine = hcp.byline(corpus).filter(ibis._.author_id == number)
        work = corpus.table("work").select("work_id", "doi", "title")
        rows = corpus.fetch(self._high.semi_join(mine, "work_id").join(work, "work_id")).to_pylist()
        thresholds = {(c.group, c.year): c.threshold for c in self.cells}
        if not rows and number not in self.profiles:
            raise UnknownNameError("author with a highly cited paper", f"A{number}", [f"A{a}" for a in self.persons])
        out = [
            {
                "work_id": f"W{r['work_id']}",
                "doi": r["doi"],
                "title": r["title"],
                "year": r["year"],
                "field": self.groups.names[r["grp"]],
                "citations": r["citations"],
                "threshold": thresholds[r["grp"], r["year"]],
            }
            for r in rows
        ]
        return sorted(out, key=lambda r: (-r["citations"], r["work_id"]))

    @property
    def arrow(self) -> pa.Table:
        """The list, as other results call their rows."""
        return self.table()

    def _title(self) -> str:
        return f"{len(self.persons):,} people, {len(self.designations):,} designations in {len(self.fields)} fields"

    def table(self) -> pa.Table:
        """One row a designation, by field and papers, with affiliation and flags."""
        names = unit_names(self.corpus, "author", self.persons).names
        places = {p.institution_id for p in self.profiles.values()}
        institutions = unit_names(self.corpus, "institution", places).names
        rows = []
        for d in self.designations:
            p = self.profiles.get(d.author_id, AuthorSigns())
            rows.append(
                {
                    "author_id": f"A{d.author_id}",
                    "name": names[d.author_id],
                    "field": d.field,
                    "door": d.door,
                    "papers": d.papers,
                    "citations": d.citations,
                    "paper_sum": d.paper_sum,
                    "citation_sum": d.citation_sum,
                    "institution_id": None if p.institution_id is None else f"I{p.institution_id}",
                    "institution": institutions.get(p.institution_id),
                    "country_code": p.country_code,
                    "flags": ";".join(self.flags(d.author_id)),
                }
            )
        return pa.Table.from_pylist(rows, schema=_TABLE)

    def flag_rows(self) -> list[dict[str, Any]]:
        """Every flagged author record with a highly cited paper, listed or not: what it shows and which signs that gives."""
        flagged = sorted(a for a in self.profiles if self.flags(a))
        names = unit_names(self.corpus, "author", flagged).names
        listed = set(self.persons)
        out = []
        for a in flagged:
            p = self.profiles[a]
            out.append(
                {
                    "author_id": f"A{a}",
                    "name": names[a],
                    "is_listed": a in listed,
                    "works_a_year": p.works_a_year,
                    "institutions_a_year": p.institutions_a_year,
                    "domains": p.domains,
                    "orcids": p.orcids,
                    "shared_orcid_with": ";".join(f"A{x}" for x in p.shared_orcid_with),
                    "flags": ";".join(self.flags(a)),
                }
            )
        return out

    def effect_rows(self) -> list[dict[str, Any]]:
        """What changes when flagged records do not compete: one row a designation that leaves or enters."""
        names = unit_names(self.corpus, "author", {a for a, _ in (*self.effect.leave, *self.effect.enter)}).names
        return [
            {"change": change, "author_id": f"A{a}", "name": names[a], "field": f, "flags": ";".join(self.flags(a))}
            for change, pairs in (("leaves", self.effect.leave), ("enters", self.effect.enter))
            for a, f in pairs
        ]

    def by(self, unit: str) -> pa.Table:
        """Designations and persons by ``country`` or ``institution`` (primary affiliation): ``rank, unit_id, name, value, count, share``.

        ``value`` counts designations (a person in two fields counts twice), ``count`` persons, ``share`` is the part of all designations.
        Those without a known affiliation are a last row without rank.
        """
        if unit not in ("country", "institution"):
            raise UnknownNameError("unit of candidates", unit, ["country", "institution"])
        attribute = "country_code" if unit == "country" else "institution_id"
        unit_of = {a: getattr(self.profiles.get(a, AuthorSigns()), attribute) for a in self.persons}
        awards = Counter(unit_of[d.author_id] for d in self.designations)
        persons = Counter(unit_of.values())
        named = unit_names(self.corpus, unit, awards)
        order = sorted((u for u in awards if u is not None), key=lambda u: (-awards[u], named.names[u].casefold(), named.ids[u]))
        rows = [
            {
                "rank": place,
                "unit_id": named.ids[u],
                "name": named.names[u],
                "value": awards[u],
                "count": persons[u],
                "share": awards[u] / len(self.designations),
            }
            for u, place in zip(order, ranks_of([awards[u] for u in order]), strict=True)
        ]
        if awards[None]:
            rows.append(
                {
                    "rank": None,
                    "unit_id": None,
                    "name": "unassigned",
                    "value": awards[None],
                    "count": persons[None],
                    "share": awards[None] / len(self.designations),
                }
            )
        return pa.Table.from_pylist(rows, schema=_BY)

    def meta(self) -> dict[str, Any]:
        """Rules, data version, totals and the caution that goes with every use."""
        return {
            "title": "Highly cited candidates",
            "warning": WARNING,
            "notes": [*corpus_notes(self.corpus), Note("people")],
            "rules": self.rules.as_dict(),
            "fields": self.groups.name,
            "designations": len(self.designations),
            "persons": len(self.persons),
            "doors": {d: sum(x.door == d for x in self.designations) for d in DOORS},
            "flagged_persons": sum(bool(self.flags(a)) for a in self.persons),
            "excluded": len(self.excluded),
            "cells": len(self.cells),
            "cells_too_small": sum(c.threshold is None for c in self.cells),
            "data": self.corpus.data_version,
        }


_TABLE = pa.schema(
    [
        ("author_id", pa.string()),
        ("name", pa.string()),
        ("field", pa.string()),
        ("door", pa.string()),
        ("papers", pa.int64()),
        ("citations", pa.int64()),
        ("paper_sum", pa.float64()),
        ("citation_sum", pa.float64()),
        ("institution_id", pa.string()),
        ("institution", pa.string()),
        ("country_code", pa.string()),
        ("flags", pa.string()),
    ]
)
_BY = pa.schema(
    [
        ("rank", pa.int64()),
        ("unit_id", pa.string()),
        ("name", pa.string()),
        ("value", pa.int64()),
        ("count", pa.int64()),
        ("share", pa.float64()),
    ]
)


def highly_cited(
    corpus: Corpus,
    rules: Rules,
    *,
    exclude: Mapping[int, str] | None = None,
    retracted: Iterable[int] = (),
    within_corpus: bool = False,
) -> Candidates:
    """The candidates of an observatory under ``rules``.

    ``exclude``: author ids a screening took out, with the reason; they do not compete and are listed apart. ``retracted``: works that count
    for nobody beyond those the records mark as retracted. :class:`~armillary.errors.DataError` if no field and year has enough papers, and
    for a corpus that says nothing of the world (a convenience sample, the works of one institution or country): it would name people from
    whatever lies at hand. ``within_corpus`` makes the list all the same.
    """
    if not within_corpus:
        require_no_blocking(
            corpus, "a list of highly cited people", "use the works of the world, or --within-corpus for a list within them"
        )
    groups = field_groups(rules.fields, _openalex_fields(corpus))
    retracted = frozenset(retracted)
    works = hcp.window_works(corpus, rules, groups, retracted)
    found = hcp.cells(corpus, works, rules)
    if not any(c.threshold for c in found):
        largest = max((c.papers for c in found), default=0)
        raise DataError(
            f"no field and year from {rules.first} to {rules.last} has {rules.min_cell} papers (the largest has {largest})",
            fix="one per cent of fewer papers names nobody; lower --min-cell knowingly, or take other years",
        )
    key = f"hcr-high:{rules}:{groups}:{sorted(retracted)}"
    high = corpus.memo(key, lambda: hcp.highly_cited_papers(works, found, rules))
    rows = hcp.author_papers(corpus, high)
    limits = hcp.total_thresholds(corpus, works, len(groups.ids), rules.citation_top)
    people = profiles(corpus, high.join(hcp.byline(corpus), "work_id").select("author_id").distinct(), rules, key)
    banned = dict(exclude or {})
    kept = _without(rows, set(banned))
    designations, table = _select(kept, limits, groups, rules, found)
    flagged = {a for a, p in people.items() if p.flags(rules)}
    effect = _effect(designations, _select(_without(kept, flagged), limits, groups, rules, found)[0], flagged)
    return Candidates(rules, groups, designations, table, found, people, banned, effect, corpus, high)


def _openalex_fields(corpus: Corpus) -> dict[int, str]:
    table = corpus.lookup("topic", ("field_id", "field_name"))
    return {i: n for i, n in zip(table["field_id"].to_pylist(), table["field_name"].to_pylist(), strict=True) if i is not None}


def _without(rows: hcp.AuthorPapers, authors: set[int]) -> hcp.AuthorPapers:
    if not authors:
        return rows
    keep = ~np.isin(rows.author, sorted(authors))
    return hcp.AuthorPapers(rows.author[keep], rows.group[keep], rows.papers[keep], rows.citations[keep])


def _select(
    rows: hcp.AuthorPapers,
    limits: list[int],
    groups: FieldGroups,
    rules: Rules,
    found: list[hcp.Cell],
) -> tuple[list[Designation], list[FieldRow]]:
    """All doors over all fields."""
    out: list[Designation] = []
    table: list[FieldRow] = []
    chosen: list[FieldSelection] = []
    for g, name in enumerate(groups.names):
        mine = np.flatnonzero(rows.group == g)
        s = select_field(
            rows.papers[mine], rows.citations[mine], citation_threshold=limits[g], rounding=rules.rounding, near_miss=rules.near_miss
        )
        chosen.append(s)
        high = sum(c.highly_cited for c in found if c.group == g)
        table.append(
            FieldRow(
                groups.ids[g],
                name,
                high,
                s.n_authors,
                s.places,
                s.paper_threshold,
                limits[g],
                int(s.by_count.sum()),
                int(s.by_near_miss.sum()),
            )
        )
        for door, mask in (("papers", s.by_count), ("near-miss", s.by_near_miss)):
            out += [Designation(int(rows.author[i]), name, door, int(rows.papers[i]), int(rows.citations[i])) for i in mine[mask]]
    if rules.cross_field:
        out += _across(rows, chosen, limits, {d.author_id for d in out})
    order = {name: i for i, name in enumerate([*groups.names, CROSS_FIELD])}
    return sorted(out, key=lambda d: (order[d.field], -d.papers, -d.citations, d.author_id)), table


def _across(rows: hcp.AuthorPapers, chosen: list[FieldSelection], limits: list[int], already: set[int]) -> list[Designation]:
    """Cross-field designations for authors with papers in several fields who came in nowhere else."""
    authors, first = np.unique(rows.author, return_inverse=True)
    several = np.flatnonzero((np.bincount(first, minlength=len(authors)) > 1) & ~np.isin(authors, sorted(already)))
    if not len(several):
        return []
    place = np.full(len(authors), -1)
    place[several] = np.arange(len(several))
    mine = np.flatnonzero(place[first] >= 0)
    h, c = np.zeros((2, len(several), len(chosen)))
    h[place[first[mine]], rows.group[mine]] = rows.papers[mine]
    c[place[first[mine]], rows.group[mine]] = rows.citations[mine]
    h_sum, c_sum, yes = cross_field(h, c, np.array([s.paper_threshold for s in chosen]), np.array(limits))
    return [
        Designation(int(authors[several[i]]), CROSS_FIELD, CROSS_FIELD, int(h[i].sum()), int(c[i].sum()), float(h_sum[i]), float(c_sum[i]))
        for i in np.flatnonzero(yes)
    ]


def _effect(before: list[Designation], after: list[Designation], flagged: set[int]) -> Effect:
    a, b = {(d.author_id, d.field) for d in before}, {(d.author_id, d.field) for d in after}
    listed = tuple(sorted(flagged & {x for x, _ in a}))
    return Effect(listed, tuple(sorted(a - b)), tuple(sorted(b - a)), len(before), len(after))


def _author_number(author: str | int) -> int:
    text = str(author).strip().removeprefix("https://openalex.org/").lstrip("Aa")
    if not text.isdigit():
        raise UnknownNameError("author id", str(author), ["A5023888391"])
    return int(text)
