"""Collaboration and access indicators: METHODS 5.6, 9.1; T9.3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.tiny import observatory

BEIJING, BOSTON, NEAR, NOWHERE, FIRM, HONG_KONG = 1, 2, 3, 4, 5, 6
INSTITUTIONS: dict[int, dict[str, Any]] = {
    BEIJING: {"country_code": "CN", "institution_type": "education", "lat_deg": 39.9, "lon_deg": 116.4},
    BOSTON: {"country_code": "US", "institution_type": "education", "lat_deg": 42.36, "lon_deg": -71.06},
    NEAR: {"country_code": "CN", "institution_type": "education", "lat_deg": 40.0, "lon_deg": 116.3},
    NOWHERE: {"country_code": "CN"},  # of unknown type as well: its paper is not judged for industry
    FIRM: {"country_code": "CN", "institution_type": "company", "lat_deg": 39.9, "lon_deg": 116.4},
    HONG_KONG: {"country_code": "HK", "institution_type": "education", "lat_deg": 22.3, "lon_deg": 114.2},
}
PAPERS = [
    {"id": 1, "authors": [[[BEIJING]]], "oa_status": "gold"},
    {"id": 2, "authors": [[[BEIJING]], [[BOSTON]]], "oa_status": "closed"},
    {"id": 3, "authors": [[[BEIJING]], [[NEAR]]], "oa_status": None},
    {"id": 4, "authors": [[[BEIJING]], [[NOWHERE]]], "oa_status": "green"},
    {"id": 5, "authors": [[[BEIJING], [FIRM]]], "oa_status": "diamond"},
    {"id": 6, "authors": [[[BEIJING]], [[HONG_KONG]]], "oa_status": "bronze"},
]


def beijing(path: Path, indicator: str, **options: Any) -> float:
    obs = observatory(path, PAPERS, INSTITUTIONS)
    rows = obs.rank(indicator, unit="institution", options=options).ranked.to_pylist()
    return next(r["value"] for r in rows if r["unit_id"] == "I1")


@pytest.mark.parametrize(
    ("indicator", "options", "expected"),
    [
        ("pp-collab", {}, 5 / 6),
        ("pp-international", {}, 1 / 6),
        ("pp-international", {"merge_cn": False}, 2 / 6),
        ("pp-industry", {}, 1 / 5),
        ("pp-short-distance", {}, 2 / 5),  # paper 4 is left out: a partner has no coordinates
        ("pp-short-distance", {"missing": "zero"}, 3 / 6),  # the published rule takes it for a short distance
        ("pp-long-distance", {}, 1 / 5),
        ("pp-oa", {}, 4 / 5),
        ("pp-oa-gold", {}, 2 / 5),
        ("pp-oa-green", {}, 1 / 5),
    ],
)
def test_indicator(tmp_path: Path, indicator: str, options: dict[str, Any], expected: float) -> None:
    assert beijing(tmp_path, indicator, **options) == pytest.approx(expected)


def test_a_company_that_openalex_calls_funder_is_industry_by_ror(tmp_path: Path) -> None:
    """The twin: the same papers with the 2026 types and ROR as with plain types; without ROR a funder is no company."""
    university, pharma, fund, lab, maker = 1, 2, 3, 4, 5
    papers = [{"id": k, "authors": [[[university]], [[other]]]} for k, other in enumerate((pharma, fund, lab, maker), start=1)]
    plain = {university: "education", pharma: "company", fund: None, lab: "facility", maker: "company"}
    newer = {university: "funder", pharma: "funder", fund: "funder", lab: "other", maker: "company"}
    # ROR's type counts only where OpenAlex's says nothing: it has the maker as a nonprofit, and does not know the fund's sector either
    ror = [(university, "education"), (pharma, "company"), (fund, "funder"), (lab, "facility"), (maker, "nonprofit")]
    register = [{"ror_id": f"r{i}", "name": f"Institution {i}", "institution_type": kind} for i, kind in ror]

    def value(folder: str, types: dict[int, Any], indicator: str, **more: Any) -> float | None:
        entities = {i: {"country_code": "CN", "institution_type": t, "ror_id": f"r{i}"} for i, t in types.items()}
        rows = observatory(tmp_path / folder / indicator, papers, entities, **more).rank(indicator, unit="country").ranked.to_pylist()
        return rows[0]["value"] if rows else None

    # the fund's sector nobody names, so its paper is not judged
    for indicator, expected in (("pp-industry", 2 / 3), ("pp-university-company", 2 / 3), ("pp-public-private", 2 / 3)):
        assert value("plain", plain, indicator) == pytest.approx(expected)
        assert value("newer", newer, indicator, ror=register) == pytest.approx(expected)
    assert value("bare", newer, "pp-industry") is None  # the university on every paper could be anything


def test_t9_3_hong_kong_is_not_abroad_by_the_published_rule_and_is_by_iso(tmp_path: Path) -> None:
    papers = [{"id": 1, "authors": [[[BEIJING]], [[HONG_KONG]]]}]
    obs = observatory(tmp_path, papers, INSTITUTIONS)
    by = {m: obs.rank("pp-international", options={"merge_cn": m}).ranked.to_pylist()[0]["value"] for m in (True, False)}
    assert by == {True: 0.0, False: 1.0}


def test_one_author_with_addresses_in_two_countries_makes_the_paper_international(tmp_path: Path) -> None:
    obs = observatory(tmp_path, [{"id": 1, "authors": [[[BEIJING], [BOSTON]]]}], INSTITUTIONS)
    assert {r["value"] for r in obs.rank("pp-international").ranked.to_pylist()} == {1.0}


def test_a_country_that_only_the_record_names_counts_for_internationality(tmp_path: Path) -> None:
    obs = observatory(tmp_path, [{"id": 1, "authors": [[[BEIJING]], {"addresses": [[]], "countries": ["BR"]}]}], INSTITUTIONS)
    assert obs.rank("pp-international").ranked.to_pylist()[0]["value"] == 1.0
