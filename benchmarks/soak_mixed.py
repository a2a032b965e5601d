"""All disturbances by turns, for as long as is asked: bit flips, a full disk, stops at single calls, readers beside a writer, jumps of the
clock, a server under load while an update commits.

Each trial starts from a copy of an observatory whose two states (before and after an update) are known to the byte. What counts: a reader
sees the one or the other state or one clear line, never anything else; and the same command again, or a repair, ends in the known bytes.
A trial takes seconds, so that half an hour holds what a day brings.

    python -m benchmarks.soak_mixed --minutes 30 [--seed 1] [--json PATH]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from armillary.core.store import Store
from benchmarks.soak import update_of
from benchmarks.web import Session, free_port, rss_mb, served

MAIN = "import sys; from armillary.cli.main import run; sys.exit(run(sys.argv[1:]))"
TESTS = Path(__file__).resolve().parents[1] / "tests"
AT_A_CALL = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from support.stops import Layer, laid

class Stop(Layer):
    def fault(self, name, what):
        self.done = True
        if {kind!r} in ("full", "broken"):
            self.kind = {kind!r}
            super().fault(name, what)
        os.kill(os.getpid(), {signal})

from armillary.cli.main import run
with laid(Stop((Path({folder!r}),), {stop}, {kind!r}, {after})):
    code = run(sys.argv[1:])
sys.exit(code)
"""
CLOCK = """
import random, time
_draw, _real, _real_ns = random.Random({seed}), time.time, time.time_ns
_shift = [0.0]
def _jump():
    if _draw.random() < 0.05:
        _shift[0] = _draw.choice((-3e8, -3600.0, 0.0, 3600.0, 3e8))
    return _shift[0]
time.time = lambda: _real() + _jump()
time.time_ns = lambda: _real_ns() + int(_jump() * 1e9)
"""


@dataclass
class Known:
    """Inputs, and what each state of the observatory is and answers."""

    folder: Path
    states: list[Path] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    rankings: list[bytes] = field(default_factory=list)

    @property
    def update(self) -> list[str]:
        return ["ingest", "openalex", str(self.folder / "update"), "--workers", "1", "--quiet"]


def command(arguments: list[str], code: str = MAIN, **options: object) -> subprocess.CompletedProcess[bytes]:
    """One command line in a process of its own."""
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def rank(obs: Path, code: str = MAIN) -> subprocess.CompletedProcess[bytes]:
    """The ranking that stands for all readers."""
    return command(["rank", "share", "--unit", "institution", "--format", "csv", "--threads", "1", "--into", str(obs)], code)


def prepared(folder: Path, works: int, seed: int) -> Known:
    """A world, its observatory before and after an update, and the answers of both."""
    from armillary.synthetic import World
    from armillary.synthetic.beside import write_world

    known = Known(folder)
    write_world(World(works, seed), folder / "first")
    update_of(folder / "first", folder / "update", random.Random(seed))
    obs = folder / "state-0"
    done = command(["ingest", "openalex", str(folder / "first"), "--into", str(obs), "--workers", "1", "--quiet"])
    assert done.returncode == 0, done.stderr
    for number in (0, 1):
        if number:
            shutil.copytree(obs, folder / "state-1")
            obs = folder / "state-1"
            assert command([*known.update, "--into", str(obs)]).returncode == 0
        known.states.append(obs)
        known.digests.append(Store.open(obs).digest)
        found = rank(obs)
        assert found.returncode == 0, found.stderr
        known.rankings.append(found.stdout)
    assert known.rankings[0] != known.rankings[1]
    return known


def fault(done: subprocess.CompletedProcess[bytes], allowed: tuple[int, ...]) -> str | None:
    """What is wrong with how a command ended."""
    if done.returncode not in allowed:
        return f"exit code {done.returncode}: {done.stderr[-300:]!r}"
    if b"Traceback" in done.stderr:
        return f"traceback: {done.stderr[-300:]!r}"
    if done.returncode == 2 and not done.stderr.rstrip(b"\n").rpartition(b"\n")[2].startswith(b"armillary: "):
        return f"no clear line: {done.stderr[-300:]!r}"
    return None


def ends_well(known: Known, obs: Path) -> str | None:
    """The state that is seen is one of the two; the update again ends in the second."""
    if Store.open(obs).digest not in known.digests:
        return "neither the old nor the new state"
    if (wrong := fault(command([*known.update, "--into", str(obs)]), (0,))) is not None:
        return f"the same command again: {wrong}"
    return None if Store.open(obs).digest == known.digests[1] and rank(obs).stdout == known.rankings[1] else "other bytes in the end"


def flipped(known: Known, obs: Path, draw: random.Random) -> str | None:
    """A bit changes; the ranking is right or refused, and repair brings the state back."""
    files = sorted(p for p in obs.rglob("*") if p.is_file() and p.stat().st_size and p.parent.name != "temp" and p.name != "lock")
    path = draw.choice(files)
    raw = bytearray(path.read_bytes())
    raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
    path.write_bytes(raw)
    found = rank(obs)
    if (wrong := fault(found, (0, 2))) is not None:
        return f"{path.relative_to(obs)}: {wrong}"
    is_told = b"is used instead" in found.stderr or b"damaged" in found.stderr
    if found.returncode == 0 and found.stdout != known.rankings[0] and not is_told:
        return f"{path.relative_to(obs)}: another ranking, without a word"
    done = command(["repair", "--from", str(known.folder / "first"), "--into", str(obs)])
    if (wrong := fault(done, (0, 2))) is not None:
        return f"repair of {path.relative_to(obs)}: {wrong}"
    if done.returncode == 0 and rank(obs).stdout != known.rankings[0] and b"counts again" not in done.stdout:
        return f"repair of {path.relative_to(obs)}: other bytes"
    return None


def full_disk(known: Known, obs: Path, draw: random.Random) -> str | None:
    """Room for part of the update only; then room enough."""
    place = obs.parent / "disk"
    place.mkdir()
    size = sum(p.stat().st_size for p in obs.rglob("*") if p.is_file())
    room = int(size * draw.uniform(1.15, 2.2)) >> 10
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}k", "none", str(place)], capture_output=True, check=False).returncode:
        return "SKIPPED"
    try:
        shutil.copytree(obs, place / "obs")
        done = command([*known.update, "--into", str(place / "obs")])
        if (wrong := fault(done, (0, 2))) is not None:
            return wrong
        subprocess.run(["mount", "-o", f"remount,size={size // 50 + 65536}k", str(place)], check=True)
        return ends_well(known, place / "obs")
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
        place.rmdir()


def at_a_call(known: Known, obs: Path, draw: random.Random) -> str | None:
    """The update fails, is interrupted, terminated or killed at one call by which it changes the disk."""
    kind, number = draw.choice((("full", 0), ("broken", 0), ("int", signal.SIGINT), ("term", signal.SIGTERM), ("kill", signal.SIGKILL)))
    settings = {"tests": str(TESTS), "kind": kind, "signal": int(number), "folder": str(obs), "stop": draw.randint(1, 220)}
    done = command([*known.update, "--into", str(obs)], AT_A_CALL.format(**settings, after=draw.random() < 0.5))
    if (wrong := fault(done, (0, 2, 130, -signal.SIGTERM, -signal.SIGKILL))) is not None:
        return f"{settings['stop']} {kind}: {wrong}"
    wrong = ends_well(known, obs)
    return None if wrong is None else f"{settings['stop']} {kind}: {wrong}"


def beside_a_reader(known: Known, obs: Path, draw: random.Random) -> str | None:
    """Rankings without a pause while the update runs, and a prune behind it."""
    found: list[subprocess.CompletedProcess[bytes]] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set() or len(found) < 2:
            found.append(rank(obs))

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(draw.uniform(0, 1))
    done = command([*known.update, "--into", str(obs)])
    pruned = command(["prune", "--into", str(obs)])
    over.set()
    reader.join()
    for one in (done, pruned, *found):
        if (wrong := fault(one, (0,))) is not None:
            return wrong
    return None if all(one.stdout in known.rankings for one in found) else "a reader saw a third state"


def clock_jumps(known: Known, obs: Path, draw: random.Random) -> str | None:
    """The clock of the process goes to and fro by up to ten years; so do the dates of the files."""
    for path in draw.sample(sorted(obs.rglob("*")), 5):
        then = time.time() + draw.choice((-3e8, 3e8))
        os.utime(path, (then, then))
    clock = CLOCK.format(seed=draw.randrange(10**6))
    if (wrong := fault(command([*known.update, "--into", str(obs)], clock + MAIN), (0,))) is not None:
        return wrong
    return None if rank(obs, clock + MAIN).stdout == known.rankings[1] == rank(obs).stdout else "other bytes"


def served_meanwhile(known: Known, obs: Path, draw: random.Random) -> str | None:
    """A server answers while the update commits: each answer belongs to one generation."""
    port, bodies, wrong, over = free_port(), dict[tuple[str, str], set[bytes]](), list[str](), threading.Event()
    paths = [f"/api/v1/rankings/count/{u}?period={y}&intervals=0" for u in ("country", "institution") for y in (2015, 2018)]

    def ask(seed: int) -> None:
        rng, session = random.Random(seed), Session(port)
        while not over.is_set():
            path = rng.choice(paths)
            status, _took, body = session.whole(path)
            if status != 200:
                wrong.append(f"{status} for {path}: {body[:200]!r}")
                continue
            bodies.setdefault((path, json.loads(body)["meta"]["data"]["digest"]), set()).add(body)
            time.sleep(0.05)

    with served(obs, port, "--timeout", "600") as pid:
        clients = [threading.Thread(target=ask, args=(draw.random(),)) for _ in range(3)]
        for c in clients:
            c.start()
        done = command([*known.update, "--into", str(obs)])
        until = time.monotonic() + 120
        while time.monotonic() < until and known.digests[1] not in {d for _, d in bodies}:
            time.sleep(0.2)
        over.set()
        for c in clients:
            c.join()
        memory = rss_mb(pid)
    if (ended := fault(done, (0,))) is not None:
        return ended
    if wrong:
        return wrong[0]
    if {d for _, d in bodies} - set(known.digests) or known.digests[1] not in {d for _, d in bodies}:
        return "answers of another generation, or none of the new one"
    if memory > 1500:
        return f"{memory:.0f} MB"
    return None if all(len(found) == 1 for found in bodies.values()) else "answers that mix generations"


KINDS: dict[str, Callable[[Known, Path, random.Random], str | None]] = {
    "bit flip": flipped,
    "full disk": full_disk,
    "stop at a call": at_a_call,
    "reader beside a writer": beside_a_reader,
    "jumps of the clock": clock_jumps,
    "server under load": served_meanwhile,
}
WEIGHTS = (6, 3, 6, 2, 2, 1)


def main() -> None:
    """Disturb until the time is over; print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--works", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    draw, trials, skipped, faults = random.Random(given.seed), Counter[str](), Counter[str](), list[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        known = prepared(folder, given.works, given.seed)
        stop = time.monotonic() + 60 * given.minutes
        order = [*KINDS]
        while time.monotonic() < stop:
            kind = order.pop(0) if order else draw.choices([*KINDS], WEIGHTS)[0]
            obs = folder / "trial"
            shutil.rmtree(obs, ignore_errors=True)
            shutil.copytree(known.states[0], obs)
            found = KINDS[kind](known, obs, draw)
            trials[kind] += 1
            if found == "SKIPPED":
                skipped[kind] += 1
            elif found is not None:
                faults.append(f"{kind}: {found}")
                print(f"  {faults[-1]}", file=sys.stderr, flush=True)
    rows = [
        {
            "disturbance": k,
            "trials": trials[k],
            "skipped": skipped[k],
            "survived": trials[k] - skipped[k] - sum(f.startswith(f"{k}:") for f in faults),
        }
        for k in KINDS
    ]
    for row in rows:
        print("  ".join(f"{k}: {v}" for k, v in row.items()))
    if given.json:
        given.json.write_text(json.dumps({"works": given.works, "seed": given.seed, "rows": rows, "faults": faults}, indent=1) + "\n")
    if faults:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
