"""Intervals: 1,000 joint draws of the 1,500 largest institutions at 0.5, 1 and 2 million works, against the ranking itself and a plain way.

    python benchmarks/bootstrap.py [--works 500000,1000000,2000000] [--draws 1000] [--json FILE]

Two indicators bracket what occurs: PP(top 10 %) in full counting (works repeat each other: few profiles) and MNCS in author-fractional
counting (nearly every work is its own profile). `ranking` is the ranking of the same observatory in the same run; `plain` is what one
writes first (a sparse matrix times NumPy's Poisson counts; a tenth of the draws, times ten), from the same contributions. Seconds are CPU
seconds, one thread each.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import finish, run_part

CASES = {"pp-top10": "full", "mncs": "author-fractional"}
UNITS = 1_500


def build(folder: Path, works: int) -> None:
    from armillary.core.store import Store
    from armillary.synthetic import World
    from armillary.synthetic.write_core import to_core

    to_core(Store.create(folder), World(works, seed=1), texts=False, tables=("work", "affiliation", "authorship", "citation"))


def ranking(folder: str, indicator: str) -> dict[str, float]:
    """The ranking, and its contributions kept as arrays for the other parts."""
    import armillary as arm
    from armillary.ranking.intervals import contributions_of

    obs = arm.open(folder, threads=1)
    start = time.process_time()
    found = obs.rank(indicator, unit="institution", counting=CASES[indicator])
    seconds = time.process_time() - start
    start = time.process_time()
    table = found.arrow
    table = table.filter(table["rank"].is_valid())
    largest = table.take(np.argsort(-table["count"].to_numpy(), kind="stable")[:UNITS])
    c = contributions_of(found.corpus, found, largest["unit_id"].to_pylist(), None)
    fetch = time.process_time() - start
    np.savez(f"{folder}/{indicator}.npz", unit=c.unit, work=c.work, num=c.num, den=c.den, units=c.n_units)
    return {"seconds": seconds, "fetch_s": fetch, "rows": len(c.unit), "works": len(np.unique(c.work))}


def draws(folder: str, indicator: str, count: int, way: str) -> dict[str, float]:
    from armillary.ranking.resampling.bootstrap import bootstrap, within_unit
    from armillary.ranking.resampling.profiles import Contributions, collapse

    with np.load(f"{folder}/{indicator}.npz") as a:
        c = Contributions(a["unit"], a["work"], a["num"], a["den"], int(a["units"]))
    start = time.process_time()
    if way == "plain":
        values = plain(c, max(2, count // 10))
        return {"seconds": 10 * (time.process_time() - start), "spread": float(np.nanmedian(np.nanstd(values, axis=1)))}
    found = bootstrap(c, draws=count, seed=1) if way == "joint" else within_unit(c, draws=count, seed=1)
    seconds = time.process_time() - start
    profiles = len(collapse(c)) if way == "joint" else 0
    return {"seconds": seconds, "profiles": profiles, "spread": float(np.nanmedian(np.nanstd(found.values, axis=1)))}


def plain(c, count: int) -> np.ndarray:  # type: ignore[no-untyped-def]
    import scipy.sparse as sp

    work = np.unique(c.work, return_inverse=True)[1]
    n = int(work.max()) + 1
    num, den = (sp.csr_matrix((x.astype(float), (c.unit, work)), shape=(c.n_units, n)) for x in (c.num, c.den))
    rng = np.random.default_rng(1)
    out = []
    for low in range(0, count, 50):
        weight = rng.poisson(1.0, (n, min(50, count - low))).astype(float)
        with np.errstate(invalid="ignore"):
            out.append((num @ weight) / (den @ weight))
    return np.concatenate(out, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--works", default="500000,1000000,2000000")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--json")
    parser.add_argument("--part")
    parser.add_argument("rest", nargs="*")
    options = parser.parse_args()
    if options.part:
        folder, indicator = options.rest[:2]
        if options.part == "ranking":
            result = ranking(folder, indicator)
        else:
            result = draws(folder, indicator, options.draws, options.part)
        print(json.dumps(result))
        return
    rows = []
    for works in (int(w) for w in options.works.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            build(Path(folder) / "o", works)
            for indicator, counting in CASES.items():
                given = (f"{folder}/o", indicator, f"--draws={options.draws}")
                part = {way: run_part(__file__, way, *given) for way in ("ranking", "joint", "within", "plain")}
                rank_s, joint_s = part["ranking"]["seconds"], part["joint"]["seconds"]
                rows.append(
                    {
                        "works": part["ranking"]["works"],
                        "indicator": f"{indicator} {counting}",
                        "rows": part["ranking"]["rows"],
                        "profiles": part["joint"]["profiles"],
                        "ranking_s": round(rank_s, 2),
                        "fetch_s": round(part["ranking"]["fetch_s"], 2),
                        "joint_s": round(joint_s, 2),
                        "times_ranking": round((joint_s + part["ranking"]["fetch_s"]) / rank_s, 1),
                        "within_s": round(part["within"]["seconds"], 2),
                        "plain_s": round(part["plain"]["seconds"], 1),
                        "joint_mib": part["joint"]["peak_mib"],
                        "spread_vs_plain": round(part["joint"]["spread"] / part["plain"]["spread"], 3),
                    }
                )
                print(".", end="", file=sys.stderr, flush=True)
    notes = [f"{options.draws:,} draws, {UNITS:,} institutions; fetch: contributions from DuckDB; times_ranking is (fetch + joint)/ranking"]
    for indicator in CASES:
        mine = [r for r in rows if str(r["indicator"]).startswith(indicator)]
        if len(mine) > 1:
            slope = np.polyfit(np.log([r["works"] for r in mine]), np.log([r["joint_s"] for r in mine]), 1)[0]
            notes.append(f"Growth of joint time with works, {indicator}: exponent {slope:.2f}.")
    columns = [
        "works",
        "indicator",
        "rows",
        "profiles",
        "ranking_s",
        "fetch_s",
        "joint_s",
        "times_ranking",
        "within_s",
        "plain_s",
        "joint_mib",
        "spread_vs_plain",
    ]
    finish("Bootstrap intervals", rows, columns, options.json, notes)


if __name__ == "__main__":
    main()
