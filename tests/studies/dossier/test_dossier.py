from __future__ import annotations

import json

import pytest

from armillary.cli.main import run
from armillary.errors import DataError, SpecError, UnknownNameError, UsageError
from armillary.reports.dossier import dossier_html
from armillary.studies.dossier import dossier
from support.tiny import observatory

INSTITUTIONS = {1: {"country_code": "DE", "name": "Uni <A>"}, 2: {"country_code": "FR", "name": "Uni B"}}
SEA = {"field_id": 19, "subfield_id": 1910, "topic_id": 5}
PAPERS = [
    {
        "id": 1,
        "authors": [
            {"id": 11, "name": "Ada | A.", "addresses": [[1]], "corresponding": True},
            {"id": 12, "name": "Ben", "addresses": [[2], []]},
        ],
        "doi": "10.1000/one",
        "title": "Coral <i>reefs</i> & <b>heat</b>",
        "year": 2020,
        "cited_by_n": 9,
        "sdgs": {14: 0.8},
        **SEA,
    },
    {
        "id": 2,
        "authors": [{"id": 11, "name": "Ada | A.", "addresses": [[1]]}],
        "year": 2021,
        "references": [1],
        "title": "Quantum dots in a laser",
        "field_id": 31,
        "subfield_id": 3104,
        "topic_id": 6,
    },
    {"id": 3, "authors": [{"id": 13, "addresses": [[2]]}], "year": 2022, "references": [1], "title": "Reefs again", **SEA},
    {"id": 4, "authors": [], "year": None, "title": None, "is_retracted": True},
]
TOPICS = [
    {**SEA, "name": "Coral Reefs", "subfield_name": "Oceanography", "field_name": "Earth", "origin": "entity"},
    {
        "topic_id": 6,
        "name": "Quantum Dots",
        "subfield_id": 3104,
        "subfield_name": "Matter",
        "field_id": 31,
        "field_name": "Physics",
        "origin": "entity",
    },
]
MORE = {
    "topic": TOPICS,
    "work_award": [{"work_id": 1, "funder_id": 7, "name": "DFG", "award_id": "A-1"}],
    "work_citation_year": [{"work_id": 1, "year": 2021, "cited_by_n": 5}],
    "policy_document": [{"policy_id": "p", "title": "Plan", "organisation": "UNEP", "organisation_type": "igo", "year": 2023}],
    "policy_citation": [{"policy_id": "p", "doi": "10.1000/one", "group": "Chapter 3"}],
    "patent": [{"patent_id": "EP1", "year": 2024, "n_inventors": 1}],
    "patent_citation": [{"patent_id": "EP1", "work_id": None, "doi": "10.1000/one"}],
}


@pytest.fixture
def obs(tmp_path):
    return observatory(tmp_path / "obs", PAPERS, INSTITUTIONS, **MORE)


@pytest.mark.parametrize("target", ["W1", "w1", "10.1000/ONE", "https://doi.org/10.1000/one", "https://openalex.org/W1", "doi:10.1000/one"])
def test_a_work_by_any_of_its_names(obs, target):
    page = dossier(obs.corpus, target)
    assert (page.kind, page.id, page.title) == ("work", "W1", "Coral reefs & heat")


def test_work_sections(obs):
    page = dossier(obs.corpus, "W1")
    assert [r[1:] for r in page.section("people").rows] == [
        ("Ada | A.", "first", "yes", "Uni <A>", "DE"),
        ("Ben", "last", "", "Uni B", "FR"),
    ]
    # Ben has two address lines, one of them matched: a share of the paper splits over institutions, so France has half
    assert page.section("places").rows == (("France", 0.5), ("Germany", 0.5))
    assert page.section("funding").rows == (("DFG", "A-1"),)
    assert page.section("citations").rows == ((2021, 5, 1), (2022, None, 1))
    assert dict(page.section("citations").facts)["Citing countries here"] == "France 1, Germany 1"
    impact = dict(page.section("impact").facts)
    assert impact["Citations counted"] == 1, "the citing work of the same author is a self-citation"
    assert {r[2] for r in page.section("goals").rows} == {"record", "query ecosystems"}
    assert page.section("policy").rows == ((2023, "Plan", "UNEP", "igo", None, "Chapter 3"),)
    assert page.section("patents").rows == (("EP1", 2024),)


def test_what_is_not_known_is_said(obs):
    page = dossier(obs.corpus, "W4")
    assert page.title == "(no title)" and "retracted" in page.warnings[0]
    for id in ("people", "places", "funding", "impact", "goals"):
        assert page.section(id).is_empty and page.section(id).empty
    assert dict(page.section("citations").facts)["Citing works in this observatory"] == 0
    assert "no DOI" in page.section("policy").empty
    assert "unknown, not none" in page.to_markdown()


def test_a_subject_and_a_query(obs):
    page = dossier(obs.corpus, "Coral Reefs")
    assert (page.kind, page.subtitle.split()[0]) == ("subject", "2")
    assert page.section("country").rows[0][:4] == (1, "France", "FR", 2)
    assert page.section("partners").rows == (("Germany", "France", 1),)
    assert page.section("policy").rows == (("p", "UNEP", "igo", 1),)
    assert dict(page.section("patents").facts) == {"Patents": 1, "Works they cite": 1}
    assert page.section("works").rows[0][:2] == ("W1", "Coral reefs & heat")
    query = dossier(obs.corpus, 'query:"quantum dot*" NEAR/3 laser')
    assert query.section("overview").facts[0] == ("Works", 1)
    assert query.warnings
    assert dossier(obs.corpus, "query:reefs", period="2022").section("overview").facts[0] == ("Works", 1)


def test_forms(obs):
    page = dossier(obs.corpus, "W1")
    data = json.loads(page.to_json())
    assert data["sections"][1]["rows"][0]["author"] == "Ada | A." and data["data"]["doi"] == "10.1000/one"
    markdown = page.to_markdown()
    assert "Ada \\| A." in markdown and markdown.startswith("# Coral reefs & heat\n")
    html = dossier_html(page)
    assert "Uni &lt;A&gt;" in html and "<script" not in html and "http" not in html.replace("http-equiv", "")
    assert html == dossier_html(dossier(obs.corpus, "W1"))


def test_command(obs, tmp_path, capsys):
    base = ["dossier", "--into", str(obs.path)]
    assert run([*base, "W1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Coral reefs & heat"
    assert run([*base, "W1", "--out", str(tmp_path / "d.html")]) == 0 and (tmp_path / "d.html").read_text().startswith("<!doctype html>")
    assert run([*base, "W1"]) == 0 and capsys.readouterr().out.startswith("# Coral")
    assert run([*base, "W1", "--out", "d.pdf"]) == 2


@pytest.mark.parametrize(
    ("target", "error", "text"),
    [
        ("W99", UnknownNameError, "W99"),
        ("10.1000/none", DataError, "no work of this observatory has the DOI"),
        ("Coral Reef", UnknownNameError, "Coral Reefs"),
        ("query:zebra", DataError, "no work of the default scope"),
        ("query:(a1", SpecError, "expected"),
        (" ", UsageError, "needs a target"),
    ],
)
def test_mistakes(obs, target, error, text):
    with pytest.raises(error, match=text):
        dossier(obs.corpus, target)
