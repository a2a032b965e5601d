"""Verdicts against a labelled file, with the wrong verdicts counted apart.

One article a line: ``{"id", "date", "language", "topic", "claims": [{"n", "claim", "verdict"}]}``. Labels: true, false,
inconsistent, source only.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from armillary.audit.ask import AskAnswer, ask
from armillary.audit.audit import audit
from armillary.audit.language import ClaimsFile
from armillary.audit.reading.assertion import Assertion, Context
from armillary.audit.reading.clauses import context_of
from armillary.errors import DataError

LABELS = ("true", "false", "inconsistent", "source only")
WRONG = {("true", "contradicted"), ("false", "supported"), ("source only", "contradicted"), ("inconsistent", "supported")}
"""A label and the verdict that must never meet it: what is true or only unsourced is never contradicted, what is false never supported."""


@dataclass(frozen=True)
class LabelledClaim:
    """One labelled claim and what was answered; ``form`` its label of the kind of statement, if the file has one."""

    article: str
    n: str
    claim: str
    label: str
    answer: AskAnswer
    form: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether it is one of the verdicts that must not be."""
        return (self.label, self.answer.verdict) in WRONG

    @property
    def forms(self) -> list[str]:
        """What the claim was read as; a part in which nothing was found that could be true or false is no reading."""
        return [kind_of(j.assertion) for j in self.answer.judged if _says_something(j.assertion)]


def kind_of(a: Assertion) -> str:
    """The kind of statement: a rank held for the first time and a value of every year are runs."""
    return "run" if (a.form == "rank" and (a.first_time or a.since is not None)) or (a.form == "value" and a.since is not None) else a.form


def _says_something(a: Assertion) -> bool:
    return a.form != "value" or a.amount is not None


@dataclass(frozen=True)
class LabelledFile:
    """All cases of a file."""

    cases: tuple[LabelledClaim, ...]

    def matrix(self) -> Counter[tuple[str, str]]:
        """Label and verdict -> claims."""
        return Counter((c.label, c.answer.verdict) for c in self.cases)

    def by_form(self) -> dict[str, dict[str, int]]:
        """For each kind of statement: read, understood (without a doubt), decided; with the file's own kinds where it has them."""
        out: dict[str, dict[str, int]] = {}
        for c in self.cases:
            for j in c.answer.judged:
                if not _says_something(j.assertion):
                    continue
                row = out.setdefault(kind_of(j.assertion), {"read": 0, "understood": 0, "decided": 0})
                row["read"] += 1
                row["understood"] += not j.assertion.doubts
                row["decided"] += j.kind != "not-decidable"
        for form in sorted({c.form for c in self.cases if c.form}):
            mine = [c for c in self.cases if c.form == form]
            row = out.setdefault(form, {"read": 0, "understood": 0, "decided": 0})
            row |= {
                "labelled": len(mine),
                "found": sum(form in c.forms for c in mine),
                "proposed": sum(form in c.forms for c in self.cases if c.form),
            }
        return dict(sorted(out.items()))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        known = [c for c in self.cases if c.label in ("true", "false", "inconsistent")]
        decided = [c for c in known if c.answer.verdict != "not-decidable"]
        right = {("true", "supported"), ("true", "supported-elsewhere"), ("false", "contradicted"), ("inconsistent", "inconsistent")}
        return {
            "claims": len(self.cases),
            "wrong": [f"{c.article} {c.n}" for c in self.cases if c.is_wrong],
            "decidable": len(known),
            "decided": len(decided),
            "right": sum((c.label, c.answer.verdict) in right for c in decided),
            "matrix": [{"label": k[0], "verdict": k[1], "claims": n} for k, n in sorted(self.matrix().items())],
            "forms": self.by_form(),
            "cases": [
                {
                    "article": c.article,
                    "n": c.n,
                    "label": c.label,
                    "verdict": c.answer.verdict,
                    "summary": c.answer.summary,
                    "claim": c.claim,
                    "forms": c.forms,
                }
                for c in self.cases
            ],
        }


def evaluate_labelled(path: Path) -> LabelledFile:
    """Ask about every claim of a file. Claims of an article are read in order, each with what the topic and the ones before have told."""
    cases: list[LabelledClaim] = []
    for line, article in _articles(path):
        where = f"{path}, line {line}"
        date, topic = str(article.get("date", "")), str(article.get("topic", ""))
        title = context_of(topic, int(date[:4]) if date[:4].isdigit() else None)
        context = title
        claims = article.get("claims")
        if not isinstance(claims, list):
            raise DataError("an article without a list of claims", where=where, fix='give "claims": [{"claim": ..., "verdict": ...}]')
        for k, c in enumerate(claims, 1):
            if not isinstance(c, dict) or not str(c.get("claim", "")).strip() or c.get("verdict") not in LABELS:
                raise DataError(
                    f"claim {k} has no text, or no verdict of {', '.join(LABELS)}",
                    where=where,
                    fix='write {"claim": ..., "verdict": "true"}',
                )
            answer = ask(str(c["claim"]), date=date[:10], context=context)
            context = _beginning(answer.text.after, title)
            cases.append(
                LabelledClaim(
                    str(article.get("id", line)), str(c.get("n", k)), str(c["claim"]), str(c["verdict"]), answer, str(c.get("kind", ""))
                )
            )
    return LabelledFile(tuple(cases))


def _beginning(context: Context, title: Context) -> Context:
    """What the next claim begins with: the words before, and the subject of the article where its title names one."""
    return replace(context, subject=title.subject, subject_name=title.subject_name, partner=()) if title.subject else context


def _articles(path: Path) -> list[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"the file cannot be read ({error.__class__.__name__})", where=path, fix="give a file of articles, one JSON object a line"
        ) from None
    out = []
    for line, row in enumerate(text.splitlines(), 1):
        if row.strip():
            try:
                found = json.loads(row)
            except ValueError:
                found = None
            if not isinstance(found, dict):
                raise DataError("not a JSON object", where=f"{path}, line {line}", fix="write one article a line")
            out.append((line, found))
    if not out:
        raise DataError("no articles in the file", where=path, fix="write one article a line")
    return out


_NOTE = re.compile(r"\s*\((?:[^()]*\b(?:read|checked)\b[^()]*|as on the chart named[^()]*)\)")
"""How a person read the words of an article, in brackets behind what they say."""
PREDICATE_FORMS = {
    "rank": "rank", "rank-path": "path", "rank-streak": "run", "first-time": "run", "value": "value", "share": "share", "growth": "change",
    "compare": "compare", "order": "rank", "count-among-first": "count", "most-among-first": "rank", "crossing": "overtake", "every": "run",
    "first-above": "value",
}  # fmt: skip
"""What each predicate of a claims file is called here."""
BOARD = {"supported": "true", "other-period": "true", "contradicted": "false", "not-decidable": "source only"}
"""The verdict of a claims file's audit as a label."""


def against_claims_file(file: ClaimsFile) -> LabelledFile:
    """Ask about what each claim of a claims file says, and hold the answers against its own audit (evidence named by a person)."""
    verdicts = sorted(audit(file).verdicts, key=lambda v: (v.claim.article or "", v.claim.at or (0, 0)))
    cases = []
    title = context = Context()
    before = ""
    for v in verdicts:
        article = file.articles.get(v.claim.article or "")
        date = "" if article is None or article.published is None else article.published.isoformat()
        if (v.claim.article or "") != before:  # claims of an article are told one after the other
            before = v.claim.article or ""
            title = context = context_of("" if article is None else article.title, int(date[:4]) if date else None)
        answer = ask(_NOTE.sub("", v.claim.says), date=date, context=context)
        context = _beginning(answer.text.after, title)
        form = PREDICATE_FORMS.get(v.claim.main.query.predicate, "")
        cases.append(LabelledClaim(v.claim.article or "", v.claim.id, v.claim.says, BOARD[v.kind], answer, form))
    return LabelledFile(tuple(cases))
