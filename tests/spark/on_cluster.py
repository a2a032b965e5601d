"""Run by ``test_cluster.py`` as a driver of its own: rank on a cluster, and kill one worker while a job runs.

    python on_cluster.py OBSERVATORY MASTER PROCESS_GROUP_OF_A_WORKER

Prints one line of JSON: rankings, executors before and after, and whether the job was still running when the worker died.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from typing import Any

import armillary as arm

RECIPES = (("share", "country"), ("mncs", "institution"), ("pp-top10", "country"), ("policy-documents", "institution"))


def executors(context: Any) -> int:
    """Executors beside the driver."""
    return int(context._jsc.sc().getExecutorMemoryStatus().size()) - 1


def wait(condition: Any, what: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"timed out: {what}")
        time.sleep(0.2)


def kill_when_running(context: Any, group: int, seen: dict[str, Any], may: threading.Event) -> None:
    """SIGKILL the worker and its executor as soon as a job has running tasks."""
    tracker = context.statusTracker()
    may.wait()
    while True:
        for job in tracker.getActiveJobsIds():
            for stage in tracker.getJobInfo(job).stageIds:
                info = tracker.getStageInfo(stage)
                if info and info.numActiveTasks and info.numCompletedTasks < info.numTasks - 2:
                    os.killpg(group, signal.SIGKILL)
                    seen["tasks_left"] = info.numTasks - info.numCompletedTasks
                    seen["job_status"] = tracker.getJobInfo(job).status
                    return
        time.sleep(0.002)


def main(folder: str, master: str, group: int) -> None:
    obs = arm.open(
        folder,
        engine="spark",
        master=master,
        spark_executor_memory="512m",
        spark_driver_memory="512m",
        spark_cores_max=2,
        spark_executor_cores=1,
        spark_sql_shuffle_partitions=16,
        spark_sql_adaptive_enabled="false",
        spark_driver_host="127.0.0.1",
        spark_driver_bindAddress="127.0.0.1",
    )
    obs.rank("publications")  # starts the session
    context = obs.corpus.con._session.sparkContext
    wait(lambda: executors(context) == 2, "two executors")
    out: dict[str, Any] = {"executors_before": executors(context), "rankings": {}}
    may = threading.Event()
    killer = threading.Thread(target=kill_when_running, args=(context, group, out, may), daemon=True)
    killer.start()
    for number, (indicator, unit) in enumerate(RECIPES):
        if number == 1:
            may.set()  # the first ranking left cached tables on both workers: half of them are lost now
        out["rankings"][f"{indicator} {unit}"] = [list(r.values()) for r in obs.rank(indicator, unit=unit).rows()]
    killer.join(timeout=5)
    wait(lambda: executors(context) == 1, "the lost executor to be noticed")
    out["executors_after"] = executors(context)
    print(json.dumps(out), flush=True)
    context.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
