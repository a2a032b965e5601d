"""Ingest of OpenAlex JSONL: this program beside the plain way (json + csv), and beside the limits of the machine.

All ways read the same generated works (the synthetic world, 8-10 KB each) in the same run. ``--real FOLDER`` does the same on real records.

    python benchmarks/ingest.py --works 60000 --json out.json
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import flatten

Job = Callable[[list[Path], Path], int]


def plain_public(files: list[Path], out: Path) -> int:
    return flatten.flatten(files, out, tables=flatten.PUBLIC, compress=True)


def plain_csv(files: list[Path], out: Path) -> int:
    return flatten.flatten(files, out, tables=flatten.PUBLIC, compress=False)


def plain_equal(files: list[Path], out: Path) -> int:
    return flatten.flatten(files, out, tables=flatten.EQUAL, compress=True)


def ours(files: list[Path], out: Path, workers: int) -> int:
    from armillary.core.store import Store
    from armillary.sources.openalex.ingest import ingest

    root = out / "in"
    for f in files:  # the same files, without the manifest of the whole
        target = root / "data" / "works" / f.parent.name / f.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(f)
    done = ingest(root, Store.create(out / "observatory"), workers=workers)
    return done.entities["works"]["records"]


def ours_1(files: list[Path], out: Path) -> int:
    return ours(files, out, 1)


def ours_all(files: list[Path], out: Path) -> int:
    return ours(files, out, os.cpu_count() or 1)


def decompress(files: list[Path], out: Path) -> int:
    from armillary.sources.openalex.lines import Lines

    return sum(len(block) for f in files for _, block in Lines(f))


def decompress_parse(files: list[Path], out: Path) -> int:
    import gc

    import msgspec

    from armillary.sources.openalex.lines import Lines
    from armillary.sources.openalex.records import Work

    gc.disable()
    decode = msgspec.json.Decoder(Work).decode
    return sum(1 for f in files for _, block in Lines(f) for line in block if line and decode(line))


WAYS: list[tuple[str, Job, float]] = [
    # name, job, part of the files it gets (the slow ways get fewer; rates are compared)
    ("plain json + csv.gz, the public script's tables", plain_public, 0.25),
    ("plain json + csv, the public script's tables", plain_csv, 0.5),
    ("plain json + csv.gz, our tables", plain_equal, 0.25),
    ("armillary ingest, 1 process", ours_1, 1),
    (f"armillary ingest, {os.cpu_count()} processes", ours_all, 1),
    ("limit, 1 process: decompress and split", decompress, 1),
    ("limit, 1 process: decompress and parse", decompress_parse, 1),
]


def _child(job: Job, files: list[Path], out: Path, pipe: Any) -> None:
    started = time.perf_counter()
    n = job(files, out)
    wall = time.perf_counter() - started
    own, below = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime
    pipe.send({"works": n, "wall_s": wall, "cpu_s": cpu, "peak_mib": own.ru_maxrss / 1024, "peak_child_mib": below.ru_maxrss / 1024})


def measure(job: Job, files: list[Path]) -> dict[str, float]:
    """Run one job in a fresh process; start-up of Python and imports of the job count."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as out:
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(job, files, Path(out), theirs))
        process.start()
        theirs.close()
        result: dict[str, float] = mine.recv()
        process.join()
    result["works_s"] = result["works"] / result["wall_s"]
    result["works_cpu_s"] = result["works"] / result["cpu_s"]
    return result


def generate(works: int, folder: Path) -> list[Path]:
    from armillary.synthetic import World
    from armillary.synthetic.beside import write_world

    write_world(World(works, 1), folder)
    return sorted((folder / "data" / "jsonl" / "works").glob("*/*.gz"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--works", type=int, default=60_000, help="works to generate")
    parser.add_argument("--real", type=Path, help="a folder of real works (data/works/*/*.gz) to read instead")
    parser.add_argument("--repeat", type=int, default=3, help="the fastest of so many runs counts")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.real:
            files = [_copy(f, Path(folder) / str(k)) for k in range(5) for f in sorted(arguments.real.glob("**/works/*/*.gz"))]
        else:
            files = generate(arguments.works, Path(folder))
        compressed = sum(f.stat().st_size for f in files)
        from armillary.sources.openalex.lines import Lines

        lengths = [len(line) for f in files[:3] for _, block in Lines(f) for line in block if line]
        per_work = sum(lengths) / len(lengths)
        figures: dict[str, Any] = {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "python": platform.python_version(),
            "files": len(files),
            "input_bytes": compressed,
            "bytes_a_work": per_work,
            "ways": {},
        }
        for name, job, part in WAYS:
            some = files[: max(1, round(len(files) * part))]
            runs = [measure(job, some) for _ in range(arguments.repeat)]
            figures["ways"][name] = max(runs, key=lambda r: r["works_s"])
            print(f"  done: {name}", file=sys.stderr)
    _print(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


def _copy(source: Path, folder: Path) -> Path:
    """A copy whose bytes differ (else it would be read once), in its own partition."""
    target = folder / source.parent.name / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return target


def _print(figures: dict[str, Any]) -> None:
    size = f"{figures['bytes_a_work'] / 1000:.1f} kB a work, {figures['input_bytes'] / 1e6:,.0f} MB in {figures['files']} files"
    print(f"{size}; {figures['machine']}")
    base = figures["ways"]["plain json + csv.gz, the public script's tables"]
    print(f"{'way':<52}{'works/s':>10}{'per CPU s':>11}{'CPU s':>8}{'peak MiB':>10}{'rate x':>8}{'CPU x':>8}")
    for name, r in figures["ways"].items():
        peak = max(r["peak_mib"], r["peak_child_mib"])
        print(
            f"{name:<52}{r['works_s']:>10,.0f}{r['works_cpu_s']:>11,.0f}{r['cpu_s']:>8.1f}{peak:>10,.0f}"
            f"{r['works_s'] / base['works_s']:>8.1f}{r['works_cpu_s'] / base['works_cpu_s']:>8.1f}"
        )


if __name__ == "__main__":
    main()
