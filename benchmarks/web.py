"""The site under load: cached and uncached ranking pages, mixed requests at a steady rate, memory over 10,000 requests.

    python benchmarks/web.py --into OBSERVATORY [--json PATH] [--requests 10000]
    python benchmarks/web.py --works 1000000            # makes a synthetic observatory of that size first
    python benchmarks/web.py --into OBSERVATORY --parallel 200   # then: that many requests of all page kinds at once, and light ones beside

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
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
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

    def __init__(self, port: int, number: int = 0) -> None:
        """``number``: which client of this machine; each has an address of its own, as readers have."""
        source = (f"127.0.{number // 250}.{1 + number % 250}", 0)
        self.port, self.connection = port, http.client.HTTPConnection("127.0.0.1", port, timeout=1500, source_address=source)

    def get(self, path: str) -> tuple[int, float]:
        """Status and seconds."""
        begin = time.perf_counter()
        self.connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, time.perf_counter() - begin

    def whole(self, path: str) -> tuple[int, float, bytes]:
        """Status, seconds and body."""
        begin = time.perf_counter()
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        body = answer.read()
        return answer.status, time.perf_counter() - begin, body

    def patient(self, path: str, most_s: float) -> tuple[int, float, int]:
        """As a reader waits: asked again where the answer says so. Last status, seconds in all, and how often."""
        begin, asked = time.perf_counter(), 0
        while True:
            asked += 1
            self.connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
            answer = self.connection.getresponse()
            answer.read()
            took = time.perf_counter() - begin
            again = answer.headers.get("refresh") or answer.headers.get("retry-after")
            if not again or took > most_s or answer.status == 504:
                return answer.status, took, asked
            time.sleep(min(float(again), 10))


@contextmanager
def served(into: Path, port: int, *options: str, cwd: Path | None = None) -> Iterator[int]:
    """``armillary serve`` as a process of its own; its number."""
    code = "import sys; from armillary.cli.main import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "serve", "--into", str(into), "--port", str(port), "--rate", "0", "--quiet", *options]
    path = os.pathsep.join(str(Path(p).absolute()) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p)
    server = subprocess.Popen(command, cwd=cwd, env={**os.environ, "PYTHONPATH": path})
    try:
        for _ in range(3000):
            try:
                Session(port).get("/robots.txt")
                break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit("the server did not start") from None
                time.sleep(0.1)
        yield server.pid
    finally:
        server.terminate()
        server.wait(30)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


ALL_KINDS = [
    "/",
    "/rankings",
    "/rankings/share/country?period={y}",
    "/rankings/share/institution?period={y}",
    "/rankings/pp-top10/country?period={y}",
    "/rankings/mncs/institution?period={y}",
    "/rankings/share/city.csv?period={y}",
    "/map?period={y}",
    "/path/share/country",
    "/units/country/CN?period={y}",
    "/compare/country?ids=CN,US&period={y}",
    "/robustness/share/country?period={y}",
    "/records/share/country/CN?period={y}",
    "/collaboration?period={y}",
    "/clusters?period={y}",
    "/leadership?first=CN&second=US&period={y}",
    "/dossier/field:16?period={y}",
    "/brief?period={y}",
    "/claims",
    "/methods",
    "/rules/5",
    "/data",
    "/api/v1/rankings/share/country?period={y}",
    "/api/v1/records/share/country/CN?period={y}",
]


def parallel(port: int, pid: int, count: int, most_s: float) -> list[dict[str, object]]:
    """``count`` requests of all page kinds at once, each waiting as a reader does, and light pages meanwhile."""
    wanted = [ALL_KINDS[n % len(ALL_KINDS)].replace("{y}", str(2010 + n // len(ALL_KINDS))) for n in range(count)]
    found: list[tuple[int, float, int, str]] = []
    light: list[float] = []
    top, lock, over = [0.0], threading.Lock(), threading.Event()

    def one(number: int, path: str) -> None:
        begin = time.perf_counter()
        try:
            status, took, asked = Session(port, number).patient(path, most_s)
        except OSError as error:
            print(f"  {path}: {error}", file=sys.stderr)
            status, took, asked = 0, time.perf_counter() - begin, 1
        with lock:
            found.append((status, took, asked, path))

    def beside() -> None:
        session = Session(port)
        while not over.is_set():
            light.append(session.get("/rules")[1])
            light.append(session.get("/methods/share")[1])
            top[0] = max(top[0], rss_mb(pid))
            time.sleep(0.5)

    before = rss_mb(pid)
    threads = [threading.Thread(target=one, args=(n, p)) for n, p in enumerate(wanted, 1)]
    watcher = threading.Thread(target=beside)
    watcher.start()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    over.set()
    watcher.join()
    by_status = Counter(s for s, *_ in found)
    times, light = sorted(t for s, t, _, _ in found if s == 200), sorted(light)
    faults = [f for f in found if f[0] not in (200, 202, 404, 503, 504)]
    for status, took, asked, path in sorted(found, key=lambda f: -f[1])[:12] + faults:
        print(f"  {status} {took:7.1f} s, asked {asked} times: {path}", file=sys.stderr)
    said = ", ".join(f"{k}: {v}" for k, v in sorted(by_status.items()))
    late = sum(by_status[s] for s in (202, 503, 504))
    return [
        row(f"{count} requests of all kinds at once: by status", said, "-", True),
        row("  faults (500 and the like; 0: cut off)", str(len(faults)), "0", not faults),
        row(f"  not answered within {most_s:.0f} s (202, 503, 504)", str(late), "-", True),
        row("  answered, median", f"{_part(times, 0.5):.1f} s", "-", True),
        row("  answered, p99", f"{_part(times, 0.99):.1f} s", "-", True),
        row("  answered, slowest", f"{_part(times, 1):.1f} s", "-", True),
        row("  light pages meanwhile, median", f"{_part(light, 0.5):.2f} s", "0.5 s", _part(light, 0.5) < 0.5),
        row("  light pages meanwhile, p99", f"{_part(light, 0.99):.2f} s", "2 s", _part(light, 0.99) < 2),
        row("  light pages meanwhile, slowest", f"{_part(light, 1):.2f} s", "-", True),
        row("  memory before, most, after", f"{before:.0f} {top[0]:.0f} {rss_mb(pid):.0f} MB", "-", True),
    ]


def _part(times: list[float], part: float) -> float:
    return times[min(len(times) - 1, int(len(times) * part))] if times else float("nan")


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
    parser.add_argument("--requests", type=int, default=10_000, help="of the mixed load; 0 leaves out all but --parallel")
    parser.add_argument("--parallel", type=int, default=0, help="requests of all kinds at once, each from a client of its own")
    parser.add_argument("--wait", type=float, default=600.0, help="Seconds after which a reader of --parallel gives up")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temp:
        into, port = given.into or synthetic(given.works, Path(temp)), free_port()
        rows = []
        if given.requests:
            with served(into, port) as pid:
                rows += measure(port, pid, given.requests)
        if given.parallel:
            with served(into, port) as pid:
                rows += parallel(port, pid, given.parallel, given.wait)
    width = max(len(r["what"]) for r in rows)
    for r in rows:
        print(f"{r['what']:{width}}  {r['ours']:>10}  limit {r['limit']:>8}  {'ok' if r['ok'] else 'MISSED'}")
    if given.json:
        given.json.write_text(json.dumps({"benchmark": "web", "rows": rows}, indent=1) + "\n")


def measure(port: int, pid: int, requests: int) -> list[dict[str, object]]:
    """All measurements against a running server."""
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
