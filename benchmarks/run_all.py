"""All benchmarks with one command: each in a process of its own, one table of their tables at the end, everything as one JSON file.

    python benchmarks/run_all.py --size small [--only impact,ingest] [--json benchmarks.json]

small: minutes on two cores, to see that all still run and roughly how they stand. full: the sizes of the limits, hours on two cores.
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
    "web": ["--works", "20000", "--requests", "500"],
    "soak": ["--trials", "3", "--works", "1500"],
    "cost_model": ["--works", "10000,20000,40000"],
}
REAL = {"sdg"}
"""Those that need real records."""
FULL: dict[str, list[str]] = {name: [] for name in SMALL}


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
    return {"benchmark": name, "ended": ended, "seconds": round(time.perf_counter() - started, 1), "arguments": arguments,
            "text": text.strip(), "figures": figures}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=["small", "full"], default="small")
    parser.add_argument("--only", help="names, comma-separated")
    parser.add_argument("--limit", type=float, default=7200, help="seconds for one benchmark")
    parser.add_argument("--json", type=Path, default=Path("benchmarks.json"))
    given = parser.parse_args()
    todo = SMALL if given.size == "small" else FULL
    there = {p.stem for p in HERE.glob("*.py")}
    names = given.only.split(",") if given.only else [n for n in todo if n in there]
    if strange := [n for n in names if n not in there]:
        parser.error(f"no benchmark {', '.join(strange)}; there are {', '.join(todo)}")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            results.append(run(name, todo.get(name, []), Path(folder), given.limit))
            print(f"=== {name}: {results[-1]['ended']} in {results[-1]['seconds']} s\n{results[-1]['text']}\n", flush=True)
            report = {"size": given.size, "machine": machine(), "results": results}
            given.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")  # each time: an interrupted run keeps its results
    where = machine()
    print(f"{given.size}, {where['cores']} cores, {where['date']}; figures in {given.json}\n")
    print(table(results, ["benchmark", "ended", "seconds"]))
    return 0 if all(r["ended"] in ("ok", "skipped") for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
