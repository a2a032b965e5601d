"""The whole way on the synthetic world: statements, labels, join, features, model, predictions, balance. Leaders are planted, or by lot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import armillary as arm
from armillary.core.store import Store
from armillary.counting.scopes import scoped_works
from armillary.sources.contributions import ingest
from armillary.studies.leadership.model.card import load_model
from armillary.studies.leadership.model.lead import train
from armillary.studies.leadership.model.pipeline import labelled_rows, predict_works, train_and_save
from armillary.studies.leadership.pairs import balance_row
from armillary.studies.leadership.records import pair_from_records, pairs_with_papers, store_predictions
from armillary.synthetic import World, contributions
from armillary.synthetic.snapshot import write_lines
from armillary.synthetic.write_core import to_core

pytestmark = pytest.mark.slow


def world(folder: Path, *, planted: bool) -> Path:
    made = World(12_000, 3)
    store = Store.create(folder / "obs")
    to_core(store, made)
    write_lines(folder / "statements.jsonl.gz", list(contributions.statements(made, planted=planted)))
    ingest(store, [folder / "statements.jsonl.gz"])
    return folder / "obs"


def test_planted_leaders_from_statements_to_balance(tmp_path: Path) -> None:
    path = world(tmp_path, planted=True)
    obs = arm.open(path, threads=1)
    model, card, folder = train_and_save(obs.corpus, feature_set="full", trees=60)
    # every statement is found by its DOI, and the model recovers who led
    assert card["labels"]["found by DOI"] == card["labels"]["statements"] > 4000
    assert model.report.auc >= 0.9 and model.report.calibration_error < 0.03
    assert len(model.report.groups["country"]) >= 5
    assert (folder / "card.md").read_text().startswith("# Lead-author model")
    trees, again = load_model(path)
    assert trees.digest == again["model"] == model.digest
    works = scoped_works(obs.corpus, obs.recipe("count"))
    table, _ = predict_works(obs.corpus, trees, works)
    assert store_predictions(obs.corpus, trees.digest, table) == table.num_rows
    fresh = arm.open(path, threads=1)
    recipe = fresh.recipe("count")
    first, second, joint = pairs_with_papers(fresh.corpus, recipe, top=1)[0]
    papers, found = pair_from_records(fresh.corpus, recipe, first, second, by="model", model=trees.digest)
    assert 0.8 * joint < found.joint_papers <= joint and found.coverage == 1.0
    row = balance_row(papers)
    assert row["papers"] >= 30 and row["low"] < row["lead_share"] < row["high"]
    byline, _ = labelled_rows(fresh.corpus, "byline")
    assert train(byline, trees=40).report.auc >= 0.9


def test_leaders_by_lot_cannot_be_found(tmp_path: Path) -> None:
    corpus = arm.open(world(tmp_path, planted=False), threads=1).corpus
    for features in ("byline", "full"):
        rows, _ = labelled_rows(corpus, features)
        report = train(rows, trees=40).report
        assert abs(report.auc - 0.5) <= 0.02, features
        assert report.brier == pytest.approx(np.mean(rows.lead) * (1 - np.mean(rows.lead)), rel=0.05)
