"""Files at an address that are read in place, like paths: with retries, of one version only, and counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Self

from armillary.errors import FetchError, InputError
from armillary.sources.fetch import remote as places
from armillary.sources.fetch.faults import Policy, Transient


@dataclass(frozen=True)
class Stat:
    """What is known of a remote file."""

    st_size: int


class RemoteBytes(str):
    """An address with ``name``, ``suffix``, ``stat()`` as a path has them; its ranges can be read (``opening.RemoteFile`` opens it).

    ``promised`` is the length that a manifest gives; another one is an error. The version (ETag or time of change) that the first answer
    names is the only one that is read. ``bytes_read`` counts bodies as they come over the network, those of failed attempts included;
    ``sha256`` is known once the whole file was streamed; ``beginning`` and ``ending`` are kept for the next one who opens it.
    """

    base: str
    path: str
    policy: Policy
    tag: str | None
    sha256: str | None
    bytes_read: int
    beginning: bytes
    ending: bytes
    _size: int | None
    _lock: threading.Lock

    def __new__(cls, base: str, path: str, policy: Policy, promised: int | None = None, tag: str | None = None) -> Self:
        """``path`` is relative to ``base``."""
        made = super().__new__(cls, connection(base, policy).where(path))
        made.base, made.path, made.policy, made.tag = base, path, policy, tag
        made._size = promised
        made.bytes_read = 0
        made.sha256 = None
        made.beginning = made.ending = b""
        made._lock = threading.Lock()
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        return type(self), (self.base, self.path, self.policy, self._size, self.tag)

    @property
    def name(self) -> str:
        """The last piece of the address."""
        return PurePosixPath(self.path).name

    @property
    def suffix(self) -> str:
        """The ending of the name, with its dot."""
        return PurePosixPath(self.name).suffix

    def stat(self) -> Stat:
        """The length: as promised, or as the server says."""
        if self._size is None:
            self._size = connection(self.base, self.policy).size(self.path)
        if self._size is None:
            raise FetchError("the server does not say how long the file is", where=self, fix="fetch it with 'armillary fetch' first")
        return Stat(self._size)

    def look(self) -> None:
        """Learn the version, if it is not known yet."""
        if self.tag is None:
            self.range(0, 1)

    def forget(self) -> None:
        """Let go of kept beginnings and endings."""
        self.beginning = self.ending = b""

    def range(self, start: int, stop: int) -> bytes:
        """Bytes ``start`` to ``stop`` (not included); what came before a fault is not asked for again."""
        held = bytearray()

        def attempt() -> None:
            with self.piece(start + len(held), stop) as chunks:
                for chunk in chunks:
                    held.extend(memoryview(chunk)[: stop - start - len(held)])
                    if len(held) == stop - start:
                        return
            raise Transient(f"{len(held):,} of {stop - start:,} bytes came")

        if stop > start:
            self.policy.run(attempt, self, progress=lambda: len(held))
        return bytes(held)

    def piece(self, start: int, stop: int | None) -> Piece:
        """One attempt to read from ``start`` on."""
        return Piece(self, start, stop)

    def check(self, body: places.Body) -> None:
        """Compare an answer with what is known of the file; :class:`FetchError` if it is another one."""
        size = self.stat().st_size
        if body.total is not None and body.total != size:
            if self.tag is not None:
                raise places.changed(self)
            what = f"has {body.total:,} bytes, but {size:,} were promised"
            raise FetchError(what, where=self, fix="the snapshot is being replaced, or its manifest is wrong: try again later")
        with self._lock:
            self.tag = self.tag or body.tag
        if body.tag is not None and body.tag != self.tag:
            raise places.changed(self)

    def came(self, n: int) -> None:
        """Note ``n`` bytes that came."""
        with self._lock:
            self.bytes_read += n


class Piece:
    """An answer as a context of chunks; ends with an error if the server sends another range than asked for."""

    def __init__(self, file: RemoteBytes, start: int, stop: int | None, *, whole_will_do: bool = False) -> None:
        self._file, self._start, self._stop = file, start, stop
        self._whole_will_do = whole_will_do
        self._open = ExitStack()
        self.start = start

    def __enter__(self) -> Iterator[bytes]:
        file = self._file
        source = connection(file.base, file.policy)
        body = self._open.enter_context(source.piece(file.path, self._start, self._stop, file.tag))
        try:
            file.check(body)
            self.start = body.start
            if body.start != self._start and not self._whole_will_do:
                raise FetchError(
                    "the server sends whole files only, no parts of them",
                    where=file,
                    fix="fetch the snapshot first (armillary fetch snapshot), or use another server",
                )
        except BaseException:
            self._open.close()
            raise
        return self._counted(body.chunks)

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._file.came(len(chunk))
            yield chunk

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)


_CONNECTIONS: dict[tuple[str, Policy], places.Remote] = {}


def connection(base: str, policy: Policy) -> places.Remote:
    """The one connection of this process to an address; kept until :func:`hang_up`."""
    if (base, policy) not in _CONNECTIONS:
        _CONNECTIONS[base, policy] = places.remote(base, policy)
    return _CONNECTIONS[base, policy]


def hang_up() -> None:
    """Close all connections of this process."""
    while _CONNECTIONS:
        _CONNECTIONS.popitem()[1].close()


def is_address(text: object) -> bool:
    """Whether something is an address of files that can be read (``https://``, ``http://``, ``s3://``) and not a path."""
    return isinstance(text, str) and text.startswith(("https://", "http://", "s3://"))


def checked(address: str) -> str:
    """The address without a slash at its end; :class:`InputError` for one with a query, where signatures and keys would be."""
    if "?" in address or "#" in address or "@" in address.split("://", 1)[1].split("/", 1)[0]:
        # not repeated in the message: it may hold a secret
        raise InputError("an address with a query, a fragment or a user name is not read", fix="give a plain address")
    return address.rstrip("/")
