"""ROR id: nine characters, ``0`` and six of Crockford's base 32 and a checksum of two digits (ISO 7064, MOD 97-10)."""

from __future__ import annotations

import re

from armillary.sources.values.missing import is_missing
from armillary.sources.values.reading import Reading, refused

_SHAPE = re.compile(
    r"^(?:(?:https?:)?/{0,2}(?:www\.|api\.)?ror\.org/+(?:v\d/)?(?:organizations/)?|ror(?:\s*id)?\s*[:=]?\s*)*(0[a-hj-km-np-tv-z0-9]{6}\d{2})/*(?:[?#]\S*)?$"
)
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def checksum(seven: str) -> str:
    """The last two digits of a ROR id from its first seven characters."""
    number = 0
    for character in seven:
        number = number * 32 + _ALPHABET.index(character)
    return f"{98 - (number * 100) % 97:02d}"


def read_ror(text: str | None, *, check: bool = False) -> Reading[str]:
    """The id without resolver, in lower case. Reasons: ``ror-missing``, ``ror-malformed``, and with ``check`` ``ror-checksum``."""
    plain = (text or "").strip().strip("'\"<>()[]").strip().casefold()
    if is_missing(plain):
        return refused("ror-missing")
    found = _SHAPE.match(plain)
    if found is None or not plain.isascii():
        return refused("ror-malformed")
    if check and checksum(found[1][:7]) != found[1][7:]:
        return refused("ror-checksum")
    return Reading(found[1])
