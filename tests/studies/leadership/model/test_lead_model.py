"""The training pipeline on planted leaders: recovered where there is signal, 0.5 where there is none; stored without pickle."""

from __future__ import annotations

import math

import numpy as np
import pytest

from armillary.errors import DataError, InputError
from armillary.studies.leadership.model import trees
from armillary.studies.leadership.model.lead import LabelledRows, fold_of, train
from armillary.studies.leadership.model.scores import auc, brier, calibration_error
from armillary.studies.leadership.model.trees import load_trees

FEATURES = ("n_authors", "rank", "is_first", "is_last", "past_works", "topic_cosine", "noise")


def planted(papers: int = 1500, *, signal: float = 6.0, seed: int = 5) -> LabelledRows:
    """Author-paper rows whose leaders follow from position, record and topic fit (``signal``), or from nothing (0)."""
    rng = np.random.default_rng(seed)
    matrix, lead, paper, country = [], [], [], []
    for p in range(papers):
        n = int(rng.integers(2, 9))
        places = np.arange(n)
        past = rng.poisson(8, n).astype(float)
        past[rng.random(n) < 0.1] = np.nan  # no author id: unknown history
        cosine = rng.random(n)
        x = np.stack([np.full(n, n), places / (n - 1), places == 0, places == n - 1, np.log1p(past), cosine, rng.random(n)], axis=1)
        push = 1.6 * (places == 0) + 1.4 * (places == n - 1) + 1.8 * (cosine - 0.5) + 0.8 * (np.nan_to_num(x[:, 4], nan=2.1) - 2.1) - 1.0
        chance = 1 / (1 + np.exp(-signal * push)) if signal else np.full(n, 0.3)
        matrix.append(x)
        lead.append(rng.random(n) < chance)
        paper.append(np.full(n, p))
        country.append(rng.choice(["CN", "US", "DE"], n))
    groups = {"country": np.concatenate(country)}
    return LabelledRows(np.concatenate(paper), np.concatenate(matrix).astype(float), FEATURES, np.concatenate(lead), groups)


@pytest.fixture(scope="module")
def model():  # type: ignore[no-untyped-def]
    return train(planted(1200), trees=60)


def test_planted_leaders_are_recovered(model) -> None:  # type: ignore[no-untyped-def]
    r = model.report
    assert r.auc >= 0.9 and r.auc_interval[0] < r.auc < r.auc_interval[1]
    assert r.brier < 0.6 * r.brier_of_constant
    assert r.calibration_error < 0.03
    # every group is calibrated within four of its own standard errors
    assert {g["group"] for g in r.groups["country"]} == {"CN", "US", "DE"}
    assert all(abs(g["gap"]) < 4 * g["gap_se"] for g in r.groups["country"])
    assert r.at_threshold["precision"] > 0.8
    names = list(r.importance)
    assert names.index("noise") >= 4 and set(names[:3]) <= {"rank", "is_first", "is_last", "topic_cosine", "past_works"}


def test_no_signal_gives_one_half() -> None:
    # 12,000 papers, so that the held-out AUC has a standard error below 0.007
    r = train(planted(12000, signal=0.0), trees=20).report
    assert abs(r.auc - 0.5) <= 0.02
    assert r.brier == pytest.approx(r.brier_of_constant, rel=0.02)


def test_calibration_holds_where_signal_is_weak() -> None:
    r = train(planted(4000, signal=0.8), trees=40).report
    assert r.calibration_error < 0.03 and 0.6 < r.auc < 0.8


def test_input_order_does_not_matter(model) -> None:  # type: ignore[no-untyped-def]
    rows = planted(1200)
    shuffled = rows.take(np.random.default_rng(1).permutation(len(rows.lead)))
    again = train(shuffled, trees=60)
    assert again.digest == model.digest and again.report == model.report


def test_threads_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    few = train(planted(400), trees=4)
    monkeypatch.setattr(trees, "_SMALL", 0)  # all threads
    assert train(planted(400), trees=4).digest == few.digest


def test_papers_stay_together() -> None:
    paper = np.repeat(np.arange(100), 4)
    fold = fold_of(paper, 1, 5)
    assert all(len(set(fold[paper == p])) == 1 for p in range(100))
    assert np.bincount(fold).tolist() == [80] * 5
    assert (fold_of(paper[::-1], 1, 5)[::-1] == fold).all()


def test_saved_model_is_the_same_and_needs_no_pickle(model, tmp_path) -> None:  # type: ignore[no-untyped-def]
    one, two = tmp_path / "a.npz", tmp_path / "b.npz"
    model.trees.save(one)
    read = load_trees(one)
    read.save(two)
    assert read.digest == model.digest and one.read_bytes() == two.read_bytes()
    x = planted(50, seed=9).matrix
    np.testing.assert_array_equal(read.predict(x), model.predict(x))
    with pytest.raises(DataError, match="needs 7 features"):
        read.predict(x[:, :3])
    (tmp_path / "c.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a stored model"):
        load_trees(tmp_path / "c.npz")
    with pytest.raises(InputError, match="no such model"):
        load_trees(tmp_path / "d.npz")


def test_too_little_to_learn_from() -> None:
    with pytest.raises(DataError, match="too few labelled papers for a model: 20 papers"):
        train(planted(20))


def test_scores_by_hand() -> None:
    truth = np.array([True, True, False, False])
    assert auc(np.array([0.9, 0.6, 0.6, 0.1]), truth) == pytest.approx(3.5 / 4)
    assert math.isnan(auc(np.array([0.5]), np.array([True])))
    assert brier(np.array([1.0, 0.5, 0.5, 0.0]), truth) == pytest.approx(0.125)
    assert calibration_error(np.array([0.9, 0.9, 0.1, 0.1]), truth) == pytest.approx(0.1)


@pytest.mark.parametrize("leaves", [2, 15, 31, 60])
def test_scoring_walks_the_trees(leaves: int) -> None:
    """The fast scorer against a walk from the root, row by row, with missing values; and against the library's own (in fit_trees)."""
    rows = planted(600)
    fitted = trees.fit_trees(rows.matrix, rows.lead, rows.features, seed=1, trees=12, leaves=leaves, least_in_leaf=5)
    x = planted(20, seed=8).matrix
    x[::7, 2] = np.nan
    n = fitted.nodes
    for row, found in zip(x, fitted.score(x), strict=True):
        total = fitted.baseline
        for root in fitted.start:
            at = root
            while not n["is_leaf"][at]:
                value = row[n["feature"][at]]
                left = n["missing_left"][at] if math.isnan(value) else value <= n["threshold"][at]
                at = root + (n["left"][at] if left else n["right"][at])
            total += n["value"][at]
        assert found == total
