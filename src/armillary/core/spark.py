"""Connecting to Apache Spark (extra ``spark``): the same Ibis expressions on a cluster."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from armillary.errors import MissingExtraError, UsageError


def connect(
    *,
    master: str = "local[2]",
    remote: str | None = None,
    memory_limit: str | None = None,
    threads: int | None = None,
    core_root: str | None = None,
    **config: Any,
) -> Any:
    """An Ibis backend on a Spark master URL, or on a Spark Connect server if ``remote`` (``sc://host:15002``) is given.

    ``core_root`` is where the cluster sees the folder ``core/`` of the observatory, if that is not where we see it (``file:///mnt/core``,
    ``s3a://bucket/observatory/core``): the tables' files are then read from there. ``config`` are Spark settings with ``_`` for ``.``
    (``spark_sql_shuffle_partitions=8``). Raises :class:`MissingExtraError` without PySpark, :class:`UsageError` if Spark Connect lacks
    its own packages.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingExtraError("spark", "the Spark engine") from None
    # said at every conversion to pandas 3; rankings leave Spark as Arrow tables, and the tests compare them with DuckDB's
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    settings = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
    builder = SparkSession.builder.appName("armillary")
    if remote:
        missing = [name for name in ("grpc", "grpc_status", "google.rpc", "zstandard") if not _is_there(name)]
        if missing:
            raise UsageError(
                f"Spark Connect needs packages that are not installed ({', '.join(missing)})",
                where=remote,
                fix="install them with: pip install 'armillary[spark-connect]'",
            )
        builder = builder.remote(remote)
    else:
        # workers must run the interpreter that runs us, not the first python on the path
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.master(f"local[{threads}]" if threads and master.startswith("local") else master)
        settings["spark.ui.enabled"] = "false"
        if memory_limit:
            settings["spark.driver.memory"] = memory_limit
    settings |= {k.replace("_", "."): str(v) for k, v in config.items()}
    for key, value in settings.items():
        builder = builder.config(key, value)
    con = ibis.pyspark.connect(builder.getOrCreate())
    con.armillary_core_root = core_root  # a connection is all that read_tables gets
    if remote:
        _leave_quietly(con)
    return con


def _is_there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _leave_quietly(con: Any) -> None:
    """At the end of the program Ibis drops its cached tables when gRPC has no threads any more; the server drops them with the session."""
    drop = con._drop_cached_table

    def unless_ending(name: str) -> None:
        if threading.main_thread().is_alive():
            drop(name)

    con._drop_cached_table = unless_ending


def read_tables(con: Any, files: list[str], name: str, schema: pa.Schema) -> ir.Table:
    """The files of one core table (or an empty table of its schema) as an Ibis table over a view of the session.

    They are read where :func:`connect` was told that the cluster sees them. The view is named by them: a session is shared by all
    observatories of a process, and a view that a second one replaced would give its rows to the first.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    session = con._session
    if root := getattr(con, "armillary_core_root", None):
        files = ["/".join([root.rstrip("/"), *Path(file).parts[-2:]]) for file in files]
    frame = session.read.parquet(*files) if files else session.createDataFrame([], from_arrow_schema(schema))
    view = f"{name}_{hashlib.sha256(chr(10).join(files).encode()).hexdigest()[:16]}"
    frame.createOrReplaceTempView(view)
    table: ir.Table = con.table(view)
    return table
