"""Rankings, impact, cubes, yardsticks and packs at 1 to 100 million works, each command within one amount of memory.

    python benchmarks/large.py [--works 1000000,10000000,30000000] [--memory 4] [--folder DIR] [--stages share,impact,...] [--json FILE]

The first size is a synthetic world, the others are copies of it (:mod:`benchmarks.copies`). Commands are those that a user gives. All
processes of a command share a control group of ``--memory`` GiB, page cache included, where the machine allows it; the engine has
``--engine-memory``. Rankings are asked first without cubes, then with them; pages are those of ``armillary serve``, each asked once after a
start. What does not fit is told, and the rest goes on. CPU seconds are fitted as in :mod:`benchmarks.cost_model`, the cost of starting
(1,000 works) taken off.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.copies import copy_world
from benchmarks.cost_model import ARMILLARY, BASE, summary
from benchmarks.measure import finish, run_limited
from benchmarks.web import Session, cpu_s, free_port, served

SHARE = [["rank", "share", "--unit", u, "--period", "2019-2022"] for u in ("country", "institution")]
IMPACT = [["rank", i, "--unit", "institution", "--period", "2015-2020"] for i in ("mncs", "pp-top10")]
PAGES = [f"/rankings/{i}/{u}?period=2019-2022&intervals=0" for i in ("share", "mncs") for u in ("country", "institution")]
HELD = ["--unit", "country", "--unit", "institution", "--indicator", "share", "--indicator", "mncs", "--indicator", "pp-top10"]
STAGES = (
    "share",
    "impact",
    "pages",
    "baseline",
    "cube",
    "cube with products",
    "share from cube",
    "impact from cube",
    "pages from cube",
    "pack",
)


def commands(stage: str, obs: Path, engine: str) -> list[list[str]]:
    """What a user would type."""
    into, memory = ["--into", str(obs)], ["--memory", engine]
    yardstick, pack = str(obs.parent / "yardstick.parquet"), obs.parent / "world.pack"
    return {
        "share": [[*c, *into, *memory] for c in SHARE],
        "impact": [[*c, *into, *memory] for c in IMPACT],
        "baseline": [["baseline", "make", yardstick, "--period", "2015-2022", *into, *memory]],
        "cube": [["cube", "make", *HELD, "--no-products", *into, *memory, "--quiet"]],
        "cube with products": [["cube", "make", *HELD, *into, *memory, "--quiet"]],
        "pack": [["pack", "make", str(pack), *(["--baseline", yardstick] if Path(yardstick).exists() else []), *into]],
    }[stage.removesuffix(" from cube")]


def run_stage(stage: str, obs: Path, works: int, memory: int, engine: str) -> dict[str, Any]:
    """One row: times of all commands added, memory the highest, what was made in bytes."""
    if stage.startswith("pages"):
        return {"stage": stage, "works": works, **pages(obs, engine)}
    for made in ("yardstick.parquet", "world.pack"):
        if stage.startswith(("baseline", "pack")[made == "world.pack"]):
            _remove(obs.parent / made)
    runs = [run_limited([*ARMILLARY, *c], memory_bytes=memory) for c in commands(stage, obs, engine)]
    row = {
        "stage": stage, "works": works,
        "wall_s": round(sum(r["wall_s"] for r in runs), 1), "cpu_s": round(sum(r["cpu_s"] for r in runs), 2),
        "peak_mib": max(r["peak_mib"] for r in runs), "held": all(r["held"] for r in runs), "each_cpu_s": [r["cpu_s"] for r in runs],
        "said": [_first_rows(r["text"]) for r in runs],
    }  # fmt: skip
    made = {
        "cube": obs / "cubes",
        "cube with products": obs / "cubes",
        "pack": obs.parent / "world.pack",
        "baseline": obs.parent / "yardstick.parquet",
    }
    if stage in made:
        row["bytes"] = _size(made[stage])
        row["mb_a_million"] = round(row["bytes"] / works, 2)
    return row


def _first_rows(text: str) -> str:
    """The first ranked rows, to compare numbers from records with those from cubes."""
    return "\n".join(re.findall(r"(?m)^ +[1-3]  .*$", text))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def pages(obs: Path, engine: str) -> dict[str, Any]:
    """Ranking pages of a server that has just started: seconds and CPU seconds each."""
    port, each = free_port(), {}
    begun = time.perf_counter()
    with served(obs, port, "--memory", engine, "--timeout", "3600") as pid:
        start = time.perf_counter() - begun
        session, top = Session(port), 0.0
        for path in PAGES:
            before = cpu_s(pid)
            status, took, asked = session.patient(path, 3600)
            each[path] = {"status": status, "wall_s": round(took, 2), "cpu_s": round(cpu_s(pid) - before, 2), "asked": asked}
            top = max(top, _high(pid))
    if wrong := [p for p, e in each.items() if e["status"] != 200]:
        raise RuntimeError(f"pages {', '.join(wrong)} did not answer: {each}")
    return {
        "start_s": round(start, 1), "wall_s": round(sum(e["wall_s"] for e in each.values()), 1),
        "cpu_s": round(sum(e["cpu_s"] for e in each.values()), 2), "peak_mib": round(top), "pages": each,
    }  # fmt: skip


def _high(pid: int) -> float:
    """Highest resident memory of a process so far."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def make_world(folder: Path, works: int, base: int) -> dict[str, Any]:
    """The world of that size below ``folder``, made or found there."""
    from armillary.core.store import Store
    from armillary.synthetic import World
    from armillary.synthetic.write_core import to_core

    obs, begun, spent = folder / str(works) / "world", time.perf_counter(), time.process_time()
    if (obs / "registry" / "about.toml").is_file():
        return {"bytes": Store.open(obs).info()["bytes"]}
    shutil.rmtree(obs, ignore_errors=True)
    if works <= base:
        to_core(Store.create(obs), World(works, seed=5), texts=False)
        (obs / "registry").mkdir(exist_ok=True)
        (obs / "registry" / "about.toml").write_text("synthetic = true\n")
    else:
        copy_world(folder / str(base) / "world", obs, works // base, processes=2)
    wall, cpu = round(time.perf_counter() - begun, 1), round(time.process_time() - spent, 1)
    return {"stage": "world", "works": works, "wall_s": wall, "cpu_s": cpu, "bytes": Store.open(obs).info()["bytes"]}


def main() -> None:
    """Run all stages at all sizes and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", default="1000000,10000000,30000000", help="sizes, the others multiples of the first")
    parser.add_argument("--memory", type=float, default=4.0, help="GiB for the processes of a command")
    parser.add_argument("--engine-memory", default="3GB", help="of it, for the engine")
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--folder", type=Path, help="for worlds, kept and used again (default: a temporary one)")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    sizes, stages, memory = [int(w) for w in given.works.split(",")], given.stages.split(","), int(given.memory * (1 << 30))
    if strange := [w for w in sizes if w % sizes[0]]:
        parser.error(f"{strange[0]:,} is no multiple of {sizes[0]:,}")
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as temp:
        folder = given.folder or Path(temp)
        for works in (BASE, *sizes):
            made = make_world(folder, works, max(BASE, sizes[0]))
            cost = f", made in {made['cpu_s']} CPU s" if "cpu_s" in made else ""
            notes.append(f"{works:,} works: {made['bytes'] / works:.0f} bytes a work{cost}")
            obs = folder / str(works) / "world"
            for stage in stages:
                if stage in ("share", "impact", "pages"):
                    shutil.rmtree(obs / "cubes", ignore_errors=True)
                try:
                    rows.append(run_stage(stage, obs, works, memory, given.engine_memory))
                except RuntimeError as error:  # too much for the memory: said, and the rest goes on
                    notes.append(f"{stage} of {works:,} works failed: {str(error)[-400:].strip()}")
                    print(notes[-1], flush=True)
                    continue
                print(json.dumps({k: v for k, v in rows[-1].items() if k != "said"}), flush=True)
                if given.json:  # each time: an interrupted run keeps its results
                    given.json.write_text(json.dumps({"rows": rows, "notes": notes}, indent=1) + "\n", encoding="utf-8")
            notes += _differences([r for r in rows if r["works"] == works])
    lines = []
    for stage in stages:
        of = [r for r in rows if r["stage"] == stage]
        if len(of) >= 3:
            lines.append(summary(stage, of[0], of[1:]))
        lines += [{k: r.get(k, "") for k in ("stage", "works", "wall_s", "cpu_s", "peak_mib", "mb_a_million")} for r in of[1:]]
    columns = ["stage", "works", "wall_s", "cpu_s", "peak_mib", "mb_a_million", "cpu_us_a_work", "exponent", "off", "last_exponent",
               "hours_480M", "from", "to"]  # fmt: skip
    finish("large", lines, columns, str(given.json) if given.json else None, notes)


def _differences(rows: list[dict[str, Any]]) -> list[str]:
    """Whether the first rows from cubes are those from records."""
    by = {r["stage"]: r.get("said") for r in rows}
    asked = [s for s in ("share", "impact") if s in by and f"{s} from cube" in by]
    said = {s: "the same" if by[s] == by[f"{s} from cube"] else "OTHER" for s in asked}
    return [f"{rows[0]['works']:,} works: {s}: {how} numbers from records and from cubes" for s, how in said.items()]


if __name__ == "__main__":
    main()
