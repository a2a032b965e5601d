"""Cubes on Spark: the same whole numbers as on DuckDB, and as Spark's own records give."""

from __future__ import annotations

import random
import shutil

import pyarrow.parquet as pq
import pytest

import armillary as arm
from armillary.errors import ArmillaryError
from armillary.indicators import all_indicators
from armillary.ranking.cubes.answer import from_cube
from armillary.ranking.cubes.make import make_cubes
from support.rich_world import rich_world
from support.tiny import observatory

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    # as in test_engines.py: pyspark leaves its sockets to the garbage collector; it and ibis call what pandas 3 deprecates
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]

UNITS = ("country", "institution")
COUNTING = ("full", "author-fractional")
CUTS = (
    {},
    {"period": "2016-2019", "step": 2},
    {"subject": "F11", "period": "2017-"},
    {"types": "article,review", "step": 1},
    {"minimum": 3},
)


def recipes(obs):
    """Every indicator that is a sum of what works score, for two units and two counting methods."""
    for info in all_indicators().values():
        if info.work_scores is None:
            continue
        for unit in UNITS:
            for counting in COUNTING:
                if unit in info.units:
                    yield {"indicator": info.id, "unit": unit, "counting": counting, "within_corpus": "baseline" in info.options}


@pytest.fixture(scope="module")
def made(tmp_path_factory, spark_options):
    """The same records twice: cubes made on DuckDB, and on Spark."""
    papers, institutions, more = rich_world(7)
    for n, p in enumerate(papers):
        p["type"] = ("article", "review", "preprint")[n % 3] if n % 10 else None
    folder = tmp_path_factory.mktemp("cubes")
    duck = observatory(folder / "duck", papers, institutions, **more)
    shutil.copytree(folder / "duck", folder / "spark")
    spark = arm.open(folder / "spark", **spark_options)
    wanted = [duck.recipe(**r) for r in recipes(duck)]
    return duck, spark, make_cubes(duck.corpus, wanted), make_cubes(spark.corpus, wanted)


def test_same_sums(made):
    _, _, duck, spark = made
    assert [c.folder.name for c in duck.cubes] == [c.folder.name for c in spark.cubes] and duck.cubes
    assert duck.left_out == spark.left_out
    for a, b in zip(duck.cubes, spark.cubes, strict=True):
        assert (a.held, a.facts) == (b.held, b.facts)
        for table in ("cells", "years", "whole"):
            assert pq.read_table(a.folder / f"{table}.parquet").equals(pq.read_table(b.folder / f"{table}.parquet")), (a.folder.name, table)


def test_random_recipes_from_cube_and_from_records_of_spark(made, spark_options):
    _, spark, _, _ = made
    with_cubes = arm.open(spark.path, **spark_options)
    draw, answered = random.Random(3), 0
    for choices in draw.sample(list(recipes(spark)), 25):
        recipe = spark.recipe(**choices, **draw.choice(CUTS))
        try:
            wanted = arm.open(spark.path, cubes=False, **spark_options).rank_many([recipe])[0]
        except ArmillaryError as error:
            with pytest.raises(type(error)):
                with_cubes.rank_many([recipe])
            continue
        found = from_cube(with_cubes.corpus, recipe)
        if found is not None:
            answered += 1
            assert found.arrow.equals(wanted.arrow) and found.meta == wanted.meta, recipe
    assert answered > 10
