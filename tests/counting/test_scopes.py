"""Scopes: filters in order, the core publications (T5.7), and the scope and weight of another program."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from armillary.counting.core_sources import core_sources, focus_threshold, kullback_leibler
from armillary.counting.scopes import funnel
from armillary.errors import UnknownNameError
from support.tiny import observatory


def test_t5_7_international_focus() -> None:
    world = [0.5, 0.3, 0.2]
    assert focus_threshold(world) == pytest.approx(math.log(2))
    assert kullback_leibler([0, 0, 1], world) == pytest.approx(math.log(5))
    assert kullback_leibler(world, world) == 0
    us_only = kullback_leibler([1, 0, 0], world)
    assert us_only == pytest.approx(math.log(2))
    assert not us_only < focus_threshold(world) - 1e-12


def journal(i: int) -> dict[str, object]:
    return {"source_id": i, "name": f"Journal {i}", "source_type": "journal", "origin": "entity"}


def test_core_sources_drop_the_national_and_the_inactive(tmp_path: Path) -> None:
    # journals 1 and 2 are mixed and cite each other; 3 is all in the largest country; 4 is mixed but cites nothing in the corpus
    us, cn, de = 1, 2, 3
    where = {1: [us, cn, de, us], 2: [us, cn, us, de], 3: [us, us, us, us], 4: [us, cn, de, us]}
    papers = []
    for source, authors in where.items():
        for k, inst in enumerate(authors):
            number = source * 10 + k
            references = {1: [20 + k], 2: [10 + k - 1] if k else [], 3: [10 + k], 4: []}[source]
            papers.append(
                {"id": number, "year": 2010 + k, "source_id": source, "references": references, "n_references": 5, "authors": [[[inst]]]}
            )
    obs = observatory(tmp_path, papers, {us: "US", cn: "CN", de: "DE"}, source=[journal(i) for i in where])
    table = {r["source_id"]: r for r in core_sources(obs.corpus).to_pylist()}
    assert {s: r["is_international"] for s, r in table.items()} == {1: True, 2: True, 3: False, 4: True}
    assert {s: r["is_core"] for s, r in table.items()} == {1: True, 2: True, 3: False, 4: False}
    assert table[2]["active_share"] == pytest.approx(0.75)
    ranking = obs.rank("count", scope="core")
    assert ranking.meta["records"] == 8
    assert ranking.why_not(30).reason == "source_not_international"
    assert ranking.why_not(40).reason == "source_not_active"


def test_the_inverse_institution_weight_does_not_add_up_over_countries(tmp_path: Path) -> None:
    obs = observatory(tmp_path, [{"id": 1, "authors": [[[1]], [[2]], [[3]]]}], {1: "CN", 2: "CN", 3: "US"})
    theirs = {r["unit_id"]: r["value"] for r in obs.rank("publications", counting="inverse-institutions").ranked.to_pylist()}
    ours = {r["unit_id"]: r["value"] for r in obs.rank("publications", counting="author-fractional").ranked.to_pylist()}
    assert theirs == pytest.approx({"CN": 1 / 3, "US": 1 / 3})
    assert ours == pytest.approx({"CN": 2 / 3, "US": 1 / 3})


def test_unknown_scope_and_filter_suggest(tmp_path: Path) -> None:
    obs = observatory(tmp_path, [{"id": 1, "authors": [[[1]]]}], {1: "CN"})
    with pytest.raises(UnknownNameError, match="Did you mean 'articles'"):
        obs.rank("share", scope="article")
    with pytest.raises(UnknownNameError, match="unknown work filter"):
        obs.rank("share", scope=["typo:1"])


def test_filters_of_other_rooms_are_known_to_recipes(tmp_path: Path) -> None:
    obs = observatory(tmp_path, [{"id": 1, "title": "Deep learning of proteins", "authors": [[[1]]], "domain_id": 1}], {1: "CN"})
    assert obs.rank("count", scope=['query:"deep learning"']).meta["records"] == 1
    assert obs.rank("count", scope=["not-domain:1"]).meta["records"] == 0


def test_the_funnel_counts_what_each_filter_drops(tmp_path: Path) -> None:
    papers = [
        {"id": 1, "authors": [[[1]]], "is_retracted": True, "type": "review"},
        {"id": 2, "authors": [], "type": "review"},
        {"id": 3, "authors": [[[1]]]},
    ]
    obs = observatory(tmp_path, papers, {1: "CN"})
    steps = funnel(obs.corpus, ("not-retracted", "types:review", "has-authors"))
    assert [(s["dropped"], s["left"]) for s in steps] == [(1, 2), (1, 1), (1, 0)]
