"""Labels meet works: by DOI, by title with the same byline, and not otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import armillary as arm
from armillary.errors import DataError
from armillary.sources.contributions import ingest
from armillary.studies.leadership.model.labels import byline_rows, join_to_works, title_key
from armillary.studies.leadership.model.pipeline import labelled_rows
from support.tiny import observatory

TITLE = "A long enough title about <i>something</i> in particular"
AUTHORS = ["Ana Silva", "Jürgen Müller", "Xi Zhang"]
TEXT = "A.S. conceived the study and wrote the paper. J.M. collected samples. X.Z. designed the study and supervised it."


def work(number: int, names: list[str], **more: Any) -> dict[str, Any]:
    return {"id": number, "authors": [{"addresses": [[1]], "name": n} for n in names], **more}


def statement(**more: Any) -> str:
    return json.dumps({"doi": None, "title": "Another title that is long enough too", "authors": AUTHORS, "contribution": TEXT, **more})


def test_by_doi_by_title_and_not_by_another_byline(tmp_path: Path) -> None:
    papers = [
        work(1, AUTHORS, doi="10.1/a"),
        work(2, ["A. Silva", "Muller, J.", "Xi Zhang"], title=TITLE.upper()),  # spelled otherwise: the surnames are the same
        work(3, ["Ana Silva", "Somebody Else", "Third Man"], title="Another title that is long enough too"),
    ]
    obs = observatory(tmp_path / "obs", papers, {1: "CN"})
    lines = [statement(doi="10.1/A"), statement(title=TITLE), statement(), statement(title="No work has this title, I think")]
    (tmp_path / "s.jsonl").write_text("\n".join(lines))
    ingest(obs.store, [tmp_path / "s.jsonl"])
    corpus = arm.open(tmp_path / "obs").corpus
    joined = join_to_works(corpus)
    assert (joined.statements, joined.by_doi, joined.by_title, joined.byline_differs) == (4, 1, 1, 1)
    rows = {(r["work_id"], r["author_seq"]): r["is_lead"] for r in joined.rows.to_pylist()}
    assert rows == {(1, 1): True, (1, 2): False, (1, 3): True, (2, 1): True, (2, 2): False, (2, 3): True}
    full, about = labelled_rows(corpus, "full")
    assert full.lead.tolist() == [True, False, True] * 2 and about["found by title"] == 1
    assert set(full.groups) == {"country", "field", "decade", "position"} and set(full.groups["country"]) == {"CN"}
    byline = byline_rows(corpus.store)
    assert len(byline.lead) == 12 and byline.matrix[:3, byline.features.index("place")].tolist() == [0.0, 0.5, 1.0]
    assert byline.matrix[:3, byline.features.index("is_alphabetical")].tolist() == [0.0] * 3
    assert np.isnan(byline.matrix[:, byline.features.index("is_corresponding")]).all()


def test_no_statement_no_labels(tmp_path: Path) -> None:
    obs = observatory(tmp_path, [work(1, AUTHORS, doi="10.1/z")], {1: "CN"})
    with pytest.raises(DataError, match="no contribution statements were ingested"):
        byline_rows(obs.store)
    (tmp_path / "s.jsonl").write_text(statement(doi="10.1/q"))
    ingest(obs.store, [tmp_path / "s.jsonl"])
    with pytest.raises(DataError, match="none of the 1 statements is about a work of this corpus"):
        labelled_rows(arm.open(tmp_path).corpus, "full")


def test_short_titles_join_nothing() -> None:
    assert title_key("Editorial") == "" and title_key(TITLE) == title_key(TITLE.replace("<i>", "").replace("</i>", "").upper())
