"""``armillary prune``: older generations go, never under a reader, be it another process or an observatory that is open here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.observatory import open_observatory
from support import tiny

READER = """
import sys
from armillary.observatory import open_observatory
obs = open_observatory(sys.argv[1], threads=1)
print("open", flush=True)
sys.stdin.readline()
print(sum(r["count"] for r in obs.rank("count", unit="country").arrow.to_pylist()), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def obs(tmp_path: Path) -> Path:
    """Two generations with records: two works, then one."""
    path = tmp_path / "obs"
    tiny.store(path, [{"id": 1, "authors": [[[1]]]}, {"id": 2, "authors": [[[1]]]}], {1: "FR"})
    return path


def update(path: Path) -> None:
    store = Store.open(path)
    with store.write() as txn:
        for table in ("work", "authorship", "affiliation"):
            if store.rows(table):
                rows = store.read(table)
                txn.replace(table, rows.filter([w == 1 for w in rows["work_id"].to_pylist()]))


def prune(path: Path, capsys: Any, *more: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["prune", "--into", str(path), "--json", *more]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_older_generations_go(obs: Path, capsys: Any) -> None:
    update(obs)
    before = Store.open(obs)
    said = prune(obs, capsys, "--keep", "2")
    assert said["kept"] == before.generations()[-2:] and said["read"] == []
    said = prune(obs, capsys)
    assert said["kept"] == [before.generation] and said["bytes_freed"] > 0
    assert Store.open(obs).digest == before.digest and Store.open(obs).damages("bytes") == []
    assert run(["prune", "--into", str(obs)]) == 0
    assert "0 of 1 generations forgotten" in capsys.readouterr().out


def test_never_under_a_reader_in_another_process(obs: Path, capsys: Any) -> None:
    old = Store.open(obs).generation
    reader = subprocess.Popen([sys.executable, "-c", READER, str(obs)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert reader.stdin is not None and reader.stdout is not None
    try:
        assert reader.stdout.readline() == "open\n"
        update(obs)
        said = prune(obs, capsys)
        assert said["read"] == [old] and old in said["kept"]
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "2\n", "it reads the generation that it opened"
    finally:
        reader.communicate("\n", timeout=60)
    said = prune(obs, capsys)
    assert said["kept"] == [Store.open(obs).generation] and said["read"] == []


def test_an_observatory_that_is_open_keeps_its_generation(obs: Path, capsys: Any) -> None:
    opened = open_observatory(obs, threads=1)
    update(obs)
    assert prune(obs, capsys)["read"] == [opened.store.generation]
    assert run(["prune", "--into", str(obs)]) == 0
    assert "stay because somebody reads" in capsys.readouterr().out
    assert [r["count"] for r in opened.rank("count", unit="country").arrow.to_pylist()] == [2]
