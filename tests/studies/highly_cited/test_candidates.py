from __future__ import annotations

import json
from fractions import Fraction

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import DataError, InputError, SpecError, UnknownNameError, UsageError
from armillary.observatory import open_observatory
from armillary.studies.highly_cited.candidates import CROSS_FIELD, highly_cited
from armillary.studies.highly_cited.rules import Rules, field_groups
from armillary.studies.highly_cited.screening import read_exclusions, read_retractions
from armillary.studies.highly_cited.selection import citation_threshold
from armillary.synthetic.truth import Truth
from armillary.synthetic.world import World
from armillary.synthetic.write_core import to_core
from reference import highly_cited_reference as reference
from support.tiny import observatory


def synthetic(path, works):
    store = Store.create(path)
    to_core(store, World(works, 1))
    return open_observatory(path, threads=1)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return synthetic(tmp_path_factory.mktemp("small") / "obs", 8_000)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return synthetic(tmp_path_factory.mktemp("large") / "obs", 100_000)


@pytest.mark.parametrize(("top", "doors"), [(Fraction(1, 100), {"papers", CROSS_FIELD}), (Fraction(1, 10), {"papers", "near-miss"})])
def test_candidates_equal_the_slow_reference(small, top, doors):
    got = highly_cited(small.corpus, Rules(last=2024, years=20, min_cell=8, top=top, citation_top=top))
    ids = dict(zip(got.groups.names, (int(i.split(":")[1]) for i in got.groups.ids), strict=True)) | {CROSS_FIELD: 0}
    mine = {(d.author_id, ids[d.field], d.door) for d in got.designations}
    assert mine == reference.designations(small.store, first=2005, last=2024, min_cell=8, top=top)
    assert {door for _, _, door in mine} == doors


def test_planted_stars_are_recovered_and_planted_merges_flagged(large):
    world = World(100_000, 1)
    got = highly_cited(large.corpus, Rules(last=2025, years=21, min_cell=50))
    stars = {int(a[1:]) for ids in Truth(world).stars().values() for a in ids}
    fields = {f"field:{f}" for f in Truth(world).stars()}
    listed = {d.author_id for d in got.designations if dict(zip(got.groups.names, got.groups.ids, strict=True)).get(d.field) in fields}
    assert len(listed & stars) / len(stars) > 0.6, "most planted stars are on the list"
    assert len(listed & stars) / len(listed) > 0.25, "and they are a large part of those listed in their fields"
    merged = {9_000_000_000 + int(a) for a in world.merged.authors}
    flagged = {a for a in got.profiles if got.flags(a)}
    assert merged <= flagged, "every planted merge is flagged"
    assert not flagged & stars and len(flagged) <= len(merged) + 1, "and hardly anybody else"
    assert {a for a, _ in got.effect.leave} & merged, "the flags change the list"
    assert got.effect.designations_before == len(got.designations)


def test_thread_count_does_not_matter(small):
    rules = Rules(last=2022, years=15, min_cell=20)
    one, two = highly_cited(small.corpus, rules), highly_cited(open_observatory(small.path, threads=2).corpus, rules)
    assert one.table().equals(two.table()) and one.by("institution").equals(two.by("institution")) and one.fields == two.fields
    assert one.flag_rows() == two.flag_rows() and one.effect_rows() == two.effect_rows()


def test_every_candidate_is_explained_by_papers(small):
    got = highly_cited(small.corpus, Rules(last=2022, years=15, min_cell=20))
    for d in got.designations:
        papers = [p for p in got.explain(f"A{d.author_id}") if d.field in (p["field"], CROSS_FIELD)]
        assert len(papers) == d.papers and sum(p["citations"] for p in papers) == d.citations
        assert all(p["citations"] >= p["threshold"] for p in papers)


def test_designations_and_persons_by_country(small):
    got = highly_cited(small.corpus, Rules(last=2022, years=15, min_cell=20))
    rows = got.by("country").to_pylist()
    assert sum(r["value"] for r in rows) == len(got.designations) and sum(r["count"] for r in rows) == len(got.persons)
    assert sum(r["share"] for r in rows) == pytest.approx(1)
    assert [r["rank"] for r in rows if r["rank"]] == sorted(r["rank"] for r in rows if r["rank"])
    with pytest.raises(UnknownNameError):
        got.by("city")


def paper(number, authors, cites=(), **more):
    return {"id": number, "authors": authors, "references": list(cites), "field_id": 16, "year": 2020, "n_references": 1, **more}


def author(number, institution=1, **more):
    return {"id": number, "addresses": [[institution]], **more}


@pytest.fixture
def hundred(tmp_path):
    """One field and year of 100 papers: papers 1 to 3 are cited 9, 9 and 5 times; everybody else once or never."""
    papers = [paper(1, [author(1)]), paper(2, [author(2, 2), *(author(900 + i) for i in range(30))]), paper(3, [author(3, 2)])]
    papers += [paper(10 + i, [author(100 + i)], [c for c, n in ((1, 9), (2, 9), (3, 5)) if i < n]) for i in range(97)]
    topics = [{"topic_id": 1, "name": "T", "field_id": 16, "field_name": "Chemistry", "origin": "entity"}]
    return observatory(tmp_path / "obs", papers, {1: "AA", 2: "BB"}, topic=topics)


def test_t6_3_papers_with_too_many_authors_are_ignored(hundred):
    obs = hundred
    all_of_them = highly_cited(obs.corpus, Rules(last=2020, years=1, max_authors=None, near_miss=False))
    assert {d.author_id for d in all_of_them.designations} >= {1, 2}
    limited = highly_cited(obs.corpus, Rules(last=2020, years=1, max_authors=30, near_miss=False))
    assert {d.author_id for d in limited.designations} == {1}
    assert [p["work_id"] for p in limited.explain("A1")] == ["W1"]


def test_retracted_papers_count_for_nobody_and_the_next_one_moves_up(hundred, tmp_path):
    obs = hundred
    path = tmp_path / "retracted.csv"
    path.write_text("OriginalPaperDOI,work_id\n,W1\n,W2\n")
    works = read_retractions(obs.corpus, path)
    assert works == {1, 2}
    got = highly_cited(obs.corpus, Rules(last=2020, years=1, min_cell=90), retracted=works)
    assert {d.author_id for d in got.designations} == {3}


def test_excluded_people_do_not_compete(hundred, tmp_path):
    obs = hundred
    path = tmp_path / "exclude.csv"
    path.write_text("author_id,orcid,reason\nA1,,misconduct\n,https://orcid.org/0000-0002-1825-0097,declined\n")
    banned = read_exclusions(obs.corpus, path)
    assert banned == {1: "misconduct"}, "the ORCID stands on no record here"
    got = highly_cited(obs.corpus, Rules(last=2020, years=1, max_authors=None), exclude=banned)
    assert 1 not in got.persons and 2 in got.persons and got.meta()["excluded"] == 1


def test_an_orcid_takes_out_every_record_that_carries_it(small, tmp_path):
    rows = small.store.read("authorship").to_pylist()
    orcid = next(r["orcid"] for r in rows if r["orcid"] and r["author_id"])
    path = tmp_path / "exclude.csv"
    path.write_text(f"orcid,reason\nhttps://orcid.org/{orcid},declined\n")
    assert set(read_exclusions(small.corpus, path)) == {r["author_id"] for r in rows if r["orcid"] == orcid and r["author_id"]}


def test_thresholds_from_tallies():
    import numpy as np

    assert citation_threshold(np.array([0, 3, 9]), np.array([97, 2, 1]), Fraction(1, 100)) == 9
    assert citation_threshold(np.array([9, 3, 0]), np.array([1, 2, 97]), Fraction(2, 100)) == 3
    assert citation_threshold(np.array([0]), np.array([5]), Fraction(1, 100)) == 1


def test_field_groups(tmp_path):
    esi = field_groups("esi-like", {})
    assert len(esi.ids) == 21 and len(set(esi.names)) == 21
    path = tmp_path / "mine.toml"
    path.write_text('[groups]\na = { name = "A", fields = [16] }\nb = { fields = [16] }\n')
    with pytest.raises(SpecError, match="in two groups"):
        field_groups(str(path), {})
    with pytest.raises(UnknownNameError, match="set of fields"):
        field_groups("esi", {})


def test_esi_like_groups_cover_every_field_but_arts(real_data):
    import csv
    import gzip

    groups = field_groups("esi-like", {})
    with gzip.open(real_data / "topics" / "openalex_topics_4516.csv.gz", "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    known = groups.by_field.keys() | {0}
    left_out = {r["field_name"] for r in rows if int(r["field_id"]) not in known and int(r["subfield_id"]) not in groups.by_subfield}
    assert left_out == {"Arts and Humanities"}
    assert {int(r["subfield_id"]) for r in rows} >= set(groups.by_subfield), "every subfield named exists"


def test_mistakes_are_named(small, tmp_path):
    with pytest.raises(DataError, match="has 5000 papers"):
        highly_cited(small.corpus, Rules(last=2022, min_cell=5000))
    with pytest.raises(UsageError, match="window"):
        Rules(last=2022, years=0)
    with pytest.raises(UnknownNameError, match="author with a highly cited paper"):
        highly_cited(small.corpus, Rules(last=2022, years=15, min_cell=20)).explain("A1")
    path = tmp_path / "x.csv"
    path.write_text("name,reason\nX,y\n")
    with pytest.raises(InputError, match="no column author_id or orcid"):
        read_exclusions(small.corpus, path)
    path.write_text("author_id,reason\nnobody,y\n")
    with pytest.raises(InputError, match="line 2"):
        read_exclusions(small.corpus, path)


def test_command(small, capsys, tmp_path):
    base = ["highly-cited", "--window", "2008-2022", "--min-cell", "20", "--into", str(small.path)]
    assert run([*base, "--show", "countries", "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert out["meta"]["designations"] == sum(r["value"] for r in out["rows"])
    assert "rounding" in out["meta"]["rules"]["from_memory"]
    for show in ("candidates", "fields", "effect"):
        assert run([*base, "--show", show]) == 0
        text = capsys.readouterr().out
        assert "before any review of persons" in text and "remembered" in text
    assert run([*base, "--out", str(tmp_path / "list.csv")]) == 0 and (tmp_path / "list.csv").read_text().startswith("author_id,")
    assert run(["highly-cited", "--window", "2008-", "--into", str(small.path)]) == 2
    assert "both years" in capsys.readouterr().err.casefold()
