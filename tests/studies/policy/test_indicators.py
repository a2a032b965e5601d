from __future__ import annotations

import pytest

from armillary.errors import DataError, UnknownNameError, UsageError
from support.tiny import observatory

INSTITUTIONS = {1: "DE", 2: "FR", 3: "DE"}
PAPERS = [
    {"id": 1, "authors": [[[1]]], "doi": "10.1000/1", "year": 2015, "field_id": 19, "sdgs": {13: 0.9}},
    {"id": 2, "authors": [[[1]]], "doi": "10.1000/2", "year": 2018, "field_id": 19},
    {"id": 3, "authors": [[[1]], [[2]]], "doi": "10.1000/3", "year": 2018, "field_id": 19},
    {"id": 4, "authors": [[[2]]], "doi": None, "year": 2018, "field_id": 19},
    {"id": 5, "authors": [[[2]]], "doi": "10.1000/5", "year": 2018, "field_id": 20},
]
DOCUMENTS = [
    {"policy_id": "ipcc-1", "organisation": "IPCC", "organisation_type": "igo", "country_code": None, "year": 2021},
    {"policy_id": "ipcc-2", "organisation": "IPCC", "organisation_type": "igo", "country_code": None, "year": 2022},
    {"policy_id": "bmu", "organisation": "BMU", "organisation_type": "government", "country_code": "DE", "year": 2017},
    {"policy_id": "ademe", "organisation": "ADEME", "organisation_type": "government", "country_code": "FR", "year": None},
]
CITED = [("ipcc-1", "1"), ("ipcc-2", "1"), ("bmu", "1"), ("ademe", "3"), ("bmu", "2"), ("ipcc-1", "gone")]


@pytest.fixture(scope="module")
def obs(tmp_path_factory):
    citations = [{"policy_id": p, "doi": f"10.1000/{d}"} for p, d in CITED]
    return observatory(tmp_path_factory.mktemp("o") / "obs", PAPERS, INSTITUTIONS, policy_document=DOCUMENTS, policy_citation=citations)


def values(ranking):
    return {r["unit_id"]: r["value"] for r in ranking.ranked.to_pylist()}


def test_papers_cited_and_their_part_of_papers_with_a_doi(obs):
    assert values(obs.rank("p-policy")) == {"DE": 3, "FR": 1}
    assert values(obs.rank("pp-policy")) == pytest.approx({"DE": 1.0, "FR": 0.5})
    assert values(obs.rank("pp-policy", counting="author-fractional")) == pytest.approx({"DE": 1.0, "FR": 0.5 / 1.5})


def test_documents_organisations_and_countries_count_once(obs):
    assert values(obs.rank("policy-citations")) == {"DE": 5, "FR": 1}
    assert values(obs.rank("policy-documents")) == {"DE": 4, "FR": 1}
    assert values(obs.rank("policy-organisations")) == {"DE": 3, "FR": 1}
    assert values(obs.rank("policy-countries")) == {"DE": 2, "FR": 1}
    explained = obs.explain(obs.rank("policy-documents").recipe, "DE")
    assert explained.value == 4


def test_source_types_documents_and_windows(obs):
    assert values(obs.rank("p-policy", options={"source_type": "igo"})) == {"DE": 1}
    assert values(obs.rank("policy-documents", options={"document": "ipcc"})) == {"DE": 2}
    assert values(obs.rank("policy-documents", options={"document": "IPCC"})) == {"DE": 2}
    assert values(obs.rank("policy-documents", options={"document": "ipcc-2"})) == {"DE": 1}
    assert values(obs.rank("p-policy", options={"window": 2})) == {"DE": 2}  # 2017 after 2015; and 2017 "after" 2018, counted as at once


def test_lag_is_to_the_first_document(obs):
    # paper 1: first cited 2017, two years; paper 2: a document of 2017 cites a paper of 2018, no time; paper 3: undated document
    assert values(obs.rank("policy-lag")) == pytest.approx({"DE": 1.0})


def test_home_and_abroad(obs):
    # DE papers: 1 (IPCC, home), 2 (home only), 3 (France): abroad 1 and 3
    assert values(obs.rank("pp-policy-abroad")) == pytest.approx({"DE": 2 / 3, "FR": 0.0})
    assert values(obs.rank("pp-policy-abroad", unit="institution")) == pytest.approx({"I1": 2 / 3, "I2": 0.0})
    # citations by documents with a country: DE: bmu 1, bmu 2, ademe 3; FR: ademe 3
    assert values(obs.rank("policy-home-part")) == pytest.approx({"DE": 2 / 3, "FR": 1.0})


def test_normalised_by_field_year_and_type(obs):
    # cell (19, 2015): paper 1 alone, 3 documents, mean 3 -> 1; cell (19, 2018): papers 2 and 3, one document each -> 1
    # cell (20, 2018): no document cites it, left out
    assert values(obs.rank("mnpc")) == pytest.approx({"DE": 1.0, "FR": 1.0})
    by_year = values(obs.rank("mnpc", options={"by_type": False, "field_level": "field", "source_type": "government"}))
    assert by_year == pytest.approx({"DE": 1.0, "FR": 1.0})


def test_what_papers_on_a_goal_earn(obs):
    assert values(obs.rank("policy-citations", options={"goal": 13})) == {"DE": 3}
    assert values(obs.rank("pp-policy", options={"goal": 13})) == {"DE": 1.0}
    assert values(obs.rank("mnpc", options={"goal": 13})) == {"DE": 1.0}


def test_mistakes_are_named(obs, tmp_path):
    with pytest.raises(UnknownNameError, match="type of policy source"):
        obs.rank("p-policy", options={"source_type": "goverment"})
    with pytest.raises(UsageError, match="negative"):
        obs.rank("p-policy", options={"window": -1})
    with pytest.raises(DataError, match="no policy documents"):
        observatory(tmp_path / "obs", PAPERS, INSTITUTIONS).rank("p-policy")
