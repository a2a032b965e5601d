"""What a work costs at each stage, how that grows, and what it says about all of OpenAlex (465 million works).

    python benchmarks/cost_model.py [--ingest-works 50000,150000,450000] [--works 300000,1000000,3000000] [--json FILE]

Every stage runs in a process of its own at every size, on the synthetic world, with one worker or two threads: ingest (JSONL to core),
share (by country and institution), impact (MNCS and PP(top 10 %), two counting methods, by institution), clusters
(of PCT inventors, a quarter as many as works, and publications).
The cost of starting (the same stage on 1,000 works) is taken off; then log(cost) = a + k log(works) is fitted by least squares. k is the
growth exponent. The interval of a projection is the 95 % prediction interval of that line at 465 million works: it says how far the
measured line may be off if it goes on, not whether it goes on (spilling to disk, slower disks).
``last_exponent`` is that of the two largest sizes alone, where the cost of starting matters least.
CPU seconds are fitted, because a shared machine stretches wall time; wall time and memory stand beside them.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import finish, run_part

WHOLE = 465_000_000
BASE = 1000
LARGEST_EXPONENT = 1.1
TABLES = ("work", "authorship", "affiliation", "author_country", "citation")
STAGES = {"ingest": "json", "share": "core", "impact": "core", "clusters": "core"}


def make_json(folder: Path, works: int) -> dict[str, Any]:
    from armillary.synthetic.snapshot import write
    from armillary.synthetic.world import World

    write(World(works, 1), folder, processes=2)
    return {"bytes": sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())}


def make_core(folder: Path, works: int) -> dict[str, Any]:
    import pyarrow.csv as pc

    from armillary.core.places import place_by_record
    from armillary.core.store import Store
    from armillary.sources.patents.ingest import ingest_patents
    from armillary.synthetic import patents
    from armillary.synthetic.world import World
    from armillary.synthetic.write_core import to_core

    store, world = Store.create(folder), World(works, 1)
    to_core(store, world, texts=False, tables=TABLES)
    with store.write() as txn:
        place_by_record(txn)
    pc.write_csv(patents.plain_table(world, patents.build(world)), folder / "plain.csv")
    ingest_patents(store, folder / "plain.csv")
    return {}


def ingest(folder: Path, works: int) -> dict[str, Any]:
    from armillary.core.store import Store
    from armillary.sources.openalex.ingest import ingest as read

    with tempfile.TemporaryDirectory(dir=folder) as out:
        store = Store.create(Path(out) / "obs")
        read(folder / "data", store, workers=1)
        return {"core_bytes": {t: sum(Path(f).stat().st_size for f in store.files(t)) for t in sorted(store.tables())}}


def share(folder: Path, works: int) -> dict[str, Any]:
    obs = _open(folder)
    return {"rows": sum(len(obs.rank("share", unit=u).arrow) for u in ("country", "institution"))}


def impact(folder: Path, works: int) -> dict[str, Any]:
    obs = _open(folder)
    recipes = [obs.recipe(i, unit="institution", counting=c, split="address", options={"self_citations": "in"})
               for i in ("mncs", "pp-top10") for c in ("full", "author-fractional")]
    return {"rows": sum(len(r.arrow) for r in obs.rank_many(recipes))}


def clusters(folder: Path, works: int) -> dict[str, Any]:
    from armillary.clusters.survey import survey
    from armillary.synthetic import patents
    from armillary.synthetic.world import World

    need = patents.threshold(World(works, 1))  # grows with the listings: the same cities are clusters at every size
    found, sources = survey(_open(folder).corpus, sources=("pct", "pub"), min_listings=float(need))
    return {"clusters": len(found.table), "points": sum(len(s) for s in sources)}


def _open(folder: Path) -> Any:
    import armillary as arm

    return arm.open(folder, threads=2, memory_limit="2GB")


PARTS = {"make-json": make_json, "make-core": make_core, "ingest": ingest, "share": share, "impact": impact, "clusters": clusters}


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
                "high": out["projected"] * math.exp(min(wide, 50.0))}
    return out


def measure(stage: str, sizes: list[int], scratch: Path, repeat: int) -> list[dict[str, Any]]:
    """Least CPU time of ``repeat`` runs at every size, the smallest first; inputs are made once a size and kind."""
    rows = []
    for works in [BASE, *sizes]:
        kind = STAGES[stage]
        folder = scratch / f"{kind}-{works}"
        if not folder.exists():
            folder.mkdir()
            run_part(__file__, f"make-{kind}", str(folder), str(works))
        runs = [run_part(__file__, stage, str(folder), str(works)) for _ in range(repeat)]
        rows.append({"works": works, **min(runs, key=lambda r: r["cpu_s"])})
        print(f"{stage:<9} {works:>10,} works {rows[-1]['wall_s']:>8.1f} s {rows[-1]['cpu_s']:>8.1f} CPU s {rows[-1]['peak_mib']:>6} MiB",
              flush=True)
    return rows


def hours(seconds: float) -> str:
    return f"{seconds / 3600:,.1f}" if seconds < 360_000_000 else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ingest-works", default="50000,150000,450000")
    parser.add_argument("--works", default="300000,1000000,3000000")
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--scratch", type=Path, help="folder for the worlds (default: the system's)")
    parser.add_argument("--json")
    parser.add_argument("--part", choices=list(PARTS))
    parser.add_argument("rest", nargs="*")
    given = parser.parse_args()
    if given.part:
        print(json.dumps(PARTS[given.part](Path(given.rest[0]), int(given.rest[1]))))
        return
    rows, notes = [], []
    with tempfile.TemporaryDirectory(dir=given.scratch) as name:
        for stage in given.stages.split(","):
            sizes = [int(s) for s in (given.ingest_works if stage == "ingest" else given.works).split(",")]
            base, *runs = measure(stage, sizes, Path(name), given.repeat)
            time = fit(sizes, [r["cpu_s"] for r in runs], base["cpu_s"])
            memory = fit(sizes, [float(r["peak_mib"]) for r in runs], float(base["peak_mib"]))
            last = runs[-1]
            rows.append({
                "stage": stage, "works": last["works"], "wall_s": last["wall_s"], "cpu_s": last["cpu_s"], "peak_mib": last["peak_mib"],
                "cpu_us_a_work": round((last["cpu_s"] - base["cpu_s"]) * 1e6 / last["works"], 1), "exponent": round(time["exponent"], 2),
                "off": round(time.get("exponent_off", math.nan), 2), "last_exponent": round(time["last_exponent"], 2),
                "hours_465M": hours(time["projected"]),
                "from": hours(time.get("low", math.nan)), "to": hours(time.get("high", math.nan)),
                "linear_hours": hours((last["cpu_s"] - base["cpu_s"]) / last["works"] * WHOLE),
                "memory_exponent": round(memory["exponent"], 2), "runs": [base, *runs],
            })
            if time["exponent"] > LARGEST_EXPONENT:
                notes.append(f"{stage}: grows with exponent {time['exponent']:.2f}, above {LARGEST_EXPONENT}: explain or mend")
            if stage == "ingest":
                made = last["core_bytes"]
                largest = sorted(made.items(), key=lambda p: -p[1])
                each = ", ".join(f"{t} {b / last['works']:.0f}" for t, b in largest if b / last["works"] >= 1)
                total = sum(made.values()) / last["works"]
                notes.append(f"disk: {total:.0f} bytes of core a work ({each}); {total * WHOLE / 1e9:,.0f} GB for 465 million")
    columns = ["stage", "works", "wall_s", "cpu_s", "peak_mib", "cpu_us_a_work", "exponent", "off", "last_exponent",
               "hours_465M", "from", "to", "linear_hours", "memory_exponent"]
    notes.append("hours are CPU hours; 'from' and 'to' are 95 % limits of the fitted line at 465 million, 'off' of the exponent (+-)")
    finish("cost model", rows, columns, given.json, notes)


if __name__ == "__main__":
    main()
