"""Records that R wrote (openalexR, jsonlite): one value alone stands in brackets, and what is missing is an empty object.

``write_json(oa_request(...))`` boxes every value; with ``auto_unbox = TRUE`` only the empty objects differ from the API. Which fields are
lists is known, so that a list of one stays one.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

LISTS = frozenset(
    {
        "alternate_titles",
        "countries",
        "corresponding_author_ids",
        "corresponding_institution_ids",
        "datasets",
        "display_name_acronyms",
        "display_name_alternatives",
        "host_organization_lineage",
        "host_organization_lineage_names",
        "indexed_in",
        "institution_ids",
        "issn",
        "keywords",
        "lineage",
        "raw_affiliation_strings",
        "raw_author_names",
        "referenced_works",
        "related_works",
        "repositories",
        "roles",
        "sustainable_development_goals",
        "versions",
    }
)
"""Fields of works, institutions, sources and authors that hold lists of plain values."""
_BOXED = re.compile(rb'"id"\s*:\s*\[\s*"')
_MISSING = re.compile(rb":\s*\{\s*\}")


def plain(text: bytes) -> bytes:
    """The record as the API gives it; text that R did not write is handed back as it is."""
    boxed = _BOXED.search(text, 0, 4096) is not None
    if not boxed and not _MISSING.search(text):
        return text
    try:
        record = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text
    if not isinstance(record, dict):
        return text
    return msgspec.json.encode({k: _value(k, v, boxed) for k, v in record.items()})


def _value(key: str, value: Any, boxed: bool) -> Any:
    if isinstance(value, dict):
        if not value:
            return None
        if key == "abstract_inverted_index":  # word -> positions, which are lists whatever their length
            return {k: [_alone(p) for p in v] if isinstance(v, list) else [v] for k, v in value.items()}
        return {k: _value(k, v, boxed) for k, v in value.items()}
    if not isinstance(value, list):
        return [value] if key in LISTS and value is not None else value
    if key in LISTS or any(isinstance(v, dict) for v in value):
        return [_value("", _alone(v), boxed) for v in value]
    return _alone(value) if boxed else [_value("", v, boxed) for v in value]


def _alone(value: Any) -> Any:
    """A value out of its brackets."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
