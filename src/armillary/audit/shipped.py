"""A shipped series as evidence of a claims file: ``world:gerd-gdp.oecd``, ``world:articles-fractional.ncses/physics``."""

from __future__ import annotations

from functools import cache

from armillary.audit.evidence import Entry, Evidence, Publisher
from armillary.audit.interval import Interval
from armillary.registry import world


@cache
def shipped(name: str) -> Evidence:
    """The series of the package, in its own unit of measure; groups take no rank, and only complete sources close a rank upwards.

    UnknownNameError for a series or part that is not there.
    """
    code, _, part = name.partition("/")
    s = world.series(code)
    every = world.units()
    cells: dict[tuple[str, int], Entry] = {}
    for row in world.rows(s.id, part=part).to_pylist():
        unit, year = row["unit"], int(row["year"])
        note = f"flag {row['flag']}" if row["flag"] else ""
        country = None if every[unit].is_aggregate else unit
        cells[unit, year] = Entry(unit, year, None, Interval.exact(float(row["value"])), country, every[unit].name, s.dataset, note)
    d = s.origin
    about = Publisher(s.dataset, d.title, d.publisher, d.address, d.vintage, d.accessed, "official", s.note)
    years = {y for _, y in cells}
    return Evidence(
        id=f"world:{name}",
        title=s.name + (f": {part}" if part else ""),
        measure=s.unit_of_measure,
        cells=cells,
        complete=dict.fromkeys(years, None) if s.coverage == "complete" else {},
        ranked_by="none" if s.best != "high" else "value",
        groups=frozenset(u for u, _ in cells if every[u].is_aggregate),
        sources={s.dataset: about},
        note=d.leaves_out,
    )
