"""What several texts say about the same thing: one list under two names, one figure carried to another edition, texts that disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from armillary.audit.language import Article
from armillary.audit.outcome import when
from armillary.audit.verdict import Verdict

Finding = Literal["two-names", "carried-over", "disagree"]


@dataclass(frozen=True)
class Consistency:
    """One observation about a pair of claims."""

    kind: Finding
    claims: tuple[str, str]
    says: str


def compare_texts(verdicts: Sequence[Verdict], articles: Mapping[str, Article]) -> list[Consistency]:
    """All observations about pairs of claims, in the order of the file."""
    found: list[Consistency] = []
    for one, two in combinations([v for v in verdicts if v.evidence is not None and v.period is not None], 2):
        kind = _kind(one, two)
        if kind is None:
            continue
        assert one.evidence is not None and one.period is not None and two.period is not None
        first, second = _who(one, articles), _who(two, articles)
        if kind == "two-names":
            says = (
                f"{first} calls the list '{one.claim.label}', {second} '{two.claim.label}': both name the same list, "
                f"{one.evidence.title}, {when(one.evidence, one.period)}."
            )
        elif kind == "carried-over":
            says = (
                f"Both give the figure {one.claim.main.query.get('number')}: {first} for {when(one.evidence, one.period)} ({one.label}), "
                f"{second} for {when(one.evidence, two.period)} ({two.label})."
            )
        else:
            says = f"The texts exclude each other: {first} '{one.claim.says}' ({one.label}); {second} '{two.claim.says}' ({two.label})."
        if all(c.says != says for c in found):
            found.append(Consistency(kind, (one.claim.id, two.claim.id), says))
    return found


def _kind(one: Verdict, two: Verdict) -> Finding | None:
    assert one.evidence is not None and two.evidence is not None
    if one.evidence.id != two.evidence.id:
        return None
    a, b = one.claim.main.query, two.claim.main.query
    labels = one.claim.label and two.claim.label and one.claim.label != two.claim.label
    if labels and one.period == two.period and one.claim.article != two.claim.article:
        return "two-names"
    subject = ("unit", "country", "first")
    same = a.predicate == b.predicate and all(a.get(k) == b.get(k) for k in subject)
    if same and a.get("number") is not None and a.get("number") == b.get("number") and one.period != two.period:
        return "carried-over"
    excluded = {one.kind, two.kind} == {"supported", "contradicted"}
    if excluded and a.get("unit") is not None and a.get("unit") == b.get("unit") and a.get("number") == b.get("number"):
        return "disagree"
    return None


def _who(verdict: Verdict, articles: Mapping[str, Article]) -> str:
    article = articles.get(verdict.claim.article or "")
    return verdict.claim.id if article is None else f"{article.publisher or article.file} ({verdict.claim.id})"
