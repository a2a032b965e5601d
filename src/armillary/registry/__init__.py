"""Facts and reviewed choices as data files, and the few functions that read them."""

from __future__ import annotations

import csv
import io
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from armillary.errors import UnknownNameError


def path(*parts: str) -> Path:
    """Where a file or folder of the registry lies on disk."""
    return Path(str(files("armillary.registry"))).joinpath(*parts)


def read_text(*parts: str) -> str:
    """The text of a registry file, by path below ``armillary/registry``."""
    return files("armillary.registry").joinpath(*parts).read_text(encoding="utf-8")


@cache
def read_csv(*parts: str) -> tuple[dict[str, str], ...]:
    """Rows of a registry CSV as dictionaries."""
    return tuple(csv.DictReader(io.StringIO(read_text(*parts))))


@cache
def read_toml(*parts: str) -> dict[str, Any]:
    """A registry TOML file."""
    return tomllib.loads(read_text(*parts))


def country_names(language: str = "en") -> dict[str, str]:
    """ISO 3166-1 alpha-2 code -> name (``en`` or ``zh``)."""
    return {r["code"]: r["name" if language == "en" else "name_zh"] for r in read_csv("vocabularies", "countries.csv")}


def country_code(name: str) -> str:
    """The ISO alpha-2 code for an alpha-2 or alpha-3 code or a name in any of fourteen languages ("China", "中国", "Côte d'Ivoire", "KOR").

    Case, accents and punctuation do not matter. :class:`UnknownNameError` with suggestions otherwise.
    """
    text = name.strip()
    if len(text) == 2 and text.upper() in country_names():
        return text.upper()
    found = _country_keys().get(plain_name(text))
    if found is None:
        raise UnknownNameError("country", name, [*country_names().values()])
    return found


def plain_name(text: str) -> str:
    """A name as it is compared: without case, accents, punctuation and spaces ("Côte d'Ivoire" and "cote d’ivoire" are one)."""
    folded = unicodedata.normalize("NFKD", text).casefold().replace("&", "and")
    return "".join(c for c in folded if c.isalnum() or unicodedata.category(c) == "Mc")


@cache
def _country_keys() -> dict[str, str]:
    """Plain name -> code. English and the aliases stand first; a name that means two countries in two other languages means neither."""
    found: dict[str, str] = {}
    doubtful: set[str] = set()
    for row in read_csv("vocabularies", "country_names.csv"):
        for language, name in row.items():
            key = plain_name(name)
            if language == "code" or not key:
                continue
            if found.setdefault(key, row["code"]) != row["code"]:
                doubtful.add(key)
    for key in doubtful:
        del found[key]
    found |= {plain_name(r["alpha3"]): r["alpha2"] for r in read_csv("series", "countries.csv")}
    found |= {plain_name(n): c for c, n in country_names("zh").items()} | {plain_name(n): c for c, n in country_names().items()}
    return found | {plain_name(r["name"]): r["code"] for r in read_csv("vocabularies", "country_aliases.csv")}


@cache
def journal_list(which: str) -> tuple[dict[str, str], ...]:
    """Journals on the ``82``- or ``145``-title selective list."""
    if which not in ("82", "145"):
        raise UnknownNameError("journal list", which, ["82", "145"])
    return tuple(r for r in read_csv("journals", "selective.csv") if r[f"in_{which}"] == "yes")


def issn_check_digit_ok(issn: str) -> bool:
    """Whether the last character of an ISSN is its check digit (ISO 3297)."""
    digits = issn.replace("-", "").upper()
    if len(digits) != 8 or not digits[:7].isdigit():
        return False
    total = sum((8 - place) * int(d) for place, d in enumerate(digits[:7]))
    return digits[7] == "0123456789X"[-total % 11]
