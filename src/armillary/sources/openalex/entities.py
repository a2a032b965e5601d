"""Own records of institutions, sources, topics and authors; merging them with mentions and with what the observatory has.

One entity keeps one row: an own record before a mention before a suggestion of the search box, then the newest ``updated_date``, then
the greater content. The choice does not depend on the order of arrival, so files can be read in any order and in any number of runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec
import pyarrow as pa

from armillary.core import schema
from armillary.sources.openalex import ids
from armillary.sources.openalex.mentions import Mentions
from armillary.sources.openalex.records import Entity, TopicLevel

LETTERS = {"works": "W", "institutions": "I", "sources": "SV", "topics": "T", "authors": "A"}
"""Entities that core keeps, and the letters of their ids."""
IGNORED = ("publishers", "funders", "concepts", "domains", "fields", "subfields", "keywords", "awards")
"""Entities of a snapshot that core has no table for."""

Row = dict[str, Any]
_RANK = {"entity": 2, "mention": 1, "suggestion": 0}


def own_row(entity: str, number: int, e: Entity) -> tuple[str, Row, list[int]]:
    """Table, row and lineage (institutions above, itself left out) of an own record.

    A saved suggestion of the search box counts as a mention.
    """
    row: Row = {"name": e.display_name, "origin": "suggestion" if e.entity_type else "entity", "updated_date": e.updated_date or e.updated}
    if entity == "institutions":
        geo = e.geo
        has_point = geo is not None and geo.latitude is not None and geo.longitude is not None
        has_place = has_point or (geo is not None and bool(geo.city))
        row |= {
            "institution_id": number,
            "ror_id": ids.ror(e.ror or e.external_id),
            "institution_type": e.type.lower() if e.type else None,
            "country_code": e.country_code or (geo.country_code if geo else None),
            "city": (geo.city if geo else None) or None,
            "region_name": (geo.region if geo else None) or None,
            "geonames_id": ids.number(geo.geonames_city_id) if geo else None,
            "lat_deg": geo.latitude if geo and has_point else None,
            "lon_deg": geo.longitude if geo and has_point else None,
            "place_origin": "openalex" if has_place else None,
        }
        return "institution", row, _ancestors(number, e.lineage or ())
    if entity == "sources":
        row |= {
            "source_id": number,
            "source_type": e.type,
            "issn_l": e.issn_l or (e.external_id if e.entity_type else None),
            "issns": ";".join(sorted({i for i in e.issn or () if i})) or None,
            "publisher": e.host_organization_name or e.publisher,
            "is_core_listed": e.is_core,
        }
        return "source", row, []
    if entity == "topics":
        return "topic", row | {"topic_id": number} | _levels(e.subfield, e.field, e.domain), []
    del row["origin"]
    return "author", row | {"author_id": number, "orcid": ids.orcid(e.orcid), "works_n": e.works_count, "cited_by_n": e.cited_by_count}, []


def mention_rows(table: str, mentions: Mentions) -> Iterator[tuple[Row, list[int]]]:
    """Row and lineage of all that works mention and that belongs into ``table``."""
    known, row_of = {
        "institution": (mentions.institutions, _mentioned_institution),
        "source": (mentions.sources, _mentioned_source),
        "topic": (mentions.topics, _mentioned_topic),
    }[table]
    for link, (updated, _, content) in known.items():
        if (number := ids.number(link)) is not None:
            row, above = row_of(number, [c or None for c in content])
            yield row | {f"{table}_id": number, "origin": "mention", "updated_date": updated or None}, above


def _mentioned_institution(number: int, content: list[str | None]) -> tuple[Row, list[int]]:
    name, ror, kind, country, lineage = content
    row = {"ror_id": ids.ror(ror), "name": name, "institution_type": kind, "country_code": country}
    return row, _ancestors(number, _lineage(lineage))


def _mentioned_source(_: int, content: list[str | None]) -> tuple[Row, list[int]]:
    name, kind, issn_l, issns, publisher, core = content
    is_core = None if core is None else core == "1"
    return {"name": name, "source_type": kind, "issn_l": issn_l, "issns": issns, "publisher": publisher, "is_core_listed": is_core}, []


def _mentioned_topic(_: int, content: list[str | None]) -> tuple[Row, list[int]]:
    name, *levels = content
    return {"name": name} | _levels(*(TopicLevel(levels[i], levels[i + 1]) for i in (0, 2, 4))), []


class MergedTable:
    """The rows of one entity table being merged: start from the observatory's, :meth:`add` new ones, read :meth:`table`."""

    def __init__(self, name: str, rows: pa.Table, parents: Mapping[int, list[int]] | None = None, stale: Collection[str] = ()) -> None:
        """``stale``: dates of works that were replaced; a mention of that date gives way to any other."""
        self._spec = schema.table(name)
        self._key = self._spec.key[0]
        self._rows: dict[int, Row] = {r[self._key]: r for r in rows.to_pylist()}
        self.parents: dict[int, list[int]] = dict(parents or {})
        self._origins: dict[int, str] = {}
        self._stale = {n for n, r in self._rows.items() if r.get("origin") == "mention" and r["updated_date"] in stale}

    def add(self, row: Row, above: list[int], origin: str | None = None) -> str | None:
        """Keep ``row`` if it is the best known of its entity. ``origin``: the file it comes from; returns the origin of the row that lost.

        None if no row lost, or one of an earlier run.
        """
        number = row[self._key]
        before = self._rows.get(number)
        if before is not None and number not in self._stale and self._order(row) <= self._order(before):
            return origin
        self._stale.discard(number)
        loser = self._origins.pop(number, None)
        self._rows[number] = row
        self.parents[number] = above
        if origin is not None:
            self._origins[number] = origin
        return loser

    def add_unknown(self, row: Row, above: list[int]) -> None:
        """Keep ``row`` if nothing is known of its entity, without a date, so that whatever is said later takes its place."""
        if row[self._key] not in self._rows:
            self._rows[row[self._key]] = row | {"updated_date": None}
            self.parents[row[self._key]] = above

    def numbers(self) -> set[int]:
        """Ids of all rows, and of what they hang on."""
        return {*self._rows, *self.parents, *(p for above in self.parents.values() for p in above)}

    def follow(self, merges: Mapping[int, int | None]) -> None:
        """Drop merged entities; children of a merged one hang on its successor."""
        for old in merges:
            self._rows.pop(old, None)
            self.parents.pop(old, None)
        for child, above in self.parents.items():
            if any(p in merges for p in above):
                new = {merges.get(p, p) for p in above} - {None, child}
                self.parents[child] = sorted(p for p in new if p is not None)

    def forget_ror(self) -> None:
        """Take back places that came from ROR, which is asked again at the end."""
        for row in self._rows.values():
            if row.get("place_origin") == "ror":
                row.update(dict.fromkeys(("city", "region_name", "geonames_id", "lat_deg", "lon_deg", "place_origin")))

    def drop(self, keep: set[int] | frozenset[int]) -> None:
        """Forget mentions that nothing refers to any more (``keep``: ids in use)."""
        for number in [n for n, r in self._rows.items() if r.get("origin") == "mention" and n not in keep]:
            del self._rows[number]
            self.parents.pop(number, None)

    def _order(self, row: Row) -> tuple[Any, ...]:
        own = [c for c in self._spec.columns if c not in ("origin", "updated_date", "place_origin")]
        said = ((row.get(c) is not None, str(row.get(c))) for c in own)
        return (_RANK[row.get("origin") or "entity"], row.get("updated_date") or "", *said)

    def table(self) -> pa.Table:
        """All rows in the schema of core."""
        return pa.Table.from_pylist([self._rows[n] for n in sorted(self._rows)], schema=self._spec.schema)


def _lineage(text: str | None) -> list[str | None]:
    """Links in the JSON of ``lineage``; none if it is something else (it is read late, so a record is not rejected for it)."""
    try:
        return msgspec.json.decode(text or "null", type=list[str | None] | None) or []
    except (msgspec.MsgspecError, RecursionError):
        return []


def _ancestors(number: int, lineage: Iterable[str | None]) -> list[int]:
    return sorted({n for link in lineage if (n := ids.number(link)) is not None and n != number})


def _levels(subfield: TopicLevel | None, field: TopicLevel | None, domain: TopicLevel | None) -> Row:
    row: Row = {}
    for name, level, top in (("subfield", subfield, 2**15), ("field", field, 2**15), ("domain", domain, 2**7)):
        number = ids.number(level.id) if level else None
        row[f"{name}_id"] = number if number is not None and number < top else None
        row[f"{name}_name"] = level.display_name if level else None
    return row
