"""Run one part of a benchmark in a process of its own and measure wall time, CPU time and peak memory from outside."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def run_part(script: str, part: str, *arguments: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """``python script --part part arguments...``; its last line of output is JSON and comes back with wall_s, cpu_s and peak_mib."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, script, "--part", part, *arguments], stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
    )
    out = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"{script} --part {part} ended with {process.returncode}")
    lines = out.strip().splitlines()
    result = json.loads(lines[-1]) if lines else {}
    return {
        **result,
        "part": part,
        "wall_s": round(wall, 2),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mib": usage.ru_maxrss // 1024,
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    import duckdb
    import numpy
    import pyarrow

    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "pyarrow": pyarrow.__version__,
        "numpy": numpy.__version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def table(rows: list[dict[str, Any]], columns: list[str]) -> str:
    """Rows as an aligned text table."""
    cells = [[f"{r.get(c, ''):,}" if isinstance(r.get(c), int) else str(r.get(c, "")) for c in columns] for r in rows]
    widths = [max(len(c), *(len(row[i]) for row in cells)) for i, c in enumerate(columns)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in [columns, *cells]]
    return "\n".join(lines)


def finish(name: str, rows: list[dict[str, Any]], columns: list[str], path: str | None, notes: list[str]) -> None:
    """Print the table and keep everything as JSON where asked."""
    print(f"{name}\n\n{table(rows, columns)}\n")
    for note in notes:
        print(note)
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(
            json.dumps({"benchmark": name, "machine": machine(), "rows": rows, "notes": notes}, indent=1) + "\n", encoding="utf-8"
        )
