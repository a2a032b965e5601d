"""Regions: reading, nesting, membership, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from armillary.core.places.regions import load_regions, region_members
from armillary.core.schema import TABLES
from armillary.errors import SpecError, UnknownNameError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=TABLES[name].schema)


def test_builtin_regions_are_sound() -> None:
    regions = load_regions()
    assert len(regions["eu"].countries) == 27 and "GB" not in regions["eu"].countries
    assert regions["eu-28"].countries == regions["eu"].countries | {"GB"}
    assert len(regions["oecd"].countries) == 38 and len(regions["g20"].countries) == 19 and len(regions["sco"].countries) == 10
    assert regions["yangtze-delta"].places > regions["jiangsu"].places
    assert all(r.source and r.date for r in regions.values())


def test_members_by_country_place_subdivision_and_institution(tmp_path: Path) -> None:
    text = """
[[region]]
id = "bay"
name = "Bay"
countries = ["HK"]
places = ["CN:Shenzhen", "gn:5"]
institutions = ["ror:0xyz", 9]
[[region]]
id = "both"
name = "Both"
subdivisions = ["CN:Hébei"]
regions = ["bay"]
[[region]]
id = "exact"
name = "Exact"
places = ["id:CN:suzhou"]
"""
    regions = load_regions([write(tmp_path / "r.toml", text)], builtin=False)
    rows = [
        {"institution_id": 1, "country_code": "HK"},
        {"institution_id": 2, "country_code": "CN"},
        {"institution_id": 3, "country_code": "CN"},
        {"institution_id": 4, "country_code": "CN", "region_name": "Hebei"},
        {"institution_id": 5, "country_code": "DE", "ror_id": "0xyz"},
        {"institution_id": 6, "country_code": "CN"},
        {"institution_id": 7, "country_code": "CN"},
        {"institution_id": 9},
    ]
    institution = table("institution", [{"origin": "entity", **r} for r in rows])
    names = [("CN:shenzhen", "Shenzhen"), ("gn:5", "Elsewhere"), ("CN:suzhou", "Suzhou"), ("CN:suzhou-anhui", "Suzhou")]
    place = table("place", [{"place_id": p, "name": n, "place_kind": "city", "country_code": "CN"} for p, n in names])
    where = {2: "CN:shenzhen", 3: "gn:5", 6: "CN:suzhou", 7: "CN:suzhou-anhui"}
    link = table("institution_place", [{"institution_id": k, "place_id": v, "assigned_by": "name"} for k, v in where.items()])
    got: dict[str, list[object]] = {}
    for r in region_members(regions, institution, place, link).to_pylist():
        got.setdefault(r["unit_id"], []).append(r["institution_id"] or r["country_code"])
    assert got == {"bay": [1, 2, 3, 5, 9, "HK"], "both": [1, 2, 3, 4, 5, 9, "HK"], "exact": [6]}
    assert regions["bay"].members == [
        ("country", "HK"),
        ("institution", "9"),
        ("institution", "ror:0xyz"),
        ("place", "CN:Shenzhen"),
        ("place", "gn:5"),
    ]


def test_empty_when_nothing_is_known() -> None:
    regions = load_regions([], builtin=False)
    empty = [TABLES[t].schema.empty_table() for t in ("institution", "place", "institution_place")]
    assert region_members(regions, *empty).num_rows == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[region]]\nname = "x"\n', "has no 'id'"),
        ('[[region]]\nid = "x"\nname = "x"\ncountries = ["Brazil"]\n', "is no country code"),
        ('[[region]]\nid = "x"\nname = "x"\n', "has no members"),
        ('[[region]]\nid = "x"\nname = "x"\ncountries = "BR"\n', "is not a list"),
        ('[[region]]\nid = "x"\nname = "x"\nregions = ["x"]\n', "contains itself"),
        ("[[region]\n", "not valid TOML"),
        ('[[region]]\nid = "x"\nname = "x"\nsubdivisions = ["Hebei"]\n', "is no subdivision"),
    ],
)
def test_malformed_regions(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load_regions([write(tmp_path / "r.toml", text)], builtin=False)


def test_unknown_names_get_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'eu'"):
        load_regions([write(tmp_path / "r.toml", '[[region]]\nid = "x"\nname = "x"\nregions = ["eus"]\n')])
    with pytest.raises(UnknownNameError, match="Did you mean 'countries'"):
        load_regions([write(tmp_path / "r.toml", '[[region]]\nid = "x"\nname = "x"\ncountrys = ["BR"]\n')])
