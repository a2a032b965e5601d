"""Languages through gettext: a folder of plain ``.po`` files each, read at start; numbers and dates follow the locale."""

from __future__ import annotations

import io
import math
import re
import tomllib
from decimal import Decimal, localcontext
from functools import cache
from gettext import GNUTranslations, NullTranslations
from typing import Any

from armillary.registry.notes import Note
from armillary.web.current import I18N, LANGUAGES, current

MISSING = "–"
"""Shown where there is no value (never 0, never an empty cell)."""
_MOST_DIGITS = 5000
"""Python reads no whole number of more than 4,300 digits from a text."""


BEGIN, END = "\ue000", "\ue001"
"""Signs of private use around a text that a language lacks; :func:`shown_as_english` turns them into markup."""


class _Lacking(NullTranslations):
    """Behind the catalogues of a language: what none of them has stays English, between signs."""

    def gettext(self, message: str) -> str:
        return f"{BEGIN}{message}{END}" if message else ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@cache
def catalogue(language: str) -> NullTranslations:
    """The translations of a language; English needs none. Texts of pages first, then what registries and tables say."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    if language == "en":
        return NullTranslations()
    found: NullTranslations | None = None
    for file in sorted((f for f in I18N.joinpath(language).iterdir() if f.name.endswith(".po")), key=lambda f: f.name):
        compiled = io.BytesIO()
        write_mo(compiled, read_po(io.StringIO(file.read_text(encoding="utf-8")), locale=LANGUAGES[language]))
        compiled.seek(0)
        one = GNUTranslations(compiled)
        if found is None:
            found = one
        else:
            found.add_fallback(one)
    last = _Lacking()
    if found is None:
        return last
    found.add_fallback(last)
    return found


@cache
def habits(language: str) -> dict[str, Any]:
    """What ``language.toml`` says of a language; nothing for English."""
    if language == "en":
        return {}
    found: dict[str, Any] = tomllib.loads(I18N.joinpath(language, "language.toml").read_text(encoding="utf-8"))
    return found


def direction(language: str) -> str:
    """``rtl`` where the language is written from right to left, else ``ltr``."""
    from babel import Locale

    return str(Locale.parse(LANGUAGES[language]).text_direction)


def own_name(language: str) -> str:
    """A language as it calls itself: English, 中文, Français."""
    from babel import Locale

    name = str(Locale.parse(LANGUAGES[language]).get_language_name(LANGUAGES[language]))
    return name[:1].upper() + name[1:]


def marked(message: str) -> str:
    """``message`` in the language of the request, between signs where the language lacks it (for templates)."""
    return catalogue(current().language).gettext(message) if message else ""


def gettext(message: str) -> str:
    """``message`` in the language of the request, or as it is."""
    return unmarked(marked(message))


def unmarked(text: str) -> str:
    """A text without the signs of what a language lacks."""
    return text.replace(BEGIN, "").replace(END, "") if BEGIN in text else text


_LACKING = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")
_BARE = re.compile(r"(<(?:title|option|textarea|script)\b[^>]*>.*?</(?:title|option|textarea|script)>|<[^>]*>)", re.DOTALL)


def shown_as_english(html: str) -> str:
    """A page whose English texts are marked as such (``lang``), so that they are seen and read aloud as English."""
    if BEGIN not in html:
        return html
    parts = _BARE.split(html)  # text, tag, text, ...
    for k in range(0, len(parts), 2):
        parts[k] = _LACKING.sub(r'<span lang="en" dir="ltr">\1</span>', parts[k])
    return unmarked("".join(parts))


def told(note: str) -> str:
    """A note in the language of the request: its own text for that language, else through the catalogue."""
    said = note.said(current().language, marked) if isinstance(note, Note) else None
    return said if said is not None else marked(note)


def ngettext(one: str, many: str, n: int) -> str:
    """The form for ``n`` in the language of the request, between signs where the language lacks it (for templates)."""
    return catalogue(current().language).ngettext(one, many, n)


def number(value: Any, decimals: int = 0) -> str:
    """A number for reading, grouped as the locale does; a dash for none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return MISSING
    if isinstance(value, str):
        return value  # a published table may print "more than 100"
    large = habits(current().language).get("large")
    if large and abs(value) >= large["from"] and not decimals:
        # Chinese counts in its own units from a hundred million on
        return f"{_grouped(Decimal(str(value)) / Decimal(large['from']), '#,##0.00')}{large['sign']}"
    return _grouped(value, "#,##0" + ("." + "0" * decimals if decimals else ""))


def _grouped(value: Any, pattern: str) -> str:
    """Any finite number: the usual 28 digits are too few for what a reader may type."""
    from babel.numbers import format_decimal

    with localcontext(prec=_MOST_DIGITS):
        return str(format_decimal(value, format=pattern, locale=LANGUAGES[current().language]))


def percent(value: Any, decimals: int = 1) -> str:
    """A share of one as per cent."""
    return MISSING if value is None else f"{number(100 * value, decimals)} %"


def compact(value: Any) -> str:
    """A large number in few characters: 1.2M, 120万."""
    from babel.numbers import format_compact_decimal

    if value is None:
        return MISSING
    with localcontext(prec=_MOST_DIGITS):
        return str(format_compact_decimal(value, fraction_digits=1, locale=LANGUAGES[current().language]))


def date(text: str | None) -> str:
    """An ISO date as the locale writes it; anything else as it is."""
    import datetime

    from babel.dates import format_date

    try:
        return str(format_date(datetime.date.fromisoformat(text or ""), format="long", locale=LANGUAGES[current().language]))
    except ValueError:
        return gettext(text or "") or MISSING
