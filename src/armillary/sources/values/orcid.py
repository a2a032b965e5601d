"""ORCID iD (ISO 27729): ``0000-0002-1825-0097`` with its check character (ISO 7064, MOD 11-2)."""

from __future__ import annotations

import re

from armillary.sources.values.missing import is_missing
from armillary.sources.values.reading import Reading, refused

_BEFORE = r"(?:https?:)?/{0,2}(?:www\.|pub\.|sandbox\.)?orcid\.org/+|orcid(?:\s*id)?\s*[:=]?\s*|https?://isni\.org/isni/"
_SHAPE = re.compile(rf"^(?:{_BEFORE})*(\d{{4}})([- ]?)(\d{{4}})\2(\d{{4}})\2(\d{{3}}[\dx])/*(?:[?#]\S*)?$")
_DASHES = re.compile("[\u2010-\u2015\u2212]")


def check_character(fifteen: str) -> str:
    """The last character of an ORCID iD from its first fifteen digits."""
    total = 0
    for digit in fifteen:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11]


def read_orcid(text: str | None) -> Reading[str]:
    """The iD without resolver, in groups of four. Reasons: ``orcid-missing``, ``orcid-malformed``, ``orcid-check-digit``."""
    plain = _DASHES.sub("-", (text or "").strip().strip("'\"<>()[]").strip().casefold())
    if is_missing(plain):
        return refused("orcid-missing")
    found = _SHAPE.match(plain)
    if found is None or not plain.isascii():
        return refused("orcid-malformed")
    digits = (found[1] + found[3] + found[4] + found[5]).upper()
    if digits == "0" * 16 or digits[15] != check_character(digits[:15]):
        return refused("orcid-check-digit")
    return Reading("-".join(digits[i : i + 4] for i in (0, 4, 8, 12)), None, found[2] != "-")
