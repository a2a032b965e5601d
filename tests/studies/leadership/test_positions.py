"""Leadership by position, its null, alphabetical bylines; cooperation with a partner; sectors: by hand (METHODS 9.3, 9.4; T9.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from armillary.counting.bylines import alphabetical_fields, flagged_fields
from armillary.errors import DataError, UnknownNameError, UsageError
from armillary.studies.institution_types import sector_pairs, type_audit
from armillary.studies.leadership.balance import Balance, BalanceInterval
from armillary.studies.leadership.null_model import NullComparison
from armillary.studies.leadership.pairs import verdict
from support.tiny import observatory

CN1, CN2, US1, DE1, FIRM, LAB, CLINIC = 1, 2, 3, 4, 5, 6, 7
INSTITUTIONS: dict[int, dict[str, Any]] = {
    CN1: {"country_code": "CN", "institution_type": "education"},
    CN2: {"country_code": "CN", "institution_type": "education"},
    US1: {"country_code": "US", "institution_type": "education"},
    DE1: {"country_code": "DE", "institution_type": "education"},
    FIRM: {"country_code": "CN", "institution_type": "company"},
    LAB: {"country_code": "CN", "institution_type": "facility"},
    CLINIC: {"country_code": "CN", "institution_type": "healthcare"},
}


def values(path: Path, papers: list[dict[str, Any]], indicator: str, **choices: Any) -> dict[str, float]:
    obs = observatory(path, papers, INSTITUTIONS)
    return {r["unit_id"]: r["value"] for r in obs.rank(indicator, **choices).ranked.to_pylist()}


def test_t9_2_two_corresponding_authors(tmp_path: Path) -> None:
    paper = {"id": 1, "authors": [{"addresses": [[CN1]], "corresponding": True}, {"addresses": [[CN2], [US1]], "corresponding": True}]}
    found = values(tmp_path, [paper], "lead-position", counting="corresponding")
    assert found == {"CN": pytest.approx(0.75), "US": pytest.approx(0.25)}


def test_a_sole_author_is_first_and_last(tmp_path: Path) -> None:
    papers = [{"id": 1, "authors": [[[CN1]]]}, {"id": 2, "authors": [[[US1]], [[CN1]]]}]
    assert values(tmp_path / "a", papers, "lead-position", counting="first") == {"CN": 1.0, "US": 1.0}
    assert values(tmp_path / "b", papers, "lead-position", counting="last") == {"CN": 2.0}


JOINT = [
    {"id": 1, "authors": [[[CN1]], [[US1]], [[US1]]]},  # CN first, 1 of 3 authors
    {"id": 2, "authors": [[[CN1], [US1]], [[US1]]]},  # first author of both: half each; CN has 1/4 of the team
    {"id": 3, "authors": [[[US1]], [[CN1]]]},
    {"id": 4, "authors": [[[DE1]], [[CN1]]]},
    {"id": 5, "authors": [[[CN1]], [[CN2]]]},  # one country: no collaboration
]


def test_rate_team_share_and_excess(tmp_path: Path) -> None:
    rate = values(tmp_path / "a", JOINT, "lead-rate")
    team = values(tmp_path / "b", JOINT, "team-share")
    excess = values(tmp_path / "c", JOINT, "lead-excess")
    assert rate == {"CN": pytest.approx(1.5 / 4), "US": pytest.approx(1.5 / 3), "DE": 1.0}
    assert team["CN"] == pytest.approx((1 / 3 + 1 / 4 + 1 / 2 + 1 / 2) / 4)
    for unit in rate:
        assert excess[unit] == pytest.approx(rate[unit] - team[unit], abs=1e-9)


def test_rates_of_a_pair(tmp_path: Path) -> None:
    found = values(tmp_path, JOINT, "lead-rate", options={"with": "US"})
    assert found == {"CN": pytest.approx(1.5 / 3)}
    assert values(tmp_path / "i", JOINT, "lead-rate", unit="institution", options={"with": "I3"}) == {"I1": pytest.approx(1.5 / 3)}


def test_corresponding_rate_leaves_out_papers_without_a_flag(tmp_path: Path) -> None:
    papers = [
        {"id": 1, "authors": [{"addresses": [[CN1]], "corresponding": True}, {"addresses": [[US1]], "corresponding": False}]},
        {"id": 2, "authors": [{"addresses": [[CN1]], "corresponding": None}, {"addresses": [[US1]], "corresponding": None}]},
    ]
    obs = observatory(tmp_path, papers, INSTITUTIONS)
    ranking = obs.rank("lead-rate", counting="corresponding")
    assert {r["unit_id"]: r["value"] for r in ranking.ranked.to_pylist()} == {"CN": 1.0, "US": 0.0}
    # the coverage of the flag is printed with the numbers
    assert any("1 of 2 papers (50.0 %)" in note for note in ranking.meta["notes"])


def test_a_role_is_first_last_or_corresponding(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="role in the byline 'full'"):
        values(tmp_path, JOINT, "lead-rate", counting="full")


def named(work: int, field: int, *names: str) -> dict[str, Any]:
    places = [CN1, US1, DE1]
    return {"id": work, "field_id": field, "authors": [{"addresses": [[places[k % 3]]], "name": n} for k, n in enumerate(names)]}


def test_alphabetical_fields(tmp_path: Path) -> None:
    # field 26 lists its authors by surname (70 %), field 16 does not; two authors and unknown names decide nothing
    papers = [named(k, 26, "Ann Adams", "Zoe Baker", "Bo Clark Jr.") for k in range(1, 29)]
    papers += [named(k, 26, "Zoe Young", "Ann Adams", "Bo Clark") for k in range(29, 41)]
    papers += [named(k, 16, "Zoe Young", "Ann Adams", "Bo Clark") for k in range(41, 81)]
    papers += [named(81, 16, "Ann Adams", "Bo Clark"), {"id": 82, "field_id": 16, "authors": [[[CN1]], [[US1]], [[DE1]]]}]
    obs = observatory(tmp_path, papers, INSTITUTIONS)
    rows = {r["field_id"]: r for r in obs.corpus.fetch(alphabetical_fields(obs.corpus)).to_pylist()}
    assert (rows[26]["papers"], rows[26]["alphabetical"], rows[26]["is_flagged"]) == (40, 28, True)
    assert (rows[16]["papers"], rows[16]["alphabetical"], rows[16]["is_flagged"]) == (40, 0, False)
    assert rows[26]["by_chance"] == pytest.approx(1 / 6)
    assert flagged_fields(obs.corpus) == [26]
    count = {c: obs.rank("lead-rate", options={"alphabetical": c}).ranked.to_pylist()[0]["count"] for c in ("keep", "exclude", "only")}
    assert count["only"] == 40 and count["keep"] == count["only"] + count["exclude"]


def test_joint_papers_and_dependence(tmp_path: Path) -> None:
    assert values(tmp_path / "a", JOINT, "joint-papers", options={"with": "CN"}) == {"US": 3.0, "DE": 1.0}
    assert values(tmp_path / "b", JOINT, "partner-share", options={"with": "US"}) == {"CN": pytest.approx(3 / 5), "DE": 0.0}
    with pytest.raises(UsageError, match="needs the partner"):
        values(tmp_path / "c", JOINT, "joint-papers")


MIXED = [
    {"id": 1, "authors": [[[CN1]], [[FIRM]]], "doi": "10.1/a"},
    {"id": 2, "authors": [[[CN1], [LAB]], [[FIRM]]]},
    {"id": 3, "authors": [[[CN1]], [[CLINIC]]]},
    {"id": 4, "authors": [[[LAB]], [[FIRM]]]},
    {"id": 5, "authors": [[[FIRM]], [[FIRM]]]},
]


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [("pp-university-company", 2 / 5), ("pp-public-private", 3 / 5), ("pp-university-hospital", 1 / 5), ("pp-triangle", 1 / 5)],
)
def test_sectors(tmp_path: Path, indicator: str, expected: float) -> None:
    assert values(tmp_path, MIXED, indicator) == {"CN": pytest.approx(expected)}


def test_papers_cited_by_patents(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no table of patent-to-paper citations"):
        values(tmp_path / "none", MIXED, "pp-patent-cited")
    cites = [
        {"patent_id": "P1", "work_id": 2, "doi": None},
        {"patent_id": "P1", "work_id": None, "doi": "10.1/a"},
        {"patent_id": "P2", "work_id": 2, "doi": None},
        {"patent_id": "P2", "work_id": 2, "doi": "10.1/b"},
        {"patent_id": "P3", "work_id": 99, "doi": None},
    ]
    obs = observatory(tmp_path / "some", MIXED, INSTITUTIONS, patent_citation=cites)
    found = [obs.rank("pp-patent-cited", options={"least": n}).ranked.to_pylist()[0]["value"] for n in (1, 2, 3)]
    assert found == [pytest.approx(2 / 5), pytest.approx(1 / 5), 0.0]


def test_a_university_typed_funder_is_a_university_by_ror(tmp_path: Path) -> None:
    papers = [{"id": 1, "authors": [[[1]], [[2]]]}, {"id": 2, "authors": [[[3]]]}]
    institutions: dict[int, dict[str, Any]] = {
        1: {"country_code": "CN", "institution_type": "funder", "ror_id": "u1", "name": "Stanford University"},
        2: {"country_code": "CN", "institution_type": "company", "ror_id": "c1", "name": "Firm Inc"},
        3: {"country_code": "CN", "institution_type": "funder", "ror_id": None, "name": "Fund of Somewhere"},
    }
    ror = [{"ror_id": "u1", "name": "Stanford University", "institution_type": "education"}]
    for folder, more, expected in (("without", {}, []), ("with", {"ror": ror}, [(1.0, 1)])):
        obs = observatory(tmp_path / folder, papers, institutions, **more)
        rows = obs.rank("pp-university-company").ranked.to_pylist()
        # a paper with an institution of unknown type is not judged: without ROR neither, with ROR not the fund's
        assert [(r["value"], r["count"]) for r in rows] == expected


def test_audit_of_types(tmp_path: Path) -> None:
    institutions: dict[int, dict[str, Any]] = {
        1: {"country_code": "US", "institution_type": "funder", "ror_id": "u1", "name": "Stanford University"},
        2: {"country_code": "SA", "institution_type": "government", "ror_id": None, "name": "State Oil Company Ltd"},
        3: {"country_code": "CN", "institution_type": "education", "ror_id": None, "name": "Plain University"},
        4: {"country_code": "CN", "institution_type": None, "ror_id": None, "name": "Nameless"},
        5: {"country_code": "DE", "institution_type": "facility", "ror_id": "f1", "name": "Centre for Things"},
    }
    ror = [{"ror_id": "u1", "name": "S", "institution_type": "education"}, {"ror_id": "f1", "name": "C", "institution_type": "nonprofit"}]
    papers = [{"id": k, "authors": [[[i]] for i in range(1, 6) if i <= k]} for k in range(1, 7)]
    obs = observatory(tmp_path, papers, institutions, ror=ror)
    rows = {r["unit_id"]: r for r in type_audit(obs.corpus, obs.recipe("count", unit="institution")).to_pylist()}
    assert {k: r["doubt"] for k, r in rows.items()} == {"I1": "vague", "I2": "name", "I3": "", "I4": "untyped", "I5": "ror"}
    assert rows["I1"]["sector_by"] == "ror" and rows["I1"]["papers"] == 6 and list(rows)[-1] == "I3"
    table = {r["sectors"]: r["papers"] for r in sector_pairs(obs.corpus, obs.recipe("count", unit="institution")).to_pylist()}
    # papers 4 to 6 have the institution of unknown type
    assert table["university"] == 3 and table["government + university"] == 2 and table["all institutions typed"] == 3


@pytest.mark.parametrize(
    ("observed", "expected", "said"),
    [(59.0, 61.0, "no side"), (80.0, 61.0, "CN"), (40.0, 61.0, "US")],
    ids=["as-chance", "beyond", "below"],
)
def test_a_verdict_follows_the_excess_over_chance(observed: float, expected: float, said: str) -> None:
    found = BalanceInterval(Balance(None, 0, 0, 0, 0, 0), (0.55, 0.65), (-0.1, 0.1), 1000, 0.95)
    null = NullComparison(observed, expected, 4.0, 100.0)
    assert verdict(found, null, "CN", "US") == f"{said} leads beyond its part of the teams; per collaborator even"
