"""The words of pages made from the shipped tables: names of series and units in the reader's language, numbers with their measure."""

from __future__ import annotations

from armillary.registry import world
from armillary.registry.world import Series
from armillary.web import i18n
from armillary.web.current import current
from armillary.web.i18n import gettext as _


def series_name(s: Series) -> str:
    """The name of a series."""
    return s.name_zh if current().language == "zh" else s.name


def unit_name(code: str) -> str:
    """The name of a unit."""
    u = world.units()[code]
    return u.name_zh or u.name if current().language == "zh" else u.name


def amount(s: Series, value: float) -> str:
    """A value with so many decimals as its series has, and a percent sign where that is its measure."""
    text = i18n.number(value, s.decimals if abs(value) < 1000 else 0)
    return f"{text} %" if s.unit_of_measure.startswith("percent") else text


def measure(s: Series) -> str:
    """The unit of measure, said beside a value: nothing for a plain percentage of an obvious whole."""
    return "" if s.unit_of_measure.startswith("percent") else s.unit_of_measure


def source_line(s: Series) -> str:
    """Publisher and vintage, as a page names them."""
    return _("{source}, vintage {vintage}").format(source=s.origin.source, vintage=s.origin.vintage)
