"""A server under attack: odd requests over all routes and parameters, strange host names, slow clients, and an update under load.

    python -m benchmarks.attack [--works 5000] [--requests 5000] [--json PATH]

The server runs as its own process, as ``armillary serve`` starts it. What counts: no answer is 500, nothing is read that a request names,
memory stays, and each answer belongs to one generation.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.web import Session, cpu_s, free_port, row, rss_mb, served, synthetic

NASTY = (
    *("", "0", "-1", "1e9", "9" * 40, "NaN", "null", "true", "'", '"', "';DROP TABLE work;--", "1 OR 1=1", "<script>alert(1)</script>"),
    *("../../../etc/passwd", "/etc/passwd", "..\\..\\x", "%00", "a\r\nSet-Cookie:x=1", "{{7*7}}", "${7*7}", "a" * 300, "\U0001f600"),
    *("\u202eabc", "\x1b[31m", "北京", "%25", "2024-", "-", "2024-2023", "all", "=1+1", "x=y", "tags=goal.csv", "field_level=classes.csv"),
    *("baseline=/etc/passwd", "citations=0", "window=-5", "counting:full", "scope:../../x", "[]", "{}", "*", "?", "query:((", "10.1/x"),
)
GOOD = {
    "indicator": ("share", "count", "mncs", "pp-top10", "p-top1", "pp-oa", "pp-international", "sdg-papers"),
    "unit": ("country", "city", "institution", "region", "field", "author"),
    "unit_id": ("CN", "US", "I1", "field:16", "A1"),
    "period": ("2020", "2018-2021", "2015-", "all"),
    "subject": ("Chemistry", "field:16", "Physics"),
    "counting": ("full", "first", "author-fractional", "mfc-2"),
    "scope": ("articles", "core"),
    "option": ("window=3", "citations=given"),
    "q": ("a", "uni"),
    "against": ("counting:full",),
    "work_id": ("W1", "W100"),
    "target": ("field:16", "W1", "query:structure", "topic:10001"),
    "first": ("CN",),
    "second": ("US",),
    "ids": ("CN,US",),
    "step": ("1",),
    "page": ("1", "2"),
    "chapter": ("5", "references"),
}
FORMATS = ("", "", "", ".json", ".csv", ".svg", ".xlsx", ".parquet", ".zip", ".png", ".pdf", ".exe")


def fuzz(port: int, pid: int, routes: list[Any], count: int) -> list[dict[str, object]]:
    """``count`` requests of two clients; one in four values makes sense, so that what lies behind the checks is reached too."""
    before, statuses, slowest, odd, lock = rss_mb(pid), Counter[int](), [0.0, ""], [], threading.Lock()
    half: list[float] = []  # by then what is loaded once (charts, workbooks, PDF) is there

    def work(seed: int, n: int) -> None:
        rng, session = random.Random(seed), Session(port)
        for _ in range(n):
            target = _target(rng, routes)
            try:
                status, took, body = session.whole(target)
            except (OSError, http.client.HTTPException) as error:
                with lock:
                    odd.append(f"{target}: {error!r}")
                session = Session(port)
                continue
            with lock:
                statuses[status] += 1
                if sum(statuses.values()) >= count // 2 and not half:
                    half.append(rss_mb(pid))
                if took > slowest[0]:
                    slowest[:] = [took, target]
                if (
                    status == 500
                    or b"Traceback" in body
                    or b"root:x:" in body
                    or (body.startswith(b"<!doctype") and b"<script>alert(1)" in body)
                ):
                    odd.append(f"{target}: {status}")

    threads = [threading.Thread(target=work, args=(s, count // 2)) for s in (1, 2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    after = rss_mb(pid)
    for line in odd[:20]:
        print("  odd:", line, file=sys.stderr)
    print("  slowest:", slowest, file=sys.stderr)
    said = ", ".join(f"{k}: {v}" for k, v in sorted(statuses.items()))
    return [
        row(f"{count:,} odd requests: 500, echoes, broken connections", str(len(odd)), "0", not odd),
        row("  answers by status", said, "-", True),
        row("  slowest", f"{slowest[0]:.1f} s", "60 s", float(slowest[0]) < 60),
        row("  memory before, half way, after", f"{before:.0f} {half[0]:.0f} {after:.0f} MB", "+15 %", after < 1.15 * half[0]),
    ]


def _target(rng: random.Random, routes: list[Any]) -> str:
    route = rng.choice(routes)

    def value(name: str) -> str:
        known = GOOD.get(name, ())
        return rng.choice(known) if known and rng.random() < 0.6 else rng.choice(NASTY)

    path = "/".join(quote(value(p[1:-1]) or "x", safe="") if p.startswith("{") else p for p in route.pattern.split("/"))
    if not path.startswith(("/api/", "/static/")):
        path = rng.choice(("", "", "", "/zh")) + path + rng.choice(FORMATS)
    names = rng.sample(sorted(route.names), min(len(route.names), rng.randint(0, 3)))
    if rng.random() < 0.05:
        names += [*names[:1], "nope"]
    return path + ("?" + "&".join(f"{n}={quote(value(n))}" for n in names) if names else "")


def hosts(port: int) -> list[dict[str, object]]:
    """Names that a rebinding attack would bring."""
    answered = 0
    names = [f"{w}.example" for w in ("evil", "localhost", "127.0.0.1", "a" * 200)] + [
        "localhost.evil.com",
        "0x7f000001",
        "",
        "a b",
        "[::1",
        "127.1",
    ]
    for name in names * 5:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.putrequest("GET", "/api/v1", skip_host=True)
        connection.putheader("Host", name)
        connection.endheaders()
        answered += connection.getresponse().status == 200
        connection.close()
    return [row(f"{len(names) * 5} requests under foreign names: answered", str(answered), "0", answered == 0)]


def light_paths() -> list[str]:
    """Pages without the engine, in every language and several formats: enough that none is asked for twice."""
    from armillary.indicators import all_indicators

    pages = [*(f"/rules/{n}" for n in range(1, 11)), *(f"/methods/{name}" for name in sorted(all_indicators()))]
    return [f"{language}{page}{ending}" for page in pages for ending in ("", ".csv", ".json") for language in ("", "/zh")]


class Light:
    """Light pages, each asked for once (so that none comes from the cache), one after the other: how long they take."""

    def __init__(self, port: int) -> None:
        self._port, self._paths = port, iter(light_paths())
        self._over = threading.Event()
        self.times: list[float] = []

    def ask(self, count: int) -> list[float]:
        """Seconds of the next ``count`` pages."""
        session = Session(self._port)
        return [session.get(path)[1] for _, path in zip(range(count), self._paths, strict=False)]

    def __enter__(self) -> Light:
        self.times, self._over = [], threading.Event()
        self._thread = threading.Thread(target=self._beside)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beside(self) -> None:
        while not self._over.is_set():
            if not (took := self.ask(1)):
                return
            self.times += took
            self._over.wait(1.5)

    def row(self, idle: list[float]) -> dict[str, object]:
        """Against an idle server: the median and the slowest."""
        if not self.times:
            return row("  light pages meanwhile", "none answered", "-", False)
        usual, slowest = sorted(idle)[len(idle) // 2], max(self.times)
        limit = max(2.0, 20 * usual)
        said = f"{sorted(self.times)[len(self.times) // 2]:.2f} {slowest:.2f} s (idle {usual:.2f} {max(idle):.2f} s)"
        return row("  light pages meanwhile, median and slowest", said, f"{limit:.1f} s", slowest < limit)


def slow(port: int, light: Light, idle: list[float], count: int = 150) -> list[dict[str, object]]:
    """Clients that send half a request and wait: all are cut, and the others are served meanwhile."""
    held = []
    for n in range(count):
        client = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(f"127.0.0.{2 + n % 5}", 0))
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: 1")
        held.append(client)
    begin, cut = time.monotonic(), 0
    with light:
        time.sleep(8)
    for client in held:
        client.settimeout(max(0.1, 40 - (time.monotonic() - begin)))
        try:
            cut += client.recv(10) == b""
        except ConnectionError:
            cut += 1
        except OSError:
            pass
        client.close()
    took = time.monotonic() - begin
    return [
        row(f"{count} clients with half a request: cut", f"{cut} in {took:.0f} s", str(count), cut == count),
        light.row(idle),
    ]


def update_under_load(
    port: int, into: Path, change: Path, light: Light, idle: list[float], rate: float = 50, seconds: float = 60
) -> list[dict[str, object]]:
    """``rate`` requests a second while an ingest commits: no error, and the numbers of each answer are those of the generation it names."""
    paths = [f"/api/v1/rankings/count/{u}?period={y}&intervals=0" for u in ("country", "institution") for y in range(2012, 2022)]
    bodies: dict[tuple[str, str], set[bytes]] = {}
    errors, times, lock, stop = Counter[int](), [], threading.Lock(), time.monotonic() + seconds
    plan = iter([n / rate for n in range(int(rate * seconds))])
    begin = time.monotonic()

    def work(seed: int) -> None:
        rng, session = random.Random(seed), Session(port)
        while time.monotonic() < stop + 60:
            with lock:
                due = next(plan, None)
            if due is None:
                return
            time.sleep(max(0.0, due - (time.monotonic() - begin)))
            path = rng.choice(paths)
            status, took, body = session.whole(path)
            with lock:
                times.append(took)
                if status != 200:
                    errors[status] += 1
                    print(f"  {status} after {took:.1f} s: {path}: {body[:300]!r}", file=sys.stderr)
                    continue
                digest = json.loads(body)["meta"]["data"]["digest"]
                bodies.setdefault((path, digest), set()).add(body)

    threads = [threading.Thread(target=work, args=(s,)) for s in range(16)]
    with light:
        for t in threads:
            t.start()
        time.sleep(seconds / 4)
        code = "import sys; from armillary.cli.main import run; sys.exit(run(sys.argv[1:]))"
        done = subprocess.run([sys.executable, "-c", code, "ingest", "openalex", str(change), "--into", str(into), "--quiet"], check=False)
        for t in threads:
            t.join()
    generations = {digest for _, digest in bodies}
    mixed = sum(len(found) > 1 for found in bodies.values())
    times.sort()
    return [
        row(
            f"{len(times):,} requests while an update commits: errors", str(sum(errors.values())), "0", not errors and done.returncode == 0
        ),
        row("  answers with an error, by status", ", ".join(f"{k}: {v}" for k, v in sorted(errors.items())) or "none", "-", True),
        row("  requests a second", f"{len(times) / (time.monotonic() - begin):.0f}", f"{rate:.0f}", True),
        row("  generations seen", str(len(generations)), "2", len(generations) == 2),
        row("  answers that mix generations", str(mixed), "0", not mixed),
        row("  median, p99, slowest", f"{times[len(times) // 2]:.3f} {times[int(len(times) * 0.99)]:.2f} {times[-1]:.2f} s", "-", True),
        light.row(idle),
    ]


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--works", type=int, default=5_000)
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=60, help="Of the load during which the update commits")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    from armillary.web.app import create_app
    from benchmarks.soak import update_of

    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        into = synthetic(given.works, folder)
        update_of(folder / "world", folder / "update", random.Random(1))
        app = create_app(into)
        routes = [a for a in app.addresses.all() if not a.pattern.startswith("/static")]
        # files that a request might name, in the folder the server works in
        (folder / "goal.csv").write_text("work_id,sdg_id\nW1,3\nroot:x:0:0\n")
        shutil.copy(folder / "goal.csv", folder / "classes.csv")
        port = free_port()
        with served(into, port, cwd=folder) as pid:
            light = Light(port)
            idle, began, spent = light.ask(8), time.monotonic(), cpu_s(pid)
            for part in (
                lambda: update_under_load(port, into, folder / "update", light, idle, seconds=given.seconds),
                lambda: hosts(port),
                lambda: slow(port, light, idle),
                lambda: fuzz(port, pid, routes, given.requests),
            ):
                rows += (done := part())
                for r in done:
                    print(f"  {r['what']}: {r['ours']}", file=sys.stderr, flush=True)
            got = (cpu_s(pid) - spent) / (time.monotonic() - began)
            rows.append(row("processors that the server got; load of the machine", f"{got:.2f}; {os.getloadavg()[1]:.1f}", "-", True))
    width = max(len(str(r["what"])) for r in rows)
    for r in rows:
        print(f"{r['what']:{width}}  {r['ours']}  limit {r['limit']}  {'ok' if r['ok'] else 'MISSED'}")
    if given.json:
        given.json.write_text(json.dumps({"benchmark": "attack", "works": given.works, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
