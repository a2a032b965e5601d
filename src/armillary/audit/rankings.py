"""Evidence from what this observatory computes: a ranking recipe, or a composite index."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from armillary.audit.evidence import Entry, Evidence, Publisher
from armillary.audit.interval import Interval
from armillary.core.corpus import Corpus
from armillary.core.frame import Frame
from armillary.errors import DataError, SpecError
from armillary.indicators import indicator_info
from armillary.ranking.intervals import IntervalChoices, with_intervals
from armillary.ranking.rank import rank

if TYPE_CHECKING:
    from armillary.core.recipe import Recipe
    from armillary.ranking.result import Ranking


def recipe_of(reference: Mapping[str, Any], here: Path) -> Recipe:
    """The recipe that an evidence table names: a file, or choices. Without a period, every year is a ranking of its own."""
    from armillary.core.recipe import read_recipe_file
    from armillary.ranking.recipes import make_recipe

    choices: dict[str, Any] = {}
    given = dict(reference)
    if "recipe" in given:
        file = given.pop("recipe")
        if not isinstance(file, str):
            raise SpecError("'recipe' must be the path of a recipe file", where="evidence")
        choices = read_recipe_file(here / file)
    choices |= given
    if "period" not in choices:
        choices.setdefault("step", 1)
    try:
        return make_recipe(**{"minimum": 0, **choices})  # a claim is about all units, unless it says otherwise
    except TypeError as error:
        fix = "give indicator, unit, counting, scope, subject or period"
        raise SpecError(f"the ranking cannot be read: {error}", where="evidence", fix=fix) from None


def from_ranking(corpus: Corpus, reference: Mapping[str, Any], here: Path) -> Evidence:
    """The ranking of a recipe as evidence; periods are the last year of each window."""
    recipe = recipe_of(reference, here)
    return evidence_of(corpus, rank(corpus, recipe))


def evidence_of(corpus: Corpus, ranking: Ranking) -> Evidence:
    """A ranking that is already computed, as evidence: all units are listed, so ranks are complete.

    Of a random sample every number is its interval, and totals (which are those of the sample) are none; from a convenience sample,
    or the works of one institution or country, nothing about the world follows: :class:`~armillary.errors.DataError`.
    """
    recipe = ranking.recipe
    about = ranking.meta
    data = about.get("data", {})
    frame = Frame(data.get("kind", "world"), data.get("frame") or "")
    if (why := frame.refusal()) is not None:
        raise DataError(why, fix="use a table that ships (armillary world), or records of the whole world")
    if frame.estimates and "low" not in ranking.arrow.column_names:
        ranking = with_intervals(corpus, ranking, IntervalChoices())
    countries = _countries(corpus, ranking)
    total = indicator_info(recipe.indicator).kind == "total"
    cells: dict[tuple[str, int], Entry] = {}
    for row in ranking.ranked.to_pylist():
        period = _year(row["period"], recipe)
        cells[row["unit_id"], period] = Entry(
            row["unit_id"],
            period,
            rank=Interval(row["rank_low"], row["rank_high"]) if frame.estimates else Interval.exact(row["rank"]),
            value=_value(row, frame, total=total),
            country=countries.get(row["unit_id"]),
            name=row["name"],
            source="ranking",
            note=f"{row['count']} papers",
        )
    if not cells:
        raise DataError(f"the ranking '{about['title']}' is empty", fix="choose another scope or period, or ingest records")
    source = Publisher(
        "ranking",
        about["title"],
        "this observatory",
        edition=f"data {data.get('digest', '')[:12]}, recipe {recipe.digest}",
        kind="ranking",
        note="; ".join(about.get("notes", [])),
    )
    return Evidence(
        f"ranking:{recipe.digest}",
        about["title"],
        measure=about["measure"],
        cells=cells,
        complete={p: None for _, p in cells},
        ranked_by="rank",
        sources={"ranking": source},
        note="Computed from a synthetic world; says nothing about the real one." if data.get("synthetic") else "",
    )


def _value(row: Mapping[str, Any], frame: Frame, *, total: bool) -> Interval | None:
    if not frame.estimates:
        return Interval.exact(row["value"])
    return None if total or row["low"] is None else Interval(row["low"], row["high"])


def _year(label: str, recipe: Recipe) -> int:
    """``2024`` and ``2018-2021`` stand for their last year; a ranking over all years for 0."""
    tail = label.rsplit("-", 1)[-1]
    return int(tail) if tail.isdigit() else (recipe.period.last or 0)


def _countries(corpus: Corpus, ranking: Ranking) -> dict[str, str]:
    """Country of each unit, as far as the core tables say."""
    unit = ranking.recipe.unit
    if unit == "country":
        return {u: u for u in ranking.ranked["unit_id"].to_pylist()}
    if unit not in ("institution", "city"):
        return {}
    table, key, prefix = ("institution", "institution_id", "I") if unit == "institution" else ("place", "place_id", "")
    rows = corpus.store.read(table, columns=[key, "country_code"])
    return {f"{prefix}{k}": c for k, c in zip(rows[key].to_pylist(), rows["country_code"].to_pylist(), strict=True) if c}


def from_index(name: str, here: Path) -> Evidence:
    """``index:SPEC.toml`` or ``index:SPEC.toml@2019``: the whole index that the specification beside the claims file gives."""
    from armillary.composite.load import load_spec
    from armillary.composite.pipeline import build

    path, _, year = name.partition("@")
    if year and not year.isdigit():
        raise SpecError(f"'{year}' is not a year", where=f"index:{name}", fix="write index:SPEC.toml@2019")
    target = here / path
    if not target.is_file():
        raise DataError(f"there is no index specification '{path}'", where=here, fix="put the TOML file beside the claims file")
    result = build(load_spec(target), year=int(year) if year else None)
    period = int(year) if year else 0
    cells = {
        (row["unit_id"], period): Entry(
            unit=row["unit_id"],
            period=period,
            rank=Interval.exact(row["rank"]),
            value=Interval.exact(row["value"]),
            country=row["unit_id"],
            name=row["name"],
            source="index",
        )
        for row in result.table().to_pylist()
        if row["rank"] is not None
    }
    about = Publisher("index", path, "this observatory", edition=year, kind="index")
    return Evidence(f"index:{name}", f"index {path}", measure="score", cells=cells, complete={period: None}, sources={"index": about})
