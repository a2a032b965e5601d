"""The lead-author model: probability that an author leads, trained on contribution statements (METHODS 4.6).

Rows are (paper, author). Papers, never rows, are split: 80 % to learn (five folds give the out-of-fold scores that the calibration is
fitted on), 20 % held out for the report. Calibration matters more than discrimination here, because leaders are cut at a fixed 0.65.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.arrays import Floats
from armillary.errors import DataError
from armillary.studies.leadership.model.distance import spread
from armillary.studies.leadership.model.scores import Report, evaluate, rule_error
from armillary.studies.leadership.model.trees import Trees, fit_trees, isotonic

MIN_PAPERS = 200
"""Labelled papers below which no model is trained."""
MIN_LEADERS = 100
FOLDS = 5
HELD_OUT = 0.2


@dataclass(frozen=True)
class LabelledRows:
    """Labelled author-paper rows: ``paper`` ids (any hashable), features by column, labels, and groups to report calibration by."""

    paper: NDArray[Any]
    matrix: Floats
    features: tuple[str, ...]
    lead: NDArray[np.bool_]
    groups: Mapping[str, NDArray[Any]]

    def take(self, rows: NDArray[Any]) -> LabelledRows:
        """Some of the rows."""
        return LabelledRows(
            self.paper[rows], self.matrix[rows], self.features, self.lead[rows], {k: v[rows] for k, v in self.groups.items()}
        )


@dataclass(frozen=True)
class LeadModel:
    """A trained and calibrated model with the report on its held-out papers."""

    trees: Trees
    report: Report
    settings: dict[str, Any]
    learned_on: dict[str, dict[str, float]] = field(default_factory=dict)
    """Mean, standard deviation and known part of every feature of the rows that it learned from (:func:`spread`)."""

    @property
    def digest(self) -> str:
        """Hash that predictions are stored with."""
        return self.trees.digest

    def predict(self, matrix: Floats) -> Floats:
        """Probability that each author leads."""
        return self.trees.predict(matrix)


def fold_of(paper: NDArray[Any], seed: int, folds: int) -> NDArray[np.int64]:
    """A fold for each paper by the hash of its id: all authors of a paper together, whatever the order or number of rows."""
    unique, place = np.unique(paper, return_inverse=True)
    salt = f"lead:{seed}:".encode()
    drawn = np.array([int.from_bytes(hashlib.sha256(salt + str(p).encode()).digest()[:8], "big") for p in unique.tolist()], dtype=np.uint64)
    # ranks instead of the hashes themselves: folds of equal size (up to one paper)
    rank = np.empty(len(unique), dtype=np.int64)
    rank[np.argsort(drawn, kind="stable")] = np.arange(len(unique))
    return np.asarray((rank * folds // max(len(unique), 1))[place])


def train(rows: LabelledRows, *, seed: int = 1, min_papers: int = MIN_PAPERS, **tree_options: Any) -> LeadModel:
    """Train, calibrate and report. Rows may come in any order.

    :class:`DataError` with fewer than ``min_papers`` papers, or fewer than 100 leaders or supporters: a model that cannot be tested is
    not trained; use position rules instead.
    """
    papers = len(np.unique(rows.paper))
    leaders = int(rows.lead.sum())
    if papers < min_papers or leaders < MIN_LEADERS or len(rows.lead) - leaders < MIN_LEADERS:
        raise DataError(
            f"too few labelled papers for a model: {papers:,} papers, {leaders:,} leaders, {len(rows.lead) - leaders:,} supporters",
            fix=f"{min_papers} papers and {MIN_LEADERS} authors of each kind are needed; position rules need none",
        )
    order = np.lexsort((*rows.matrix.T[::-1], rows.lead, rows.paper))
    rows = rows.take(order)
    held = fold_of(rows.paper, seed, round(1 / HELD_OUT)) == 0
    learn, test = rows.take(np.flatnonzero(~held)), rows.take(np.flatnonzero(held))
    fold = fold_of(learn.paper, seed + 1, FOLDS)
    raw = np.empty(len(learn.lead))
    for k in range(FOLDS):
        part = fit_trees(learn.matrix[fold != k], learn.lead[fold != k], rows.features, seed=seed, **tree_options)
        raw[fold == k] = part.predict(learn.matrix[fold == k])
    steps_x, steps_y = isotonic(raw, learn.lead)
    trees = replace(fit_trees(learn.matrix, learn.lead, rows.features, seed=seed, **tree_options), steps_x=steps_x, steps_y=steps_y)
    predicted = trees.predict(test.matrix)
    report = evaluate(predicted, test.lead, test.paper, test.groups, raw=1 / (1 + np.exp(-trees.score(test.matrix))), seed=seed)
    settings = {
        "seed": seed,
        "folds": FOLDS,
        "held_out": HELD_OUT,
        "papers_learned": len(np.unique(learn.paper)),
        "papers_held_out": len(np.unique(test.paper)),
        "rows_learned": len(learn.lead),
        "trees": len(trees.start),
        **tree_options,
    }
    at = [test.matrix[:, rows.features.index(name)] == 0 for name in ("from_start", "from_end") if name in rows.features]
    rule = rule_error(at[0] | at[1], test.lead) if len(at) == 2 else {}
    report = replace(report, importance=importance(trees, test, seed=seed), position_rule=rule)
    return LeadModel(trees, report, settings, spread(learn.matrix, rows.features))


def importance(trees: Trees, test: LabelledRows, *, seed: int = 1) -> dict[str, float]:
    """Loss of AUC when one feature is shuffled among the held-out rows, largest first."""
    from armillary.studies.leadership.model.scores import auc

    rng = np.random.default_rng(seed)
    base = auc(trees.predict(test.matrix), test.lead)
    out = {}
    for k, name in enumerate(trees.features):
        shuffled = test.matrix.copy()
        shuffled[:, k] = rng.permutation(shuffled[:, k])
        out[name] = base - auc(trees.predict(shuffled), test.lead)
    return dict(sorted(out.items(), key=lambda p: (-p[1], p[0])))
