"""A trained goal classifier: TF-IDF and logistic regression, calibrated, learned from the tagged records and applied to those without a
word
on goals (METHODS 7.6).

It imputes what is missing and replaces nothing: a record that was classified keeps its tags. The works are split once, by id, into those it
learns from and those it is judged on.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from armillary.core.arrays import Floats
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.goals.evaluate import wilson
from armillary.counting.goals.tags import CUT, NO_GOAL, classified_works, classify_corpus, goal_tags, texts
from armillary.errors import DataError, MissingExtraError
from armillary.version import __version__

LEAST = 20
"""Tagged works of a goal below which it is not learned; its missing tags stay missing."""
CALLED = 0.5
"""Calibrated probability above which a work is taken to be on the goal."""
SCHEMA = pa.schema([("work_id", pa.int64()), ("sdg_id", pa.int8()), ("score", pa.float32()), ("source", pa.string())])
"""A classification of all works: ``source`` is ``record`` or ``model``; a row of goal 0 says that the work was judged and is on none."""


@dataclass(frozen=True, slots=True)
class HeldOutGoal:
    """Held-out works, goal by goal and together: ``observed`` and ``called`` works, ``both``; ``expected`` is the sum of probabilities."""

    goal: int
    works: int
    observed: int
    called: int
    both: int
    expected: float
    calibration_error: float

    def as_dict(self) -> dict[str, Any]:
        """With precision and recall and their Wilson intervals (95 %)."""
        parts = {"precision": (self.both, self.called), "recall": (self.both, self.observed)}
        out: dict[str, Any] = asdict(self)
        for name, (hits, n) in parts.items():
            low, high = wilson(hits, n) or (None, None)
            out |= {name: hits / n if n else None, f"{name}_low": low, f"{name}_high": high}
        return out


@dataclass(frozen=True, slots=True)
class Trained:
    """``tags`` has the columns of :data:`SCHEMA`; ``card`` says what was learned from, how well it does, and what the queries do there."""

    tags: pa.Table
    card: dict[str, Any]


def held_out(work_ids: NDArray[np.int64], seed: int = 1) -> NDArray[np.bool_]:
    """One work in five, by a hash of its id: the same for every goal and every order of the works."""
    marks = [hashlib.sha256(f"{seed}:{i}".encode()).digest()[0] for i in work_ids.tolist()]
    return np.array(marks, np.int64) < 52


def train(corpus: Corpus, *, cut: float = CUT, seed: int = 1, with_queries: bool = True) -> Trained:
    """Learn from the classified records that have a title, judge on a fifth of them, and impute the tags of the other records.

    :class:`DataError` where fewer than two hundred records are classified, or no goal has :data:`LEAST` tagged works to learn from.
    """
    ids, words = _texts(corpus)
    known = set(corpus.fetch(classified_works(corpus, Recipe(indicator="sdg-papers")))["work_id"].to_pylist())
    rows = corpus.fetch(goal_tags(corpus, "given", cut)).to_pylist()
    goals_of: dict[int, set[int]] = {}
    for r in rows:
        goals_of.setdefault(r["work_id"], set()).add(r["sdg_id"])
    is_known = np.array([i in known for i in ids.tolist()], dtype=bool)
    if is_known.sum() < 200:
        raise DataError(f"only {int(is_known.sum()):,} records with a title are classified by goal", fix="train on a larger observatory")
    apart = held_out(ids, seed)
    learn, judge = is_known & ~apart, is_known & apart
    matrix = _vectors(words, learn)
    scores: dict[int, Floats] = {}
    judged: list[HeldOutGoal] = []
    for goal in range(1, 18):
        truth = np.array([goal in goals_of.get(i, ()) for i in ids.tolist()], dtype=bool)
        if truth[learn].sum() < LEAST or truth[learn].all():
            continue
        scores[goal] = _fitted(matrix, truth, learn, seed)
        judged.append(_judged(goal, scores[goal][judge], truth[judge]))
    if not scores:
        raise DataError(f"no goal has {LEAST} tagged works to learn from", fix="train on a larger observatory")
    tags = _tags(ids, is_known, goals_of, scores)
    queries = _queries(corpus, set(ids[judge].tolist()), goals_of, scores) if with_queries else None
    return Trained(tags, _card(corpus, judged, scores, queries, learn, judge, is_known, cut, seed, tags))


def _texts(corpus: Corpus) -> tuple[NDArray[np.int64], list[str]]:
    """Ids and texts of the works that have a title or an abstract."""
    ids: list[int] = []
    words: list[str] = []
    for some, titles, abstracts in texts(corpus):
        for i, title, abstract in zip(some, titles, abstracts, strict=True):
            if text := " ".join(t for t in (title, abstract) if t):
                ids.append(i)
                words.append(text)
    return np.array(ids, np.int64), words


def _vectors(words: list[str], learn: NDArray[np.bool_]) -> Any:
    """TF-IDF of words and pairs of words; the vocabulary is that of the works to learn from."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as error:
        raise MissingExtraError("models", "training a goal classifier") from error
    made = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, max_features=60_000, strip_accents="unicode")
    made.fit([w for w, is_mine in zip(words, learn, strict=True) if is_mine])
    return made.transform(words)


def _fitted(matrix: Any, truth: NDArray[np.bool_], learn: NDArray[np.bool_], seed: int) -> Floats:
    """Calibrated probabilities for all works: the scores of each training work come from a model that did not see it."""
    from scipy.special import expit
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    mine, target = matrix[learn], truth[learn]
    model = LogisticRegression(C=10.0, class_weight="balanced", solver="liblinear", random_state=seed)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    unseen = cross_val_predict(model, mine, target, cv=folds, method="decision_function")
    # Platt: two numbers, since rare goals have too few works for steps
    sigmoid = LogisticRegression(C=1e6).fit(unseen.reshape(-1, 1), target)
    found = model.fit(mine, target).decision_function(matrix)
    return np.asarray(expit(sigmoid.coef_[0, 0] * found + sigmoid.intercept_[0]))


def _judged(goal: int, probability: Floats, truth: NDArray[np.bool_]) -> HeldOutGoal:
    called = probability > CALLED
    place = np.minimum((probability * 10).astype(np.int64), 9)
    gap = np.abs(np.bincount(place, weights=probability - truth, minlength=10)).sum() / max(len(truth), 1)
    return HeldOutGoal(
        goal, len(truth), int(truth.sum()), int(called.sum()), int((called & truth).sum()), float(probability.sum()), float(gap)
    )


def _tags(ids: NDArray[np.int64], is_known: NDArray[np.bool_], goals_of: dict[int, set[int]], scores: dict[int, Floats]) -> pa.Table:
    rows: list[tuple[int, int, float, str]] = []
    for place, work in enumerate(ids.tolist()):
        if is_known[place]:
            found, source = [(g, 1.0) for g in sorted(goals_of.get(work, ()))], "record"
        else:
            found, source = [(g, float(p[place])) for g, p in scores.items() if p[place] > CALLED], "model"
        rows += [(work, g, s, source) for g, s in found or [(NO_GOAL, 1.0)]]
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def _queries(corpus: Corpus, works: set[int], goals_of: dict[int, set[int]], scores: dict[int, Floats]) -> dict[str, float | None]:
    """What the queries do on the same held-out works and goals, pooled."""
    ours = {(r["work_id"], r["sdg_id"]) for r in classify_corpus(corpus).to_pylist() if r["work_id"] in works and r["sdg_id"] in scores}
    theirs = {(w, g) for w in works for g in goals_of.get(w, ()) if g in scores}
    both = len(ours & theirs)
    return {"precision": both / len(ours) if ours else None, "recall": both / len(theirs) if theirs else None}


def _card(
    corpus: Corpus,
    judged: list[HeldOutGoal],
    scores: dict[int, Floats],
    queries: dict[str, float | None] | None,
    learn: NDArray[np.bool_],
    judge: NDArray[np.bool_],
    is_known: NDArray[np.bool_],
    cut: float,
    seed: int,
    tags: pa.Table,
) -> dict[str, Any]:
    both, called, observed = (sum(getattr(j, n) for j in judged) for n in ("both", "called", "observed"))
    works = max(int(judge.sum()), 1)
    state = hashlib.sha256(json.dumps([(g, p.round(9).tolist()) for g, p in scores.items()]).encode()).hexdigest()
    imputed = tags.filter(pa.compute.equal(tags["source"], "model"))
    return {
        "model": state[:12],
        "kind": "TF-IDF of words and pairs, logistic regression a goal, Platt calibration on scores of works not seen",
        "learned_from": {
            "tags": f"goals in the records with a score above {cut}",
            "works": int(learn.sum()),
            "with_abstract": corpus.store.rows("work_abstract"),
            "data": {k: corpus.data_version[k] for k in ("name", "snapshot_date", "classification_version", "digest")},
        },
        "held_out": {
            "works": int(judge.sum()),
            "split": f"one work in five by a hash of its id, seed {seed}",
            "precision": both / called if called else None,
            "recall": both / observed if observed else None,
            "calibration_error": sum(j.calibration_error for j in judged) / len(judged),
            "observed_a_work": observed / works,
            "expected_a_work": sum(j.expected for j in judged) / works,
            "queries": queries,
            "goals": [j.as_dict() for j in judged],
        },
        "not_learned": [g for g in range(1, 18) if g not in scores],
        "imputed": {"works": int((~is_known).sum()), "tags": imputed.filter(pa.compute.greater(imputed["sdg_id"], NO_GOAL)).num_rows},
        "called_above": CALLED,
        "armillary": __version__,
        "limits": [
            "It learns what the records say, right or wrong: agreement with their tags is not truth (armillary sdg label measures that).",
            "Works without a title or abstract stay unknown; goals with too few tagged works are not imputed at all.",
            "It is judged on classified records. The others may be of another time, language or field.",
        ],
    }
