"""A country as codes and names write it -> its ISO 3166-1 alpha-2 code; former countries and aggregates are known as such.

Codes: alpha-2, alpha-3, numeric (also without the leading zeros that a spreadsheet takes away), ``EL`` and ``UK``, and those that
statistical offices use for Kosovo and others. Names: English with the variants of the United Nations, the World Bank, the OECD and WIPO in
any order of words (``Korea, Rep.``), formal names, and names in fifteen other languages (Unicode CLDR). ``NA`` is Namibia.
The tables are in ``registry/vocabularies``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from armillary.errors import UnknownNameError
from armillary.registry import read_csv
from armillary.sources.values.missing import is_missing
from armillary.sources.values.reading import Reading, refused

Kind = Literal["country", "former", "aggregate", "user"]

_USER_CODE = re.compile(r"AA|Q[M-Z]|X[A-Z]")
_UNSPECIFIED = frozenset({"XX", "ZZ", "XU", "ZZZ", "XXX", "999"})
_UNIONS = frozenset({"EU"})
"""Codes that the vocabulary has for their names, and that are no countries."""
_NOWHERE = frozenset(
    {
        "unspecified",
        "not specified",
        "not classified",
        "stateless",
        "unknown country",
        "country unknown",
        "no country",
        "undefined",
        "others unspecified",
    }
)
_AGGREGATE_CODE = re.compile(
    r"(?:EU|EA|EEA|EFTA|OECD|BRIICS|BRICS|ASEAN|MERCOSUR)[A-Z]?\d*(?:[-_]?(?:EU|EA)?\d+)?(?:_\d{4})?|G\d{1,3}|WB\d+|W\d{0,2}|WXOECD|A\d_\w+|_[TXZ]"
)
_AGGREGATE_NAME = re.compile(
    r"^(?:world\b|global\b|total\b|all (?:countries|economies)|european union|euro(?:pean)? area|eurozone|oecd\b|non-?oecd\b"
    r"|g-?(?:7|8|20)\b"
    r"|(?:high|low|middle|upper|lower)[ -].*income|(?:sdg|wb|mdg|gpe|uis|ibe|unicef|ldc|ilo|who|un|aims|african union)[a-z ]*:\s"
    r"|other countries|rest of (?:the )?world|latin america|sub-?saharan africa|middle east"
    r"|(?:east|south|central|west|north)[\w-]*(?: and (?:east|south|central|west|north)\w*)? (?:asia|africa|europe)\b(?!n republic))",
    re.IGNORECASE,
)
_STOP = frozenset({"the", "of", "and", "an"})
_SHORT = {
    "rep": "republic",
    "repub": "republic",
    "dem": "democratic",
    "st": "saint",
    "isl": "islands",
    "is": "islands",
    "peop": "peoples",
    "sts": "states",
    "islam": "islamic",
    "terr": "territory",
    "fed": "federated",
    "plur": "plurinational",
    "prov": "province",
    "utd": "united",
}
_DOTTED = re.compile(r"\b(?:\w\.\s?){2,}(?=\W|$)|\b(?:\w\.){1,}\w\b")
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u00b4`\u2032\u02bb\uff07]")
_FOOTNOTE = re.compile(
    "\\s*(?:[*\u2020\u2021\u00a7\u00b6\u00b9\u00b2\u00b3\u2070-\u2079#+]+|\\(\\s*[a-z0-9](?:\\s*[,;]\\s*[a-z0-9])*\\s*\\)|\\[\\s*[a-z0-9]{1,2}\\s*\\]"
    "|(?<=[^\\W\\d])\\d{1,2}(?:\\s*[,;]\\s*\\d{1,2})*|\\s\\d{1,2}(?:\\s*[,;]\\s*\\d{1,2})*|\\s\\d/|\\s/\\d)\\s*$",
    re.IGNORECASE,
)
_CODE_AND_NAME = (
    re.compile(r"^\s*([A-Z]{2,3})\s*[-\u2013:_|/]\s*(\D+)$"),
    re.compile(r"^\s*([A-Z]{2,3})\s+([A-Z][a-z]\D*)$"),
    re.compile(r"^(?P<name>\D+?)\s*[(\[]\s*(?P<code>[A-Z]{2,3})\s*[)\]]\s*$"),
)


@dataclass(frozen=True, slots=True)
class CountryName:
    """``code``: alpha-2 of a country or a former country (alpha-3 where two had one alpha-2), a publisher's code of an aggregate, or a code
    that ISO leaves to users."""

    code: str
    kind: Kind


@lru_cache(2**16)
def read_country(text: str | None) -> Reading[str]:
    """ISO 3166-1 alpha-2 of a country.

    A former country gives its former code (``SU``), a code that the standard leaves to users itself (``QM``: invented worlds). Reasons:
    ``country-missing``, ``country-unknown``, ``country-aggregate`` (``EU27_2020``, ``WLD``), ``country-former`` (the code meant two).
    """
    found = read_place(text)
    if found.value is None:
        return refused(found.reason or "country-unknown")
    if found.value.kind == "aggregate":
        return refused("country-aggregate")
    if len(found.value.code) > 2:
        return refused("country-former")
    return Reading(found.value.code, None, found.is_repaired)


@lru_cache(2**16)
def read_place(text: str | None) -> Reading[CountryName]:
    """The country, former country or aggregate that a text names, as code or as name; reasons as in :func:`read_country`."""
    given = " ".join((text or "").replace("\u00a0", " ").replace("\u200b", "").replace("\ufeff", "").split()).strip("'\"\u201c\u201d ")
    if is_missing(given, codes=True) or given.casefold() in _NOWHERE or given.upper() in _UNSPECIFIED:
        return refused("country-missing")
    if (found := _by_code(given)) is not None:
        return found
    if (found := _by_name(given)) is not None:
        return found
    for pattern in _CODE_AND_NAME:
        if (both := pattern.match(given)) is not None:
            code, name = (both["code"], both["name"]) if both.groupdict() else both.groups()
            one, two = _by_code(code), _by_name(name)
            if one is not None and two is not None and one.value == two.value:
                return one
    bare = _FOOTNOTE.sub("", given)
    if bare and bare != given:
        again = _by_name(bare) or (_by_code(bare) if bare.isalpha() else None)
        if again is not None:
            return Reading(again.value, again.reason, again.value is not None)
    if _AGGREGATE_NAME.match(given):
        return Reading(CountryName(given, "aggregate"))
    return refused("country-unknown")


def is_na_missing(countries: Iterable[str | None], others: Iterable[str | None]) -> bool:
    """Whether ``NA`` in a column of countries is R's mark for a missing value and not Namibia.

    It is where the column holds names or alpha-3 codes, or where other columns of the table, which hold no codes, say ``NA`` too.
    """
    given = {c.strip() for c in countries if c}
    return "NA" in given and (any(len(c) > 2 and not is_missing(c) for c in given) or any((o or "").strip() == "NA" for o in others))


def is_region(text: str) -> bool:
    """Whether a text names a part of a country that has figures of its own (Scotland): in a table of countries it is not the country."""
    return name_key(text) in _regions()


def country_code(name: str) -> str:
    """As :func:`read_country`, for a name that a user typed: :class:`UnknownNameError` with suggestions if it is none."""
    found = read_country(name).value
    if found is None:
        raise UnknownNameError("country", name, [r["name"] for r in _countries()])
    return found


def alpha3(code: str) -> str | None:
    """ISO 3166-1 alpha-3 of an alpha-2 code."""
    return _by_alpha2().get(code)


@cache
def adjectives() -> dict[str, str]:
    """Adjectives and names of inhabitants (``Chinese``, ``Swiss``, ``Danes``), capitalised -> alpha-2. Those that fit two are left out."""
    return {r["adjective"]: r["code"] for r in read_csv("vocabularies", "country_adjectives.csv")}


def name_key(text: str) -> str:
    """What two spellings of one name share: words without accents, articles and punctuation, in the order of the alphabet."""
    plain = _APOSTROPHES.sub("", text.casefold())
    plain = _DOTTED.sub(lambda m: m[0].replace(".", "").replace(" ", "") + " ", plain)
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    plain = plain.replace("\u0131", "i").replace("\u00f8", "o").replace("\u0142", "l").replace("\u00df", "ss").replace("\u0111", "d")
    words = "".join(c if c.isalnum() or unicodedata.category(c) in ("Mc", "Mn") else " " for c in plain).split()
    words = [_SHORT.get(w, w) for w in words] if len(words) > 1 else words
    return " ".join(sorted({w for w in words if w not in _STOP} or set(words)))


def _by_code(text: str) -> Reading[CountryName] | None:
    code = text.upper()
    if re.fullmatch(r"\d{1,3}", text):
        alpha2 = _codes().get(text.zfill(3))
        if alpha2 is not None:
            return Reading(CountryName(alpha2, "country"), None, len(text) < 3)
    elif (alpha2 := _codes().get(code)) is not None:
        return Reading(CountryName(alpha2, "country"))
    if code in _former():
        meant = _former()[code]
        return refused("country-former") if len(meant) > 1 else Reading(CountryName(min(meant), "former"))
    if code in _aggregates() or _AGGREGATE_CODE.fullmatch(code):
        return Reading(CountryName(code, "aggregate"))
    return Reading(CountryName(code, "user")) if _USER_CODE.fullmatch(code) else None


def _by_name(text: str) -> Reading[CountryName] | None:
    place = _names().get(name_key(text))
    return None if place is None else Reading(place)


@cache
def _by_alpha2() -> dict[str, str]:
    return {r["code"]: r["alpha3"] for r in _countries()}


def _countries() -> list[dict[str, str]]:
    return [r for r in read_csv("vocabularies", "countries.csv") if r["code"] not in _UNIONS]


@cache
def _codes() -> dict[str, str]:
    """Alpha-2, alpha-3, numeric and other codes of countries -> alpha-2."""
    out = {r["name"]: r["code"] for r in read_csv("vocabularies", "country_variants.csv") if r["kind"] == "code"}
    for row in _countries():
        out |= {row[c]: row["code"] for c in ("code", "alpha3", "numeric") if row[c]}
    return out


@cache
def _former() -> dict[str, set[str]]:
    """Codes of former countries -> what they mean: the alpha-2 code, or the alpha-3 codes of two countries that had one alpha-2 code."""
    rows = read_csv("vocabularies", "former_countries.csv")
    had: dict[str, set[str]] = {}
    for row in rows:
        had.setdefault(row["code"], set()).add(row["alpha3"])
    out = {code: {code} if len(meant) == 1 else meant for code, meant in had.items()}
    return out | {r["alpha3"]: {r["code"] if len(had[r["code"]]) == 1 else r["alpha3"]} for r in rows}


@cache
def _regions() -> frozenset[str]:
    return frozenset(name_key(r["name"]) for r in read_csv("vocabularies", "country_variants.csv") if r["kind"] == "region")


@cache
def _aggregates() -> frozenset[str]:
    return frozenset(r["code"] for r in read_csv("vocabularies", "aggregates.csv"))


@cache
def _names() -> dict[str, CountryName]:
    """By key; an English name wins over one of another language, and a key that two countries share within a language is nobody's."""
    out: dict[str, CountryName] = {}
    tables: list[list[tuple[str, CountryName]]] = [
        [(r["name"], CountryName(r["code"], "country")) for r in _countries()],
        [(r["name"], CountryName(r["code"], "country")) for r in read_csv("vocabularies", "country_variants.csv") if r["kind"] != "code"],
        [(r["name"], CountryName(min(_former()[r["alpha3"]]), "former")) for r in read_csv("vocabularies", "former_countries.csv")],
        [(r["name"], CountryName(r["code"], "aggregate")) for r in read_csv("vocabularies", "aggregates.csv")],
        [
            (name, CountryName(r["code"], "aggregate" if r["code"] in _UNIONS else "country"))
            for r in read_csv("vocabularies", "country_names.csv")
            for language, name in r.items()
            if language != "code" and name
        ],
    ]
    for number, table in enumerate(tables):
        here: dict[str, CountryName] = {}
        twice: set[str] = set()
        for name, place in table:
            key = name_key(name)
            if here.setdefault(key, place) != place and number not in (2, 3):
                twice.add(key)
        for key in here.keys() - twice:
            out.setdefault(key, here[key])
    return out
