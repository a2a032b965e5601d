"""A fetch that is killed at any moment goes on, and the end is the same as without the kill."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run
from armillary.sources.fetch import parts
from armillary.sources.fetch.query import Selection


def start(*args: str) -> subprocess.Popen[bytes]:
    code = "import sys; from armillary.cli.main import run; sys.exit(run(sys.argv[1:]))"
    return subprocess.Popen([sys.executable, "-c", code, *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_during(server: Any, requests: int, process: subprocess.Popen[bytes], rest: float) -> bool:
    """SIGKILL ``rest`` seconds after the server saw so many requests; whether the process was still running."""
    end = time.monotonic() + 20
    while len(server.log) < requests and process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    time.sleep(rest)
    process.send_signal(signal.SIGKILL)
    return process.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_while_paging(server: Any, works: list[bytes], tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    server.records["works"] = works
    args = ["fetch", "openalex", "--filter", "a:1", "--out", str(tmp_path), "--base", server.base, "--per-page", "1", "--per-file", "4"]
    process = start(*args, "--rate", "40")
    assert kill_during(server, chance.randint(3, 15), process, chance.uniform(0, 0.05))
    assert run([*args, "--rate", "100", "--quiet"]) == 0
    found = [x for p in sorted((tmp_path / "works").glob("part_*.gz")) for x in gzip.decompress(p.read_bytes()).splitlines()]
    assert found == works


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_while_files_come(server: Any, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = {f"updated_date=2026-06-{d:02}/part_0000.gz": hashlib.sha256(b"%d" % d).digest() * 4000 for d in range(1, 9)}
    server.files |= {f"/data/jsonl/works/{n}": c for n, c in content.items()}
    for name in content:
        server.faults[f"/data/jsonl/works/{name}"] = [("cut", chance.randint(1, 100_000)), ("slow", 0.15)]
    entries = [{"url": f"s3://openalex/data/jsonl/works/{n}", "meta": {"content_length": len(c)}} for n, c in content.items()]
    server.files["/data/jsonl/manifest.json"] = json.dumps({"works": {"entries": entries}}).encode()
    args = ["fetch", "snapshot", "--out", str(tmp_path), "--base", f"{server.base}/data", "--workers", "2", "--retry-wait", "0.01"]
    process = start(*args)
    assert kill_during(server, chance.randint(4, 12), process, chance.uniform(0, 0.05))
    before = len(list(tmp_path.rglob("part_*.gz")))
    assert before < len(content)
    assert run([*args, "--quiet"]) == 0
    assert {"/".join(p.parts[-2:]): p.read_bytes() for p in tmp_path.rglob("updated_date=*/*")} == content


@pytest.mark.parametrize("named", [False, True], ids=["open", "named"])
def test_a_page_that_was_written_and_not_noted_is_not_there_twice(tmp_path: Path, named: bool) -> None:
    """The power goes behind the first page, before the state is saved: the next run has its records once."""
    query = Selection("works", filter="a:1")
    for crash in (True, False):
        state = parts.begin(tmp_path, query, fresh=False)
        parts.append(tmp_path, state, [b'{"id": 1}', b'{"id": 2}'])
        if crash and named:
            parts.close(tmp_path, state)
    assert [json.loads(line)["id"] for line in parts.here(tmp_path, state)] == [1, 2]
    assert state.records == 2
