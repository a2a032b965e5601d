"""Delimited text: which separator and quotes a table has, its records with line numbers, its columns by name."""

from __future__ import annotations

import csv
import io
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SEPARATORS = (",", ";", "\t", "|")
_TOLD = re.compile(r"^sep=(.)\r?\n", re.IGNORECASE)
_LONGEST = 1 << 30
_FAR = 1000
"""Lines within which a quote must be closed, or it is a slip."""
_WINDOW = 20_000
_TITLES = 12
"""Lines above a header that may be titles and notes."""


@dataclass(frozen=True, slots=True)
class Layout:
    """``separator``, whether double quotes enclose values (``is_quoted``), and lines before the header (``skip``: ``sep=;``)."""

    separator: str
    is_quoted: bool = True
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line it begins on (from 1) and its values. ``problem`` if it is not as it should be (``record-unreadable``)."""

    line: int
    values: tuple[str, ...]
    problem: str | None = None


def sniff_layout(text: str, *, is_whole: bool = True) -> Layout:
    """The separator that parts most records of a sample into the same number of values, more than one if any does.

    ``is_whole`` is false where ``text`` is the beginning of a longer file, whose last record may be cut. Quotes count only if they open at
    the start of a value and close before a separator: in files that quote nothing (REGPAT) a lone ``"`` is a letter.
    """
    told = _TOLD.match(text)
    if told:
        return Layout(told[1], _is_quoted(text[told.end() :], told[1]), 1)
    best, score = Layout(","), (0.0, 0, 0)
    for place, separator in enumerate(SEPARATORS):
        layout = Layout(separator, _is_quoted(text, separator))
        widths = _widths(text, layout, is_whole=is_whole)
        if not widths:
            continue
        first = widths[0]
        if first < 2:
            continue
        mine = (sum(w == first for w in widths) / len(widths), first, -place)
        if mine[0] > score[0] + 0.2 or (abs(mine[0] - score[0]) <= 0.2 and mine[1:] > score[1:]):
            best, score = layout, mine
    return best


def sniff_table(text: str, *, is_whole: bool = True) -> Layout:
    """As :func:`sniff_layout`, for a table that may have titles above its header: lines of one value, which ``skip`` counts.

    A line is a title if it stands among the first dozen, holds one value at most, and a table of several columns begins below it.
    """
    if _TOLD.match(text):
        return sniff_layout(text, is_whole=is_whole)
    lines = text.splitlines(keepends=True)
    plain = sniff_layout(text, is_whole=is_whole)
    tries = [0, *(n for n in range(1, min(len(lines), _TITLES + 1)) if lines[n].strip() and any(s in lines[n] for s in SEPARATORS))]
    for start in tries:
        rest = "".join(lines[start:])
        layout = sniff_layout(rest, is_whole=is_whole) if start else plain
        rows = list(itertools.islice(read_records(rest, layout), 40))
        filled = [sum(bool(v.strip()) for v in r.values) for r in rows if r.problem is None]
        if not filled or filled[0] < 2:
            continue
        width = len(rows[0].values)
        if start == 0:
            if sum(len(r.values) == width for r in rows) >= 0.5 * len(rows):
                return plain
            continue
        if (
            len(rows) > 1
            and sum(len(r.values) == width for r in rows) >= 0.8 * len(rows)
            and all(_is_title(x, layout) for x in lines[:start])
        ):
            return Layout(layout.separator, layout.is_quoted, start)
    return plain


def _is_title(line: str, layout: Layout) -> bool:
    cells = next(iter(_split([line.rstrip("\r\n")], Layout(layout.separator, is_quoted=False))), (0, []))[1]
    told = [c for c in cells if c.strip(' "')]
    return len(told) <= 1 or (layout.separator == "," and len(cells) < 8 and bool(re.search(r"[a-z],? [a-z]+ |: ", line)))


def repeated_names(columns: Sequence[str]) -> list[str]:
    """Names (folded) that more than one column has: a reader cannot know which is meant."""
    folded = [fold_name(c) for c in columns]
    return sorted({n for n in folded if n and folded.count(n) > 1})


def read_records(text: str | Iterable[str], layout: Layout | None = None) -> Iterator[Record]:
    """Records of a table, quoted line ends within values; blank lines are left out. Never fails: what is no record has a ``problem``.

    ``text`` is the whole table, or its lines with their ends (then ``layout`` must be given); memory stays bounded. A quote that is never
    closed would swallow what follows: such a record is given up at its own line, and reading goes on behind it.
    """
    if isinstance(text, str):
        layout = layout or sniff_layout(text)
        text = io.StringIO(text, newline="")
    layout = layout or Layout(",")
    source = iter(text)
    lines = list(itertools.islice(source, layout.skip + 1))
    width, at, before = 0, layout.skip, 0
    while True:
        if len(lines) - at <= _FAR + 1 and (more := list(itertools.islice(source, _WINDOW))):
            before += at
            lines, at = lines[at:] + more, 0
        if at >= len(lines):
            return
        start, end = at, _piece(lines, at, layout)
        chunk, at = lines[start:end], end
        first = before + start + 1
        is_open = layout.is_quoted and chunk[0].count('"') % 2 == 1
        problem = None
        try:
            rows = _split(chunk, layout, strict=is_open)
            if is_open and len(chunk) > 1 and len(rows) == 1 and 0 < width != len(rows[0][1]) and _is_slip(chunk, layout, width):
                problem = "quote-not-closed"
        except csv.Error:
            problem = "quote-not-closed" if is_open else "record-unreadable"
        if problem:
            yield Record(first, (chunk[0].rstrip("\r\n"),), problem)
            at = start + 1
            continue
        for line, row in rows:
            if any(v.strip() for v in row):
                width = width or len(row)
                yield Record(first + line, tuple(row))


def _piece(lines: list[str], at: int, layout: Layout) -> int:
    """End of the lines from ``at`` that can be read together: all up to the next quote left open, or one record with line ends in it."""
    if not layout.is_quoted:
        return len(lines)
    if lines[at].count('"') % 2:
        end = _closing(lines, at)
        return at + 1 if end is None else end + 1
    while at < len(lines) and lines[at].count('"') % 2 == 0:
        at += 1
    return at


def _split(lines: list[str], layout: Layout, *, strict: bool = False) -> list[tuple[int, list[str]]]:
    csv.field_size_limit(_LONGEST)
    if layout.is_quoted:
        reader = csv.reader(lines, delimiter=layout.separator, strict=strict)
    else:
        reader = csv.reader(lines, delimiter=layout.separator, quoting=csv.QUOTE_NONE)
    out, line = [], 0
    for row in reader:
        out.append((line, row))
        line = reader.line_num
    return out


def _is_slip(chunk: list[str], layout: Layout, width: int) -> bool:
    """Whether the lines behind the one that opens a quote are records of their own."""
    inside = chunk[1:-1] or chunk[1:]
    return sum(len(row) == width for one in inside for _, row in _split([one.replace('"', "")], layout)) > len(inside) / 2


def fold_name(name: str) -> str:
    """A column's name without case, accents, marks and spaces: ``ï»¿Country Code`` and ``country_code`` are one (``country_code``)."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.replace("\u00ef\u00bb\u00bf", "")) if not unicodedata.combining(c))
    return "_".join(re.findall(r"[^\W_]+", plain.casefold()))


def find_column(columns: Sequence[str], *names: str) -> str | None:
    """The first of ``names`` (folded) that the columns have, as the file writes it."""
    folded: dict[str, str] = {}
    for column in columns:
        folded.setdefault(fold_name(column), column)
    return next((folded[n] for n in names if n in folded), None)


def _is_quoted(text: str, separator: str) -> bool:
    """Whether double quotes enclose values: some do, and not most begin a value that nothing closes.

    Files with bars quote nothing, unless their header does.
    """
    if separator == "|":
        text = text.partition("\n")[0]
    if '"' not in text:
        return separator != "|"
    sep = re.escape(separator)
    enclosed = len(re.findall(rf'(?:^|{sep})[ ]?"(?:[^"]|"")*"(?=\r?$|{sep})', text, re.MULTILINE))
    opened = len(re.findall(rf'(?:^|{sep})[ ]?"', text, re.MULTILINE))
    return enclosed * 4 >= opened > 0


def _closing(lines: list[str], at: int) -> int | None:
    """The line at which a quote that ``lines[at]`` leaves open is closed: not so far that it must be a slip."""
    odd = True
    for n in range(at + 1, min(len(lines), at + 1 + _FAR)):
        odd ^= lines[n].count('"') % 2 == 1
        if not odd:
            return n
    return None


def _widths(text: str, layout: Layout, *, is_whole: bool) -> list[int]:
    rows = []
    for record in read_records(text, layout):
        rows.append(len(record.values) if record.problem is None else 1)
        if len(rows) > 60:
            return rows[:60]
    return rows if is_whole or len(rows) < 2 else rows[:-1]
