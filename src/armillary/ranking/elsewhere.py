"""Where the records behind a pack's number are: the query of OpenAlex's interface that finds them."""

from __future__ import annotations

from urllib.parse import quote

import pyarrow.compute as pc

from armillary.core.corpus import Corpus
from armillary.core.recipe import Period, Recipe
from armillary.counting.subjects import resolve_subject
from armillary.counting.units import resolve_unit
from armillary.errors import DataError

API = "https://api.openalex.org/works?filter="
MOST = 100
"""Values that one filter of the interface takes."""
SAME = {
    "not-retracted": "is_retracted:false",
    "not-paratext": "is_paratext:false",
    "has-references": "has_references:true",
    "has-authors": "authors_count:>0",
    "has-institutions": "institutions_distinct_count:>0",
}
"""Filters of scopes, and the interface's own."""
UNASKED = ("not-xpac",)
"""Filters that the interface applies unless asked not to."""


def require_records(corpus: Corpus, recipe: Recipe, unit: str | None = None) -> None:
    """:class:`DataError` if the corpus is a pack: it names the query that finds the works of a unit at OpenAlex."""
    pack = corpus.store.pack
    if pack is None:
        return
    known = resolve_unit(corpus, recipe, unit) if unit is not None else None
    if corpus.data_version.get("synthetic"):
        raise pack.elsewhere("work")
    query, unsaid = query_of(corpus, recipe, None if known is None else known[0])
    also = f" (of the scope, {', '.join(unsaid)} cannot be asked there)" if unsaid else ""
    whose = "records" if known is None else f"records of {known[1]}"
    raise DataError(
        f"the {whose} are not in this pack of '{pack.name}'; this query finds them at OpenAlex as of today: {query}{also}",
        fix="or open an observatory with the records",
    )


def query_of(corpus: Corpus, recipe: Recipe, key: str | int | None) -> tuple[str, list[str]]:
    """The address that finds the works of a recipe's scope, subject and period, and of a unit; and what it cannot say."""
    parts: list[str] = []
    unsaid: list[str] = []
    if key is not None:
        parts += _unit(corpus, recipe, key, unsaid)
    if recipe.period != Period():
        parts.append(f"publication_year:{recipe.period}")
    if recipe.subject:
        spec = resolve_subject(corpus, recipe.subject, journal_scope=any(s.startswith("journals:") for s in recipe.scope)).spec
        kind, level, number = [*spec.split(":"), "", ""][:3]
        if kind == "subject":
            parts.append(f"primary_topic.{level}.id:{number}" if level != "topic" else f"primary_topic.id:T{number}")
        else:
            unsaid.append(spec)
    for spec in recipe.scope:
        name, _, arg = spec.partition(":")
        if name in SAME:
            parts.append(SAME[name])
        elif name in ("types", "languages"):
            parts.append(f"{name[:-1]}:{arg.replace(',', '|')}")
        elif name == "max-authors":
            parts.append(f"authors_count:<{int(arg) + 1}")
        elif name not in UNASKED:
            unsaid.append(spec)
    return API + quote(",".join(parts), safe=":,|.<>-"), unsaid


def _unit(corpus: Corpus, recipe: Recipe, key: str | int, unsaid: list[str]) -> list[str]:
    if recipe.unit == "country":
        return [f"authorships.countries:{key}"]
    if recipe.unit == "institution":
        return [f"authorships.institutions.{'id' if recipe.rollup == 'none' else 'lineage'}:I{key}"]
    if recipe.unit == "field":
        return [f"primary_topic.field.id:{key}"]
    if recipe.unit == "city":
        places = corpus.lookup("institution_place", ("institution_id", "place_id"))
        ids = sorted(places.filter(pc.equal(places["place_id"], key))["institution_id"].to_pylist())
        if len(ids) > MOST:
            unsaid.append(f"{len(ids) - MOST:,} of its {len(ids):,} institutions")
        return ["authorships.institutions.id:" + "|".join(f"I{i}" for i in ids[:MOST])]
    unsaid.append(f"{recipe.unit} {key}")
    return []
