"""Works to core tables: records in, one segment of sorted Arrow tables out (:mod:`.segment`).

Records are gathered in batches; a batch becomes Arrow arrays column by column (bulk conversion of ids), and a segment is a few dozen
batches, sorted by work. So memory depends on the size of a segment and never on that of the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import UNSET

from armillary.sources.openalex import bylines, ids
from armillary.sources.openalex.affiliations import AffiliationRows
from armillary.sources.openalex.arrays import hashes, small
from armillary.sources.openalex.defaults import is_default
from armillary.sources.openalex.mentions import Mentions
from armillary.sources.openalex.records import NO_PERCENTILE, Award, Source, TopicLevel, Work, type_today
from armillary.sources.openalex.segment import Segment

BATCH = 128
"""Works a batch: few enough that their records stay in the second-level cache (1,024 at a time cost 40 % more), enough to spread the
cost of Arrow calls."""
_NOTHING = 4
"""Length of ``null``; a list, text or object that says something is longer. (A ``Raw`` never equals bytes, so lengths are compared.)"""


class WorkSegment(Segment):
    """A segment that is fed with records."""

    def __init__(self, mentions: Mentions, quirks: Counter[str], *, abstracts: bool = False) -> None:
        super().__init__(mentions, quirks, abstracts=abstracts)
        self._works: list[Work] = []
        self._numbers: list[int] = []
        self._from_lists: list[bool] = []

    @property
    def _n_waiting(self) -> int:
        return len(self._works)

    def add(self, number: int, work: Work, *, is_list: bool = False) -> None:
        """Add a record whose id is ``number``. ``is_list``: it comes from a list of the API, which serves 100 authors at most."""
        self._numbers.append(number)
        self._from_lists.append(is_list)
        self._works.append(work)
        if len(self._works) >= BATCH:
            self._flush()

    # --- one batch

    def _flush(self) -> None:
        works, self._works = self._works, []
        if not works:
            return
        numbers, self._numbers = self._numbers, []
        from_lists, self._from_lists = self._from_lists, []
        first = self.n_works
        self.n_works += len(works)
        n_listed = [len(w.authorships) if w.authorships else 0 for w in works]
        cut = [_is_cut(w, n, is_list=is_list) for w, n, is_list in zip(works, n_listed, from_lists, strict=True)]
        for w in works:
            if w.authorships and bylines.has_twice([a.author.id if a.author else None for a in w.authorships]):
                w.authorships, joined, other = bylines.once(w.authorships)
                self.quirks["author-twice"] += joined
                self.quirks["author-twice-other-name"] += other
        unclassified = self._without_defaults(works)
        self._work_rows(works, numbers, first, n_listed, cut, unclassified)
        self._author_rows(works, first)
        self._flat(works, first, "citation", lambda w: w.referenced_works, self._reference_columns)
        self._flat(works, first, "work_topic", lambda w: w.topics or (w.primary_topic and [w.primary_topic]), self._topic_columns)
        self._flat(works, first, "work_sdg", lambda w: w.sustainable_development_goals, self._goal_columns)
        self._flat(works, first, "work_citation_year", lambda w: w.counts_by_year, self._year_columns)
        self._flat(works, first, "work_award", self._funding, self._award_columns)
        if self._abstracts:
            self._flat(works, first, "work_abstract", self._abstract, lambda texts: {"abstract": pa.array(texts, pa.string())})

    def _flat(
        self, works: list[Work], first: int, name: str, items: Callable[[Work], Any], columns: Callable[[list[Any]], dict[str, pa.Array]]
    ) -> None:
        """A table with one row for each of ``items(work)``."""
        lists = [items(w) or () for w in works]
        flat = [item for part in lists for item in part]
        if flat:
            self._keep(name, columns(flat), np.repeat(np.arange(first, first + len(works)), [len(part) for part in lists]))

    def _without_defaults(self, works: list[Work]) -> set[int]:
        """Take away topics that say only that a work could not be classified; the places of works whose first topic was one."""
        found: set[int] = set()
        for k, w in enumerate(works):
            topics = w.topics or ()
            if w.primary_topic is None and not topics:
                continue
            some = [t for t in topics if t is None or not is_default(ids.number(t.id), t.score, w.language)]
            primary = w.primary_topic or (topics[0] if topics else None)
            if primary is not None and is_default(ids.number(primary.id), primary.score, w.language):
                found.add(k)
                w.primary_topic, w.topics = None, [t for t in some if t is None or t.id != primary.id]
            elif len(some) < len(topics):
                w.topics = some
        if found:
            self.quirks["default-topic"] += len(found)
        return found

    def _work_rows(
        self, works: list[Work], numbers: list[int], first: int, n_listed: list[int], cut: list[bool], unclassified: set[int]
    ) -> None:
        generations = Counter([w.generation() for w in works])
        self.quirks.update({f"generation:{name}": n for name, n in generations.items()})
        sources = [(w.primary_location.source if w.primary_location else None) or w.host_venue or None for w in works]
        topics = [None if k in unclassified else w.primary_topic or (w.topics[0] if w.topics else None) for k, w in enumerate(works)]
        updated = [w.updated_date or w.updated for w in works]
        titles = pa.array([w.title if w.title is not None else w.display_name for w in works], pa.string())
        dois = pa.array([ids.doi(w.doi) for w in works], pa.string())
        dates = pc.strptime(
            pa.array([w.publication_date[:10] if w.publication_date else None for w in works], pa.string()),
            format="%Y-%m-%d",
            unit="s",
            error_is_null=True,
        )
        types_raw = [w.type for w in works]
        source_ids = self.numbers_of([s.id if s else None for s in sources], "SV", "source")
        retracted = pa.array([w.is_retracted is True for w in works])
        types = [type_today(t) for t in types_raw]
        paratext = pa.array([w.is_paratext is True or t == "paratext" for w, t in zip(works, types, strict=True)])
        xpac = pa.array([w.is_xpac for w in works], pa.bool_())
        n_authors = [len(w.authorships) if w.authorships else 0 for w in works]
        abstracts = [w.abstract_inverted_index for w in works]
        given = [w.citation_normalized_percentile or NO_PERCENTILE for w in works]
        self._keep(
            "work",
            {
                "work_id": pa.array(numbers, pa.int64()),
                "doi": dois,
                "title": titles,
                "year": pa.array([w.publication_year for w in works], pa.int16()),
                "date": dates.cast(pa.date32()),
                "type": pa.array(types, pa.string()),
                "type_raw": pa.array(types_raw, pa.string()),
                "raw_type": pa.array([w.primary_location.raw_type if w.primary_location else None for w in works], pa.string()),
                "language": pa.array([w.language for w in works], pa.string()),
                "source_id": source_ids,
                "topic_id": small(self.numbers_of([t.id if t else None for t in topics], "T", "topic"), pa.int32()),
                "subfield_id": _levels([t.subfield if t else None for t in topics], pa.int16()),
                "field_id": _levels([t.field if t else None for t in topics], pa.int16()),
                "domain_id": _levels([t.domain if t else None for t in topics], pa.int8()),
                "is_retracted": retracted,
                "is_paratext": paratext,
                "is_xpac": xpac,
                "n_authors": pa.array(n_authors, pa.int32()),
                "n_corresponding": pa.array([[a.is_corresponding for a in w.authorships or ()].count(True) for w in works], pa.int32()),
                "is_authors_truncated": pa.array(cut),
                "n_references": pa.array([None if w.referenced_works is None else len(w.referenced_works) for w in works], pa.int32()),
                "cited_by_n": pa.array([w.cited_by_count for w in works], pa.int32()),
                "oa_status": pa.array([w.open_access.oa_status if w.open_access else None for w in works], pa.string()),
                "has_abstract": pa.array(
                    [bool(w.has_abstract) or len(a) > _NOTHING or len(w.abstract) > _NOTHING for w, a in zip(works, abstracts, strict=True)]
                ),
                "is_sdg_classified": pa.array([w.sustainable_development_goals is not None for w in works]),
                "fwci_given": pa.array([w.fwci for w in works], pa.float64()),
                "percentile_given": pa.array([p.value for p in given], pa.float64()),
                "is_top1_given": pa.array([p.is_in_top_1_percent for p in given], pa.bool_()),
                "is_top10_given": pa.array([p.is_in_top_10_percent for p in given], pa.bool_()),
                "updated_date": pa.array(updated, pa.string()),
            },
            np.arange(first, first + len(works)),
        )
        self._mention(works, sources, updated)
        counts = {
            "no-doi": dois.null_count,
            "no-title": titles.null_count,
            "markup-in-title": pc.sum(pc.match_substring_regex(titles, "<[A-Za-z/]|&[A-Za-z#0-9]+;")).as_py() or 0,
            "bad-date": dates.null_count - sum(not w.publication_date for w in works),
            "no-source": source_ids.null_count,
            "no-location": sum(w.primary_location is None and not w.host_venue for w in works),
            "host-venue": sum(bool(w.host_venue) and not w.primary_location for w in works),
            "old-type": sum(a is not None and a != b for a, b in zip(types_raw, types, strict=True)),
            "retracted": pc.sum(retracted).as_py(),
            "paratext": pc.sum(paratext).as_py(),
            "xpac": pc.sum(xpac).as_py() or 0,
            "no-authors": n_authors.count(0),
            "authors-truncated": sum(cut),
            "authors-cut-without-a-word": sum(
                c and n == bylines.LISTED and not w.is_authors_truncated for c, n, w in zip(cut, n_listed, works, strict=True)
            ),
            "authors-exactly-100": n_listed.count(100),
            "authors-over-100": sum(n > 100 for n in n_listed),
            "no-updated-date": updated.count(None),
            "concepts-without-topics": sum(
                not w.topics and len(w.concepts) > _NOTHING and w.primary_topic is None and k not in unclassified
                for k, w in enumerate(works)
            ),
            "wrapped-abstract": sum(
                w.host_venue is not UNSET and b'"InvertedIndex"' in bytes(a) for w, a in zip(works, abstracts, strict=True)
            ),
        }
        self.quirks.update({name: n for name, n in counts.items() if n})

    def _mention(self, works: list[Work], sources: list[Source | None], updated: list[str | None]) -> None:
        known_sources, known_topics = self._mentions.sources, self._mentions.topics
        for w, source, when in zip(works, sources, updated, strict=True):
            date, link = when or "", w.id or ""
            if source is not None and source.id is not None and ((s := known_sources.get(source.id)) is None or s[0] <= date):
                self._mentions.add_source(source, date, link)
            said: set[str] = set()
            for topic in w.topics or (w.primary_topic,):
                if topic is not None and topic.id is not None and ((t := known_topics.get(topic.id)) is None or t[0] <= date):
                    if topic.id not in said:
                        self._mentions.add_topic(topic, date, link)
                    said.add(topic.id)

    def _author_rows(self, works: list[Work], first: int) -> None:
        n_authors = np.array([len(w.authorships or ()) for w in works])
        authors = [a for w in works for a in w.authorships or ()]
        if not authors:
            return
        found = AffiliationRows()
        found.add(works, self._mentions, self.quirks)
        place = np.repeat(np.arange(first, first + len(works)), n_authors)
        seq = np.arange(len(authors)) - np.repeat(np.cumsum(n_authors) - n_authors, n_authors) + 1
        last = (seq == np.repeat(n_authors, n_authors)) & (seq > 1)
        corresponding = pa.array([a.is_corresponding for a in authors], pa.bool_())
        n_addresses, n_institutions = pa.array(found.n_addresses, pa.int16()), pa.array(found.n_institutions, pa.int16())
        named = self.numbers_of([a.author.id if a.author else None for a in authors], "A", "author")
        author_ids, nobody = self.people(named)
        names = [a.raw_author_name or (a.author.display_name if a.author else None) for a in authors]
        orcids = [ids.orcid(a.author.orcid) if a.author and a.author.orcid else None for a in authors]
        for k in nobody:
            names[k], orcids[k] = None if names[k] in bylines.NAMES else names[k], None
        positions = pa.DictionaryArray.from_arrays(np.where(seq == 1, 0, np.where(last, 2, 1)).astype(np.int8), ["first", "middle", "last"])
        self._keep(
            "authorship",
            {
                "author_seq": pa.array(seq),
                "author_id": author_ids,
                "author_name": pa.array(names, pa.string()),
                "orcid": pa.array(orcids, pa.string()),
                "position": positions,
                "is_corresponding": corresponding,
                "n_addresses": n_addresses,
                "n_author_institutions": n_institutions,
            },
            place,
        )
        index, address_seq, institutions, countries, raw, n_in_address, is_repeat = zip(*found.rows, strict=True)
        who = np.array(index)
        taken = pa.array(who)
        self._keep(
            "affiliation",
            {
                "author_seq": pa.array(seq[who]),
                "address_seq": pa.array(address_seq, pa.int16()),
                "institution_id": pa.array(institutions, pa.int64()),
                "country_code": pa.array(countries, pa.string()),
                "raw_hash": hashes(raw),
                "n_in_address": pa.array(n_in_address, pa.int16()),
                "is_repeat": pa.array(is_repeat),
                "n_addresses": n_addresses.take(taken),
                "n_author_institutions": n_institutions.take(taken),
                "is_corresponding": corresponding.take(taken),
            },
            place[who],
        )
        if found.country:
            theirs = np.array(found.country_author)
            self._keep("author_country", {"author_seq": pa.array(seq[theirs]), "country_code": pa.array(found.country)}, place[theirs])
        self.quirks.update(
            {
                name: n
                for name, n in {
                    "corresponding-unknown": corresponding.null_count,
                    "no-author-id": named.null_count,
                    "author-with-several-institutions": int(pc.sum(pc.greater(n_institutions, 1)).as_py()),
                }.items()
                if n
            }
        )

    # --- the columns of the small tables

    def _reference_columns(self, links: list[str | None]) -> dict[str, pa.Array]:
        return {"cited_id": self.cited(self.numbers_of(links, "W", "reference"))}

    def _topic_columns(self, topics: list[Any]) -> dict[str, pa.Array]:
        found = small(self.numbers_of([t.id for t in topics], "T", "topic"), pa.int32())
        return {"topic_id": found, "score": pa.array([t.score for t in topics], pa.float32())}

    def _goal_columns(self, goals: list[Any]) -> dict[str, pa.Array]:
        found = pa.array([ids.number(g.id) for g in goals], pa.int64())
        return {"sdg_id": small(found, pa.int8()), "score": pa.array([g.score for g in goals], pa.float32())}

    def _year_columns(self, years: list[Any]) -> dict[str, pa.Array]:
        counts = pa.array([y.cited_by_count for y in years], pa.int32())
        return {"year": pa.array([y.year for y in years], pa.int16()), "cited_by_n": counts}

    def _award_columns(self, awards: list[tuple[str | None, str | None, str | None]]) -> dict[str, pa.Array]:
        funders, names, numbers = zip(*awards, strict=True)
        return {
            "funder_id": self.numbers_of(funders, "F", "funder"),
            "name": pa.array(names, pa.string()),
            "award_id": pa.array(numbers, pa.string()),
        }

    def _funding(self, work: Work) -> list[tuple[str | None, str | None, str | None]]:
        """Funder, its name, award number: of awards and grants, then of funders without an award."""
        given: list[Award] = (work.awards or work.grants or []) if work.awards or work.grants else []
        rows = [(a.funder if a.funder_id is None else a.funder_id, a.funder_display_name, a.funder_award_id or a.award_id) for a in given]
        if work.funders:
            covered = {ids.funder_number(r[0]) for r in rows}
            for f in work.funders:
                if (found := ids.funder_number(f.id)) is None:
                    self.quirks["odd-id-funder"] += f.id is not None
                elif found not in covered:
                    rows.append((f.id, f.display_name, None))
        return rows

    def _abstract(self, work: Work) -> list[str]:
        text = self._abstract_of(bytes(work.abstract), bytes(work.abstract_inverted_index))
        return [text] if text else []


def _is_cut(work: Work, n: int, *, is_list: bool) -> bool:
    seen = bylines.shown(work.authorships or ()) if n == bylines.LISTED else (0, 0)
    return bylines.is_cut(
        n,
        said=work.is_authors_truncated,
        counted=work.authors_count,
        is_list=is_list,
        institutions=(work.institutions_distinct_count, seen[0]),
        countries=(work.countries_distinct_count, seen[1]),
    )


def _levels(levels: Sequence[TopicLevel | None], kind: pa.DataType) -> pa.Array:
    """Ids of subfields, fields or domains."""
    return small(pa.array([ids.level_number(level.id) if level else None for level in levels], pa.int64()), kind)
