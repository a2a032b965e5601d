"""Series that an observatory took in itself (``armillary ingest series``), ranked like those that ship."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from armillary import registry
from armillary.core.store import Store
from armillary.errors import UnknownNameError, UsageError
from armillary.registry import world
from armillary.registry.world import Dataset, Series
from armillary.studies.world.ranked import ENOUGH, SeriesRanking, placed


def rank_own(
    store: Store, indicator: str, year: int | None = None, *, source: str | None = None, vintage: str | None = None
) -> SeriesRanking:
    """Rank the countries of an ingested series in a year (default: the newest that most of them have).

    Without ``source`` the one with most values is taken, without ``vintage`` its newest; what else there is stands in the note.
    """
    table = store.read("series")
    mine = table.filter(pc.equal(table["indicator"], indicator))
    if not mine.num_rows:
        raise UnknownNameError(
            "series", indicator, [*world.concepts(), *world.catalogue().series, *table["indicator"].unique().to_pylist()]
        )
    rows = mine.to_pylist()
    counted: dict[tuple[str, str], int] = {}
    for r in rows:
        counted[r["source"], r["vintage"]] = counted.get((r["source"], r["vintage"]), 0) + 1
    wanted = {k: n for k, n in counted.items() if source in (None, k[0]) and vintage in (None, k[1])}
    if not wanted:
        raise UsageError(f"{indicator} has no source {source or ''} {vintage or ''}".rstrip(), fix=f"it has {_list(counted)}")
    most = max(wanted, key=lambda k: (sum(n for s, n in wanted.items() if s[0] == k[0]), k[1], k[0]))
    rows = [r for r in rows if (r["source"], r["vintage"]) == most]
    countries = registry.country_names()
    years: dict[int, int] = {}
    for r in rows:
        if r["unit"] in countries and r["value"] is not None:
            years[r["year"]] = years.get(r["year"], 0) + 1
    if not years:
        raise UsageError(f"no country has a value of {indicator}", fix="groups take no rank; see armillary series")
    if year is None:
        year = max(y for y, n in years.items() if n >= ENOUGH * max(years.values()))
    if year not in years:
        raise UsageError(f"{indicator} has no values of {year}", fix=f"it has {min(years)}-{max(years)}")
    described = next((m for m in registry.read_csv("series", "measures.csv") if m["indicator"] == indicator), {})
    others = [k for k in counted if k != most]
    s = _series(indicator, most, rows, described, f"Also here: {_list(others)}." if others else "")
    found = [
        (float(r["value"]), countries.get(r["unit"], r["unit"]), r["unit"], r["status_flag"] or "", r["unit"] not in countries)
        for r in rows
        if r["year"] == year and r["value"] is not None
    ]
    return placed(s, "", year, found, set())


def _list(keys: Any) -> str:
    return ", ".join(f"{s} {v}" for s, v in sorted(keys))


def _series(indicator: str, origin: tuple[str, str], rows: list[dict[str, Any]], described: dict[str, str], note: str) -> Series:
    unit = rows[0]["unit_of_measure"] or described.get("unit_of_measure") or "unit of measure not stated"
    # amounts in national money cannot be compared between countries
    best = "none" if "national currency" in unit else "high"
    years = [r["year"] for r in rows]
    own = Dataset(
        id="own",
        title="taken in by this observatory",
        publisher=origin[0],
        source=origin[0],
        vintage=origin[1],
        accessed="",
        licence="as published",
        credit=origin[0],
        address="",
        among="countries of the file",
        leaves_out="",
    )
    return Series(
        id=indicator,
        concept=described.get("concept", indicator),
        dataset="own",
        name=described.get("name") or indicator,
        name_zh=described.get("name") or indicator,
        unit_of_measure=unit,
        unit_kind="country",
        coverage="selected",
        best=best,
        decimals=2,
        span=1,
        rows=len(rows),
        units=len({r["unit"] for r in rows}),
        aggregates=0,
        first_year=min(years),
        last_year=max(years),
        file="",
        code=indicator,
        note=note,
        own=own,
    )
