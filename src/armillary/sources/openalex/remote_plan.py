"""What there is to read at an address: the manifest first, then its part files; or one file."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import PurePosixPath

from armillary.errors import FetchError, InputError, NotThere
from armillary.sources.fetch import files, opening, reading
from armillary.sources.fetch.faults import Policy
from armillary.sources.fetch.remote import Remote
from armillary.sources.fetch.snapshot import file_of, list_of_deleted, listed
from armillary.sources.openalex.entities import LETTERS
from armillary.sources.openalex.plan import SUFFIXES, Part, Plan, entity_of

_PARTITION = re.compile(r"updated_date=(\d{4}-\d{2}-\d{2})/")
_NO_LISTING = "merged_ids: not looked for, because only s3:// addresses can list files"


def remote_plan(address: str, policy: Policy | None = None, *, partial: bool = False) -> Plan:
    """Find the files to ingest at ``address``: a snapshot (its root, its ``data`` folder, one layout's or one entity's), or one file.

    If a snapshot is there in both layouts, the Parquet one. ``partial``: files that the manifest lists may be missing. Raises
    :class:`~armillary.errors.InputError` if there is no manifest, :class:`FetchError` if the server refuses.
    """
    policy = policy or Policy()
    address = reading.checked(address)
    base, _, last = address.rpartition("/")
    if PurePosixPath(last).suffix in SUFFIXES and "://" in base:
        file = opening.RemoteFile(base, last, policy)
        found = entity_of(file)
        partition = _PARTITION.search(f"{base}/")
        shape = "one" if found.shape == "one" else "snapshot" if partition or found.shape == "parquet" else "list"
        assert found.entity is not None
        part = Part(file, file.name, found.entity, partition[1] if partition else None, None, shape)
        return Plan((part,), network_n=file.bytes_read)
    entities = list(LETTERS)
    places = [(address, root + form) for root in ("", "data/") for form in ("parquet", "jsonl", "")]
    if last in LETTERS:
        entities, places = [last], [(base, "")]
    for home, folder in places:
        source = reading.connection(home, policy)
        read, sizes = _reader(source, policy)
        parts = _parts(home, folder.rstrip("/"), entities, read, policy)
        if partial:
            parts = [p for p in parts if _is_there(p)]
        if parts:
            lists, ignored = _merged_ids(source, home, folder, entities, policy)
            gone, said = _deleted_ids(source, home, folder, parts, policy)
            ordered = tuple(sorted(parts, key=lambda p: p.name))
            return Plan(ordered, lists, (*ignored, *said), sum(sizes), deleted_ids=gone)
    what = "no manifest of a snapshot here, and a folder cannot be listed over the network"
    raise InputError(what, where=address, fix="give the address of a snapshot's root, or of one .gz or .parquet file")


def _reader(source: Remote, policy: Policy) -> tuple[Callable[[str], bytes], list[int]]:
    """A function that reads each path once, and the list of the sizes of what it read."""
    sizes: list[int] = []

    @cache
    def read(path: str) -> bytes | NotThere:
        try:
            content = files.read_all(source, path, policy)
        except NotThere as error:
            return error
        sizes.append(len(content))
        return content

    def again(path: str) -> bytes:
        found = read(path)
        if isinstance(found, NotThere):
            raise found
        return found

    return again, sizes


def _parts(home: str, folder: str, entities: list[str], read: Callable[[str], bytes], policy: Policy) -> list[Part]:
    parts: list[Part] = []
    source = reading.connection(home, policy)
    for entity in entities:
        for entry in listed(read, source.where, entity, folder) or ():
            file = file_of(entry, entity, folder, source.where(folder or entity))
            partition = _PARTITION.match(file.name)
            path = opening.RemoteFile(home, file.path, policy, file.length)
            parts.append(Part(path, f"{entity}/{file.name}", entity, partition[1] if partition else None, file.records))
    return parts


def _is_there(part: Part) -> bool:
    assert isinstance(part.path, opening.RemoteFile)
    try:
        reading.connection(part.path.base, part.path.policy).size(part.path.path)
    except NotThere:
        return False
    return True


def _deleted_ids(source: Remote, home: str, folder: str, parts: list[Part], policy: Policy) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """The list of deleted works beside their partitions, which no manifest names; a note if there is none."""
    if all(p.entity != "works" for p in parts):
        return (), ()
    file, said = list_of_deleted(source, "/".join(p for p in (folder.rstrip("/"), "works") if p), policy)
    if file is None:
        return (), (f"deleted_ids: {said}",) if said else ()
    return (Part(opening.RemoteFile(home, file.path, policy, file.length), f"works/{file.name}", "works"),), ()


def _merged_ids(source: Remote, home: str, folder: str, entities: list[str], policy: Policy) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """Lists of merged ids, beside the folders of the entities or one level up, where files can be listed."""
    root = folder.removesuffix("parquet").removesuffix("jsonl")
    if len(entities) == 1:
        return (), ()
    try:
        names = source.names(f"{root}merged_ids")
    except FetchError as error:
        return (), (f"merged_ids: {error.what}",)
    if names is None:
        return (), (_NO_LISTING,)
    wanted = sorted(n for n in names if re.search(r"merged_ids/[^/]+/[^/]+\.csv[^/]*$", n))
    pieces = ((n, PurePosixPath(n)) for n in wanted)
    return tuple(Part(opening.RemoteFile(home, n, policy), "/".join(p.parts[-3:]), p.parent.name) for n, p in pieces), ()
