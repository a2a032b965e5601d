"""The words of pages made from the shipped tables: names of series and units in the reader's language, numbers with their measure."""

from __future__ import annotations

from functools import cache

from armillary.registry import read_csv, world
from armillary.registry.world import Series
from armillary.web import i18n
from armillary.web.current import LANGUAGES, current
from armillary.web.i18n import BEGIN, catalogue
from armillary.web.i18n import gettext as _


def series_name(s: Series) -> str:
    """The name of a series: the catalogue's Chinese, else as the texts of the language have it."""
    return s.name_zh if current().language == "zh" else _(s.name)


def unit_name(code: str) -> str:
    """The name of a unit."""
    u = world.units()[code]
    return names(current().language).get(u.name, u.name)


@cache
def names(language: str) -> dict[str, str]:
    """English names of countries, groups and large cities -> their names in a language (where it has one of its own)."""
    if language == "en":
        return {}
    locale = LANGUAGES[language]
    found = {r["name"]: r[locale] for r in read_csv("vocabularies", "city_names.csv") if r.get(locale)}
    own = {r["code"]: r[locale] for r in read_csv("vocabularies", "country_names.csv") if r.get(locale)}
    for u in world.units().values():
        name = u.name_zh if language == "zh" else own.get(u.code, "") if u.kind == "country" else ""
        if not name and u.kind != "country":
            name = unmarked_or_empty(u.name, language)
        if name:
            found[u.name] = name
    return found


def unmarked_or_empty(text: str, language: str) -> str:
    """A text as the catalogue of a language has it; empty where it has not."""
    said = catalogue(language).gettext(text)
    return "" if BEGIN in said else said


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
