"""Numbers as articles write them: digits by language, words, ordinals, fractions, scales; with the half unit of the last digit."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache

from armillary.audit.reading.tokens import key_of
from armillary.registry import read_toml

HUNDRED = {"en": "hundred", "de": "hundert", "es": "cien", "fr": "cent", "zh": "百"}
_DE_END = ("e", "er", "en", "es", "em", "ens", "ste", "ster", "sten", "stes", "te", "ter", "ten", "tes")


def _listed(name: str, language: str) -> dict[tuple[str, ...], float]:
    words = read_toml("reading", "numbers.toml")[name].get(language, [])
    return {key_of(w): float(n) for n, spellings in enumerate(words, 1) for w in spellings.split("|") if w != "-"}


def _valued(name: str, language: str) -> dict[tuple[str, ...], float]:
    words = read_toml("reading", "numbers.toml")[name][language]
    return {key_of(w): float(Fraction(v) if "/" in v else float(v)) for v, spellings in words.items() for w in spellings}


@cache
def cardinals(language: str) -> dict[tuple[str, ...], float]:
    """Folded number words -> number; ``a hundred`` is 100."""
    found = _listed("cardinals", language)
    tens = {"en": "thirty forty fifty sixty seventy eighty ninety", "de": "dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"}
    found |= {key_of(w): 10.0 * (n + 3) for n, w in enumerate(tens.get(language, "").split())}
    if language != "zh":
        found[key_of(HUNDRED[language])] = 100.0
    return found


@cache
def ordinals(language: str) -> dict[tuple[str, ...], float]:
    """Folded ordinal words -> rank; in Chinese ``第`` and a number."""
    if language == "zh":
        return {("第", *k): n for k, n in cardinals("zh").items()}
    found = _listed("ordinals", language)
    if language == "de":
        found = {(k[0] + e,): n for k, n in found.items() for e in _DE_END}
    if language == "en":
        found |= {key_of("hundredth"): 100.0}
    return found


@cache
def fractions(language: str) -> dict[tuple[str, ...], float]:
    """Folded words -> part of a whole."""
    return _valued("fractions", language)


@cache
def folds(language: str) -> dict[tuple[str, ...], float]:
    """Folded words for a multiple: ``tenfold``, ``verfünffacht``, ``quintuplicó``."""
    return _valued("folds", language) if language in read_toml("reading", "numbers.toml")["folds"] else {}


@cache
def scales(language: str) -> dict[tuple[str, ...], float]:
    """Folded words of scale -> factor; in Chinese texts only Chinese ones, so a German Billion is never an English one."""
    return _valued("scales", language)


def digits(text: str, language: str) -> tuple[float, float] | None:
    """``129,7`` -> (129.7, 0.05): the number and half a unit of its last digit; None where the separators fit no reading.

    A comma parts thousands in English and Chinese and decimals in German, Spanish and French; a point the other way round.
    """
    plain = re.sub(r"[ \u00a0\u202f'’]", "", text)
    thousands, decimal = (",", ".") if language in ("en", "zh") else (".", ",")
    if not plain.startswith("0") and re.fullmatch(rf"\d{{1,3}}(?:\{thousands}\d{{3}})+(?:\{decimal}\d+)?", plain):
        plain = plain.replace(thousands, "")
    elif thousands in plain:
        if language in ("en", "zh") or plain.count(".") != 1 or decimal in plain:
            return None
        plain = plain.replace(".", decimal)  # 3.13 in a German or Spanish text: no thousands can have two digits
    whole, _, part = plain.partition(decimal)
    if not whole.isdigit() or (part and not part.isdigit()):
        return None
    value = float(f"{whole}.{part}" if part else whole)
    if part:
        return value, 0.5 * 10 ** -len(part)
    zeros = len(whole) - len(whole.rstrip("0")) if value else 0
    return value, min(0.5 * 10**zeros, 0.025 * value) if zeros >= 2 else 0.5
