"""A text -> its pieces, with their places, folded for look-up; a Chinese character is one piece."""

from __future__ import annotations

import re
import unicodedata

_TOKEN = re.compile(
    r"(?P<code>(?<![A-Za-z])(?:R\s?&\s?D|I\s?\+\s?D(?:\s?\+\s?i)?|F\s?&\s?E|R-D|S\s?&\s?[ET]|EE\.?\s?UU)(?![A-Za-z])\.?|\b(?:[A-Z]\.\s?){2,}|US\$|NT\$|[AC]\$)"
    r"|(?P<num>\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
    r"(?P<suffix>(?:st|nd|rd|th|er|ère|e|ème|ème|º|ª|°)(?![a-zA-Z]))?"
    r"|(?P<cjk>[\u3400-\u9fff])"
    r"|(?P<word>[^\W\d_\u3400-\u9fff]+)"
    r"|(?P<sym>[%％$€£¥₹])"
    r"|(?P<punct>[.,;:!?()\[\]，。；：、！？（）—–-])"
)


class Token:
    """A piece of the text with its place: ``kind`` num, word, cjk, sym or punct; ``key`` is folded for look-up."""

    __slots__ = ("end", "key", "kind", "start", "suffix", "text")

    def __init__(self, kind: str, text: str, key: str, start: int, end: int, suffix: str = "") -> None:
        self.kind, self.text, self.key, self.start, self.end, self.suffix = kind, text, key, start, end, suffix


def fold(word: str) -> str:
    """Lower case without accents."""
    plain = unicodedata.normalize("NFKD", word.casefold().replace("ø", "o").replace("ł", "l").replace("đ", "d").replace("æ", "ae"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def tokens(text: str) -> list[Token]:
    """Tokens in order; a Chinese character is one token."""
    out = []
    for m in _TOKEN.finditer(unicodedata.normalize("NFC", text)):
        kind = str(m.lastgroup) if m.lastgroup != "suffix" else "num"
        if kind == "code":
            out.append(Token("word", m[0], fold(re.sub(r"[\s.]", "", m[0])), m.start(), m.end()))
        elif kind == "num":
            out.append(Token("num", m["num"], m["num"], m.start(), m.end(), m["suffix"] or ""))
        else:
            out.append(Token(kind, m[0], "%" if m[0] == "％" else fold(m[0]), m.start(), m.end()))
    return out


def key_of(phrase: str) -> tuple[str, ...]:
    """The folded tokens of a phrase, without punctuation."""
    return tuple(t.key for t in tokens(phrase) if t.kind != "punct")
