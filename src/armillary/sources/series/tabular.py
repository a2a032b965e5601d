"""Delimited text as rows: encoding, separator and quotes are found out, whatever the file is called."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from armillary.sources.values.encoding import sniff_encoding
from armillary.sources.values.table import Layout, read_records, sniff_layout

HEADERS = 12
"""Lines in which a header is looked for: downloads start with titles."""
_HEAD = 1 << 16
Line = tuple[int, list[str]]


class NoText(Exception):
    """The bytes are no text in any encoding that is known."""


class TabularFile(Protocol):
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
class TableRows:
    """A delimited text file: where it is, and how it is to be read."""

    path: Path
    encoding: str
    layout: Layout

    def __iter__(self) -> Iterator[Line]:
        """Rows with the number of their first line; blank ones are left out. A row that cannot be read is one cell."""
        with self.path.open(newline="", encoding=self.encoding, errors="replace") as file:
            for record in read_records((x.replace("\0", "") for x in file), self.layout):
                row = list(record.values)
                yield record.line, (row if not any("\ufffd" in c for c in row) else [" ".join(row)])

    def first(self) -> list[Line]:
        """The first lines."""
        return list(itertools.islice(self, HEADERS))

    def last(self) -> list[Line]:
        """The last lines: a note may stand there."""
        if self.encoding.startswith("utf-16"):
            return list(deque(self, 3))
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - 4096))
            tail = [t for t in file.read().decode(self.encoding, errors="replace").splitlines() if t.strip()][-3:]
        return [(0, list(r.values)) for r in read_records("\n".join(tail), Layout(self.layout.separator))]

    def after(self, line: int) -> Iterator[Line]:
        """The rows below a header in this line."""
        return (r for r in self if r[0] > line)


def opened(path: Path) -> TableRows:
    """How to read the file; :class:`NoText` if it is no text."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    zeros = head.count(0)
    encoding = sniff_encoding(head.replace(b"\0", b"") if 0 < zeros <= max(2, len(head) // 100) else head)
    if encoding is None:
        raise NoText("neither UTF-8, UTF-16 nor Windows-1252 text")
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff").replace("\0", "")
    if sum(c < " " and c not in "\t\r\n\x0c\x1a" for c in text) > max(2, len(text) // 100):
        raise NoText("it holds control characters")
    # titles above the header have no separators, so the sample begins with the first line that has some
    lines = text.splitlines(keepends=True)
    start = next((i for i, x in enumerate(lines[:HEADERS]) if max(x.count(s) for s in ",;\t|") >= 2), 0)
    layout = sniff_layout("".join(lines[start:]), is_whole=len(head) < _HEAD)
    if any("\\" in x.partition("\t")[0] and "\t" in x for x in lines[:HEADERS]):
        layout = Layout("\t", layout.is_quoted, layout.skip)  # Eurostat packs a key with commas into its first column
    return TableRows(path, encoding, layout)


def names(cells: list[str]) -> list[str]:
    """Names of columns, trimmed and in lower case."""
    return [c.strip().strip("\ufeff").casefold() for c in cells]
