"""Overton-style records: one JSON object a document (JSON Lines, or a saved API page), with the works it cites.

Several PDFs (translations, annexes) of one document share its ``policy_document_id`` and become one document. Only citations of scholarly
works are read; policy-to-policy citations and mentions of people are other kinds of record and not counted (METHODS 7.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from armillary.core.guarded import parse_json
from armillary.errors import InputError
from armillary.sources.policy.records import BrokenRecord, Citation


def looks_like_overton(text: str) -> bool:
    """Whether the text begins with JSON."""
    return text.lstrip("\ufeff \n\r\t")[:1] in ("{", "[")


def read_overton(text: str, where: str = "the file") -> Iterator[Citation | BrokenRecord]:
    """The citations of all documents; a document without citations yields nothing, an unreadable line a :class:`BrokenRecord`.

    :class:`InputError` if the text is one document over many lines and broken.
    """
    for line, record in _records(text, where):
        if isinstance(record, BrokenRecord):
            yield record
            continue
        if not isinstance(record, dict) or not record.get("policy_document_id"):
            yield BrokenRecord(line, "policy-id-missing", str(record)[:80])
            continue
        source = record.get("source") if isinstance(record.get("source"), dict) else {}
        assert isinstance(source, dict)
        common = {
            "policy_id": str(record["policy_document_id"]),
            "title": _text(record.get("translated_title")) or _text(record.get("title")),
            "organisation": _text(source.get("title")) or _text(record.get("policy_source_title")),
            "organisation_type": _text(source.get("type")) or _text(record.get("policy_source_type")),
            "country": _text(source.get("country")) or _text(record.get("policy_source_country")),
            "year": _text(record.get("published_on")),
        }
        cites = record.get("cites")
        works = cites.get("scholarly") if isinstance(cites, dict) else None
        for work in works if isinstance(works, list) else []:
            doi = work.get("doi") if isinstance(work, dict) else work
            title = work.get("title") if isinstance(work, dict) else None
            yield Citation(line, doi_raw=_text(doi), cited_title=_text(title), **common)  # type: ignore[arg-type]  # policy_id is set


def _records(text: str, where: str) -> Iterator[tuple[int, Any]]:
    try:
        whole = parse_json(text, where)
    except InputError:
        if not text.lstrip().split("\n", 1)[0].rstrip().endswith(("}", "]")):
            raise
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    yield number, parse_json(line, f"line {number}")
                except InputError as error:
                    yield number, BrokenRecord(number, "json-unreadable", error.line)
        return
    records = whole.get("results", [whole]) if isinstance(whole, dict) else whole
    for number, record in enumerate(records if isinstance(records, list) else [records], 1):
        yield number, record


def _text(value: Any) -> str | None:
    return str(value).strip() or None if isinstance(value, (str, int, float)) else None
