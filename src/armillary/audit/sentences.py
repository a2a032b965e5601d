"""Text into sentences that know where they stand: offsets count characters of the text as read (for HTML: of the text without tags)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from armillary.errors import InputError

_ABBREVIATIONS = (
    "U.S",
    "U.K",
    "U.N",
    "No",
    "Dr",
    "Mr",
    "Mrs",
    "Ms",
    "Prof",
    "St",
    "Inc",
    "Ltd",
    "Co",
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Sept",
    "Oct",
    "Nov",
    "Dec",
    "vs",
    "etc",
    "e.g",
    "i.e",
    "al",
    "approx",
    "Fig",
    "VOL",
    "Vol",
)
_END = re.compile(r"[。！？]+[”’」』）]*|[.!?]+[\"'”’)\]]*(?=\s+[\"'“‘«¿¡(]?[A-Z0-9ÄÖÜÉÈÀÇÁÍÓÚÑ])|\n[ \t]*\n+|\n(?=[ \t]*[-*•#])")
_QUIET = ("script", "style", "head", "nav", "footer", "noscript", "template")
_BLOCKS = (
    "p",
    "div",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "br",
    "tr",
    "td",
    "th",
    "section",
    "article",
    "blockquote",
    "ul",
    "ol",
    "table",
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with its offsets: ``text[start:end]``."""

    start: int
    end: int
    text: str

    @property
    def clean(self) -> str:
        """The sentence on one line."""
        return " ".join(self.text.split())


def read_text(path: Path) -> str:
    """The text of a ``.txt``, ``.md`` or ``.html`` file; raises InputError for anything that is not text."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError("there is no such file", where=path, fix="give a .txt, .md or .html file") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path, fix="give a .txt, .md or .html file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", where=path, fix="save the text as UTF-8") from None
    if path.suffix.lower() in (".html", ".htm", ".xhtml"):
        reader = _Plain()
        reader.feed(text)
        reader.close()
        return "".join(reader.parts)
    return text


def sentences(text: str) -> list[Sentence]:
    """Sentences and headings of a text, in order; offsets never overlap and together hold every character that is not white space."""
    found: list[Sentence] = []
    start = 0
    for match in _END.finditer(text):
        stop = match.end()
        if match[0][0] == "." and _is_abbreviation(text[start : match.start()]):
            continue
        _add(found, text, start, stop)
        start = stop
    _add(found, text, start, len(text))
    return found


def _is_abbreviation(before: str) -> bool:
    word = re.search(r"[\w.]+$", before)
    return word is not None and (word[0] in _ABBREVIATIONS or (len(word[0]) == 1 and word[0].isupper()))


def _add(found: list[Sentence], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    if right > left:
        found.append(Sentence(left, right, text[left:right]))


class _Plain(HTMLParser):
    """Text without tags; blocks become blank lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _QUIET:
            self._quiet += 1
        if tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _QUIET:
            self._quiet = max(0, self._quiet - 1)
        if tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.parts.append(data)
