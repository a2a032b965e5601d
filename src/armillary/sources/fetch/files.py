"""One file: into ``NAME.part``, continued where it was cut, checked, and only then renamed."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from armillary.core import durable
from armillary.errors import StoreError
from armillary.sources.fetch.faults import Policy, Stopped, Transient
from armillary.sources.fetch.remote import Remote, Restart


def download(
    source: Remote,
    path: str,
    target: Path,
    policy: Policy,
    *,
    length: int | None = None,
    checksum: str | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> str:
    """Fetch ``path`` to ``target``; returns its SHA-256.

    ``length`` in bytes and ``checksum`` (``md5:...`` or ``sha256:...``) are what the manifest promises. ``advance`` is told of bytes as
    they come (negative if some were thrown away). ``target`` is replaced in one step, or not touched at all.
    """
    part, tag_file = _beside(target, ".part"), _beside(target, ".part.tag")
    with disk_faults(target):
        target.parent.mkdir(parents=True, exist_ok=True)

    def here() -> int:
        return part.stat().st_size if part.exists() else 0

    def drop() -> None:
        advance(-here())
        part.unlink(missing_ok=True)
        tag_file.unlink(missing_ok=True)

    def attempt() -> str:
        if length is not None and here() > length:
            drop()
        expected = length
        if expected is None or here() < expected or not part.exists():
            try:
                expected = _continue(source, path, part, tag_file, length, policy, advance)
            except Restart:
                drop()
                raise
        if expected is not None and here() != expected:
            size = here()
            if size > expected:
                drop()
            raise Transient(f"{size:,} of {expected:,} bytes came")
        digests = _digests(part, checksum)
        if checksum is not None and digests[checksum.partition(":")[0]] != checksum.partition(":")[2].lower():
            drop()
            raise Transient(f"the {checksum.partition(':')[0]} checksum differs from the promised one")
        durable.replace(part, target)
        with suppress(OSError):  # the file is in its place; a note that stays behind misleads nobody
            tag_file.unlink(missing_ok=True)
        return digests["sha256"]

    with disk_faults(target):
        return policy.run(attempt, source.where(path), progress=here)


def _continue(
    source: Remote, path: str, part: Path, tag_file: Path, length: int | None, policy: Policy, advance: Callable[[int], None]
) -> int | None:
    """Append what is missing to ``part``; returns how long the file should be, as far as anybody said."""
    start = part.stat().st_size if part.exists() else 0
    tag = tag_file.read_text(encoding="utf-8") if start and tag_file.exists() else None
    with source.open(path, start, tag) as body:
        if length is not None and body.total is not None and body.total != length:
            raise Restart(f"the source has {body.total:,} bytes, but the manifest says {length:,}")
        if body.start < start:
            advance(-start)
        with part.open("r+b" if body.start else "wb") as file:
            if body.start:
                file.seek(0, os.SEEK_END)
            if body.tag:
                tag_file.write_text(body.tag, encoding="utf-8")
            size = file.tell()
            for chunk in body.chunks:
                if policy.stop.is_set():
                    raise Stopped
                size += len(chunk)
                if length is not None and size > length:
                    raise Restart(f"more than the promised {length:,} bytes came")
                file.write(chunk)
                advance(len(chunk))
    return length if length is not None else body.total


def read_all(source: Remote, path: str, policy: Policy, *, most: int = 2**28) -> bytes:
    """A small file (a manifest) as bytes, of at most ``most`` bytes."""

    def attempt() -> bytes:
        with source.open(path) as body:
            held, size = [], 0
            for chunk in body.chunks:
                held.append(chunk)
                size += len(chunk)
                if size > most:
                    raise Transient(f"more than {most:,} bytes came where a list of files was expected")
        if body.total is not None and size != body.total:
            raise Transient(f"{size:,} of {body.total:,} bytes came")
        return b"".join(held)

    return policy.run(attempt, source.where(path))


def partial(target: Path) -> int:
    """Bytes of a file that were fetched by an interrupted run."""
    part = _beside(target, ".part")
    return part.stat().st_size if part.exists() else 0


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: readers see the old or the new one."""
    with disk_faults(path):
        durable.write(path, content)


def write_json(path: Path, value: object) -> None:
    """:func:`write_whole` of a value as JSON."""
    write_whole(path, json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """A table in JSON that this program wrote; None if there is none that can be read."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def free_bytes(folder: Path) -> int:
    """Free space where ``folder`` is or will be."""
    there = folder.resolve()
    while not there.exists():
        there = there.parent
    return shutil.disk_usage(there).free


def check_space(folder: Path, needed: int) -> None:
    """:class:`StoreError` if ``needed`` bytes do not fit."""
    free = free_bytes(folder)
    if needed > free:
        what = f"{needed:,} bytes are to come, but {free:,} are free"
        raise StoreError(what, where=folder, fix="free some space or choose another --out")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one process fetches into a folder; the system frees the lock however the process ends."""
    with disk_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".fetch.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError("another process is fetching into this folder", where=folder, fix="wait until it has finished") from None
        _sweep(folder)
        yield
    finally:
        os.close(handle)


def _sweep(folder: Path) -> None:
    """Delete notes of half files whose files are whole: a run ended between the two."""
    for tag in folder.rglob("*.part.tag"):
        part = tag.with_suffix("")
        if part.with_suffix("").is_file() and not part.exists():
            with suppress(OSError):
                tag.unlink()


@contextmanager
def disk_faults(where: Path) -> Iterator[None]:
    """The operating system's complaints about the disk as one line."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        fix = "free some space and run the same command again: what was fetched is kept" if full else "choose another folder with --out"
        raise StoreError(f"cannot be written ({error.strerror})", where=error.filename or where, fix=fix) from error


def _digests(path: Path, checksum: str | None) -> dict[str, str]:
    names = {"sha256"} | ({checksum.partition(":")[0]} if checksum else set())
    made = {name: hashlib.new(name, usedforsecurity=False) for name in names}
    with path.open("rb") as file:
        while block := file.read(2**20):
            for digest in made.values():
                digest.update(block)
    return {name: digest.hexdigest() for name, digest in made.items()}


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
