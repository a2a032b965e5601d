"""Do the intervals of the random sample hold the truth of larger tables? Countries whose 95 % interval covers it, by question.

python -m benchmarks.sample_calibration     (about half a minute)

Each country with at least 20 works in the sample is one test. The larger tables are of the whole database, the sample of its 94 largest
registrants: what is missed beyond 5 % is the price of that frame (and of other definitions), not of the resampling.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from armillary.registry import world

DRAWS, SEED, LEAST = 2000, 1, 20
Work = dict[str, Any]


def sample() -> list[Work]:
    """The shipped works."""
    file = world.folder() / world.catalogue().tables["sample-works"].file
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def countries_of(work: Work) -> set[str]:
    """Countries of a work, each once (whole counting)."""
    return {c for a in work["authorships"] for c in a.get("countries") or ()}


def intervals(works: list[Work], units: list[str], value: Callable[[Any, Any], Any], flag: Callable[[Work], bool]) -> Any:
    """2.5 % and 97.5 % of the draws for each unit; ``value`` gets the units' counts and flagged counts in each draw."""
    has = np.array([[u in countries_of(w) for u in units] for w in works], dtype=np.float64)
    hit = has * np.array([[float(flag(w))] for w in works])
    rng = np.random.default_rng(SEED)
    weights = rng.multinomial(len(works), np.full(len(works), 1 / len(works)), size=DRAWS).astype(np.float64)
    return np.quantile(value(weights @ has, weights @ hit), [0.025, 0.975], axis=0)


def question(
    name: str, works: list[Work], truth: dict[str, float], value: Callable[[Any, Any], Any], flag: Callable[[Work], bool]
) -> dict[str, Any]:
    """One line of the table."""
    counts: dict[str, int] = {}
    for w in works:
        for c in countries_of(w):
            counts[c] = counts.get(c, 0) + 1
    every = sorted(truth)  # shares are among the countries of the larger table
    low, high = intervals(works, every, value, flag)
    tested = [k for k, u in enumerate(every) if counts.get(u, 0) >= LEAST]
    held = [k for k in tested if low[k] <= truth[every[k]] <= high[k]]
    missed = [f"{every[k]} {truth[every[k]]:.3f} not in {low[k]:.3f}-{high[k]:.3f}" for k in tested if k not in held]
    return {
        "question": name,
        "works": len(works),
        "countries": len(tested),
        "hold": len(held),
        "share": len(held) / len(tested),
        "missed": missed,
    }


def table() -> list[dict[str, Any]]:
    """All questions."""
    every = sample()

    def top10(w: Work) -> bool:
        return bool((w.get("citation_normalized_percentile") or {}).get("is_in_top_10_percent"))

    years = range(2013, 2025)
    recent = [w for w in every if w["publication_year"] in years and countries_of(w)]
    totals = {u: sum(v.values()) for u, v in world.values("works-all-types").items()}
    whole = sum(totals.values())
    articles = [
        w
        for w in every
        if 2019 <= w["publication_year"] <= 2021
        and w["type"] in ("article", "review")
        and countries_of(w)
        and w.get("citation_normalized_percentile")
    ]
    pp = {u: v[2021] / 100 for u, v in world.values("pp-top10").items() if u != "WLD"}
    return [
        question(
            "share of works, whole counting, 2013-2024",
            recent,
            {u: n / whole for u, n in totals.items()},
            lambda n, hit: n / n.sum(axis=1, keepdims=True),
            lambda w: True,
        ),
        question("PP(top 10 %), 2019-2021", articles, pp, lambda n, hit: hit / np.maximum(n, 1), top10),
    ]


def main() -> None:
    """Print the table."""
    print(
        "| question | works | countries with 20 works | intervals that hold the larger table | share |\n| --- | ---: | ---: | ---: | ---: |"
    )
    rows = table()
    for r in rows:
        print(f"| {r['question']} | {r['works']:,} | {r['countries']} | {r['hold']} | {100 * r['share']:.0f} % |")
    for r in rows:
        print(f"\nmissed in {r['question']}: {'; '.join(r['missed']) or 'none'}")


if __name__ == "__main__":
    main()
