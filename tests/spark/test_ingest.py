"""Ingest with Spark: the same files, byte for byte, as without."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import pytest

from armillary.core.store import Store
from armillary.errors import InputError, UsageError
from armillary.sources.openalex.ingest import ingest
from armillary.sources.openalex.on_spark import ingest_on_spark
from armillary.synthetic.snapshot import write
from armillary.synthetic.world import World

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    # see test_engines.py
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]


def settings(spark_options):
    return {k: v for k, v in spark_options.items() if k != "engine"}


def content(store):
    return {t: sorted((f.name, hashlib.sha256(f.read_bytes()).hexdigest()) for f in store.files(t)) for t in store.tables()}


@pytest.fixture(scope="module", params=["jsonl", "parquet"])
def snapshot(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp(request.param)
    write(World(2000, 5), folder, layout=request.param, processes=1)
    return folder / "data"


def test_same_bytes(snapshot, tmp_path, spark_options):
    plain, spark = Store.create(tmp_path / "plain"), Store.create(tmp_path / "spark")
    one, other = ingest(snapshot, plain), ingest_on_spark(snapshot, spark, **settings(spark_options))
    assert other.entities == one.entities and other.entities["works"]["kept"] == 2000
    assert content(spark) == content(plain) and "citation" in content(spark)
    again = ingest_on_spark(snapshot, spark, **settings(spark_options))
    assert not again.changed and again.files_known == again.files


def test_workers_read_at_an_address(snapshot, tmp_path, spark_options):
    """Each worker reads its parts over the network; the server is the one of the fetch tests, with a fault."""
    spec = importlib.util.spec_from_file_location("loopback", Path(__file__).parents[1] / "sources" / "fetch" / "loopback.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.Loopback()
    try:
        server.add_folder(snapshot, "/data")
        server.faults[next(p for p in server.files if "/works/" in p and "part" in p)] = [("status", 503, {}), ("cut", 50)]
        plain, spark = Store.create(tmp_path / "plain"), Store.create(tmp_path / "spark")
        ingest(snapshot, plain)
        done = ingest_on_spark(f"{server.base}/data", spark, **settings(spark_options))
    finally:
        server.close()
    assert content(spark) == content(plain)
    assert done.network_bytes > 0


def test_errors_of_workers_reach_the_user(tmp_path, spark_options):
    bad = tmp_path / "data" / "works" / "updated_date=2025-01-01" / "part_000.jsonl"
    bad.parent.mkdir(parents=True)
    bad.write_text('{"id": "https://openalex.org/A1"}\n')
    with pytest.raises(InputError, match="none of the 1 records"):
        ingest_on_spark(tmp_path / "data", Store.create(tmp_path / "obs"), **settings(spark_options))
    assert Store.open(tmp_path / "obs").rows("work") == 0


def test_spark_connect_is_refused(tmp_path):
    with pytest.raises(UsageError, match="Spark Connect"):
        ingest_on_spark(tmp_path, Store.create(tmp_path / "obs"), master="sc://localhost:15002")
