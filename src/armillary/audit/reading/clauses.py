"""Items -> clauses -> assertions. Rules over the order of meanings; a clause with a word that is not understood is marked, not guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from armillary.audit.reading.assertion import Amount, Assertion, Context
from armillary.audit.reading.clause import heads
from armillary.audit.reading.items import Meant, items, place_units
from armillary.audit.reading.lexicon import language_of
from armillary.audit.reading.shapes import shaped

_BREAKS = frozenset(";:.,，；。：、()（）")
_JOINS = frozenset({"and", "und", "y", "e", "et", "while", "but", "和", "与"})


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence read: its language, its items, its assertions, and the context it leaves for the next sentence."""

    language: str
    items: tuple[Meant, ...]
    assertions: tuple[Assertion, ...]
    after: Context


def read(text: str, context: Context | None = None, *, language: str = "", date_year: int | None = None) -> Text:
    """Read one sentence. ``date_year`` is the year of the article, for "last year"."""
    given = context or Context()
    spoken = language or language_of(text)
    found = items(text, spoken)
    found = [_relative(i, date_year) for i in found]
    found = _without_conversions(found)
    clauses = _clauses(found)
    out: list[Assertion] = []
    here = _start(found, clauses, given)
    for clause in clauses:
        made, here = shaped(clause, here, text)
        out += made
    if not out:
        doubts = tuple(i.text for i in found if i.kind == "unknown")
        out = [Assertion("value", text, doubts=("nothing here that can be measured and judged", *doubts))]
    return Text(spoken, tuple(found), tuple(out), here)


def _without_conversions(found: list[Meant]) -> list[Meant]:
    """ "1 trillion yuan (138 billion dollars)": the amount in brackets says the same in another currency, and is not judged."""
    out: list[Meant] = []
    at = 0
    while at < len(found):
        inside = found[at : at + 3]
        converts = (
            len(inside) == 3
            and inside[0].text in "(（"
            and inside[2].text in ")）"
            and inside[1].measure.startswith("currency:")
            and bool(out)
            and out[-1].measure.startswith("currency:")
            and out[-1].measure != inside[1].measure
        )
        if converts:
            at += 3
            continue
        out.append(found[at])
        at += 1
    return out


def context_of(text: str, date_year: int | None = None) -> Context:
    """What a title or topic line tells: its one subject and its topics."""
    if not text:
        return Context()
    found = [_relative(i, date_year) for i in items(text, language_of(text))]
    units = [i for i in found if i.kind == "unit"]
    topics = frozenset(m[6:] for i in found if i.kind == "topic" for m in i.means if m.startswith("topic:"))
    years = {int(i.value) for k, i in enumerate(found) if i.kind == "year" and not (k and found[k - 1].has("since"))}
    one = units[0] if len({i.means for i in units}) == 1 else None
    codes = () if one is None else (*one.units, *sorted(place_units(one)))
    return Context(codes, "" if one is None else one.text, (topics,) if topics else (), "", min(years) if len(years) == 1 else None)


def _relative(item: Meant, date_year: int | None) -> Meant:
    if item.has("lastyear", "today") and item.kind == "word":
        if date_year is None:
            return replace(item, kind="unknown", text=f"{item.text} (the date of the article is not given)")
        year = float(date_year - 1 if item.has("lastyear") else date_year)
        return replace(item, kind="year", value=year) if item.has("lastyear") else replace(item, kind="word", means=frozenset({"stop"}))
    return item


def _start(found: list[Meant], clauses: list[list[Meant]], given: Context) -> Context:
    """The sentence's own single year, topics and subject serve every clause that names none."""
    years = {int(i.value) for k, i in enumerate(found) if i.kind == "year" and not (k and found[k - 1].has("since"))}
    topics = frozenset(m[6:] for i in found if i.kind == "topic" for m in i.means if m.startswith("topic:"))
    money = {i.measure for i in found if i.kind == "quantity" and i.measure.startswith("currency:")}
    return replace(
        given,
        heard=(topics, *given.heard) if topics and len(clauses) > 1 else given.heard,
        year=next(iter(years)) if len(years) == 1 and len(clauses) > 1 else (given.year if not years else None),
        year_told_before=not years and given.year is not None,
        currency=next(iter(money)) if len(money) == 1 else given.currency,
        last=None,
        sole=len({i.means for i in found if i.kind == "unit"}) <= 1,
    )


def _clauses(found: list[Meant]) -> list[list[Meant]]:
    """Split at punctuation and joins; a piece without an assertion of its own goes with its neighbour."""
    pieces: list[list[Meant]] = [[]]
    for i in found:
        if (i.kind == "punct" and i.text in _BREAKS) or (i.kind == "word" and i.text.casefold() in _JOINS):
            pieces.append([])
        elif i.kind != "punct":
            pieces[-1].append(i)
    pieces = [p for p in pieces if p]
    out: list[list[Meant]] = []
    waiting: list[Meant] = []
    for piece in pieces:
        if heads(piece):
            out.append([*waiting, *piece])
            waiting = []
        elif out and not any(i.kind == "unit" for i in piece):
            out[-1] += piece
        else:
            waiting += piece
    if waiting:
        if out:
            out[-1] += waiting
        else:
            out.append(waiting)
    return out


__all__ = ["Amount", "Assertion", "Context", "Text", "context_of", "read"]
