"""Years, values and flags in the cells of a table of series, each with a reason code where there is none."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable

from armillary.sources.series.tabular import TabularFile
from armillary.sources.values.date import read_annual
from armillary.sources.values.flag import BREAK, read_flags
from armillary.sources.values.missing import is_missing
from armillary.sources.values.number import Mark, Told, decimal_mark, read_number

_WHY_YEAR = {"year-out-of-range": "pseudo-year", "date-part": "not-annual", "date-span": "not-annual", "not-annual": "not-annual"}
_WHY_VALUE = {"number-missing": "no-value", "number-ambiguous": "ambiguous-value"}
_REPORTED = re.compile(r"(\d{4})(?:-A1|-01-01(?:T00:00:00)?/P1Y|A)$")
"""A year as a reporting period or a duration of SDMX."""
_HEADER = re.compile(r"(?:YR|X|Y)?_?(\d{4})(?:\.0+)?(?: ?\[YR\d{4}\])?", re.IGNORECASE)
_MARKED = re.compile(r"(\d{4})(?:\s*(?:[*\u2020\u2021]+|\[\d{1,2}\]|[\u00b9\u00b2\u00b3])|\s*\(([bdefprsu])\)|\s?([bdefprsu]))")
_FLAGGED = re.compile(r"(.*\d|:)\s*([a-z]{1,4})")
_PLAIN = re.compile(r"-?\d{1,300}(?:\.\d{1,300})?(?:[eE][-+]?\d{1,3})?")
_SAMPLE = 2_000


def year_of(text: str) -> tuple[int | None, str]:
    """The year, or None with a reason code. Years such as 2999 are marks ("latest"), not years."""
    reported = _REPORTED.fullmatch(text.strip())
    found = read_annual(reported[1] if reported else text)
    return (found.value, "") if found.value is not None else (None, _WHY_YEAR.get(found.reason or "", "bad-year"))


def year_of_header(text: str) -> int | None:
    """The year that the name of a column stands for (``2020``, ``2020 [YR2020]``, ``YR2020``, ``X2020``), or None."""
    found = _HEADER.fullmatch(text.strip().strip("\ufeff"))
    return year_of(found[1])[0] if found else None


def marked_year_of_header(text: str) -> tuple[int | None, str]:
    """As :func:`year_of_header`, also with marks behind the year (``2020*``, ``2021 (p)``, ``2022e``): year and flag."""
    found = _MARKED.fullmatch(text.strip().strip("\ufeff"))
    if found is None:
        return year_of_header(text), ""
    flag = (found[2] or found[3] or "").casefold()
    return year_of_header(found[1]), flag


def value_of(text: str, decimal: Told = ".") -> tuple[float | None, str]:
    """The value, or None with a reason code; ``decimal`` is the decimal mark, None or ``?`` where the table does not tell."""
    if decimal not in (",", "?") and _PLAIN.fullmatch(text):  # nearly all values of a bulk file, and nothing to be read in two ways
        value = float(text)
        return (value, "") if math.isfinite(value) else (None, "bad-value")
    if is_missing(text):
        return None, "no-value"
    found = read_number(text, decimal=decimal)
    return (found.value, "") if found.value is not None else (None, _WHY_VALUE.get(found.reason or "", "bad-value"))


def flagged(text: str) -> tuple[str, str]:
    """A cell as value and flags behind it (``2.30 b``, ``1.5bep``, ``: c``); the second is empty without flags."""
    found = _FLAGGED.fullmatch(text.strip())
    if found is None or read_flags(found[2], vocabulary="eurostat").value is None:
        return text.strip(), ""
    return found[1].strip(), found[2]


def is_break(flag: str | None) -> bool:
    """Whether a flag says that a new definition starts with its value; flags of several letters (``bp``) count too."""
    if not flag:
        return False
    parts = [read_flags(part, vocabulary=v).value or () for part in flag.split(",") for v in ("sdmx", "eurostat")]
    return any(BREAK in p for p in parts)


def decimal_of(rows: TabularFile, line: int, columns: Iterable[int], *, default: Mark | None) -> Told:
    """The decimal mark of the values in these columns, by those that allow one reading only; ``default`` where none does.

    In a table parted by semicolons, which somebody's spreadsheet wrote, a point may part thousands then (``?``).
    """
    at = list(columns)
    sample = (row[i] for _, row in rows.after(line) for i in at if i < len(row) and row[i])
    found = decimal_mark(flagged(text)[0] for text in itertools.islice(sample, _SAMPLE))
    return found or ("?" if getattr(getattr(rows, "layout", None), "separator", "") == ";" else default)


def multiplier(text: str) -> int | None:
    """The power of ten of ``UNIT_MULT`` (a code such as ``6`` or ``6: Millions``), or None where it is not stated."""
    plain = text.split(":")[0].strip().removesuffix(".0")
    return int(plain) if re.fullmatch(r"-?\d{1,2}", plain) else None
