"""Cooperation and leadership at size: pair tables, expected links, features, predictions; beside the plain way where there is one.

Run: python benchmarks/leadership.py [--json PATH] [--works N] [--rows N]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import armillary as arm
from armillary.core.store import Store
from armillary.counting.scopes import scoped_works
from armillary.studies.cooperation.measures import quasi_independence
from armillary.studies.cooperation.records import pairs_from_corpus
from armillary.studies.leadership.model.corpus_features import feature_matrix
from armillary.studies.leadership.model.trees import fit_trees
from armillary.studies.leadership.records import pair_from_records, pairs_with_papers
from armillary.synthetic import World
from armillary.synthetic.write_core import to_core


def timed(job: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """The median of some runs, and the last result."""
    spent, result = [], None
    for _ in range(times):
        start = time.perf_counter()
        result = job()
        spent.append(time.perf_counter() - start)
    return sorted(spent)[len(spent) // 2], result


def fitted(joint: np.ndarray) -> np.ndarray:
    """Iterative proportional fitting as everybody writes it, to 1e-9."""
    rows = joint.sum(axis=1)
    table = np.ones_like(joint) - np.eye(len(joint))
    while np.abs(table.sum(axis=1) / rows - 1).max() > 1e-9:
        table *= (rows / table.sum(axis=1))[:, None]
        table *= rows / table.sum(axis=0)
    return table


def pandas_pairs(store: Store) -> float:
    """Country pairs by year by merging distinct (work, country) with itself; returns the sum as a check."""
    rows = store.read("affiliation", ["work_id", "country_code"]).to_pandas().dropna().drop_duplicates()
    years = store.read("work", ["work_id", "year"]).to_pandas()
    rows = rows.merge(years, on="work_id")
    both = rows.merge(rows, on=["work_id", "year"])
    both = both[both.country_code_x != both.country_code_y]
    return float(both.groupby(["year", "country_code_x", "country_code_y"]).size().sum())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    parser.add_argument("--works", type=int, default=300_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    o = parser.parse_args()
    out: list[dict[str, Any]] = []

    def row(name: str, ours: float, peer: float | None, against: str) -> None:
        out.append(
            {
                "task": name,
                "ours_s": round(ours, 3),
                "peer_s": None if peer is None else round(peer, 3),
                "peer": against,
                "ratio": None if peer is None else round(peer / ours, 1),
            }
        )

    rng = np.random.default_rng(1)
    size = np.exp(rng.normal(scale=2.0, size=250))
    joint = np.triu(rng.poisson(np.outer(size, size) + 1), 1).astype(float)
    joint += joint.T
    ours, a = timed(lambda: quasi_independence(joint))
    peer, b = timed(lambda: fitted(joint))
    assert np.allclose(a, b, rtol=1e-5)
    row("expected links of 250 units", ours, peer, "iterative fitting, NumPy")

    x = rng.random((o.rows, 6))
    y = rng.random(o.rows) < x[:, 0]
    trees = fit_trees(x[:20_000], y[:20_000], tuple("abcdef"), seed=1)
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=150,
        max_leaf_nodes=15,
        min_samples_leaf=30,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=1,
    ).fit(x[:20_000], y[:20_000])
    ours, a = timed(lambda: trees.predict(x), 1)
    peer, b = timed(lambda: model.predict_proba(x)[:, 1], 1)
    assert np.allclose(a, b, atol=1e-9)
    row(f"predict {o.rows:,} authors, 150 trees", ours, peer, "scikit-learn, compiled")

    with tempfile.TemporaryDirectory() as folder:
        store = Store.create(Path(folder) / "obs")
        to_core(store, World(o.works, 5))
        obs = arm.open(Path(folder) / "obs")
        recipe = obs.recipe("count", scope=["has-authors"])

        def pairs() -> float:
            fresh = arm.open(Path(folder) / "obs")
            return float(pairs_from_corpus(fresh.corpus, fresh.recipe("count", scope=["has-authors"], country_fallback=False)).joint.sum())

        ours, a = timed(pairs)
        peer, b = timed(lambda: pandas_pairs(store))
        assert a == b, (a, b)
        row(f"country pairs by year, {o.works:,} works", ours, peer, "pandas merge")
        first, second, n = pairs_with_papers(obs.corpus, recipe, top=1)[0]
        ours, _ = timed(lambda: pair_from_records(obs.corpus, recipe, first, second))
        row(f"lead balance of a pair ({n:,} joint papers)", ours, None, "")
        ours, made = timed(
            lambda: feature_matrix(obs.corpus, scoped_works(obs.corpus, obs.recipe("count", period=2020)), "full")[1].shape, 1
        )
        row(f"16 features of {made[0]:,} authors", ours, None, "")

    width = max(len(r["task"]) for r in out)
    print(f"{'task':<{width}}  {'ours s':>8}  {'peer s':>8}  {'ratio':>6}  peer")
    for r in out:
        print(f"{r['task']:<{width}}  {r['ours_s']:>8}  {r['peer_s'] or '':>8}  {r['ratio'] or '':>6}  {r['peer']}")
    if o.json:
        o.json.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
