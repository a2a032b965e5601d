"""A standalone cluster with two workers on this machine; one of them is killed during a job."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spark.on_cluster import RECIPES
from support.rich_world import rich_world
from support.tiny import observatory

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture
def cluster(spark_is_here, tmp_path):
    """Master URL and the two workers' processes; each a leader of a process group that holds its executors too."""
    import pyspark

    home = Path(pyspark.__file__).parent
    port = free_port()
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    started: list[subprocess.Popen] = []
    logs = []

    def start(name, *arguments):
        logs.append((tmp_path / f"{name}.log").open("w"))
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{arguments[0]}", *arguments[1:]]
        started.append(subprocess.Popen(command, env=environment, stdout=logs[-1], stderr=subprocess.STDOUT, start_new_session=True))

    try:
        start("master", "master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(free_port()))
        url = f"spark://127.0.0.1:{port}"
        for k in (1, 2):
            start(
                f"worker{k}",
                "worker.Worker",
                "--host",
                "127.0.0.1",
                "--cores",
                "1",
                "--memory",
                "512m",
                "--webui-port",
                str(free_port()),
                "--work-dir",
                str(tmp_path / f"work{k}"),
                url,
            )
        wait_for(tmp_path / "master.log", "Registering worker", 2)
        yield url, started[1:]
    finally:
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for log in logs:
            log.close()


def wait_for(log: Path, text: str, times: int, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while log.read_text().count(text) < times:
        assert time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.3)


def test_a_killed_worker_changes_nothing(cluster, tmp_path):
    url, workers = cluster
    papers, institutions, more = rich_world(11, n=400)
    obs = observatory(tmp_path / "obs", papers, institutions, **more)
    script = Path(__file__).with_name("on_cluster.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), str(tmp_path / "obs"), url, str(workers[0].pid)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert workers[0].wait(timeout=10) == -signal.SIGKILL and workers[1].poll() is None
    assert (said["executors_before"], said["executors_after"]) == (2, 1)
    assert said["job_status"] == "RUNNING" and said["tasks_left"] > 2
    for indicator, unit in RECIPES:
        rows, expected = said["rankings"][f"{indicator} {unit}"], [list(r.values()) for r in obs.rank(indicator, unit=unit).rows()]
        columns = obs.rank(indicator, unit=unit).arrow.column_names
        at = columns.index("value")
        assert [r[:at] + r[at + 1 :] for r in rows] == [r[:at] + r[at + 1 :] for r in expected]
        assert [r[at] for r in rows] == pytest.approx([r[at] for r in expected], rel=1e-9)
