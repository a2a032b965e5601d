"""The profile of a city: every table adds up to the ranking, by hand on six papers."""

from __future__ import annotations

import json

import pytest

from armillary.cli.main import run
from armillary.core.places.assign import default_places
from armillary.errors import UnknownNameError, UsageError
from armillary.observatory import Observatory
from armillary.sources.patents.ingest import ingest_patents
from armillary.studies.place_profile import PlaceProfile, place_profile
from support.tiny import observatory

LUND, MALMO, OSLO = (
    {"country_code": "SE", "city": "Lund", "lat_deg": 55.7, "lon_deg": 13.2},
    {"country_code": "SE", "city": "Malmö", "lat_deg": 55.6, "lon_deg": 13.0},
    {"country_code": "NO", "city": "Oslo", "lat_deg": 59.9, "lon_deg": 10.7},
)
EDUCATION = {"institution_type": "education"}
INSTITUTIONS = {1: {**LUND, **EDUCATION}, 2: {**LUND, "institution_type": "company"}, 3: {**MALMO, **EDUCATION}, 4: {**OSLO, **EDUCATION}}
PAPERS = [
    {"id": 1, "year": 2020, "field_id": 11, "authors": [[[1]]]},
    {"id": 2, "year": 2020, "field_id": 11, "authors": [[[1]], [[2]]]},
    {"id": 3, "year": 2021, "field_id": 16, "authors": [[[1]], [[4]]]},
    {"id": 4, "year": 2021, "field_id": 16, "authors": [[[3]]]},
    {"id": 5, "year": 2021, "field_id": 11, "authors": [[[4]]]},
    {"id": 6, "year": 2021, "field_id": 11, "authors": [[[2]], [[3]], [[]]]},
]


@pytest.fixture(scope="module")
def obs(tmp_path_factory: pytest.TempPathFactory) -> Observatory:
    folder = tmp_path_factory.mktemp("profile")
    found = observatory(folder / "obs", PAPERS, INSTITUTIONS)
    with found.store.write() as txn:
        place, link = default_places(txn.read("institution"))
        txn.replace("place", place)
        txn.replace("institution_place", link)
    table = folder / "p.csv"
    table.write_text(
        "id,year,inventor,lat,lon,country,city,is_pct\nA,2020,x,55.7,13.2,SE,Lund,1\nA,2020,y,59.9,10.7,NO,Oslo,1\nB,2021,z,,,SE,LUND,1\n",
        encoding="utf-8",
    )
    ingest_patents(found.store.refresh(), table)
    return Observatory(found.store.refresh())


@pytest.fixture(scope="module")
def lund(obs: Observatory) -> PlaceProfile:
    return place_profile(obs.corpus, "lund")


def rows(profile: PlaceProfile, name: str) -> list[dict[str, object]]:
    return profile.tables[name].to_pylist()


def test_headline(lund: PlaceProfile) -> None:
    share = 1 + 1 + 1 / 2 + 1 / 3
    assert rows(lund, "headline") == [
        {"rank": 1, "of": 3, "share": pytest.approx(share), "papers": 4, "share_of_world": pytest.approx(share / 6)}
    ]


def test_subjects_add_up_and_are_ranked_among_cities(lund: PlaceProfile) -> None:
    got = {r["field_id"]: r for r in rows(lund, "subjects")}
    assert (got[11]["share"], got[11]["rank"], got[11]["papers"]) == (pytest.approx(2 + 1 / 3), 1, 3)
    assert (got[16]["share"], got[16]["rank"]) == (pytest.approx(0.5), 2)
    whole = sum(r["share"] for r in rows(lund, "subjects"))  # type: ignore[misc]
    assert whole == pytest.approx(rows(lund, "headline")[0]["share"])
    assert got[11]["specialisation"] == pytest.approx((7 / 3 / 4) / (17 / 6 / 6))


def test_years_are_brought_to_the_last_years_number_of_papers(lund: PlaceProfile) -> None:
    first, last = rows(lund, "years")
    assert (first["year"], first["rank"], first["share"], first["adjusted_share"], first["growth"]) == (
        2020,
        1,
        2.0,
        pytest.approx(2.0 * 4 / 2),
        None,
    )
    assert (last["share"], last["papers_in_scope"]) == (pytest.approx(5 / 6), 4)
    assert last["growth"] == pytest.approx((5 / 6) / 4 - 1) and last["rank"] == 3


def test_institutions_partners_and_industry(lund: PlaceProfile) -> None:
    assert [(r["institution_id"], r["share"], r["part_of_place"]) for r in rows(lund, "institutions")] == [
        ("I1", pytest.approx(2.0), pytest.approx(2 / (17 / 6))),
        ("I2", pytest.approx(5 / 6), pytest.approx((5 / 6) / (17 / 6))),
    ]
    partners = [(r["name"], r["collaboration_score"], r["joint_papers"]) for r in rows(lund, "partners")]
    assert partners == [("Oslo", pytest.approx(1.0), 1), ("Malmö", pytest.approx(2 / 3), 1)]
    industry = {r["indicator"]: (r["value"], r["papers"]) for r in rows(lund, "industry")}
    assert industry["pp-industry"] == (pytest.approx(0.5), 4)


def test_patents_by_the_city_that_an_address_names(lund: PlaceProfile) -> None:
    assert rows(lund, "patents") == [
        {"year": 2020, "fractional": 0.5, "applications": 1, "inventors": 1},
        {"year": 2021, "fractional": 1.0, "applications": 1, "inventors": 1},
    ]


def test_country_and_region_profiles(obs: Observatory) -> None:
    sweden = place_profile(obs.corpus, "SE", unit="country")
    assert [r["institution_id"] for r in rows(sweden, "institutions")] == ["I1", "I3", "I2"]
    assert sum(r["fractional"] for r in rows(sweden, "patents")) == pytest.approx(1.5)  # type: ignore[misc]
    nordic = place_profile(obs.corpus, "nordic", unit="region")
    assert rows(nordic, "headline")[0]["share"] == pytest.approx(5 + 2 / 3) and len(rows(nordic, "institutions")) == 4


def test_command_and_refusals(obs: Observatory, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["city", "Lund", "--into", str(obs.path)]) == 0
    assert "Lund (SE:lund): rank 1 of 3" in capsys.readouterr().out
    assert run(["city", "Lund", "--into", str(obs.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["institutions"][0]["institution_id"] == "I1"
    with pytest.raises(UnknownNameError, match="Did you mean 'Lund'"):
        place_profile(obs.corpus, "Lunt")
    with pytest.raises(UsageError):
        place_profile(obs.corpus, "Lund", unit="author")
