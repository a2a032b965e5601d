"""Training and prediction over an observatory: from statements and works to a stored model, and from a model to stored predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core.corpus import Corpus
from armillary.counting.affiliations import affiliations
from armillary.errors import DataError, UnknownNameError
from armillary.studies.leadership.model.card import card, save_model
from armillary.studies.leadership.model.corpus_features import feature_matrix
from armillary.studies.leadership.model.distance import spread
from armillary.studies.leadership.model.features import FEATURE_SETS
from armillary.studies.leadership.model.labels import byline_rows, join_to_works
from armillary.studies.leadership.model.lead import LabelledRows, LeadModel, train
from armillary.studies.leadership.model.trees import Trees


def labelled_rows(corpus: Corpus, feature_set: str) -> tuple[LabelledRows, dict[str, Any]]:
    """Training rows and where they come from. ``byline`` needs statements only; ``full`` needs their works in the corpus."""
    if feature_set not in FEATURE_SETS:
        raise UnknownNameError("feature set", feature_set, FEATURE_SETS)
    about: dict[str, Any] = {"statements": len(pc.unique(corpus.store.read("contribution", ["statement_id"])["statement_id"]))}
    if feature_set == "byline":
        rows = byline_rows(corpus.store)
        return rows, about | {"papers": len(np.unique(rows.paper)), "authors": len(rows.lead), "leaders": int(rows.lead.sum())}
    joined = join_to_works(corpus)
    about |= {"found by DOI": joined.by_doi, "found by title": joined.by_title, "found with another byline": joined.byline_differs}
    if not joined.rows.num_rows:
        raise DataError(
            f"none of the {joined.statements:,} statements is about a work of this corpus", fix="use --features byline, or position rules"
        )
    rows = full_rows(corpus, joined.rows)
    return rows, about | {"papers": len(np.unique(rows.paper)), "authors": len(rows.lead), "leaders": int(rows.lead.sum())}


def full_rows(corpus: Corpus, labels: pa.Table) -> LabelledRows:
    """Labels ``work_id, author_seq, is_lead`` with all features; groups by country, field and decade."""
    ids = pa.table({"work_id": pc.unique(labels["work_id"])})
    works = corpus.table("work").filter(corpus.table("work").work_id.isin(ids["work_id"].to_pylist()))
    keys, matrix = feature_matrix(corpus, works, "full")
    place = {(w, s): k for k, (w, s) in enumerate(zip(keys["work_id"].to_pylist(), keys["author_seq"].to_pylist(), strict=True))}
    found = [
        (place[r["work_id"], r["author_seq"]], r["work_id"], r["author_seq"], r["is_lead"])
        for r in labels.to_pylist()
        if (r["work_id"], r["author_seq"]) in place
    ]
    at = np.array([f[0] for f in found], dtype=np.int64)
    chosen = matrix[at]
    features = FEATURE_SETS["full"]
    country = _countries(corpus, works)
    field = chosen[:, features.index("field")]
    groups = {
        "country": np.array([country.get((w, s), "unknown") for _, w, s, _ in found]),
        "field": np.array(["unknown" if np.isnan(v) else str(int(v)) for v in field]),
        "decade": np.array([f"{int(y) // 10 * 10}s" for y in chosen[:, features.index("year")]]),
        "position": np.where(
            chosen[:, features.index("from_start")] == 0, "first", np.where(chosen[:, features.index("from_end")] == 0, "last", "middle")
        ),
    }
    return LabelledRows(np.array([f[1] for f in found]), chosen, features, np.array([f[3] for f in found], dtype=bool), groups)


def _countries(corpus: Corpus, works: ir.Table) -> dict[tuple[int, int], str]:
    """The country of each author of the works: the first in alphabetical order where there are several."""
    a = affiliations(corpus)
    rows = (
        a.filter(a.country_code.notnull()).semi_join(works, "work_id").group_by(["work_id", "author_seq"]).agg(country=a.country_code.min())
    )
    return {(r["work_id"], r["author_seq"]): r["country"] for r in corpus.fetch(rows).to_pylist()}


def train_and_save(corpus: Corpus, *, feature_set: str = "byline", seed: int = 1, **options: Any) -> tuple[LeadModel, dict[str, Any], Path]:
    """Train on the observatory's statements, write model and card, return both and the folder."""
    rows, about = labelled_rows(corpus, feature_set)
    model = train(rows, seed=seed, **options)
    values = card(model, feature_set=feature_set, labels=about)
    return model, values, save_model(corpus.store.path, model, values)


def predict_works(corpus: Corpus, trees: Trees, works: ir.Table) -> tuple[pa.Table, dict[str, dict[str, float]]]:
    """``work_id, author_seq, lead_probability`` for all authors of the works, and the spread of their features."""
    feature_set = next((name for name, features in FEATURE_SETS.items() if features == trees.features), None)
    if feature_set is None:
        raise DataError("the model was trained on features that this version does not make", fix="train it again")
    keys, matrix = feature_matrix(corpus, works, feature_set)
    return keys.append_column("lead_probability", pa.array(trees.predict(matrix), pa.float64())), spread(matrix, trees.features)
