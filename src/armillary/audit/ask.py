"""A sentence -> its verdict: read it, find evidence, judge what it asserts, say what is missing. No observatory needed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from armillary.audit.judge import judge
from armillary.audit.library import columns, tables
from armillary.audit.own import OwnEvidence
from armillary.audit.reading.assertion import Context
from armillary.audit.reading.clauses import Text, context_of, read
from armillary.audit.witness import Judged, Kind, Moment, Witness
from armillary.errors import UsageError

VERDICTS: tuple[Kind, ...] = ("supported", "supported-elsewhere", "contradicted", "inconsistent", "not-decidable")
LONGEST = 2000
DATE = r"(?P<year>(?:19|20)[0-9]{2})(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?"
"""A year, a month or a day."""


@dataclass(frozen=True)
class AskAnswer:
    """All that is known about one sentence; ``judged`` has one entry for each thing that it asserts."""

    sentence: str
    date: str
    text: Text
    judged: tuple[Judged, ...]
    verdict: Kind
    summary: str

    @property
    def main(self) -> Judged:
        """The assertion that the verdict rests on."""
        return next((j for j in self.judged if j.kind == self.verdict), self.judged[0])

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON; the keys are documented in docs/how-to/claims.md."""
        main, best = self.main, self.main.best
        return {
            "sentence": self.sentence,
            "date": self.date or None,
            "language": self.text.language,
            "verdict": self.verdict,
            "summary": self.summary,
            "number": None if best is None else best.number,
            "period": None if best is None else best.year,
            "rank": None if best is None else best.as_dict()["rank"],
            "rank_path": rank_path(main),
            "since": since(main),
            "source": None if best is None else source_of(best),
            "what_would_overturn": None if best is None else best.overturn or None,
            "missing": [*dict.fromkeys(x for j in self.judged for x in j.missing)],
            "fetch": fetch(self),
            "holds_for": {"readings": len(_told(main)), "holds": sum(f.state == "holds" for f in _told(main))},
            "reading": reading(main),
            "readings": [f.as_dict() for f in main.findings],
            "evidence": [
                {"id": f.candidate.id, "title": f.candidate.label, "why": f.candidate.why, "used": f.state not in ("unknown", "older")}
                for f in main.findings
            ],
            "parts": [_part(j) for j in self.judged],
        }


def ask(
    sentence: str,
    *,
    date: str = "",
    about: str = "",
    language: str = "",
    context: Context | None = None,
    own: OwnEvidence | None = None,
) -> AskAnswer:
    """Judge a sentence by what ships with the package.

    ``date``: of the article (2025, 2025-09 or 2025-09-01); ``about``: its title, for what the sentence does not say itself; ``language``:
    en, de, es, fr or zh, else recognised; ``own``: rankings of an open observatory, as evidence beside what
    ships. Raises UsageError for an empty or overlong sentence and a date that is none.
    """
    plain = " ".join(sentence.split())
    if not plain:
        raise UsageError("the sentence is empty", fix='write it in quotes: armillary ask "India is third in scientific papers"')
    if len(plain) > LONGEST:
        raise UsageError(f"{len(plain)} characters are more than one sentence", fix=f"ask about one sentence (up to {LONGEST} characters)")
    year = _year(date)
    given = context if context is not None else context_of(about, year)
    text = read(plain, given, language=language, date_year=year)
    judged = tuple(judge(a, Moment(year), own) for a in text.assertions)
    verdict, summary = _together(judged)
    return AskAnswer(plain, date, text, judged, verdict, summary)


def _year(date: str) -> int | None:
    if not date:
        return None
    found = re.fullmatch(DATE, date, re.ASCII)
    if found is not None:
        return int(found["year"])
    raise UsageError(f"'{date}' is no date", fix="write 2025-09-01, 2025-09 or 2025")


def _together(judged: tuple[Judged, ...]) -> tuple[Kind, str]:
    """All parts must hold; one that is contradicted contradicts the whole; one that is not decided leaves it open."""
    order: tuple[Kind, ...] = ("contradicted", "inconsistent", "not-decidable", "supported-elsewhere")
    for kind in order:
        mine = [j for j in judged if j.kind == kind]
        if mine:
            of = f" ({len(mine)} of {len(judged)} parts)" if len(judged) > 1 else ""
            return kind, _line(mine[0]) + of
    return "supported", "; ".join(_line(j) for j in judged)


def _line(j: Judged) -> str:
    best = j.best
    tail = f": {best.text} [{best.candidate.label}]" if best is not None and j.kind != "not-decidable" else ""
    if j.kind == "not-decidable" and j.missing:
        tail = f": {j.missing[0]}"
    return f"{j.says}{tail}"


def _told(j: Judged) -> list[Witness]:
    return [f for f in j.findings if f.state not in ("unknown", "older")]


def reading(j: Judged) -> dict[str, Any]:
    """What the assertion was read as."""
    a = j.assertion
    words = {
        "subject": a.subject_name or None,
        "codes": list(a.subject),
        "measure": None if j.measure is None else j.measure.name,
        "comparison": a.form,
    }
    limits = None if a.amount is None else a.amount.as_dict()
    return words | {
        "value": a.rank if a.rank is not None else limits, "tolerance": None if limits is None else [limits["low"], limits["high"]],
        "period": a.year if a.year is not None else "newest at the date", "edition": a.year, "scope": a.scope or "all economies",
        "assumed": list(a.assumed), "detail": a.as_dict(),
    }  # fmt: skip


def _part(j: Judged) -> dict[str, Any]:
    return {
        "text": j.assertion.text,
        "verdict": j.kind,
        "says": j.says,
        "reading": reading(j),
        "readings": [f.as_dict() for f in j.findings],
        "missing": list(j.missing),
    }


def source_of(f: Witness) -> dict[str, Any]:
    """Publisher, edition and licence of what a finding rests on."""
    c = f.candidate
    if c.is_published:
        e = tables.evidence(c.table)
        used = list(e.sources.values())
        one = used[-1] if used else None
        return {
            "title": e.title,
            "table": c.table,
            "publisher": one.publisher if one else None,
            "address": one.address if one else None,
            "edition": f.year,
        }
    d = columns.described(c.terms[0][1]).origin
    return {"title": d.title, "table": c.id, "publisher": d.publisher, "address": d.address, "edition": d.vintage, "licence": d.licence}


def rank_path(j: Judged) -> list[dict[str, Any]]:
    """Value and rank bounds of the subject over the years, for the candidate that the verdict rests on."""
    from armillary.audit.library import values

    best = j.best
    if best is None:
        return []
    c = best.candidate
    if c.is_published:
        e = tables.evidence(c.table)
        unit = next((s.partition("#")[2] or s for s in j.assertion.subject if s.startswith(f"{c.table}#") or s in e.units), None)
        if unit is None:
            return []
        return [
            {
                "year": p,
                "value": None if (v := e.value(unit, p)) is None else v.middle,
                "rank": None if (r := e.rank(unit, p)) is None else str(r),
            }
            for p in e.periods
            if e.cell(unit, p) is not None
        ]
    unit = next((s for s in j.assertion.subject if s in values.known(c)), None)
    if unit is None:
        return []
    out = []
    for y in values.years(c, unit):
        at = values.standing(c, unit, y) if j.assertion.form in ("rank", "run", "path") else None
        span = None if at is None else [at.low, None if at.high == float("inf") else int(at.high)]
        out.append({"year": y, "value": values.value(c, unit, y), "rank": span})
    return out


def since(j: Judged) -> int | None:
    """First year of the unbroken time up to the verdict's year in which a rank has held."""
    best, a = j.best, j.assertion
    if best is None or a.form != "rank" or j.kind != "supported" or best.year is None or a.rank is None or a.left:
        return None
    first = None
    for step in reversed([p for p in rank_path(j) if p["year"] <= best.year]):
        got = step["rank"]
        if isinstance(got, str):
            got = [int(got), int(got)] if got.isdigit() else None
        if got is None or got[1] is None or not (got[1] <= a.rank if a.rank_word == "at most" else got[0] == got[1] == a.rank):
            break
        first = step["year"]
    return first


def fetch(answer: AskAnswer) -> list[str]:
    """Commands that show or fetch what is missing."""
    out = []
    for j in answer.judged:
        if j.kind != "not-decidable" or j.measure is None:
            continue
        for name in j.measure.series[:2]:
            out.append(f"armillary world {name} --sources")
        if not j.measure.series and j.measure.published:
            out.append("armillary claims tables " + j.measure.published[0])
    return list(dict.fromkeys(out))


def unit_paths(answer: AskAnswer) -> tuple[list[dict[str, Any]], str, str]:
    """Every unit that the sentence names over the years, as ``period, value, unit_id, name``; the title and what is measured.

    From the source that the verdict rests on; empty where that is a list of ranks only.
    """
    from armillary.audit.judge_forms import name
    from armillary.audit.library import values

    best = answer.main.best
    if best is None or best.candidate.is_published:
        return [], "", ""
    c = best.candidate
    named = [s for j in answer.judged for s in (*j.assertion.subject, *(u for codes, _ in j.assertion.others for u in codes))]
    rows = [
        {"period": y, "value": values.value(c, u, y), "unit_id": u, "name": name(u)}
        for u in dict.fromkeys(named)
        if u in values.known(c)
        for y in values.years(c, u)
    ]
    unit = "percent" if c.percent else columns.described(c.terms[0][1]).unit_of_measure
    for word in ("million ", "thousand "):
        unit = unit.removeprefix(word)
    return rows, c.label, unit
