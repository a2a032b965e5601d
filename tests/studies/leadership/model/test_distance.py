"""How far works lie from those a lead model learned from, and whether a model adds to the position rule."""

from __future__ import annotations

import dataclasses

import numpy as np

from armillary.studies.leadership.model.card import within_positions
from armillary.studies.leadership.model.distance import distance, said, spread
from armillary.studies.leadership.model.scores import auc_error, evaluate, rule_error


def test_distance_by_hand() -> None:
    learned = spread(np.array([[1.0, 0.0, np.nan], [3.0, 1.0, np.nan]]), ("n_authors", "flag", "age"))
    assert learned["n_authors"] == {"mean": 2.0, "deviation": 1.0, "known": 1.0} and learned["age"]["known"] == 0.0
    here = spread(np.array([[5.0, np.nan, 2.0], [5.0, np.nan, 4.0]]), ("n_authors", "flag", "age"))
    rows = distance(learned, here)
    assert (rows[0]["feature"], rows[0]["difference"]) == ("n_authors", 3.0)
    text = said(rows)
    assert "far in n_authors +3.0 s.d." in text and "seldom known here: flag" in text and "never seen in training: age" in text
    assert "no feature" in said(distance(learned, learned))


def test_a_model_that_only_knows_positions_is_told_so() -> None:
    rng = np.random.default_rng(1)
    place = np.tile(np.array(["first", "middle", "last"]), 400)
    truth = rng.random(1200) < np.where(place == "middle", 0.1, 0.8)
    paper = np.repeat(np.arange(400), 3)
    by_place = np.where(place == "middle", 0.1, 0.8) + 0.01 * rng.random(1200)  # a whisper of noise within positions
    report = evaluate(by_place, truth, paper, {"position": place}, draws=5)
    assert report.auc > 0.8
    found = within_positions(report)
    assert not found["adds"] and "adds nothing to the position rule" in found["sentence"]
    knowing = evaluate(np.clip(by_place + 0.15 * truth, 0, 1), truth, paper, {"position": place}, draws=5)
    assert within_positions(knowing)["adds"]
    unknown = within_positions(dataclasses.replace(report, groups={}))
    assert not unknown["adds"] and "not known" in unknown["sentence"]


def test_errors_by_hand() -> None:
    called, truth = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert rule_error(called, truth) == {"precision": 0.5, "recall": 0.5, "error": 0.5}
    # Hanley and McNeil: area 0.5 of 10 and 10 has q1 = q2 = 1/3
    assert auc_error(0.5, 10, 10) == np.sqrt((0.25 + 9 * (1 / 3 - 0.25) * 2) / 100) and np.isnan(auc_error(0.5, 0, 10))
