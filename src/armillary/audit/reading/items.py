"""Tokens -> items: names, topics, numbers with unit and hedge, ordinals, years, small words; and what is not understood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from armillary.audit.reading import numbers
from armillary.audit.reading.lexicon import capital, longest, phrases, places
from armillary.audit.reading.tokens import Token, tokens

Kind = Literal["unit", "topic", "quantity", "ordinal", "year", "word", "unknown", "punct"]
HEDGES = ("more", "atleast", "less", "atmost", "about", "nearly", "slightly", "exactly")
_SHORT = ("mrd", "mio", "bio", "md", "mds", "bn", "mn", "tn")
_ONE = ("a", "an", "one", "eine", "einer", "einen", "un", "une", "una")
_YEARS = range(1900, 2041)


@dataclass(frozen=True, slots=True)
class Meant:
    """One piece of meaning. ``means``: every meaning of a word or name; numbers have ``value``, ``half``, ``measure``, ``hedge``."""

    kind: Kind
    text: str
    start: int
    end: int
    means: frozenset[str] = frozenset()
    value: float = 0.0
    half: float = 0.0
    measure: str = "count"
    """percent, points, currency:EUR, count, fraction, times."""
    hedge: str = ""

    def has(self, *meanings: str) -> bool:
        """Whether it can mean one of these."""
        return any(m in self.means for m in meanings)

    @property
    def units(self) -> tuple[str, ...]:
        """Codes or places that a name can mean."""
        return tuple(sorted(m.partition(":")[2] for m in self.means if m.startswith("unit:")))


def items(text: str, language: str) -> list[Meant]:
    """Everything in the sentence, in order; nothing is left out."""
    return _quantities(_tagged(tokens(text), language, text), language)


_SHORT_NAMES = dict(zip("中美英德法日韩俄印澳加意", ["CN", "US", "GB", "DE", "FR", "JP", "KR", "RU", "IN", "AU", "CA", "IT"], strict=True))
"""Countries as Chinese texts shorten them in pairs: 中美 is China and the United States."""


def _short_pair(found: list[Token], at: int, out: list[Meant]) -> bool:
    """Whether two countries stand here by one character each, before a word of what they do together."""
    two = found[at : at + 2]
    after = "".join(t.text for t in found[at + 2 : at + 4])
    if (
        len(two) < 2
        or any(t.text not in _SHORT_NAMES for t in two)
        or after not in ("合作", "共同", "联合", "两国", "之间", "合著", "合发")
    ):
        return False
    out += [Meant("unit", t.text, t.start, t.end, frozenset({f"unit:{_SHORT_NAMES[t.text]}"})) for t in two]
    return True


def _tagged(found: list[Token], language: str, text: str) -> list[Meant]:
    known, most = phrases(language), longest(language)
    special = {
        "fraction": numbers.fractions(language),
        "scale": numbers.scales(language),
        "ordinal": numbers.ordinals(language),
        "cardinal": numbers.cardinals(language),
        "fold": numbers.folds(language),
    }
    out: list[Meant] = []
    at = 0
    while at < len(found):
        token = found[at]
        if token.kind == "punct":
            if token.text not in "-–—":
                out.append(Meant("punct", token.text, token.start, token.end))
            elif text[token.start - 1 : token.start].isspace() and text[token.end : token.end + 1].isspace():
                out.append(Meant("punct", ";", token.start, token.end))  # a dash between spaces parts clauses
            at += 1
            continue
        counted = token.kind == "num" and any(tuple(t.key for t in found[at : at + n]) in known for n in range(3, 7))
        if token.kind == "num" and not counted:  # "10 % most cited" is one phrase
            at = _number(found, at, language, out)
            continue
        if language == "zh" and _short_pair(found, at, out):
            at += 2
            continue
        if language == "zh" and token.key == "第" and at + 1 < len(found) and found[at + 1].kind == "num":
            read = numbers.digits(found[at + 1].key, language)
            if read is not None:
                out.append(Meant("ordinal", token.text + found[at + 1].text, token.start, found[at + 1].end, value=read[0]))
                at += 2
                continue
        at = _phrase(found, at, most, known, special, out, text)
    return out


def _number(found: list[Token], at: int, language: str, out: list[Meant]) -> int:
    token = found[at]
    read = numbers.digits(token.key, language)
    after = found[at + 1] if at + 1 < len(found) else None
    if read is None or (read[0] == 0 and not token.key.isdigit()):  # "0.0 million" says nothing
        out.append(Meant("unknown", token.text, token.start, token.end))
    elif token.suffix:
        out.append(Meant("ordinal", token.text + token.suffix, token.start, token.end, value=read[0]))
    elif (
        language == "de"
        and after is not None
        and after.text == "."
        and at + 2 < len(found)
        and found[at + 2].text[:1].isalpha()
        and read[0] <= 300
    ):
        out.append(Meant("ordinal", token.text + ".", token.start, after.end, value=read[0]))
        return at + 2
    elif token.key.isdigit() and int(token.key) in _YEARS and len(token.key) == 4:
        end = at + 2 if after is not None and after.key == "年" else at + 1
        out.append(Meant("year", token.text, token.start, token.end, value=read[0], half=0.5))
        return end
    else:
        out.append(Meant("quantity", token.text, token.start, token.end, value=read[0], half=read[1]))
    return at + 1


def _phrase(
    found: list[Token],
    at: int,
    most: int,
    known: dict[tuple[str, ...], frozenset[str]],
    special: dict[str, dict[tuple[str, ...], float]],
    out: list[Meant],
    text: str,
) -> int:
    first = found[at]
    stop = at
    while (
        stop < len(found)
        and stop - at < max(most, 6)
        and (found[stop].kind != "punct" or found[stop].text in "-–—" or _is_short(found, stop))
    ):
        stop += 1
    for end in range(stop, at, -1):
        piece = [t for t in found[at:end] if t.kind != "punct"]
        if not piece or found[end - 1].kind == "punct":
            continue
        key = tuple(t.key for t in piece)
        means = set(known.get(key, ()))
        if means and first.text[:1].islower():
            means -= {m for m in means if m.startswith("place:") or (capital(m) and _is_name(key, first))}
        if len(key) == 1 and len(key[0]) <= 3 and not first.text.isupper() and first.kind == "word":
            means -= {m for m in means if m.startswith("unit:")}
        value = None
        for kind in ("fraction", "scale", "ordinal", "cardinal", "fold"):
            if key in special[kind]:
                means.add(kind)
                value = special[kind][key]
        if not means:
            continue
        span = (text[first.start : found[end - 1].end], first.start, found[end - 1].end)
        out.append(_item(span, means, value))
        return end
    out.append(Meant("unknown", first.text, first.start, first.end))
    return at + 1


def _is_short(found: list[Token], at: int) -> bool:
    """Whether a point ends an abbreviation within a name ("St. Lucia")."""
    return found[at].text == "." and len(found[at - 1].text) <= 3 and at + 1 < len(found) and found[at + 1].text[:1].isupper()


def _is_name(key: tuple[str, ...], first: Token) -> bool:
    """A lower-case word is a country only as an adjective of a language that writes those small (``chinois``, ``deutsche``)."""
    return first.text in ("turkey", "china", "us", "chad", "jordan", "guinea", "niger", "georgia") or len(key) > 2


def _item(span: tuple[str, int, int], means: set[str], value: float | None) -> Meant:
    got = frozenset(means)
    if "fraction" in means and value is not None:
        return Meant("quantity", *span, got, value, 0.0, "fraction")
    names = {m for m in means if m.startswith(("unit:", "place:"))}
    if names:
        return Meant("unit", *span, frozenset(names))
    if "cardinal" in means and value is not None:
        return Meant("quantity", *span, got, value, 0.5 if value < 20 else 0.05 * value)
    if "ordinal" in means and value is not None:
        return Meant("ordinal", *span, got, value)
    if any(m.startswith(("topic:", "field:", "source:")) for m in means) and not (means - {"stop"}) & {"share"}:
        return Meant("topic", *span, got)
    return Meant("word", *span, got, value or 0.0)


def _quantities(found: list[Meant], language: str) -> list[Meant]:
    """Join numbers with the scale, unit and hedge beside them."""
    out: list[Meant] = []
    at = 0
    while at < len(found):
        item = found[at]
        if (
            item.kind == "word"
            and item.has("scale")
            and item.value >= 1e6
            and (" " in item.text or (out and out[-1].text.casefold() in _ONE))
        ):
            item = replace(item, kind="quantity", half=0.05 * item.value)  # "a billion", "mil millones": one of them
            item, at = _with_unit(item, found, at + 1)
            out.append(_with_hedge(item, out))
            continue
        if item.kind not in ("quantity", "year"):
            out.append(item)
            at += 1
            continue
        item, at = _with_scale(item, found, at + 1, language)
        item, at = _with_unit(item, found, at)
        if item.kind == "quantity":
            item = _with_hedge(item, out)
            if at < len(found) and found[at].has("about", "atleast") and found[at].text in ("左右", "or more", "or so"):
                item = replace(item, hedge="about" if found[at].has("about") else "atleast")
                at += 1
        out.append(item)
    return out


def _with_scale(item: Meant, found: list[Meant], at: int, language: str) -> tuple[Meant, int]:
    while at < len(found) and found[at].has("scale") and item.measure != "fraction":
        factor = found[at].value
        item = replace(
            item,
            kind="quantity",
            value=item.value * factor,
            half=item.half * factor,
            text=_join(item, found[at], language),
            end=found[at].end,
        )
        at += 1
        if at < len(found) and found[at].text == "." and found[at - 1].text.casefold() in _SHORT and found[at].start == found[at - 1].end:
            at += 1
    return item, at


def _join(item: Meant, other: Meant, language: str) -> str:
    return item.text + ("" if language == "zh" else " ") + other.text


def _with_unit(item: Meant, found: list[Meant], at: int) -> tuple[Meant, int]:
    skipped = at
    while skipped < len(found) and found[skipped].has("stop") and found[skipped].text.casefold() in ("de", "d", "of", "in", "current"):
        skipped += 1
    for place in dict.fromkeys((at, skipped)):
        if place >= len(found):
            continue
        beside = found[place]
        for name in ("points", "percent", *sorted(m for m in beside.means if m.startswith("currency:"))):
            if name in beside.means and not (place > at and name in ("points", "percent")):
                named = name
                return replace(item, kind="quantity", measure=named, text=item.text + " " + beside.text, end=beside.end), place + 1
    return item, at


def _with_hedge(item: Meant, out: list[Meant]) -> Meant:
    if out and any(m.startswith("currency:") for m in out[-1].means) and not out[-1].text[0].isalpha():
        money = next(m for m in sorted(out[-1].means) if m.startswith("currency:"))
        item = replace(item, measure=money, start=out.pop().start)
    skip = 0
    while (
        skip < len(out)
        and out[-1 - skip].means == {"stop"}
        and out[-1 - skip].text.casefold() in ("a", "an", "the", "l", "la", "el", "un", "die", "das", "der")
    ):
        skip += 1
    if skip < len(out):
        beside = out[-1 - skip]
        for hedge in HEDGES:
            if beside.has(hedge) and beside.kind in ("word", "topic"):
                del out[len(out) - 1 - skip :]
                return replace(item, hedge=hedge, start=beside.start)
    return item


def place_units(item: Meant) -> frozenset[str]:
    """``table#unit`` of every place that the name can mean."""
    found: frozenset[str] = frozenset()
    for m in item.means:
        if m.startswith("place:"):
            found |= places().get(m[6:], frozenset())
    return found
