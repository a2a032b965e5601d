"""Verdicts: supported, supported for another year or edition, contradicted, or not decidable with what is at hand."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from armillary.audit import predicates_rank, predicates_value
from armillary.audit.evidence import Evidence, Publisher
from armillary.audit.language import BoundQuery, Claim
from armillary.audit.outcome import Outcome, when
from armillary.audit.query import ClaimQuery

Kind = Literal["supported", "other-period", "contradicted", "not-decidable"]
LABELS: dict[Kind, str] = {
    "contradicted": "contradicted",
    "other-period": "supported for another year or edition",
    "not-decidable": "not decidable",
    "supported": "supported",
}
"""Verdicts as people read them, in the order in which pages list them."""

FUNCTIONS: dict[str, Callable[[ClaimQuery, Evidence, int], Outcome]] = {
    "rank": predicates_rank.rank,
    "rank-path": predicates_rank.rank_path,
    "rank-streak": predicates_rank.rank_streak,
    "first-time": predicates_rank.first_time,
    "order": predicates_rank.order,
    "count-among-first": predicates_rank.count_among_first,
    "most-among-first": predicates_rank.most_among_first,
    "first-above": predicates_value.first_above,
    "value": predicates_value.value,
    "share": predicates_value.share,
    "growth": predicates_value.growth,
    "compare": predicates_value.compare,
    "crossing": predicates_value.crossing,
    "every": predicates_value.every,
}


@dataclass(frozen=True)
class Alternative:
    """The claim under another definition: its label, whether it holds, and what was found."""

    label: str
    truth: bool | None
    found: str
    evidence: str
    read_as: str = ""


@dataclass(frozen=True)
class Verdict:
    """One claim judged. ``stands_in`` are the other periods in which the same sentence would be true."""

    claim: Claim
    kind: Kind
    outcome: Outcome
    evidence: Evidence | None
    stands_in: tuple[int, ...] = ()
    other: Outcome | None = None
    caveats: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    also: tuple[Alternative, ...] = ()
    period: int | None = None
    sources: tuple[Publisher, ...] = field(default=())

    @property
    def label(self) -> str:
        """The verdict in words; names the years for which a claim stands."""
        if self.kind == "other-period" and self.evidence is not None:
            near = sorted(self.stands_in, key=lambda p: (abs(p - (self.period or p)), -p))[:3]
            return (
                "supported for "
                + ", ".join(when(self.evidence, p) for p in sorted(near))
                + f", not for {when(self.evidence, self.period or 0)}"
            )
        return LABELS[self.kind]

    @property
    def lacks(self) -> str:
        """What is missing, for people: the claim's own words where it has them."""
        if self.claim.missing:
            return self.claim.missing
        more = len(self.missing) - 3
        return "; ".join(self.missing[:3]) + (f"; and {more} more" if more > 0 else "")

    @property
    def strength(self) -> str:
        """The best kind of source that the verdict rests on."""
        kinds = {s.kind for s in self.sources}
        for kind in ("official", "computed", "dataset", "ranking", "index", "press", "agency"):
            if kind in kinds:
                return kind
        return ""

    def as_dict(self) -> dict[str, Any]:
        """Everything a verdict shows, for JSON: stable order, no clock, with the hashes it rests on."""
        claim = self.claim
        body: dict[str, Any] = {
            "id": claim.id,
            "article": claim.article,
            "at": None if claim.at is None else list(claim.at),
            "says": claim.says,
            "query": {"predicate": claim.main.query.predicate, **dict(sorted(claim.main.query.args.items()))},
            "verdict": self.kind,
            "label": self.label,
            "period": self.period,
            "stands_in": list(self.stands_in),
            "found": self.outcome.found,
            "read_as": self.outcome.read_as,
            "elsewhere": "" if self.other is None else self.other.found,
            "caveats": list(self.caveats),
            "missing": list(self.missing),
            "note": claim.note,
            "path": [{"period": p.period, "unit": p.unit, "rank": p.rank, "value": p.value} for p in self.outcome.path],
            "cells": [c.as_dict() for c in (self.outcome.cells if self.other is None else (*self.outcome.cells, *self.other.cells))],
            "also": [{"label": a.label, "holds": a.truth, "found": a.found, "evidence": a.evidence} for a in self.also],
            "sources": [
                {
                    k: v
                    for k, v in {
                        "id": s.id,
                        "title": s.title,
                        "publisher": s.publisher,
                        "address": s.address,
                        "edition": s.edition,
                        "accessed": s.accessed,
                        "kind": s.kind,
                    }.items()
                    if v
                }
                for s in self.sources
            ],
            "evidence": None if self.evidence is None else self.evidence.id,
            "claim_sha256": claim.sha256,
            "evidence_sha256": None if self.evidence is None else self.evidence.sha256,
        }
        body["verdict_sha256"] = hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
        return body


Resolve = Callable[[str | Mapping[str, Any]], Evidence]


def judge(claim: Claim, resolve: Resolve, published: datetime.date | None = None) -> Verdict:
    """Judge one claim against its evidence; ``published`` bounds what "latest" can mean.

    ``resolve`` turns an evidence reference into :class:`Evidence`; a DataError from it makes the claim not decidable.
    """
    from armillary.errors import DataError

    main = claim.main
    if main.evidence == "none":
        return Verdict(claim, "not-decidable", Outcome(None, ""), None, missing=(claim.missing,), also=_also(claim, resolve, published))
    try:
        evidence = resolve(main.evidence)
    except DataError as error:
        return Verdict(claim, "not-decidable", Outcome(None, ""), None, missing=(error.line,), also=_also(claim, resolve, published))
    period = period_of(main.query, evidence, published)
    if period is None:
        wanted = main.query.get(main.query.grammar.period_key or "") or "any period"
        return Verdict(
            claim,
            "not-decidable",
            Outcome(None, ""),
            evidence,
            missing=(f"'{wanted}' in: {evidence.title}",),
            also=_also(claim, resolve, published),
        )
    outcome = FUNCTIONS[main.query.predicate](main.query, evidence, period)
    stands_in: tuple[int, ...] = ()
    other: Outcome | None = None
    if outcome.truth is not True and main.query.grammar.period_key is not None:
        tried = {p: FUNCTIONS[main.query.predicate](main.query.at(p), evidence, p) for p in evidence.periods if p != period}
        stands_in = tuple(sorted(p for p, o in tried.items() if o.truth))
        if stands_in:
            other = tried[min(stands_in, key=lambda p: (abs(p - period), -p))]
    kind: Kind
    if outcome.truth is True:
        kind = "supported"
    elif outcome.truth is None:
        kind = "not-decidable"
    else:
        kind = "other-period" if stands_in else "contradicted"
    missing = outcome.missing
    if kind == "not-decidable" and claim.missing:
        missing = (*missing, claim.missing)
    cells = outcome.cells if other is None else (*outcome.cells, *other.cells)
    return Verdict(
        claim,
        kind,
        outcome,
        evidence,
        stands_in,
        other,
        _caveats(evidence, outcome, period, stands_in, kind),
        missing,
        _also(claim, resolve, published),
        period,
        tuple(evidence.sources_of(cells)),
    )


def period_of(query: ClaimQuery, evidence: Evidence, published: datetime.date | None) -> int | None:
    """The period a query speaks of: a year, an edition's name, or the latest one at hand (not after the article); None if there is none."""
    key = query.grammar.period_key
    wanted = None if key is None else query.get(key)
    if isinstance(wanted, int):
        return wanted
    if isinstance(wanted, str) and wanted != "latest":
        if wanted in evidence.labels:
            return evidence.labels[wanted]
        return int(wanted) if wanted.isdigit() else None
    needed: list[str] = []
    for name in ("unit", "other", "minus", "units", "of"):
        given = query.get(name)
        needed += [given] if isinstance(given, str) else list(given or [])
    needed = [u for u in needed if u != "all"]
    limit = published.year if published else 9999
    known = [p for p in evidence.periods if p <= limit]
    full = [p for p in known if all((u, p) in evidence.cells for u in needed)]
    if full:
        return full[-1]
    return known[-1] if known else None


def _also(claim: Claim, resolve: Resolve, published: datetime.date | None) -> tuple[Alternative, ...]:
    return tuple(_alternative(reading, resolve, published) for reading in claim.also)


def _alternative(reading: BoundQuery, resolve: Resolve, published: datetime.date | None) -> Alternative:
    from armillary.errors import DataError

    try:
        evidence = resolve(reading.evidence)
    except DataError as error:
        return Alternative(reading.label, None, error.line, str(reading.evidence))
    period = period_of(reading.query, evidence, published)
    if period is None:
        return Alternative(reading.label, None, f"no such period in: {evidence.title}", evidence.id)
    outcome = FUNCTIONS[reading.query.predicate](reading.query, evidence, period)
    found = outcome.found or ("not at hand: " + "; ".join(outcome.missing[:2]))
    return Alternative(reading.label, outcome.truth, found, evidence.id, outcome.read_as)


def _caveats(evidence: Evidence, outcome: Outcome, period: int, stands_in: tuple[int, ...], kind: Kind) -> tuple[str, ...]:
    found: list[str] = []
    spans = [(min(outcome.periods), max(outcome.periods))] if len(outcome.periods) > 1 else []
    if kind == "other-period":
        nearest = min(stands_in, key=lambda p: (abs(p - period), -p))
        spans.append((nearest, period))
    for first, last in spans:
        for step in evidence.breaks_between(first, last):
            name = when(evidence, step.period)
            text = f"{name[:1].upper()}{name[1:]} is not comparable with what came before: {step.why}"
            if text not in found:
                found.append(text)
    if evidence.note:
        found.append(evidence.note)
    return tuple(found)
