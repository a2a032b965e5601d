"""Years, values and flags of the cells of a table of series, each with a reason code where there is none."""

from __future__ import annotations

import math
import re

FIRST_YEAR, LAST_YEAR = 1500, 2100
"""Years outside are markers ("2999": latest), not years."""
_YEAR = re.compile(r"^(\d{4})(?:\.0+|-A1|-01-01/P1Y)?$")
_HEADER = re.compile(r"^(?:YR|X|Y)?(\d{4})(?:\.0+)?(?: \[YR\d{4}\])?$", re.IGNORECASE)
MISSING = ("..", "NaN", "NA", "n/a", "-", ":")


def year_of(text: str) -> tuple[int | None, str]:
    """The year, or None with a reason code."""
    found = _YEAR.match(text.strip())
    if not found:
        return None, "not-annual" if text.strip()[:4].isdigit() else "bad-year"
    year = int(found.group(1))
    return (year, "") if FIRST_YEAR <= year <= LAST_YEAR else (None, "pseudo-year")


def year_of_header(text: str) -> int | None:
    """The year that the name of a column stands for (``2020``, ``2020 [YR2020]``, ``YR2020``, ``X2020``), or None."""
    found = _HEADER.match(text.strip())
    return int(found.group(1)) if found and FIRST_YEAR <= int(found.group(1)) <= LAST_YEAR else None


def value_of(text: str) -> tuple[float | None, str]:
    """The value, or None with a reason code."""
    if not text.strip() or text.strip() in MISSING:
        return None, "no-value"
    try:
        value = float(text)
    except ValueError:
        return None, "bad-value"
    return (value, "") if math.isfinite(value) else (None, "bad-value")


def multiplier(text: str) -> int | None:
    """The power of ten of ``UNIT_MULT`` (a code such as ``6`` or ``6: Millions``), or None where it is not stated."""
    plain = text.split(":")[0].strip().removesuffix(".0")
    return int(plain) if re.fullmatch(r"-?\d{1,2}", plain) else None
