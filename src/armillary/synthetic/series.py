"""Country series of the synthetic world in tidy form, with planted answers and the traps of real tables."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from armillary.synthetic.world import World

FIRST, LAST = 2000, 2024
TWO_TRILLION_YEAR = 2019
"""First year in which country 0 spends more than two trillion of its currency on R&D (in units of million: 2,000,000)."""
SOURCE, OTHER_SOURCE = "Synthetic Statistics Office", "Synthetic World Bank"
VINTAGE, OLD_VINTAGE = "2025-09", "2024-09"
_MONEY = "national currency, millions"
Row = tuple[str, str, int, float | None, str, str, str, str]
COLUMNS = ("unit", "indicator", "year", "value", "unit_of_measure", "status_flag", "source", "vintage")

MAPPING = "# How tidy.csv is read: armillary ingest series tidy.csv --mapping mapping.toml\n[columns]\n" + "".join(
    f'{c} = "{c}"\n' for c in COLUMNS
)


def rows(world: World) -> list[Row]:
    """All values. GERD follows from GDP and intensity, so derived series can be checked exactly."""
    found: list[Row] = []
    u = world.draws.unit("series", np.arange(world.n_countries * 4)).reshape(4, -1)
    for c, code in enumerate(world.geo.codes):
        for year in range(FIRST, LAST + 1):
            t = year - FIRST
            gdp = round(5e6 / (1 + c) ** 0.9 * (1.02 + 0.05 * u[0, c]) ** t, 1)
            intensity = 0.4 + 2.2 * u[1, c] + (0.02 + 0.05 * u[2, c]) * t
            gerd = gerd_of_country_0(year) if c == 0 else round(gdp * intensity / 100, 1)
            if c == 0:
                gdp = round(gerd / (1.0 + 0.07 * t) * 100, 1)
            people = round((120e6 / (1 + c) ** 0.5) * 1.006**t)
            researchers = round(people * (0.0008 + 0.004 * u[3, c]) * 1.02**t)
            flag = "b" if year == 2009 and c in (0, 3) else "e" if year == LAST and c % 4 == 1 else "p" if year == LAST else ""
            if not (c % 7 == 6 and year % 2):  # every seventh country reports every other year
                found.append((code, "GERD_NC", year, gerd, _MONEY, flag, SOURCE, VINTAGE))
                found.append((code, "RESEARCHERS_FTE", year, float(researchers), "full-time equivalents", flag, SOURCE, VINTAGE))
            found.append((code, "GDP_NC", year, gdp, _MONEY, "", SOURCE, VINTAGE))
            found.append((code, "POPULATION", year, float(people), "persons", "", SOURCE, VINTAGE))
            found.append((code, "STEM_DOCTORATES", year, float(round(researchers * 0.03)), "persons", "", SOURCE, VINTAGE))
            if c < 6 and year >= 2010:  # a second publisher that disagrees by 3 per cent on country 2
                theirs = round(gerd * (1.03 if c == 2 else 1.0), 1)
                found.append((code, "GERD_NC", year, theirs, _MONEY, "", OTHER_SOURCE, VINTAGE))
            if c == 1 and year >= 2015:  # an older edition, revised since
                found.append((code, "GERD_NC", year, round(gerd * 0.985, 1), _MONEY, "", SOURCE, OLD_VINTAGE))
        found.append((code, "GDP_NC", 2999, round(5e6 / (1 + c) ** 0.9, 1), _MONEY, "", SOURCE, VINTAGE))
    return found


def gerd_of_country_0(year: int) -> float:
    """R&D spending of country 0, in millions: grows by 9 per cent a year and passes two trillion in TWO_TRILLION_YEAR."""
    return round(2_030_000 * 1.09 ** (year - TWO_TRILLION_YEAR), 1)


def table(world: World) -> pa.Table:
    """Tidy table; the pseudo-year 2999 ("latest") is in it and must be rejected by a reader."""
    columns = zip(*rows(world), strict=True)
    return pa.table(dict(zip(COLUMNS, (list(c) for c in columns), strict=True)))
