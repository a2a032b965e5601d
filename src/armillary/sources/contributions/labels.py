"""The grammar of a contribution statement, and the rule that makes a leader of an author's roles (METHODS 4.6)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from armillary.sources.contributions import degrees
from armillary.sources.contributions.degrees import credit_roles, roles_in
from armillary.sources.contributions.mentions import ALL, END, START, TOKEN, UNKNOWN, Names

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

_T = START + r"[\d,*?]*" + END + rf"(?:\s*{degrees.MARK}[les])?"
_GROUP = re.compile(
    rf"{_T}(?:(?:\s*(?:,|;(?=\s*(?:and\s*)?{_T}\s*(?:$|[;.]))|&|/|\band\b|\bas well as\b|\btogether with\b|"
    rf"\balong with\b)\s*)+{_T})*"
)
_AUTHOR_FIRST = re.compile(rf"\s*{_T}(?:\s*(?:,|&|\band\b)+\s*{_T})*\s*[:=-]")
_ONLY_PEOPLE = re.compile(rf"\s*{_T}(?:\s*(?:,|&|\band\b)+\s*{_T})*\s*")
_ROLE_FIRST = re.compile(rf"[^\W\d_]\s*[:=]\s*{_T}(?:\s*(?:,|&|\band\b)+\s*{_T})*\s*$")
_WITH_DEGREE = re.compile(TOKEN.pattern + rf"(?:\s*{degrees.MARK}([les]))?")
_HELPER = re.compile(
    r"(?:help|assist\w*|input|support|advice|contributions?|guidance|comments?|feedback|suggestions?|aid|co-writing|discussions?|involvement|participation)"
    r"[^.;:]{0,40}?\b(?:from|of|by|with)\s*(?:the\s*)?$|\b(?:helped|assisted|aided|supported)\s*$",
    re.IGNORECASE,
)
_WITH = re.compile(r"\bwith\s*(?:the\s*)?$", re.IGNORECASE)
_OPENERS = (
    "The|This|These|In|All|Both|Each|Data|Experiments|Funding|Writing|Methodology|Investigation|Formal|Supervision|Project|"
    "Conceptuali[sz]ation|Resources|Software|Validation|Visuali[sz]ation|Review"
)
_EQUALLY = re.compile(
    r"(?:\b(?:have|has|had)\s+)?\b(?:contributed|contributing|contribute)\s+equally(?:\s+(?:to|in|for|on)\s+(?:this|the|our)\s+(?:present\s+|current\s+)?"
    r"(?:work|study|paper|manuscript|article|project|research|publication|report)\b)?(?:\s+(?:as|and\s+(?:are|share|should))\s+[^.;,]*"
    r"(?:first|last|senior|corresponding)\s*-?\s*auth\w+)?"
    r"|\b(?:are|is|were|as|share|shared|sharing|should be (?:considered|regarded)(?: as)?)\s+(?:the\s+)?(?:joint|co|shared|equal)?\s*-?\s*"
    r"(?:first|last|senior|corresponding)\s*-?\s*auth(?:ors?(?:hip)?)\b|\b(?:made|with)\s+(?:an\s+)?equal\s+contributions?\b"
    r"|\bequal(?:ly)?[ -]+(?:first\s+)?contribut(?:ions?|ors?|ing)\b",
    re.IGNORECASE,
)
"""Sentences about credit for being first, which name no role: nothing follows from them about who led."""
_UNDER = re.compile(r"under (?:the )?(?:supervision|guidance|direction|leadership|mentorship) (?:of|by|from)\s*(?:the\s*)?$", re.IGNORECASE)
_AGENT = re.compile(r"\bby\s*(?:the\s*)?$", re.IGNORECASE)
_OBJECT = re.compile(r"\b(?:from|of|to|for|between|than|like)\s*(?:the\s*)?$", re.IGNORECASE)


@dataclass(slots=True)
class AuthorRoles:
    """What one statement says of one author. ``shared`` are roles that it gives to all authors alike, ``supporting`` those of ``roles``
    that it calls supporting everywhere: they make no leader."""

    roles: set[str] = field(default_factory=set)
    supporting: set[str] = field(default_factory=set)
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
    marked = degrees.mark(_EQUALLY.sub(" ", marked))
    clauses = silent = 0
    full: list[set[str]] = [set() for _ in authors]
    for sentence in _sentences(marked):
        if not re.search(r"[^\W\d_]{2}", _GROUP.sub(" ", sentence).replace(" and ", " ")):
            for n in (int(t) for t in TOKEN.findall(sentence) if t.isdigit()):
                found[n].is_mentioned = True
            continue
        for people, roles, everybody in _clauses(sentence):
            clauses += 1
            silent += not roles
            plain = {degrees.role_of(r) for r in roles}
            if everybody:
                for author in found:
                    author.shared.update(plain)
                continue
            for n, degree in people:
                found[n].roles.update(plain)
                found[n].is_mentioned = True
                full[n].update(() if degree == "s" else (r for r in roles if not degrees.is_supporting(r)))
    for author, sure in zip(found, full, strict=True):
        author.supporting = author.roles - sure
    for unclear in re.findall(START + re.escape(UNKNOWN) + r"([\d,]*)" + END, marked):
        for n in (int(x) for x in unclear.split(",") if x):
            found[n].is_ambiguous = True
    return Parsed(found, clear, lost, clauses, silent)


def _sentences(marked: str) -> list[str]:
    """Split at points and semicolons; initials are tokens by now, so a token that meets a token or a capital ends a sentence too."""
    marked = re.sub(rf"({_T})(?<=[les])\s+(?={_T})", r"\1, ", marked)  # a degree stands between them, and no point
    marked = re.sub(rf"({_T})\s+(?={_T})", r"\1. ", marked)
    marked = re.sub(rf"({_T})\s+(?=(?:{_OPENERS})\b)", r"\1. ", marked)
    out: list[str] = []
    for sentence in re.split(r"(?<![A-Z])\.(?:\s+|$)|\n", marked):
        # "Role: A; B; C." keeps its semicolons only where nothing but authors stands between them, "A: role; role." as well
        is_list = bool(_AUTHOR_FIRST.match(sentence))
        for part in re.split(r";\s*(?:and\s+)?", sentence):
            if (is_list and out and part.strip() and START not in part) or (
                out and _ONLY_PEOPLE.fullmatch(part) and _ROLE_FIRST.search(out[-1])
            ):
                out[-1] += f", {part.strip()}"
            elif part.strip():
                out.append(part.strip())
                is_list = bool(_AUTHOR_FIRST.match(part))
    return out


def _clauses(sentence: str) -> list[tuple[list[tuple[int, str]], frozenset[str], bool]]:
    """``(authors with degrees, roles, is_everybody)`` for each group of authors in a sentence."""
    groups = list(_GROUP.finditer(sentence))
    out: list[tuple[list[tuple[int, str]], frozenset[str], bool]] = []
    head = sentence[: groups[0].start()] if groups else ""
    is_list = bool(re.search(r"[,:(=-]\s*$", head)) and bool(credit_roles(head))
    for k, group in enumerate(groups):
        before = sentence[groups[k - 1].end() if k else 0 : group.start()]
        after = sentence[group.end() : groups[k + 1].start() if k + 1 < len(groups) else len(sentence)]
        inside = _WITH_DEGREE.findall(group[0])
        people = [(int(t), degree) for t, degree in inside if t.isdigit()]
        is_all = any(t == ALL for t, _ in inside)
        if is_list:
            roles: frozenset[str] | None = credit_roles(before) or roles_in(before)
        else:
            roles = _roles_of(before, after, is_first=k == 0, is_last=k + 1 == len(groups))
        if roles is not None and (people or is_all):
            out.append((people, roles, is_all))
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

    Lead takes ``min_lead_roles`` different lead roles, not counting those that the statement calls supporting.
    Roles given to "all authors" say nothing about who led and count only with
    ``count_shared``. Unknown: the statement does not name the author, names him by initials that fit several, or says nothing that
    we can read.
    """
    roles = author.roles | (author.shared if count_shared else set())
    leading = (author.roles - author.supporting) | (author.shared if count_shared else set())
    if len(leading & LEAD_ROLES) >= min_lead_roles:
        return True
    if author.is_ambiguous or not (roles or author.shared) or (not author.is_mentioned and not count_shared):
        return None
    return False if roles else None
