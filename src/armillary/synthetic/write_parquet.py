"""The snapshot as nested Parquet: one file a part, one column a key, lists of structs as in the JSON (the abstract's index as JSON
text).
"""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq

from armillary.synthetic.works import Works
from armillary.synthetic.write_jsonl import WorkWriter

_ROW_GROUP = 20_000
_STRING, _INT, _BOOL, _REAL = pa.string(), pa.int64(), pa.bool_(), pa.float64()


def _struct(**members: pa.DataType) -> pa.DataType:
    return pa.struct([pa.field(k, v) for k, v in members.items()])


_LEVEL = _struct(id=_STRING, display_name=_STRING)
_TOPIC = _struct(id=_STRING, display_name=_STRING, score=_REAL, subfield=_LEVEL, field=_LEVEL, domain=_LEVEL)
_SOURCE = _struct(
    id=_STRING,
    display_name=_STRING,
    issn_l=_STRING,
    issn=pa.list_(_STRING),
    is_oa=_BOOL,
    is_in_doaj=_BOOL,
    is_core=_BOOL,
    host_organization=_STRING,
    host_organization_name=_STRING,
    host_organization_lineage=pa.list_(_STRING),
    host_organization_lineage_names=pa.list_(_STRING),
    type=_STRING,
)
_LOCATION = _struct(
    id=_STRING,
    is_oa=_BOOL,
    landing_page_url=_STRING,
    pdf_url=_STRING,
    source=_SOURCE,
    license=_STRING,
    license_id=_STRING,
    version=_STRING,
    is_accepted=_BOOL,
    is_published=_BOOL,
    raw_source_name=_STRING,
    raw_type=_STRING,
)
_INSTITUTION = _struct(id=_STRING, display_name=_STRING, ror=_STRING, country_code=_STRING, type=_STRING, lineage=pa.list_(_STRING))
_AUTHORSHIP = _struct(
    author_position=_STRING,
    author=_struct(id=_STRING, display_name=_STRING, orcid=_STRING),
    institutions=pa.list_(_INSTITUTION),
    countries=pa.list_(_STRING),
    is_corresponding=_BOOL,
    raw_author_name=_STRING,
    raw_affiliation_strings=pa.list_(_STRING),
    affiliations=pa.list_(_struct(raw_affiliation_string=_STRING, institution_ids=pa.list_(_STRING))),
)
WORK_SCHEMA = pa.schema(
    {
        "id": _STRING,
        "doi": _STRING,
        "title": _STRING,
        "display_name": _STRING,
        "publication_year": _INT,
        "publication_date": _STRING,
        "ids": _struct(openalex=_STRING, doi=_STRING),
        "language": _STRING,
        "primary_location": _LOCATION,
        "type": _STRING,
        "indexed_in": pa.list_(_STRING),
        "open_access": _struct(is_oa=_BOOL, oa_status=_STRING, oa_url=_STRING, any_repository_has_fulltext=_BOOL),
        "locations_count": _INT,
        "locations": pa.list_(_LOCATION),
        "best_oa_location": _LOCATION,
        "authorships": pa.list_(_AUTHORSHIP),
        "countries_distinct_count": _INT,
        "institutions_distinct_count": _INT,
        "corresponding_author_ids": pa.list_(_STRING),
        "corresponding_institution_ids": pa.list_(_STRING),
        "fwci": _REAL,
        "has_fulltext": _BOOL,
        "cited_by_count": _INT,
        "biblio": _struct(volume=_STRING, issue=_STRING, first_page=_STRING, last_page=_STRING),
        "is_retracted": _BOOL,
        "is_paratext": _BOOL,
        "is_xpac": _BOOL,
        "primary_topic": _TOPIC,
        "topics": pa.list_(_TOPIC),
        "sustainable_development_goals": pa.list_(_struct(score=_REAL, display_name=_STRING, id=_STRING)),
        "awards": pa.list_(
            _struct(id=_STRING, display_name=_STRING, funder_award_id=_STRING, funder_id=_STRING, funder_display_name=_STRING)
        ),
        "funders": pa.list_(_struct(id=_STRING, display_name=_STRING, ror=_STRING)),
        "referenced_works_count": _INT,
        "referenced_works": pa.list_(_STRING),
        "related_works": pa.list_(_STRING),
        "abstract_inverted_index": _STRING,
        "counts_by_year": pa.list_(_struct(year=_INT, cited_by_count=_INT)),
        "updated_date": _STRING,
        "created_date": _STRING,
    }
)
"""Columns of a part of works."""


def write_works(writer: WorkWriter, works: Works, updated: str, target: Path) -> None:
    """One part of works."""
    text = "\n".join(writer.lines(works, updated, abstract_as_text=True)).encode()
    table = pj.read_json(
        io.BytesIO(text),
        read_options=pj.ReadOptions(block_size=1 << 24, use_threads=False),
        parse_options=pj.ParseOptions(explicit_schema=WORK_SCHEMA, unexpected_field_behavior="ignore"),
    )
    pq.write_table(table, target, compression="zstd", row_group_size=_ROW_GROUP, store_schema=False)


def write_entity(lines: list[str], target: Path) -> None:
    """Records of another entity, from JSON text; types from the records."""
    table = pj.read_json(io.BytesIO("\n".join(lines).encode()), read_options=pj.ReadOptions(block_size=1 << 26, use_threads=False))
    pq.write_table(table, target, compression="zstd", store_schema=False)
