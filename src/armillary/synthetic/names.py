"""Invented names: countries, cities, people, institutions, journals, topics. Plainly made up; any likeness to a real name is chance."""

from __future__ import annotations

import numpy as np

from armillary.synthetic.draws import Randomness

CODES: tuple[str, ...] = (
    "QM",
    "QN",
    "QO",
    "QP",
    "QQ",
    "QR",
    "QS",
    "QT",
    "QU",
    "QV",
    "QW",
    "QY",
    "QZ",
    "XA",
    "XB",
    "XC",
    "XD",
    "XE",
    "XF",
    "XG",
    "XH",
    "XJ",
    "XL",
    "XM",
)
"""ISO 3166-1 alpha-2 codes that the standard leaves to users, without those in wide private use (XI, XK, XU, XX, ...)."""

_ONSET = ("B", "Br", "C", "D", "Dr", "F", "G", "H", "J", "K", "L", "M", "N", "P", "Qu", "R", "S", "T", "Tr", "V", "W", "Y", "Z")
_NUCLEUS = ("a", "e", "i", "o", "u", "é", "ö")
_NUCLEUS_SHARE = (0.24, 0.46, 0.66, 0.84, 0.96, 0.98, 1.0)
_CODA = ("", "", "", "l", "n", "r", "s", "m")
_COUNTRY_END = ("oria", "avia", "enia", "ustan", "omar", "undia", "essia", "imar", "orra", "alune")
_CITY_END = ("ford", "haven", "polis", "grad", "mouth", "stad", "burgh", "port", "heim", "quay")
_GIVEN_END = ("a", "o", "in", "el", "ia", "us", "an", "is", "ette", "or")
_FAMILY_END = ("sen", "ova", "ski", "mann", "ez", "well", "aki", "ides", "oglu", "eau", "er", "ano")
_REAL = frozenset(
    {
        "Moravia",
        "Batavia",
        "Pretoria",
        "Victoria",
        "Slovenia",
        "Armenia",
        "Astoria",
        "Gloria",
        "Octavia",
        "Belgrad",
        "Bedford",
        "Hereford",
        "Milford",
        "Telford",
        "Salford",
        "Romford",
        "Watford",
    }
)
"""Real names that the syllables can give."""
_TOPIC_HEAD = (
    "Adaptive",
    "Layered",
    "Quiescent",
    "Braided",
    "Latent",
    "Granular",
    "Resonant",
    "Diffuse",
    "Coupled",
    "Sparse",
    "Tidal",
    "Modular",
    "Helical",
    "Ambient",
    "Fractured",
    "Recursive",
    "Spectral",
    "Porous",
    "Nested",
    "Dormant",
)
_TOPIC_STEM = (
    "glimmer",
    "velm",
    "torque",
    "quasil",
    "nimbe",
    "ferro",
    "lumin",
    "calyx",
    "dendri",
    "ostra",
    "plexi",
    "sondr",
    "umbra",
    "zephyr",
    "kryo",
    "myrtha",
)
_TOPIC_TAIL = (
    "lattices",
    "regimes",
    "membranes",
    "networks",
    "signals",
    "cohorts",
    "inference",
    "turbulence",
    "catalysis",
    "markets",
    "dialects",
    "pathways",
    "assemblies",
    "governance",
    "imaging",
    "kinetics",
)


def word(draws: Randomness, purpose: str, key: int, syllables: int, endings: tuple[str, ...]) -> str:
    """One invented word of that many syllables plus an ending."""
    u = draws.unit(purpose, np.full(3 * syllables + 1, key), np.arange(3 * syllables + 1)).tolist()
    text = ""
    for s in range(syllables):
        onset = _ONSET[int(u[3 * s] * len(_ONSET))]
        text += onset if s == 0 else onset.lower()
        text += _NUCLEUS[next(k for k, share in enumerate(_NUCLEUS_SHARE) if u[3 * s + 1] < share)]
        if s < syllables - 1:
            text += _CODA[int(u[3 * s + 2] * len(_CODA))]
    ending = endings[int(u[-1] * len(endings))]
    return (text[:-1] if ending[0] in "aeiou" and len(text) > 2 else text) + ending


def distinct(draws: Randomness, purpose: str, count: int, syllables: int, endings: tuple[str, ...]) -> list[str]:
    """That many different invented words, in a fixed order."""
    found: dict[str, None] = {}
    key = 0
    while len(found) < count:
        made = word(draws, purpose, key, syllables, endings)
        if made not in _REAL:
            found.setdefault(made)
        key += 1
    return list(found)


def countries(draws: Randomness, count: int) -> list[str]:
    """Names of countries."""
    return distinct(draws, "name-country", count, 2, _COUNTRY_END)


def cities(draws: Randomness, count: int) -> list[str]:
    """Names of cities and towns, all different."""
    return distinct(draws, "name-city", count, 2, _CITY_END)


def given_names(draws: Randomness) -> list[str]:
    """400 given names."""
    return distinct(draws, "name-given", 400, 2, _GIVEN_END)


def family_names(draws: Randomness) -> list[str]:
    """2,000 family names in alphabetical order, so that an index is also an alphabetical key."""
    return sorted(distinct(draws, "name-family", 2000, 2, _FAMILY_END), key=str.casefold)


def topic_names(draws: Randomness, count: int) -> list[str]:
    """Names of topics, such as 'Braided kryo kinetics'."""
    found: dict[str, None] = {}
    key = 0
    while len(found) < count:
        u = draws.unit("name-topic", np.full(3, key), np.arange(3))
        head, stem, tail = (part[int(x * len(part))] for part, x in zip((_TOPIC_HEAD, _TOPIC_STEM, _TOPIC_TAIL), u, strict=True))
        found.setdefault(f"{head} {stem} {tail}")
        key += 1
    return list(found)


def issn(number: int) -> str:
    """An ISSN with a valid check digit (ISO 3297) from a seven-digit number."""
    digits = f"{number:07d}"
    rest = -sum(int(d) * w for d, w in zip(digits, range(8, 1, -1), strict=True)) % 11
    return f"{digits[:4]}-{digits[4:]}{'X' if rest == 10 else rest}"


_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"


def ror(number: int) -> str:
    """A ROR-shaped id (nine characters, valid ISO 7064 check digits) from a number below 32**6; starts with 0 as all do."""
    text, rest = "", number
    for _ in range(6):
        text = _BASE32[rest % 32] + text
        rest //= 32
    value = 0
    for letter in text:
        value = value * 32 + _BASE32.index(letter)
    return f"0{text}{98 - value * 100 % 97:02d}"
