"""The shipped tables of the real world: known facts with their source, and the promises of the catalogue."""

from __future__ import annotations

import gzip
import hashlib
import json
from fractions import Fraction

import pytest

from armillary.errors import UnknownNameError, UsageError
from armillary.registry import world

# value, and where anybody can read it
FACTS = [
    ("articles-fractional", "CN", 2022, 898949.09, "Science and Engineering Indicators 2024, Table SPBS-2"),
    ("articles-fractional", "US", 2022, 457335.25, "Science and Engineering Indicators 2024, Table SPBS-2"),
    ("gerd-gdp.oecd", "IL", 2023, 6.96, "OECD Main Science and Technology Indicators, 2026, revised"),
    ("gerd-gdp.oecd", "KR", 2023, 4.94, "OECD Main Science and Technology Indicators"),
    ("gerd-gdp.world-bank-2026", "IL", 2023, 6.35, "World Bank, June 2026"),
    ("gerd-gdp.world-bank-2021", "CN", 2018, 2.19, "World Bank, September 2021, before the revision of China's GDP"),
    ("journal-articles", "CN", 2018, 528263, "World Bank, September 2021"),
    ("top1-share", "WLD", 2020, 1.0, "by definition"),
    ("pp-top10", "SG", 2021, 34.80, "OpenAlex, 1 October 2026"),
    ("pp-top10", "WLD", 2021, 17.20, "OpenAlex, 1 October 2026"),
    ("developers", "EU27", 2025, 23225835, "GitHub Innovation Graph, third quarter of 2025"),
    ("university-rd", "herd-johns-hopkins-u", 2023, 3801585, "HERD 2023, table 68"),
]


@pytest.mark.parametrize(("name", "unit", "year", "value", "where"), FACTS)
def test_known_facts(name: str, unit: str, year: int, value: float, where: str) -> None:
    assert world.values(name)[unit][year] == pytest.approx(value, abs=0.005), where


def test_joint_works_of_china_and_the_united_states_in_2023() -> None:
    pairs = world.table("coauthorship").to_pylist()
    assert [p["works"] for p in pairs if (p["year"], p["a"], p["b"]) == (2023, "CN", "US")] == [72794]  # OpenAlex
    assert all(p["a"] < p["b"] for p in pairs)


def test_the_order_of_pp_top10() -> None:
    found = world.values("pp-top10")
    order = sorted((u for u in found if u != "WLD"), key=lambda u: -found[u][2021])
    assert order[:5] == ["SG", "NL", "EE", "SE", "AU"] or order[:3] == ["SG", "NL", "EE"]
    assert len(order) == 53


def test_economies_add_up_to_the_world_and_fields_to_the_whole() -> None:
    whole = world.values("articles-fractional")
    fields = [world.values("articles-fractional", part) for part in world.series("articles-fractional").parts]
    assert len(fields) == 14
    for year in range(2003, 2023):
        economies = sum(v[year] for u, v in whole.items() if u not in ("WLD", "PR") and year in v)
        assert economies == pytest.approx(whole["WLD"][year])
        for unit in ("CN", "US", "KE", "CI"):
            assert sum(f[unit].get(year, 0.0) for f in fields if unit in f) == pytest.approx(whole[unit][year], abs=0.05)


def test_parts_of_prizes_add_up_to_the_prizes() -> None:
    rows = world.table("nobel").to_pylist()
    total = sum(Fraction(r["part"]) for r in rows)
    assert total == len({(r["year"], r["category"]) for r in rows}) == 627
    assert not {"name", "born", "gender"} & set(rows[0])


def test_parts_of_models_add_up_to_the_models() -> None:
    rows = world.table("ai-models").to_pylist()
    assert sum(Fraction(r["part"]) for r in rows) == len({r["model"] for r in rows}) == 976
    whole = world.values("ai-models-whole")
    assert [whole[u][2024] for u in ("US", "CN", "FR")] == [57, 31, 4]


def test_universities_add_up_to_the_published_total() -> None:
    found = world.values("university-rd")
    assert sum(v[2023] for v in found.values() if 2023 in v) == 108_681_008  # HERD 2023
    parts = [world.values("university-rd", p) for p in world.series("university-rd").parts]
    assert sum(p["herd-johns-hopkins-u"][2023] for p in parts) == found["herd-johns-hopkins-u"][2023]


def test_files_are_those_of_the_catalogue() -> None:
    found = world.catalogue()
    for entry in [*found.datasets.values(), *found.tables.values()]:
        if entry.file:
            data = (world.folder() / entry.file).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (entry.bytes, entry.sha256), entry.id
    listed = {e.file for e in [*found.datasets.values(), *found.tables.values()] if e.file}
    present = {p.relative_to(world.folder()).as_posix() for p in world.folder().rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert present == listed | {"__init__.py", "catalogue.toml", "units.csv", "sample/registry/about.toml"}
    assert sum((world.folder() / f).stat().st_size for f in listed) < 6_000_000


def test_every_series_is_described_and_counted_right() -> None:
    rows = world.all_rows()
    counted: dict[str, int] = {}
    for name in rows["series"].to_pylist():
        counted[name] = counted.get(name, 0) + 1
    for s in world.catalogue().series.values():
        assert counted[s.id] == s.rows
        assert s.origin.licence and s.origin.leaves_out and s.origin.among and s.unit_of_measure and s.name_zh
        assert s.best in ("high", "low", "none") and s.coverage in ("complete", "first", "selected")
        assert (s.first_n > 0) == (s.coverage == "first")
    keys = rows.select(["series", "part", "unit", "year"]).to_pylist()
    assert len({tuple(k.values()) for k in keys}) == len(keys)
    assert set(rows["unit"].unique().to_pylist()) <= world.units().keys()


def test_groups_and_offices_are_told_apart() -> None:
    rows = {r["unit"]: r["is_aggregate"] for r in world.rows("pct-receiving-office", years=(2022, 2022)).to_pylist()}
    assert rows["CN"] is False
    assert "EU" not in world.units() and rows["r-europe"]  # the source gives the continent the union's code
    assert rows["o-epo"] and rows["WLD"] and rows["EU27"]
    assert not any(r["is_aggregate"] for r in world.rows("university-rd").to_pylist())


def test_one_concept_of_several_sources() -> None:
    assert [s.dataset for s in world.concepts()["gerd-gdp"]] == ["oecd", "world-bank-2026", "world-bank-2021"]
    assert world.series("G_XGDP").id == world.series("gerd-gdp").id == "gerd-gdp.oecd"


def test_names_that_do_not_exist() -> None:
    with pytest.raises(UnknownNameError, match="gerd-gdp"):
        world.series("gerd-gpd")
    with pytest.raises(UnknownNameError):
        world.rows("articles-fractional", part="alchemy")
    with pytest.raises(UsageError, match="by part only"):
        world.rows("works-by-field-after")
    with pytest.raises(UsageError, match="demo"):
        world.table("sample-works")


def test_the_sample_has_no_titles_and_no_people() -> None:
    with gzip.open(world.folder() / world.catalogue().tables["sample-works"].file, "rt", encoding="utf-8") as lines:
        works = [json.loads(line) for line in lines]
    assert len({w["id"] for w in works}) == 7333 == world.catalogue().tables["sample-works"].rows
    keys = {k for w in works for k in w} | {k for w in works for a in w["authorships"] for k in [*a, *a["author"]]}
    assert not keys & {"title", "display_name", "abstract_inverted_index", "raw_author_name", "orcid", "raw_affiliation_strings"}
