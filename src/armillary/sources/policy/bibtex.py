"""BibTeX, read with patience: a broken entry is reported and reading goes on at the next one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from armillary.sources.policy.records import Broken

_START = re.compile(r"^[ \t]*@[ \t]*([A-Za-z]+)[ \t]*[{(]", re.MULTILINE)
_FIELD = re.compile(r"[\s,]*([A-Za-z][\w:+.-]*)\s*=\s*")
_STOP = re.compile(r"[{}\\]")
_QUOTE_STOP = re.compile(r'[{}\\"]')
_BARE = re.compile(r"[^\s,{}\"#()=]+")
_ACCENTS = {
    "'": "\u0301",
    "`": "\u0300",
    "^": "\u0302",
    '"': "\u0308",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    "u": "\u0306",
    "v": "\u030c",
    "H": "\u030b",
    "c": "\u0327",
    "k": "\u0328",
    "r": "\u030a",
    "d": "\u0323",
    "b": "\u0331",
}
_LETTERS = {
    "ss": "ß",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "aa": "å",
    "AA": "Å",
    "i": "i",
    "j": "j",
    "textendash": "–",
    "textemdash": "—",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "textquoteright": "’",
    "textquoteleft": "‘",
    "textdegree": "°",
    "textregistered": "®",
    "texttimes": "×",
    "textasciitilde": "~",
}
_ACCENT = re.compile(r"\\([\"'`^~=.]|[uvHckrdb](?![A-Za-z]))\s*\{?\s*(\\[ij]|[A-Za-z])\s*\}?")
_COMMAND = re.compile(r"\\([A-Za-z]+)\s*(?:\{\})?")
_SKIPPED = {"comment", "preamble", "string"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: line of its @, type and field names in lower case, values as plain text (except ``doi`` and ``url``: as they stand)."""

    line: int
    type: str
    key: str
    fields: dict[str, str]


class _Unclosed(Exception):
    pass


def read_bibtex(text: str) -> Iterator[Entry | Broken]:
    """The entries of a bibliography in order; unreadable ones as :class:`Broken`."""
    starts = list(_START.finditer(text))
    line, counted = 1, 0
    macros: dict[str, str] = {}
    for number, start in enumerate(starts):
        at = start.start() + len(start.group()) - len(start.group().lstrip())
        line += text.count("\n", counted, at)
        counted = at
        kind = start.group(1).lower()
        limit = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        body = text[start.end() : limit]
        try:
            if kind == "string":
                macros.update({k.lower(): v for k, v in _fields(body, macros).items()})
            if kind in _SKIPPED:
                continue
            key, comma, rest = body.partition(",")
            if not comma:
                yield Broken(line, "bibtex-unreadable", f"entry without fields: {start.group().strip()}{key.strip()[:40]}")
                continue
            fields = _fields(rest, macros)
        except _Unclosed:
            yield Broken(line, "bibtex-unreadable", f"a brace or quotation mark is not closed: {start.group().strip()}{body[:40].strip()}")
            continue
        yield Entry(line, kind, key.strip(), {k: v if k in ("doi", "url") else plain(v) for k, v in fields.items()})


def _fields(body: str, macros: dict[str, str]) -> dict[str, str]:
    """``name = value`` pairs up to the closing brace of the entry. The first of two fields with one name counts."""
    out: dict[str, str] = {}
    at = 0
    while (match := _FIELD.match(body, at)) is not None:
        at = match.end()
        parts = []
        while True:
            part, at = _value(body, at, macros)
            parts.append(part)
            joined = re.compile(r"\s*#\s*").match(body, at)
            if joined is None:
                break
            at = joined.end()
        out.setdefault(match.group(1).lower(), "".join(parts))
    if not re.compile(r"[\s,]*[})]").match(body, at):
        raise _Unclosed
    return out


def _value(body: str, at: int, macros: dict[str, str]) -> tuple[str, int]:
    if body[at : at + 1] == "{":
        return _until(body, at + 1, _STOP, "}")
    if body[at : at + 1] == '"':
        return _until(body, at + 1, _QUOTE_STOP, '"')
    match = _BARE.match(body, at)
    if match is None:
        raise _Unclosed
    return macros.get(match.group().lower(), match.group()), match.end()


def _until(body: str, start: int, stops: re.Pattern[str], end: str) -> tuple[str, int]:
    depth, at = 0, start
    while (stop := stops.search(body, at)) is not None:
        at = stop.end()
        mark = stop.group()
        if mark == "\\":
            at += 1
        elif mark == end and depth == 0:
            return body[start : stop.start()], at
        elif mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth < 0:
                raise _Unclosed
    raise _Unclosed


def plain(text: str) -> str:
    """LaTeX accents and commands as characters, braces and extra spaces gone."""
    if "\\" in text:
        text = _ACCENT.sub(lambda m: unicodedata.normalize("NFC", m.group(2).lstrip("\\") + _ACCENTS[m.group(1)]), text)
        text = _COMMAND.sub(lambda m: _LETTERS.get(m.group(1), ""), text)
        text = re.sub(r"\\(.)", r"\1", text)
    return " ".join(text.replace("{", "").replace("}", "").replace("~", " ").split())
