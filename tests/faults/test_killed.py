"""SIGKILL at random moments of ingest, update and rank, five in all; ``benchmarks/soak.py`` does the same more often."""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

import pytest

from armillary.core.store import Store
from armillary.synthetic.beside import write_world
from armillary.synthetic.world import World

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks import soak


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot (``ingest``) and changes to it (``update``)."""
    folder = tmp_path_factory.mktemp("world")
    write_world(World(2_000, 3), folder / "ingest")
    soak.update_of(folder / "ingest", folder / "update", random.Random(3))
    return folder


@pytest.mark.slow
def test_killed_at_random_moments(world: Path, tmp_path: Path) -> None:
    draw = random.Random(7)
    reference, expected, seconds = tmp_path / "reference", {}, {}
    digests = {soak.Store.create(tmp_path / "empty").digest}
    for step in soak.STEPS:
        _, seconds[step] = soak.run(step, world, reference, None, 1)
        expected[step] = soak.result(step, world, reference)
        digests.add(Store.open(reference).digest)
    assert len(digests) == 3 and len(expected["rank"].splitlines()) > 100
    for k, victim in enumerate(("ingest", "update", "rank", "ingest", "rank")):
        target = tmp_path / "trial"
        shutil.rmtree(target, ignore_errors=True)
        for step in soak.STEPS:
            (world / "ranking.csv").unlink(missing_ok=True)
            if step == victim:
                assert soak.killed_at_random(step, world, target, seconds[step], 1 + k % 2, draw) is not None, "never killed"
                if (target / "CURRENT").exists():
                    assert Store.open(target).digest in digests, "a half-done state can be seen"
                assert not (world / "ranking.csv").exists() or soak.result("rank", world, target) == expected["rank"]
            soak.run(step, world, target, None, 1 + k % 2)
            assert soak.result(step, world, target) == expected[step], f"killed {victim}: {step} ended with other bytes"
        with Store.open(target).write():
            pass
        assert soak.files_of_the_dead(target) == []


@pytest.mark.slow
def test_what_a_killed_ranking_spilled_goes_with_the_next_writer(world: Path, tmp_path: Path) -> None:
    """The kill comes when files of DuckDB are there for certain."""
    import signal
    import subprocess
    import time

    target = tmp_path / "o"
    soak.run("ingest", world, target, None, 1)
    code = (
        "import armillary, time\n"
        f"con = armillary.open({str(target)!r}, memory_limit='30MB', threads=1).corpus.con\n"
        "con.raw_sql('CREATE TEMP TABLE a AS SELECT i, hash(i)::VARCHAR || i AS s FROM range(1000000) t(i)')\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 30
    while sum(p.stat().st_size for p in target.glob("temp/*")) < 2**20:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    with Store.open(target).write():
        pass
    assert soak.files_of_the_dead(target), "the living keep theirs"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert soak.files_of_the_dead(target)
    with Store.open(target).write():
        pass
    assert soak.files_of_the_dead(target) == []
    soak.run("rank", world, target, None, 1)


@pytest.mark.slow
def test_rank_reads_an_observatory_that_nobody_may_write(world: Path, tmp_path: Path) -> None:
    """On a read-only file system a ranking works, and one that needs its disk says so in one line."""
    import subprocess

    fixed = tmp_path / "fixed"
    fixed.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "none", str(fixed)], capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        target = fixed / "o"
        soak.run("ingest", world, target, None, 1)
        soak.run("rank", world, target, None, 1)
        expected = soak.result("rank", world, target)
        subprocess.run(["mount", "-o", "remount,ro", str(fixed)], check=True)
        command = [*soak.command("rank", world, target, 1)]
        command[command.index("--memory") + 1] = "1GB"
        subprocess.run(command, check=True)
        assert soak.result("rank", world, target) == expected
        command[command.index("--memory") + 1] = "8MB"
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
        assert "cannot be written" in done.stderr or "does not fit into the memory" in done.stderr
    finally:
        subprocess.run(["umount", "-l", str(fixed)], check=True)
