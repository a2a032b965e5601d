"""Collaboration and access indicators: METHODS 5.6, 9.1; T9.3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.tiny import observatory

BEIJING, BOSTON, NEAR, NOWHERE, FIRM, HONG_KONG = 1, 2, 3, 4, 5, 6
INSTITUTIONS: dict[int, dict[str, Any]] = {
    BEIJING: {"country_code": "CN", "lat_deg": 39.9, "lon_deg": 116.4},
    BOSTON: {"country_code": "US", "lat_deg": 42.36, "lon_deg": -71.06},
    NEAR: {"country_code": "CN", "lat_deg": 40.0, "lon_deg": 116.3},
    NOWHERE: {"country_code": "CN"},
    FIRM: {"country_code": "CN", "institution_type": "company", "lat_deg": 39.9, "lon_deg": 116.4},
    HONG_KONG: {"country_code": "HK", "lat_deg": 22.3, "lon_deg": 114.2},
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
        ("pp-industry", {}, 1 / 6),
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
