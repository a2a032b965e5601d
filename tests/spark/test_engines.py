"""Every indicator of the registry on DuckDB and on Spark: the same ranks, values within 1e-9."""

from __future__ import annotations

import pytest

import armillary as arm
from armillary.indicators import all_indicators
from support.rich_world import rich_world
from support.tiny import observatory

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    # pyspark leaves its sockets to the garbage collector; it and ibis call what pandas 3 deprecates, and pyspark says so at each start
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]

METHODS = (
    "full",
    "complete",
    "author-fractional",
    "institution-fractional",
    "country-fractional",
    "inverse-institutions",
    "first",
    "last",
    "corresponding",
    "harmonic",
    "mfc-2",
)
UNITS = ("institution", "city", "region", "author", "field")


def usual_unit(info):
    return "country" if "country" in info.units else info.units[0]


def options_of(info, unit="country"):
    """``with`` cannot be left out: a country of the world, or an institution."""
    return {"with": "CN" if unit == "country" else "I1"} if info.id in ("collaboration-score", "joint-papers", "partner-share") else {}


def cases():
    """Indicator, unit, counting method, further parts of the recipe."""
    for info in all_indicators().values():
        yield info.id, usual_unit(info), info.counting, {"options": options_of(info)}
    for method in METHODS:
        for indicator in ("share", "mncs"):
            yield indicator, "country", method, {}
    for unit in UNITS:
        for indicator in ("share", "pp-top10", "policy-documents"):
            yield indicator, unit, all_indicators()[indicator].counting, {}
    yield "share", "institution", "author-fractional", {"split": "institution"}
    yield "share", "country", "author-fractional", {"unmatched": "drop"}
    yield "share", "country", "author-fractional", {"step": 1}
    yield "mncs", "institution", "full", {"step": 2, "period": "2016-2019"}
    yield "pp-top10", "institution", "full", {"options": {"citations": "given"}}
    yield "tcs", "country", "full", {"options": {"self_citations": "out", "window": 2}}
    yield "sdg-share", "country", "full", {"options": {"goal": 2}}
    yield "pp-long-distance", "country", "full", {"options": {"missing": "zero"}}
    yield "share", "country", "author-fractional", {"scope": "core"}


@pytest.fixture(scope="module")
def engines(tmp_path_factory, spark_options):
    papers, institutions, more = rich_world(4)
    folder = tmp_path_factory.mktemp("world") / "obs"
    return observatory(folder, papers, institutions, **more), arm.open(folder, **spark_options)


def name_of(case):
    return "-".join([case[0], case[1], case[2], *(f"{k}={v}" for k, v in case[3].items() if v)])


@pytest.mark.parametrize("case", list(cases()), ids=name_of)
def test_same_ranks_and_values(engines, case):
    indicator, unit, counting, further = case
    duckdb, spark = (list(o.rank(indicator, unit=unit, counting=counting, **further).rows()) for o in engines)
    assert duckdb, "the world has nothing for this indicator: the comparison would say nothing"
    key = ("period", "rank", "unit_id", "name", "count")
    assert [[r[k] for k in key] for r in spark] == [[r[k] for k in key] for r in duckdb]
    for mine, other in zip(spark, duckdb, strict=True):
        assert mine["value"] == pytest.approx(other["value"], rel=1e-9, abs=1e-9)


def test_every_indicator_has_something_to_compare(engines):
    """Not all zero and not all equal, so that a wrong join would show (leadership: equal first authors may tie)."""
    flat = []
    for info in all_indicators().values():
        rows = engines[0].rank(info.id, unit=usual_unit(info), options=options_of(info)).rows()
        if len({r["value"] for r in rows if r["unit_id"]}) < 2:
            flat.append(info.id)
    assert flat == []


def test_many_recipes_in_one_pass(engines):
    """``rank_many`` shares its pass between recipes; on Spark it must give what single runs give."""

    def several(obs):
        made = [
            obs.recipe(i, unit="institution", counting=c, split="address")
            for i in ("publications", "mncs", "pp-top10")
            for c in ("full", "first")
        ]
        return [list(r.rows()) for r in obs.rank_many(made)]

    for mine, other in zip(several(engines[1]), several(engines[0]), strict=True):
        assert [(r["rank"], r["unit_id"], r["count"]) for r in mine] == [(r["rank"], r["unit_id"], r["count"]) for r in other]
        assert [r["value"] for r in mine] == pytest.approx([r["value"] for r in other], rel=1e-9)


def test_explanation_adds_up_on_spark(engines):
    mine, other = (o.explain(o.recipe("share"), "CN") for o in engines)
    assert mine.value == pytest.approx(other.value, rel=1e-9)


def test_two_observatories_in_one_session_keep_apart(tmp_path, spark_options):
    homes = []
    for seed in (4, 5):
        papers, institutions, more = rich_world(seed)
        here = observatory(tmp_path / str(seed), papers, institutions, **more)
        homes.append((here, arm.open(tmp_path / str(seed), **spark_options)))
    for name in ("work", "affiliation", "author_country"):  # both have named their tables before either is asked
        for _, there in homes:
            there.corpus.table(name)
    ranks = [[{r["unit_id"]: r["value"] for r in o.rank("share").rows()} for o in home] for home in homes]
    for here, there in ranks:
        assert there == pytest.approx(here, rel=1e-9)
    assert ranks[0] != ranks[1]
