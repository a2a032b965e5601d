"""What comparison words mean, stated once: every verdict that rests on a word shows the range that the word was read as."""

from __future__ import annotations

import math
from dataclasses import dataclass

from armillary.audit.interval import Interval, number
from armillary.errors import UnknownNameError

MARGIN_ABOUT = 0.05
MARGIN_NEARLY = 0.10


@dataclass(frozen=True, slots=True)
class Word:
    """One comparison: the word as it is written in a claims file, and what it accepts."""

    name: str
    meaning: str


WORDS: dict[str, Word] = {
    w.name: w
    for w in (
        Word("exactly", "the number itself, within the stated tolerance (none unless given)"),
        Word("about", "within 5 % of the number on either side, or within the stated tolerance"),
        Word("nearly", "below the number by at most 10 %, or by at most the stated tolerance"),
        Word("more than", "above the number"),
        Word("at least", "the number or above"),
        Word("less than", "below the number"),
        Word("at most", "the number or below"),
    )
}


def accepts(word: str, value: float, tolerance: float | None = None) -> Interval:
    """The numbers that ``word value`` is true of.

    ``tolerance`` is absolute, in the unit of the number. Raises UnknownNameError for a word that is not in :data:`WORDS`.
    """
    if word not in WORDS:
        raise UnknownNameError("comparison word", word, WORDS)
    if word == "exactly":
        margin = tolerance or 0.0
        return Interval(value - margin, value + margin)
    if word == "about":
        margin = abs(value) * MARGIN_ABOUT if tolerance is None else tolerance
        return Interval(value - margin, value + margin)
    if word == "nearly":
        margin = abs(value) * MARGIN_NEARLY if tolerance is None else tolerance
        return Interval(value - margin, value, open_high=True)
    if word == "more than":
        return Interval(value, math.inf, open_low=True, open_high=True)
    if word == "at least":
        return Interval(value, math.inf, open_high=True)
    if word == "less than":
        return Interval(-math.inf, value, open_low=True, open_high=True)
    return Interval(-math.inf, value, open_low=True)


def read_as(word: str, value: float, tolerance: float | None = None) -> str:
    """How a word was read, for people: ``nearly 6: from 5.4 up to 6``."""
    margin = accepts(word, value, tolerance)
    if word in ("more than", "at least", "less than", "at most"):
        return f"{word} {number(value)}"
    if word == "exactly" and not tolerance:
        return number(value)
    return f"{word} {number(value)}, read as {number(margin.low)} to {number(margin.high)}"
