"""Slips of a number as people make them: digits exchanged, mistyped or left out, the decimal point, the sign."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np


def slips(text: str) -> Iterator[tuple[str, str]]:
    """Every number that one slip makes of a number as it is written, with the name of the slip."""
    digits = [k for k, c in enumerate(text) if c.isdigit()]
    for a, b in pairwise(digits):
        if text[a] != text[b]:
            swapped = list(text)
            swapped[a], swapped[b] = swapped[b], swapped[a]
            yield "".join(swapped), "two digits exchanged"
    for k in digits:
        for d in "0123456789":
            if d != text[k]:
                yield text[:k] + d + text[k + 1 :], "one digit"
    try:
        value = float(text)
    except ValueError:
        return
    for factor in (10.0, 0.1, 100.0, 0.01):
        yield repr(round(value * factor, 10)), "the decimal point"
    for k in digits:
        for d in "0123456789":
            yield text[:k] + d + text[k:], "a digit left out"
    if value:
        yield repr(-value), "the sign"


def slip_into(value: float, decimals: int, low: float, high: float, near: float) -> tuple[float, str] | None:
    """The first kind of slip of a published number that leads into an interval; of one kind, the number nearest to ``near``."""
    best: dict[str, float] = {}
    order: list[str] = []
    for text, kind in slips(f"{value:.{decimals}f}"):
        try:
            x = float(text)
        except ValueError:
            continue
        if low - 1e-9 <= x <= high + 1e-9:
            if kind not in best:
                order.append(kind)
            if kind not in best or abs(x - near) < abs(best[kind] - near):
                best[kind] = x
    return (best[order[0]], order[0]) if order else None


def decimals_of(half: float) -> int:
    """Decimals of numbers of which ``half`` is half of the last digit."""
    return max(0, round(float(-np.log10(2 * half))))
