"""From words to roles: the fourteen CRediT roles, and the phrases that stand for them in free text."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from armillary.registry import read_toml

CREDIT = (
    "conceptualization",
    "data-curation",
    "formal-analysis",
    "funding-acquisition",
    "investigation",
    "methodology",
    "project-administration",
    "resources",
    "software",
    "supervision",
    "validation",
    "visualization",
    "writing-original-draft",
    "writing-review-editing",
)
"""The roles of the Contributor Roles Taxonomy."""
OTHER = ("discussion", "assistance")
"""Two that free text has and the taxonomy has not; both are support."""


@cache
def _phrases() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Role and pattern of each phrase, in order (registry/contributions/phrases.toml)."""
    table = read_toml("contributions", "phrases.toml")
    shared = {f"{{{name}}}": table[name] for name in ("paper", "study")}
    out = []
    for entry in table["phrase"]:
        pattern = "|".join(entry["any"])
        for name, words in shared.items():
            pattern = pattern.replace(name, words)
        out.append((str(entry["role"]), re.compile(pattern, re.IGNORECASE)))
    return tuple(out)


_CREDIT_NAME = {
    re.compile(pattern, re.IGNORECASE): role
    for pattern, role in (
        (r"conceptuali[sz]ation", "conceptualization"),
        (r"data curation", "data-curation"),
        (r"formal analysis", "formal-analysis"),
        (r"funding(?: acquisition)?", "funding-acquisition"),
        (r"investigations?", "investigation"),
        (r"methodology", "methodology"),
        (r"project (?:administration|management)", "project-administration"),
        (r"resources", "resources"),
        (r"software", "software"),
        (r"supervision", "supervision"),
        (r"validation", "validation"),
        (r"visuali[sz]ation", "visualization"),
        (r"writing\s*\W*\s*(?:original )?draft\w*(?: preparation)?", "writing-original-draft"),
        (r"\bwriting\b", "writing-original-draft"),
        (r"writing\s*\W*\s*review\w*(?:\s*(?:and|&|,)\s*edit\w*)?|review (?:and|&) editing", "writing-review-editing"),
    )
}


_DENIED = re.compile(
    r"\b(?:(?:did|do|does|was|were|is|are|has|have|had|could)\s*(?:not|n['\u2019]t)|(?:had|has|have|played|with)\s+no|took\s+no|without|neither|never)\b[^,;.]*",
    re.IGNORECASE,
)
"""What a statement says that somebody did not do."""


@lru_cache(maxsize=100_000)
def roles_in(text: str) -> frozenset[str]:
    """Roles that a stretch of text without names stands for; empty if none is recognised.

    Each phrase is used up by the first role that fits, so "helped to write the paper" is not also "wrote". ``assistance`` stands only
    where nothing else does.
    """
    found: set[str] = set()
    rest = _DENIED.sub(" ", text)
    for role, pattern in _phrases():
        if role == "assistance" and found:
            break
        if pattern.search(rest):
            found.add(role)
            rest = pattern.sub(" ", rest)
    return frozenset(found)


@lru_cache(maxsize=100_000)
def credit_roles(text: str) -> frozenset[str]:
    """CRediT roles named as such (``Conceptualization, Writing - original draft``)."""
    found: set[str] = set()
    rest = text
    for pattern, role in sorted(_CREDIT_NAME.items(), key=lambda p: -len(p[0].pattern)):
        if pattern.search(rest):
            found.add(role)
            rest = pattern.sub(" ", rest)
    return frozenset(found)
