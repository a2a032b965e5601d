"""Works as the tables of openalexR, saved as JSON: back to the shape of the API.

``oa_fetch()`` gives a table whose columns are not those of the API: until version 1 ``author`` (``au_id``, ``institution_id``, ...) and
``so``, since version 2 ``authorships`` (``id``, ``affiliation_raw``, ``affiliations``) and ``source_display_name``. Read as they stand
their works would have no authors and no institutions.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from armillary.sources.openalex.jsonlite import LISTS

_MARKS = re.compile(rb'"(?:au_id|au_display_name|source_display_name|so_id|affiliation_raw)"\s*:')
_LEVELS = ("topic", "subfield", "field", "domain")


def is_table(text: bytes) -> bool:
    """Whether a record is a row of such a table."""
    return _MARKS.search(text) is not None and b'"authorships":[{"author"' not in text.replace(b" ", b"")[: 1 << 20]


def plain(text: bytes) -> bytes:
    """The record as the API gives it; any other is handed back as it is."""
    if not is_table(text):
        return text
    try:
        record = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text
    return msgspec.json.encode(_work(record)) if isinstance(record, dict) else text


def _work(row: dict[str, Any]) -> dict[str, Any]:
    out = {k: [v] if k in LISTS and isinstance(v, str) else v for k, v in row.items() if v not in ("NA", {})}
    if "author" in out:
        out["authorships"] = _merged([_of_version_1(a) for a in _rows(out.pop("author"))])
    elif any(_is_flat(a) for a in _rows(out.get("authorships"))):
        out["authorships"] = [_of_version_2(a) for a in _rows(out["authorships"])]
    source = {
        "id": out.get("source_id") or out.get("so_id"),
        "display_name": out.get("source_display_name") or out.get("so"),
        "issn_l": out.get("issn_l"),
        "type": out.get("source_type"),
    }
    if not isinstance(out.get("primary_location"), dict) and (source["id"] or source["display_name"]):
        out["primary_location"] = {"source": source, "license": out.get("license"), "version": out.get("version")}
    topics = _rows(out.get("topics"))
    if topics and all("i" in t for t in topics):
        out["topics"] = _topics(topics)
        out.setdefault("primary_topic", out["topics"][0] if out["topics"] else None)
    return out


def _rows(value: Any) -> list[dict[str, Any]]:
    return [r for r in (value if isinstance(value, list) else [value]) if isinstance(r, dict) and r]


def _is_flat(author: dict[str, Any]) -> bool:
    return "author" not in author and ("id" in author or "affiliation_raw" in author or "affiliations" in author)


def _of_version_1(row: dict[str, Any]) -> dict[str, Any]:
    place = {
        "id": row.get("institution_id"),
        "display_name": row.get("institution_display_name"),
        "ror": row.get("institution_ror"),
        "country_code": row.get("institution_country_code"),
        "type": row.get("institution_type"),
        "lineage": _list(row.get("institution_lineage")),
    }
    return {
        "author": {"id": row.get("au_id"), "display_name": row.get("au_display_name"), "orcid": row.get("au_orcid")},
        "author_position": row.get("author_position"),
        "is_corresponding": row.get("is_corresponding"),
        "raw_affiliation_strings": _list(row.get("au_affiliation_raw"), whole=True),
        "institutions": [place] if place["id"] or place["display_name"] else [],
        "countries": [place["country_code"]] if place["country_code"] else [],
    }


def _merged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry an author: version 1 has a row for each of his institutions."""
    out: list[dict[str, Any]] = []
    for row in rows:
        if out and row["author"]["id"] and out[-1]["author"]["id"] == row["author"]["id"]:
            out[-1]["institutions"] += [i for i in row["institutions"] if i not in out[-1]["institutions"]]
            out[-1]["countries"] = sorted({*out[-1]["countries"], *row["countries"]})
        else:
            out.append(row)
    return out


def _of_version_2(row: dict[str, Any]) -> dict[str, Any]:
    places = [p | {"lineage": _list(p.get("lineage"))} for p in _rows(row.get("affiliations")) if p.get("id") or p.get("display_name")]
    return {
        "author": {"id": row.get("id"), "display_name": row.get("display_name"), "orcid": row.get("orcid")},
        "author_position": row.get("author_position"),
        "is_corresponding": row.get("is_corresponding"),
        "raw_affiliation_strings": _list(row.get("affiliation_raw"), whole=True),
        "institutions": places,
        "countries": sorted({p["country_code"] for p in places if p.get("country_code")}),
    }


def _list(value: Any, *, whole: bool = False) -> list[str]:
    """A list of texts; openalexR writes a list of ids as one text with commas."""
    if isinstance(value, list):
        return [str(v) for v in value if v]
    if not isinstance(value, str) or not value or value == "NA":
        return []
    return [value] if whole else [v.strip() for v in value.split(",") if v.strip()]


def _topics(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Topics with the levels above them, which the table has as rows of their own."""
    out: dict[Any, dict[str, Any]] = {}
    for row in rows:
        level = row.get("name") or row.get("type")
        topic = out.setdefault(row["i"], {})
        about = {"id": row.get("id"), "display_name": row.get("display_name")}
        if level == _LEVELS[0]:
            topic |= about | {"score": row.get("score")}
        elif level in _LEVELS:
            topic[level] = about
    return [t for _, t in sorted(out.items(), key=lambda x: str(x[0])) if t.get("id")]
