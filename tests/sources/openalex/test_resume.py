"""Killed at any moment and started again: the same bytes, and finished files are not read twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from armillary.core.store import Store
from armillary.errors import InputError, StoreError
from armillary.sources.openalex import worker
from armillary.sources.openalex.ingest import ingest

from .conftest import LINK, author, institution, work, write_snapshot


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """Six parts of works that cite each other; some works are in two parts."""
    draw = random.Random(5)
    parts = {}
    for p in range(6):
        numbers = [*range(p * 300 + 1, p * 300 + 301), *range(1, 10)]
        parts[f"2025-01-0{p + 1}"] = [
            work(
                n,
                *(author(draw.randrange(500), ("L", [institution(draw.randrange(1, 40))])) for _ in range(draw.randrange(1, 5))),
                referenced_works=[f"{LINK}W{draw.randrange(1, 1800)}" for _ in range(10)],
                updated_date=f"2025-01-0{p + 1}T00:00:00",
            )
            for n in numbers
        ]
    return write_snapshot(tmp_path / "snapshot", works=parts)


@pytest.fixture
def undisturbed(snapshot: Path, tmp_path: Path) -> str:
    store = Store.create(tmp_path / "undisturbed")
    ingest(snapshot, store)
    assert store.rows("work") == 1800
    return store.digest


def command(snapshot: Path, folder: Path, workers: int) -> list[str]:
    return [
        sys.executable,
        "-c",
        "from armillary.cli.main import main; main()",
        "ingest",
        "openalex",
        str(snapshot),
        "--into",
        str(folder),
        "--workers",
        str(workers),
        "--quiet",
    ]


def test_damaged_part_stops_and_the_next_run_goes_on(
    snapshot: Path, tmp_path: Path, undisturbed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = snapshot / "data/works/updated_date=2025-01-04/part_000.gz"
    good = part.read_bytes()
    part.write_bytes(good[: len(good) // 2] + bytes(len(good) - len(good) // 2))
    store = Store.create(tmp_path / "o")
    with pytest.raises(InputError, match=r"part_000\.gz: the gzip file (is damaged|ends too early)"):
        ingest(snapshot, store)
    assert store.generation == 0
    assert store.tables() == []
    part.write_bytes(good)
    read: list[str] = []
    real = worker.read

    def spy(part, *rest):  # type: ignore[no-untyped-def]
        read.append(part.partition)
        return real(part, *rest)

    monkeypatch.setattr(worker, "read", spy)
    done = ingest(snapshot, store)
    assert read == ["2025-01-04", "2025-01-05", "2025-01-06"]
    assert done.files_staged_before == 3
    assert store.digest == undisturbed
    assert not (store.path / "staging").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_random_moments(snapshot: Path, tmp_path: Path, undisturbed: str, workers: int) -> None:
    """SIGKILL after a random time, five times in all, each time on what the last one left; then to the end."""
    draw = random.Random(workers)
    folder = tmp_path / "o"
    Store.create(folder)
    killed = 0
    for _ in range(2 if workers == 1 else 3):
        process = subprocess.Popen(command(snapshot, folder, workers), start_new_session=True)
        try:
            process.wait(0.25 + draw.random() * 0.6)
        except subprocess.TimeoutExpired:
            killed += 1
            process.kill()  # the parent alone: its workers must notice and leave
            process.wait()
        store = Store.open(folder)
        assert store.generation == 0 or store.digest == undisturbed
    deadline = time.monotonic() + 30
    while True:
        done = subprocess.run(command(snapshot, folder, workers), check=False, capture_output=True, text=True)
        if done.returncode == 0:
            break
        assert time.monotonic() < deadline, done.stderr
    assert killed
    assert Store.open(folder).digest == undisturbed


@pytest.mark.parametrize("moment", ["_Ingest._supersede", "EntityMerge.run", "_Ingest._bookkeeping"])
def test_killed_while_committing(snapshot: Path, tmp_path: Path, undisturbed: str, moment: str) -> None:
    folder = tmp_path / "o"
    Store.create(folder)
    code = f"""
import os, signal
from armillary.core.store import Store
from armillary.sources.openalex import ingest as module
real = module.{moment}
def die(self, *args, **kwargs):
    real(self, *args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
module.{moment} = die
module.ingest({str(snapshot)!r}, Store.open({str(folder)!r}))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert Store.open(folder).generation == 0
    done = ingest(snapshot, Store.open(folder))
    assert done.files_staged_before == 6
    assert Store.open(folder).digest == undisturbed


def test_killed_after_the_commit_and_before_tidying(snapshot: Path, tmp_path: Path, undisturbed: str) -> None:
    folder = tmp_path / "o"
    Store.create(folder)
    code = f"""
import os, shutil, signal
from armillary.core.store import Store
from armillary.sources.openalex import ingest as module
real = shutil.rmtree
module.shutil.rmtree = lambda path, **k: os.kill(os.getpid(), signal.SIGKILL) if path.name == "staging" else real(path, **k)
module.ingest({str(snapshot)!r}, Store.open({str(folder)!r}))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert Store.open(folder).digest == undisturbed
    done = ingest(snapshot, Store.open(folder))
    assert (done.changed, done.files_known) == (False, 6)


def test_two_processes_on_one_observatory(snapshot: Path, tmp_path: Path) -> None:
    store = Store.create(tmp_path / "o")
    with store.write():
        done = subprocess.run(command(snapshot, store.path, 1), check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert f"another process (number {os.getpid()}) is writing" in done.stderr


def test_clock_jumps_do_not_matter(snapshot: Path, tmp_path: Path, undisturbed: str) -> None:
    """Times of files are not looked at: parts dated to the future and the past give the same bytes."""
    for k, part in enumerate(sorted(snapshot.glob("data/works/*/*.gz"))):
        os.utime(part, (0, (-1) ** k * 4_000_000_000 if k % 2 == 0 else 0))
    store = Store.create(tmp_path / "o")
    ingest(snapshot, store)
    assert store.digest == undisturbed


def test_staged_work_of_other_options_is_not_used(snapshot: Path, tmp_path: Path) -> None:
    part = snapshot / "data/works/updated_date=2025-01-06/part_000.gz"
    good = part.read_bytes()
    part.write_bytes(good[:-4] + bytes(4))
    store = Store.create(tmp_path / "o")
    with pytest.raises(InputError):
        ingest(snapshot, store)
    part.write_bytes(good)
    assert ingest(snapshot, store, abstracts=True).files_staged_before == 0


def test_worker_out_of_memory_is_told(snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armillary.sources.openalex.ingest.work", _die)
    with pytest.raises(StoreError, match="a worker process was killed"):
        ingest(snapshot, Store.create(tmp_path / "o"), workers=2)


def _die(part: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_small_segments_give_the_same_rows(snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Store.create(tmp_path / "1")
    ingest(snapshot, whole)
    monkeypatch.setattr("armillary.sources.openalex.segment.SEGMENT_WORKS", 50)
    monkeypatch.setattr("armillary.sources.openalex.works.BATCH", 7)
    small = Store.create(tmp_path / "2")
    ingest(snapshot, small)
    assert len(small.files("work")) > 30
    for table in ("work", "authorship", "affiliation", "citation"):
        keys = [(c, "ascending") for c in whole.read(table).column_names]
        assert small.read(table).sort_by(keys).equals(whole.read(table).sort_by(keys)), table
