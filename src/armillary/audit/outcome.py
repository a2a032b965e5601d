"""What one query comes to against one body of evidence, and the small logic that predicates share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from armillary.audit.evidence import Entry, Evidence
from armillary.audit.interval import Interval, number
from armillary.audit.query import ClaimQuery
from armillary.audit.words import accepts, read_as


@dataclass(frozen=True)
class PathPoint:
    """One step of the rank or value path that a verdict shows."""

    period: int
    unit: str
    rank: str = ""
    value: str = ""


@dataclass(frozen=True)
class Outcome:
    """True, False or open (None), the sentence that says what was found, the cells used, and what is missing."""

    truth: bool | None
    found: str
    cells: tuple[Entry, ...] = ()
    missing: tuple[str, ...] = ()
    periods: tuple[int, ...] = ()
    """Periods whose numbers were compared with each other; breaks between them are a caveat."""
    read_as: str = ""
    path: tuple[PathPoint, ...] = field(default=())


def all_of(answers: Iterable[bool | None]) -> bool | None:
    """True if all are, False if one is false, else open."""
    seen = list(answers)
    if any(a is False for a in seen):
        return False
    return None if any(a is None for a in seen) else True


def listing(value: str | list[str]) -> list[str]:
    """One unit or several, as a list."""
    return [value] if isinstance(value, str) else list(value)


def ordinal(rank: Interval) -> str:
    """``1st``, ``between 3 and 5``, ``below 15``."""
    if rank.is_exact:
        n = int(rank.low)
        ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
        return f"{n:,}{ending}"
    if rank.high == float("inf"):
        return f"below {number(rank.low - (0 if rank.open_low else 1))}" if rank.low > 1 or rank.open_low else "not known"
    if rank.low <= 1:
        return f"among the first {number(rank.high)}"
    return f"between {number(rank.low)} and {number(rank.high)}"


def when(evidence: Evidence, period: int) -> str:
    """``2024`` for a year, ``edition 2025`` for an edition, ``2024 (2025 supplement)`` where the period has a name of its own."""
    if evidence.period_name == "edition":
        return f"edition {period}"
    name = next((k for k, v in evidence.labels.items() if v == period), None)
    return f"{period} ({name})" if name else str(period)


def country_name(code: str) -> str:
    """A country's name, or the code where it has none."""
    from armillary import registry

    return registry.country_names().get(code, code)


def path_of(evidence: Evidence, units: Sequence[str], last: int = 40) -> tuple[PathPoint, ...]:
    """Ranks and values of the units in every period at hand, oldest first."""
    points: list[PathPoint] = []
    for unit in units:
        for period in evidence.periods:
            cell = evidence.cell(unit, period)
            if cell is None:
                continue
            rank = evidence.rank(unit, period)
            points.append(
                PathPoint(
                    period,
                    evidence.name(unit),
                    "" if rank is None or (rank.low <= 1 and math.isinf(rank.high)) else ordinal(rank),
                    "" if cell.value is None else str(cell.value),
                )
            )
    return tuple(points[-last:])


def comparison(query: ClaimQuery, key: str = "number") -> tuple[Interval, str]:
    """The numbers the query accepts, and how its word was read."""
    word, value, tolerance = str(query.get("word")), float(query.get(key)), query.get("tolerance")
    return accepts(word, value, tolerance), read_as(word, value, tolerance)


def gone(evidence: Evidence, unit: str, period: int, what: str = "value") -> str:
    """One entry of what is missing."""
    return f"the {what} of {evidence.name(unit)} in {when(evidence, period)} ({evidence.title})"
