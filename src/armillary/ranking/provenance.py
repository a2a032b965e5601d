"""What a number was made of: method, scope, data version, hashes, warnings. Travels with every ranking."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core.corpus import Corpus
from armillary.core.frame import frame_of
from armillary.core.recipe import Recipe
from armillary.counting.baselines import yardstick_notes
from armillary.counting.methods import counting_method
from armillary.indicators import Indicator
from armillary.ranking.tallies import SMALL_CELL, RecordTallies, Tallies
from armillary.registry.breaks import crossed
from armillary.version import __version__


def provenance(corpus: Corpus, recipe: Recipe, info: Indicator, table: pa.Table, tallies: Tallies | None = None) -> dict[str, Any]:
    """The ``meta`` of a ranking; ``tallies`` are counted in the records unless given."""
    tallies = tallies or RecordTallies(corpus, recipe, info)
    records, known = tallies.records(), tallies.known()
    method = counting_method(recipe.counting)
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
        "notes": [*notes(corpus, recipe, tallies), *known_note(known, records)],
    }


def _data_version(corpus: Corpus) -> dict[str, Any]:
    """Read once: a corpus belongs to one generation."""
    found: dict[str, Any] = corpus.value("data_version", lambda: corpus.data_version)
    return found


def known_note(known: int, records: int) -> list[str]:
    """What to say where the question cannot be answered for all records."""
    if known == records:
        return []
    part = f"{100 * known / records:.1f} %" if records else "none"
    return [f"Known for {known:,} of {records:,} papers ({part}); the others are in neither numerator nor denominator."]


def title(recipe: Recipe, info: Indicator) -> str:
    """One line for people: what is ranked by what, where and when."""
    subject = f" in {recipe.subject}" if recipe.subject else ""
    period = "all years" if str(recipe.period) == "all" else str(recipe.period)
    plural = {"country": "countries", "city": "cities"}.get(recipe.unit, f"{recipe.unit}s")
    return f"{info.name} of {plural}{subject}, {period}"


def notes(corpus: Corpus, recipe: Recipe, tallies: Tallies) -> list[str]:
    """Warnings that a reader must see beside the numbers."""
    out = []
    if _data_version(corpus).get("synthetic"):
        out.append("Synthetic: every name and number comes from an invented world.")
    elif (note := frame_of(corpus.store).note(corpus.store.rows("work"))) is not None:
        out.append(note)
    method = counting_method(recipe.counting)
    if method.name == "corresponding":
        total, flagged = tallies.flagged()
        share = 100 * flagged / total if total else 0.0
        out.append(f"Corresponding authors are flagged on {flagged:,} of {total:,} papers ({share:.1f} %); the rest is unassigned.")
    if any(s in ("journals:145", "journals:82") for s in recipe.scope):
        out.append(
            "Four physics titles that count only in part (letters, highlighted articles) are left out: open records do not flag "
            "those articles. Scope journals-145-all keeps all their articles."
        )
    out += impact_notes(corpus, recipe, tallies)
    out += [b.note for b in crossed(*changed_between(corpus), _kinds(recipe))]
    if recipe.minimum:
        out.append(f"Units with fewer than {recipe.minimum:,} papers are not ranked.")
    if recipe.unit == "region":
        out.append("Regions may overlap, so values do not add up to the number of papers.")
    return out


def _kinds(recipe: Recipe) -> set[str]:
    """What of the records a ranking depends on, as :mod:`armillary.registry.breaks` names it."""
    found = {"types"} if any(s.startswith(("types:", "document-class")) for s in recipe.scope) else set()
    if recipe.counting == "corresponding":
        found.add("corresponding")
    if recipe.unit not in ("author", "source", "topic", "world"):
        found.add("affiliations")
    if recipe.subject:
        found.add("goals" if str(recipe.subject).startswith("sdg") else "topics")
    return found


def changed_between(corpus: Corpus) -> tuple[str | None, str | None]:
    """First and last day on which a record was changed."""

    def days() -> tuple[str | None, str | None]:
        if not corpus.has("work"):
            return None, None
        work = corpus.table("work")
        return corpus.scalar(work.updated_date.min()), corpus.scalar(work.updated_date.max())

    found: tuple[str | None, str | None] = corpus.value("changed_between", days)
    return found


def impact_notes(corpus: Corpus, recipe: Recipe, tallies: Tallies) -> list[str]:
    """How much of a normalised indicator rests on small cells, and how many references of a sample point into it."""
    if not dict(recipe.options).keys() >= {"citations", "window"}:
        return []
    out = yardstick_notes(corpus, recipe)
    if recipe.option("baseline", "") == "given":
        return out
    if "field_level" in dict(recipe.options):
        placed, small = tallies.small()
        if small:
            out.append(
                f"{100 * small / placed:.1f} % of the papers lie in cells of fewer than {SMALL_CELL} papers; "
                "normalised scores there say little."
            )
    if recipe.option("citations", "corpus") == "corpus" and _data_version(corpus).get("sample"):
        out.append(
            f"{100 * tallies.inside():.1f} % of the references of these papers point to papers of this observatory; "
            "other citations are not seen."
        )
    return out
