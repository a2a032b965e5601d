"""Records counted for units, whole or by exact parts: prizes by city, models by organisation."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from armillary.core.ranks import ranks_of
from armillary.errors import UnknownNameError, UsageError
from armillary.registry import world


@dataclass(frozen=True, slots=True)
class Counted:
    """What one unit has: records counted whole, and the sum of its exact parts; ``country`` where the unit lies."""

    unit: str
    whole: int
    part: Fraction
    country: str = ""
    lat_deg: float | None = None
    lon_deg: float | None = None


@dataclass(frozen=True, slots=True)
class RecordCount:
    """All units by their parts, and what could not be given to any unit, so that nothing is lost."""

    units: tuple[Counted, ...]
    unassigned: Counted
    total: Fraction

    def ranks(self, counting: str) -> list[int]:
        """Rank of each of ``units`` by ``whole`` or ``part``; equal numbers share a rank."""
        return [r or 0 for r in ranks_of([float(c.whole if counting == "whole" else c.part) for c in self.units])]


def tally(name: str, by: str = "country", *, years: tuple[int, int] | None = None, where: dict[str, set[str]] | None = None) -> RecordCount:
    """Count a table of records (``nobel``, ``ai-models``) by one of its unit columns; cities are told apart by country.

    ``where`` keeps rows whose column has one of the values: ``{"category": {"Physics"}}``.
    """
    t = world.catalogue().tables.get(name)
    if t is None or t.kind != "records":
        raise UnknownNameError("table of records", name, [x.id for x in world.catalogue().tables.values() if x.kind == "records"])
    if by not in t.unit_columns:
        raise UnknownNameError(f"unit of {name}", by, list(t.unit_columns))
    rows = world.table(name).to_pylist()
    if where and (unknown := where.keys() - rows[0].keys()):
        raise UsageError(f"{name} has no column {', '.join(sorted(unknown))}", fix=f"its columns are {', '.join(rows[0])}")
    whole: dict[Any, set[tuple[Any, ...]]] = defaultdict(set)
    part: dict[Any, Fraction] = defaultdict(Fraction)
    first: dict[Any, dict[str, Any]] = {}
    for r in rows:
        if years and not years[0] <= r["year"] <= years[1]:
            continue
        if any(r[c] not in allowed for c, allowed in (where or {}).items()):
            continue
        key = r[by] if by == "country" or not r[by] else (r[by], r["country"] or "")
        whole[key].add((r[t.record], r["year"], r.get("category")))
        part[key] += Fraction(r["part"])
        first.setdefault(key, r)
    rest = Counted("unassigned", len(whole.pop(None, set())), part.pop(None, Fraction(0)))
    counted = [
        Counted(
            key if isinstance(key, str) else key[0], len(whole[key]), part[key], first[key]["country"] or "",
            first[key].get("lat_deg") if by == "city" else None, first[key].get("lon_deg") if by == "city" else None,
        )
        for key in part
    ]  # fmt: skip
    counted.sort(key=lambda c: (-c.part, -c.whole, c.unit, c.country))
    return RecordCount(tuple(counted), rest, sum((c.part for c in counted), rest.part))


@cache
def science_prizes() -> RecordCount:
    """Nobel prizes in the sciences by the city of the laureate's affiliation; many pages show it."""
    return tally("nobel", "city", where={"category": {"Physics", "Chemistry", "Physiology or Medicine", "Economic Sciences"}})
