"""Cubes, packs and yardsticks on a synthetic world: size and time of a cube, ranking with and without it, and a part held out of the world.

    python benchmarks/cubes.py [--works 1000000] [--json FILE]

Held in: the works of the largest university, and of its country, are cut out of the world. With the world's baseline their impact must be
what it is in the world, exactly; without it the command must refuse; what comparing them only with each other gives is printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import run_part

INDICATORS = ("share", "count", "mncs", "pp-top10", "tcs", "pp-oa")
UNITS = ("country", "institution")
IMPACT = ("mncs", "pp-top1", "pp-top10", "pp-top50")
GIVEN = {"citations": "given"}


def make_world(folder: Path, works: int) -> dict[str, Any]:
    """The world as core tables."""
    from armillary.core.store import Store
    from armillary.synthetic import World
    from armillary.synthetic.write_core import to_core

    store = Store.create(folder / "world")
    to_core(store, World(works, seed=5), texts=False)
    (folder / "world" / "registry").mkdir(exist_ok=True)
    (folder / "world" / "registry" / "about.toml").write_text("synthetic = true\n")
    return {"bytes": store.info()["bytes"]}


def make_cube(folder: Path, products: bool) -> dict[str, Any]:
    """The cubes of the main indicators for countries and institutions."""
    import armillary as arm
    from armillary.ranking.cubes.make import make_cubes

    obs = arm.open(folder / "world", memory_limit="3GB")
    recipes = _recipes(obs)
    made = make_cubes(obs.corpus, recipes, products=products)
    return {
        "recipes": len(recipes),
        "bytes": sum(sum(c.bytes.values()) for c in made.cubes),
        "rows": sum(sum(c.rows.values()) for c in made.cubes),
        "bytes_without_cells": sum(n for c in made.cubes for t, n in c.bytes.items() if t != "cells"),
    }


def _recipes(obs: Any) -> list[Any]:
    out = []
    for unit in UNITS:
        for name in INDICATORS:
            options = GIVEN if name in ("mncs", "pp-top10", "tcs") else {}
            out += [obs.recipe(name, unit=unit, counting=c, options=options) for c in ("full", "author-fractional")]
    return out


CUTS: dict[str, dict[str, Any]] = {"four years": {"period": "2019-2022"}, "by year": {"step": 1}, "a field": {"subject": "field:16"}}


def rank(folder: Path, from_cube: bool) -> dict[str, Any]:
    """Seconds a ranking, the first of a fresh process left out: by cut, indicator and unit; and a digest of all numbers."""
    import hashlib

    import armillary as arm

    obs = arm.open(folder / "world", cubes=from_cube, memory_limit="3GB")
    obs.rank("count", unit="field")
    times: dict[str, float] = {}
    sha = hashlib.sha256()
    for unit in UNITS:
        for name in ("share", "mncs"):
            for what, choices in CUTS.items():
                recipe = obs.recipe(name, unit=unit, options=GIVEN if name == "mncs" else {}, **choices)
                begun = time.perf_counter()
                found = obs.run(recipe)
                times[f"{name} of {unit}, {what}"] = round(time.perf_counter() - begun, 3)
                sha.update(found.to_csv().encode())
    return {"times": times, "digest": sha.hexdigest()[:16]}


def held_in(folder: Path) -> dict[str, Any]:
    """One university's and one country's works cut out of the world, and compared with the world's baseline."""
    import pyarrow as pa
    import pyarrow.compute as pc

    import armillary as arm
    from armillary.core.store import Store
    from armillary.counting.baselines import make_baseline
    from armillary.errors import DataError

    world = arm.open(folder / "world", cubes=False, memory_limit="3GB")
    baseline = folder / "world.parquet"
    begun = time.perf_counter()
    made = make_baseline(world.corpus, world.recipe("mncs", options={**GIVEN, "baseline": "own"}), baseline)
    out: dict[str, Any] = {"baseline": {"s": round(time.perf_counter() - begun, 1), "bytes": baseline.stat().st_size, "cells": made.cells}}
    for unit in UNITS:
        who = world.rank("count", unit=unit).ranked["unit_id"][0].as_py()
        affiliation = world.store.read("affiliation", columns=["work_id", "institution_id", "country_code"])
        column, key = ("institution_id", int(who.lstrip("I"))) if unit == "institution" else ("country_code", who)
        mine = affiliation.filter(pc.equal(affiliation[column], key))["work_id"].to_pylist()
        if unit == "country":
            named = world.store.read("author_country")
            mine += named.filter(pc.equal(named[column], key))["work_id"].to_pylist()
        works = pa.array(sorted(set(mine)), pa.int64())
        del affiliation, mine
        part = Store.create(folder / unit)
        with part.write() as txn:
            for name in world.store.tables():
                if name in ("citation", "work_abstract"):
                    continue
                table = world.store.read(name)
                if "work_id" in table.column_names:
                    table = table.filter(pc.is_in(table["work_id"], value_set=works))
                txn.replace(name, table)
        (folder / unit / "registry").mkdir(exist_ok=True)
        (folder / unit / "registry" / "about.toml").write_text(f'synthetic = true\nkind = "{unit}"\nframe = "{who}"\n')
        obs = arm.open(folder / unit)
        rows = []
        for name in IMPACT:
            whole = world.explain(world.recipe(name, unit=unit, options=GIVEN), who, limit=0)
            here = obs.explain(obs.recipe(name, unit=unit, baseline=str(baseline)), who, limit=0)
            alone = obs.explain(obs.recipe(name, unit=unit, within_corpus=True, options=GIVEN), who, limit=0)
            rows.append({
                "indicator": name, "world": whole.value, "with the baseline": here.value, "within the corpus": alone.value,
                "exact": (whole.num, whole.den, whole.records) == (here.num, here.den, here.records),
            })  # fmt: skip
        try:
            obs.rank("mncs", unit=unit, options=GIVEN)
            refused = "NOT REFUSED"
        except DataError as error:
            refused = str(error)
        out[unit] = {"who": who, "works": len(works), "rows": rows, "without a yardstick": refused}
    return out


def main() -> None:
    """Run all parts and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part")
    parser.add_argument("--skip-held-in", action="store_true")
    given = parser.parse_args()
    if given.part:
        parts = {
            "world": lambda: make_world(given.folder, given.works),
            "cube": lambda: make_cube(given.folder, products=False),
            "cube with products": lambda: make_cube(given.folder, products=True),
            "rank from records": lambda: rank(given.folder, from_cube=False),
            "rank from cube": lambda: rank(given.folder, from_cube=True),
            "held in": lambda: held_in(given.folder),
        }
        print(json.dumps(parts[given.part]()))
        return
    with tempfile.TemporaryDirectory() as temp:
        folder = given.folder or Path(temp)
        wanted = [
            "world",
            "cube with products",
            "cube",
            "rank from cube",
            "rank from records",
            *([] if given.skip_held_in else ["held in"]),
        ]
        if (folder / "world" / "CURRENT").is_file():
            wanted.remove("world")
        found = []
        for part in wanted:
            one = run_part(__file__, part, "--folder", str(folder), "--works", str(given.works))
            print(json.dumps(one, indent=1), flush=True)
            found.append(one)
    by_part = {f["part"]: f for f in found}
    same = by_part["rank from cube"]["digest"] == by_part["rank from records"]["digest"]
    lines = [f"{'':36} {'from cube':>10} {'from records':>13} s"]
    for name, seconds in by_part["rank from cube"]["times"].items():
        lines.append(f"{name:36} {seconds:10.3f} {by_part['rank from records']['times'][name]:13.3f}")
    lines.append(f"all numbers {'the same' if same else 'DIFFER'}")
    for name in ("cube", "cube with products"):
        c = by_part[name]
        lines.append(f"{name}: {c['recipes']} recipes, {c['bytes'] / given.works:.1f} bytes a work, {c['wall_s']} s, {c['peak_mib']} MiB")
    print("\n".join(lines))
    if given.json:
        given.json.write_text(json.dumps({"works": given.works, "parts": found, "same": same}, indent=1) + "\n")


if __name__ == "__main__":
    main()
