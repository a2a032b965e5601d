"""Derived series (METHODS 8): ratios within one source and vintage, growth, thresholds, values carried forward.

A series here is a mapping year -> :class:`Observed`. Nothing is ever interpolated, and nothing passes over a break in the series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from armillary.errors import DataError, UnknownNameError
from armillary.registry import country_names
from armillary.sources.series import codes
from armillary.sources.series.cells import is_break
from armillary.sources.series.places import unit_id

CARRIED = "imputed_locf"


@dataclass(frozen=True, slots=True)
class Observed:
    """One value and its flag as published."""

    value: float
    flag: str | None = None

    @property
    def starts_break(self) -> bool:
        """Whether a new definition starts with this value."""
        return is_break(self.flag)


Series = Mapping[int, Observed]


def known_unit(table: pa.Table, text: str) -> str:
    """The unit that a user means, by code or by a country's name; :class:`~armillary.errors.UnknownNameError` if it has no series."""
    known = set(pc.unique(table["unit"]).to_pylist())
    found: str | None = next((u for u in (text, unit_id(text)) if u in known), None)
    if found is None:
        raise UnknownNameError("unit of the series", text, known | {country_names().get(u, u) for u in known})
    return found


def known_code(table: pa.Table, text: str, *, of: str = "series") -> str:
    """The code that a user means: itself, or the only one with this base and these dimensions.

    ``G`` is enough where one series of G is there, ``G:PT_B1GQ`` where one has that value in any dimension.
    """
    known = set(pc.unique(table["indicator"]).to_pylist())
    if text in known:
        return text
    base, wanted = codes.split(text)
    fits: list[str] = [c for c in sorted(known) if _fits(c, base, wanted)]
    if not fits:
        raise UnknownNameError(of, text, known)
    if len(fits) > 1:
        shown = ", ".join(fits[:6]) + (f" and {len(fits) - 6} more" if len(fits) > 6 else "")
        raise DataError(f"{len(fits)} series fit '{text}'", fix=f"choose one: {shown}")
    return fits[0]


def _fits(code: str, base: str, wanted: dict[str, str]) -> bool:
    own_base, own = codes.split(code)
    there = all(v in own.values() if k.startswith("?") else own.get(k) == v for k, v in wanted.items())
    return own_base.casefold() == base.casefold() and there


def origin(table: pa.Table, unit: str, indicator: str, *, source: str | None = None, vintage: str | None = None) -> dict[str, Any]:
    """Which source and vintage :func:`select` takes, and the unit of measure and the multiplier that they state."""
    rows = _rows(table, unit, indicator, source, vintage)
    return {k: rows[0][k] for k in ("source", "vintage", "unit_of_measure")} | {"unit_mult": _multiplier(rows)}


def select(table: pa.Table, unit: str, indicator: str, *, source: str | None = None, vintage: str | None = None) -> dict[int, Observed]:
    """One series out of a ``series`` table, ascending by year.

    Without ``source`` there must be one only; without ``vintage`` the newest of the source is taken (vintages are never mixed). Where
    the multiplier changes within the series, all values are brought to that of the newest.
    """
    rows = _rows(table, unit, indicator, source, vintage)
    to = _multiplier(rows) or 0
    return {r["year"]: Observed(scaled(float(r["value"]), r["unit_mult"], to), r["status_flag"]) for r in rows}


def scaled(value: float, multiplier: int | None, to: int) -> float:
    """A value given in ``10^multiplier`` units of measure, in ``10^to``; as it is where both are the same, or none is stated."""
    power = 0 if multiplier is None else multiplier - to
    return value if power == 0 else value * 10.0**power if power > 0 else value / 10.0**-power


def _multiplier(rows: list[dict[str, Any]]) -> int | None:
    """That of the newest value."""
    return None if not rows or rows[-1]["unit_mult"] is None else int(rows[-1]["unit_mult"])


def _rows(table: pa.Table, unit: str, indicator: str, source: str | None, vintage: str | None) -> list[dict[str, Any]]:
    """Rows with a value, ascending by year."""
    unit = known_unit(table, unit)
    mine = table.filter(pc.equal(table["unit"], unit))
    code = known_code(mine, indicator, of=f"series of {unit}")
    rows = mine.filter(pc.equal(mine["indicator"], code)).to_pylist()
    sources = sorted({r["source"] for r in rows})
    if source is None:
        if len(sources) > 1:
            raise DataError(f"{len(sources)} sources give '{code}' of {unit}", fix=f"choose one: {', '.join(sources)}")
        source = sources[0]
    rows = [r for r in rows if r["source"] == source]
    if not rows:
        raise UnknownNameError(f"source of '{code}'", source, sources)
    editions = sorted({r["vintage"] for r in rows})
    if vintage is not None and vintage not in editions:
        raise UnknownNameError(f"vintage of '{code}'", vintage, editions)
    edition = vintage or editions[-1]
    return sorted((r for r in rows if r["vintage"] == edition and r["value"] is not None), key=lambda r: r["year"])


def ratio(above: Series, below: Series, scale: float = 100.0) -> dict[int, Observed]:
    """``above / below * scale`` for the years that both have; flags of both are kept. Percent by default, 1000 for "per thousand".

    The caller takes both from the same source and vintage: R&D per GDP is national currency over national currency, never a PPP
    amount over a market one.
    """
    out = {}
    for year in sorted(set(above) & set(below)):
        if below[year].value == 0:
            continue
        flags = [f for f in (above[year].flag, below[year].flag) if f]
        out[year] = Observed(above[year].value / below[year].value * scale, ",".join(dict.fromkeys(flags)) or None)
    return out


def growth(series: Series, start: int, end: int) -> float:
    """Compound annual rate in percent from ``start`` to ``end``: ``((x_end / x_start)^(1 / years) - 1) * 100``.

    Refuses to cross a break in the series (a flag B after ``start``): the two ends then measure different things.
    """
    for year in (start, end):
        if year not in series:
            raise DataError(f"no value for {year}", fix=f"known years: {min(series, default='none')} to {max(series, default='none')}")
    if end <= start:
        raise DataError(f"growth from {start} to {end} needs an end after the start")
    broken = [y for y in sorted(series) if start < y <= end and series[y].starts_break]
    if broken:
        raise DataError(f"the series breaks in {', '.join(map(str, broken))}", fix="give growth within one definition")
    first, last = series[start].value, series[end].value
    if first <= 0 or last <= 0:
        raise DataError("compound growth needs values above 0 at both ends")
    return float((last / first) ** (1.0 / (end - start)) - 1) * 100


def first_year_above(series: Series, threshold: float) -> int | None:
    """The first year with a value above the threshold, or None."""
    return next((y for y in sorted(series) if series[y].value > threshold), None)


def lasting_year_above(series: Series, threshold: float) -> int | None:
    """The first year from which every later value stays above the threshold, or None: the sober answer where a series dips back."""
    last_below = max((y for y in series if series[y].value <= threshold), default=None)
    later = [y for y in sorted(series) if (last_below is None or y > last_below)]
    return later[0] if later else None


def carried(series: Series, until: int, max_years: int = 2) -> dict[int, Observed]:
    """The series with gaps filled by the last value, at most ``max_years`` old, flagged ``imputed_locf``; never backward."""
    out: dict[int, Observed] = {}
    last: int | None = None
    for year in range(min(series, default=until), until + 1):
        if year in series:
            out[year], last = series[year], year
        elif last is not None and year - last <= max_years:
            out[year] = Observed(series[last].value, CARRIED)
    return out
