"""Delimited text as rows: encoding, separator and quotes are found out, whatever the file is called."""

from __future__ import annotations

import csv
import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

HEADERS = 12
"""Lines in which a header is looked for: downloads start with titles."""


class NoText(Exception):
    """The bytes are no text in any encoding that is known."""


Line = tuple[int, list[str]]


class Table(Protocol):
    """Rows with their numbers, whatever they are stored in: delimited text or a sheet of a workbook."""

    @property
    def path(self) -> Path:
        """The file."""

    def first(self) -> list[Line]:
        """The first lines."""

    def last(self) -> list[Line]:
        """The last lines."""

    def after(self, line: int) -> Iterator[Line]:
        """The rows below a header in this line."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A delimited text file: where it is, and how it is to be read."""

    path: Path
    encoding: str
    separator: str

    def __iter__(self) -> Iterator[Line]:
        """Rows with the number of their last line; blank ones are left out."""
        with self.path.open(newline="", encoding=self.encoding, errors="replace") as file:
            reader = csv.reader(_plain(file), delimiter=self.separator)
            for row in reader:
                if any(c.strip() for c in row):
                    yield reader.line_num, row

    def first(self) -> list[Line]:
        """The first lines."""
        return list(itertools.islice(self, HEADERS))

    def last(self) -> list[Line]:
        """The last lines: a note may stand there."""
        if self.encoding == "utf-16":
            return list(deque(self, 3))
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - 4096))
            tail = [t for t in file.read().decode(self.encoding, errors="replace").splitlines() if t.strip()][-3:]
        return [(0, row) for row in csv.reader(_plain(iter(tail)), delimiter=self.separator) if row]

    def after(self, line: int) -> Iterator[Line]:
        """The rows below a header in this line."""
        return (r for r in self if r[0] > line)


def _plain(lines: Iterator[str]) -> Iterator[str]:
    return (line.replace("\0", "") for line in lines)


def opened(path: Path) -> Rows:
    """How to read the file; :class:`NoText` if it is no text."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    encoding = next((e for mark, e in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")) if head.startswith(mark)), "utf-8-sig")
    if encoding == "utf-8-sig":
        try:
            head[:-4].decode("utf-8-sig") if len(head) == 1 << 16 else head.decode("utf-8-sig")
        except UnicodeDecodeError:
            encoding = "cp1252"
    lines = head.decode(encoding, errors="replace").splitlines()[:HEADERS]
    marks = sum(c < " " and c not in "\t\r\n\x0c" for line in lines for c in line)
    if marks > 2:
        raise NoText(f"{marks} control characters in the first lines")
    return Rows(path, encoding, max(",;\t|", key=lambda s: max((line.count(s) for line in lines), default=0)))


def names(cells: list[str]) -> list[str]:
    """Names of columns, trimmed and in lower case."""
    return [c.strip().strip("\ufeff").casefold() for c in cells]
