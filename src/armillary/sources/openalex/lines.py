"""Lines of text in bounded memory, and the records of a file whatever its shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

import msgspec

from armillary.errors import InputError
from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.openalex import documents, jsonlite, tibble, unpack

CHUNK = 128 * 1024
"""Bytes of the file read at a time; igzip loses 40 % with 1 MiB (ENGINE.md A)."""
LONGEST = 32 * 1024 * 1024
"""Longest line that is kept; real works stay below 10 MiB."""
LARGEST_PAGE = 256 * 1024 * 1024
RECORDS_A_BLOCK = 200
Block = tuple[int, list[bytes | None]]


class Lines:
    """Iterate over blocks of lines ``(number of the first, lines)``; a line that is too long is ``None``.

    ``position`` is the number of bytes of the file read so far, ``size`` its length.
    """

    def __init__(self, path: Path | RemoteFile) -> None:
        self.path = path
        self.position = 0
        try:
            self.size = path.stat().st_size
        except OSError as error:
            raise _unreadable(path, error) from error
        if self.size == 0:
            raise InputError("the file is empty", where=path, fix="download it again")

    def __iter__(self) -> Iterator[Block]:
        number = 1
        held: list[bytes] = []  # pieces of a line whose end has not come yet
        length = 0
        for block in self.blocks():
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

    def blocks(self) -> Iterator[bytes]:
        """The text, unpacked, as UTF-8."""
        self.position = 0
        try:
            with self.path.open("rb") as file:
                yield from unpack.text(self._read(file), self.path)
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def _read(self, file: BinaryIO) -> Iterator[bytes]:
        while block := file.read(CHUNK):
            self.position += len(block)
            yield block


def _unreadable(path: Path | RemoteFile, error: OSError) -> InputError:
    return InputError(f"cannot be read ({error.strerror or error})", where=path, fix="check the path and its permissions")


@dataclass(frozen=True, slots=True)
class RecordLines:
    """The records of a file in blocks ``(number of the first, texts)``: of lines where it has one record a line, else of records.

    ``shape``: ``lines``; ``pages``, answers of a list of the API or an array; ``one``, a single record that is all of the file.
    """

    lines: Lines
    blocks: Iterator[Block]
    shape: str


def records(path: Path | RemoteFile) -> RecordLines:
    """The records of a file: JSONL, JSONL of pages, pages or records that are indented or in an array, one or many."""
    lines = Lines(path)
    blocks = iter(lines)
    ahead: list[Block] = []
    said: list[bytes | None] = []
    for block in blocks:  # as far as the second line that says something
        ahead.append(block)
        said += [line for line in block[1] if line is None or (not line.isspace() and line)]
        if len(said) > 1:
            break
    first, second = [*said[:2], b"", b""][:2]
    again: Iterator[Block] = chain(ahead, blocks)
    if first is None or not first.lstrip().startswith((b"{", b"[")):
        return RecordLines(lines, again, "lines")
    is_whole = _is_json(first)
    if first.lstrip().startswith(b"[") or (not is_whole and not (second is not None and second.lstrip()[:1] == b"{" and _is_json(second))):
        return _documents(path, lines)
    if is_whole and documents.results(first) is not None:
        return RecordLines(lines, _from_pages(again), "pages")
    if tibble.is_table(first):
        again = ((n, [tibble.plain(line) if line else line for line in block]) for n, block in again)
    return RecordLines(lines, again, "one" if is_whole and second == b"" else "lines")


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _from_pages(blocks: Iterator[Block]) -> Iterator[Block]:
    """Lines of which each is a page of the API, or a record among pages."""
    number = 1
    for _, block in blocks:
        found: list[bytes | None] = []
        for line in block:
            page = documents.results(line) if line else None
            if page is not None:
                found += page
            elif line is None or (not line.isspace() and line):
                found.append(line)
        yield number, found
        number += len(found)


def _documents(path: Path | RemoteFile, lines: Lines) -> RecordLines:
    texts = _texts(path, lines)
    ahead = list(islice(texts, 2))
    alone = len(ahead) == 1 and documents.results(ahead[0]) is None
    return RecordLines(lines, _in_blocks(chain(ahead, texts)), "one" if alone else "pages")


def _texts(path: Path | RemoteFile, lines: Lines) -> Iterator[bytes]:
    try:
        yield from documents.parts(lines.blocks(), LARGEST_PAGE)
    except documents.Unfinished:
        raise InputError("is not complete JSON (it ends too early)", where=path, fix="save it again") from None
    except OverflowError:
        what = f"holds a JSON object of more than {LARGEST_PAGE >> 20} MiB"
        raise InputError(what, where=path, fix="save one page or record a file, or one record a line") from None


def _in_blocks(texts: Iterator[bytes]) -> Iterator[Block]:
    number = 1
    held: list[bytes | None] = []
    for text in texts:
        page = documents.results(text)
        held += [tibble.plain(jsonlite.plain(text))] if page is None else page
        if len(held) >= RECORDS_A_BLOCK:
            yield number, held
            number, held = number + len(held), []
    yield number, held
