"""From the cells of one observation of a statistical message to a row of the core table: shared by SDMX-ML, SDMX-CSV and Eurostat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from armillary.sources.series import codes
from armillary.sources.series.cells import multiplier, value_of, year_of
from armillary.sources.series.places import unit_id
from armillary.sources.series.rows import Observation, SeriesFile, measure
from armillary.sources.values.number import Told


@dataclass(frozen=True, slots=True)
class Origin:
    """What all observations of a file have in common: publisher's name of the data set, vintage, and what to call the measure.

    ``base`` is the name where no dimension says what is measured; ``forced`` the user's own name, which comes before any.
    """

    source: str
    vintage: str
    base: str
    forced: str | None = None


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """One series of a message: its unit, code, unit of measure and multiplier."""

    unit: str
    indicator: str
    unit_of_measure: str | None
    unit_mult: int | None
    is_annual: bool = True


def series_of(cells: Mapping[str, str], origin: Origin, attributes: frozenset[str] = frozenset()) -> SeriesKey:
    """The series of an observation from all its cells (names in capitals); ``attributes`` are names that are no dimensions here."""
    unit_name, place = codes.first_of(cells, codes.UNITS)
    measure_name, base = codes.first_of(cells, codes.MEASURES)
    own = {unit_name, *codes.TIMES} | ({measure_name} if origin.forced is None else set())
    keys = {k: v for k, v in cells.items() if k not in own and not codes.is_attribute(k) and (k not in attributes or k in codes.ALWAYS)}
    indicator = codes.code(origin.forced or base or origin.base, keys)
    mult = multiplier(codes.first_of(cells, codes.MULTIPLIER)[1])
    return SeriesKey(unit_id(place), indicator, _measure(cells, origin.source, indicator), mult, cells.get("FREQ", "") not in codes.PARTS)


def _measure(cells: Mapping[str, str], source: str, indicator: str) -> str | None:
    """Unit of measure with its currency, as the message gives it; else what the registry knows."""
    unit = codes.first_of(cells, codes.UNIT_OF_MEASURE)[1]
    if not unit:
        known = measure(source, indicator)
        return known.unit_of_measure if known else None
    currency = cells.get("CURRENCY", "_Z")
    return f"{unit} {currency}" if currency not in ("_Z", "", unit) and not unit.startswith(currency) else unit


def keep(
    out: SeriesFile, number: int, series: SeriesKey, when: str, text: str, flags: list[str], origin: Origin, decimal: Told = "."
) -> None:
    """One observation: kept, or rejected with its reason. ``number`` is its line or place; ``when`` and ``text`` are as published."""
    out.records += 1
    if not series.unit or not series.indicator:
        out.reject(number, "no-key", f"unit '{series.unit}', indicator '{series.indicator}'")
        return
    year, why = year_of(when) if series.is_annual else (None, "not-annual")
    if year is None:
        out.reject(number, why, f"{series.unit} {series.indicator} '{when}'")
        return
    value, why = value_of(text, decimal)
    # "A" means a normal value; everything else is kept as published, in the order of the message
    told = [f for f in flags if f not in ("", "A")]
    if value is None:
        out.reject(number, why, f"{series.unit} {series.indicator} {year} '{text}', status {','.join(told) or 'not given'}")
        return
    flag = ",".join(dict.fromkeys(told)) or None
    out.add(
        Observation(
            series.unit, series.indicator, year, origin.source, origin.vintage, value, flag, series.unit_of_measure, series.unit_mult
        ),
        number,
    )
