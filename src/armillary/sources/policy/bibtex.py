"""BibTeX, read with patience: a broken entry is reported and reading goes on at the next one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from armillary.sources.policy.records import BrokenRecord

_START = re.compile(r"@[ \t]*([A-Za-z]+)\s*[{(]")
_LINE_START = re.compile(r"^[ \t]*@[ \t]*([A-Za-z]+)\s*[{(]", re.MULTILINE)
_KEY = re.compile(r"([^,={}\"]*?)\s*(,|(?=[})]))")
_FIELD = re.compile(r"[\s,]*([A-Za-z][\w:+.-]*)\s*=\s*")
_JOIN = re.compile(r"\s*#\s*")
_END = re.compile(r"[\s,]*[})]")
_INSIDE = 4
"""How many times an @ that begins a line may stand within the values of one entry."""
_RAW = ("doi", "url", "ee", "link")
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
class BibtexEntry:
    """One entry: line of its @, type and field names in lower case, values as plain text (except DOIs and addresses: as they stand)."""

    line: int
    type: str
    key: str
    fields: dict[str, str]


class _Unclosed(Exception):
    pass


def looks_like_bibtex(text: str) -> bool:
    """Whether a text holds a BibTeX entry: one that begins a line, before anything else but comments."""
    found = _LINE_START.search(text)
    return found is not None and all(x.lstrip().startswith("%") or not re.search(r"[,;\t|]", x) for x in text[: found.start()].splitlines())


def read_bibtex(text: str) -> Iterator[BibtexEntry | BrokenRecord]:
    """The entries of a bibliography in order; unreadable ones as :class:`BrokenRecord`.

    An entry may stand on any line and share it with others. Where one is not closed, reading goes on at the next that begins a line.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    macros: dict[str, str] = {}
    line, counted, at = 1, 0, 0
    while (start := _START.search(text, at)) is not None:
        before = text[max(at, text.rfind("\n", 0, start.start()) + 1) : start.start()]
        if "%" in before:
            at = start.end()
            continue
        line += text.count("\n", counted, start.start())
        counted = start.start()
        entry, at = _entry(text, start, line, macros)
        if entry is not None:
            yield entry


def _entry(text: str, start: re.Match[str], line: int, macros: dict[str, str]) -> tuple[BibtexEntry | BrokenRecord | None, int]:
    """The entry that begins at ``start`` (None if it is none of a work), and where to read on."""
    kind = start.group(1).lower()
    following = _LINE_START.search(text, start.end())
    limit = following.start() if following else len(text)
    for _ in range(_INSIDE):
        try:
            return _parsed(text[start.end() : limit], start, kind, line, macros)
        except _Unclosed:
            # an @ at the start of a line may stand within a value; if what begins there is an entry of its own, this one is broken
            if following is None or _is_entry(text, following):
                break
            following = _LINE_START.search(text, following.end())
            limit = following.start() if following else len(text)
    if kind in _SKIPPED:
        return None, start.end()
    what = f"{start.group().strip()}{text[start.end() : start.end() + 40].split(chr(10))[0].strip()}"
    resume = _LINE_START.search(text, start.end())
    end = resume.start() if resume else len(text)
    return BrokenRecord(line, "bibtex-unreadable", f"a brace or quotation mark is not closed: {what}"), end


def _parsed(body: str, start: re.Match[str], kind: str, line: int, macros: dict[str, str]) -> tuple[BibtexEntry | BrokenRecord | None, int]:
    if kind in ("comment", "preamble"):
        return None, start.end() + _until(body, 0, _STOP, "}")[1] if start.group()[-1] == "{" else start.end()
    key = _KEY.match(body)
    if kind == "string":
        fields, end = _fields(body, macros)
        macros.update({k.lower(): v for k, v in fields.items()})
        return None, start.end() + end
    if key is None or not key.group(2):
        fields, end = _fields(body, macros, key.end() if key else 0)
        if not fields:
            what = f"{start.group().strip()}{body[:40].split(chr(10))[0].strip()}"
            return BrokenRecord(line, "bibtex-unreadable", f"entry without fields: {what}"), start.end() + end
        name = ""
    else:
        fields, end = _fields(body, macros, key.end())
        name = key.group(1).strip()
    values = {k: v if k in _RAW else untagged(v) for k, v in fields.items()}
    return BibtexEntry(line, kind, name, values), start.end() + end


def _is_entry(text: str, start: re.Match[str]) -> bool:
    """Whether an entry with fields begins here and is closed before the next."""
    following = _LINE_START.search(text, start.end())
    try:
        found, _ = _parsed(text[start.end() : following.start() if following else len(text)], start, start.group(1).lower(), 0, {})
    except _Unclosed:
        return bool(re.match(r"\s*[^\s,{}=\"]+\s*,\s*[A-Za-z][\w-]*\s*=\s*[{\"\d]", text[start.end() : start.end() + 200]))
    return found is None or isinstance(found, BibtexEntry)


def _fields(body: str, macros: dict[str, str], at: int = 0) -> tuple[dict[str, str], int]:
    """``name = value`` pairs up to the closing brace of the entry, and where it ends. The first of two fields with one name counts."""
    out: dict[str, str] = {}
    while (match := _FIELD.match(body, at)) is not None:
        at = match.end()
        parts = []
        while True:
            part, at = _value(body, at, macros)
            parts.append(part)
            joined = _JOIN.match(body, at)
            if joined is None:
                break
            at = joined.end()
        out.setdefault(match.group(1).lower(), "".join(parts))
    end = _END.match(body, at)
    if end is None:
        raise _Unclosed
    return out, end.end()


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


def untagged(text: str) -> str:
    """LaTeX accents and commands as characters, braces and extra spaces gone."""
    if "\\" in text:
        text = _ACCENT.sub(lambda m: unicodedata.normalize("NFC", m.group(2).lstrip("\\") + _ACCENTS[m.group(1)]), text)
        text = _COMMAND.sub(lambda m: _LETTERS.get(m.group(1), ""), text)
        text = re.sub(r"\\(.)", r"\1", text)
    return " ".join(text.replace("{", "").replace("}", "").replace("~", " ").split())
