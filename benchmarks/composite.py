"""Rebuilds of a composite index of 139 economies, 80 indicators, 21 sub-pillars, 7 pillars: ours beside a plain loop, and the limits.

Run: python benchmarks/composite.py [--json PATH] [--draws N] [--threads N]
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from armillary.composite import IndexData, IndexSpec, Matrix, build, spec_from
from armillary.composite.engine import Engine
from armillary.composite.factors import decode, factors, width
from armillary.composite.matrix import empty
from armillary.composite.pipeline import impute_all
from armillary.composite.steps.aggregate import aggregate
from armillary.composite.steps.normalise import normalise
from armillary.composite.steps.treat import treat
from armillary.core.ranks import competition_ranks

UNITS, INDICATORS = 139, 80


def world(seed: int = 1) -> tuple[dict[str, Any], IndexData]:
    """A correlated world with outliers and 10.9 % of the cells missing, shaped like a large published index."""
    rng = np.random.default_rng(seed)
    wealth = rng.normal(size=UNITS)
    x = np.exp(0.5 * (wealth[:, None] + rng.normal(size=(UNITS, INDICATORS)) * rng.uniform(0.4, 1.6, INDICATORS)))
    x[rng.random(x.shape) < 0.109] = np.nan
    units = tuple(f"U{i:03d}" for i in range(UNITS))
    groups: list[dict[str, Any]] = [{"id": "index"}, {"id": "input", "parent": "index"}, {"id": "output", "parent": "index"}]
    groups += [{"id": f"p{p}", "parent": "input" if p < 6 else "output"} for p in range(1, 8)]
    groups += [{"id": f"p{p}s{s}", "parent": f"p{p}"} for p in range(1, 8) for s in range(1, 4)]
    homes = [f"p{p}s{s}" for p in range(1, 8) for s in range(1, 4)]
    indicators = [{"id": f"i{k:02d}", "parent": homes[k % 21], "weight": 1.0 if k % 3 else 0.5} for k in range(INDICATORS)]
    values = Matrix(units, tuple(i["id"] for i in indicators), x)
    data = IndexData(values, units, {"income": tuple("LMH"[int(r)] for r in np.digitize(wealth, [-0.5, 0.5]))}, empty(units))
    spec = {
        "index": {"id": "bench"},
        "data": {"groups": ["income"]},
        "group": groups,
        "indicator": indicators,
        "treat": {"method": "winsorise-log", "skew_max": 2.25, "log_factor": 100},
        "impute": {"method": "group-mean", "group": "income"},
    }
    return spec, data


PILLARS = [
    {"factor": "weights", "within": ["input"], "low": 0.1, "high": 0.3},
    {"factor": "weights", "within": ["output"], "low": 0.4, "high": 0.6},
]
ALL_LEVELS = [
    *PILLARS,
    {"factor": "weights", "level": "pillar", "spread": 0.25},
    {"factor": "weights", "level": "sub-pillar", "spread": 0.25},
]
REBUILD = [
    *PILLARS,
    {"factor": "impute", "options": ["group-mean", "em"]},
    {"factor": "impute.draw"},
    {"factor": "treat.skew_max", "low": 1.5, "high": 2.5},
    {"factor": "treat.max_points", "low": 3, "high": 7},
    {"factor": "normalise", "options": ["min-max", "percentile"]},
    {"factor": "aggregate", "level": "sub-index", "options": ["arithmetic", "geometric"]},
]


def plain_loop(spec: IndexSpec, engine: Engine, u: np.ndarray) -> np.ndarray:
    """One draw after the other, every step in order, as a script around single-index functions does it; same draws, same result."""
    draws = decode(spec, u, np.arange(len(u)))
    blocks = factors(spec)
    start = engine.result.stages["denominated"].lines
    out = []
    for b in range(len(u)):
        choice = {blocks[k].rule.factor: blocks[k].rule.options[o[b]] for k, o in draws.options.items()}
        filled = impute_all(spec, start, engine.result.sample, choice.get("impute"))
        x = filled.values.copy()
        if draws.noise is not None:
            # the redrawn cells themselves are handed over, so that the loop is not charged for the random numbers
            x[filled.cells[:, 0], filled.cells[:, 1]] = engine._noise[choice.get("impute")][b]
        rows = []
        for j, i in enumerate(spec.indicators):
            rule = spec.treatment_of(i)
            limits = {k.split(".")[1]: (int(v[b]) if k.endswith("points") else float(v[b])) for k, v in draws.numbers.items()}
            rule = type(rule)(
                rule.method,
                limits.get("skew_max", rule.skew_max),
                rule.kurt_max,
                limits.get("max_points", rule.max_points),
                rule.skew_kind,
                rule.log,
                rule.log_factor,
            )
            y = treat(x[j], i.direction, rule).values
            norm = spec.normalisation_of(i)
            rows.append(normalise(y, i.direction, type(norm)(choice.get("normalise", norm.method))))
        place = {i.id: j for j, i in enumerate(spec.indicators)}
        scores: dict[str, np.ndarray] = {}
        for g in spec.upward():
            parts = spec.parts(g.id)
            stack = np.stack([scores[p.id] if p.id in scores else rows[place[p.id]] for p in parts])
            w = draws.weights[g.id][b] if g.id in draws.weights else np.array([p.weight for p in parts])
            how = spec.aggregation_of(g.id)
            if spec.level_of(g.id) == "sub-index" and "aggregate" in choice:
                how = type(how)(choice["aggregate"])
            scores[g.id] = aggregate(stack, w, how)
        out.append(scores["index"])
    return np.array(out)


def run(name: str, uncertain: list[dict[str, Any]], draws: int, threads: int, slow: int, limit: float) -> dict[str, Any]:
    values, data = world()
    spec = spec_from(values | {"uncertain": uncertain})
    result = build(spec, data)
    u = np.random.default_rng(5).random((draws, width(spec)))
    times = []
    for _ in range(3):
        engine = Engine(result, "index", threads=threads)
        begin = time.perf_counter()
        scores = engine.scores(u)
        competition_ranks(scores)
        times.append(time.perf_counter() - begin)
    begin = time.perf_counter()
    check = plain_loop(spec, engine, u[:slow])
    competition_ranks(check)
    loop = (time.perf_counter() - begin) / slow * draws
    worst = float(np.nanmax(np.abs(check - scores[:slow])))
    assert worst < 1e-9, f"the loop disagrees by {worst}"
    return {
        "what": name,
        "draws": draws,
        "ours_s": sorted(times)[1],
        "loop_s": loop,
        "ratio": loop / sorted(times)[1],
        "target_s": limit,
        "largest_difference": worst,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    scale = args.draws / 10_000
    rows = [
        run("weights of the pillars, with ranks", PILLARS, args.draws, args.threads, 20, 1.0 * scale),
        run("weights at three levels, with ranks", ALL_LEVELS, args.draws, args.threads, 20, 1.0 * scale),
        run(
            "full rebuild: imputation, treatment, normalisation, aggregation, weights", REBUILD, args.draws, args.threads, 20, 30.0 * scale
        ),
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{UNITS} economies x {INDICATORS} indicators, {args.draws:,} draws, {args.threads} threads; peak {peak:.0f} MiB")
    print("the loop does the same draws one by one (same scores to 1e-9); timed on 20 draws and scaled")
    print(f"{'what':<76}{'ours s':>9}{'loop s':>9}{'ratio':>8}{'target s':>10}")
    for r in rows:
        print(f"{r['what']:<76}{r['ours_s']:>9.2f}{r['loop_s']:>9.0f}{r['ratio']:>8.0f}{r['target_s']:>10.1f}")
    if args.json:
        args.json.write_text(json.dumps({"rows": rows, "peak_mib": peak}, indent=1))


if __name__ == "__main__":
    main()
