"""The manifest of a snapshot, in each of the shapes that OpenAlex has served, as a list of part files.

* since June 2026, one entity: ``{"date", "format", "entity", "record_count", "content_length", "files": [{"url", "meta"}]}``
* since June 2026, all entities: ``{"date", "format", "meta", "entities": [{"entity", ..., "files": [...]}]}``
* before: ``{"entries": [{"url", "meta"}], "meta"}``, one file an entity

``meta`` of a part has ``content_length`` (bytes) and ``record_count``. Nothing here touches files or the network: whoever has the text,
from a disk or a server, gives it to :func:`read` and decides what a :class:`Fault` means there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

NAMES = ("manifest.json", "manifest")
"""Names of the file, in the folder of an entity or, for all entities, one above."""
_LISTS = ("files", "entries")


class Fault(ValueError):
    """A manifest that cannot be understood, or contradicts itself; the text says how."""


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A part file: its ``name`` below the folder of the entity (``updated_date=2026-06-24/part_0000.gz``) and what is promised of it.

    ``length`` in bytes, ``records`` in lines or rows; None where the manifest does not say. ``meta``: all that it says, as served.
    """

    name: str
    url: str
    length: int | None
    records: int | None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The part files of one entity. ``date``: of the release; ``form``: jsonl or parquet; ``records``, ``length``: totals as stated.

    ``query``: what was asked for, if the files were made of the answers of a query and not of the whole.
    """

    entity: str
    entries: tuple[ManifestFile, ...]
    date: str | None = None
    form: str | None = None
    records: int | None = None
    length: int | None = None
    query: Any = None

    def notes(self) -> list[str]:
        """Where the stated totals are not the sums of the parts."""
        found = []
        for what, stated, parts in (
            ("records", self.records, [e.records for e in self.entries]),
            ("bytes", self.length, [e.length for e in self.entries]),
        ):
            if stated is not None and None not in parts and (total := sum(n or 0 for n in parts)) != stated:
                found.append(f"{self.entity}: the manifest says {stated:,} {what} in all, its files have {total:,}")
        return found


def read(text: bytes | str, entity: str) -> Manifest | None:
    """The part of a manifest that is about ``entity``; None if it is the manifest of others. :class:`Fault` says what is wrong."""
    try:
        content = json.loads(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
    except (ValueError, RecursionError) as error:
        raise Fault(f"it is no JSON: {' '.join(str(error).split())[:100]}") from None
    return of(content, entity)


def entities(text: bytes | str) -> list[str]:
    """Names of the entities that a manifest of all entities lists, in its order; empty for the manifest of one."""
    try:
        content = json.loads(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
    except (ValueError, RecursionError):
        return []
    listed = content.get("entities") if isinstance(content, dict) else None
    if isinstance(listed, dict):
        return [str(name) for name in listed]
    found = (e.get("entity") or e.get("name") for e in listed or () if isinstance(e, dict))
    return [name for name in found if isinstance(name, str)]


def is_manifest(content: Any) -> bool:
    """Whether decoded JSON has the shape of a manifest."""
    return isinstance(content, dict) and any(isinstance(content.get(k), list | dict) for k in (*_LISTS, "entities"))


def of(content: Any, entity: str) -> Manifest | None:
    """As :func:`read`, of JSON that is decoded already."""
    if not isinstance(content, dict):
        raise Fault("it is no JSON object")
    whole, own = content, content
    if "entities" in content:
        found = _one(content["entities"], entity)
        if found is None:
            return None
        own = found
    elif not any(k in content for k in _LISTS):
        found = content.get(entity)
        if not isinstance(found, dict):
            if any(isinstance(v, dict) and any(k in v for k in _LISTS) for v in content.values()):
                return None
            raise Fault("it has no list of files")
        own = found
    elif isinstance(named := content.get("entity"), str) and named and named != entity:
        return None
    listed = next((own[k] for k in _LISTS if k in own), None)
    if not isinstance(listed, list):
        raise Fault(f"its files of {entity} are no list")
    is_mixed = own is content and not isinstance(content.get("entity"), str)
    entries = tuple(_distinct(_entries(listed, entity, is_mixed=is_mixed)))
    said = own.get("meta")
    meta: dict[str, Any] = said if isinstance(said, dict) else {}
    return Manifest(
        entity,
        entries,
        _text(own.get("date") or whole.get("date")),
        _text(own.get("format") or whole.get("format")),
        _count(own.get("record_count", meta.get("record_count")), "record_count of all files"),
        _count(own.get("content_length", meta.get("content_length")), "content_length of all files"),
        meta.get("query"),
    )


def _one(listed: Any, entity: str) -> dict[str, Any] | None:
    if isinstance(listed, dict):
        found = [listed[entity]] if entity in listed else []
    elif isinstance(listed, list):
        found = [e for e in listed if isinstance(e, dict) and entity in (e.get("entity"), e.get("name"))]
    else:
        raise Fault("its entities are neither a list nor a table")
    if len(found) > 1:
        raise Fault(f"it lists {entity} {len(found)} times")
    if found and not isinstance(found[0], dict):
        raise Fault(f"what it says of {entity} is no table")
    return found[0] if found else None


def _entries(listed: Iterable[Any], entity: str, *, is_mixed: bool) -> Iterable[ManifestFile]:
    for item in listed:
        if not isinstance(item, dict) or not isinstance(url := item.get("url"), str) or not url.strip():
            raise Fault(f"a file of {entity} has no url")
        name, is_here = name_of(url, entity)
        if is_mixed and not is_here and _other_entity(url):
            continue
        meta = item.get("meta")
        meta = meta if isinstance(meta, dict) else {k: v for k, v in item.items() if k != "url"}
        length, records = (_count(meta.get(k), f"{k} of {name}") for k in ("content_length", "record_count"))
        yield ManifestFile(name, url, length, records, meta)


def name_of(url: str, entity: str) -> tuple[str, bool]:
    """``(name below the folder of the entity, whether that folder is in the address)``. :class:`Fault` for one that leads out of it."""
    path = unquote(urlsplit(url.strip().replace("\\", "/")).path if "://" in url else url.strip().replace("\\", "/"))
    pieces = [p for p in path.split("/") if p not in ("", ".")]
    is_here = entity in pieces[:-1]
    if is_here:
        pieces = pieces[len(pieces) - pieces[::-1].index(entity) :]
    else:
        first = next((k for k, p in enumerate(pieces[:-1]) if "=" in p), len(pieces) - 1)
        pieces = pieces[first:]
    if not pieces or ".." in pieces or any(not p.isprintable() for p in pieces):
        raise Fault(f"it lists an unusable file name ({url[:80]!r})")
    return "/".join(pieces), is_here


def _other_entity(url: str) -> bool:
    """Whether an address of a list without entities names the folder of one (``.../<entity>/updated_date=.../part``)."""
    pieces = unquote(url).split("/")
    first = next((k for k, p in enumerate(pieces[:-1]) if "=" in p), len(pieces) - 1)
    return first > 0 and "://" in url and pieces[first - 1] not in ("", "data", "jsonl", "parquet")


def _distinct(entries: Iterable[ManifestFile]) -> Iterable[ManifestFile]:
    known: dict[str, ManifestFile] = {}
    for entry in entries:
        before = known.setdefault(entry.name, entry)
        if before is entry:
            yield entry
        elif (before.length, before.records) != (entry.length, entry.records):
            raise Fault(f"it lists {entry.name} twice, with different sizes")


def _count(value: Any, what: str) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**63 or value != int(value):
        raise Fault(f"the {what} is {str(value)[:40]!r}, no count")
    return int(value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
