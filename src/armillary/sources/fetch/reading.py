"""Files at an address that are read in place: ranges of them, or all of them as a stream; with retries, and of one version only."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from armillary.errors import ArmillaryError, FetchError, InputError
from armillary.sources.fetch import remote as places
from armillary.sources.fetch.faults import Policy, Transient

_FIRST = 2**17
"""A stream asks for so many bytes first and then for the rest: who only looks at the beginning lets nothing come in vain."""
_HEAD = 2**20
"""Bytes of a stream's beginning that are kept for whoever opens it again: the first look at a file is not paid twice."""


@dataclass(frozen=True)
class Stat:
    """What is known of a remote file."""

    st_size: int


class RemoteFile(str):
    """An address with the few things of a path that a reader uses: ``name``, ``suffix``, ``stat()``, ``open()``, ``read_bytes()``.

    ``promised`` is the length that a manifest gives; another one is an error. The version (ETag or time of change) that the first answer
    names is the only one that is read. ``bytes_read`` counts bodies as they come over the network, those of failed attempts included;
    ``sha256`` is known once the whole file was streamed.
    """

    base: str
    path: str
    policy: Policy

    def __new__(cls, base: str, path: str, policy: Policy, promised: int | None = None, tag: str | None = None) -> RemoteFile:
        """``path`` is relative to ``base``, or empty if that is the file."""
        made = super().__new__(cls, connection(base, policy).where(path))
        made.base, made.path, made.policy, made.tag = base, path, policy, tag
        made._size = promised
        made.bytes_read = 0
        made.sha256 = None
        made.beginning = made.ending = b""
        made._lock = threading.Lock()
        return made

    tag: str | None
    sha256: str | None
    bytes_read: int
    beginning: bytes
    ending: bytes
    _size: int | None
    _lock: threading.Lock

    def __reduce__(self) -> tuple[type[RemoteFile], tuple[Any, ...]]:
        return RemoteFile, (self.base, self.path, self.policy, self._size, self.tag)

    @property
    def name(self) -> str:
        """The last piece of the address."""
        return PurePosixPath(self.path or self.base).name

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

    def open(self, mode: str = "rb") -> BinaryIO:
        """A stream from the beginning; of a Parquet file, one that can be sought in and that asks for the ranges that are read."""
        from armillary.sources.fetch.ranges import RangeFile

        made = RangeFile(self) if self.suffix == ".parquet" else StreamFile(self)
        return cast(BinaryIO, made)

    def read_bytes(self) -> bytes:
        """The whole (small) file."""
        with StreamFile(self) as file:
            return file.readall()

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

    def piece(self, start: int, stop: int | None) -> _Piece:
        """One attempt to read from ``start`` on, as a context of chunks."""
        return _Piece(self, start, stop)

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


class _Piece:
    """An open answer; ends with an error if the server sends another range than asked for."""

    def __init__(self, file: RemoteFile, start: int, stop: int | None, *, whole_will_do: bool = False) -> None:
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
                    "the server sends whole files only, no parts of them", where=file,
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


class StreamFile(io.RawIOBase):
    """A remote file from its beginning to its end, once; a cut is continued where it was.

    A server without ranges sends the file again: its beginning must then have the hash of what was read already.
    """

    def __init__(self, file: RemoteFile) -> None:
        super().__init__()
        self._file = file
        self._size = file.stat().st_size
        self._waiting = file.beginning
        self._came = len(self._waiting)
        self._hash = hashlib.sha256(self._waiting)
        self._keep: bytearray | None = bytearray(self._waiting)
        self._piece: _Piece | None = None
        self._stop = 0
        self._chunks: Iterator[bytes] = iter(())

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; none at the end of the file."""
        if size < 0:
            return self.readall()
        pieces, length = [], 0
        while length < size:
            if not self._waiting:
                self._waiting = self._more()
                if not self._waiting:
                    break
            pieces.append(self._waiting[: size - length])
            self._waiting = self._waiting[size - length :]
            length += len(pieces[-1])
        return b"".join(pieces)

    def readall(self) -> bytes:
        """The rest."""
        pieces = [self._waiting]
        self._waiting = b""
        while more := self._more():
            pieces.append(more)
        return b"".join(pieces)

    def close(self) -> None:
        """Hang up; a short beginning is kept for the next one who opens the file."""
        if not self.closed:
            with suppress(ArmillaryError):  # nobody waits for this any more
                while self._piece is not None and self._came < self._stop <= _FIRST:
                    self._more()
            if self._keep is not None:
                self._file.beginning = bytes(self._keep)
            self._hang_up()
        super().close()

    def _more(self) -> bytes:
        if self._came == self._size:
            self._file.sha256 = self._hash.hexdigest()
            self._hang_up()
            return b""
        chunk = self._file.policy.run(self._next, self._file, progress=lambda: self._came)
        self._came += len(chunk)
        self._hash.update(chunk)
        if self._keep is not None and self._came <= _HEAD:
            self._keep += chunk
        else:
            self._keep, self._file.beginning = None, b""
        return chunk

    def _next(self) -> bytes:
        try:
            if self._piece is None or self._came == self._stop:
                self._hang_up()
                self._connect()
            chunk = next(self._chunks, b"")
            if not chunk:
                raise Transient(f"{self._came:,} of {self._size:,} bytes came")
        except BaseException as error:
            self._hang_up(error)  # the connection names its own faults
            raise
        return chunk[: self._stop - self._came]

    def _connect(self) -> None:
        self._stop = min(_FIRST, self._size) if self._came < _FIRST else self._size
        self._piece = _Piece(self._file, self._came, self._stop, whole_will_do=True)
        self._chunks = self._piece.__enter__()
        if self._piece.start == self._came:
            return
        again, left = hashlib.sha256(), self._came
        for chunk in self._chunks:
            again.update(chunk[:left])
            if left < len(chunk):
                self._chunks = _with_first(chunk[left:], self._chunks)
            left -= min(left, len(chunk))
            if not left:
                break
        if left:
            raise Transient(f"{self._came - left:,} of {self._size:,} bytes came")
        if again.digest() != self._hash.digest():
            raise places.changed(self._file)

    def _hang_up(self, error: BaseException | None = None) -> None:
        piece, self._piece = self._piece, None
        if piece is not None:
            piece.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)


def _with_first(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


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
