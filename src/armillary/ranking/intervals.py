"""Stability intervals, rank intervals and rank confidence sets for any ranking (METHODS 5.7, 11.1, 11.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core.corpus import Corpus
from armillary.counting.credits import CREDIT
from armillary.counting.scopes import period_label, year_range
from armillary.counting.units import PREFIX
from armillary.errors import DataError, UnknownNameError, UsageError
from armillary.indicators import indicator_info
from armillary.ranking.cubes.spread import deviations, reach
from armillary.ranking.resampling.affiliation import AffiliationError, estimate_rate
from armillary.ranking.resampling.bootstrap import Resampled, bootstrap, within_unit
from armillary.ranking.resampling.profiles import Contributions
from armillary.ranking.resampling.ranksets import rank_sets
from armillary.ranking.resampling.recelled import recelled
from armillary.ranking.result import AnyRanking, Ranking
from armillary.registry.notes import Note

MODES = ("joint", "within-unit", "closed-form")
CELLS = ("fixed", "drawn")
RANK_SET_UNITS = 300
"""Above this number of units, rank sets (a covariance of all pairs) are computed for the first ones only."""


@dataclass(frozen=True, slots=True)
class IntervalChoices:
    """How intervals are made.

    ``mode``: ``joint`` resamples papers once for all units, so differences of ranks are right; ``within-unit`` each unit's own papers, as
    the Leiden Ranking does. ``affiliation_error``: rate at which credit is taken to stand at the wrong unit (half of it moved, half lost),
    drawn anew in every resample; a path to a table of address lines and matches estimates it. ``best``: adds the part of draws with rank
    ``best`` or better. ``sets``: adds rank confidence sets. ``cells``: of normalised impact, ``fixed``: what papers are compared with
    stays as it is; ``drawn``: the papers that make the cells are drawn too, and means and percentiles estimated anew in every draw.
    """

    draws: int = 1000
    seed: int = 1
    level: float = 0.95
    mode: str = "joint"
    affiliation_error: float | str | None = None
    best: int | None = None
    sets: bool = False
    cells: str = "fixed"

    def error(self) -> AffiliationError | None:
        """The affiliation error to propagate."""
        if self.affiliation_error is None:
            return None
        try:
            return AffiliationError(float(self.affiliation_error))
        except ValueError:
            return AffiliationError(estimate_rate(Path(str(self.affiliation_error))).rate)


def with_intervals(corpus: Corpus, ranking: AnyRanking, choices: IntervalChoices | None = None) -> AnyRanking:
    """The ranking with ``low, high, rank_low, rank_high, p_above_next`` (and ``p_best``, ``set_low, set_high`` where asked).

    ``p_above_next`` is the part of draws in which the unit is above the next one in the table: near 0.5 means that their order says
    nothing.
    """
    c = choices or IntervalChoices()
    if c.mode not in MODES:
        raise UnknownNameError("interval mode", c.mode, MODES)
    if c.draws < 40:
        raise UsageError(f"{c.draws} draws are too few for a {100 * c.level:g} % interval", fix="use 1000, or at least 40")
    if c.mode == "within-unit" and c.affiliation_error is not None:
        raise UsageError("affiliation error needs joint draws, since it moves credit between units", fix="use mode=joint")
    if c.mode == "within-unit" and c.sets:
        raise UsageError("rank sets need the covariance between units", fix="use mode=joint")
    if c.cells not in CELLS:
        raise UnknownNameError("cells of intervals", c.cells, CELLS)
    if c.cells == "drawn" and (c.mode != "joint" or c.affiliation_error is not None):
        raise UsageError("cells are drawn with all their papers", fix="use mode=joint, without affiliation error")
    if c.mode == "closed-form":
        return _closed_form(corpus, ranking, c)
    if (pack := corpus.store.pack) is not None:
        raise DataError(f"resamples need records, which this pack of '{pack.name}' does not hold", fix="use --interval-mode closed-form")
    parts = []
    periods = list(dict.fromkeys(ranking.arrow["period"].to_pylist()))
    codes = _period_codes(corpus, ranking)
    for period in periods:
        rows = ranking.arrow.filter(pc.equal(ranking.arrow["period"], period))
        parts.append(_one_period(corpus, ranking, rows, codes.get(period), c))
    table = pa.concat_tables(parts) if parts else ranking.arrow
    error = c.error()
    notes = [*ranking.meta["notes"]]
    notes.append(
        f"Intervals: {100 * c.level:g} % of {c.draws:,} resamples of the papers ({c.mode}, seed {c.seed}); "
        "they say how far a number hangs on single papers."
    )
    if "field_level" in dict(ranking.recipe.options) and ranking.recipe.option("baseline", "") != "given":
        notes.append(Note("cells-drawn" if c.cells == "drawn" else "cells-fixed"))
    if error is not None:
        wrong = f"{100 * error.wrong:.1f} %"
        notes.append(
            f"In every resample {wrong} of the affiliations are taken to be wrong: half moved to another unit, half lost, "
            "and as much found again on average."
        )
    return replace(
        ranking,
        arrow=table,
        meta={**ranking.meta, "notes": notes, "intervals": {**_plain(c), "rate": None if error is None else error.wrong}},
    )


def _closed_form(corpus: Corpus, ranking: AnyRanking, c: IntervalChoices) -> AnyRanking:
    """``low`` and ``high`` from the sums of products that a cube keeps; ranks need the papers that units share."""
    if c.affiliation_error is not None or c.sets or c.best:
        raise UsageError("closed-form intervals are of values only: no ranks, no affiliation error", fix="use mode=joint")
    spread, z = deviations(corpus, ranking.recipe), reach(c.level)
    low: list[float | None] = []
    high: list[float | None] = []
    for unit, period, value in zip(*(ranking.arrow[n].to_pylist() for n in ("unit_id", "period", "value")), strict=True):
        sd = spread.get((unit, period))
        low.append(None if value is None or sd is None else max(0.0, value - z * sd))
        high.append(None if value is None or sd is None else value + z * sd)
    table = ranking.arrow.append_column("low", pa.array(low, pa.float64())).append_column("high", pa.array(high, pa.float64()))
    said = (
        f"Intervals: {100 * c.level:g} %, closed form from sums of squares, as if papers were drawn anew; "
        "for units of few papers resamples are better."
    )
    return replace(ranking, arrow=table, meta={**ranking.meta, "notes": [*ranking.meta["notes"], said], "intervals": _plain(c)})


def _plain(c: IntervalChoices) -> dict[str, Any]:
    return {name: getattr(c, name) for name in ("draws", "seed", "level", "mode", "affiliation_error", "best", "sets", "cells")}


def _period_codes(corpus: Corpus, ranking: Ranking) -> dict[str, int]:
    recipe = ranking.recipe
    if recipe.step == 0:
        return {str(recipe.period): 0}
    first, last = year_range(corpus, recipe)
    return {period_label(recipe, y): y for y in range(first, last + 1)}


def contributions_of(corpus: Corpus, ranking: Ranking, unit_ids: list[str], period: int | None) -> Contributions:
    """What each record gives to each of the units (public ids), as arrays for resampling."""
    recipe = ranking.recipe
    info = indicator_info(recipe.indicator)
    table = info.contributions(corpus, recipe)
    if period is not None and recipe.step:
        table = table.filter(table.period == period)
    data = corpus.fetch(table.select([c for c in ("unit_id", "work_id", "num", "den") if c in table.columns]))
    prefix = len(PREFIX.get(recipe.unit, ""))
    keys = pa.array([u[prefix:] for u in unit_ids]).cast(data["unit_id"].type)
    index = pc.index_in(data["unit_id"], value_set=keys)
    data = data.append_column("index", index).filter(pc.is_valid(index))
    den = data["den"].to_numpy() if "den" in data.column_names else None
    return Contributions(
        data["index"].to_numpy().astype(np.int32),
        data["work_id"].to_numpy().astype(np.int64),
        data["num"].to_numpy().astype(np.int64),
        None if den is None else den.astype(np.int64),
        len(unit_ids),
        float(CREDIT),
    )


def _one_period(corpus: Corpus, ranking: Ranking, rows: pa.Table, period: int | None, c: IntervalChoices) -> pa.Table:
    is_ranked = rows["rank"].to_numpy(zero_copy_only=False)
    ranked = [i for i, r in enumerate(rows["rank"].to_pylist()) if r is not None]
    n = len(ranked)
    columns: dict[str, np.ndarray[Any, Any]] = {name: np.full(len(is_ranked), np.nan) for name in _names(c)}
    if n:
        contributions = contributions_of(corpus, ranking, [rows["unit_id"][i].as_py() for i in ranked], period)
        if not len(contributions.unit):
            raise DataError("no contributions to resample", fix="rebuild the ranking from its observatory")
        if c.cells == "drawn":
            keys = _keys(ranking, [rows["unit_id"][i].as_py() for i in ranked])
            draws = recelled(corpus, ranking.recipe, keys, draws=c.draws, seed=c.seed)
        else:
            draws = _draw(contributions, c)
        low, high = draws.interval(c.level)
        rank_low, rank_high = draws.rank_interval(c.level)
        found: dict[str, Any] = {"low": low, "high": high, "rank_low": rank_low, "rank_high": rank_high}
        found["p_above_next"] = [*(draws.p_above(i, i + 1) for i in range(n - 1)), np.nan]
        if c.best:
            found["p_best"] = draws.p_rank_at_most(c.best)
        if c.sets:
            found["set_low"], found["set_high"] = _sets(draws, c, n)
        for name, values in found.items():
            columns[name][ranked] = np.asarray(values, dtype=np.float64)
    for name, values in columns.items():
        kind = pa.int64() if name in ("rank_low", "rank_high", "set_low", "set_high") else pa.float64()
        array = pa.array([None if np.isnan(v) else (int(v) if kind == pa.int64() else float(v)) for v in values], kind)
        rows = rows.append_column(name, array)
    return rows


def _keys(ranking: Ranking, unit_ids: list[str]) -> list[Any]:
    """Public ids as the engine calls units."""
    prefix = PREFIX.get(ranking.recipe.unit, "")
    is_number = bool(prefix) or ranking.recipe.unit == "field"
    return [int(u[len(prefix) :]) if is_number else u[len(prefix) :] for u in unit_ids]


def _names(c: IntervalChoices) -> list[str]:
    return [
        "low",
        "high",
        "rank_low",
        "rank_high",
        "p_above_next",
        *(["p_best"] if c.best else []),
        *(["set_low", "set_high"] if c.sets else []),
    ]


def _draw(contributions: Contributions, c: IntervalChoices) -> Resampled:
    if c.mode == "within-unit":
        return within_unit(contributions, draws=c.draws, seed=c.seed)
    return bootstrap(contributions, draws=c.draws, seed=c.seed, error=c.error())


def _sets(draws: Resampled, c: IntervalChoices, n: int) -> tuple[Any, Any]:
    if n > RANK_SET_UNITS:
        raise UsageError(f"rank sets compare all pairs of {n:,} units", fix=f"rank at most {RANK_SET_UNITS} (raise --min-papers)")
    found = rank_sets(draws.estimate, draws.covariance(), level=c.level, seed=c.seed)
    return found.low, found.high
