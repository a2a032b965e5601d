"""Defaults that an expert would set: what counts, in which years, from how many papers on; and that each can be changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from armillary.counting.settled import settled
from armillary.observatory import Observatory, open_observatory
from support.tiny import observatory, store

TITLES = {
    "Table of Contents": False,
    "Author index for volume 31": False,
    "<i>Issue Information</i>": False,
    "Front Cover (Small 12/2020)": True,  # a cover with a picture's name is not on the list: it stays, and can be added
    "Cover, Volume 12": False,
    "Erratum to: A paper": False,
    "Author Correction: A paper": False,
    "RETRACTED ARTICLE: A paper": False,
    "Contents of heavy metals in soils": True,
    "Correction of motion artefacts": True,
    "Index-based dietary patterns": True,
    "Coverage and adoption": True,
    "Retraction of the lens": True,
    "Abstracts of Estonia": True,
}


def one(**facts: Any) -> dict[str, Any]:
    return {"authors": [[[1]]], "year": 2020, "subfield_id": 1602, "field_id": 16, **facts}


def test_errata_and_matter_of_issues_are_out_by_type_and_by_title(tmp_path: Path) -> None:
    papers = [one(id=i, title=t) for i, t in enumerate(TITLES, start=1)] + [one(id=99, type="erratum"), one(id=98, title=None)]
    obs = observatory(tmp_path / "o", papers, {1: "CN"})
    (row,) = obs.rank("count").ranked.to_pylist()
    assert row["count"] == sum(TITLES.values()) + 1
    for number, (title, stays) in enumerate(TITLES.items(), start=1):
        found = obs.why_not(obs.recipe("count"), number)
        assert found.counts is stays and (stays or found.reason == "front_matter"), title
    assert obs.why_not(obs.recipe("count"), 99).reason == "front_matter"
    assert obs.rank("count", scope=["not-retracted"]).ranked.to_pylist()[0]["count"] == len(papers)


def test_impact_counts_papers_and_conference_papers_where_the_field_lives_on_them(tmp_path: Path) -> None:
    facts = [
        {"type": "article"},
        {"type": "review"},
        {"type": "book-chapter"},
        {"type": "conference-paper", "field_id": 17, "subfield_id": 1702},
        {"type": "conference-paper", "field_id": 16},
        {"type": "article", "source_id": 5, "field_id": 16},  # a proceedings paper as OpenAlex served it until August 2026
        {"type": "article", "source_id": 5, "field_id": 22, "subfield_id": 2207},
        {"type": "preprint"},
    ]
    papers = [one(id=i, **f) for i, f in enumerate(facts, start=1)]
    obs = observatory(
        tmp_path / "o", papers, {1: "CN"}, source=[{"source_id": 5, "name": "Proc", "source_type": "conference", "origin": "entity"}]
    )
    counted = {i for i in range(1, 9) if obs.why_not(obs.recipe("mcs"), i).counts}
    assert counted == {1, 2, 4, 7}
    assert obs.why_not(obs.recipe("mcs"), 6).reason == "conference_paper"
    assert obs.rank("mcs", scope="default").ranked.to_pylist()[0]["count"] == 8
    assert obs.rank("mcs", types="conference-paper").ranked.to_pylist()[0]["count"] == 2  # asked for, so all of them


@pytest.fixture
def served(tmp_path: Path) -> Observatory:
    """Works served on 2022-05-01, of which the references lead out of the corpus: cited here once, at OpenAlex five times."""
    papers = [
        one(id=i, year=y, cited_by_n=5, references=[1, *range(900, 908)] if i > 1 else []) for i, y in enumerate(range(2019, 2023), 1)
    ]
    counts = dict.fromkeys(("records_n", "kept_n", "superseded_n", "rejected_n"), 0)
    more = {"manifest": [{"entity": "works", "file": "w", "file_sha256": "0", "snapshot_date": "2022-05-01", **counts}]}
    home = store(tmp_path / "o", papers, {1: "CN"}, **more)
    (home.path / "registry" / "about.toml").write_text('kind = "convenience-sample"\n')
    return open_observatory(home.path, threads=1)


def test_citations_close_with_the_last_complete_year(served: Observatory) -> None:
    def cites(**options: Any) -> dict[int, float | None]:
        recipe = served.recipe("tcs", options=options)
        return {i: served.explain(recipe, "CN").num / 963_761_198_400 for i in [0]} | {
            i: served.why_not(recipe, i).reason
            for i in range(1, 5)  # type: ignore[misc]
        }

    closed = cites(citations="corpus", self_citations="in")
    assert closed[0] == 2.0 and closed[4] == "citations_unknown"  # of 2020 and 2021; the work of the running year is unknown, not uncited
    assert cites(citations="corpus", self_citations="in", until=0)[0] == 3.0
    window = cites(citations="corpus", self_citations="in", window=1)
    assert window[3] == "citations_unknown" and window[0] == 1.0  # the window of a work of 2021 was open when it was served


def test_a_sample_that_sees_few_references_takes_the_counts_as_served(served: Observatory) -> None:
    ranking = served.rank("tcs")
    assert dict(ranking.recipe.options)["citations"] == "given" and ranking.ranked.to_pylist()[0]["value"] == 20
    assert settled(served.corpus, ranking.recipe) == ranking.recipe
    assert dict(served.rank("tcs", options={"citations": "corpus"}).recipe.options) == {
        **dict(ranking.recipe.options), "citations": "corpus", "until": 2021}  # fmt: skip
    alone = served.rank("mncs", within_corpus=True)
    assert dict(alone.recipe.options)["min_cell"] == 10 and alone.ranked.num_rows == 0 and alone.meta["known"] == 0
    assert served.why_not(alone.recipe, 1).reason == "small_cell"
    assert served.rank("mncs", within_corpus=True, options={"min_cell": 0}).ranked.num_rows == 1


def test_a_ratio_is_not_headed_by_units_of_one_paper(tmp_path: Path) -> None:
    papers = [one(id=i, oa_status="gold" if i % 2 else "closed") for i in range(1, 41)] + [
        {"id": 50, "authors": [[[2]]], "oa_status": "gold"}
    ]
    obs = observatory(tmp_path / "o", papers, {1: "CN", 2: "FR"})
    ranking = obs.rank("pp-oa")
    assert [r["unit_id"] for r in ranking.ranked.to_pylist()] == ["CN"] and "minimum-of-ratios" in ranking.meta["note_codes"]
    assert [r["unit_id"] for r in obs.rank("pp-oa", minimum=0).ranked.to_pylist()] == ["FR", "CN"]
    assert [r["unit_id"] for r in obs.rank("count").ranked.to_pylist()] == ["CN", "FR"]  # totals rank all
    few = observatory(tmp_path / "few", papers[-3:], {1: "CN", 2: "FR"}).rank("pp-oa")
    assert few.ranked.num_rows == 2 and "few-papers" in few.meta["note_codes"]
    assert obs.rank("pp-oa").robustness(choices={"counting": ["full"]}).outcomes[0].units == 1


def test_works_whose_authors_are_cut_are_out_where_authors_are_needed(tmp_path: Path) -> None:
    papers = [one(id=1), one(id=2, is_authors_truncated=True), one(id=3, is_authors_truncated=True, year=2010)]
    obs = observatory(tmp_path / "o", papers, {1: "CN"})
    ranking = obs.rank("count", period="2020")
    (note,) = [n for n in ranking.meta["notes"] if n.code == "cut-lists"]
    assert ranking.ranked.to_pylist()[0]["count"] == 1 and note.startswith("1 works")
    fields = obs.rank("count", unit="field")
    assert fields.ranked.to_pylist()[0]["count"] == 3 and "cut-lists" not in fields.meta["note_codes"]
    assert obs.rank("count", unit="field", scope="default").ranked.to_pylist()[0]["count"] == 1
