"""OpenAlex ids, DOIs, ORCIDs and ROR ids: from links to what core stores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

import pyarrow as pa
import pyarrow.compute as pc

_LINK = "https://openalex.org/"
_ID = re.compile(r"(?:^|/)[A-Za-z]?(\d{1,18})/?$", re.ASCII)
_DOI = re.compile(r"(10\.\S+)", re.DOTALL)


def number(link: str | int | None) -> int | None:
    """The digits of an OpenAlex id in any of its spellings, or None.

    ``https://openalex.org/W12``, ``W12``, ``.../works/w12`` and ``.../fields/12`` all give 12.
    """
    if link is None:
        return None
    if isinstance(link, int):
        return link if 0 <= link < 2**63 else None
    match = _ID.search(link)
    return int(match[1]) if match else None


institution_number = lru_cache(2**17)(number)
"""A hundred thousand distinct links in billions of mentions."""
funder_number = lru_cache(2**16)(number)
level_number = cache(number)
"""A few hundred distinct links in hundreds of millions of records."""


def numbers(links: Sequence[str | None] | pa.Array, letters: str) -> tuple[pa.Array, int]:
    """Ids of ``links`` as 64-bit integers, converted in bulk, and how many links were no ids (null in the result).

    ``letters``: the letters that an ordinary id may have after ``https://openalex.org/`` (``W``, or ``SV`` for sources once called venues).
    """
    strings = links if isinstance(links, pa.Array) else pa.array(links, pa.string())
    if strings.null_count == len(strings):
        return pa.nulls(len(strings), pa.int64()), 0
    usual = pc.starts_with(strings, _LINK + letters[0])
    for letter in letters[1:]:
        usual = pc.or_(usual, pc.starts_with(strings, _LINK + letter))
    if not pc.all(usual).as_py():
        good = pc.fill_null(usual, False)
        if pc.any(good).as_py():  # one link in another spelling does not make all the others slow
            rest = pc.invert(good)
            fast, odd = numbers(strings.filter(good), letters)
            slow, more = numbers(strings.filter(rest), letters)
            out = pc.replace_with_mask(pa.nulls(len(strings), pa.int64()), good, fast)
            return pc.replace_with_mask(out, rest, slow), odd + more
    else:
        try:
            digits = pc.cast(pc.binary_slice(strings.cast(pa.binary()), len(_LINK) + 1, 64), pa.string())
            found = pc.cast(digits, pa.int64())
        except pa.ArrowInvalid:
            pass
        else:  # Arrow reads hexadecimal numbers and 19 digits as well
            if pc.all(pc.ascii_is_decimal(digits)).as_py() and pc.max(found).as_py() < 10**18:
                return found, 0
    texts = strings.to_pylist()
    slow = [number(text) for text in texts]
    odd = sum(a is None and b is not None for a, b in zip(slow, texts, strict=True))
    return pa.array(slow, pa.int64()), odd


def doi(text: str | None) -> str | None:
    """A DOI in lower case without resolver or ``doi:`` before it; None if there is none in the text."""
    if not text:
        return None
    if text[:16] == "https://doi.org/" and text[16:19] == "10.":
        return text[16:].lower()
    match = _DOI.search(text)
    return match[1].lower() if match else None


def orcid(text: str | None) -> str | None:
    """An ORCID iD without resolver."""
    return (text.rstrip("/").rpartition("/")[2] or None) if text else None


def ror(text: str | None) -> str | None:
    """A ROR id without resolver."""
    return (text.rstrip("/").rpartition("/")[2].lower() or None) if text else None
