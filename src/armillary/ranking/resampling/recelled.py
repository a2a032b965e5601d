"""Bootstrap of normalised impact with cells that are estimated anew in every draw (METHODS 11.1).

Usual draws hold the cells fixed: the mean and the percentiles that papers are compared with are those of all papers. Here the papers
that make the cells are drawn, so both what a unit has and what it is compared with vary. It costs a pass over all papers of the reference
set a draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from armillary.core.arrays import Bools, Floats, Ints
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.cells import CELL, celled_papers, scored_works
from armillary.counting.credits import CREDIT, unit_credits
from armillary.errors import UsageError
from armillary.indicators import indicator_info
from armillary.ranking.resampling.bootstrap import Resampled

SCORES = {"mncs": 0, "tncs": 0} | {f"{kind}-top{x}": x for kind in ("p", "pp") for x in (1, 2, 5, 10, 20, 50)}
"""Indicators whose cells can be drawn, and the top that they count (0: normalised citations)."""


@dataclass(frozen=True, slots=True)
class DrawnCells:
    """Papers of the reference set by *place*: one of a cell and a number of citations. Places are sorted by cell, most citations first.

    ``place``: of each paper; ``cell``, ``citations``: of each place; ``starts``: the first place of each cell; ``kept``: whether the cell
    scores anything at all.
    """

    place: Ints
    cell: Ints
    citations: Floats
    starts: Ints
    kept: Bools

    @classmethod
    def of(cls, cell: Ints, citations: Ints, least: int) -> DrawnCells:
        """From the cell and the citations of each paper; cells of fewer than ``least`` papers score nothing."""
        pairs, place = np.unique(np.stack([cell, -citations], axis=1), axis=0, return_inverse=True)
        starts = np.flatnonzero(np.r_[True, pairs[1:, 0] != pairs[:-1, 0]]) if len(pairs) else np.zeros(0, np.int64)
        sizes = np.bincount(np.searchsorted(starts, np.arange(len(pairs)), "right")[place] - 1, minlength=len(starts))
        return cls(place.ravel(), pairs[:, 0], -pairs[:, 1].astype(np.float64), starts, sizes >= least)

    def scores(self, weight: Floats, top: int) -> Floats:
        """What a paper of each place scores if papers weigh ``weight``: citations over the mean of the cell (1 in one without
        citations), or
        its part in the ``top`` percent. NaN where the cell is empty or scores nothing."""
        n = np.bincount(self.place, weight, minlength=len(self.cell))
        length = np.diff(np.append(self.starts, len(self.cell)))
        size = np.repeat(np.add.reduceat(n, self.starts), length)
        with np.errstate(invalid="ignore", divide="ignore"):
            if top == 0:
                cited = np.repeat(np.add.reduceat(n * self.citations, self.starts), length)
                score = np.where(cited == 0, 1.0, self.citations * size / cited)
            else:
                running = np.cumsum(n)
                before = np.repeat(running[self.starts] - n[self.starts], length)
                above = running - n - before
                score = np.clip((size * top / 100 - above) / n, 0.0, 1.0)
        return np.where((size > 0) & np.repeat(self.kept, length), score, np.nan)


def recelled(corpus: Corpus, recipe: Recipe, unit_keys: list[object], *, draws: int, seed: int) -> Resampled:
    """Values of the units (keys of the engine) in joint draws of all papers of the reference set, cells estimated anew in each.

    :class:`UsageError` for indicators without cells, for yardsticks that are no papers of this corpus, and for rankings in steps.
    """
    if recipe.indicator not in SCORES:
        raise UsageError(f"{recipe.indicator} compares with no cells that could be drawn", fix="leave out --cells drawn")
    if recipe.option("baseline", "world") not in ("world", "own"):
        raise UsageError(
            "the cells of this yardstick are not made of papers here", fix="leave out --cells drawn, or compare within the corpus"
        )
    if recipe.step:
        raise UsageError("cells are drawn for one period at a time", fix="leave out --step")
    papers = corpus.fetch(celled_papers(corpus, recipe).order_by("work_id"))
    codes = [np.unique(papers[c].to_numpy(zero_copy_only=False), return_inverse=True)[1] for c in CELL]
    cell = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)[1].ravel().astype(np.int64)
    cells = DrawnCells.of(cell, papers["citations"].to_numpy().astype(np.int64), max(int(recipe.option("min_cell", 0)), 1))
    credits = unit_credits(corpus, recipe).semi_join(scored_works(corpus, recipe).filter(lambda w: w.has_cell), "work_id")
    table = corpus.fetch(credits.select("unit_id", "work_id", "credit"))
    at = {key: k for k, key in enumerate(unit_keys)}
    unit = np.array([at.get(u, -1) for u in table["unit_id"].to_pylist()], np.int64)
    mine = unit >= 0
    unit, credit = unit[mine], table["credit"].to_numpy()[mine].astype(np.float64)
    paper = np.searchsorted(papers["work_id"].to_numpy(), table["work_id"].to_numpy()[mine])
    is_total = indicator_info(recipe.indicator).kind == "total"
    rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, 1 << 23])))

    def values(weight: Floats) -> Floats:
        score = cells.scores(weight, SCORES[recipe.indicator])[cells.place[paper]]
        drawn = np.where(np.isnan(score), 0.0, credit * weight[paper])
        num = np.bincount(unit, drawn * np.nan_to_num(score), minlength=len(at))
        if is_total:
            return np.asarray(num / CREDIT)
        den = np.bincount(unit, drawn, minlength=len(at))
        return np.asarray(np.divide(num, den, out=np.full(len(at), np.nan), where=den > 0))

    estimate = values(np.ones(papers.num_rows))
    found = np.stack([values(rng.poisson(1.0, papers.num_rows).astype(np.float64)) for _ in range(draws)], axis=1)
    return Resampled(estimate, found, seed, "recelled")
