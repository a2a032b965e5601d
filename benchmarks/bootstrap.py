"""Bootstrap intervals: 1,000 joint draws of 1,500 institutions at 0.5, 1 and 2 million works, against the ranking itself and a plain way.

    python benchmarks/bootstrap.py [--json PATH] [--draws 1000] [--quick]

Two indicators bracket what occurs: PP(top 10 %) under full counting (works repeat each other: few profiles) and MNCS under
author-fractional counting (nearly every
work is its own profile). ``ranking`` is the DuckDB group-by that gives the values from the same contributions, in the same run.
``plain`` is what one
writes first: a sparse matrix times NumPy's Poisson counts.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from armillary.ranking.uncertainty import bootstrap, within_unit
from armillary.ranking.uncertainty_profiles import Contributions, collapse

CREDIT = 963_761_198_400
INSTITUTIONS = 1_500


def contributions(works: int, kind: str, seed: int = 1) -> Contributions:
    """About 1.65 rows a work over institutions of very unequal size, as in a corpus of papers with several institutions."""
    rng = np.random.default_rng(seed)
    size = 1 + np.minimum(rng.geometric(0.62, works) - 1, 9)
    work = np.repeat(np.arange(works), size)
    share = (1.0 + np.arange(INSTITUTIONS)) ** -0.7
    unit = np.searchsorted(np.cumsum(share) / share.sum(), rng.random(len(work)), side="right").astype(np.int32)
    key = np.unique(work * INSTITUTIONS + unit)
    work, unit = key // INSTITUTIONS, (key % INSTITUTIONS).astype(np.int32)
    if kind == "pp-top10 full":
        top = rng.random(works) < 0.1
        return Contributions(unit, work, np.where(top[work], CREDIT, 0), np.full(len(work), CREDIT), INSTITUTIONS)
    team = 1 + rng.poisson(4, works)
    credit = CREDIT // team[work] * (1 + rng.integers(0, 3, len(work)))
    score = rng.gamma(0.7, 1 / 0.7, works)
    return Contributions(unit, work, np.rint(credit * score[work]).astype(np.int64), credit, INSTITUTIONS)


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def ranking(c: Contributions) -> np.ndarray:
    con = duckdb.connect(config={"threads": 1})
    rows = pa.table({"unit": c.unit, "num": c.num, "den": c.den})
    con.register("rows", rows)
    return con.sql("select unit, sum(num) / sum(den) as value from rows group by unit order by value desc, unit").fetchnumpy()["value"]


def plain(c: Contributions, draws: int) -> np.ndarray:
    """Sparse matrix times Poisson counts, a hundred draws at a time."""
    n = int(c.work.max()) + 1
    num, den = (sp.csr_matrix((x.astype(float), (c.unit, c.work)), shape=(c.n_units, n)) for x in (c.num, c.den))
    rng = np.random.default_rng(1)
    out = []
    for low in range(0, draws, 100):
        weight = rng.poisson(1.0, (n, min(100, draws - low))).astype(float)
        out.append((num @ weight) / (den @ weight))
    return np.concatenate(out, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="a tenth of the works")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    print(f"{'works':>10} {'contributions':<18}{'profiles':>10}{'ranking s':>10}{'joint s':>9}{'x':>7}{'within s':>9}{'plain s':>9}{'MB':>7}")
    for kind in ("pp-top10 full", "mncs fractional"):
        for works in (500_000, 1_000_000, 2_000_000):
            c = contributions(works // 10 if options.quick else works, kind)
            rank_s, _ = timed(lambda c=c: ranking(c))
            boot_s, found = timed(lambda c=c: bootstrap(c, draws=options.draws, seed=1))
            within_s, _ = timed(lambda c=c: within_unit(c, draws=options.draws, seed=1))
            tenth = max(1, options.draws // 10)  # the plain way is slow: a tenth of the draws, times ten
            plain_s, theirs = timed(lambda c=c, tenth=tenth: plain(c, tenth))
            spread = np.nanstd(found.values, axis=1) / np.nanstd(theirs, axis=1)
            rows.append({
                "works": len(np.unique(c.work)), "contributions": kind, "rows": len(c.unit), "profiles": len(collapse(c)),
                "draws": options.draws,
                "ranking_s": rank_s, "joint_s": boot_s, "times_ranking": boot_s / rank_s, "within_s": within_s, "plain_s": 10 * plain_s,
                "spread_against_plain": float(np.median(spread)), "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            })
            r = rows[-1]
            print(f"{r['works']:>10,} {kind:<18}{r['profiles']:>10,}{rank_s:>10.2f}{boot_s:>9.2f}{r['times_ranking']:>7.1f}{within_s:>9.2f}"
                  f"{r['plain_s']:>9.1f}{r['peak_mb']:>7}", flush=True)
    for kind in ("pp-top10 full", "mncs fractional"):
        mine = [r for r in rows if r["contributions"] == kind]
        growth = np.polyfit(np.log([r["works"] for r in mine]), np.log([r["joint_s"] for r in mine]), 1)[0]
        print(f"growth of joint time with works, {kind}: exponent {growth:.2f}; spread against plain {mine[-1]['spread_against_plain']:.3f}")
        rows += [{"contributions": kind, "growth_exponent": float(growth)}]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
