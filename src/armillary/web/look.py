"""How a reader looks at one measure: which tab, year, units and scale. The address carries all of it, and nothing else does."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Self
from urllib.parse import urlencode

from fastapi import Depends, Query

from armillary.web.choices import UNIT_IDS

TABS = ("map", "ranking", "chart", "table", "sources")
MOST = 8
"""Units in one chart of lines."""


@dataclass(frozen=True, slots=True)
class Look:
    """Empty means: as the measure opens. ``line`` is what a chart of lines shows: values, ``rank`` or ``index`` (first year = 100)."""

    tab: str = ""
    year: int | None = None
    units: tuple[str, ...] = ()
    scale: str = ""
    per: str = ""
    line: str = ""
    add: str = ""

    def but(self, **changes: Any) -> Self:
        """The same with something changed."""
        return replace(self, **changes)

    def query(self, **more: str) -> str:
        """The look as a query string in a fixed order, after ``more`` (the measure's own choices)."""
        pairs = [(k, v) for k, v in more.items() if v]
        for f in fields(self):
            value = getattr(self, f.name)
            if value and f.name != "add":
                pairs.append((f.name, ",".join(value) if f.name == "units" else str(value)))
        return urlencode(pairs, safe=",:~")


def look(
    tab: Annotated[str, Query(pattern=f"^$|^({'|'.join(TABS)})$", description="Which view: map, ranking, chart, table or sources")] = "",
    year: Annotated[int | None, Query(ge=1500, le=2100, description="Which year; by default the newest that most units have")] = None,
    units: Annotated[str, Query(max_length=300, pattern=UNIT_IDS, description="Ids of up to eight units, joined by commas")] = "",
    scale: Annotated[str, Query(pattern="^$|^log$", description="log: spaced by ratio")] = "",
    per: Annotated[str, Query(pattern="^$|^head$", description="head: for each million inhabitants")] = "",
    line: Annotated[str, Query(pattern="^$|^(rank|index)$", description="What lines show: values, rank, or index (first year = 100)")] = "",
    add: Annotated[str, Query(max_length=120, description="Name of a unit to add, in any language")] = "",
) -> Look:
    """Dependency: how a request looks at its measure."""
    return Look(tab, year, tuple(dict.fromkeys(u for u in units.split(",") if u))[:MOST], scale, per, line, " ".join(add.split()))


LookDep = Annotated[Look, Depends(look)]
