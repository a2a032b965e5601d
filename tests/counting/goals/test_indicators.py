from __future__ import annotations

import pyarrow as pa
import pytest

from armillary.counting.goals.tags import goal_tags, read_tags
from armillary.errors import DataError, InputError, UnknownNameError, UsageError
from support.tiny import observatory

INSTITUTIONS = {1: "AA", 2: "BB"}


def world(path, plan):
    """``plan``: (institution, number of papers, goals) rows."""
    papers, number = [], 0
    for institution, n, goals in plan:
        for _ in range(n):
            number += 1
            papers.append({"id": number, "authors": [[[institution]]], "sdgs": goals})
    return observatory(path, papers, INSTITUTIONS)


@pytest.fixture(scope="module")
def t7(tmp_path_factory):
    return world(tmp_path_factory.mktemp("o") / "obs", [(1, 30, {7: 0.8}), (1, 70, {}), (2, 170, {7: 0.8}), (2, 730, {13: 0.4})])


def value(ranking, unit):
    return {r["unit_id"]: r["value"] for r in ranking.rows()}[unit]


def test_t7_1_through_the_spine(t7):
    assert value(t7.rank("sdg-papers", options={"goal": 7}), "AA") == 30
    assert value(t7.rank("sdg-share", options={"goal": 7}), "AA") == pytest.approx(0.15, abs=1e-9)
    assert value(t7.rank("sdg-activity", options={"goal": 7}), "AA") == pytest.approx(1.5, abs=1e-9)
    assert value(t7.rank("pp-sdg", options={"goal": 7}), "AA") == pytest.approx(0.3)


def test_t7_2_a_score_of_exactly_the_cut_does_not_count(tmp_path):
    obs = world(tmp_path / "obs", [(1, 1, {3: 0.41, 13: 0.40, 7: 0.39})])
    assert obs.corpus.fetch(goal_tags(obs.corpus)).to_pylist() == [{"work_id": 1, "sdg_id": 3}]
    assert obs.corpus.fetch(goal_tags(obs.corpus, cut=0.6)).num_rows == 0


def test_t7_3_a_goal_without_papers_has_no_activity_index_but_a_unit_without_them_has_zero(t7):
    assert t7.rank("sdg-activity", options={"goal": 13}).ranked.num_rows == 0  # all scores are 0.4: nobody has a paper on it
    low = t7.rank("sdg-activity", options={"goal": 13, "cut": 0.3})
    assert value(low, "AA") == 0 and value(low, "BB") == pytest.approx((730 / 900) / (730 / 1000))


def test_several_goals_count_fully_in_each_and_once_in_any(tmp_path):
    obs = world(tmp_path / "obs", [(1, 2, {3: 0.9, 13: 0.9}), (2, 1, {13: 0.9})])
    assert [value(obs.rank("sdg-papers", options={"goal": g}), "AA") for g in (3, 13, 0)] == [2, 2, 2]
    assert value(obs.rank("sdg-share"), "AA") == pytest.approx(2 / 3)


def test_fractional_shares_and_windows(tmp_path):
    papers = [
        {"id": 1, "authors": [[[1]], [[2]]], "sdgs": {7: 0.9}, "year": 2020},
        {"id": 2, "authors": [[[1]]], "sdgs": {7: 0.9}, "year": 2021},
        {"id": 3, "authors": [[[2]]], "year": 2021},
    ]
    obs = observatory(tmp_path / "obs", papers, INSTITUTIONS)
    whole = obs.rank("sdg-share", counting="author-fractional", options={"goal": 7})
    assert (value(whole, "AA"), value(whole, "BB")) == pytest.approx((0.75, 0.25))
    yearly = obs.rank("sdg-activity", step=1, options={"goal": 7})
    got = {(r["unit_id"], r["period"]): r["value"] for r in yearly.rows()}
    assert got == {("AA", "2020"): 1.0, ("BB", "2020"): 1.0, ("AA", "2021"): 2.0, ("BB", "2021"): 0.0}
    explained = obs.explain(whole.recipe, "AA")
    assert explained.value == pytest.approx(0.75)


def test_own_classifier_and_own_file(tmp_path):
    papers = [{"id": 1, "authors": [[[1]]], "title": "Plain"}, {"id": 2, "authors": [[[2]]], "title": "Coral reefs"}]
    abstracts = [{"work_id": 1, "abstract": "Child mortality and malaria."}]
    obs = observatory(tmp_path / "obs", papers, INSTITUTIONS, work_abstract=abstracts)
    assert obs.corpus.fetch(goal_tags(obs.corpus, "queries")).sort_by("work_id").to_pylist() == [
        {"work_id": 1, "sdg_id": 3},
        {"work_id": 2, "sdg_id": 14},
    ]
    with pytest.raises(DataError, match="no goal tags"):
        obs.rank("sdg-papers")
    path = tmp_path / "own.csv"
    path.write_text("work_id,sdg_id,score\nW1,5,0.9\nhttps://openalex.org/W2,5,0.1\n")
    assert value(obs.rank("sdg-papers", options={"tags": str(path), "goal": 5}), "AA") == 1
    assert obs.rank("sdg-papers", options={"tags": str(path), "goal": 5, "cut": 0.05}).ranked.num_rows == 2


def test_mistakes_are_named(tmp_path, t7):
    with pytest.raises(UsageError, match="no goal 18"):
        t7.rank("sdg-papers", options={"goal": 18})
    with pytest.raises(UnknownNameError, match="source of goal tags"):
        t7.rank("sdg-papers", options={"tags": "gven"})
    with pytest.raises(InputError, match="no such classification file"):
        t7.rank("sdg-papers", options={"tags": "none.csv"})
    path = tmp_path / "bad.csv"
    path.write_text("work_id,sdg_id\nW1,18\n")
    with pytest.raises(InputError, match="row 2"):
        read_tags(path)
    path.write_text("work,sdg_id\nW1,1\n")
    with pytest.raises(InputError, match="no column work_id"):
        read_tags(path)


def test_parquet_of_the_classifier_comes_back(tmp_path):
    import pyarrow.parquet as pq

    from armillary.counting.goals.classifier import Classifier

    table = Classifier().classify([5, 6], ["Poverty traps and poverty reduction", "Corruption"], [None, None])
    pq.write_table(table, tmp_path / "c.parquet")
    assert read_tags(tmp_path / "c.parquet").equals(pa.table({"work_id": [5, 6], "sdg_id": pa.array([1, 16], pa.int8())}))
