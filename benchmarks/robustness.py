"""Robustness: about 200 variants of a ranking against the ranking itself, in one process and on one core.

    python benchmarks/robustness.py [--works 20000,200000] [--json FILE]

`one` is the median of three rankings, `many` one call with all variants; each from a newly opened observatory, so that nothing is
remembered. The limit is 20 times one ranking for 200 variants.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import finish, run_part

LIMIT = 20
COUNTING = ["full", "author-fractional", "first", "corresponding", "mfc-2"]
WINDOWS = ["1", "3", "4", "5"]
CASES = {
    "share": ("country", {"counting": COUNTING, "window": WINDOWS, "types": ["article"], "units": ["10", "50", "100", "200"]}),
    "pp-top10": (
        "institution",
        {
            "counting": COUNTING,
            "window": WINDOWS,
            "threshold": ["1 %"],
            "metric": ["share", "total"],
            "field_level": ["field"],
            "units": ["10"],
        },
    ),
}


def build(folder: Path, works: int) -> None:
    from armillary.core.store import Store
    from armillary.synthetic import World
    from armillary.synthetic.write_core import to_core

    to_core(Store.create(folder), World(works, seed=1), texts=False)


def measure(folder: str, indicator: str) -> dict[str, float]:
    import armillary as arm
    from armillary.ranking.robustness import robustness

    unit, choices = CASES[indicator]
    recipe = arm.open(folder).recipe(indicator, unit=unit, period="2018-2022")
    arm.open(folder, threads=1).run(recipe)  # imports and the system's file cache
    times = []
    for _ in range(3):
        start = time.perf_counter()
        arm.open(folder, threads=1).run(recipe)
        times.append(time.perf_counter() - start)
    start = time.perf_counter()
    result = robustness(arm.open(folder, threads=1).corpus, recipe, choices=choices)
    many = time.perf_counter() - start
    distinct = len({o.recipe.digest for o in result.outcomes})
    return {"one_s": statistics.median(times), "many_s": many, "variants": len(result.outcomes), "recipes": distinct}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--works", default="20000,200000")
    parser.add_argument("--json")
    parser.add_argument("--part")
    parser.add_argument("rest", nargs="*")
    options = parser.parse_args()
    if options.part:
        print(json.dumps(measure(options.rest[0], options.part)))
        return
    rows = []
    for works in (int(w) for w in options.works.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            build(Path(folder) / "o", works)
            for indicator in CASES:
                found = run_part(__file__, indicator, f"{folder}/o")
                ratio = found["many_s"] / found["one_s"]
                rows.append(
                    {
                        "works": works,
                        "indicator": indicator,
                        "unit": CASES[indicator][0],
                        "variants": found["variants"],
                        "recipes": found["recipes"],
                        "one_s": round(found["one_s"], 3),
                        "many_s": round(found["many_s"], 2),
                        "ratio": round(ratio, 1),
                        "per_200": round(ratio * 200 / found["variants"], 1),
                        "limit": LIMIT,
                        "peak_mib": found["peak_mib"],
                    }
                )
                print(".", end="", file=sys.stderr, flush=True)
    columns = ["works", "indicator", "unit", "variants", "recipes", "one_s", "many_s", "ratio", "per_200", "limit", "peak_mib"]
    note = "ratio = many / one; per_200 = the same for 200 variants; variants beyond the recipes share a finished table"
    finish("Robustness", rows, columns, options.json, [note])


if __name__ == "__main__":
    main()
