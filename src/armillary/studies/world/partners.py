"""Who writes with whom, by country and year, from the shipped table of pairs: partners, their share, their shift."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from armillary.registry import world


@cache
def _pairs() -> dict[str, dict[str, dict[int, int]]]:
    """unit -> partner -> year -> joint works."""
    out: dict[str, dict[str, dict[int, int]]] = {}
    t = world.table("coauthorship")
    for year, a, b, works in zip(*(t[c].to_pylist() for c in ("year", "a", "b", "works")), strict=True):
        out.setdefault(a, {}).setdefault(b, {})[year] = works
        out.setdefault(b, {}).setdefault(a, {})[year] = works
    return out


def joint_works(a: str, b: str) -> dict[int, int]:
    """Works of two countries together, by year; a year without a row is zero (the source lists every pair that has one)."""
    found = _pairs().get(a, {}).get(b, {})
    return {y: found.get(y, 0) for y in range(*_span())}


def _span() -> tuple[int, int]:
    s = world.series("coauthored-works")
    return s.first_year, s.last_year + 1


def partners(unit: str, year: int) -> list[dict[str, Any]]:
    """Partners of a country in a year, most joint works first: ``unit, works, rank, share`` of its works with anybody abroad."""
    own = world.values("coauthored-works").get(unit, {}).get(year)
    rows = [(v[year], p) for p, v in _pairs().get(unit, {}).items() if v.get(year)]
    rows.sort(key=lambda r: (-r[0], r[1]))
    out, rank = [], 0
    for k, (works, partner) in enumerate(rows):
        rank = k + 1 if not k or works != rows[k - 1][0] else rank
        out.append({"unit": partner, "works": works, "rank": rank, "share": works / own if own else None})
    return out


def shift(unit: str, before: int, after: int, top: int = 8) -> list[dict[str, Any]]:
    """How the share of a country's partners moved: those that are among the first ``top`` in either year, newest order."""
    then, now = ({p["unit"]: p for p in partners(unit, y)} for y in (before, after))
    kept = [u for u, p in now.items() if p["rank"] <= top] + [
        u for u, p in then.items() if p["rank"] <= top and (u not in now or now[u]["rank"] > top)
    ]
    nothing = {"works": 0, "rank": None, "share": 0.0}
    return [{"unit": u, "before": then.get(u, nothing), "after": now.get(u, nothing)} for u in kept]


def matrix(units: tuple[str, ...], year: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Joint works of some countries in a year, symmetric, zeros on the diagonal."""
    found = _pairs()
    return np.array([[found.get(a, {}).get(b, {}).get(year, 0) if a != b else 0 for b in units] for a in units], dtype=np.int64)


def reached(year: int, least: int = 1) -> int:
    """Pairs of countries with at least ``least`` joint works in a year."""
    t = world.table("coauthorship")
    return int(np.count_nonzero((t["year"].to_numpy() == year) & (t["works"].to_numpy() >= least)))
