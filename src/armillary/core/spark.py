"""Connecting to Apache Spark (extra ``spark``): the same Ibis expressions on a cluster."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from armillary.errors import MissingExtraError


def connect(*, master: str = "local[2]", remote: str | None = None, memory_limit: str | None = None, threads: int | None = None, **config:
Any) -> Any:
    """An Ibis backend on a Spark master URL, or on a Spark Connect server if ``remote`` (``sc://host:15002``) is given.

    ``config`` are Spark settings with ``_`` for ``.`` (``spark_sql_shuffle_partitions=8``). Raises :class:`MissingExtraError` without
    PySpark.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingExtraError("spark", "the Spark engine") from None
    # said at every conversion to pandas 3; rankings leave Spark as Arrow tables, and the tests compare them with DuckDB's
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    # workers must run the interpreter that runs us, not the first python on the path
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("armillary")
    builder = builder.remote(remote) if remote else builder.master(f"local[{threads}]" if threads and master.startswith("local") else
    master)
    settings = {"spark.sql.session.timeZone": "UTC", "spark.ui.enabled": "false", "spark.sql.ansi.enabled": "true"}
    if memory_limit:
        settings["spark.driver.memory"] = memory_limit
    settings |= {k.replace("_", "."): str(v) for k, v in config.items()}
    for key, value in settings.items():
        builder = builder.config(key, value)
    return ibis.pyspark.connect(builder.getOrCreate())


def read_tables(con: Any, files: list[str], name: str, schema: pa.Schema) -> ir.Table:
    """The files of one core table (or an empty table of its schema) as an Ibis table over a view of the session."""
    from pyspark.sql.pandas.types import from_arrow_schema

    session = con._session
    frame = session.read.parquet(*files) if files else session.createDataFrame([], from_arrow_schema(schema))
    frame.createOrReplaceTempView(name)
    table: ir.Table = con.table(name)
    return table
