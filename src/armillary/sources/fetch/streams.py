"""A remote file as a stream from its beginning to its end."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import suppress

from armillary.errors import ArmillaryError
from armillary.sources.fetch.faults import Transient
from armillary.sources.fetch.reading import Piece, RemoteBytes
from armillary.sources.fetch.remote import changed

_FIRST = 2**17
"""A stream asks for so many bytes first and then for the rest: who only looks at the beginning lets nothing come in vain."""
_HEAD = 2**20
"""Bytes of a stream's beginning that are kept for whoever opens it again: the first look at a file is not paid twice."""


class StreamFile(io.RawIOBase):
    """A remote file from its beginning to its end, once; a cut is continued where it was.

    A server without ranges sends the file again: its beginning must then have the hash of what was read already.
    """

    def __init__(self, file: RemoteBytes) -> None:
        super().__init__()
        self._file = file
        self._size = file.stat().st_size
        self._waiting = file.beginning
        self._came = len(self._waiting)
        self._hash = hashlib.sha256(self._waiting)
        self._keep: bytearray | None = bytearray(self._waiting)
        self._piece: Piece | None = None
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
        self._piece = Piece(self._file, self._came, self._stop, whole_will_do=True)
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
            raise changed(self._file)

    def _hang_up(self, error: BaseException | None = None) -> None:
        piece, self._piece = self._piece, None
        if piece is not None:
            piece.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)


def _with_first(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
