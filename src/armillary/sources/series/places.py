"""Units of series: countries by ISO alpha-2 code, groups of countries by the publisher's code, and which is which."""

from __future__ import annotations

import csv
import functools
import re
from pathlib import Path

import armillary.registry

_GROUPS = re.compile(
    r"(EU|EA|EMU|EEA|EFTA|OECD|WLD|WORLD|G\d{1,2}|APEC|ASEAN|BRICS|MERCOSUR|OTO|OAVG|NMEC|LDC|AFE|AFW|CHI)([-_ ]?\w*)$|\w+ ?: .+|[0-9]\w$|W\d{2}$"
)


@functools.cache
def _alpha2() -> dict[str, str]:
    path = Path(armillary.registry.__file__).parent / "series" / "countries.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return {r["alpha3"]: r["alpha2"] for r in csv.DictReader(file)}


def unit_id(code: str) -> str:
    """ISO alpha-2 for an alpha-3 code of a country; any other code (``EU27_2020``, ``OECD``, ``WLD``) as it is."""
    code = code.strip()
    return {"EL": "GR", "UK": "GB"}.get(code) or _alpha2().get(code, code)


@functools.cache
def is_aggregate(unit: str) -> bool:
    """Whether a unit is a group of countries."""
    return _GROUPS.match(unit) is not None
