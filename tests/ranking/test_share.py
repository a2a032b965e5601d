"""Count and Share: METHODS 1, T1.1 to T1.5, T5.3, T5.4, T10.1, T10.2."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.observatory import Observatory
from support.tiny import observatory

X, Y, Z, W = 1, 2, 3, 4
COUNTRIES = {X: "CN", Y: "US", Z: "DE", W: "CN"}
P1 = {"id": 1, "authors": [[[X]], [[X], [Y]], [[Y]], [[Z]]]}
P2 = {"id": 2, "authors": [[[X]], [[X], [W]]]}


def values(obs: Observatory, indicator: str, **choices: object) -> dict[str, float]:
    return {r["unit_id"]: r["value"] for r in obs.rank(indicator, **choices).ranked.to_pylist()}


@pytest.fixture
def t11(tmp_path: Path) -> Observatory:
    return observatory(tmp_path, [P1, P2], COUNTRIES)


def test_t1_1_share_and_count_of_institutions_and_countries(t11: Observatory) -> None:
    assert values(t11, "share", unit="institution") == pytest.approx({"I1": 1.125, "I2": 0.375, "I3": 0.25, "I4": 0.25}, abs=1e-12)
    assert values(t11, "count", unit="institution") == {"I1": 2, "I2": 1, "I3": 1, "I4": 1}
    assert values(t11, "share") == pytest.approx({"CN": 1.375, "US": 0.375, "DE": 0.25}, abs=1e-12)
    assert values(t11, "count") == {"CN": 2, "US": 1, "DE": 1}
    assert sum(values(t11, "share").values()) == 2


def test_t1_2_collaboration_score(t11: Observatory) -> None:
    def cs(unit: str, a: str, b: str) -> float:
        return values(t11, "collaboration-score", unit=unit, options={"with": a})[b]

    assert cs("institution", "I1", "I2") == pytest.approx(0.75)
    assert cs("institution", "I1", "I4") == pytest.approx(1.0)
    assert cs("country", "CN", "US") == pytest.approx(0.75)
    assert cs("country", "US", "DE") == pytest.approx(0.625)


def test_t5_3_address_split_keeps_the_unmatched_author_in_the_denominator(tmp_path: Path) -> None:
    obs = observatory(tmp_path, [{"id": 1, "authors": [[[X], [Y]], [[X]], []]}], COUNTRIES)
    got = values(obs, "publications", unit="institution", counting="author-fractional")
    assert got == pytest.approx({"I1": 0.5, "I2": 1 / 6})
    rest = obs.rank("publications", unit="institution", counting="author-fractional").unassigned.to_pylist()
    assert [r["name"] for r in rest] == ["unassigned"]
    assert rest[0]["value"] == pytest.approx(1 / 3)
    assert values(obs, "publications", unit="institution", counting="author-fractional", unmatched="drop") == pytest.approx(
        {"I1": 0.75, "I2": 0.25}
    )


def test_t5_4_address_then_institution_against_the_set_rule(tmp_path: Path) -> None:
    obs = observatory(tmp_path, [{"id": 1, "authors": [[[X, Y], [X]]]}], COUNTRIES)
    by = {s: values(obs, "share", unit="institution", split=s) for s in ("address", "institution")}
    assert by["address"] == pytest.approx({"I1": 0.75, "I2": 0.25})
    assert by["institution"] == pytest.approx({"I1": 0.5, "I2": 0.5})


T101 = {
    "full": {"CN": 1, "US": 1, "DE": 1},
    "complete": {"CN": 2, "US": 0.5, "DE": 0.5},
    "author-fractional": {"CN": 2 / 3, "US": 1 / 6, "DE": 1 / 6},
    "country-fractional": {"CN": 1 / 3, "US": 1 / 3, "DE": 1 / 3},
    "first": {"CN": 1},
    "last": {"US": 0.5, "DE": 0.5},
    "mfc-2": {"CN": 0.8164965809277260, "US": 0.4082482904638630, "DE": 0.4082482904638630},
    "harmonic": {"CN": 9 / 11, "US": 1 / 11, "DE": 1 / 11},
}


@pytest.mark.parametrize("method", T101)
def test_t10_1_and_t10_2_counting_methods(tmp_path: Path, method: str) -> None:
    obs = observatory(tmp_path, [{"id": 1, "authors": [[[1]], [[1]], [[2], [3]]]}], {1: "CN", 2: "US", 3: "DE"})
    assert values(obs, "publications", counting=method) == pytest.approx(T101[method], abs=1e-11)


def test_t10_1_institution_fractional(tmp_path: Path) -> None:
    obs = observatory(tmp_path, [{"id": 1, "authors": [[[1]], [[1]], [[2], [3]]]}], {1: "CN", 2: "US", 3: "DE"})
    assert values(obs, "publications", unit="institution", counting="institution-fractional") == pytest.approx(
        {"I1": 1 / 3, "I2": 1 / 3, "I3": 1 / 3}
    )


def test_ties_share_a_rank_and_go_by_name(tmp_path: Path) -> None:
    papers = [{"id": i, "authors": [[[1]], [[2]], [[3]]]} for i in (1, 2, 3)] + [{"id": 4, "authors": [[[4]]]}]
    obs = observatory(tmp_path, papers, {1: {"name": "b"}, 2: {"name": "A"}, 3: {"name": "c"}, 4: {"name": "d"}})
    rows = obs.rank("share", unit="institution").ranked.to_pylist()
    assert [(r["rank"], r["name"]) for r in rows] == [(1, "A"), (1, "b"), (1, "c"), (1, "d")]


def test_country_fallback_uses_the_records_codes_for_authors_without_institution(tmp_path: Path) -> None:
    obs = observatory(tmp_path, [{"id": 1, "authors": [[[X]], {"addresses": [[]], "countries": ["FR", "IT"]}]}], COUNTRIES)
    assert values(obs, "share") == pytest.approx({"CN": 0.5, "FR": 0.25, "IT": 0.25})
    assert values(obs, "share", country_fallback=False) == pytest.approx({"CN": 0.5})


def test_explain_adds_up_and_why_not_names_the_first_filter(t11: Observatory) -> None:
    ranking = t11.rank("share", unit="institution")
    e = ranking.explain("I1")
    assert e.num == sum(e.table["num"].to_pylist())
    assert e.value == 1.125 == ranking.ranked.to_pylist()[0]["value"]
    assert ranking.why_not("W1").counts
    assert t11.rank("share", period=2019).why_not("W1").reason == "out_of_period"
    assert ranking.why_not("W99").reason == "not_in_data"
