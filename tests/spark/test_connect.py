"""Spark Connect: a server on this machine, rankings over ``sc://``; and core tables that the cluster sees elsewhere than the driver."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import armillary as arm
from armillary.core.spark import connect
from armillary.errors import UsageError
from spark.on_connect import RECIPES
from support.rich_world import rich_world
from support.tiny import observatory

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    # see test_engines.py
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]


@pytest.fixture
def server(spark_is_here, tmp_path):
    """Address of a Connect server of two threads that is ready."""
    if importlib.util.find_spec("grpc") is None:
        pytest.skip("grpcio is not installed (armillary[spark-connect])")
    import pyspark

    home = Path(pyspark.__file__).parent
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.warehouse.dir": tmp_path / "warehouse",
    }
    command = [
        str(home / "bin" / "spark-submit"),
        "--master",
        "local[2]",
        "--driver-memory",
        "512m",
        "--class",
        "org.apache.spark.sql.connect.service.SparkConnectServer",
    ]
    command += [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "spark-internal"],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=tmp_path,
            env={**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"},
        )
        try:
            end = time.monotonic() + 120
            while True:
                assert process.poll() is None and time.monotonic() < end, (tmp_path / "server.log").read_text()[-2000:]
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.3)
            yield f"sc://127.0.0.1:{port}"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_rankings_over_spark_connect_equal_duckdb(server, tmp_path):
    papers, institutions, more = rich_world(4)
    obs = observatory(tmp_path / "obs", papers, institutions, **more)
    script = Path(__file__).with_name("on_connect.py")
    command = [sys.executable, str(script), str(tmp_path / "obs"), server]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr and "CANNOT_MODIFY_CONFIG" not in done.stderr, done.stderr[-3000:]
    said = json.loads(done.stdout)
    for indicator, unit in RECIPES:
        ranking = obs.rank(indicator, unit=unit)
        at = ranking.arrow.column_names.index("value")
        rows, expected = said[f"{indicator} {unit}"], [list(r.values()) for r in ranking.rows()]
        assert len(rows) > 3
        assert [r[:at] + r[at + 1 :] for r in rows] == [r[:at] + r[at + 1 :] for r in expected]
        assert [r[at] for r in rows] == pytest.approx([r[at] for r in expected], rel=1e-9)


def test_without_its_packages_the_error_says_what_to_install(spark_is_here, monkeypatch):
    monkeypatch.setattr("armillary.core.spark._is_there", lambda name: name != "grpc")
    with pytest.raises(UsageError, match=r"not installed \(grpc\).*armillary\[spark-connect\]"):
        connect(remote="sc://127.0.0.1:1")


def test_the_cluster_may_see_core_elsewhere(tmp_path, spark_options):
    papers, institutions, more = rich_world(4)
    here = observatory(tmp_path / "obs", papers, institutions, **more)
    shutil.copytree(tmp_path / "obs" / "core", tmp_path / "bucket" / "core")
    there = arm.open(tmp_path / "obs", **spark_options, core_root=f"file://{tmp_path}/bucket/core/")
    for indicator, unit in RECIPES:
        mine, other = (list(o.rank(indicator, unit=unit).rows()) for o in (there, here))
        assert [(r["rank"], r["unit_id"]) for r in mine] == [(r["rank"], r["unit_id"]) for r in other] != []
        assert [r["value"] for r in mine] == pytest.approx([r["value"] for r in other], rel=1e-9)
    frame = there.corpus.con._session.table(there.corpus.table("authorship").get_name())
    assert frame.inputFiles() and all(f.startswith(f"file://{tmp_path}/bucket/core/authorship/") for f in frame.inputFiles())
