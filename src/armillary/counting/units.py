"""Ids and names of units as people see them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from armillary import registry
from armillary.core import own_files
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.lists import lists_of
from armillary.counting.region_units import region_names
from armillary.errors import UnknownNameError, UsageError

PREFIX = {"institution": "I", "author": "A"}


@dataclass(frozen=True, slots=True)
class UnitNames:
    """Public id and name of each unit, keyed by the id that the engine uses."""

    ids: dict[str | int | None, str]
    names: dict[str | int | None, str]


def unit_names(corpus: Corpus, unit: str, keys: Iterable[str | int | None]) -> UnitNames:
    """Look up names; a unit without one is called by its id."""
    wanted = {k for k in keys if k is not None}
    ids: dict[str | int | None, str] = {k: f"{PREFIX.get(unit, '')}{k}" for k in wanted}
    names = _NAMES[unit](corpus, wanted) if wanted else {}
    return UnitNames(ids, {k: names.get(k) or ids[k] for k in wanted})


def resolve_unit(corpus: Corpus, recipe: Recipe, given: str) -> tuple[str | int, str]:
    """The engine's key and the name of a unit that a user names by id or by name."""
    word = given.strip()
    prefix = PREFIX.get(recipe.unit)
    if prefix and re.fullmatch(rf"(https://openalex\.org/)?{prefix}?\d+", word, re.IGNORECASE):
        key: str | int = int(re.sub(r"\D", "", word))
        return key, unit_names(corpus, recipe.unit, [key]).names[key]
    known: dict[str | int, str]
    known = {k: k for k in lists_of(corpus, recipe).labels} if recipe.unit == "list" else known_units(corpus, recipe.unit)
    if recipe.unit in ("country", "city", "region"):
        for candidate in (word, word.upper()):
            if candidate in known:
                return candidate, known[candidate]
    matches = sorted(k for k, n in known.items() if n.casefold() == word.casefold())
    if len(matches) == 1:
        return matches[0], known[matches[0]]
    if matches:
        shown = ", ".join(f"{prefix or ''}{m}" for m in matches[:5])
        raise UsageError(f"'{word}' names {len(matches)} units", fix=f"give one of the ids: {shown}")
    raise UnknownNameError(recipe.unit, word, known.values())


def known_units(corpus: Corpus, unit: str) -> dict[str | int, str]:
    """All units of a kind by key (countries of the registry and of the data)."""
    if unit == "country":
        return dict(unit_names(corpus, unit, _country_codes(corpus)).names)  # type: ignore[arg-type]
    if unit == "region":
        return {str(k): n for k, n in region_names(corpus).items()}
    table, key = {
        "institution": ("institution", "institution_id"),
        "city": ("place", "place_id"),
        "author": ("author", "author_id"),
        "field": ("topic", "field_id"),
    }[unit]
    data = corpus.lookup(table, (key, "field_name" if unit == "field" else "name"))
    return {k: n for k, n in zip(data[0].to_pylist(), data[1].to_pylist(), strict=True) if n and k is not None}


def _country_codes(corpus: Corpus) -> set[str]:
    codes = corpus.lookup("institution", ("country_code",))["country_code"].to_pylist()
    return {c for c in codes if c} | set(registry.country_names())


def _countries(corpus: Corpus, wanted: set[str | int]) -> dict[str | int, str]:
    return {**registry.country_names(), **corpus.value("country_names", lambda: own_files.countries(corpus.store))}


def _from_table(corpus: Corpus, table: str, key: str, wanted: set[str | int]) -> dict[str | int, str]:
    data = corpus.lookup(table, (key, "name"))
    data = data.filter(pc.is_in(data[key], value_set=_array(data[key].type, wanted)))
    return {k: n for k, n in zip(data[key].to_pylist(), data["name"].to_pylist(), strict=True) if n}


def _array(kind: object, wanted: set[str | int]) -> object:
    return pa.array(sorted(wanted), type=kind)


def _institutions(corpus: Corpus, wanted: set[str | int]) -> dict[str | int, str]:
    return _from_table(corpus, "institution", "institution_id", wanted)


def _cities(corpus: Corpus, wanted: set[str | int]) -> dict[str | int, str]:
    return _from_table(corpus, "place", "place_id", wanted)


def _regions(corpus: Corpus, wanted: set[str | int]) -> dict[str | int, str]:
    return {str(k): n for k, n in region_names(corpus).items()}


def _authors(corpus: Corpus, wanted: set[str | int]) -> dict[str | int, str]:
    named = _from_table(corpus, "author", "author_id", wanted)
    missing = sorted(wanted - set(named))
    if missing:
        # authors without an own record: the name most often printed (ties: first in the alphabet)
        a = corpus.table("authorship")
        mine = a.filter(a.author_id.isin(missing))
        rows = corpus.fetch(mine.group_by(["author_id", "author_name"]).agg(n=mine.count())).to_pylist()
        for row in sorted(rows, key=lambda r: (r["author_id"], -r["n"], r["author_name"] or "")):
            if row["author_name"]:
                named.setdefault(row["author_id"], row["author_name"])
    return named


def _fields(corpus: Corpus, wanted: set[str | int]) -> dict[str | int, str]:
    table = corpus.lookup("topic", ("field_id", "field_name"))
    return dict(
        sorted({(i, n) for i, n in zip(table["field_id"].to_pylist(), table["field_name"].to_pylist(), strict=True) if n and i is not None})
    )


def _labels(corpus: Corpus, wanted: set[str | int]) -> dict[str | int, str]:
    return {}


_NAMES = {
    "country": _countries,
    "institution": _institutions,
    "city": _cities,
    "region": _regions,
    "author": _authors,
    "field": _fields,
    "list": _labels,
}
