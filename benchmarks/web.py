"""The site under load: cached and uncached ranking pages, mixed requests at a steady rate, memory over 10,000 requests.

    python benchmarks/web.py --into OBSERVATORY [--json PATH] [--requests 10000]
    python benchmarks/web.py --works 1000000            # makes a synthetic observatory of that size first

The server runs as its own process; the client keeps connections open. Limits are those of the project's plan.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

_CHOSEN = [
    ("share", "country", "2021"),
    ("share", "institution", "2020"),
    ("share", "city", "2019"),
    ("count", "country", "2018"),
    ("count", "institution", "2017"),
    ("share", "country", "2015-2018"),
    ("share", "city", "2016-2019"),
    ("count", "city", "2014"),
    ("p-top10", "country", "2016"),
    ("pp-top10", "institution", "2015"),
    ("mncs", "country", "2014"),
    ("share", "institution", "2012-2015"),
]
UNCACHED = [f"/rankings/{i}/{u}?period={p}&intervals=0" for i, u, p in _CHOSEN]
MIXED = [
    "/",
    "/rankings",
    *UNCACHED[:3],
    "/map",
    "/methods",
    "/data",
    "/path/share/country",
    "/claims",
    "/rankings/share/country.csv?period=2021&intervals=0",
    "/api/v1/indicators",
    "/api/v1/rankings/share/institution?period=2020&intervals=0",
]


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Session:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self.port, self.connection = port, http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def get(self, path: str) -> tuple[int, float]:
        """Status and seconds."""
        begin = time.perf_counter()
        self.connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, time.perf_counter() - begin


def at_rate(port: int, rate: float, count: int, workers: int = 8) -> tuple[list[float], int]:
    """``count`` mixed requests, ``rate`` a second over all workers; latencies and number of errors."""
    rng, times, errors, lock = random.Random(1), [], [0], threading.Lock()
    plan = iter([(i / rate, rng.choice(MIXED)) for i in range(count)])
    begin = time.perf_counter()

    def work() -> None:
        session = Session(port)
        while True:
            with lock:
                step = next(plan, None)
            if step is None:
                return
            time.sleep(max(0.0, step[0] - (time.perf_counter() - begin)))
            status, took = session.get(step[1])
            with lock:
                times.append(took)
                errors[0] += status != 200

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return times, errors[0]


def synthetic(works: int, folder: Path) -> Path:
    """A synthetic observatory of that size."""
    code = "import sys; from armillary.cli.main import run; sys.exit(run(sys.argv[1:]))"
    run = [sys.executable, "-c", code]
    world, into = folder / "world", folder / "observatory"
    subprocess.run([*run, "synthetic", str(world), "--works", str(works), "--quiet"], check=True)
    subprocess.run([*run, "ingest", "openalex", str(world), "--into", str(into), "--quiet"], check=True)
    return into


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path)
    parser.add_argument("--works", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temp, socket.socket() as probe:
        into = given.into or synthetic(given.works, Path(temp))
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        code = "import sys; from armillary.cli.main import run; sys.exit(run(sys.argv[1:]))"
        server = subprocess.Popen([sys.executable, "-c", code, "serve", "--into", str(into), "--port", str(port), "--rate", "0", "--quiet"])
        try:
            rows = measure(port, server.pid, given.requests)
        finally:
            server.terminate()
            server.wait(20)
    width = max(len(r["what"]) for r in rows)
    for r in rows:
        print(f"{r['what']:{width}}  {r['ours']:>10}  limit {r['limit']:>8}  {'ok' if r['ok'] else 'MISSED'}")
    if given.json:
        given.json.write_text(json.dumps({"benchmark": "web", "rows": rows}, indent=1) + "\n")


def measure(port: int, pid: int, requests: int) -> list[dict[str, object]]:
    """All measurements against a running server."""
    for _ in range(600):
        try:
            Session(port).get("/methods")
            break
        except OSError:
            time.sleep(0.1)
    session = Session(port)
    begun = cpu_s(pid)
    first = [session.get(p) for p in UNCACHED]
    spent = (cpu_s(pid) - begun) / len(UNCACHED)
    again = [session.get(p)[1] for _ in range(20) for p in UNCACHED]
    for path in MIXED:
        session.get(path)
    times, errors = at_rate(port, 50, 1500)
    before = rss_mb(pid)
    _more, more_errors = at_rate(port, 2000, requests)
    after = rss_mb(pid)
    errors += more_errors + sum(status != 200 for status, _t in first)
    uncached, cached = statistics.median(t for _s, t in first), statistics.median(again)
    p99 = statistics.quantiles(times, n=100)[98]
    grown = 100 * (after - before) / before
    return [
        row("uncached ranking page, median", f"{uncached:.2f} s", "2 s", uncached < 2),
        row("uncached ranking page, slowest", f"{max(t for _s, t in first):.2f} s", "-", True),
        row("uncached ranking page, processor time, mean", f"{spent:.2f} s", "-", True),
        row("cached ranking page, median", f"{1000 * cached:.1f} ms", "50 ms", cached < 0.05),
        row("mixed pages at 50/s, median", f"{1000 * statistics.median(times):.1f} ms", "-", True),
        row("mixed pages at 50/s, 99th percentile", f"{1000 * p99:.1f} ms", "-", True),
        row("errors", str(errors), "0", errors == 0),
        row(f"memory before and after {requests:,} more", f"{before:.0f}>{after:.0f} MB", "+10 %", grown < 10),
    ]


def row(what: str, ours: str, limit: str, ok: bool) -> dict[str, object]:
    """One line of the table."""
    return {"what": what, "ours": ours, "limit": limit, "ok": ok}


if __name__ == "__main__":
    main()
