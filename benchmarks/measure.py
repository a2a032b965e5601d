"""Run one part of a benchmark in a process of its own and measure wall time, CPU time and peak memory from outside."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
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


def run_limited(command: list[str], *, memory_bytes: int | None = None) -> dict[str, Any]:
    """A command with all its processes: wall_s, cpu_s, and peak_mib of the sum of their resident memory (sampled ten times a second).

    With ``memory_bytes`` they share one control group of that size, where the machine lets us make one (``held`` says whether): more than
    it, page cache included, they cannot have.
    """
    group = _memory_group(memory_bytes) if memory_bytes else None
    started, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, preexec_fn=(lambda: _enter(group)) if group else None)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, _resident(process.pid))
            time.sleep(0.1)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    wall = time.perf_counter() - started
    if group:
        group.rmdir()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {text[-500:]}")
    return {
        "wall_s": round(wall, 2),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mib": peak >> 20,
        "held": bool(group),
        "text": text,
    }


def _memory_group(limit: int) -> Path | None:
    """A new control group with that much memory (version 1 or 2), or None where we may not make one."""
    name = f"armillary-bench-{os.getpid()}-{time.monotonic_ns()}"
    for root, knob in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = Path(root) / name
        try:
            group.mkdir()
            (group / knob).write_text(str(limit))
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        return group
    return None


def _enter(group: Path) -> None:
    (group / "cgroup.procs").write_text(str(os.getpid()))


def _resident(root: int) -> int:
    """Bytes of resident memory of a process and its descendants."""
    parents, sizes = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)], sizes[int(entry.name)] = int(fields[1]), int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    mine = {root}
    while more := {p for p, parent in parents.items() if parent in mine} - mine:
        mine |= more
    return sum(sizes.get(p, 0) for p in mine)


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
    widths = [max(len(c), *(len(row[i]) for row in cells), 0) for i, c in enumerate(columns)]
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
