"""Ids and names of units as people see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow.compute as pc

from armillary import registry
from armillary.core import own_registry
from armillary.core.corpus import Corpus

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


def _countries(corpus: Corpus, wanted: set[str | int]) -> dict[str | int, str]:
    return {**registry.country_names(), **corpus.value("country_names", lambda: own_registry.countries(corpus.store))}


def _from_table(corpus: Corpus, table: str, key: str, wanted: set[str | int]) -> dict[str | int, str]:
    data = corpus.lookup(table, (key, "name"))
    data = data.filter(pc.is_in(data[key], value_set=_array(data[key].type, wanted)))
    return {k: n for k, n in zip(data[key].to_pylist(), data["name"].to_pylist(), strict=True) if n}


def _array(kind: object, wanted: set[str | int]) -> object:
    import pyarrow as pa

    return pa.array(sorted(wanted), type=kind)


def _institutions(corpus: Corpus, wanted: set[str | int]) -> dict[str | int, str]:
    return _from_table(corpus, "institution", "institution_id", wanted)


def _cities(corpus: Corpus, wanted: set[str | int]) -> dict[str | int, str]:
    return _from_table(corpus, "place", "place_id", wanted)


def _regions(corpus: Corpus, wanted: set[str | int]) -> dict[str | int, str]:
    from armillary.counting.region_units import region_names

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


_NAMES = {"country": _countries, "institution": _institutions, "city": _cities, "region": _regions, "author": _authors, "field": _fields}
