"""ISSN (ISO 3297): ``1234-567X`` with its check digit."""

from __future__ import annotations

import re

from armillary.sources.values.missing import is_missing
from armillary.sources.values.reading import Reading, refused

_DASH = "[-\u2010-\u2015\u2212 ]?"
_MEDIUM = r"(?:print|online|electronic|linking|issn|e|p)"
_SHAPE = re.compile(
    rf"^(?:{_MEDIUM}\s*:?\s*)?(?:https?://)?(?:portal\.issn\.org/resource/)?(?:urn:)?(?:[ep]?-?issn(?:-l)?(?:\s*\((?:print|online|electronic|linking)\))?)?[\s:/]*(\d{{4}}){_DASH}(\d{{3}}[\dx])(?:\s*[(\[]?{_MEDIUM}[)\]]?)?$"
)
_SEPARATORS = re.compile(
    r"\s*[;|,]\s*|\s*\n\s*|(?<=\d{3}[\dXx])\s*/\s*(?=\d{4})"
    r"|(?<=[\dXx])\s+(?=\d{4}|[ep]?-?issn|print|online|electronic)|\s+/\s+",
    re.IGNORECASE,
)
_SPREADSHEET = re.compile(r"^(\d{4,7}[\dx])(?:\.0)?$")


def check_digit(seven: str) -> str:
    """The last character of an ISSN from its first seven digits."""
    return "0123456789X"[-sum((8 - place) * int(d) for place, d in enumerate(seven)) % 11]


def read_issn(text: str | None) -> Reading[str]:
    """``NNNN-NNNC`` in capitals. Leading zeros that a spreadsheet took away come back where the check digit agrees.

    Reasons: ``issn-missing``, ``issn-malformed``, ``issn-check-digit``.
    """
    plain = (text or "").strip().strip("'\"<>()[]").strip().casefold()
    if is_missing(plain):
        return refused("issn-missing")
    found = _SHAPE.match(plain)
    if found is not None:
        digits = (found[1] + found[2]).upper()
    elif (short := _SPREADSHEET.match(plain)) is not None:
        digits = short[1].upper().zfill(8)
    else:
        return refused("issn-malformed")
    if not digits.isascii() or digits[7] != check_digit(digits[:7]):
        return refused("issn-check-digit" if found is not None else "issn-malformed")
    issn = f"{digits[:4]}-{digits[4:]}"
    return Reading(issn, None, found is None)


def read_issns(cell: str | None) -> list[Reading[str]]:
    """All ISSNs of a cell; never empty (a cell without any gives one reading with a reason)."""
    parts = [p for p in _SEPARATORS.split((cell or "").strip().strip("[]")) if p]
    return [read_issn(p) for p in parts] or [refused("issn-missing")]
