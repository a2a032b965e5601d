"""A country is found by any of its names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.errors import UnknownNameError
from armillary.registry import country_names
from armillary.sources.values.country import country_code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("China", "CN"),
        ("中国", "CN"),
        ("中國", "CN"),
        ("CN", "CN"),
        ("CHN", "CN"),
        ("الصين", "CN"),
        ("Chine", "CN"),
        ("Côte d'Ivoire", "CI"),
        ("COTE D’IVOIRE", "CI"),
        ("Ivory Coast", "CI"),
        ("South Korea", "KR"),
        ("Korea, Rep.", "KR"),
        ("대한민국", "KR"),
        ("USA", "US"),
        ("U.S.", "US"),
        ("Vereinigte Staaten", "US"),
        ("Royaume-Uni", "GB"),
        ("Türkiye", "TR"),
        ("turkey", "TR"),
        ("Niger", "NE"),
        ("Nigeria", "NG"),
        ("Dominica", "DM"),
        ("Congo, Dem. Rep.", "CD"),
        ("भारत", "IN"),
        ("  japan ", "JP"),
        ("de", "DE"),
    ],
)
def test_names(name: str, code: str) -> None:
    assert country_code(name) == code


@pytest.mark.parametrize("name", ["", "Atlantis", "XX", "...", "Utopia"])
def test_what_is_no_country(name: str) -> None:
    with pytest.raises(UnknownNameError):
        country_code(name)


@given(st.sampled_from(sorted(country_names().items())), st.sampled_from([str.upper, str.lower, str.title]))
def test_english_names_always_lead_home(entry: tuple[str, str], change: object) -> None:
    code, name = entry
    if code == "EU":
        return
    assert country_code(name) == country_code(change(name)) == code  # type: ignore[operator]
