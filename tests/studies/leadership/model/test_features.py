"""Features from the corpus: by hand on a small corpus, against plain Python on random worlds, and blind to the future."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.observatory import Observatory
from armillary.studies.leadership.model.corpus_features import feature_matrix
from armillary.studies.leadership.model.features import FEATURE_SETS, byline_matrix, is_alphabetical, sort_key
from support.random_world import random_world
from support.tiny import observatory

FULL = FEATURE_SETS["full"]
ANN, BOB, CY = 11, 12, 13


def author(number: int | None, **more: Any) -> dict[str, Any]:
    return {"addresses": [[1]], "id": number, "name": f"Name {number}", **more}


PAPERS: list[dict[str, Any]] = [
    {"id": 1, "year": 2010, "authors": [author(ANN)], "topics": {100: 1.0}},
    {"id": 2, "year": 2012, "authors": [author(ANN), author(BOB)], "topics": {100: 0.6, 200: 0.8}, "references": [1]},
    {"id": 3, "year": 2015, "authors": [author(CY)], "topics": {300: 1.0}, "references": [1, 2]},
    # the paper to describe: refers to 1 (Ann's own, which Ann and Bob cited before, in 2) and 3 (nobody's)
    {
        "id": 9,
        "year": 2016,
        "field_id": 17,
        "authors": [author(ANN), author(BOB), author(None)],
        "topics": {100: 1.0},
        "references": [1, 3],
    },
    # later, and of the same year: must not count
    {"id": 10, "year": 2016, "authors": [author(BOB)], "references": [3]},
    {"id": 11, "year": 2020, "authors": [author(BOB), author(ANN)], "references": [1, 9]},
]


def described(obs: Observatory, work: int, which: str = "full") -> list[dict[str, float]]:
    works = obs.corpus.table("work").filter(obs.corpus.table("work").work_id == work)
    keys, matrix = feature_matrix(obs.corpus, works, which)
    assert keys["author_seq"].to_pylist() == list(range(1, len(matrix) + 1))
    return [dict(zip(FEATURE_SETS[which], row, strict=True)) for row in matrix.tolist()]


def test_by_hand(tmp_path: Path) -> None:
    ann, bob, nobody = described(observatory(tmp_path, PAPERS, {1: "CN"}), 9)
    assert (ann["n_authors"], ann["place"], bob["place"], nobody["place"]) == (3, 0.0, 0.5, 1.0)
    assert (bob["from_start"], bob["from_end"], ann["field"], ann["year"]) == (1, 1, 17, 2016)
    assert ann["past_works"] == pytest.approx(math.log(3)) and bob["past_works"] == pytest.approx(math.log(2))
    # paper 1 was cited in 2012 and 2015, paper 2 in 2015
    assert ann["past_citations"] == pytest.approx(math.log(4)) and bob["past_citations"] == pytest.approx(math.log(2))
    assert (ann["career_age"], bob["career_age"], ann["age_gap"], bob["age_gap"]) == (6, 4, 0, 2)
    assert (ann["references_known"], bob["references_known"]) == (0.5, 0.5)
    assert (ann["references_own"], bob["references_own"]) == (0.5, 0.0)
    # Ann: (1.6, 0.8) against (1, 0); Bob: (0.6, 0.8)
    assert ann["topic_cosine"] == pytest.approx(1.6 / math.sqrt(1.6**2 + 0.8**2)) and bob["topic_cosine"] == pytest.approx(0.6)
    assert (ann["past_coauthors"], bob["past_coauthors"]) == (1, 1)
    # no id: no history, which is unknown and not zero
    assert all(math.isnan(nobody[f]) for f in ("past_works", "career_age", "references_known", "topic_cosine", "past_coauthors"))


def test_the_future_does_not_matter(tmp_path: Path) -> None:
    now = described(observatory(tmp_path / "a", PAPERS, {1: "CN"}), 9)
    then = described(observatory(tmp_path / "b", [p for p in PAPERS if p["year"] < 2016 or p["id"] == 9], {1: "CN"}), 9)
    np.testing.assert_equal(now, then)


def test_corresponding_flag_is_unknown_where_nobody_has_it(tmp_path: Path) -> None:
    papers = [
        {"id": 1, "authors": [author(1, corresponding=True), author(2, corresponding=None), author(3, corresponding=False)]},
        {"id": 2, "authors": [author(1, corresponding=False), author(2, corresponding=False)]},
    ]
    obs = observatory(tmp_path, papers, {1: "CN"})
    assert [r["is_corresponding"] for r in described(obs, 1, "byline")] == [1.0, 0.0, 0.0]
    assert all(math.isnan(r["is_corresponding"]) for r in described(obs, 2, "byline"))


def test_corpus_and_statement_bylines_agree(tmp_path: Path) -> None:
    names = ["Ann Adams", "Zoe Baker", "Bo Clark Jr."]
    paper = {"id": 1, "authors": [{**author(k), "name": n} for k, n in enumerate(names)]}
    obs = observatory(tmp_path, [paper], {1: "CN"})
    _, matrix = feature_matrix(obs.corpus, obs.corpus.table("work"))
    alone = byline_matrix(np.zeros(3), np.arange(1, 4), np.full(3, 3), np.full(3, float(bool(is_alphabetical(names)))), np.full(3, np.nan))
    np.testing.assert_array_equal(matrix, alone)


def test_surnames() -> None:
    assert sort_key("Müller, Jürgen") == "muller" and sort_key("Rory D. de Vries") == "vries" and sort_key("John Smith Jr.") == "smith"
    assert is_alphabetical(["A Adams", "B Baker"]) is None and is_alphabetical(["A Adams", None, "C Clark"]) is None
    assert is_alphabetical(["B Adams", "A Baker", "C Baker"]) is True and is_alphabetical(["B Baker", "A Adams", "C Clark"]) is False


def slow(papers: list[dict[str, Any]], target: dict[str, Any]) -> list[dict[str, float]]:
    """The definitions of METHODS 4.6 in plain Python."""
    year = {p["id"]: p["year"] for p in papers}
    out = []
    team = {a["id"] for a in target["authors"]}
    ages = []
    for a in target["authors"]:
        mine = [p for p in papers if p["year"] < target["year"] and a["id"] in {x["id"] for x in p["authors"]}]
        ids = {p["id"] for p in mine}
        cites = sum(ref in ids and year[p["id"]] < target["year"] for p in papers for ref in set(p["references"]))
        refs = set(target["references"])
        before = {ref for p in mine for ref in p["references"]}
        met = {x["id"] for p in mine for x in p["authors"]} & team - {a["id"]}
        age = target["year"] - min((p["year"] for p in mine), default=target["year"])
        ages.append(age)
        out.append(
            {
                "past_works": math.log(1 + len(mine)),
                "past_citations": math.log(1 + cites),
                "career_age": age,
                "past_coauthors": len(met),
                "references_known": len(refs & before) / len(refs) if refs else math.nan,
                "references_own": len(refs & ids) / len(refs) if refs else math.nan,
            }
        )
    for row, age in zip(out, ages, strict=True):
        row["age_gap"] = max(ages) - age
    return out


@pytest.mark.parametrize("seed", range(3))
def test_against_plain_python(tmp_path: Path, seed: int) -> None:
    papers, institutions = random_world(seed, 70)
    for p in papers:  # an author stands once in a byline
        seen: set[int] = set()
        p["authors"] = [a for a in p["authors"] if not (a["id"] in seen or seen.add(a["id"]))]  # type: ignore[func-returns-value]
    obs = observatory(tmp_path, papers, institutions)
    keys, matrix = feature_matrix(obs.corpus, obs.corpus.table("work"), "full")
    place = {f: k for k, f in enumerate(FULL)}
    row = 0
    for p in sorted(papers, key=lambda p: p["id"]):
        for expected in slow(papers, p):
            found = {f: matrix[row, place[f]] for f in expected}
            assert found == pytest.approx(expected, nan_ok=True), (p["id"], row)
            row += 1
    assert row == keys.num_rows
