"""Plain downloads: ROR and country series, from addresses in ``registry/fetch.toml`` or given by the user."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from armillary.errors import FetchError, UnknownNameError
from armillary.registry import read_toml
from armillary.sources.fetch import files
from armillary.sources.fetch.faults import Policy
from armillary.sources.fetch.remote import Remote, remote

LEDGER = "fetched.state"


@dataclass(frozen=True)
class Item:
    """A file to fetch: where it is, how it will be called, and what is promised about it."""

    address: str
    name: str
    length: int | None = None
    checksum: str | None = None


@dataclass(frozen=True)
class Fetched:
    """A fetched file; ``is_new`` is False if it was here already."""

    address: str
    file: str
    bytes: int
    sha256: str
    is_new: bool


def known(kind: str) -> dict[str, dict[str, Any]]:
    """Sources of the registry by name (``kind``: ror or series)."""
    return dict(read_toml("fetch.toml").get(kind, {}))


def items(kind: str, wanted: str, policy: Policy) -> list[Item]:
    """What a name of the registry or an address stands for; a record of a repository is asked which files it has."""
    if "://" in wanted:
        return _of_record(wanted, None, policy) if _is_record(wanted) else [_item(wanted, None, policy)]
    if wanted not in known(kind):
        raise UnknownNameError("source", wanted, known(kind))
    entry = known(kind)[wanted]
    if entry.get("record"):
        return _of_record(entry["url"], entry.get("files"), policy)
    return [_item(entry["url"], entry.get("file"), policy)]


def fetch(item: Item, out: Path, policy: Policy, *, fresh: bool = False, advance: Callable[[int], None] = lambda _: None) -> Fetched:
    """Fetch one file into ``out``, unless it is here with the length that the source gives."""
    target = out / item.name
    with files.locked(out):
        notes = _notes(out)
        if not fresh and _is_here(item, out, notes):
            return Fetched(item.address, str(target), target.stat().st_size, notes[item.name]["sha256"], False)
        files.check_space(out, max(0, (item.length or 0) - files.partial(target)))
        with _source(item.address, policy) as (source, path):
            sha256 = files.download(source, path, target, policy, length=item.length, checksum=item.checksum, advance=advance)
        done = Fetched(item.address, str(target), target.stat().st_size, sha256, True)
        notes[item.name] = asdict(done) | {"checksum": item.checksum}
        files.write_json(out / LEDGER, notes)
        return done


def to_fetch(item: Item, out: Path, *, fresh: bool = False) -> int:
    """Bytes that :func:`fetch` would bring, as far as the source gives the length."""
    if not fresh and _is_here(item, out, _notes(out)):
        return 0
    return max(0, (item.length or 0) - files.partial(out / item.name))


def _is_here(item: Item, out: Path, notes: dict[str, dict[str, Any]]) -> bool:
    """Whether an earlier run fetched this from there, with the length and checksum that are promised now."""
    note, target = notes.get(item.name, {}), out / item.name
    same = note.get("address") == item.address and item.length is not None and note.get("bytes") == item.length
    same = same and (item.checksum is None or note.get("checksum") == item.checksum)
    return same and target.is_file() and target.stat().st_size == item.length


def _item(address: str, name: str | None, policy: Policy) -> Item:
    with _source(address, policy) as (source, path):
        length = source.size(path)
    chosen = name or urlsplit(address).path.rstrip("/").rsplit("/", 1)[-1]
    return Item(address, _safe(chosen), length)


def _safe(name: str) -> str:
    """A file name without folders and odd characters."""
    return re.sub(r"[^A-Za-z0-9_.\-]+", "_", name).lstrip(".") or "download"


@contextmanager
def _source(address: str, policy: Policy) -> Iterator[tuple[Remote, str]]:
    base, path = address.rpartition("/")[::2] if address.startswith("s3://") else (address, address)
    with closing(remote(base, policy)) as source:
        yield source, path


def _is_record(address: str) -> bool:
    return re.search(r"/api/(records|communities)/", address) is not None and not address.rstrip("/").endswith("/content")


def _of_record(address: str, pattern: str | None, policy: Policy) -> list[Item]:
    """Files of a record (or of the first record of a list) as Zenodo's API describes them: key, size, checksum, link."""
    with _source(address, policy) as (source, path):
        content = files.read_all(source, path, policy)
    try:
        record = json.loads(content)
        if "hits" in record:
            record = record["hits"]["hits"][0]
        found = [
            Item(urljoin(address, f["links"]["self"]), _safe(f["key"]), int(f["size"]), f.get("checksum"))
            for f in record["files"]
            if pattern is None or re.search(pattern, f["key"])
        ]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        what = "the record's list of files cannot be understood"
        raise FetchError(what, where=address, fix="give the address of the file itself") from error
    if not found:
        raise FetchError("the record has no file of the expected name", where=address, fix="give the address of the file itself")
    return found


def _notes(out: Path) -> dict[str, dict[str, Any]]:
    return files.read_json(out / LEDGER) or {}
