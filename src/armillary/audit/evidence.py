"""Evidence: cells by unit and period, with ranks or values, from wherever they come. Predicates see nothing else."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

from armillary.audit.interval import Interval


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who says so: publisher, address, edition, date of access, and what kind of source it is."""

    id: str
    title: str
    publisher: str = ""
    address: str = ""
    edition: str = ""
    accessed: str = ""
    kind: str = "press"
    """official (the publisher's own table or page), computed (from official data), dataset, index, ranking, press, agency (news agency)."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One number about one unit in one period."""

    unit: str
    period: int
    rank: Interval | None = None
    value: Interval | None = None
    country: str | None = None
    name: str = ""
    source: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON; intervals as text."""
        return {
            k: (str(v) if isinstance(v, Interval) else v) for k, v in ((f, getattr(self, f)) for f in self.__slots__) if v not in (None, "")
        }


@dataclass(frozen=True, slots=True)
class SeriesBreak:
    """From ``period`` on, numbers are not comparable with earlier ones, and why."""

    period: int
    why: str


@dataclass(frozen=True)
class Evidence:
    """All cells of one table, series or ranking.

    ``complete[period]`` says down to which rank the list of that period is known without a gap (``None``: every unit is listed).
    ``first`` is set on tables that give, by country, how many units stand among the first k: their values are counts.
    """

    id: str
    title: str
    measure: str = ""
    period_name: str = "year"
    cells: Mapping[tuple[str, int], Entry] = field(default_factory=dict)
    complete: Mapping[int, int | None] = field(default_factory=dict)
    first: int | None = None
    ranked_by: str = "rank"
    """``rank``: ranks are given; ``value``: ranks follow from the values among the units listed; ``none``: values only."""
    groups: frozenset[str] = frozenset()
    """Groups of countries among the units: they have values and take no rank."""
    broken: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Periods in which a new definition starts, by unit (flag b of a series): values before and after measure different things."""
    sources: Mapping[str, Publisher] = field(default_factory=dict)
    breaks: tuple[SeriesBreak, ...] = ()
    labels: Mapping[str, int] = field(default_factory=dict)
    """Other names of a period: ``{"2025 supplement": 2024}``."""
    begins: int | None = None
    """First period there ever was, where known; for 'for the first time'."""
    note: str = ""

    @cached_property
    def periods(self) -> tuple[int, ...]:
        """All periods with a cell, ascending."""
        return tuple(sorted({p for _, p in self.cells}))

    @cached_property
    def units(self) -> tuple[str, ...]:
        """All units with a cell, in alphabetical order."""
        return tuple(sorted({u for u, _ in self.cells}))

    @cached_property
    def _by_period(self) -> dict[int, list[Entry]]:
        found: dict[int, list[Entry]] = {}
        for key in sorted(self.cells):
            found.setdefault(key[1], []).append(self.cells[key])
        return found

    def listed(self, period: int) -> list[Entry]:
        """All cells of a period, by unit."""
        return self._by_period.get(period, [])

    def cell(self, unit: str, period: int) -> Entry | None:
        """The cell of a unit and period, or None."""
        return self.cells.get((unit, period))

    def cells_of(self, units: Iterable[str], periods: Sequence[int]) -> tuple[Entry, ...]:
        """The cells that are there of these units and periods, unit by unit."""
        return tuple(c for u in units for p in periods if (c := self.cell(u, p)) is not None)

    def value(self, unit: str, period: int) -> Interval | None:
        """The value of a unit in a period, or None."""
        cell = self.cell(unit, period)
        return None if cell is None else cell.value

    def rank(self, unit: str, period: int) -> Interval | None:
        """The rank of a unit in a period as an interval of what is possible; None where nothing is known of that period.

        A unit missing from a list that is complete down to rank k stands below k. Ranks by value count the units that are
        certainly above; if units are missing, the upper end stays open.
        """
        cell = self.cell(unit, period)
        if cell is not None and cell.rank is not None:
            return cell.rank
        if self.ranked_by == "none":
            return None
        if self.ranked_by == "rank":
            depth = self.complete.get(period)
            if cell is None and period in self.complete and depth is not None:
                return Interval(depth + 1, math.inf, open_high=True)
            return None
        if cell is None or cell.value is None or unit in self.groups:
            return None
        above = below = 0
        for other in self.listed(period):
            if other.unit == unit or other.value is None or other.unit in self.groups:
                continue
            if other.value.low > cell.value.high:
                above += 1
            elif other.value.high <= cell.value.low:
                below += 1
        total = sum(1 for c in self.listed(period) if c.value is not None and c.unit not in self.groups)
        whole = period in self.complete and self.complete[period] is None
        return Interval(1 + above, total - below, False, False) if whole else Interval(1 + above, math.inf, open_high=True)

    def name(self, unit: str) -> str:
        """What the evidence calls a unit."""
        for period in reversed(self.periods):
            cell = self.cell(unit, period)
            if cell is not None and cell.name:
                return cell.name
        return unit

    def broken_between(self, unit: str, first: int, last: int) -> list[int]:
        """Periods after the earlier one and up to the later one in which the unit's series breaks."""
        low, high = min(first, last), max(first, last)
        return [p for p in self.broken.get(unit, ()) if low < p <= high]

    def breaks_between(self, first: int, last: int) -> list[SeriesBreak]:
        """Breaks that part ``first`` from ``last``."""
        low, high = min(first, last), max(first, last)
        return [b for b in self.breaks if low < b.period <= high]

    def sources_of(self, cells: Iterable[Entry]) -> list[Publisher]:
        """The sources of some cells, each once, in order of first use."""
        seen: dict[str, Publisher] = {}
        for cell in cells:
            for name in cell.source.split():
                if name in self.sources:
                    seen.setdefault(name, self.sources[name])
        return list(seen.values())

    @cached_property
    def sha256(self) -> str:
        """Hash of every cell and source: the same evidence gives the same hash on every machine."""
        body = {
            "id": self.id,
            "cells": [self.cells[k].as_dict() for k in sorted(self.cells)],
            "complete": {str(k): v for k, v in sorted(self.complete.items())},
            "first": self.first,
            "ranked_by": self.ranked_by,
            "sources": [asdict(self.sources[k]) for k in sorted(self.sources)],
            "breaks": [asdict(b) for b in self.breaks],
        }
        return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
