"""What is planted can be found again."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from armillary.synthetic import World, contributions, patents, policy, series, works
from armillary.synthetic.beside import write_beside
from armillary.synthetic.truth import Truth, leaders
from armillary.synthetic.world import ADVANTAGE, OVERTAKING_YEAR, YEARS


@pytest.fixture(scope="module")
def world() -> World:
    return World(20_000, seed=2)


def test_citation_advantage_is_as_planted() -> None:
    found = Truth(World(200_000, seed=1)).advantage()
    assert found["country 1"] == pytest.approx(ADVANTAGE["country 1"], rel=0.05)
    assert found["star institution"] == pytest.approx(ADVANTAGE["star institution"], rel=0.12)


def test_country_0_overtakes_in_the_planned_year() -> None:
    world = World(200_000, seed=1)
    country = world.inst.country[world.lead(np.arange(world.works))[0]]
    year = world.year_field(np.arange(world.works))[0]
    ahead = [int((country[year == y] == 0).sum()) - int((country[year == y] == 1).sum()) for y in range(YEARS)]
    first = OVERTAKING_YEAR - 2005
    assert all(a < 0 for a in ahead[: first - 1]) and all(a > 0 for a in ahead[first + 1 :])
    plan = Truth(world).planned_share_of_works()
    a, b = (np.array(plan[c]) for c in world.geo.codes[:2])
    assert np.array_equal(a > b, np.arange(YEARS) >= first)


def test_exact_credit_adds_up(world: World) -> None:
    for unit in ("country", "institution", "city"):
        share, count, total = Truth(world).credit(unit, period=(2020, 2021))
        assert sum(share.values()) == total, "every work is credited once or left unassigned"
        assert all(share[u] <= count[u] for u in share if u != "unassigned")
        assert isinstance(share[next(iter(share))], Fraction)


def test_stars_lead_the_most_attractive_works(world: World) -> None:
    i = np.arange(world.works)
    _, author, starred = world.lead(i)
    stars = np.concatenate(list(world.stars.values()))
    assert np.isin(author[starred], stars).all()
    citations = Truth(world).citations
    assert citations[starred].mean() > 5 * citations.mean()
    assert min(np.bincount(np.searchsorted(np.sort(stars), author[starred]))) >= 2


def test_merged_authors_show_it() -> None:
    first, *others = Truth(World(50_000, seed=2)).merged()
    assert first["most_works_in_a_year"] > 60, "over the limit of METHODS 6.3"
    assert all(row["institutions"] > 8 for row in (first, *others))


def test_policy_citations_are_a_quarter_international(world: World) -> None:
    document, work = policy.cited(world)
    kinds = Counter(policy.KINDS[d % 20] for d in document.tolist())
    assert Fraction(kinds["igo"], len(document)) == Fraction(1, 4)
    assert policy.has_doi(world, work).all()
    assert len(set(zip(document.tolist(), work.tolist(), strict=True))) == len(document)
    home = world.inst.country[world.lead(work)[0]] == document % world.n_countries
    government = document % 20 < 10
    assert home[government].mean() > 1.5 * home[~government].mean()
    table = policy.table(world)
    junk = [d for d in table["doi"].to_pylist() if d in policy.JUNK]
    assert len(junk) == Truth(world).as_dict()["policy"]["rejected"] == table.num_rows - len(document)


def test_series_pass_two_trillion_in_the_planted_year(world: World) -> None:
    rows = {(r[0], r[2]): r[3] for r in series.rows(world) if r[1] == "GERD_NC" and r[6] == series.SOURCE and r[7] == series.VINTAGE}
    home = world.geo.codes[0]
    first = next(y for y in range(series.FIRST, series.LAST + 1) if rows[home, y] > 2_000_000)
    assert first == series.TWO_TRILLION_YEAR
    theirs = {(r[0], r[2]): r[3] for r in series.rows(world) if r[6] == series.OTHER_SOURCE}
    disagree = {u for (u, y), v in theirs.items() if abs(v / rows[u, y] - 1) > 0.01}
    assert disagree == {world.geo.codes[2]}


@pytest.mark.parametrize("works_n", [1_000, 100_000])
def test_planted_clusters_are_what_dbscan_finds(works_n: int) -> None:
    sklearn = pytest.importorskip("sklearn.cluster")
    world = World(works_n, seed=4)
    p = patents.patents(world)
    rows = p.is_located & p.is_pct
    points = np.stack([p.lat[rows], p.lon[rows]], axis=1)
    spots, inverse, weight = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    fit = sklearn.DBSCAN(eps=patents.EPS_KM / 6371.01, min_samples=p.threshold, metric="haversine", algorithm="ball_tree")
    label = fit.fit(np.radians(spots), sample_weight=weight).labels_[np.ravel(inverse)]
    city = p.city[rows]
    found = {frozenset(world.geo.city_names[c] for c in np.unique(city[(label == k)])) for k in range(label.max() + 1)}
    expected = set()
    for c in patents.clusters(world):
        if c["planted"] == "two that must merge":  # DBSCAN alone keeps them apart
            expected |= {frozenset([name]) for name in c["cities"]}
        else:
            expected.add(frozenset(c["cities"]))
    assert found == expected
    sizes = sorted(np.bincount(label[label >= 0]).tolist())
    assert sum(sizes) == sum(int(c["pct_listings"]) for c in patents.clusters(world))


def test_planted_pairs_are_tied_as_planned() -> None:
    world = World(100_000, seed=4)
    p = patents.patents(world)
    geo = world.geo
    links: Counter[tuple[int, int]] = Counter()
    order = np.argsort(p.patent, kind="stable")
    for group in np.split(p.city[order], np.flatnonzero(np.diff(p.patent[order])) + 1):
        cities = sorted(set(group.tolist()))
        links.update((a, b) for k, a in enumerate(cities) for b in cities[k + 1 :])

    def strongest(city: int) -> int:
        return max((n, b if a == city else a) for (a, b), n in links.items() if city in (a, b))[1]

    assert strongest(geo.special["merge_a"]) == geo.special["merge_b"] and strongest(geo.special["merge_b"]) == geo.special["merge_a"]
    first, second = patents.far_partners(world)
    assert strongest(geo.special["apart_a"]) == first and strongest(geo.special["apart_b"]) == second
    assert links[geo.special["apart_a"], geo.special["apart_b"]] > 0


def test_deals_put_the_second_cluster_first(world: World) -> None:
    count = patents.planned(world)
    top = np.argsort(-count, kind="stable")[:2]
    deals = Counter(patents.deals_table(world)["city"].to_pylist())
    first, second = (world.geo.city_names[k] for k in top)
    assert deals[second] > 2 * deals[first]


def test_leaders_follow_position_and_not_the_lot(world: World) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    w = contributions.sample(world)
    score = contributions.lead_score(world, w)
    planted, lot = contributions.leaders(world, w), contributions.leaders(world, w, planted=False)
    assert metrics.roc_auc_score(planted, score) > 0.95
    assert abs(metrics.roc_auc_score(lot, score) - 0.5) < 0.02
    assert 0.3 < planted.mean() < 0.7
    assert len(leaders(world)) == len(w)


def test_statements_name_authors_by_initials(world: World) -> None:
    lines = [json.loads(line) for line in contributions.statements(world)]
    assert len(lines) > 2_000
    for line in lines[:200]:
        initials = [f"{a.split(' ')[0][0]}.{a.split(' ')[1][0]}." for a in line["authors"]]
        assert len(set(initials)) == len(initials)
        assert all(i in line["contribution"] for i in initials)


def test_sdg_texts_carry_the_words_of_their_goal(world: World) -> None:
    from armillary.synthetic.texts import GOAL_TERMS, Texts

    w = works.make(world, np.arange(3_000))
    texts = Texts(world.draws, world.topics.name)
    goals = {int(g) for g, s in zip(w.sdg[:, 0], w.sdg_score[:, 0], strict=True) if g and s > 0.4}
    assert len(goals) >= 10
    for goal in goals:
        text = " ".join(texts.abstract_words(3, goal, 1))
        assert any(term in text for term in GOAL_TERMS[goal])
        assert not any(term in " ".join(texts.abstract_words(3, 0, 1)) for term in GOAL_TERMS[goal])


def test_institutions_hold_the_planted_hierarchy(world: World) -> None:
    found = Truth(world).hierarchy()
    academy = found["academy"][0]["id"]
    assert len({row["city"] for row in found["academy_institute"]}) >= 10
    assert all(row["parents"] == [academy] for row in found["academy_institute"] + found["academy_university"])
    assert {row["type"] for row in found["academy_university"]} == {"education"}
    assert all(row["city"] != row["metropolis"] for row in found["outside_core"])
    assert len(found["joint_laboratory"][0]["parents"]) == 2
    assert all(len(row["parents"]) == 1 for row in found["subsidiary"])


def test_files_beside_the_snapshot(tmp_path: Path) -> None:
    world = World(1_000, seed=9)
    counts = write_beside(world, tmp_path)
    again = write_beside(World(1_000, seed=9), tmp_path / "again")
    assert counts == again
    for file in sorted(p for p in tmp_path.rglob("*") if p.is_file() and "again" not in p.parts):
        assert file.read_bytes() == (tmp_path / "again" / file.relative_to(tmp_path)).read_bytes(), file.name
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert {c["verdict"] for c in truth["claims"]} == {"supported", "contradicted", "other-period", "not-decidable"}
    assert Fraction(truth["credit"]["country"]["share"][world.geo.codes[0]]) > 0
    with gzip.open(tmp_path / "contributions" / "planted.jsonl.gz", "rt") as file:
        assert sum(1 for _ in file) == counts["contributions/planted"]
