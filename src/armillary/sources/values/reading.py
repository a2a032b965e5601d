"""What every reader of a value gives, and a tally of what could not be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """``value``, or None and the ``reason`` (a code such as ``doi-malformed``); ``is_repaired`` if the text was mended to be read."""

    value: T | None
    reason: str | None = None
    is_repaired: bool = False


def refused(reason: str) -> Reading[T]:
    """A reading without a value."""
    return Reading(None, reason)


@dataclass(slots=True)
class Tally:
    """Counts of what was not understood, by kind, each with the first example: one line a kind for the report of an ingest."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, example: object, n: int = 1) -> None:
        """Count ``n`` values of kind ``what``; the first example is kept."""
        if n > 0:
            self.counts[what] += n
            self.examples.setdefault(what, " ".join(str(example).split())[:_SHOWN])

    def lines(self) -> list[str]:
        """``3 countries not understood, such as 'Atlantis'``; the most frequent kind first."""
        return [f"{n:,} {what}, such as '{self.examples[what]}'" for what, n in sorted(self.counts.items(), key=lambda c: (-c[1], c[0]))]
