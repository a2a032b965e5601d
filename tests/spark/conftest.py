"""One Spark session for all tests, and the reasons why there is none."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess

import pytest


def why_no_spark() -> str | None:
    """The reason why Spark cannot run here, or None."""
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed (extra 'spark')"
    if shutil.which("java") is None:
        return "no Java on the path"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return None if found and int(found[1]) >= 17 else f"Spark 4 needs Java 17 or newer, here is: {said.splitlines()[0] if said else '?'}"


@pytest.fixture(scope="session")
def spark_is_here():
    """Skips the test where Spark cannot run, and says why."""
    if reason := why_no_spark():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def spark_options(spark_is_here):
    """Options of ``arm.open`` for a local session of two threads; stopped when the tests end."""
    from pyspark.sql import SparkSession

    options = {"engine": "spark", "master": "local[2]", "spark_sql_shuffle_partitions": 2, "spark_driver_host": "127.0.0.1"}
    yield options
    if session := SparkSession.getActiveSession():
        session.stop()
