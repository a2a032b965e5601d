"""Lines of plain or gzipped JSONL, and records of saved API pages, in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from isal import isal_zlib

from armillary.errors import InputError
from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.openalex.records import Page

CHUNK = 128 * 1024
"""Compressed bytes fed to the decompressor at a time; igzip loses 40 % with 1 MiB (ENGINE.md A)."""
LONGEST = 32 * 1024 * 1024
"""Longest line that is kept; real works stay below 10 MiB."""
LARGEST_PAGE = 256 * 1024 * 1024
_PAGE = re.compile(rb'\s*\{\s*"(?:meta|results|group_by)"\s*:')


class Lines:
    """Iterate over blocks of lines ``(number of the first, lines)``; a line that is too long is ``None``.

    ``position`` is the number of bytes of the file read so far, ``size`` its length.
    """

    def __init__(self, path: Path | RemoteFile) -> None:
        self.path = path
        self.position = 0
        try:
            self.size = path.stat().st_size
            with path.open("rb") as file:
                self._head = file.read(2)
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", where=path, fix="check the path and its permissions") from error
        if self.size == 0:
            raise InputError("the file is empty", where=path, fix="download it again")

    def __iter__(self) -> Iterator[tuple[int, list[bytes | None]]]:
        number = 1
        held: list[bytes] = []  # pieces of a line whose end has not come yet
        length = 0
        for block in self._blocks():
            head, end, rest = block.partition(b"\n")
            length += len(head)
            if length <= LONGEST:
                held.append(head)
            if not end:
                continue
            lines: list[bytes | None] = [b"".join(held) if length <= LONGEST else None]
            more = rest.split(b"\n")
            last = more.pop()
            lines += more if len(block) <= LONGEST else [line if len(line) <= LONGEST else None for line in more]
            held, length = [last], len(last)
            yield number, lines
            number += len(lines)
        if length:
            yield number, [b"".join(held) if length <= LONGEST else None]

    def _blocks(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                yield from self._inflate(file) if self._head == b"\x1f\x8b" else self._plain(file)
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", where=self.path, fix="check the path and its permissions") from error

    def _plain(self, file: BinaryIO) -> Iterator[bytes]:
        while block := file.read(CHUNK):
            self.position += len(block)
            yield block

    def _inflate(self, file: BinaryIO) -> Iterator[bytes]:
        """Decompress gzip members one after the other; deflate expands at most 1,032 times, so a block stays below 132 MiB."""
        stream = None
        try:
            while data := file.read(CHUNK):
                self.position += len(data)
                while data:
                    stream = stream or isal_zlib.decompressobj(wbits=31)
                    yield stream.decompress(data)
                    data = b""
                    if stream.eof:
                        data = stream.unused_data.lstrip(b"\0")
                        stream = None
        except (isal_zlib.IsalError, EOFError) as error:  # type: ignore[misc]
            raise InputError(f"the gzip file is damaged ({error})", where=self.path, fix="download it again") from error
        if stream is not None:
            raise InputError("the gzip file ends too early (truncated)", where=self.path, fix="download it again")


def records(path: Path | RemoteFile) -> tuple[Lines, Iterator[tuple[int, list[bytes | None]]]]:
    """The file's records in blocks, whatever its shape: JSONL, JSONL of API pages, or one API page (pretty-printed or not).

    For pages the number is that of the record, not of the line. :class:`~armillary.errors.InputError` for a JSON array, which is neither.
    """
    lines = Lines(path)
    start = b""
    for block in lines._blocks():
        start += block
        if len(start) >= 4096 or (len(start) > 256 and start.strip()):
            break
    lines.position = 0
    start = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"["):
        raise InputError("holds one JSON array, not one record a line", where=path, fix=f"convert it with: jq -c '.[]' {path.name}")
    if _PAGE.match(start):
        return lines, _from_pages(lines)
    return lines, iter(lines)


def _from_pages(lines: Lines) -> Iterator[tuple[int, list[bytes | None]]]:
    decoder = msgspec.json.Decoder(Page)
    number = 1
    held: list[bytes] = []
    length = 0
    for first, block in lines:
        for line in block:
            if line is None:
                raise InputError("a line is too long for an API page", where=f"{lines.path}:{first}", fix="save one page a file")
            held.append(line)
            length += len(line)
            if length > LARGEST_PAGE:
                raise InputError("this API page never ends", where=lines.path, fix="save one page a file")
            if not line.rstrip().endswith(b"}"):
                continue
            try:
                page = decoder.decode(b"\n".join(held))
            except msgspec.DecodeError:
                continue  # a pretty-printed page goes on
            yield number, [bytes(raw) for raw in page.results]
            number += len(page.results)
            held, length = [], 0
    if any(line.strip() for line in held):
        raise InputError("the API page is not complete JSON", where=lines.path, fix="save it again")
