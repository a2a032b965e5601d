"""The code of a series: what is measured, and every dimension of the source that tells it from another one.

``G:PRICE_BASE=Q,UNIT_MEASURE=USD_PPP`` is the measure G in constant prices and PPP dollars. Dimensions stand in alphabetical order, so the
same series has the same code in each of its formats; ``_Z`` (not applicable) and the yearly frequency are left out. SDMX messages
rarely bring their structure definition, so attributes are known by the names that the SDMX cross-domain concepts and the large
publishers give them: what is not one of these is taken for a dimension. At worst a code says too much; it never says too little.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

from armillary.registry import read_csv

UNITS = (
    "REF_AREA",
    "LOCATION",
    "COUNTRY",
    "COU",
    "GEO",
    "GEO_UNIT",
    "GEOUNIT",
    "COUNTRY_CODE",
    "COUNTRY_ID",
    "ECONOMY",
    "REPORTER",
    "REPORTING_COUNTRY",
    "COUNTRY_NAME",
)
"""Dimensions that name the unit, the first that is there counts."""
TIMES = ("TIME_PERIOD", "TIME", "OBS_DIMENSION", "YEAR")
MEASURES = ("VAR", "INDICATOR", "INDICATOR_ID", "VARIABLE", "SUBJECT", "SERIES", "MEASURE")
"""Dimensions that name what is measured; others that are there stay dimensions."""
STATUS = ("OBS_STATUS", "OBS_STATUS_2", "OBS_STATUS_3", "OBS_STATUS_4", "OBS_FLAG", "STATUS")
UNIT_OF_MEASURE = ("UNIT_MEASURE", "UNIT")
MULTIPLIER = ("UNIT_MULT", "POWERCODE", "UNIT_MULTIPLIER")

_ATTRIBUTE = re.compile(
    r"(AUX_|COMMENT|TITLE|NOTE_|METADATA|FOOTNOTE|SOURCE_|LAST_UPDATE|EXT_|CONTACT|SERIES_(NAME|TITLE|LABEL))|.*_(NOTE|NOTES|COMMENT|COM|TITLE|URL|LABEL|NAME|DESC)$"
)
ALWAYS = frozenset(
    [
        "UNIT_MEASURE",
        "UNIT",
        "FREQ",
        "PRICE_BASE",
        "PRICES",
        "TRANSFORMATION",
        "ADJUSTMENT",
        "S_ADJ",
        "SEX",
        "AGE",
        "SECTOR",
        "SECTPERF",
        "ACTIVITY",
    ]
)
"""Part of the key wherever a table puts them."""
PARTS = frozenset(["D", "B", "W", "M", "Q", "S", "H", "I", "N", "Daily", "Weekly", "Monthly", "Quarterly", "Half-yearly"])
"""Frequencies of less than a year: one of their values is not the year's, even where it is dated on the first of January."""
_CODE = re.compile(r"[\w@$+.<>\-]*$")


@functools.cache
def is_attribute(name: str) -> bool:
    """Whether a column or an XML attribute says something about a value and does not tell it from others."""
    return (
        name in {r["name"] for r in read_csv("series", "attributes.csv")}
        or name in STATUS
        or name in MULTIPLIER
        or _ATTRIBUTE.match(name) is not None
    )


def first_of(cells: Mapping[str, str], names: Iterable[str]) -> tuple[str, str]:
    """The first of ``names`` that has a value, with it; two empty texts if none has."""
    return next(((n, cells[n]) for n in names if cells.get(n)), ("", ""))


def is_code(value: str) -> bool:
    """Whether a value can be a code of a code list (free text is none)."""
    return _CODE.match(value) is not None


def code(base: str, dimensions: Mapping[str, str]) -> str:
    """The code of a series from what is measured and its other dimensions (names in capitals)."""
    said = [
        f"{name}={plain(value)}"
        for name, value in sorted(dimensions.items())
        if value not in ("", "_Z") and not (name == "FREQ" and value in ("A", "Annual", "annual"))
    ]
    return base + (":" + ",".join(said) if said else "")


def plain(value: str) -> str:
    """A text as part of a code: without what has a meaning in one."""
    return re.sub(r"[\s,=:@]+", "_", value.strip())


def split(text: str) -> tuple[str, dict[str, str]]:
    """Base and dimensions of a code; a word without ``=`` has no dimension to itself and gets the name ``?n``."""
    base, _, rest = text.partition(":")
    parts = [p for p in rest.split(",") if p]
    return base, {k if eq else f"?{n}": v if eq else k for n, (k, eq, v) in enumerate(p.partition("=") for p in parts)}


_POWERS = {3: "thousands", 6: "millions", 9: "billions", 12: "trillions"}


def unit_text(unit_of_measure: str | None, unit_mult: int | None) -> str:
    """Unit of measure and multiplier for people: ``USD_PPP, millions``."""
    if not unit_mult:
        return unit_of_measure or ""
    power = _POWERS.get(unit_mult, f"x10^{unit_mult}")
    return f"{unit_of_measure}, {power}" if unit_of_measure else power


def dataset(structure: str) -> str:
    """``RD_E_GERDTOT`` of ``ESTAT:RD_E_GERDTOT(1.0)``; ``DF_MSTI`` of ``OECD.STI.STP:DSD_MSTI@DF_MSTI(1.3)``."""
    name = structure.split(": ")[0].rpartition(":")[2].partition("(")[0]
    return name.rpartition("@")[2]
