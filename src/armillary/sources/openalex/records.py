"""OpenAlex records as typed structures: only the fields that core needs, of every schema generation since 2021.

All fields may be missing or null. What is not listed is skipped by the decoder without being built.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

Int16 = Annotated[int, Meta(ge=-(2**15), lt=2**15)]
Int32 = Annotated[int, Meta(ge=-(2**31), lt=2**31)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
NOTHING = Raw(b"")


class Author(Struct, gc=False):
    """``authorships[].author``."""

    id: str | None = None
    display_name: str | None = None
    orcid: str | None = None


class Institution(Struct, gc=False):
    """``authorships[].institutions[]``."""

    id: str | None = None
    display_name: str | None = None
    ror: str | None = None
    country_code: str | None = None
    type: str | None = None
    lineage: Raw = NOTHING


class Address(Struct, gc=False):
    """``authorships[].affiliations[]``: an address line and the institutions found in it (since 2024)."""

    raw_affiliation_string: str | None = None
    institution_ids: list[str | None] | None = None


class Authorship(Struct, gc=False):
    """``authorships[]``. Older records have one ``raw_affiliation_string``, later ones a list, the newest ``affiliations``."""

    author: Author | None = None
    institutions: list[Institution] | None = None
    affiliations: list[Address] | None = None
    raw_affiliation_strings: list[str | None] | None = None
    raw_affiliation_string: str | None = None
    raw_author_name: str | None = None
    countries: list[str | None] | None = None
    is_corresponding: bool | None = None


class Source(Struct, gc=False):
    """``primary_location.source``, and the shape that ``host_venue`` had until 2023."""

    id: str | None = None
    display_name: str | None = None
    issn_l: str | None = None
    issn: list[str | None] | str | None = None
    type: str | None = None
    host_organization_name: str | None = None
    publisher: str | None = None
    is_core: bool | None = None


class Location(Struct, gc=False):
    """``primary_location``."""

    source: Source | None = None
    raw_type: str | None = None


class TopicLevel(Struct, gc=False):
    """Subfield, field or domain of a topic; ids are integers in some exports."""

    id: str | int | None = None
    display_name: str | None = None


class Topic(Struct, gc=False):
    """``topics[]`` and ``primary_topic``."""

    id: str | None = None
    display_name: str | None = None
    score: float | None = None
    subfield: TopicLevel | None = None
    field: TopicLevel | None = None
    domain: TopicLevel | None = None


class GoalTag(Struct, gc=False):
    """``sustainable_development_goals[]``."""

    id: str | None = None
    score: float | None = None


class CitedYear(Struct, gc=False):
    """``counts_by_year[]``."""

    year: Int16 | None = None
    cited_by_count: Int32 | None = None


class Award(Struct, gc=False):
    """``awards[]`` (since 2025), ``grants[]`` (2023-25) and ``funders[]``, which name the same things differently."""

    id: str | None = None
    funder: str | None = None
    funder_id: str | None = None
    funder_display_name: str | None = None
    display_name: str | None = None
    award_id: str | None = None
    funder_award_id: str | None = None


class OpenAccess(Struct, gc=False):
    """``open_access``."""

    oa_status: str | None = None


class Percentile(Struct, gc=False):
    """``citation_normalized_percentile`` of a work."""

    value: float | None = None
    is_in_top_1_percent: bool | None = None
    is_in_top_10_percent: bool | None = None


NO_PERCENTILE = Percentile()


class Work(Struct, gc=False):
    """A work of any generation."""

    id: str | None = None
    doi: str | None = None
    title: str | None = None
    display_name: str | None = None
    publication_year: Int16 | None = None
    publication_date: str | None = None
    type: str | None = None
    language: str | None = None
    primary_location: Location | None = None
    host_venue: Source | UnsetType | None = UNSET
    primary_topic: Topic | None = None
    topics: list[Topic] | UnsetType | None = UNSET
    concepts: Raw = NOTHING
    is_retracted: bool | None = None
    is_paratext: bool | None = None
    is_xpac: bool | None = None
    authorships: list[Authorship] | None = None
    is_authors_truncated: bool | None = None
    authors_count: Int32 | None = None
    institutions_distinct_count: Int32 | None = None
    countries_distinct_count: Int32 | None = None
    referenced_works: list[str | None] | None = None
    cited_by_count: Int32 | None = None
    fwci: float | None = None
    citation_normalized_percentile: Percentile | None = None
    open_access: OpenAccess | None = None
    abstract: Raw = NOTHING
    abstract_inverted_index: Raw = NOTHING
    has_abstract: bool | None = None
    sustainable_development_goals: list[GoalTag] | None = None
    counts_by_year: list[CitedYear] | None = None
    awards: list[Award] | UnsetType | None = UNSET
    grants: list[Award] | UnsetType | None = UNSET
    funders: list[Award] | None = None
    updated_date: str | None = None
    updated: str | None = None
    topics_key: Raw = NOTHING

    def generation(self) -> str:
        """Which schema generation the record has, by the keys it carries."""
        if self.topics_key:
            return "warehouse"
        if self.awards is not UNSET or self.is_xpac is not None:
            return "2025-awards"
        if self.host_venue is not UNSET:
            return "2021-host_venue"
        if self.topics is not UNSET or self.grants is not UNSET:
            return "2024-topics"
        return "unknown"


class Geo(Struct, gc=False):
    """``geo`` of an institution."""

    city: str | None = None
    region: str | None = None
    geonames_city_id: str | int | None = None
    country_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class Entity(Struct, gc=False):
    """An own record of an institution, source, topic or author; each has some of these fields.

    ``entity_type`` and ``hint`` mark a suggestion of the search box (autocomplete) that was saved beside full records.
    """

    id: str | None = None
    display_name: str | None = None
    updated_date: str | None = None
    updated: str | None = None
    entity_type: str | None = None
    external_id: str | None = None
    # institution
    ror: str | None = None
    type: str | None = None
    country_code: str | None = None
    geo: Geo | None = None
    lineage: list[str | None] | None = None
    # source
    issn_l: str | None = None
    issn: list[str | None] | None = None
    host_organization_name: str | None = None
    publisher: str | None = None
    is_core: bool | None = None
    # topic
    subfield: TopicLevel | None = None
    field: TopicLevel | None = None
    domain: TopicLevel | None = None
    # author
    orcid: str | None = None
    works_count: Int64 | None = None
    cited_by_count: Int32 | None = None


class AnswerBatch(Struct, gc=False):
    """A saved page of the API."""

    results: list[Raw]


def decode(decoder: msgspec.json.Decoder[Any], shape: type, line: bytes) -> Any:
    """One record. Numbers in quotes and the like are forgiven; :class:`msgspec.MsgspecError` says what cannot be."""
    try:
        return decoder.decode(line)
    except msgspec.ValidationError:
        return msgspec.json.decode(line, type=shape, strict=False)


@cache
def facts() -> dict[str, Any]:
    """What is known about the records (registry/openalex.toml)."""
    return tomllib.loads(files("armillary.registry").joinpath("openalex.toml").read_text(encoding="utf-8"))


@cache
def type_today(served: str | None) -> str | None:
    """A document type in today's vocabulary (``journal-article`` -> ``article``); unknown ones as served."""
    if not served:
        return None
    folded = served.strip().lower()
    today: str = facts()["types"].get(folded, folded)
    return today


def classification_of(updated: str | None) -> str | None:
    """Topic and goal classifier generation of records last changed at ``updated`` (ISO date), or None if that is unknown."""
    if not updated:
        return None
    entry = [c for c in facts()["classification"] if c["from"] <= updated[:10]][-1]
    return f"{entry['topics']}+{entry['sdg']}"
