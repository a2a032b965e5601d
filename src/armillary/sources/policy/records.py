"""What every reader of policy sources yields, and the vocabulary of organisation types and countries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from armillary.sources.values.date import read_year
from armillary.sources.values.reading import Reading

ORGANISATION_TYPES = ("government", "igo", "think_tank", "ngo", "other")
_ALIASES = {
    "government": "government",
    "governmental": "government",
    "official": "government",
    "public": "government",
    "parliament": "government",
    "igo": "igo",
    "intergovernmental": "igo",
    "intergovernmental organisation": "igo",
    "intergovernmental organization": "igo",
    "international organisation": "igo",
    "international organization": "igo",
    "think tank": "think_tank",
    "thinktank": "think_tank",
    "ngo": "ngo",
    "non governmental organisation": "ngo",
    "non governmental organization": "ngo",
    "charity": "ngo",
    "other": "other",
}


@dataclass(frozen=True, slots=True)
class Citation:
    """One cited reference of a policy document as read: ``doi_raw`` as it stands, ``line`` in its file, document fields as given (text).

    ``reading`` is the one DOI that is meant, where ``doi_raw`` holds several.
    """

    line: int
    policy_id: str
    doi_raw: str | None
    group: str | None = None
    title: str | None = None
    organisation: str | None = None
    organisation_type: str | None = None
    country: str | None = None
    year: str | None = None
    cited_title: str | None = None
    reading: Reading[str] | None = None


@dataclass(frozen=True, slots=True)
class BrokenRecord:
    """A place in a file that could not be read at all."""

    line: int
    reason: str
    detail: str


def organisation_type(text: str | None) -> str | None:
    """The type in our vocabulary; None if the text is not known (the caller counts it as ``other`` and says so)."""
    key = " ".join(re.sub(r"[^a-z]+", " ", (text or "").split(">")[0].lower()).split())
    return _ALIASES.get(key)


def year_of(text: Any) -> int | None:
    """The year of a date of any precision; None for anything else (``in press``, ``0000``) and before 1600."""
    year = read_year(text if isinstance(text, (str, int, float)) else None).value
    return year if year is not None and year >= 1600 else None
