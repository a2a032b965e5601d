"""SIGKILL at random moments of ingest, update and rank: nothing is lost, nothing is counted twice, and a re-run completes.

Each trial builds an observatory from a synthetic world in three steps (a first snapshot, an update that replaces some of its works, a
ranking), is killed once at a random moment of one of them, goes on, and must end with the digest and the ranking of the undisturbed run,
byte for byte, and without a file that the killed process left behind.

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

STEPS = ("ingest", "update", "rank")
MEMORY = "60MB"
"""Of rank: little, so that a killed one may leave files behind that it spilled to."""


def command(step: str, folder: Path, target: Path, workers: int) -> list[str]:
    start = [sys.executable, "-c", "from armillary.cli.main import main; main()"]
    if step == "rank":
        options = ["--unit", "institution", "--memory", MEMORY, "--threads", str(workers), "--format", "csv"]
        return [*start, "rank", "pp-top10", *options, "--out", str(folder / "ranking.csv"), "--into", str(target)]
    return [*start, "ingest", "openalex", str(folder / step), "--into", str(target), "--workers", str(workers), "--quiet"]


def update_of(snapshot: Path, target: Path, draw: random.Random) -> None:
    """A change file: newer versions of a fifth of the works of one part, and a list of merged works."""
    part = sorted(snapshot.glob("data/jsonl/works/*/*.gz"))[0]
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


def run(step: str, folder: Path, target: Path, kill_after: float | None, workers: int) -> tuple[bool, float]:
    started = time.perf_counter()
    process = subprocess.Popen(command(step, folder, target, workers))
    try:
        process.wait(kill_after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False, time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{step} failed with exit code {process.returncode}")
    return True, time.perf_counter() - started


def killed_at_random(step: str, folder: Path, target: Path, seconds: float, workers: int, draw: random.Random) -> float | None:
    """Kill a step after a random part of ``seconds``; one that was faster is set back and tried again. None if it always was."""
    before = folder / "before"
    shutil.rmtree(before, ignore_errors=True)
    if target.exists():
        shutil.copytree(target, before)
    for _ in range(10):
        done, after = run(step, folder, target, draw.uniform(0.1, 1.0) * seconds, workers)
        if not done:
            return after
        (folder / "ranking.csv").unlink(missing_ok=True)
        shutil.rmtree(target)
        if before.exists():
            shutil.copytree(before, target)
    return None


def result(step: str, folder: Path, target: Path) -> str:
    """What a step must leave: the digest of the tables, or the bytes of the ranking."""
    return (folder / "ranking.csv").read_text() if step == "rank" else Store.open(target).digest


def files_of_the_dead(target: Path) -> list[str]:
    """Names of what is in an observatory and belongs to no generation."""
    store = Store.open(target)
    known = {f for n in store.generations() for t in store.at(n).tables() for f in store.at(n).files(t)}
    strange = [p for p in target.rglob("*") if p.is_file() and p not in known]
    return sorted(p.name for p in strange if p.parent.name not in ("state", "registry") and p.name not in ("CURRENT", "lock"))


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
    rows = {step: {"step": step, "trials": 0, "killed": 0, "left files": 0, "earliest s": 9.9e9, "latest s": 0.0} for step in STEPS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_world(World(arguments.works, arguments.seed), folder / "ingest")
        update_of(folder / "ingest", folder / "update", draw)
        reference, expected, seconds, digests = folder / "reference", {}, {}, set()
        for step in STEPS:
            _, seconds[step] = run(step, folder, reference, None, 1)
            expected[step] = result(step, folder, reference)
            digests.add(Store.open(reference).digest)
        digests.add(Store.open(reference).at(0).digest)
        for trial in range(arguments.trials):
            target = folder / "trial"
            shutil.rmtree(target, ignore_errors=True)
            victim, workers = STEPS[trial % 3], 1 + trial // 3 % 2
            for step in STEPS:
                (folder / "ranking.csv").unlink(missing_ok=True)
                if step == victim:
                    row = rows[step]
                    row["trials"] += 1
                    after = killed_at_random(step, folder, target, seconds[step], workers, draw)
                    if after is not None:
                        row["killed"] += 1
                        row["earliest s"], row["latest s"] = min(row["earliest s"], after), max(row["latest s"], after)
                    if (target / "CURRENT").exists():
                        assert Store.open(target).digest in digests, "a half-done state can be seen"
                        row["left files"] += bool(files_of_the_dead(target))
                    kept = folder / "ranking.csv"
                    assert not kept.exists() or kept.read_text() == expected["rank"], "a half-written ranking can be seen"
                run(step, folder, target, None, workers)
                assert result(step, folder, target) == expected[step], f"trial {trial}: {step} ended with other bytes"
            with Store.open(target).write():  # any writer tidies up after the dead
                pass
            assert not (left := files_of_the_dead(target)), f"trial {trial}: {left[0]} was left behind"
            print(f"  trial {trial + 1}/{arguments.trials}: killed {victim}, {workers} processes: same bytes", file=sys.stderr)
    table = [r | {"earliest s": round(r["earliest s"], 2), "latest s": round(r["latest s"], 2), "other bytes": 0} for r in rows.values()]
    for r in table:
        print("  ".join(f"{k}: {v}" for k, v in r.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps({"works": arguments.works, "seed": arguments.seed, "rows": table}, indent=1))


if __name__ == "__main__":
    main()
