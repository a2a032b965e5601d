"""Texts that other rooms compose of few phrases (findings, verdicts, statements), put over by the rules of a language.

The rules are in ``i18n/<language>/phrases.toml``: ``[words]`` for whole texts, ``[[rule]]`` with ``match`` (a regular expression for the
whole text) and ``say``, in which ``{1}`` is a group, itself put over, ``{1!}`` a group as it is, ``{1?}`` one that may
stay as it is (a name), and ``{1,}`` and ``{1;}`` lists of such parts. Numbers take the signs of the language: what English
writes 1,234.5 is 1.234,5 in Spanish. A text that no rule knows is shown in English and marked as such.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from functools import cache
from typing import Any

from armillary.registry.breaks import by_year
from armillary.web import i18n
from armillary.web.current import I18N, LANGUAGES, current


@cache
def _file(language: str) -> dict[str, Any]:
    found = I18N.joinpath(language, "phrases.toml")
    return tomllib.loads(found.read_text(encoding="utf-8")) if language != "en" and found.is_file() else {}


@cache
def _rules(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(r["match"]), r["say"]) for r in _file(language).get("rule", ()))


def spoken(text: str) -> str:
    """A composed text in the language of the request; in English with a capital and a full stop left to the template."""
    if current().language == "en" or not text:
        return text[:1].upper() + text[1:]
    found = put_over(text)
    return found if found is not None else f"{i18n.BEGIN}{text}{i18n.END}"


def said_breaks(notes: Collection[str]) -> dict[str, str]:
    """The breaks of :func:`armillary.registry.breaks.by_year` in the language of the request."""
    return {year: put_over(text) or text for year, text in by_year(notes).items()}


def put_over(text: str) -> str | None:
    """The text by whole words, by the catalogue, or by the first rule whose parts are known too; None where nothing fits."""
    language = current().language
    if re.fullmatch(r"[\W\d]*", text):
        return numbers(text)
    known = _file(language).get("words", {}).get(text)
    if known is None:
        known = _name(language, text)
    if known is not None:
        return str(known)
    for pattern, say in _rules(language):
        m = pattern.fullmatch(text)
        if m is not None and (out := _filled(say, m)) is not None:
            return out
    return None


_NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![.,]?\d)|(?<![\w.,])\d+\.\d+(?![.,]?\d)")


def numbers(text: str) -> str:
    """The text with the signs of thousands and decimals that the language of the request has."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    locale = LANGUAGES[current().language]
    signs = str.maketrans({",": get_group_symbol(locale), ".": get_decimal_symbol(locale)})
    return _NUMBER.sub(lambda m: m[0].translate(signs), text)


def _name(language: str, text: str) -> str | None:
    from armillary.web.worldwords import names

    found = names(language).get(text)
    if found is not None:
        return found
    said = i18n.marked(text)
    return None if i18n.BEGIN in said else said


def _filled(say: str, m: re.Match[str]) -> str | None:
    lacks = False

    def one(field: re.Match[str]) -> str:
        nonlocal lacks
        group, how = m[int(field[1])] or "", field[2]
        if how == "!":
            return numbers(group)
        split = {",": r", (?!\d{3}\b)", ";": "; "}.get(how)
        parts = [(p, put_over(p)) for p in (re.split(split, group) if split else [group])]
        lacks = lacks or (how != "?" and any(said is None for _p, said in parts))
        between = str(_file(current().language).get("semicolon" if how == ";" else "comma", "; " if how == ";" else ", "))
        return between.join(p if said is None else said for p, said in parts)

    out = re.sub(r"\{(\d+)([!,;?]?)\}", one, say)
    return None if lacks else out
