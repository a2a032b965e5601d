"""Whether a unit came to its rank from the side that is told: "rose to 58th", "slipped to third"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Bounds = tuple[float, float]
"""Best and worst possible rank."""
BACK = 10
"""Years that are looked at: from when is not said."""


def came(direction: int, now: Bounds, earlier: Sequence[Bounds | None]) -> Literal["holds", "fails", "near"]:
    """``direction`` is 1 (rose) or -1 (fell); ``earlier`` are ranks of the years before, the newest first, None where unknown.

    Holds if the rank of the year before was surely on the other side; fails if surely no known rank was; else nobody can tell.
    """

    def surely(before: Bounds) -> bool:
        return before[0] > now[1] if direction > 0 else before[1] < now[0]

    def surely_not(before: Bounds) -> bool:
        return before[1] <= now[0] if direction > 0 else before[0] >= now[1]

    if not earlier or earlier[0] is None:
        return "near"
    if surely(earlier[0]):
        return "holds"
    return "fails" if all(b is not None and surely_not(b) for b in earlier) else "near"
