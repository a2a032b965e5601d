"""Bytes of a file as UTF-8 text, however it is packed and encoded; known by its first bytes, not by its name.

gzip (also in several members, also packed twice), bzip2, xz and Zstandard; UTF-8 with or without a byte order mark, and UTF-16 with one
(what a redirect in PowerShell writes).
"""

from __future__ import annotations

import bz2
import codecs
import lzma
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from isal import isal_zlib

from armillary.errors import InputError
from armillary.sources.fetch.opening import RemoteFile

_ENDS = "ends too early (truncated)"
_AGAIN = "download it again"
Blocks = Iterator[bytes]
PIECE = 2**22
"""Bytes that a decompressor gives at a time at most: a few bytes of a packed file may stand for gigabytes."""


def text(blocks: Blocks, path: Path | RemoteFile, depth: int = 2) -> Blocks:
    """UTF-8 without a byte order mark. ``depth``: how often it may be packed. :class:`InputError` for what is damaged or cut."""
    blocks = filter(None, blocks)  # a decompressor may take many blocks before it gives any: bzip2 works on 900,000 bytes at a time
    first = next(blocks, b"")
    while len(first) < 6 and (more := next(blocks, b"")):
        first += more
    rest = chain([first], blocks) if first else iter(())
    for magic, opened in _PACKED.items():
        if first.startswith(magic) and depth:
            return text(opened(rest, path), path, depth - 1)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _from_utf16(rest, path)
    if first.startswith(codecs.BOM_UTF8):
        return chain([first[3:]], blocks)
    return rest


def _gzip(blocks: Blocks, path: Path | RemoteFile) -> Blocks:
    """Decompress gzip members one after the other. Deflate expands up to 1,032 times: what comes is handed on in pieces."""
    stream = None
    try:
        for data in blocks:
            while data:
                stream = stream or isal_zlib.decompressobj(wbits=31)
                piece = stream.decompress(data, PIECE)
                yield piece
                # a full piece may have more behind it, in what is not read yet or in the decompressor itself
                while len(piece) == PIECE and not stream.eof:
                    piece = stream.decompress(stream.unconsumed_tail, PIECE)
                    yield piece
                data = b""
                if stream.eof:
                    data = stream.unused_data.lstrip(b"\0")
                    stream = None
    except (isal_zlib.IsalError, EOFError) as error:  # type: ignore[misc]
        raise InputError(f"the gzip file is damaged ({error})", where=path, fix=_AGAIN) from error
    if stream is not None:
        raise InputError(f"the gzip file {_ENDS}", where=path, fix=_AGAIN)


def _members(name: str, make: Callable[[], Any], faults: tuple[type[Exception], ...]) -> Callable[[Blocks, Path | RemoteFile], Blocks]:
    """A reader of bzip2 or xz, whose decompressors of the standard library have the same methods."""

    def opened(blocks: Blocks, path: Path | RemoteFile) -> Blocks:
        stream = None
        try:
            for data in blocks:
                while data:
                    stream = stream or make()
                    yield stream.decompress(data, PIECE)
                    while not stream.eof and not stream.needs_input:
                        yield stream.decompress(b"", PIECE)
                    data = b""
                    if stream.eof:
                        data = stream.unused_data.lstrip(b"\0")
                        stream = None
        except faults as error:
            raise InputError(f"the {name} file is damaged ({error})", where=path, fix=_AGAIN) from error
        if stream is not None:
            raise InputError(f"the {name} file {_ENDS}", where=path, fix=_AGAIN)

    return opened


def _zstd(blocks: Blocks, path: Path | RemoteFile) -> Blocks:
    import pyarrow as pa

    try:
        with pa.CompressedInputStream(pa.PythonFile(Pulled(blocks), mode="r"), "zstd") as stream:
            while data := stream.read(1 << 17):
                yield data
    except (OSError, pa.ArrowInvalid) as error:
        what = f"{_ENDS}" if "truncated" in str(error).lower() else f"is damaged ({' '.join(str(error).split())[:80]})"
        raise InputError(f"the Zstandard file {what}", where=path, fix=_AGAIN) from error


class Pulled:
    """Blocks of bytes as the least of a file that Arrow reads from."""

    closed = False

    def __init__(self, blocks: Blocks) -> None:
        self._blocks, self._held = blocks, b""

    def read(self, n: int = -1) -> bytes:
        """So many bytes, fewer at the end; all if ``n`` is negative."""
        while n < 0 or len(self._held) < n:
            if not (more := next(self._blocks, b"")):
                break
            self._held += more
        n = len(self._held) if n < 0 else n
        found, self._held = self._held[:n], self._held[n:]
        return found

    def close(self) -> None:
        """Nothing is held."""
        self.closed = True


def _from_utf16(blocks: Blocks, path: Path | RemoteFile) -> Blocks:
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for data in blocks:
            yield decoder.decode(data).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise InputError(f"begins as UTF-16 text but is none ({error})", where=path, fix=_AGAIN) from error


_PACKED: dict[bytes, Callable[[Blocks, Path | RemoteFile], Blocks]] = {
    b"\x1f\x8b": _gzip,
    b"BZh": _members("bzip2", bz2.BZ2Decompressor, (OSError, EOFError, ValueError)),
    b"\xfd7zXZ\0": _members("xz", lzma.LZMADecompressor, (lzma.LZMAError, EOFError)),
    b"\x28\xb5\x2f\xfd": _zstd,
}
