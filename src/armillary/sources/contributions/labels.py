"""The grammar of a contribution statement, and the rule that makes a leader of an author's roles (METHODS 4.6)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from armillary.sources.contributions.mentions import ALL, END, START, TOKEN, UNKNOWN, Names
from armillary.sources.contributions.roles import credit_roles, roles_in

LEAD_ROLES = frozenset(
    {
        "conceptualization",
        "supervision",
        "project-administration",
        "funding-acquisition",
        "writing-original-draft",
        "writing-review-editing",
    }
)
"""Roles that direct and present research; all others support it."""
MIN_LEAD_ROLES = 2

_T = START + r"[\d,*?]*" + END
_GROUP = re.compile(
    rf"{_T}(?:(?:\s*(?:,|;(?=\s*(?:and\s*)?{_T}\s*(?:$|[;.]))|&|/|\band\b|\bas well as\b|\btogether with\b|"
    rf"\balong with\b)\s*)+{_T})*"
)
_HELPER = re.compile(
    r"(?:help|assist\w*|input|support|advice|contributions?|guidance|comments?|feedback|suggestions?|aid|co-writing|discussions?|involvement|participation)"
    r"[^.;:]{0,40}?\b(?:from|of|by|with)\s*(?:the\s*)?$|\b(?:helped|assisted|aided|supported)\s*$",
    re.IGNORECASE,
)
_WITH = re.compile(r"\bwith\s*(?:the\s*)?$", re.IGNORECASE)
_OPENERS = "The|This|These|In|All|Both|Each|Data|Experiments|Funding|Writing|Methodology|Investigation|Formal|Supervision|Project"
_UNDER = re.compile(r"under (?:the )?(?:supervision|guidance|direction|leadership|mentorship) (?:of|by|from)\s*(?:the\s*)?$", re.IGNORECASE)
_AGENT = re.compile(r"\bby\s*(?:the\s*)?$", re.IGNORECASE)
_OBJECT = re.compile(r"\b(?:from|of|to|for|between|than|like)\s*(?:the\s*)?$", re.IGNORECASE)


@dataclass(slots=True)
class AuthorRoles:
    """What one statement says of one author. ``shared`` are roles that it gives to all authors alike."""

    roles: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    is_mentioned: bool = False
    is_ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed statement: roles by author, clear mentions, mentions that fit nobody or several, clauses, clauses without a role."""

    authors: tuple[AuthorRoles, ...]
    clear_n: int
    lost_n: int
    clauses_n: int
    silent_n: int


def parse_statement(text: str | None, authors: Sequence[str]) -> Parsed:
    """Who did what. Never fails: what it cannot read it counts (``lost_n``, ``silent_n``)."""
    found = tuple(AuthorRoles() for _ in authors)
    if not text or not text.strip() or not authors:
        return Parsed(found, 0, 0, 0, 0)
    marked, clear, lost = Names(authors).mark(text)
    clauses = silent = 0
    for sentence in _sentences(marked):
        for numbers, roles, everybody in _clauses(sentence):
            clauses += 1
            silent += not roles
            for n in range(len(authors)) if everybody else numbers:
                found[n].shared.update(roles if everybody else ())
                found[n].roles.update(() if everybody else roles)
                found[n].is_mentioned |= not everybody
    for unclear in re.findall(START + re.escape(UNKNOWN) + r"([\d,]*)" + END, marked):
        for n in (int(x) for x in unclear.split(",") if x):
            found[n].is_ambiguous = True
    return Parsed(found, clear, lost, clauses, silent)


def _sentences(marked: str) -> list[str]:
    """Split at points and semicolons; initials are tokens by now, so a token that meets a token or a capital ends a sentence too."""
    marked = re.sub(rf"({_T})\s+(?={_T})", r"\1. ", marked)
    marked = re.sub(rf"({_T})\s+(?=(?:{_OPENERS})\b)", r"\1. ", marked)
    # "Role: A; B; C." keeps its semicolons only where nothing but authors stands between them
    parts = re.split(r"(?<![A-Z])\.(?:\s+|$)|;\s*(?:and\s+)?|\n", marked)
    return [p.strip() for p in parts if p.strip()]


def _clauses(sentence: str) -> list[tuple[list[int], frozenset[str], bool]]:
    """``(authors, roles, is_everybody)`` for each group of authors in a sentence."""
    groups = list(_GROUP.finditer(sentence))
    out: list[tuple[list[int], frozenset[str], bool]] = []
    head = sentence[: groups[0].start()] if groups else ""
    is_list = bool(re.search(r"[,:(=-]\s*$", head)) and bool(credit_roles(head))
    for k, group in enumerate(groups):
        before = sentence[groups[k - 1].end() if k else 0 : group.start()]
        after = sentence[group.end() : groups[k + 1].start() if k + 1 < len(groups) else len(sentence)]
        inside = TOKEN.findall(group[0])
        numbers = [int(t) for t in inside if t.isdigit()]
        if is_list:
            roles: frozenset[str] | None = credit_roles(before) or roles_in(before)
        else:
            roles = _roles_of(before, after, is_first=k == 0, is_last=k + 1 == len(groups))
        if roles is not None and (numbers or ALL in inside):
            out.append((numbers, roles, ALL in inside))
    return out


def _roles_of(before: str, after: str, *, is_first: bool, is_last: bool) -> frozenset[str] | None:
    if re.search(r"[:=]\s*$|[-:]\s*$", before) and is_first:
        return credit_roles(before) or roles_in(before)
    if re.match(r"\s*[:(=]", after) and not after.strip(" :(=").startswith(START):
        return credit_roles(after) or roles_in(after)
    if _UNDER.search(before):
        return frozenset({"supervision"})
    if _HELPER.search(before) and not is_first:
        return frozenset({"assistance"})
    if _AGENT.search(before):
        # "A drafted it, with revisions provided by B": only the last part has B as its agent
        return roles_in(re.split(r",\s*(?:and\s+|with\s+)?|\bwith\b", before)[-1]) or roles_in(before)
    if _WITH.search(before) and not is_first and not re.search(r"\w", after.replace("and", "")):
        return roles_in(before)  # "A wrote the paper with B"
    if _OBJECT.search(before) and not is_first:
        return None
    if is_first and not re.search(r"\w", after) and re.search(r"\w", before):
        return credit_roles(before) or roles_in(before)
    own = re.sub(r",?\s*\bwith[^,]{0,60}\b(?:from|of|by)\s*$|\bwith\s*$", "", after)
    if is_last or not re.search(r"\bby\s*$", own):
        return roles_in(own)
    # the words after it belong to a passive that names its own agent
    return roles_in(own.split(",")[0]) if "," in own else frozenset()


def label(author: AuthorRoles, *, min_lead_roles: int = MIN_LEAD_ROLES, count_shared: bool = False) -> bool | None:
    """Lead (True), support (False) or unknown (None).

    Lead takes ``min_lead_roles`` different lead roles. Roles given to "all authors" say nothing about who led and count only with
    ``count_shared``. Unknown: the statement does not name the author, names him by initials that fit several, or says nothing that
    we can read.
    """
    roles = author.roles | (author.shared if count_shared else set())
    if len(roles & LEAD_ROLES) >= min_lead_roles:
        return True
    if author.is_ambiguous or not (roles or author.shared) or (not author.is_mentioned and not count_shared):
        return None
    return False if roles else None
