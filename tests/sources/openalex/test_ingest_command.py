"""``armillary ingest openalex --engine spark``: what is asked for without Spark, and the same bytes with it (slow)."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.sources.openalex.ingest import ingest
from armillary.synthetic.snapshot import write
from armillary.synthetic.world import World
from spark.conftest import why_no_spark

from .conftest import work, write_lines


@pytest.fixture
def one_work(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "w.jsonl", [work(1)])


def refused(arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["ingest", "openalex", *arguments, "--into", str(folder)]) == 2
    assert not folder.exists(), "nothing is made before the request is understood"
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_without_pyspark(one_work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "pyspark" else real(name, *a))
    said = refused([str(one_work), "--engine", "spark"], tmp_path / "o", capsys)
    assert "the Spark engine needs an optional package" in said and "pip install 'armillary[spark]'" in said


def test_spark_connect(one_work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused([str(one_work), "--engine", "spark", "--master", "sc://localhost:15002"], tmp_path / "o", capsys)
    assert "sc://localhost:15002: ingest does not run over Spark Connect" in said and "spark://" in said


def test_master_without_spark(one_work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--master is for Spark. Add --engine spark" in refused([str(one_work), "--master", "local[2]"], tmp_path / "o", capsys)


@pytest.mark.slow
@pytest.mark.spark
def test_same_bytes_with_spark(tmp_path: Path) -> None:
    """In a process of its own, as a user runs it: the master is taken from the command line, or made from ``--workers``."""
    if reason := why_no_spark():
        pytest.skip(reason)
    write(World(3_000, 5), tmp_path / "world", processes=1)
    plain = Store.create(tmp_path / "plain")
    ingest(tmp_path / "world", plain)
    for k, options in enumerate((["--master", "local[2]"], ["--workers", "2"])):
        folder = tmp_path / str(k)
        code = "from armillary.cli.main import main; main()"
        command = [sys.executable, "-c", code, "ingest", "openalex", str(tmp_path / "world"), "--engine", "spark", *options]
        done = subprocess.run([*command, "--into", str(folder), "--json"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["entities"]["works"]["kept"] == 3_000
        assert Store.open(folder).digest == plain.digest
