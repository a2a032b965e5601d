"""All benchmarks with one command: each in a process of its own, at the end one table (ours, peer or limit, ratio, aim), all in one JSON.

    python benchmarks/run_all.py --size small [--only impact,ingest] [--json benchmarks.json]

small: minutes on two cores, to see that all still run and roughly how they stand. full: the sizes of the limits, hours on two cores.
Results of the same size that the JSON already holds are kept for benchmarks that are not run now; each says when it was run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import machine, table
from benchmarks.summary import COLUMNS, lines

HERE = Path(__file__).resolve().parent
SMALL: dict[str, list[str]] = {
    "ingest": ["--works", "8000", "--repeat", "1"],
    "parquet_ingest": ["--works", "10000", "--repeat", "1"],
    "impact": ["--works", "200000", "--pandas-works", "200000", "--runs", "1"],
    "bootstrap": ["--works", "50000", "--draws", "200"],
    "robustness": ["--works", "20000"],
    "clusters": ["--quick"],
    "composite": ["--draws", "1000"],
    "leadership": ["--works", "30000", "--rows", "100000"],
    "sdg": ["--repeat", "1"],
    "web": ["--works", "20000", "--requests", "500", "--parallel", "48"],
    "soak": ["--trials", "3", "--works", "1500"],
    "cubes": ["--works", "10000"],
    "large": ["--works", "5000,20000", "--stages", "share,cube,share from cube,pack"],
    "cost_model": ["--works", "10000,20000,40000"],
}
REAL = {"sdg"}
"""Those that need real records."""
FULL: dict[str, list[str]] = {name: [] for name in SMALL} | {"web": ["--parallel", "200"]}


def run(name: str, arguments: list[str], folder: Path, limit_s: float) -> dict[str, Any]:
    """One benchmark: its JSON, its printed table, its time; ``ended`` is ok, failed, timeout or skipped."""
    out = folder / f"{name}.json"
    started = time.perf_counter()
    if name in REAL and "ARMILLARY_DATA" not in os.environ:
        why = "needs real records: set ARMILLARY_DATA"
        return {"benchmark": name, "ended": "skipped", "seconds": 0.0, "arguments": arguments, "text": why, "figures": None}
    command = [sys.executable, str(HERE / f"{name}.py"), *arguments, "--json", str(out)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
        ended, text = "ok" if done.returncode == 0 else "failed", done.stdout + ("" if done.returncode == 0 else done.stderr)
    except subprocess.TimeoutExpired:
        ended, text = "timeout", ""
    figures = json.loads(out.read_text(encoding="utf-8")) if out.exists() else None
    return {
        "benchmark": name,
        "ended": ended,
        "seconds": round(time.perf_counter() - started, 1),
        "arguments": arguments,
        "text": text.strip(),
        "figures": figures,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=["small", "full"], default="small")
    parser.add_argument("--only", help="names, comma-separated")
    parser.add_argument("--worlds", help="folder for the large synthetic worlds, kept and used again")
    parser.add_argument("--limit", type=float, default=7200, help="seconds for one benchmark")
    parser.add_argument("--json", type=Path, default=Path("benchmarks.json"))
    given = parser.parse_args()
    todo = SMALL if given.size == "small" else FULL
    there = {p.stem for p in HERE.glob("*.py")}
    names = given.only.split(",") if given.only else [n for n in todo if n in there]
    if strange := [n for n in names if n not in there]:
        parser.error(f"no benchmark {', '.join(strange)}; there are {', '.join(todo)}")
    kept: dict[str, dict[str, Any]] = {}
    if given.json.is_file() and (old := json.loads(given.json.read_text(encoding="utf-8")))["size"] == given.size:
        kept = {r["benchmark"]: r for r in old["results"]}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            arguments = [*todo.get(name, []), *(["--worlds", given.worlds] if given.worlds and name == "cost_model" else [])]
            kept[name] = run(name, arguments, Path(folder), given.limit) | {"date": time.strftime("%Y-%m-%d")}
            print(f"=== {name}: {kept[name]['ended']} in {kept[name]['seconds']} s\n{kept[name]['text']}\n", flush=True)
            results = [kept[n] for n in todo if n in kept]
            report = {"size": given.size, "machine": machine(), "results": results}
            given.json.parent.mkdir(parents=True, exist_ok=True)
            given.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")  # each time: an interrupted run keeps its results
    where = machine()
    print(f"{given.size}, {where['cores']} cores, {where['date']}; figures in {given.json}\n")
    print(table(lines(results), COLUMNS))
    return 0 if all(kept[n]["ended"] in ("ok", "skipped") for n in names) else 1


if __name__ == "__main__":
    sys.exit(main())
