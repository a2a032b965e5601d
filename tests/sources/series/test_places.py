"""Which units are countries, which are groups, and which are neither."""

from __future__ import annotations

import pytest

from armillary.registry import country_names
from armillary.sources.series.places import is_aggregate, unit_id


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("CHN", "CN"), ("EL", "GR"), ("UK", "GB"), ("XKX", "XK"), ("ROM", "RO"), ("ZAR", "CD"), ("TMP", "TL"), ("NAM", "NA"), ("NA", "NA"),
        ("Korea, Rep.", "KR"), ("Türkiye", "TR"), ("China (People’s Republic of)", "CN"), ("156", "CN"), ("HKG", "HK"), ("TWN", "TW"),
        ("DE1", "DE1"), ("ITH10", "ITH10"), ("AU2", "AU2"), ("Atlantis", "Atlantis"),
        ("Scotland", "Scotland"), ("ENGLAND", "ENGLAND"), ("EU27_2020", "EU27_2020"),
    ],
)  # fmt: skip
def test_codes_of_units(text: str, unit: str) -> None:
    assert unit_id(text) == unit


GROUPS = """EU27_2020 EU28 EA20 EA19 OECD OECD_REP OED OTO G20 G7 WLD W W00 1W 1A 4T U2 I8 B0 S35 EUU EMU ARB HIC LDC CHI _T
40500 150 002 BRICS"""


@pytest.mark.parametrize(
    "text", [*GROUPS.split(), "World", "High income", "Euro area", "SDG: Africa", "WB: World", "Other", "Rest of world", "Total"]
)
def test_groups(text: str) -> None:
    assert is_aggregate(unit_id(text))


def test_no_country_is_a_group() -> None:
    assert [c for c in country_names() if is_aggregate(c)] in ([], ["EU"])
    assert not any(is_aggregate(u) for u in ("DE1", "ITH10", "AU2", "Atlantis", "YU", "DD", "QM"))
