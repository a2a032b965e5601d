"""What a work costs at each stage, how that grows, and what it says about all of OpenAlex (480 million works).

    python benchmarks/cost_model.py [--works 1000000,3000000,10000000,30000000] [--memory 8] [--worlds DIR] [--json FILE]

Every size is a synthetic world in the Parquet layout of the real snapshot, taken the whole way by the commands that a user gives: ingest
(with patents and places), share (countries, institutions), impact (PP(top 10 %), two counting methods, institutions), clusters,
and a static site. Each command's processes share one control group of ``--memory`` GiB where the machine allows it: what a stage cannot
do within it fails. Worlds in ``--worlds`` are kept and used again.

The cost of starting (the same stage on 1,000 works) is taken off; then log(cost) = a + k log(works) is fitted by least squares. k is the
growth exponent. The interval of a projection is the 95 % prediction interval of that line at 480 million works: it says how far the
measured line may be off if it goes on, not whether it goes on (other disks, more spilling).
``last_exponent`` is that of the two largest sizes alone, where the cost of starting matters least.
CPU seconds are fitted, because a shared machine stretches wall time; wall time and memory stand beside them.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import finish, run_limited

WHOLE = 480_000_000
BASE = 1000
LARGEST_EXPONENT = 1.1
STAGES = ("ingest", "share", "impact", "clusters", "site")
ARMILLARY = [sys.executable, "-m", "armillary"]


def commands(stage: str, world: Path, obs: Path, density: float) -> list[list[str]]:
    """What a user would type."""
    into = ["--into", str(obs)]
    return {
        "ingest": [
            ["ingest", "openalex", str(world), *into, "--quiet"],
            ["ingest", "patents", str(world / "patents" / "plain.csv"), *into, "--quiet"],
            ["places", "--polygons", str(world / "geo" / "urban_areas.geojson"), "--populated", str(world / "geo" / "cities.json"), *into,
             "--quiet"],
        ],
        "share": [["rank", "share", "--unit", u, *into, "--memory", "4GB"] for u in ("country", "institution")],
        "impact": [["rank", "pp-top10", "--unit", "institution", "--counting", "author-fractional,full", *into, "--memory", "4GB"]],
        # the density grows with the listings: the same cities are clusters at every size
        "clusters": [["clusters", "--sources", "pct,pub", "--density", str(density), *into, "--memory", "4GB"]],
        "site": [["publish", f"{obs}-site", *into, "--languages", "en", "--pages", "200", "--memory", "4GB", "--quiet"]],
    }[stage]  # fmt: skip


def run_stage(stage: str, world: Path, obs: Path, works: int, memory_bytes: int) -> dict[str, Any]:
    """The stage's commands one after the other: times add up, memory is the highest."""
    from armillary.synthetic import patents
    from armillary.synthetic.world import World

    density = float(patents.threshold(World(works, 1)))
    runs = [run_limited([*ARMILLARY, *c], memory_bytes=memory_bytes) for c in commands(stage, world, obs, density)]
    return {
        "stage": stage, "works": works,
        "wall_s": round(sum(r["wall_s"] for r in runs), 1), "cpu_s": round(sum(r["cpu_s"] for r in runs), 2),
        "peak_mib": max(r["peak_mib"] for r in runs), "held": all(r["held"] for r in runs),
    }  # fmt: skip


def whole_way(
    works: int, stages: list[str], worlds: Path, scratch: Path, memory_bytes: int, failed: list[str]
) -> dict[str, dict[str, Any]]:
    """One world through all stages; rows by stage, that of ingest with the bytes of its tables. Failures are told in ``failed``."""
    from armillary.core.store import Store

    world, obs = worlds / str(works), scratch / f"obs-{works}"
    if not (world / "truth.json").is_file():
        run_limited([*ARMILLARY, "synthetic", str(world), "--works", str(works), "--layout", "parquet", "--quiet"])
    rows = {}
    for stage in stages:
        try:
            row = run_stage(stage, world, obs, works, memory_bytes)
        except RuntimeError as error:  # too much for the memory: said, and what was measured is kept
            failed.append(f"{stage} of {works:,} works failed: {str(error)[-300:].strip()}")
            print(failed[-1], flush=True)
            if stage == "ingest":
                break
            continue
        if stage == "ingest":
            store = Store.open(obs)
            row["core_bytes"] = {t: sum(Path(f).stat().st_size for f in store.files(t)) for t in sorted(store.tables())}
        rows[stage] = row
        print(f"{stage:<9} {works:>11,} works {row['wall_s']:>8.1f} s {row['cpu_s']:>8.1f} CPU s {row['peak_mib']:>6} MiB"
              f"{'' if row['held'] else ' (no control group)'}", flush=True)  # fmt: skip
    for made in (obs, Path(f"{obs}-site")):
        shutil.rmtree(made, ignore_errors=True)
    return rows


def fit(sizes: list[int], costs: list[float], base: float) -> dict[str, float]:
    """Exponent and projection to :data:`WHOLE` with 95 % limits; ``base`` is the cost of starting."""
    import numpy as np
    from scipy.stats import t as student

    net = [max(c - base, 1e-3) for c in costs]
    x, y = np.log(sizes), np.log(net)
    slope, start = np.polyfit(x, y, 1)
    at = math.log(WHOLE)
    out = {"exponent": float(slope), "projected": float(math.exp(start + slope * at))}
    out["last_exponent"] = math.log(net[-1] / net[-2]) / math.log(sizes[-1] / sizes[-2])
    if (free := len(sizes) - 2) > 0:
        noise = math.sqrt(float(np.sum((y - start - slope * x) ** 2)) / free)
        spread = float(np.sum((x - x.mean()) ** 2))
        quantile = float(student.ppf(0.975, free))
        wide = quantile * noise * math.sqrt(1 + 1 / len(sizes) + (at - x.mean()) ** 2 / spread)
        out |= {"exponent_off": quantile * noise / math.sqrt(spread), "low": out["projected"] * math.exp(-wide),
                "high": out["projected"] * math.exp(min(wide, 50.0))}  # fmt: skip
    return out


def summary(stage: str, base: dict[str, Any], runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The row of one stage: the largest run, the fit, the projection."""
    sizes, last = [r["works"] for r in runs], runs[-1]
    time = fit(sizes, [r["cpu_s"] for r in runs], base["cpu_s"])
    net = last["cpu_s"] - base["cpu_s"]
    return {
        "stage": stage, "works": last["works"], "wall_s": last["wall_s"], "cpu_s": last["cpu_s"], "peak_mib": last["peak_mib"],
        "cpu_us_a_work": round(net * 1e6 / last["works"], 1), "exponent": round(time["exponent"], 2),
        "off": round(time.get("exponent_off", math.nan), 2), "last_exponent": round(time["last_exponent"], 2),
        "hours_480M": hours(time["projected"]), "from": hours(time.get("low", math.nan)), "to": hours(time.get("high", math.nan)),
        "linear_hours": hours(net / last["works"] * WHOLE), "runs": [base, *runs],
    }  # fmt: skip


def hours(seconds: float) -> str:
    return f"{seconds / 3600:,.1f}" if seconds < 360_000_000 else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", default="1000000,3000000,10000000,30000000")
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--site-up-to", type=int, default=10_000_000, help="works up to which the site is published too")
    parser.add_argument("--memory", type=float, default=8.0, help="GiB for the processes of a stage")
    parser.add_argument("--worlds", type=Path, help="folder for the worlds, kept (default: a temporary one)")
    parser.add_argument("--scratch", type=Path, help="folder for the observatories (default: the system's)")
    parser.add_argument("--json")
    given = parser.parse_args()
    stages, sizes = given.stages.split(","), [int(s) for s in given.works.split(",")]
    rows, notes = [], []
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        scratch, worlds = Path(name), given.worlds or Path(name) / "worlds"
        made = [
            whole_way(w, [s for s in stages if s != "site" or w <= given.site_up_to], worlds, scratch, int(given.memory * (1 << 30)), notes)
            for w in (BASE, *sizes)
        ]  # fmt: skip
    for stage in stages:
        measured = [m[stage] for m in made if stage in m]
        if len(measured) < 3:  # the base and two sizes
            notes.append(f"{stage}: measured at {len(measured)} sizes, too few to fit")
            continue
        base, *runs = measured
        rows.append(summary(stage, base, runs))
        if rows[-1]["exponent"] > LARGEST_EXPONENT:
            notes.append(f"{stage}: grows with exponent {rows[-1]['exponent']:.2f}, above {LARGEST_EXPONENT}: explain or mend")
    if last := next((m["ingest"] for m in reversed(made) if "ingest" in m), None):
        largest = sorted(last["core_bytes"].items(), key=lambda p: -p[1])
        each = ", ".join(f"{t} {b / last['works']:.0f}" for t, b in largest if b / last["works"] >= 1)
        total = sum(last["core_bytes"].values()) / last["works"]
        notes.append(f"disk: {total:.0f} bytes of core a work ({each}); {total * WHOLE / 1e9:,.0f} GB for 480 million")
    columns = ["stage", "works", "wall_s", "cpu_s", "peak_mib", "cpu_us_a_work", "exponent", "off", "last_exponent",
               "hours_480M", "from", "to", "linear_hours"]  # fmt: skip
    notes.append("hours are CPU hours; 'from' and 'to' are 95 % limits of the fitted line at 480 million, 'off' of the exponent (+-)")
    finish("cost model", rows, columns, given.json, notes)


if __name__ == "__main__":
    main()
