"""Sizes as people write them; what killed queries leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.limits import bytes_of, free_disk, readable
from armillary.core.locking import remove_spill
from armillary.errors import UsageError


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("4GB", 4_000_000_000),
        ("4g", 4_000_000_000),
        ("512 MiB", 512 * 2**20),
        ("1.5kB", 1500),
        ("17", 17),
        ("2TiB", 2**41),
        (99, 99),
    ],
)
def test_sizes(text: str | int, n: int) -> None:
    assert bytes_of(text) == n


@pytest.mark.parametrize("text", ["", "GB", "4XB", "-1GB", "0", "1e9", "4 G B", "0.1"])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="is not a size"):
        bytes_of(text)


@given(st.integers(1, 10**15))
def test_readable_sizes_are_near_the_truth_and_short(n: int) -> None:
    text = readable(n)
    value, unit = text.replace(",", "").split()
    power = ["bytes", "kB", "MB", "GB", "TB"].index(unit)
    assert float(value) * 1000**power == pytest.approx(n, rel=0.05)
    assert len(value) <= 5


def test_free_disk_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert free_disk(tmp_path / "a" / "b") == pytest.approx(free_disk(tmp_path), rel=0.2)


SPILL = """
import os, signal, sys
import duckdb
c = duckdb.connect(config={{"temp_directory": {folder!r}, "memory_limit": "60MB", "threads": 1}})
c.execute("SET enable_progress_bar = false")  # on a busy machine it would print first
c.execute("CREATE TEMP TABLE a AS SELECT i, hash(i)::VARCHAR || hash(i + 1)::VARCHAR AS s FROM range(2000000) t(i)")
print("spilled", flush=True)
sys.stdin.read()
"""


def test_spill_of_killed_queries_is_removed_and_that_of_others_stays(tmp_path: Path) -> None:
    def spilling() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SPILL.format(folder=str(tmp_path))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout and process.stdout.readline() == "spilled\n"
        return process

    with spilling() as dead:
        os.kill(dead.pid, signal.SIGKILL)
    with spilling() as alive, duckdb.connect(config={"temp_directory": str(tmp_path), "memory_limit": "60MB", "threads": 1}) as mine:
        mine.execute("CREATE TEMP TABLE a AS SELECT i, hash(i)::VARCHAR || hash(i + 1)::VARCHAR AS s FROM range(2000000) t(i)")

        def of(number: int) -> list[Path]:
            return [p for p in tmp_path.iterdir() if p.name.split("_")[2] == str(number)]

        # DuckDB tidies up after the dead itself as soon as another query spills; so a dead one's files are put there by hand
        for name in ("owner", "storage_DEFAULT-0.tmp", "block-7.block"):
            (tmp_path / f"duckdb_temp_{dead.pid}_0_{name}").write_bytes(b"x" * 100)
        theirs, own = of(alive.pid), of(os.getpid())
        assert any(p.stat().st_size > 2**20 for p in theirs)
        assert any(p.stat().st_size > 2**20 for p in own)
        assert remove_spill(tmp_path) == 300
        assert not of(dead.pid)
        assert of(alive.pid) == theirs
        assert of(os.getpid()) == own
        assert mine.execute("SELECT count(DISTINCT s) FROM a").fetchone() == (2_000_000,)
        assert alive.stdin
        alive.stdin.close()
        assert alive.wait() == 0
