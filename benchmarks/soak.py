"""SIGKILL at random moments of ingest and update: nothing is lost, nothing is counted twice, and a re-run completes.

Each trial builds an observatory from a synthetic world in two steps (a first snapshot, then an update that replaces some of its works), is
killed once at a random moment of one of them, goes on, and must end with the digest of the undisturbed run.

    python benchmarks/soak.py --trials 50 --works 4000
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from armillary.core.store import Store


def command(source: Path, target: Path, workers: int) -> list[str]:
    code = "from armillary.cli.main import main; main()"
    return [sys.executable, "-c", code, "ingest", "openalex", str(source), "--into", str(target), "--workers", str(workers), "--quiet"]


def update_of(snapshot: Path, target: Path, draw: random.Random) -> None:
    """A change file: newer versions of a fifth of the works of one part, and a list of merged works."""
    part = sorted(snapshot.glob("data/works/*/*.gz"))[0]
    works = [json.loads(line) for line in gzip.decompress(part.read_bytes()).splitlines()]
    chosen = draw.sample(works, len(works) // 5)
    for work in chosen:
        work["updated_date"] = "2030-01-01T00:00:00"
        work["title"] = f"{work['title']} (revised)"
        work["referenced_works"] = work["referenced_works"][::2]
    folder = target / "data" / "works" / "updated_date=2030-01-01"
    folder.mkdir(parents=True)
    for k in range(3):
        text = "\n".join(json.dumps(w) for w in chosen[k::3])
        (folder / f"part_{k:03d}.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    merged = target / "data" / "merged_ids" / "works"
    merged.mkdir(parents=True)
    pairs = [(a["id"].rpartition("/")[2], b["id"].rpartition("/")[2]) for a, b in zip(works[:20], works[20:40], strict=True)]
    (merged / "2030-01-01.csv").write_text("merge_date,id,merge_into_id\n" + "".join(f"2030-01-01,{a},{b}\n" for a, b in pairs))


def run(source: Path, target: Path, kill_after: float | None, workers: int) -> tuple[bool, float]:
    started = time.perf_counter()
    process = subprocess.Popen(command(source, target, workers))
    try:
        process.wait(kill_after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False, time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"a run failed with exit code {process.returncode}")
    return True, time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--works", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    from armillary.synthetic import World
    from armillary.synthetic.beside import write_world

    draw = random.Random(arguments.seed)
    killed = {"ingest": 0, "update": 0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_world(World(arguments.works, arguments.seed), folder / "snapshot")
        update_of(folder / "snapshot", folder / "update", draw)
        reference = folder / "reference"
        _, first_s = run(folder / "snapshot", reference, None, 1)
        first = Store.open(reference).digest
        _, update_s = run(folder / "update", reference, None, 1)
        second = Store.open(reference).digest
        for trial in range(arguments.trials):
            target = folder / "trial"
            shutil.rmtree(target, ignore_errors=True)
            victim, workers = ("ingest", "update")[trial % 2], 1 + trial // 2 % 2
            for step, source, digest, seconds in (("ingest", "snapshot", first, first_s), ("update", "update", second, update_s)):
                if step == victim:
                    done, _ = run(folder / source, target, draw.uniform(0.2, 1.0) * seconds, workers)
                    killed[step] += not done
                    if target.exists() and (target / "CURRENT").exists():
                        seen = Store.open(target).digest
                        allowed = {Store.open(reference).at(0).digest, first, second}
                        assert seen in allowed, "a half-done state can be seen"
                while True:  # the killed run's workers may hold nothing, but they may still be going
                    done, _ = run(folder / source, target, None, workers)
                    if done:
                        break
                assert Store.open(target).digest == digest, f"trial {trial}: {step} ended with other bytes"
            print(f"  trial {trial + 1}/{arguments.trials}: killed {victim}, {workers} processes: same bytes", file=sys.stderr)
    result = {"trials": arguments.trials, "killed": killed, "works": arguments.works, "different": 0}
    kills = f"{killed['ingest']} kills during ingest, {killed['update']} during update"
    print(f"{arguments.trials} trials, {kills}; every trial ended with the same bytes")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
