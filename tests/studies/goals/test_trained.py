"""A trained goal classifier on texts with planted words: it finds them where the records say nothing, and says how well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.cli.main import run
from armillary.errors import DataError, InputError
from armillary.observatory import Observatory
from armillary.studies.goals.cards import card_of
from armillary.studies.goals.trained import held_out, train
from support.tiny import observatory

WORDS = {7: ["turbine", "photovoltaic", "grid", "battery"], 13: ["warming", "emission", "glacier", "carbon"]}
OTHER = ["catalyst", "protein", "enzyme", "lattice", "spin", "membrane", "polymer", "galaxy", "neuron", "market"]


def works(n: int, seed: int, classified: bool) -> list[dict[str, Any]]:
    """Works whose titles hold words of a goal or of none; every tenth tag is wrong, so that nothing is perfect."""
    rng = np.random.default_rng(seed)
    out = []
    for k in range(n):
        goal = int(rng.choice([0, 7, 13]))
        own = list(rng.choice(WORDS[goal], 2)) if goal else []
        tag = goal if rng.random() > 0.1 else 0
        sdgs = {tag: 0.9} if classified and tag else {}
        facts = {"id": seed * 10_000 + k, "title": " ".join([*own, *rng.choice(OTHER, 3)]), "planted": goal}
        out.append({**facts, "authors": [[[1]]], "sdgs": sdgs, "is_sdg_classified": classified})
    return out


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Observatory, list[dict[str, Any]]]:
    missing = works(120, 2, classified=False)
    return observatory(tmp_path_factory.mktemp("goals") / "o", works(600, 1, True) + missing, {1: "CN"}), missing


def test_what_the_records_lack_is_imputed_and_judged_on_works_not_seen(
    world: tuple[Observatory, list[dict[str, Any]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    obs, missing = world
    out = tmp_path / "goals.parquet"
    assert run(["sdg", "train", "--out", str(out), "--into", str(obs.path)]) == 0
    printed = capsys.readouterr().out
    card = card_of(out)
    held = card["held_out"]
    assert held["precision"] > 0.8 and held["recall"] > 0.8 and held["calibration_error"] < 0.15
    assert "| model |" in printed and "| queries |" in printed and card["model"] in printed
    assert card["not_learned"] == [g for g in range(1, 18) if g not in (7, 13)]
    right = {p["id"]: p["planted"] for p in missing}
    made = train(obs.corpus)
    assert made.card == card  # the same works give the same card
    rows = made.tags.to_pylist()
    found = {r["work_id"]: r["sdg_id"] for r in rows if r["source"] == "model"}
    assert found.keys() == right.keys() and sum(found[w] == g for w, g in right.items()) > 0.9 * len(right)
    assert {r["source"] for r in rows if r["work_id"] < 20_000} == {"record"}
    before, after = obs.rank("pp-sdg"), obs.rank("pp-sdg", options={"tags": str(out)})
    assert (before.meta["known"], after.meta["known"]) == (600, 720)
    (note,) = [n for n in after.meta["notes"] if n.code == "goal-source"]
    assert card["model"] in note and "tags in the OpenAlex records" in next(n for n in before.meta["notes"] if n.code == "goal-source")
    assert run(["sdg", "card", str(out)]) == 0 and capsys.readouterr().out == printed.rpartition("tags: ")[0]


def test_the_split_is_by_work_and_about_a_fifth() -> None:
    ids = np.arange(5_000)
    apart = held_out(ids)
    assert 0.17 < apart.mean() < 0.24 and (held_out(ids[::-1]) == apart[::-1]).all() and (held_out(ids, 2) != apart).any()


def test_too_little_to_learn_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="classified by goal"):
        train(observatory(tmp_path / "few", works(50, 3, True), {1: "CN"}).corpus)
    untagged = [{**p, "sdgs": {7: 0.9} if i < 10 else {}} for i, p in enumerate(works(300, 4, True))]
    with pytest.raises(DataError, match="20 tagged works"):
        train(observatory(tmp_path / "none", untagged, {1: "CN"}).corpus)
    (tmp_path / "own.csv").write_text("work_id,sdg_id\nW1,3\n")
    with pytest.raises(InputError, match="no card"):
        card_of(tmp_path / "own.csv")


def test_a_file_with_rows_of_goal_0_knows_the_works_that_it_names(tmp_path: Path) -> None:
    obs = observatory(tmp_path / "o", works(10, 5, False), {1: "CN"})
    (tmp_path / "a.csv").write_text("work_id,sdg_id\nW50000,7\nW50001,0\n")
    (tmp_path / "b.csv").write_text("work_id,sdg_id\nW50000,7\n")
    for name, value in (("a", 0.5), ("b", 0.1)):
        (row,) = obs.rank("pp-sdg", options={"tags": str(tmp_path / f"{name}.csv")}).ranked.to_pylist()
        assert row["value"] == value
