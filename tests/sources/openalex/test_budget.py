"""What an ingest says it will need, against what it then needs; and refusing what cannot end well."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import StoreError, UsageError
from armillary.sources.openalex.budget import COMPARING, HELD, LEAST, PROCESS, WAITING, Budget, BudgetLimits, shares
from armillary.sources.openalex.ingest import ingest
from armillary.synthetic.snapshot import write
from armillary.synthetic.world import World

from .conftest import work, write_lines, write_snapshot
from .test_columnar import as_parquet


def told(source: Path, store: Store, *, free: int = 10**15, abstracts: bool = False, ignore_disk: bool = False) -> Budget:
    """The budget that an ingest announces (and the ingest done)."""
    said: list[Budget] = []
    limits = BudgetLimits(free=lambda _: free, starting=said.append, ignore_disk=ignore_disk)
    ingest(source, store, abstracts=abstracts, limits=limits)
    return said[0]


def segments(store: Store) -> int:
    """Bytes of the tables that come from part files."""
    return sum(e.size for t in store.tables() for e in store.entries(t) if t not in ("manifest", "quirk", "place", "institution_place"))


@pytest.mark.parametrize("abstracts", [False, True])
@pytest.mark.parametrize("layout", ["jsonl", "parquet"])
def test_estimate_is_near_what_is_used(tmp_path: Path, layout: str, abstracts: bool) -> None:
    write(World(10_000, 5), tmp_path / "world", layout=layout, processes=1)
    store = Store.create(tmp_path / "o")
    found = told(tmp_path / "world", store, abstracts=abstracts)
    assert 0.5 < found.disk_n / segments(store) < 2
    assert told(tmp_path / "world", store, abstracts=abstracts).disk_n == 0, "files that are there already need nothing"


@pytest.mark.parametrize("layout", ["gz", "plain", "parquet"])
def test_estimate_for_real_works(tmp_path: Path, real_data: Path, layout: str) -> None:
    files = sorted((real_data / "openalex/data/works").glob("*/*.gz"))[-6:]
    lines = [line for f in files for line in gzip.decompress(f.read_bytes()).splitlines()]
    path = tmp_path / {"gz": "w.jsonl.gz", "plain": "w.jsonl", "parquet": "part_0000.parquet"}[layout]
    if layout == "parquet":
        as_parquet(path, [json.loads(x) for x in lines if b'"awards"' in x], row_group=50_000)
    else:
        write_lines(path, list(lines))
    store = Store.create(tmp_path / "o")
    assert 0.5 < told(path, store).disk_n / segments(store) < 2


def test_an_update_needs_room_for_the_segments_it_touches(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "o")
    many = write_lines(tmp_path / "many.jsonl.gz", [work(n, title=f"{n * 7919 % 1009:x}" * 50) for n in range(5000)])
    ingest(many, store)
    there = sum(e.size for e in store.entries("work")) + sum(e.size for e in store.entries("work_topic"))
    few = write_lines(tmp_path / "few.jsonl.gz", [work(3, title="newer", updated_date="2026-01-01")])
    assert told(few, store).disk_n > there / 2
    assert store.read("work").num_rows == 5000


def test_what_an_interrupted_run_left_is_taken_off(tmp_path: Path) -> None:
    parts = {f"2025-01-0{k}": [work(n, title=f"{n * 7919 % 1009:x}" * 50) for n in range(k * 2000, k * 2000 + 2000)] for k in (1, 2)}
    root = write_snapshot(tmp_path / "s", works=parts)
    whole = told(root, Store.create(tmp_path / "undisturbed")).disk_n
    second = root / "data/works/updated_date=2025-01-02/part_000.gz"
    good = second.read_bytes()
    second.write_bytes(good[: len(good) // 2] + bytes(len(good) - len(good) // 2))
    store = Store.create(tmp_path / "o")
    with pytest.raises(Exception, match=second.name):
        ingest(root, store)
    second.write_bytes(good)
    assert told(root, store).disk_n < whole


def test_too_small_a_disk_is_refused_in_one_line_and_the_override_goes_on(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "w.jsonl.gz", [work(n, title=f"{n * 7919 % 1009:x}" * 50) for n in range(5000)])
    need = told(path, Store.create(tmp_path / "first")).disk_n
    store = Store.create(tmp_path / "o")
    with pytest.raises(StoreError, match=r"needs about [\d.]+ kB of disk, and [\d.]+ kB are free") as caught:
        told(path, store, free=need // 3)
    assert caught.value.fix and "--ignore-disk" in caught.value.fix and "\n" not in caught.value.line
    assert store.tables() == [] and not list(store.path.rglob("*.parquet"))
    assert told(path, store, free=need // 3, ignore_disk=True).free_n == need // 3
    assert store.rows("work") == 5000
    told(path, Store.create(tmp_path / "enough"), free=need)


def test_too_small_a_disk_for_real(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(small)], capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here; the test before this one says how much is free instead")
    try:
        path = write_lines(tmp_path / "w.jsonl.gz", [work(n, title=os.urandom(500).hex()) for n in range(8_000)])
        command = ["ingest", "openalex", str(path), "--into", str(small / "o"), "--workers", "1"]
        assert run(command) == 2
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 2 and "needs about" in said[0] and "start anyway with --ignore-disk" in said[1].lower()
        assert run([*command, "--ignore-disk", "--quiet"]) == 2
        assert "the disk is full" in capsys.readouterr().err
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_memory_divides_into_processes_and_the_comparison() -> None:
    assert shares(None, 8) == (8, COMPARING)
    assert shares(LEAST, 8)[0] == 1
    assert shares(WAITING + 3 * PROCESS, 8)[0] == 3
    assert shares("100GB", 8)[0] == 8
    assert shares("100GB", 8, abstracts=True)[0] == 8
    assert shares("3GB", 8, abstracts=True)[0] < shares("3GB", 8)[0]
    _, comparing = shares(LEAST, 8)
    assert int(comparing.removesuffix("KiB")) * 1024 + HELD <= LEAST
    with pytest.raises(UsageError, match="does not fit into 900 MB"):
        shares("900MB", 1)


def test_memory_too_small_or_no_size_at_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_lines(tmp_path / "w.jsonl", [work(1)])
    for size, message in (("100MB", "does not fit into 100 MB of memory. Give at least 1.1 GB"), ("much", "'much' is not a size")):
        assert run(["ingest", "openalex", str(path), "--into", str(tmp_path / "o"), "--memory", size]) == 2
        assert message in capsys.readouterr().err


def test_same_bytes_for_any_limit(tmp_path: Path) -> None:
    root = write_snapshot(tmp_path / "s", works={f"2025-01-0{k}": [work(n) for n in range(k, k + 30)] for k in range(1, 6)})
    digests = set()
    for k, memory in enumerate((None, "1.1GB", "3GB")):
        store = Store.create(tmp_path / str(k))
        ingest(root, store, workers=3, limits=BudgetLimits(memory=memory))
        digests.add(store.digest)
    assert len(digests) == 1
