"""Dates and years, also as a spreadsheet rewrites them: ``2020.0``, ``2020-01-01 00:00``, ``Jan-20``, days since 1900."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from armillary.sources.values.missing import is_missing
from armillary.sources.values.reading import Reading, refused

Order = Literal["day", "month"]

FIRST_YEAR, LAST_YEAR = 1500, 2100
"""Years outside are marks ("0000", "2999"), not years."""
_PIVOT = 30
"""Two digits below are of this century, as spreadsheets read them."""
_SERIAL = (14611, 73415)
"""1940 to 2100 as a spreadsheet counts days."""
_EPOCH = datetime.date(1899, 12, 30)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janv janvier ene enero jän jänner",
            "feb february februar fev févr fevr février fevrier febrero",
            "mar march märz mrz mars marzo maerz",
            "apr april avr avril abr abril",
            "may mai mayo",
            "jun june juni juin junio",
            "jul july juli juil juillet julio",
            "aug august août aout ago agosto",
            "sep sept september septembre septiembre set",
            "oct october okt oktober octobre octubre",
            "nov november novembre noviembre",
            "dec december dez dezember déc décembre decembre dic diciembre",
        ),
        1,
    )
    for name in names.split()
}
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_YEAR = re.compile(r"(?:c\.?a?\s*|\u00a9\s*|yr\s*|year\s*)?\[?(?:yr)?(\d{4})\]?(?:[.,]0*)?(?:\s*[*\u2020?\u5e74\ub144]|\s*\(?[a-z]\)?)?")
_YEAR_TWICE = re.compile(r"(\d{4})\s*\[yr(\d{4})\]")
_SPAN = re.compile(r"(?:fy\s*)?(\d{4})\s*[-/]\s*(\d{2}|\d{4})|(?:fy|ay)\s*\d{2,4}")
_PART = re.compile(
    r"(\d{4})[-\s]?(?:(q)0?[1-4]|(s|h)0?[12]|(m)(0?[1-9]|1[0-2])|w(?:0?[1-9]|[1-4]\d|5[0-3])|t0?[1-4])|(?:q[1-4]|h[12])[-/\s]*(\d{4})"
)
_TIME = r"(?:[t\s]\s*\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?\s*(?:am|pm)?\s*(?:z|utc|gmt|[+-]\d{2}:?\d{2})?)?"
_ISO = re.compile(rf"(\d{{4}})(?:[-/](\d{{1,2}})|\.(\d\d))(?:[-/.](\d{{1,2}}))?{_TIME}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0*)?")
_DAY_FIRST = re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}|\d{{2}}){_TIME}")
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/.](\d{4})")
_NAMED = re.compile(
    rf"(?:\w+,\s*)?(?:(\d{{1,2}})(?:st|nd|rd|th|\.)?[-\s/]*(?:de\s+)?)?([^\W\d_]+)\.?[-\s/,']*(?:de\s+)?(?:(\d{{1,2}})(?:st|nd|rd|th)?,\s*)?(\d{{4}}|\d{{2}}){_TIME}"
)
_ISO_NAMED = re.compile(r"(\d{4})[-\s/]([^\W\d_]+)\.?(?:[-\s/](\d{1,2}))?")
_NO_YEAR = re.compile(r"\d{1,2}[-\s/.][^\W\d_]+\.?|[^\W\d_]+\.?\s\d{1,2}(?:st|nd|rd|th)")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as far as a text gives it; ``month`` and ``day`` are None where it does not, or where two readings are possible
    (``is_unsure``)."""

    year: int
    month: int | None = None
    day: int | None = None
    is_unsure: bool = False


def day_order(texts: Iterable[str | None]) -> Order | None:
    """Whether the dates of one column (``3/25/2020``) put the day or the month first, by those that only one order allows."""
    seen: set[Order] = set()
    for text in texts:
        found = _DAY_FIRST.fullmatch(" ".join((text or "").split()).casefold())
        if found is not None and (int(found[1]) > 12) != (int(found[2]) > 12):
            seen.add("day" if int(found[1]) > 12 else "month")
    return seen.pop() if len(seen) == 1 else None


def read_date(value: object, *, first: Order | None = None) -> Reading[PartialDate]:
    """A date of any precision, from text, a number or a date object. ``first`` tells the order of ``03/04/2020`` (:func:`day_order`).

    Reasons: ``date-missing``, ``date-malformed``, ``date-without-year``, ``date-part`` (a quarter, a week), ``date-span`` (``2019/20``),
    ``year-out-of-range`` (before 1500, after 2100), ``date-impossible`` (a thirteenth month).
    """
    if isinstance(value, datetime.date):
        return _made(value.year, value.month, value.day)
    if isinstance(value, bool) or value is None:
        return refused("date-missing" if value is None else "date-malformed")
    if isinstance(value, float):
        value = f"{value:.0f}" if value.is_integer() else str(value)
    text = " ".join(_DASHES.sub("-", str(value)).replace("\u00a0", " ").split()).strip("'\" ").casefold()
    if is_missing(text):
        return refused("date-missing")
    if not text.isascii() and re.search(r"[^\W\da-z_]", text) is None:
        return refused("date-malformed")
    if (twice := _YEAR_TWICE.fullmatch(text)) is not None:
        return _made(int(twice[1]), repaired=True) if twice[1] == twice[2] else refused("date-malformed")
    if (alone := _YEAR.fullmatch(text)) is not None:
        return _made(int(alone[1]), repaired=text != alone[1])
    return _longer(text, first)


def _longer(text: str, first: Order | None) -> Reading[PartialDate]:
    """What is more than a year."""
    if (iso := _ISO.fullmatch(text)) is not None:
        month, day = int(iso[2] or iso[3]), int(iso[4] or 0)
        if iso[4] is None and month > 12:
            return refused("date-span")
        return _made(int(iso[1]), month or None, day or None, repaired=iso[4] is not None and not (month and day))
    if (compact := _COMPACT.fullmatch(text)) is not None:
        return _made(int(compact[1]), int(compact[2]) or None, int(compact[3]) or None)
    if _SPAN.fullmatch(text):
        return refused("date-span")
    if _PART.fullmatch(text):
        return refused("date-part")
    if (slashed := _DAY_FIRST.fullmatch(text)) is not None:
        return _slashed(int(slashed[1]), int(slashed[2]), _century(slashed[3]), first)
    if (month_first := _MONTH_YEAR.fullmatch(text)) is not None:
        return _made(int(month_first[2]), int(month_first[1]))
    if (named := _NAMED.fullmatch(text)) is not None and named[2] in _MONTHS:
        in_month = named[1] or named[3]
        if named[1] and named[3]:
            return refused("date-malformed")
        return _made(_century(named[4]), _MONTHS[named[2]], int(in_month) if in_month else None, repaired=len(named[4]) == 2)
    if (named := _ISO_NAMED.fullmatch(text)) is not None and named[2] in _MONTHS:
        return _made(int(named[1]), _MONTHS[named[2]], int(named[3]) if named[3] else None)
    if (found := _NO_YEAR.fullmatch(text)) is not None and any(w in _MONTHS for w in re.findall(r"[^\W\d_]+", found[0])):
        return refused("date-without-year")
    if (days := re.fullmatch(r"(\d{5})(?:[.,]\d+)?", text)) is not None and text.isascii():
        if _SERIAL[0] <= int(days[1]) <= _SERIAL[1]:
            at = _EPOCH + datetime.timedelta(days=int(days[1]))
            return Reading(PartialDate(at.year, at.month, at.day), None, True)
        return refused("year-out-of-range")
    return refused("year-out-of-range" if re.fullmatch(r"-?\d+(?:\.0*)?", text) else "date-malformed")


def read_year(value: object) -> Reading[int]:
    """The year of a date of any precision. Reasons as in :func:`read_date`."""
    found = read_date(value)
    return refused(found.reason or "date-malformed") if found.value is None else Reading(found.value.year, None, found.is_repaired)


def read_annual(value: object) -> Reading[int]:
    """The year of a whole year: a year alone, or the first or last day of one (a spreadsheet's date for it).

    Anything shorter or longer is refused: ``not-annual`` beside the reasons of :func:`read_date`.
    """
    found = read_date(value)
    if found.value is None:
        return refused("not-annual" if found.reason in ("date-part", "date-span") else found.reason or "date-malformed")
    date = found.value
    if not date.is_unsure and (date.month, date.day) in ((None, None), (1, 1), (12, 31)):
        return Reading(date.year, None, found.is_repaired or date.month is not None)
    return refused("not-annual")


def _made(year: int, month: int | None = None, day: int | None = None, *, repaired: bool = False) -> Reading[PartialDate]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return refused("year-out-of-range")
    if month is not None and not 1 <= month <= 12:
        return refused("date-impossible")
    if day is not None:
        if month is None:
            return refused("date-impossible")
        try:
            datetime.date(year, month, day)
        except ValueError:
            return refused("date-impossible")
    return Reading(PartialDate(year, month, day), None, repaired)


def _slashed(one: int, two: int, year: int, first: Order | None) -> Reading[PartialDate]:
    """Day and month in an order that only a number above 12 tells; where none does, the year alone is sure."""
    if one > 12 or two > 12:
        day, month = (one, two) if one > 12 else (two, one)
        return _made(year, month, day)
    if one == two or 0 in (one, two):
        return _made(year, one, two)
    if first is not None:
        return _made(year, *((two, one) if first == "day" else (one, two)))
    return Reading(PartialDate(year, is_unsure=True)) if FIRST_YEAR <= year <= LAST_YEAR else refused("year-out-of-range")


def _century(digits: str) -> int:
    return int(digits) if len(digits) == 4 else int(digits) + (2000 if int(digits) < _PIVOT else 1900)
