"""Numbers as the sources give them: exact, rounded ("9.14±0.005"), or only bounded (">2000", "<=5").

Three-valued answers follow: a statement is true if it holds for every number the source allows, false if for none, else open.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?"
_FORM = re.compile(rf"^(?P<op>>=|<=|>|<|)\s*(?P<a>{_NUMBER})\s*(?:(?P<pm>±|\+/-|\.\.)\s*(?P<b>{_NUMBER}))?$")


@dataclass(frozen=True, slots=True)
class Interval:
    """All numbers from ``low`` to ``high``; an open end leaves out the end itself."""

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    @classmethod
    def exact(cls, value: float) -> Interval:
        """Just ``value``."""
        return cls(value, value)

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read ``14``, ``9.14±0.005``, ``11..20``, ``>2000``, ``>=3``, ``<6`` or ``<=5``; raises ValueError for anything else."""
        match = _FORM.match(text.strip().replace("≥", ">=").replace("≤", "<="))
        if match is None:
            raise ValueError(f"'{text}' is not a number, a range or a bound")
        a = float(match["a"].replace(",", ""))
        b = None if match["b"] is None else float(match["b"].replace(",", ""))
        op = match["op"]
        if b is not None:
            if op or (match["pm"] == ".." and b < a) or (match["pm"] != ".." and b < 0):
                raise ValueError(f"'{text}' is not a number, a range or a bound")
            return cls(a, b) if match["pm"] == ".." else cls(a - b, a + b)
        if op.startswith(">"):
            return cls(a, math.inf, open_low=op == ">", open_high=True)
        if op.startswith("<"):
            return cls(-math.inf, a, open_low=True, open_high=op == "<")
        return cls(a, a)

    @property
    def is_exact(self) -> bool:
        """True if it is one number."""
        return self.low == self.high

    @property
    def middle(self) -> float | None:
        """The number itself or the middle of a rounded one; None for a bound."""
        if math.isinf(self.low) or math.isinf(self.high):
            return None
        return (self.low + self.high) / 2

    def inside(self, other: Interval) -> bool | None:
        """True if every number here lies in ``other``, False if none does, None if it depends."""
        above = self.low > other.low or (self.low == other.low and (self.open_low or not other.open_low))
        below = self.high < other.high or (self.high == other.high and (self.open_high or not other.open_high))
        if above and below:
            return True
        apart = (
            self.low > other.high
            or (self.low == other.high and (self.open_low or other.open_high))
            or self.high < other.low
            or (self.high == other.low and (self.open_high or other.open_low))
        )
        return False if apart else None

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high, self.open_low or other.open_low, self.open_high or other.open_high)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low, self.open_high, self.open_low)

    def __sub__(self, other: Interval) -> Interval:
        return self + (-other)

    def __truediv__(self, other: Interval) -> Interval | None:
        """The quotient where the divisor is certainly positive and this is not negative, else None."""
        if other.low <= 0 or self.low < 0:
            return None
        low = 0.0 if math.isinf(other.high) else self.low / other.high
        return Interval(low, self.high / other.low, self.open_low or other.open_high, self.open_high or other.open_low)

    def __str__(self) -> str:
        if self.is_exact:
            return number(self.low)
        if math.isinf(self.high):
            return ("more than " if self.open_low else "at least ") + number(self.low)
        if math.isinf(self.low):
            return ("less than " if self.open_high else "at most ") + number(self.high)
        half = (self.high - self.low) / 2
        middle = (self.high + self.low) / 2
        if half < abs(middle) * 0.03:
            return number(round(middle, max(0, -math.floor(math.log10(half)))))
        return f"{number(self.low)} to {number(self.high)}"


def number(value: float) -> str:
    """A number for people: at most five significant digits for small ones, thousands separated, no trailing zeros."""
    if math.isinf(value) or math.isnan(value):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    places = 0 if abs(value) >= 10_000 else max(0, 4 - len(str(int(abs(value)))) + (1 if abs(value) < 1 else 0))
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
