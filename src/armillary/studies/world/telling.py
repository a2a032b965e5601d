"""What a story is, the table of all stories, and how their rows are made from series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from armillary.errors import UnknownNameError
from armillary.registry import world
from armillary.studies.world import ranked


@dataclass(frozen=True, slots=True)
class Story:
    """What the tables say: ``facts`` fill the sentence, ``rows`` are the chart's and the download's.

    ``kind``: ``lines`` (period, value, unit_id, name), ``bars`` (rank, unit_id, name, value) or ``plain`` (a table only).
    ``tables`` are the ids of the series and tables that it was made from.
    """

    id: str
    kind: str
    facts: dict[str, Any]
    rows: list[dict[str, Any]]
    tables: tuple[str, ...]
    number: str = ",.0f"


STORIES: dict[str, Callable[[], Story]] = {}


def story(function: Callable[[], Story]) -> Callable[[], Story]:
    """Register a story under the function's name."""
    STORIES[function.__name__.replace("_", "-")] = function
    return function


def tell(name: str) -> Story:
    """One story by id."""
    if name not in STORIES:
        raise UnknownNameError("story", name, list(STORIES))
    return STORIES[name]()


def over_time(name: str, units: tuple[str, ...], part: str = "") -> list[dict[str, Any]]:
    """Rows of a line chart; a year without a value breaks the line."""
    values = world.values(name, part)
    years = sorted({y for u in units for y in values.get(u, {})})
    return [{"period": y, "unit_id": u, "name": world.units()[u].name, "value": values.get(u, {}).get(y)} for u in units for y in years]


def bars(found: ranked.SeriesRanking, top: int) -> list[dict[str, Any]]:
    """The first rows of a series ranking."""
    return [{"rank": p.rank, "unit_id": p.unit, "name": p.name, "value": p.value} for p in found.places[:top]]


def first_lasting(a: dict[int, float], b: dict[int, float]) -> int | None:
    """The first year from which ``a`` is above ``b`` in every common year."""
    years = sorted(a.keys() & b.keys())
    lasting = None
    for y in reversed(years):
        if a[y] <= b[y]:
            break
        lasting = y
    return lasting
