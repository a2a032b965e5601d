"""Units of series: countries by ISO alpha-2 code, groups of countries by the publisher's code, and which is which."""

from __future__ import annotations

import functools
import re

from armillary.sources.values.country import is_region, read_place

_REGION = re.compile(r"[A-Z]{2,3}[\dA-Z]*\d[\dA-Z]*")
"""A code of a region within a country (``DE1``, ``ITH10``, ``AU2``): not the country with a footnote."""


@functools.lru_cache(2**16)
def unit_id(text: str) -> str:
    """ISO alpha-2 for a country in any spelling; the code of a group of countries; any other unit (a region, a city) as it is."""
    plain = " ".join(text.split())
    found = read_place(plain)
    if found.value is None or (found.is_repaired and _REGION.fullmatch(plain)) or is_region(plain):
        return plain
    return found.value.code


_GROUP = re.compile(
    r"[A-Z]\d{1,3}|\d[A-Z]\w*|_\w|(OECD|EU|EA|WB|UIS|SDG)_\w+|405\d\d|other( .*)?|rest of .*|not allocated|unspecified", re.IGNORECASE
)
"""Codes of areas in SDMX (``U2``, ``4T``, ``S35``, ``1A``), of UIS regions, and names of leftovers; no country has a code of this kind."""
_M49 = re.compile(
    "00[1235]|009|01[134578]|019|021|029|03[0459]|05[347]|06[12]|14[235]|15[0145]|199|202|419|432|722",
)
"""Regions of the United Nations."""


@functools.lru_cache(2**16)
def is_aggregate(unit: str) -> bool:
    """Whether a unit is a group of countries."""
    if _GROUP.fullmatch(unit) or _M49.fullmatch(unit):
        return True
    found = read_place(unit)
    return found.value is not None and found.value.kind == "aggregate" and not (found.is_repaired and _REGION.fullmatch(unit) is not None)
