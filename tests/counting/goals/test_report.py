"""The evaluation on the real tagged works, and the commands."""

from __future__ import annotations

import json

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.counting.goals.report import agreement
from armillary.errors import DataError, UsageError
from armillary.observatory import open_observatory
from armillary.sources.openalex.ingest import ingest
from armillary.studies.goals.profile import profile
from support.tiny import observatory


@pytest.fixture(scope="module")
def real(real_data, tmp_path_factory):
    path = tmp_path_factory.mktemp("real") / "obs"
    ingest(real_data / "openalex" / "data", Store.create(path), abstracts=True)
    return open_observatory(path, threads=1)


@pytest.mark.slow
def test_evaluation_against_the_tagged_real_works(real, capsys):
    report = agreement(real.corpus, half="odd")
    by = {s["goal"]: s for s in report["evaluation"]["scores"]}
    assert report["evaluation"]["works"] > 1400
    assert by[3]["recall"] > 0.8 and by[14]["precision"] > 0.7
    assert by[14]["recall"] < 0.1, "most works tagged 14 in these records are petroleum geology; the report must not hide that we differ"
    assert report["confusions"][0]["reference"] == 14 and report["confusions"][0]["ours"] is None
    ours, tags = report["reading"]["ours"], report["reading"]["reference"]
    assert ours["read"] > 130 and ours["precision"] > 0.6 and ours["low"] > tags["high"]
    assert run(["sdg", "evaluate", "--into", str(real.path), "--half", "odd"]) == 0
    text = capsys.readouterr().out
    assert "not truth" in text and "confusions" in text and text.count("(0.") > 20
    assert run(["sdg", "classify", "--into", str(real.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["works"] == 11980


PAPERS = [
    {"id": 1, "authors": [[[1]]], "year": 2020, "sdgs": {3: 0.9}, "title": "Malaria vaccine trial"},
    {"id": 2, "authors": [[[1]]], "year": 2022, "sdgs": {3: 0.9, 13: 0.5}, "title": "Heat and malaria"},
    {"id": 3, "authors": [[[1]]], "year": 2022, "sdgs": {3: 0.9}, "title": "Corruption"},
    {"id": 4, "authors": [[[2]]], "year": 2020, "sdgs": {13: 0.9}, "title": "Net zero"},
    {"id": 5, "authors": [[[2]]], "year": 2022, "title": "Nothing"},
]


@pytest.fixture
def obs(tmp_path):
    return observatory(tmp_path / "obs", PAPERS, {1: "AA", 2: "BB"})


def test_profile_by_hand(obs):
    rows = {(r["unit_id"], r["sdg_id"]): r for r in profile(obs.corpus).table.to_pylist()}
    a3, a13, b13, any_b = rows["AA", 3], rows["AA", 13], rows["BB", 13], rows["BB", 0]
    assert (a3["papers"], a3["count"], a3["share"]) == (3, 3, 1.0)
    assert a3["activity"] == pytest.approx((3 / 3) / (3 / 5)) and a3["growth"] == pytest.approx((2 / 1.5) ** 0.5 - 1)
    assert a13["activity"] == pytest.approx((1 / 3) / (2 / 5)) and a13["growth"] != a13["growth"], "from nothing: no growth"
    assert (b13["share"], b13["activity"]) == (0.5, pytest.approx((1 / 2) / (2 / 5)))
    assert b13["rsi"] == pytest.approx((1.25**2 - 1) / (1.25**2 + 1)) and b13["rsi_linear"] == pytest.approx(0.25 / 2.25)
    assert rows["AA", 7]["papers"] == 0 and rows["AA", 7]["activity"] != rows["AA", 7]["activity"], "nobody works on 7: undefined"
    assert rows["BB", 3]["activity"] == 0 and rows["BB", 3]["rsi"] == -1
    assert any_b["papers"] == 1 and rows["AA", 0]["papers"] == 3


def test_profile_agrees_with_the_rankings(obs):
    for counting in ("full", "author-fractional"):
        table = profile(obs.corpus, counting=counting).table.to_pylist()
        for goal in (0, 3, 13):
            ranking = obs.rank("sdg-activity", counting=counting, options={"goal": goal})
            want = {r["unit_id"]: r["value"] for r in ranking.ranked.to_pylist()}
            assert {r["unit_id"]: r["activity"] for r in table if r["sdg_id"] == goal} == pytest.approx(want)


def test_commands(obs, tmp_path, capsys):
    base = ["--into", str(obs.path)]
    out = tmp_path / "c.parquet"
    assert run(["sdg", "classify", *base, "--out", str(out)]) == 0
    assert "4 of 5 works tagged" in capsys.readouterr().out
    assert run(["sdg", "evaluate", *base, "--ours", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["evaluation"]["works"] == 4 and report["evaluation"]["scores"][2]["both"] == 2
    assert run(["sdg", "classify", *base, "--work", "W2"]) == 0
    assert "goal  3" in capsys.readouterr().out
    assert run(["sdg", "classify", *base, "--text", "Nothing here"]) == 0
    assert "no query matches" in capsys.readouterr().out
    assert run(["sdg", "classify", *base, "--work", "W99"]) == 2
    assert run(["sdg", "classify", *base, "--out", "x.xlsx"]) == 2
    capsys.readouterr()
    assert run(["sdg", "profile", *base, "--goal", "13", "--json"]) == 0
    assert {r["unit_id"] for r in json.loads(capsys.readouterr().out)["rows"]} == {"AA", "BB"}


def test_mistakes(obs, tmp_path):
    with pytest.raises(UsageError, match="as a whole"):
        profile(obs.corpus, step=1)
    empty = observatory(tmp_path / "none", PAPERS[4:], {2: "BB"})
    with pytest.raises(DataError, match=r"no work to compare on|no goal tags"):
        agreement(empty.corpus)
