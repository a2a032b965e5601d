"""Facts and reviewed choices as data files, and the few functions that read them."""

from __future__ import annotations

import csv
import io
import tomllib
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


@cache
def journal_list(which: str) -> tuple[dict[str, str], ...]:
    """Journals on the ``82``- or ``145``-title selective list."""
    if which not in ("82", "145"):
        raise UnknownNameError("journal list", which, ["82", "145"])
    return tuple(r for r in read_csv("journals", "selective.csv") if r[f"in_{which}"] == "yes")
