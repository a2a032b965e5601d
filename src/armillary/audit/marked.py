"""An article with its claims in place: each passage of the text, and what was answered about it. The text itself is never kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from armillary.audit.ask import LONGEST, VERDICTS, AskAnswer, ask
from armillary.audit.extract import extract
from armillary.audit.reading.assertion import Context
from armillary.audit.reading.clauses import context_of


@dataclass(frozen=True)
class Passage:
    """A piece of the text, ``start`` to ``end`` in characters; ``answer`` where it asserts something that can be asked about."""

    start: int
    end: int
    text: str
    answer: AskAnswer | None = None
    number: int = 0


@dataclass(frozen=True)
class MarkedArticle:
    """All passages of a text, in order; together they are the whole text."""

    passages: tuple[Passage, ...]

    @property
    def claims(self) -> tuple[Passage, ...]:
        """Passages that assert something, in order."""
        return tuple(p for p in self.passages if p.answer is not None)

    @property
    def counts(self) -> dict[str, int]:
        """Claims by verdict."""
        found = Counter(p.answer.verdict for p in self.passages if p.answer is not None)
        return {v: found[v] for v in VERDICTS}


def mark(text: str, *, date: str = "", title: str = "", least: int = 3) -> MarkedArticle:
    """Find the claims of a text and ask about each, in order, with what the title and the sentences before have told."""
    told = context_of(title, int(date[:4]) if date[:4].isdigit() else None)
    context, at, out = told, 0, []
    for p in sorted(extract(text, least=least), key=lambda p: p.sentence.start):
        s = p.sentence
        if s.start < at or not 0 < len(s.clean) <= LONGEST:
            continue
        if s.start > at:
            out.append(Passage(at, s.start, text[at : s.start]))
        answer = ask(s.clean, date=date, context=_nearby(context, text[at : s.start], told))
        out.append(Passage(s.start, s.end, text[s.start : s.end], answer, 1 + sum(x.answer is not None for x in out)))
        context, at = answer.text.after, s.end
    if at < len(text):
        out.append(Passage(at, len(text), text[at:]))
    return MarkedArticle(tuple(out))


def _nearby(context: Context, between: str, title: Context) -> Context:
    """Sentences of another paragraph go on with the title, not with what was said before."""
    return title if "\n\n" in between.replace("\r", "") else context
