"""Where values come from, in one shape: shipped series, the table of pairs (for one partner), series of an observatory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from armillary.registry import world
from armillary.registry.world import Series
from armillary.studies.world import ranked

PAIRS = "coauthorship"
"""The table of pairs, read as a series: works of each country written with the country that is its part."""
Values = dict[str, dict[int, float]]


@dataclass(frozen=True)
class OwnSeries:
    """A series that does not ship: what it is, and ``{unit: {year: value}}``."""

    series: Series
    values: Values


_shelf: dict[str, OwnSeries] = {}


def shelve(name: str, own: OwnSeries) -> None:
    """Make a series of an observatory known by a name that holds the digest of its data."""
    _shelf[name] = own


@cache
def _pairs() -> Series:
    t = world.catalogue().tables[PAIRS]
    return Series(
        PAIRS, PAIRS, t.dataset, "Works written together", "共同完成的成果", "works", "country", "complete", "high", 0, 1, t.rows, 0, 0,
        1990, 2023, t.file, counting="full", note=t.note, table=PAIRS,
    )  # fmt: skip


def described(name: str) -> Series:
    """What a series is: unit of measure, coverage, origin."""
    if name in _shelf:
        return _shelf[name].series
    return _pairs() if name == PAIRS else world.series(name)


@cache
def _with(partner: str) -> Values:
    found: Values = {}
    columns = world.table(PAIRS).select(["year", "a", "b", "works"]).to_pydict()
    for year, a, b, works in zip(*columns.values(), strict=True):
        if partner in (a, b):
            found.setdefault(b if a == partner else a, {})[year] = float(works)
    return found


def column(name: str, part: str = "") -> Values:
    """``{unit: {year: value}}``; for pairs ``part`` is the partner."""
    if name in _shelf:
        return _shelf[name].values
    return _with(part) if name == PAIRS else world.values(name, part)


def others(name: str) -> tuple[Series, ...]:
    """Other series of the same concept and unit of measure."""
    s = described(name)
    return tuple(o for o in world.concepts().get(s.concept, ()) if o.id != s.id and o.unit_of_measure == s.unit_of_measure)


def flag(name: str, part: str, unit: str, year: int) -> str:
    """The publisher's mark on a value; "" for none."""
    if name in _shelf or name == PAIRS:
        return ""
    found = world.rows(name, part=part, unit=unit, years=(year, year))["flag"].to_pylist()
    return str(found[0]) if found else ""


def years_of(name: str, part: str = "") -> list[int]:
    """Years with a value of a ranked unit."""
    if name in _shelf or name == PAIRS:
        return sorted({y for u, v in column(name, part).items() for y in v if not is_aggregate(u)})
    return list(ranked.years_of(described(name).id, part))


def latest_year(name: str, part: str = "") -> int:
    """The newest year that most of the units have."""
    if name in _shelf or name == PAIRS:
        return max(years_of(name, part))
    return ranked.latest_year(name, part)


def is_aggregate(unit: str) -> bool:
    """Whether a unit is a group or an office, which takes no rank."""
    known = world.units().get(unit)
    return known is not None and known.is_aggregate
