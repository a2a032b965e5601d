"""Lead rows and balances from records: every rule by hand, refusals, and the commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from armillary.cli.main import run
from armillary.counting.technologies import technologies, technology_topics
from armillary.errors import DataError, UnknownNameError, UsageError
from armillary.registry import read_csv
from armillary.studies.leadership import pairs as lp
from armillary.studies.leadership.records import lead_rows, pair_from_records, store_predictions
from support.tiny import observatory

CN1, CN2, US1, DE1, HK1 = 1, 2, 3, 4, 5
INSTITUTIONS = {CN1: "CN", CN2: "CN", US1: "US", DE1: "DE", HK1: "HK"}


def author(*institutions: int, flag: bool | None = None, **more: Any) -> dict[str, Any]:
    return {"addresses": [[i] for i in institutions], "corresponding": flag, **more}


PAPERS: list[dict[str, Any]] = [
    {"id": 1, "year": 2020, "authors": [author(CN1, flag=True), author(US1), author(US1)], "topic_id": 10472},
    {"id": 2, "year": 2020, "authors": [author(CN1, US1), author(CN2), author(US1)]},
    {"id": 3, "year": 2021, "authors": [author(US1), author(CN1), author(DE1)]},
    {"id": 4, "year": 2021, "authors": [author(), author(CN1), author(US1, flag=True)]},
    {"id": 5, "year": 2021, "authors": [author(CN1), author(CN2)]},
]


def counts(path: Path, by: str, **options: Any) -> tuple[int, int, int, int, int]:
    obs = observatory(path, PAPERS, INSTITUTIONS)
    papers, _ = pair_from_records(obs.corpus, obs.recipe("count"), "CN", "US", by=by, **options)
    t = papers.total()
    return t.papers_n, t.lead_1, t.lead_2, t.support_1, t.support_2


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        # paper 1: CN leads; 2: its first author is of both, so both lead; 4: the first author is of nowhere, so nobody of the two leads
        ("first", (3, 2, 1, 2, 4)),
        ("last", (3, 0, 3, 4, 2)),
        ("first-last", (3, 2, 4, 2, 1)),
        # papers 1 and 4 have a flag
        ("corresponding", (2, 1, 1, 1, 2)),
    ],
)
def test_position_rules(tmp_path: Path, by: str, expected: tuple[int, ...]) -> None:
    assert counts(tmp_path, by) == expected


def test_third_countries(tmp_path: Path) -> None:
    # paper 3 has a German author too: its last author leads for neither
    assert counts(tmp_path, "last", others="allow") == (4, 0, 3, 5, 3)


def test_regions_that_overlap_others(tmp_path: Path) -> None:
    """HK is in the region cn-hk-mo; that China also lies in brics and other regions makes no third party."""
    papers = [{"id": 1, "authors": [author(HK1), author(DE1)]}, {"id": 2, "authors": [author(CN1), author(DE1), author(US1)]}]
    obs = observatory(tmp_path, papers, INSTITUTIONS)
    recipe = obs.recipe("count", unit="region")
    papers_of, _ = pair_from_records(obs.corpus, recipe, "cn-hk-mo", "eu", by="first")
    assert papers_of.work_id.tolist() == [1] and papers_of.total().lead_1 == 1
    both, _ = pair_from_records(obs.corpus, recipe, "cn-hk-mo", "eu", by="first", others="allow")
    assert both.work_id.tolist() == [1, 2]


def test_stored_predictions(tmp_path: Path) -> None:
    obs = observatory(tmp_path, PAPERS, INSTITUTIONS)
    rows = [(1, 1, 0.9), (1, 2, 0.66), (1, 3, 0.2), (2, 1, 0.9), (2, 2, 0.1), (4, 1, 0.9), (4, 2, 0.7), (4, 3, 0.1)]
    table = pa.table({"work_id": [r[0] for r in rows], "author_seq": [r[1] for r in rows], "lead_probability": [r[2] for r in rows]})
    store_predictions(obs.corpus, "abc", table)
    store_predictions(obs.corpus, "other", table)
    import armillary as arm

    fresh = arm.open(tmp_path)
    papers, found = pair_from_records(fresh.corpus, fresh.recipe("count"), "CN", "US", by="model", model="abc")
    # paper 2 lacks a prediction for its third author and is left out; paper 3 too
    assert papers.work_id.tolist() == [1, 4]
    t = papers.total()
    assert (t.lead_1, t.lead_2, t.support_1, t.support_2) == (2, 1, 0, 2)
    assert "2 of 4 joint papers are left out: the model made no prediction" in found.notes[0]
    with pytest.raises(UsageError, match="which model"):
        pair_from_records(fresh.corpus, fresh.recipe("count"), "CN", "US", by="model")


def test_refusals(tmp_path: Path) -> None:
    obs = observatory(tmp_path, PAPERS, INSTITUTIONS)
    recipe = obs.recipe("count")
    with pytest.raises(UnknownNameError, match="rule for who leads 'frist'"):
        lead_rows(obs.corpus, recipe, "CN", "US", by="frist")
    with pytest.raises(DataError, match="CN and FR share no paper"):
        pair_from_records(obs.corpus, recipe, "CN", "FR", by="first")
    with pytest.raises(UsageError, match="not institution ids"):
        pair_from_records(obs.corpus, obs.recipe("count", unit="institution"), "1", "3", by="first")
    found, _ = pair_from_records(obs.corpus, obs.recipe("count", unit="institution"), "I1", "I3", by="first", others="allow")
    assert found.total().papers_n == 4


def test_too_few_papers_is_said_and_not_computed(tmp_path: Path) -> None:
    obs = observatory(tmp_path, PAPERS, INSTITUTIONS)
    papers, found = pair_from_records(obs.corpus, obs.recipe("count"), "CN", "US", by="first")
    row = lp.balance_row(papers)
    assert row["verdict"] == "too few papers (3)" and row["lead_share"] is None and row["papers"] == 3
    enough = lp.balance_row(papers, min_papers=3)
    assert enough["lead_share"] == pytest.approx(2 / 3) and enough["low"] <= 2 / 3 <= enough["high"]
    assert lp.by_year(papers, min_papers=2)["verdict"].to_pylist()[1] == "too few papers (1)"
    table = lp.by_threshold(found, "CN", "US", thresholds=(0.0, 0.65), min_papers=1)
    assert table["lead_1"].to_pylist() == [4, 2]  # at threshold 0 everybody leads


def test_technology_areas(tmp_path: Path) -> None:
    assert len(technologies()) == 11
    assert 10472 in technology_topics("semiconductors") == technology_topics("SC")
    known = {r["technology"] for r in read_csv("technologies", "topics.csv")}
    assert known == set(technologies())
    pairs = [(r["technology"], r["topic_id"]) for r in read_csv("technologies", "topics.csv")]
    assert len(pairs) == len(set(pairs)) and all(len(technology_topics(t)) >= 10 for t in known)
    obs = observatory(tmp_path, PAPERS, INSTITUTIONS)
    recipe = obs.recipe("count", scope=["technology:semiconductors"])
    found, _ = pair_from_records(obs.corpus, recipe, "CN", "US", by="first")
    assert found.work_id.tolist() == [1]
    with pytest.raises(UnknownNameError, match="technology area 'magic'"):
        obs.run(obs.recipe("count", scope=["technology:magic"]))


def test_every_topic_of_the_table_exists(real_data: Path) -> None:
    import csv
    import gzip

    with gzip.open(real_data / "topics" / "openalex_topics_4516.csv.gz", "rt", encoding="utf-8") as file:
        names = {r["topic_id"]: r["new_topic_label"] for r in csv.DictReader(file)}
    for row in read_csv("technologies", "topics.csv"):
        assert row["topic_id"] in names, row


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    observatory(tmp_path / "obs", PAPERS, INSTITUTIONS)
    into = ["--into", str(tmp_path / "obs")]
    assert run(["lead", "balance", "CN", "US", *into]) == 0
    out = capsys.readouterr().out
    # nothing was trained here, so the automatic choice falls back, and says so
    assert "too few papers (3)" in out and "a position rule: no model is used" in out and "no lead model was trained here" in out
    assert run(["lead", "balance", "CN", "US", "--by", "first", "--min-papers", "2", "--json", *into]) == 0
    row = json.loads(capsys.readouterr().out)["rows"][0]
    assert (row["lead_1"], row["lead_2"]) == (2, 1)
    assert run(["lead", "balance", "CN", "US", "--yearly", "--min-papers", "1", "--plot", str(tmp_path / "b.svg"), *into]) == 0
    assert (tmp_path / "b.svg").stat().st_size > 2000
    assert run(["lead", "pairs", "--min-papers", "2", "--out", str(tmp_path / "p.csv"), *into]) == 0
    assert (tmp_path / "p.csv").read_text().startswith("unit_1,unit_2,joint_papers,")
    assert run(["lead", "bylines", "--json", *into]) == 0
    capsys.readouterr()
    assert run(["lead", "forecast", "CN", "US", *into]) == 2
    assert "too few years for a forecast" in capsys.readouterr().err
    assert run(["lead", "train", *into]) == 2
    assert "no contribution statements" in capsys.readouterr().err
    assert run(["lead", "balance", "CN", "US", "--by", "model", *into]) == 2
    assert "no lead model was trained here" in capsys.readouterr().err


def test_forecast_and_counterfactual_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = tmp_path / "s.csv"
    series.write_text("year,value\n2019,.40\n2020,.43\n2021,.43\n2022,.46\n2023,.48\n")
    assert run(["lead", "forecast", "--series", str(series), "--plot", str(tmp_path / "f.svg"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["interval"] == [2024, 2026]  # T4.2
    assert (tmp_path / "f.svg").is_file()
    weights = tmp_path / "w.csv"
    weights.write_text("partner,weight,lead_share\nUS,40,0.5\nEU+,40,0.6\nDomestic,20,\n")
    assert run(["lead", "counterfactual", str(weights), "--without", "US", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["before"] == pytest.approx(0.55) and found["after"] == pytest.approx(0.60)  # T4.5
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    assert run(["lead", "forecast", "--series", str(tmp_path / "bad.csv")]) == 2
    assert run(["lead", "counterfactual", str(tmp_path / "bad.csv"), "--without", "US"]) == 2
    assert run(["lead", "forecast"]) == 2
