"""The works of a snapshot folder in plain Python: read from the raw JSON, with nothing of Armillary.

Written from ``docs/how-to/ingest.md`` ("What is counted as what") and ``docs/methods/00-conventions.md``. One :class:`Paper` a work, in the
words of the rule book: authors, their address lines, the institutions on each line.
"""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOBODY = {9999999999, 5317838346}
NO_WORK = 4285719527
DEFAULT_TOPICS, DEFAULT_SCORES, NEAR = {14423, 13154, 14235}, (0.0184, 0.0105), 0.0005
TYPES = {
    "journal-article": "article",
    "proceedings-article": "conference-paper",
    "posted-content": "preprint",
    "monograph": "book",
    "edited-book": "book",
    "reference-book": "book",
    "journal": "paratext",
    "journal-issue": "paratext",
    "proceedings": "paratext",
}


@dataclass
class Author:
    """``lines``: institutions of each address line; ``matched``: institution -> country; ``named``: countries the record names."""

    id: int | None
    lines: list[list[int]]
    is_tied: bool
    matched: dict[int, str | None]
    named: set[str]
    is_corresponding: bool | None


@dataclass
class Paper:
    id: int
    year: int | None
    type: str | None
    doi: str | None
    counts: bool
    """Whether scope ``default`` keeps it."""
    authors: list[Author]
    subfield: int | None
    field: int | None
    oa: str | None
    goals: dict[int, float]
    is_classified: bool
    references: set[int]
    cited: int | None
    by_year: dict[int, int]
    fwci: float | None
    is_top10: bool | None


@dataclass
class Institution:
    ror: str | None = None
    kind: str | None = None
    country: str | None = None
    point: tuple[float, float] | None = None
    rank: tuple[Any, ...] = field(default=())


def number(link: Any) -> int | None:
    """The digits of an id in any spelling."""
    found = re.search(r"(\d+)/?$", str(link)) if link is not None else None
    return int(found[1]) if found else None


def lines(folder: Path) -> Iterator[dict[str, Any]]:
    """All records of an entity."""
    for path in sorted(folder.rglob("*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)


def newest(folder: Path) -> list[dict[str, Any]]:
    """One record an id: the one changed last."""
    found: dict[int, dict[str, Any]] = {}
    for record in lines(folder):
        n = number(record["id"])
        if n is not None and (n not in found or (record.get("updated_date") or "") > (found[n].get("updated_date") or "")):
            found[n] = record
    return list(found.values())


def read_works(folder: Path) -> list[Paper]:
    """``folder`` is the one of the works."""
    return [paper(r) for r in newest(folder)]


def paper(r: dict[str, Any]) -> Paper:
    listed = r.get("authorships") or []
    kind = TYPES.get(r.get("type") or "", r.get("type") or None)
    first = r.get("primary_topic") or next(iter(r.get("topics") or []), None)
    topic = None if first is None or is_default(first, r) else first
    goals: dict[int, float] = {}
    for g in r.get("sustainable_development_goals") or []:
        goals.setdefault(number(g["id"]) or 0, g["score"])
    percentile = r.get("citation_normalized_percentile") or {}
    out = Paper(
        id=number(r["id"]) or 0,
        year=r.get("publication_year"),
        type=kind,
        doi=doi(r.get("doi")),
        counts=not (r.get("is_retracted") or r.get("is_paratext") or r.get("is_xpac") or is_cut(r, listed) or is_matter(r, kind)),
        authors=[author(a) for a in each_once(listed)],
        subfield=number(topic["subfield"]["id"]) if topic and topic.get("subfield") else None,
        field=number(topic["field"]["id"]) if topic and topic.get("field") else None,
        oa=(r.get("open_access") or {}).get("oa_status"),
        goals=goals,
        is_classified=isinstance(r.get("sustainable_development_goals"), list),
        references={n for link in r.get("referenced_works") or [] if (n := number(link)) is not None and n != NO_WORK},
        cited=r.get("cited_by_count"),
        by_year={c["year"]: c["cited_by_count"] for c in r.get("counts_by_year") or []},
        fwci=r.get("fwci"),
        is_top10=percentile.get("is_in_top_10_percent"),
    )
    out.references.discard(out.id)
    return out


TITLES = tomllib.loads((Path(__file__).parents[2] / "src/armillary/registry/scopes/titles.toml").read_text(encoding="utf-8"))


def is_matter(work: dict[str, Any], kind: str | None) -> bool:
    """Whether it is an erratum, or matter of an issue, by the published list of types and titles (5.1)."""
    title = re.sub("<[^<>]*>", "", (work.get("title") or work.get("display_name") or "").lower()).strip()
    whole = re.compile("(" + "|".join(TITLES["whole"]) + ")(" + TITLES["tail"] + ")")
    return kind in TITLES["types"] or title.startswith(tuple(TITLES["starts"])) or whole.fullmatch(title) is not None


def doi(text: str | None) -> str | None:
    found = re.search(r"10\.\S+", text or "")
    return found[0].lower() if found else None


def is_default(topic: dict[str, Any], work: dict[str, Any]) -> bool:
    """A topic that OpenAlex gave to what it could not classify."""
    if number(topic["id"]) not in DEFAULT_TOPICS:
        return False
    if topic.get("score") is None:
        return work.get("language") != "en"
    return any(abs(topic["score"] - s) <= NEAR for s in DEFAULT_SCORES)


def is_cut(work: dict[str, Any], listed: list[dict[str, Any]]) -> bool:
    """Whether the list of authors is shorter than the work's."""
    if work.get("is_authors_truncated") or (work.get("authors_count") or 0) > len(listed):
        return True
    if len(listed) != 100 or work.get("is_authors_truncated") is False or work.get("authors_count") == 100:
        return False
    institutions = {i["id"] for a in listed for i in a.get("institutions") or [] if i.get("id")}
    countries = {c for a in listed for c in a.get("countries") or [] if c}
    more = (work.get("institutions_distinct_count") or 0) > max(100, len(institutions))
    return more or (work.get("countries_distinct_count") or 0) > len(countries)


def strings(a: dict[str, Any]) -> list[str]:
    return [s for s in (a.get("raw_affiliation_strings") or [a.get("raw_affiliation_string")]) if s]


def each_once(listed: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The lines of the byline, those of one author under one name together."""
    found: dict[Any, list[dict[str, Any]]] = {}
    for n, a in enumerate(listed):
        who = a.get("author") or {}
        id = number(who.get("id"))
        name = a.get("raw_author_name") or who.get("display_name") or ""
        key = n if id is None or id in NOBODY else (id, "".join(c for c in name.casefold() if c.isalnum()))
        found.setdefault(key, []).append(a)
    return list(found.values())


def address_lines(a: dict[str, Any]) -> tuple[list[tuple[str | None, list[int]]], bool]:
    """Address lines with their institutions, and whether the record ties all of the author's institutions to lines."""
    listed = [n for i in a.get("institutions") or [] if (n := number(i.get("id"))) is not None]
    if a.get("affiliations"):
        tied = [
            (x.get("raw_affiliation_string"), [n for i in x.get("institution_ids") or [] if (n := number(i)) is not None])
            for x in a["affiliations"]
        ]
        return tied, {n for _, ids in tied for n in ids} >= set(listed)
    texts = strings(a)
    if len(set(texts)) == 1:
        return [(texts[0], listed)], True
    return [(s, []) for s in texts], not listed


def author(parts: list[dict[str, Any]]) -> Author:
    id = number((parts[0].get("author") or {}).get("id"))
    matched: dict[int, str | None] = {}
    named: set[str] = set()
    by_line: dict[str | None, list[int]] = {}
    is_tied = True
    for a in parts:
        for i in a.get("institutions") or []:
            n = number(i.get("id"))
            if n is not None:
                matched.setdefault(n, i.get("country_code"))
        named |= {c for c in a.get("countries") or [] if c}
        texts, tied = address_lines(a)
        is_tied &= tied
        for text, ids in texts:
            mine = by_line.setdefault(text, [])
            mine += [n for n in dict.fromkeys(ids) if n not in mine]
    for ids in by_line.values():
        for n in ids:
            matched.setdefault(n, None)
    flags = [a.get("is_corresponding") for a in parts]
    flag = True if True in flags else None if None in flags else False
    return Author(None if id in NOBODY else id, list(by_line.values()), is_tied, matched, named, flag)


def read_institutions(folder: Path, works: Path, ror: Path | None) -> dict[int, Institution]:
    """Institutions: their own newest record, else the newest mention in a work; ROR fills what is missing."""
    out: dict[int, Institution] = {}
    for w in newest(works):
        said: set[int] = set()
        for a in w.get("authorships") or []:
            for i in a.get("institutions") or []:
                n = number(i.get("id"))
                if n is None or n in said:
                    continue
                said.add(n)
                words = tuple(i.get(k) or "" for k in ("display_name", "ror", "type", "country_code"))
                rank = (w.get("updated_date") or w.get("updated") or "", *words)
                if n not in out or rank > out[n].rank:
                    out[n] = Institution(last(i.get("ror")), i.get("type"), i.get("country_code"), None, rank)
    for r in newest(folder):
        if r.get("entity_type"):
            continue  # a suggestion of the search box: less than a mention
        geo = r.get("geo") or {}
        point = (geo["latitude"], geo["longitude"]) if geo.get("latitude") is not None and geo.get("longitude") is not None else None
        out[number(r["id"]) or 0] = Institution(last(r.get("ror")), r.get("type"), r.get("country_code") or geo.get("country_code"), point)
    if ror is not None:
        fill_from_ror(out, ror)
    return out


def last(link: str | None) -> str | None:
    return link.rstrip("/").rpartition("/")[2].lower() if link else None


def fill_from_ror(institutions: dict[int, Institution], path: Path) -> None:
    """Country and point where OpenAlex has none; the type where its own says who pays or nothing."""
    theirs: dict[str, dict[str, Any]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            theirs[last(record["id"]) or ""] = record
    for i in institutions.values():
        known = theirs.get(i.ror or "")
        vague = (None, "funder", "other")
        if known is None:
            i.kind = None if i.kind in vague else i.kind
            continue
        place = ((known.get("locations") or [{}])[0] or {}).get("geonames_details")
        if place is None:  # ROR's first schema
            place = {**(known.get("addresses") or [{}])[0], "country_code": (known.get("country") or {}).get("country_code")}
        types = [t.lower() for t in known.get("types") or [] if t.lower() != "funder"]
        i.country = i.country or place.get("country_code")
        if i.point is None and place.get("lat") is not None and place.get("lng") is not None:
            i.point = (place["lat"], place["lng"])
        if i.kind in vague:
            i.kind = types[0] if types and types[0] not in vague else None
