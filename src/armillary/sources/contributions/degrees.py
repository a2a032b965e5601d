"""Degrees of contribution (CRediT: lead, equal, supporting) behind a role or a person.

A degree becomes a mark without brackets, so that they do not cut the grammar; a supporting role carries it in its name until counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from armillary.sources.contributions import roles

MARK = "\x03"
"""Followed by ``l``, ``e`` or ``s``."""

_WORD = r"(?P<{0}>(?:co-?)?lead(?:ing|er)?|equal(?:ly)?|support(?:ing|ed|ive)?|minor)(?:\s+(?:role|contribut\w+|part))?"
_BRACKETS = re.compile(r"\s*[(\[{]\s*" + _WORD.format("one") + r"\s*[)\]}]", re.IGNORECASE)
_DASH = re.compile(r"\s*(?:-|:)\s*" + _WORD.format("one") + r"(?=\s*(?:[,;.]|and\b|$))", re.IGNORECASE)
_WRITING = re.compile(r"\bwriting\s*[,:]\s*(?=review|original|edit)", re.IGNORECASE)
_SUPPORTING = "~"


def mark(text: str) -> str:
    """The text with marks in place of degrees: ``(lead)``, ``[equal]``, ``- supporting``."""
    return _DASH.sub(_letter, _BRACKETS.sub(_letter, text))


def credit_roles(text: str) -> frozenset[str]:
    """As :func:`roles.credit_roles`; roles marked as supporting carry it in their name."""
    return _graded(text, roles.credit_roles)


def roles_in(text: str) -> frozenset[str]:
    """As :func:`roles.roles_in`; roles marked as supporting carry it in their name."""
    return _graded(text, roles.roles_in)


def role_of(role: str) -> str:
    """The role without its degree."""
    return role.removesuffix(_SUPPORTING)


def is_supporting(role: str) -> bool:
    """Whether the role is marked as supporting."""
    return role.endswith(_SUPPORTING)


def _letter(match: re.Match[str]) -> str:
    word = match["one"].casefold()
    return f" {MARK}{'l' if 'lead' in word else 'e' if word.startswith('equal') else 's'}"


def _graded(text: str, read: Callable[[str], frozenset[str]]) -> frozenset[str]:
    if MARK not in text:
        return read(text)
    whole = _WRITING.sub("writing - ", text)
    full: set[str] = set()
    supporting: set[str] = set()
    for part in re.split(r"[,;]", whole):
        found = read(re.sub(f"{MARK}[les]", " ", part))
        (supporting if f"{MARK}s" in part else full).update(found)
    full.update(read(re.sub(f"{MARK}[les]", " ", whole)) - supporting)
    return frozenset(full | {f"{r}{_SUPPORTING}" for r in supporting - full})
