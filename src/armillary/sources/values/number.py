"""A number as tables write it: decimal comma or point, groups of thousands, currency, per cent, exponent, footnote marks, minus signs.

A comma before exactly three digits is a group in one country and a decimal mark in another. One value alone does not say which
(``number-ambiguous``); a column mostly does: :func:`decimal_mark`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

from armillary.sources.values.missing import is_missing
from armillary.sources.values.reading import Reading, refused

Mark = Literal[".", ","]
Told = Literal[".", ",", "?"] | None
"""What is known of a column's decimal mark; ``?``: its table is parted by semicolons, so a point may part thousands as well."""

_SPACES = re.compile("(?<=\\d)[ \u00a0\u2000-\u200a\u202f\u205f\u3000'\u2019\u02bc](?=\\d{3}(?!\\d))")
_SIGNS = str.maketrans(
    {
        "\u2212": "-",
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\ufe63": "-",
        "\uff0d": "-",
        "\ufe62": "+",
        "\uff0b": "+",
        "\u066b": ".",
        "\u066c": ",",
    }
)
_CURRENCY = re.compile(
    r"(?:(?:US|CA|AU|NZ|HK|S|R|A|C|NT)?[$\u00a2\u00a3\u00a5\u20a0-\u20cf]|\b(?:USD|EUR|GBP|JPY|CNY|RMB|CHF|KRW|INR|SEK|NOK|DKK|AUD|CAD|PPP|Fr\.|kr\.?))",
    re.IGNORECASE,
)
_DOLLARS = frozenset(
    {
        "$",
        "us$",
        "us $",
        "usd",
        "us dollar",
        "us dollars",
        "u s dollar",
        "u s dollars",
        "dollar",
        "dollars",
        "usd $",
        "united states dollar",
    }
)
_FLAGS = "[abcdefinprsuz]"
"""Letters that publishers put behind a value; ``k``, ``m`` and capitals may be thousands, millions and billions, and are refused."""
_FOOTNOTE = re.compile(
    f"\\s*(?:\\[[^\\[\\]]{{1,4}}\\]|\\({_FLAGS}(?:,{_FLAGS})*\\)|[*\u2020\u2021\u00a7\u00b6#]+"
    f"|(?<=[\\d%]) ?{_FLAGS}{{1,3}}|(?<=[\\d%]) (?:est|rev|prov))$"
)
_RAISED = "[\u00b9\u00b2\u00b3\u2070-\u2079]+"
_SUPERSCRIPTS = re.compile(f"(?<![x*\u00d7\u00b7]10)(?<![x*\u00d7\u00b7] 10)(?<=[^\u207a\u207b]){_RAISED}(?:[,\u02d2]{_RAISED})*$")
_SCALES = {"thousand": 3, "million": 6, "mln": 6, "mn": 6, "billion": 9, "bln": 9, "bn": 9, "trillion": 12, "tn": 12}
_SCALE = re.compile(rf"(?<=\d)\s*({'|'.join(_SCALES)})\.?$", re.IGNORECASE)
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_EXPONENT = re.compile(r"^(.*?)(?:\s*[x\u00d7\u00b7*]\s*10\s*\^?\s*([+-]?\d{1,3})|[eE]([+-]?\d{1,3}))$")
_GROUPED_COMMA = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_GROUPED_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d*)?")
_GROUPED_POINT = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d*)?")
_UNSURE = re.compile(r"[1-9]\d{0,2},\d{3}")
_MAYBE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def read_number(text: str | float | None, *, decimal: Told = None, codes: bool = False) -> Reading[float]:
    """A finite number; per cent signs and currencies are dropped (``12 %`` is 12), and a mark behind it is a footnote.

    ``decimal`` tells what a comma or a point means where both readings are possible. Reasons: ``number-missing``,
    ``number-malformed``, ``number-not-finite`` (nan, inf, or beyond 64-bit floats), ``number-ambiguous`` (``1,234``; with ``?`` also
    ``1.234``).
    ``codes`` as in :func:`~armillary.sources.values.missing.is_missing`.
    """
    if isinstance(text, (int, float)):
        return Reading(float(text)) if math.isfinite(text) else refused("number-not-finite")
    if text is None or is_missing(text, codes=codes):
        return refused("number-missing")
    plain = text.strip()
    if not (plain.isascii() and _PLAIN.fullmatch(plain) and decimal != ","):
        plain = _stripped(plain)
    if plain.lstrip("+-").casefold() in ("inf", "infinity", "nan", "\u221e", "1.#inf", "1.#qnan"):
        return refused("number-not-finite")
    negative = plain.startswith("-")
    body = plain.lstrip("+-") if plain[:1] in "+-" and plain[1:2] not in "+-" else plain
    exponent = ""
    if (word := _SCALE.search(body)) is not None:
        body, exponent = body[: word.start()], f"e{_SCALES[word[1].lower()]}"
    elif (scaled := _EXPONENT.match(body)) is not None:
        body, exponent = scaled[1], "e" + (scaled[2] or scaled[3])
    if (decimal is None and _UNSURE.fullmatch(body)) or (decimal == "?" and _MAYBE_GROUP.fullmatch(body)):
        return refused("number-ambiguous")
    digits = _digits(body, None if decimal == "?" else decimal)
    if digits is None:
        return refused("number-malformed")
    value = float(f"{'-' if negative else ''}{digits}{exponent}")
    return Reading(value, None, digits + exponent != text.strip().lstrip("+-")) if math.isfinite(value) else refused("number-not-finite")


def currency_of(text: str) -> str | None:
    """The currency that a text names, in capitals (``USD`` for ``$``, ``US$`` and US dollars); None if it names none."""
    found = _CURRENCY.search(unicodedata.normalize("NFKC", text))
    if found is None or found[0].upper() == "PPP":
        return None
    return "USD" if is_dollar(found[0]) else found[0].upper().rstrip(".")


def is_dollar(name: str) -> bool:
    """Whether a name of a currency is that of the United States."""
    return " ".join(re.sub(r"[^a-z$]+", " ", name.casefold()).split()) in _DOLLARS


def decimal_mark(texts: Iterable[str | None]) -> Mark | None:
    """What the numbers of one column use as decimal mark, by those that allow one reading only; None if none does, or if they disagree."""
    seen: set[Mark] = set()
    for text in texts:
        if text is None or is_missing(text):
            continue
        body = _stripped(text).lstrip("+-")
        body = m[1] if (m := _EXPONENT.match(body)) is not None else body
        mark = _evidence(body)
        if mark is not None and _digits(body, mark) is not None:
            seen.add(mark)
    return seen.pop() if len(seen) == 1 else None


def column_mark(texts: Iterable[str | None], separator: str = "") -> Told:
    """:func:`decimal_mark` of a column of a table whose values ``separator`` parts: commas between them leave the point only."""
    found = decimal_mark(texts)
    return found or ("." if separator == "," else "?" if separator == ";" else None)


def _evidence(body: str) -> Mark | None:
    """The decimal mark that a number must have, if it allows one reading only."""
    last = max(",.", key=body.rfind)
    if last not in body:
        return None
    mark: Mark = "," if last == "," else "."
    if body.count(last) > 1:
        return "." if mark == "," else ","
    one_kind = ("," in body) != ("." in body)
    return None if one_kind and _MAYBE_GROUP.fullmatch(body) else mark


def _digits(body: str, decimal: Mark | None) -> str | None:
    """Digits with a point, or None. A mark that cannot part groups is a decimal mark whatever ``decimal`` says of the others."""
    if not re.fullmatch(r"[\d.,]*\d[\d.,]*", body) or not body.isascii():
        return None
    mark = _evidence(body) or decimal or "."
    if mark == ".":
        group, points = ",", body.count(".")
        fits = _GROUPED_COMMA.fullmatch(body) or _GROUPED_INDIAN.fullmatch(body)
    else:
        group, points = ".", body.count(",")
        fits = _GROUPED_POINT.fullmatch(body)
    if points > 1 or (group in body and (not fits or body.startswith("0"))):
        return None
    if decimal is not None and group in body and points and mark != decimal:
        return None  # "1.234,5" where the comma parts groups
    return body.replace(group, "").replace(",", ".")


def _stripped(text: str) -> str:
    """The number alone: one kind of digit and sign, no currency, per cent sign, footnote or blank."""
    plain = unicodedata.normalize("NFKC", _no_superscripts(text)).translate(_SIGNS).strip().strip("'\"").strip()
    if plain[:1] == "(" and plain[-1:] == ")" and re.fullmatch(r"\([^()]*\d[^()]*\)", plain):
        plain = "-" + plain[1:-1].strip()  # accountants' minus
    money = _CURRENCY.search(plain) is not None
    plain = _CURRENCY.sub("", plain).strip()
    plain = re.sub(r"^([+-])\s+", r"\1", plain)
    for _ in range(2):
        plain = re.sub(r"\s*(?:%|per ?cent|pct\.?|\u2030)$", "", plain, flags=re.IGNORECASE).strip() if "\u2030" not in plain else plain
        if not (_PLAIN.fullmatch(plain) or _SCALE.search(plain)):
            plain = plain if money and plain[-1:].isalpha() else _FOOTNOTE.sub("", plain).strip()
    return _SPACES.sub("", plain)


def _no_superscripts(text: str) -> str:
    """Superscript digits are footnotes, and would become digits."""
    return _SUPERSCRIPTS.sub("", text.rstrip())
