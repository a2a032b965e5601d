"""Languages through gettext: catalogues are plain ``.po`` files, read at start; numbers and dates follow the locale."""

from __future__ import annotations

import io
import math
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Any

from armillary.registry.notes import Note
from armillary.web.current import LANGUAGES, current

MISSING = "–"
"""Shown where there is no value (never 0, never an empty cell)."""


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations of a language; English needs none."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    locale = LANGUAGES[language]
    if language == "en":
        return NullTranslations()

    def read(name: str) -> GNUTranslations:
        text = files("armillary.web").joinpath("i18n", name).read_text(encoding="utf-8")
        compiled = io.BytesIO()
        write_mo(compiled, read_po(io.StringIO(text), locale=locale))
        compiled.seek(0)
        return GNUTranslations(compiled)

    # the texts of pages, and what registries and tables say (measures, parts, indicators)
    found = read(f"{locale}.po")
    found.add_fallback(read(f"{locale}.registry.po"))
    return found


def own_name(language: str) -> str:
    """A language as it calls itself: English, 中文, Français."""
    from babel import Locale

    name = str(Locale.parse(LANGUAGES[language]).get_language_name(LANGUAGES[language]))
    return name[:1].upper() + name[1:]


def gettext(message: str) -> str:
    """``message`` in the language of the request."""
    return catalogue(current().language).gettext(message) if message else ""


def told(note: str) -> str:
    """A note in the language of the request: its own text for that language, else through the catalogue."""
    said = note.said(current().language) if isinstance(note, Note) else None
    return said if said is not None else gettext(note)


def ngettext(one: str, many: str, n: int) -> str:
    """The form for ``n`` in the language of the request."""
    return catalogue(current().language).ngettext(one, many, n)


def number(value: Any, decimals: int = 0) -> str:
    """A number for reading, grouped as the locale does; a dash for none."""
    from babel.numbers import format_decimal

    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return MISSING
    if isinstance(value, str):
        return value  # a published table may print "more than 100"
    if current().language == "zh" and abs(value) >= 1e8 and not decimals:
        # from a hundred million on Chinese counts in its own units
        return f"{format_decimal(value / 1e8, format='#,##0.00', locale=LANGUAGES['zh'])}亿"
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(value, format=pattern, locale=LANGUAGES[current().language]))


def percent(value: Any, decimals: int = 1) -> str:
    """A share of one as per cent."""
    return MISSING if value is None else f"{number(100 * value, decimals)} %"


def compact(value: Any) -> str:
    """A large number in few characters: 1.2M, 120万."""
    from babel.numbers import format_compact_decimal

    if value is None:
        return MISSING
    return str(format_compact_decimal(value, fraction_digits=1, locale=LANGUAGES[current().language]))


def date(text: str | None) -> str:
    """An ISO date as the locale writes it; anything else as it is."""
    import datetime

    from babel.dates import format_date

    try:
        return str(format_date(datetime.date.fromisoformat(text or ""), format="long", locale=LANGUAGES[current().language]))
    except ValueError:
        return text or MISSING
