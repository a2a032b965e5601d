"""A DOI as people and exports write it -> the DOI, or the reason why it is none.

What can be mended without guessing is mended (resolver prefixes, LaTeX and URL escapes, stray spaces after the slash, text behind the DOI);
what would need a guess is refused.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import unquote

_PREFIX = re.compile(r"^(?:(?:https?:)?//(?:dx\.|www\.)?doi\.org/|doi\.org/|(?:info:|urn:)?doi[:\s=]+)+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LATEX = re.compile(r"\\([_%&#$])|\{\\([_%&#$])\}|\$([<>])\$")
_SLASH = re.compile(r"(?<=\d)\s*/\s+|(?<=\d)\s+/\s*")
_SHAPE = re.compile(r"10\.\d{4,9}(?:\.\d+)*/\S+")
_ISSUE_TAIL = re.compile(r"@10\.\d{4,9}/\S*$")
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
# Elsevier's pattern j.<journal>.<year>.<month>.<number> cut before the number: no work has this DOI
_CUT = re.compile(r"10\.1016/j\.[a-z]+\.\d{4}(?:\.\d{2})?$")


@dataclass(frozen=True, slots=True)
class Reading:
    """``doi`` if it is one, else ``reason``; ``is_repaired`` if more than case and prefix was changed."""

    doi: str | None
    reason: str | None = None
    is_repaired: bool = False


def read_doi(raw: str | None) -> Reading:
    """Read one DOI. Reasons: ``doi-missing``, ``doi-malformed`` (nothing in it has the shape), ``doi-incomplete`` (cut off)."""
    text = _INVISIBLE.sub("", raw or "").strip().lower().strip("{}").strip()
    if not text or text in ("na", "n/a", "none", "null", "-"):
        return Reading(None, "doi-missing")
    plain = _PREFIX.sub("", text)
    mended = _LATEX.sub(lambda m: next(g for g in m.groups() if g), html.unescape(plain))
    if "%" in mended:
        mended = unquote(mended)
    mended = _SLASH.sub("/", mended.replace("\u00a0", " "))
    match = _SHAPE.search(mended)
    if match is None:
        cut = re.search(r"(?:^|\s)10\.\d{4,9}(?:\.\d+)*/?\s*$", mended)
        return Reading(None, "doi-incomplete" if cut else "doi-malformed")
    found = _trim(_ISSUE_TAIL.sub("", match.group()))
    suffix = found.partition("/")[2]
    if not re.search(r"[^\W_]", suffix) or suffix.endswith("-") or _CUT.match(found):
        return Reading(None, "doi-incomplete")
    return Reading(found, None, found != plain)


def _trim(text: str) -> str:
    """Without closing marks that belong to the sentence around it; a bracket stays where its partner is inside."""
    while text:
        last = text[-1]
        if last in ".,;:'\"\u201d\u2019|*" or (last in _PAIRS and text.count(last) > text.count(_PAIRS[last])):
            text = text[:-1]
        else:
            return text
    return text
