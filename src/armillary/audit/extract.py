"""Proposals for claims in an article: rules over sentences, and a draft for a person to edit. Nothing here judges anything.

A sentence is proposed if it *measures* (a quantity, a rank, a run of years, a superlative) and is *about* something (a country, a place, a
list, an institution) or compares. A person then keeps, rewords and completes the proposals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from armillary import registry
from armillary.audit import published
from armillary.audit.query import PREDICATES
from armillary.audit.sentences import Sentence, sentences

_CARDINALS = "zero one two three four five six seven eight nine ten eleven twelve"
_PLACES = "first second third fourth fifth sixth seventh eighth ninth tenth"
_WORDS = {w: i for i, w in enumerate(_CARDINALS.split(" "))}
_ORDINALS = {w: i for i, w in enumerate(_PLACES.split(" "), start=1)}
_COUNT = "|".join(_WORDS)
_ORDER = "|".join(_ORDINALS)
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}

# parts of names and calendar words that look like ranks or quantities and are not
_NAMES = re.compile(
    r"\b\d+(?:st|nd|rd|th) (?:Five-Year|National Congress|century|edition|meeting|BRICS|Party)|\b(?:early"
    r"|late|since the early) \d+(?:st|th) century"
    r"|[“\"'‘]?\bNo\. ?\d+|\bVOL\.\d+|\b(?:VOL|NO)[.-]*\d+|\b[1-9]\d*th BRICS|\bfirst (?:foreign"
    r"|kilometer|step|samples|hand|edition)|\blast kilometer"
    r"|\bG20\b|\b5G\b|(?-i:\b[A-Z][\w']+-\d+\b|\b[A-Z]\w+ \d\.\d\b)|\btwo (?:decades|countries|days?"
    r"|challenges|keys?|previously)|\btwo-day"
    r"|\b(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{1,2}(?:-\d{1,2})?(?:, \d{4})?"
    r"|\b\d{1,2}(?:-\d{1,2})? (?:January|February|March|April|May|June|July|August|September|October|November|December)(?: \d{4})?"
    r"|\(\d{4}-\d{4}\)|\bsecond (?:edition|is)\b|\bpage \d+|\bone (?:of|major|another|example|hand)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# specifications of machines and the like: numbers, but not statements about standing or scale of a unit
_SPECIFICATION = re.compile(
    rf"{_NUMBER}(?:x\d+)* ?(?:mm|cm|meters?|metres?|micrometers?|kilowatts?|volts|GHz|kg\b|kilometers? underground)"
)
_QUANTITY = re.compile(
    rf"[$€£]?{_NUMBER} ?(?:%|percent\b|per cent\b|trillion|billion|million|thousand|tonnes|TOPS|RMB|yuan"
    rf"|km\b|awards?\b|enterprises|countries|journals|"
    rf"researchers|graduates|universit\w+|cit(?:y|ies)\b|clusters?|counties|provinces|kinds|platforms"
    rf"|policies|foreign-funded|industrial policies|"
    rf"high-quality|national-level|global top|Chinese universities|high-tech)|\b(?:{_COUNT}|half|third"
    rf"|quarter) percent|\b\d{{2,3}},\d{{3}}\b|"
    rf"\b{_NUMBER} (?:kg|km)\b",
    re.IGNORECASE,
)
_RANK = re.compile(
    rf"\b(?:rank(?:s|ed|ing)?\b[^.;]{{0,60}}?\b(?:{_ORDER}|\d+(?:st|nd|rd|th)|top)|top(?:s|ped)? (?:the list|\d+|ten|position|city)|"
    rf"(?:{_ORDER}) (?:rank|place|globally|in the world)|\d+(?:st|nd|rd|th) (?:in|place|consecutive)|from \d+(?:st|nd|rd|th)|"
    rf"ranked (?:{_ORDER})|followed by|(?:continues? to )?rank first|top ten|world's top|entered the top|top \d+)",
    re.IGNORECASE,
)
_STREAK = re.compile(rf"\b({_COUNT}|\d+)(?:th)? consecutive years?|\byears in a row", re.IGNORECASE)
_FIRST_TIME = re.compile(r"\bfor the first time\b", re.IGNORECASE)
_SUPERLATIVE = re.compile(
    r"\b(?:the (?:largest|most|highest|biggest|fastest)|one of the fastest|largest contributor|dominate the lists?|tops)\b", re.IGNORECASE
)
_PART = re.compile(
    r"\b(?:(?:more than|nearly|about|over|almost) half|one-(?:fifth|third|quarter)|(?:held|majority)[^.]{0,20} (?:of the list|majority))\b",
    re.IGNORECASE,
)
_COMPARE = re.compile(
    r"\b(?:approaching the level|more than|ahead of|expanding its lead|leadership (?:patterns|roles)|also rose|grew by|increased by)",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"\b(?:exceed(?:s|ed|ing)|surpass(?:es|ed|ing)|overt(?:ook|akes|aken)|sum of|(?:nearly|almost) \w+ times|is rapidly increasing)",
    re.IGNORECASE,
)
_FROM_TO = re.compile(r"\b(\d+)(?:st|nd|rd|th) in (\d{4})")
_TOP = re.compile(r"\btop (\d+|ten|five|twenty)\b", re.IGNORECASE)
_TIMES = re.compile(rf"\b({_COUNT}|{_NUMBER})[ -](?:times|fold)\b", re.IGNORECASE)
_MEASURED = re.compile(
    r"\d|[一二三四五六七八九十最比]|\b(?:\w+(?:est|th|te|ten|ter)|most|first|third|more|mehr|más|mayor|plus|prem\w+|prim\w+)\b",
    re.IGNORECASE,
)
_OPINION = re.compile(r"\b(?:said|noted|stated|observed|cautioned|believes?|pointed out)\b", re.IGNORECASE)
_FUTURE = re.compile(r"\b(?:will|would|should|must|plans? to|aims? to)\b", re.IGNORECASE)

Hook = Callable[[str], Iterable[dict[str, Any]]]
"""A language model or other helper: gets one sentence, gives drafts (keys of a claim). Off unless asked for; rules never need it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A sentence worth checking, why it was proposed, and a first guess at its query."""

    sentence: Sentence
    signals: tuple[str, ...]
    about: tuple[str, ...]
    draft: dict[str, Any]
    score: int


def extract(text: str, *, least: int = 3, hook: Hook | None = None) -> list[Proposal]:
    """Proposals in order of the text. ``least`` is the score a sentence needs; higher finds less and errs less."""
    found: list[Proposal] = []
    for sentence in sentences(text):
        proposal = propose(sentence)
        if proposal.score >= least:
            found.append(proposal)
        elif (forms := _read(sentence.clean)) and proposal.score > 0 - least:
            found.append(replace(proposal, signals=(*proposal.signals, *(f"read as {f}" for f in forms)), score=least))
        if hook is not None:
            for draft in hook(sentence.clean):
                kept = {k: v for k, v in draft.items() if isinstance(k, str)}
                found.append(Proposal(sentence, ("hook",), (), {"predicate": "value", **kept}, least))
    return found


def _read(sentence: str) -> list[str]:
    """The forms of what can be read in a sentence without a doubt, with its own subject and measure; in all languages of `ask`."""
    from armillary.audit.judge import measures_of
    from armillary.audit.reading.clauses import read

    if not 8 <= len(sentence) <= 1000 or not _MEASURED.search(sentence):
        return []
    return [a.form for a in read(sentence).assertions if not a.doubts and a.subject and a.topics and measures_of(a)]


def propose(sentence: Sentence) -> Proposal:
    """Score one sentence and guess its query."""
    raw = sentence.clean
    plain = _NAMES.sub(" ", raw)
    without = _SPECIFICATION.sub(" ", plain)
    signals: list[str] = []
    score = 0
    for name, pattern, worth in (
        ("rank", _RANK, 3),
        ("run of years", _STREAK, 3),
        ("first time", _FIRST_TIME, 2),
        ("superlative", _SUPERLATIVE, 2),
        ("part", _PART, 2),
        ("comparison", _COMPARE, 1),
        ("above or below", _STRONG, 2),
    ):
        if pattern.search(plain):
            signals.append(name)
            score += worth
    quantities = [m[0] for m in _QUANTITY.finditer(without)]
    if quantities:
        signals.append("quantity")
        score += 2 if len(quantities) == 1 else 3
    about = entities(raw)
    if about and signals:
        score += 1
    if signals == ["comparison"] and not about:
        score = 0
    if _FUTURE.search(plain) and "rank" not in signals and not quantities:
        score -= 2
    if _OPINION.search(plain) and not quantities and "rank" not in signals and "run of years" not in signals:
        score -= 1
    if len(raw) < 25 and not quantities:
        score = 0
    return Proposal(sentence, tuple(signals), about, guess(plain, about), score)


@cache
def _lexicon() -> tuple[tuple[str, str], ...]:
    """Names that make a sentence be about something: countries, units of the published tables, and the lists themselves."""
    known = {name: code for code, name in registry.country_names().items()}
    known |= {"Chinese": "CN", "U.S.": "US", "American": "US", "EU": "EU27", "European Union": "EU27", "UK": "GB", "British": "GB"}
    for table, measure in published.all_measures():
        evidence = published.load(f"{table}/{measure}" if measure else table)
        known |= {evidence.name(u): u for u in evidence.units if len(u) > 2}
    known |= dict.fromkeys(
        ("Nature Index", "Global Innovation Index", "GII", "Highly Cited Researchers", "Research Leaders", "WIPO"), "list"
    )
    return tuple(sorted(known.items(), key=lambda item: -len(item[0])))


def entities(text: str) -> tuple[str, ...]:
    """Ids of what the text names, in order of appearance, each once."""
    at: dict[str, int] = {}
    for name, key in _lexicon():
        match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
        if match and key not in at:
            at[key] = match.start()
    return tuple(k for k, _ in sorted(at.items(), key=lambda item: item[1]))


def guess(text: str, about: tuple[str, ...]) -> dict[str, Any]:
    """A first query; always a valid predicate, often incomplete."""
    unit = next((a for a in about if a != "list"), "")
    years = [int(y) for y in _YEAR.findall(text)]
    draft: dict[str, Any] = {"predicate": "value", "unit": unit, "period": years[-1] if years else "latest", "number": 0}
    streak = _STREAK.search(text)
    path = _FROM_TO.findall(text)
    top = _TOP.search(text)
    times = _TIMES.search(text)
    ordinal = re.search(rf"\b(?:({_ORDER})|(\d+)(?:st|nd|rd|th))\b", text, re.IGNORECASE)
    amount = re.search(rf"({_NUMBER}) ?(trillion|billion|million|thousand)?", _YEAR.sub(" ", text), re.IGNORECASE)
    if len(path) >= 2:
        return {"predicate": "rank-path", "unit": unit, "path": {year: int(rank) for rank, year in path}}
    if streak and streak[1]:
        return {"predicate": "rank-streak", "unit": unit, "years": number(streak[1])}
    if top and re.search(rf"\b(?:{_COUNT}|\d+) \w+ (?:cities|clusters|universities|institutions)", text, re.IGNORECASE):
        many = re.search(rf"\b({_COUNT}|\d+) \w+ (?:cities|clusters|universities|institutions)", text, re.IGNORECASE)
        count = number(many[1]) if many else 0
        return {"predicate": "count-among-first", "country": unit, "first": number(top[1]), "period": draft["period"], "number": count}
    if times:
        return {
            "predicate": "growth",
            "unit": unit,
            "from": years[0] if years else 2000,
            "to": years[-1] if len(years) > 1 else 2024,
            "number": number(times[1]),
        }
    if _FIRST_TIME.search(text):
        return {"predicate": "first-time", "unit": unit, "period": draft["period"], "rank": number(top[1]) if top else 1}
    if _RANK.search(text) and ordinal:
        rank = _ORDINALS[ordinal[1].lower()] if ordinal[1] else int(ordinal[2])
        return {"predicate": "rank", "unit": unit, "period": draft["period"], "rank": rank}
    others = [a for a in about if a not in (unit, "list")]
    if others and re.search(r"\b(?:exceed\w*|surpass\w*|approaching|sum of)", text, re.IGNORECASE):
        return {"predicate": "compare", "unit": unit, "other": others if len(others) > 1 else others[0], "period": draft["period"]}
    if amount:
        draft["number"] = float(amount[1].replace(",", "")) * _SCALE.get((amount[2] or "").lower(), 1)
        draft["number"] = int(draft["number"]) if draft["number"] == int(draft["number"]) else draft["number"]
    return draft


def number(word: str) -> int:
    """``nine`` or ``13``; ``twenty`` and unknown words give 20 and 0."""
    low = word.lower().replace(",", "")
    if low.replace(".", "").isdigit():
        return int(float(low))
    return {**_WORDS, "twenty": 20}.get(low, 0)


def draft_toml(proposals: list[Proposal], file: str, sha256: str, *, date: str = "", title: str = "") -> str:
    """A claims file to edit: valid TOML, each claim with its place; with evidence and tolerance where the tables at hand decide it.

    ``date`` and ``title`` of the article help to read its sentences.
    """
    out = [
        "# Draft from `armillary claims extract`: a person now keeps, rewords and completes the claims.",
        '# Name evidence (armillary audit explains the forms), or keep "none" and say what is missing.',
        "format = 1",
        f"title = {json.dumps(file, ensure_ascii=False)}",
        "",
        "[articles.text]",
        f"file = {json.dumps(file, ensure_ascii=False)}",
        f'sha256 = "{sha256}"',
    ]
    context = _title(title, date)
    for place, proposal in enumerate(proposals, start=1):
        known, lacks, context = _known(proposal, date, context)
        for letter, one in zip("abcdefgh", known, strict=False):
            out += _claim(f"s{place:03d}{letter if len(known) > 1 else ''}", proposal, one)
        if known:
            continue
        draft = {k: v for k, v in proposal.draft.items() if k in _keys(proposal.draft) and v not in ("", [])}
        for key, empty in _EMPTY.items():
            if key in PREDICATES[proposal.draft["predicate"]].needs and key not in draft:
                draft[key] = empty
        out += [
            "",
            "[[claim]]",
            f'id = "s{place:03d}"',
            'article = "text"',
            f"at = [{proposal.sentence.start}, {proposal.sentence.end}]",
            f"says = {json.dumps(proposal.sentence.clean, ensure_ascii=False)}",
            f"note = {json.dumps('signals: ' + ', '.join(proposal.signals))}",
            'evidence = "none"',
            f"missing = {json.dumps(lacks or 'to be filled in', ensure_ascii=False)}",
            f'predicate = "{proposal.draft["predicate"]}"',
        ]
        out += [f"{k} = {_toml(v)}" for k, v in draft.items() if k != "predicate"]
    return "\n".join(out) + "\n"


def _title(title: str, date: str) -> Any:
    from armillary.audit.reading.clauses import context_of

    return context_of(title, int(date[:4]) if date[:4].isdigit() else None)


def _known(proposal: Proposal, date: str, context: Any) -> tuple[list[dict[str, Any]], str, Any]:
    """Drafts of what the tables at hand decide of the sentence, what is missing for the rest, and the context for the next sentence."""
    from armillary.audit.ask import LONGEST, ask
    from armillary.audit.drafts import drafts

    if len(proposal.sentence.clean) > LONGEST or not proposal.sentence.clean.strip():
        return [], "", context
    answer = ask(proposal.sentence.clean, date=date, context=context)
    lacks = "; ".join(dict.fromkeys(m for j in answer.judged for m in j.missing))
    return drafts(answer), lacks[:400], answer.text.after


def _claim(name: str, proposal: Proposal, draft: dict[str, Any]) -> list[str]:
    """One claim with its evidence."""
    return [
        "",
        "[[claim]]",
        f'id = "{name}"',
        'article = "text"',
        f"at = [{proposal.sentence.start}, {proposal.sentence.end}]",
        f"says = {json.dumps(proposal.sentence.clean, ensure_ascii=False)}",
        f"note = {json.dumps('signals: ' + ', '.join(proposal.signals))}",
        *(f"{k} = {_toml(v)}" for k, v in draft.items()),
    ]


_EMPTY: dict[str, Any] = {"unit": "?", "country": "?", "other": "?", "period": "latest", "number": 0, "rank": 1, "years": 1, "first": 10}


def _keys(draft: dict[str, Any]) -> set[str]:
    grammar = PREDICATES.get(draft["predicate"], PREDICATES["value"])
    return {"predicate", *grammar.needs, *grammar.may}


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
