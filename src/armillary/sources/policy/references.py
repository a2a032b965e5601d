"""Lists of references as reference managers save them: RIS, MEDLINE (``.nbib``) and CSL-JSON, as entries like those of BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from armillary.core.guarded import parse_json
from armillary.errors import InputError
from armillary.sources.policy.bibtex import BibtexEntry
from armillary.sources.policy.records import BrokenRecord

_RIS = re.compile(r"([A-Z][A-Z0-9])  ?-(?: (.*))?$")
_MEDLINE = re.compile(r"([A-Z]{2,4}) {0,2}- (.*)$")
_FIELDS = {"DO": "doi", "UR": "url", "L3": "url", "TI": "title", "T1": "title", "PY": "year", "Y1": "year", "M3": "doi"}
_CSL = {"DOI": "doi", "URL": "url", "title": "title", "note": "note"}


def looks_like_tagged(text: str) -> bool:
    """Whether a text begins as RIS (``TY  - JOUR``) or MEDLINE (``PMID- 123``)."""
    first = next((x for x in text.lstrip("\ufeff").splitlines() if x.strip()), "")
    return re.match(r"TY  ?-( |$)|PMID- ?\d", first) is not None


def read_tagged(text: str) -> Iterator[BibtexEntry | BrokenRecord]:
    """The records of a RIS or MEDLINE file, each from its ``TY`` or ``PMID`` to the next; lines that belong to none are broken."""
    is_ris = next(x for x in text.lstrip("\ufeff").splitlines() if x.strip()).startswith("TY")
    begins = "TY" if is_ris else "PMID"
    fields: dict[str, str] = {}
    start, kind, is_open, is_lost = 0, "", False, False
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        found = (_RIS if is_ris else _MEDLINE).match(line.rstrip())
        tag, value = (found[1], (found[2] or "").strip()) if found else ("", line.strip())
        if tag == begins:
            if is_open:
                yield BibtexEntry(start, kind, "", fields)
            fields, start, kind, is_open, is_lost = {}, number, value, True, False
        elif tag == "ER" and is_open:
            yield BibtexEntry(start, kind, "", fields)
            is_open = is_lost = False
        elif tag and is_open:
            name = _FIELDS.get(tag) if is_ris else _medline(tag, value)
            if name == "doi" and tag == "M3" and "10." not in value:
                continue  # the same tag says what kind of work it is
            if name:
                fields.setdefault(name, value.removesuffix("[doi]").strip())
        elif tag and not is_open and not is_lost:
            yield BrokenRecord(number, "reference-unreadable", f"no {begins} before {line.strip()[:60]}")
            is_lost = True
    if is_open:
        yield BibtexEntry(start, kind, "", fields)


def _medline(tag: str, value: str) -> str | None:
    if tag in ("LID", "AID"):
        return "doi" if value.endswith("[doi]") else None
    return "title" if tag == "TI" else None


def csl_items(text: str, where: str) -> list[tuple[int, Any]] | None:
    """Items of CSL-JSON (an array, an object with ``items``, or one item a line) with their number; None if the text is none."""
    try:
        whole = parse_json(text, where)
        items = whole.get("items", [whole]) if isinstance(whole, dict) else whole
    except InputError:
        items = []
        for line in text.splitlines():
            if line.strip():
                try:
                    items.append(parse_json(line, where))
                except InputError:
                    items.append(None)
    if (
        not isinstance(items, list)
        or not any(_is_csl(i) for i in items)
        or any(isinstance(i, dict) and "policy_document_id" in i for i in items)
    ):
        return None
    return list(enumerate(items, 1))


def _is_csl(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("type"), str)
        and bool({"DOI", "title", "issued", "author"} & set(item))
        and "cites" not in item
    )


def read_csl(items: list[tuple[int, Any]]) -> Iterator[BibtexEntry | BrokenRecord]:
    """The items as entries; what is no item is broken."""
    for number, item in items:
        if not _is_csl(item):
            yield BrokenRecord(number, "reference-unreadable", str(item)[:80])
            continue
        fields = {name: str(item[key]) for key, name in _CSL.items() if isinstance(item.get(key), (str, int)) and str(item[key]).strip()}
        yield BibtexEntry(number, str(item["type"]), str(item.get("id") or ""), fields)
