"""What a number was made of: method, scope, data version, hashes, warnings. Travels with every ranking."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.methods import counting_method
from armillary.indicators import Indicator
from armillary.ranking.notes import notes
from armillary.ranking.tallies import RecordTallies, Tallies
from armillary.registry.notes import codes
from armillary.version import __version__


def provenance(corpus: Corpus, recipe: Recipe, info: Indicator, table: pa.Table, tallies: Tallies | None = None) -> dict[str, Any]:
    """The ``meta`` of a ranking; ``tallies`` are counted in the records unless given."""
    tallies = tallies or RecordTallies(corpus, recipe, info)
    records, known = tallies.records(), tallies.known()
    method = counting_method(recipe.counting)
    said = notes(corpus, recipe, info, tallies, table)
    return {
        "title": title(recipe, info),
        "indicator": info.name,
        "measure": info.measure,
        "unit": recipe.unit,
        "counting": f"{method.name}: {method.meaning}",
        "split": recipe.split,
        "scope": recipe.scope_name,
        "filters": list(recipe.scope),
        "subject": recipe.subject,
        "period": str(recipe.period),
        "records": records,
        "units": int(pc.sum(pc.is_valid(table["rank"])).as_py() or 0),
        "source": info.source,
        "formula": info.formula,
        "percent": info.percent,
        "decimals": info.decimals,
        "data": _data_version(corpus),
        "known": known,
        "recipe": recipe.digest,
        "armillary": __version__,
        "notes": said,
        "note_codes": codes(said),
    }


def _data_version(corpus: Corpus) -> dict[str, Any]:
    """Read once: a corpus belongs to one generation."""
    found: dict[str, Any] = corpus.value("data_version", lambda: corpus.data_version)
    return found


def title(recipe: Recipe, info: Indicator) -> str:
    """One line for people: what is ranked by what, where and when."""
    subject = f" in {recipe.subject}" if recipe.subject else ""
    period = "all years" if str(recipe.period) == "all" else str(recipe.period)
    plural = {"country": "countries", "city": "cities"}.get(recipe.unit, f"{recipe.unit}s")
    return f"{info.name} of {plural}{subject}, {period}"
