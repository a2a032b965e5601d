"""Whether a unit came to its rank from the side that is told: "rose to 58th", "slipped to third"."""

from __future__ import annotations

from typing import Literal

State = Literal["holds", "fails", "near", "unknown", "older"]
Bounds = tuple[float, float]
"""Best and worst possible rank."""


def came(direction: int, now: Bounds, before: Bounds | None) -> Literal["holds", "fails", "near"]:
    """``direction`` is 1 (rose) or -1 (fell); ``before`` is the rank of the year before, None where unknown.

    Holds if the rank before was surely on the other side, fails if the unit surely went the other way. Where it stayed, or nothing is
    known, nobody can tell: from when is not said.
    """
    if before is None:
        return "near"
    rose, fell = before[0] > now[1], before[1] < now[0]
    if rose or fell:
        return "holds" if rose == (direction > 0) else "fails"
    return "near"


def gone(now: State, before: State) -> State:
    """Whether a unit left the first places, where it surely is not now, and surely was the year before."""
    if now in ("near", "unknown"):
        return now
    return "fails" if now == "holds" else "holds" if before == "holds" else "near"
