from __future__ import annotations

import json

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import DataError, UnknownNameError
from armillary.observatory import open_observatory
from armillary.sources.openalex.ingest import ingest
from armillary.sources.policy.ingest import ingest_policy
from armillary.studies.policy.citing_sources import citing_sources
from armillary.studies.policy.uptake import uptake
from armillary.synthetic.policy import table as policy_table
from armillary.synthetic.world import World
from armillary.synthetic.write_core import to_core
from support.tiny import observatory

PAPERS = [
    {"id": 1, "authors": [[[1]]], "doi": "10.1000/1", "field_id": 19, "sdgs": {13: 0.9}},
    {"id": 2, "authors": [[[1]], [[2]]], "doi": "10.1000/2", "field_id": 19},
    {"id": 3, "authors": [[[2]]], "doi": "10.1000/3", "field_id": 23},
    {"id": 4, "authors": [[]], "doi": "10.1000/4", "field_id": 23},
]
DOCUMENTS = [
    {"policy_id": "w1", "organisation": "IPCC", "organisation_type": "igo", "year": 2021},
    {"policy_id": "w2", "organisation": "IPCC", "organisation_type": "igo", "year": 2022},
    {"policy_id": "m", "organisation": "Ministry", "organisation_type": "government", "country_code": "DE", "year": 2022},
]
CITED = [("w1", "1"), ("w1", "2"), ("w2", "2"), ("m", "4"), ("m", "99")]
TOPICS = [{"topic_id": i, "name": "T", "field_id": i, "field_name": n, "origin": "entity"} for i, n in ((19, "Earth"), (23, "Environment"))]


@pytest.fixture
def obs(tmp_path):
    citations = [{"policy_id": p, "doi": f"10.1000/{d}"} for p, d in CITED]
    return observatory(
        tmp_path / "obs",
        PAPERS,
        {1: "DE", 2: "FR"},
        policy_document=DOCUMENTS,
        policy_citation=citations,
        topic=TOPICS,
    )


def test_working_groups_by_field_and_country(obs):
    found = uptake(obs.corpus)
    assert found.columns == ("w1", "m", "w2")
    assert [tuple(r.values()) for r in found.table.to_pylist()] == [
        ("19", "Earth", 2, 2.0, 1.0, 2.0, 0.0, 1.0),
        ("23", "Environment", 2, 1.0, 0.5, 0.0, 1.0, 0.0),
    ]
    by_country = {r["unit_id"]: r for r in uptake(obs.corpus, unit="country").table.to_pylist()}
    assert (by_country["DE"]["w1"], by_country["FR"]["w1"], by_country["FR"]["papers"]) == (2, 1, 2)
    assert by_country[None]["m"] == 1, "a cited paper without a country stays in the table"
    assert "3 of the 4 DOIs" in found.meta["coverage"]


def test_goals_and_source_types(obs):
    rows = {r["unit_id"]: r for r in uptake(obs.corpus, unit="goal", by="source_type").table.to_pylist()}
    assert (rows["sdg:13"]["papers"], rows["sdg:13"]["igo"], rows["all"]["igo"], rows["all"]["government"]) == (1, 1, 2, 1)
    assert rows["sdg:1"]["part"] is None


def test_who_cites(obs):
    rows = citing_sources(obs.corpus).to_pylist()
    assert [(r["unit_id"], r["value"], r["documents"], r["found"]) for r in rows] == [("igo", 3, 2, 3), ("government", 2, 1, 1)]
    assert rows[0]["share"] == pytest.approx(0.6)
    assert [(r["rank"], r["unit_id"]) for r in citing_sources(obs.corpus, "source_country").to_pylist()] == [(1, "DE"), (None, None)]
    with pytest.raises(UnknownNameError):
        citing_sources(obs.corpus, "city")


def test_planted_quarter_of_policy_citations_from_international_organisations(tmp_path):
    world = World(8_000, 1)
    store = Store.create(tmp_path / "obs")
    to_core(store, world)
    import pyarrow.csv as pacsv

    pacsv.write_csv(policy_table(world), tmp_path / "policy.csv")
    report = ingest_policy(store, tmp_path / "policy.csv")
    assert sum(report.rejected.values()) > 0 and report.read == report.kept + report.repeated + sum(report.rejected.values())
    rows = {r["unit_id"]: r for r in citing_sources(open_observatory(store.path, threads=1).corpus).to_pylist()}
    assert rows["igo"]["share"] == pytest.approx(0.25, abs=1e-12)
    assert rows["igo"]["found"] == rows["igo"]["value"], "every accepted DOI of the synthetic world is one of its works"


def test_commands(obs, capsys, tmp_path):
    base = ["policy", "--into", str(obs.path)]
    assert run([*base, "--unit", "country", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["unit_id"] == "DE"
    assert run([*base, "--plot", str(tmp_path / "map.svg")]) == 0 and (tmp_path / "map.svg").stat().st_size > 3000
    assert run([*base, "--unit", "source_type"]) == 0
    assert "International organisations" in capsys.readouterr().out


def test_mistakes(obs, tmp_path):
    with pytest.raises(UnknownNameError):
        uptake(obs.corpus, by="year")
    empty = observatory(
        tmp_path / "other", PAPERS[:1], {1: "DE"}, policy_document=DOCUMENTS, policy_citation=[{"policy_id": "m", "doi": "10.1000/99"}]
    )
    with pytest.raises(DataError, match="no work here is cited"):
        uptake(empty.corpus)


@pytest.mark.slow
def test_ipcc_joined_to_the_real_works(real_data, tmp_path):
    store = Store.create(tmp_path / "obs")
    ingest(real_data / "openalex" / "data", store)
    ingest_policy(store, real_data / "policy")
    found = uptake(open_observatory(store.path, threads=1).corpus)
    assert found.meta["coverage"].startswith("13 of the 55,480 DOIs")
    assert sum(r["cited"] for r in found.table.to_pylist()) == 12, "one of the works is outside the default scope"
