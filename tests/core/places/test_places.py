"""Institutions to cities (METHODS 1.8): polygons, nearest populated place, records' own city, reviewed overrides."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.places.assign import assign_places, default_places, place_institutions, report
from armillary.core.places.geo import chord, chord_to_km, haversine_km, name_key, slug, spherical_middle, unit_vectors
from armillary.core.places.polygons import polygon_of, read_polygons
from armillary.core.places.populated import read_populated
from armillary.core.places.rules import Overrides, load_overrides
from armillary.core.schema import TABLES
from armillary.core.store import Store
from armillary.errors import InputError, SpecError

NO_RULES = Overrides()


def institutions(*rows: dict[str, object]) -> pa.Table:
    base = {"origin": "entity"}
    return pa.Table.from_pylist([{**base, **r} for r in rows], schema=TABLES["institution"].schema)


def inst(
    i: int, city: str | None, country: str | None, lat: float | None = None, lon: float | None = None, **more: object
) -> dict[str, object]:
    return {"institution_id": i, "city": city, "country_code": country, "lat_deg": lat, "lon_deg": lon, **more}


def placed(link: pa.Table) -> dict[int, tuple[str | None, str]]:
    return {r["institution_id"]: (r["place_id"], r["assigned_by"]) for r in link.to_pylist()}


def square(lat: float, lon: float, half: float, **properties: object) -> dict[str, object]:
    a, b, c, d = lon - half, lat - half, lon + half, lat + half
    ring = [[a, b], [c, b], [c, d], [a, d], [a, b]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def write_polygons(path: Path, *features: dict[str, object]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def write_towns(path: Path, *rows: tuple[object, ...]) -> Path:
    lines = ["name,country,lat,lon,population,region", *(",".join(map(str, r)) for r in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_t3_1_one_degree_on_the_equator() -> None:
    assert float(haversine_km(0, 0, 0, 1)) == pytest.approx(111.19510117747284, abs=1e-9)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_chord_and_great_circle_agree(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    a, b = unit_vectors([lat1], [lon1])[0], unit_vectors([lat2], [lon2])[0]
    km = float(haversine_km(lat1, lon1, lat2, lon2))
    assert float(chord_to_km(np.linalg.norm(a - b))) == pytest.approx(km, abs=1e-3)
    assert chord(km) == pytest.approx(float(np.linalg.norm(a - b)), abs=1e-7)


def test_middle_across_the_date_line() -> None:
    lat, lon = spherical_middle(np.array([0.0, 0.0]), np.array([179.0, -179.0]))
    assert (lat, abs(lon)) == (pytest.approx(0.0), pytest.approx(180.0))


@pytest.mark.parametrize(
    ("text", "expected"), [("Zürich", "zurich"), ("Xi’an", "xian"), ("St. John's", "st-johns"), ("北京", "北京"), ("Tromsø", "tromso")]
)
def test_slug(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_default_uses_geonames_id_and_lends_it_to_records_without() -> None:
    table = institutions(
        inst(1, "Beijing", "CN", 39.9, 116.4, geonames_id=1816670),
        inst(2, "Beijing", "CN", 39.99, 116.3),
        inst(3, "Lund", "SE", 55.7, 13.2),
        inst(4, None, "SE", 55.7, 13.2),
        inst(5, "Lund", None),
    )
    place, link = default_places(table, NO_RULES)
    assert placed(link) == {
        1: ("gn:1816670", "name"),
        2: ("gn:1816670", "name"),
        3: ("SE:lund", "name"),
        4: (None, "none"),
        5: (None, "none"),
    }
    assert place["place_id"].to_pylist() == ["SE:lund", "gn:1816670"]
    assert report(place, link).without_place == 2


def test_yale_and_princeton_fall_into_new_york_stanford_and_berkeley_into_one_bay_area() -> None:
    """METHODS 1.8: outside the core municipality, inside the metropolitan area. Cambridge in England and Newark in Delaware stay out."""
    table = institutions(
        inst(1, "New Haven", "US", 41.3111, -72.9267),
        inst(2, "Princeton", "US", 40.3431, -74.6551),
        inst(3, "New York", "US", 40.8075, -73.9626),
        inst(4, "Stanford", "US", 37.4241, -122.1661),
        inst(5, "Berkeley", "US", 37.8719, -122.2585),
        inst(6, "Cambridge", "US", 42.3736, -71.1097),
        inst(7, "Cambridge", "GB", 52.2, 0.1167),
        inst(8, "Newark", "US", 39.6837, -75.7497),
        inst(9, "Princeton", "US", 41.368, -89.4648),
        inst(10, "Princeton", "US"),
    )
    _, link = default_places(table)
    got = {k: v[0] for k, v in placed(link).items()}
    assert got == {
        1: "metro:new-york",
        2: "metro:new-york",
        3: "metro:new-york",
        4: "metro:san-francisco-san-jose",
        5: "metro:san-francisco-san-jose",
        6: "metro:boston",
        7: "GB:cambridge",
        8: "US:newark",
        9: "US:princeton",
        10: "metro:new-york",
    }


def test_academy_is_not_placed_at_headquarters_and_its_institutes_are_placed_where_they_stand() -> None:
    table = institutions(
        inst(1, "Beijing", "CN", 39.9, 116.4, ror_id="034t30j35", name="Chinese Academy of Sciences"),
        inst(2, "Qingdao", "CN", 36.06, 120.38),
        inst(3, "Guangzhou", "CN", 23.1, 113.3),
        inst(4, "Beijing", "CN", 39.98, 116.33),
    )
    _, link = default_places(table)
    assert placed(link) == {1: (None, "none"), 2: ("CN:qingdao", "name"), 3: ("CN:guangzhou", "name"), 4: ("CN:beijing", "name")}


def test_polygon_wins_smallest_first_and_is_cut_at_the_border(tmp_path: Path) -> None:
    path = write_polygons(
        tmp_path / "u.geojson",
        square(10, 10, 1, id="big", name="Bigtown", country="AA"),
        square(10, 10, 0.1, id="core", name="Core", country="AA"),
    )
    table = institutions(
        inst(1, "x", "AA", 10.0, 10.0),
        inst(2, "x", "AA", 10.5, 10.5),
        inst(3, "Overthere", "BB", 10.5, 10.6),
        inst(4, "y", "AA", 20.0, 10.0),
    )
    place, link = place_institutions(table, polygons=read_polygons(path), overrides=NO_RULES)
    assert placed(link) == {1: ("ua:core", "polygon"), 2: ("ua:big", "polygon"), 3: ("ua:big-BB", "polygon"), 4: ("AA:y", "name")}
    names = dict(zip(place["place_id"].to_pylist(), place["name"].to_pylist(), strict=True))
    assert names == {"ua:core": "Core", "ua:big": "Bigtown", "ua:big-BB": "Overthere", "AA:y": "y"}
    assert link["distance_km"].to_pylist()[:3] == [0.0, 0.0, 0.0]


def test_nearest_town_leads_to_its_city_and_stays_in_the_country(tmp_path: Path) -> None:
    towns = read_populated(
        write_towns(
            tmp_path / "t.csv",
            ("City", "AA", 0, 20, 1_000_000, "r"),
            ("Suburb", "AA", 0.05, 20, 50_000, "r"),
            ("Twin", "AA", 0, 20.09, 600_000, "r"),
            ("Foreign", "BB", 0.06, 20, 20_000, "r"),
            ("Far", "AA", 5, 5, 3_000, "r"),
        )
    )
    cities = [towns.name[h] for h in towns.head]
    assert cities == ["City", "City", "Twin", "Foreign", "Far"]  # Twin has more than half of City's inhabitants, Foreign is another country
    table = institutions(
        inst(1, None, "AA", 0.06, 20.0),
        inst(2, None, "BB", 0.05, 20.0),
        inst(3, None, "AA", 5.2, 5.0),
        inst(4, None, "AA", 7.0, 7.0),
        inst(5, "Suburb", "AA"),
        inst(6, None, None, 0.061, 20.0),
    )
    _, link = place_institutions(table, populated=towns, overrides=NO_RULES)
    assert placed(link) == {
        1: ("AA:city", "nearest"),
        2: ("BB:foreign", "nearest"),
        3: ("AA:far", "nearest"),
        4: (None, "none"),
        5: ("AA:city", "name"),
        6: ("BB:foreign", "nearest"),
    }
    km = dict(zip(link["institution_id"].to_pylist(), link["distance_km"].to_pylist(), strict=True))
    assert km[1] == pytest.approx(1.112, abs=1e-3) and km[3] == pytest.approx(22.239, abs=1e-3) and km[4] is None


def test_town_inside_a_polygon_pulls_the_institution_just_outside(tmp_path: Path) -> None:
    areas = read_polygons(write_polygons(tmp_path / "u.geojson", square(0, 20, 0.1)))
    towns = read_populated(write_towns(tmp_path / "t.csv", ("Harbour", "AA", 0.09, 20, 9_000, ""), ("City", "AA", 0, 20, 90_000, "")))
    table = institutions(inst(1, None, "AA", 0.11, 20.0), inst(2, None, "AA", 0.0, 20.0))
    place, link = place_institutions(table, polygons=areas, populated=towns, overrides=NO_RULES)
    assert placed(link) == {1: ("AA:city", "nearest"), 2: ("AA:city", "polygon")}
    assert place["place_kind"].to_pylist() == ["metropolitan"]


def test_user_overrides_win_and_unknown_place_is_an_error(tmp_path: Path) -> None:
    table = institutions(
        inst(1, "Lund", "SE", 55.7, 13.2, ror_id="abc"), inst(2, "Malmö", "SE", 55.6, 13.0), inst(3, "Lund", "SE", 55.7, 13.2)
    )
    path = tmp_path / "o.toml"
    path.write_text(
        '[[institution]]\nror_id = "abc"\nplace_id = "SE:malmo"\n[[institution]]\ninstitution_id = 3\nplace_id = ""\n', encoding="utf-8"
    )
    _, link = place_institutions(table, overrides=load_overrides(path))
    assert placed(link) == {1: ("SE:malmo", "override"), 2: ("SE:malmo", "name"), 3: (None, "none")}
    path.write_text('[[institution]]\nror_id = "abc"\nplace_id = "SE:atlantis"\n', encoding="utf-8")
    with pytest.raises(SpecError, match="unknown place 'SE:atlantis'"):
        place_institutions(table, overrides=load_overrides(path))


def test_same_name_in_one_country_gets_different_ids(tmp_path: Path) -> None:
    rows = [("Spring", "US", 40, -90, 100, "IL"), ("Spring", "US", 42, -72, 900, "MA"), ("Spring", "US", 37, -93, 50, "IL")]
    forward, backward = read_populated(write_towns(tmp_path / "a.csv", *rows)), read_populated(write_towns(tmp_path / "b.csv", *rows[::-1]))
    assert forward.place_id == ["US:spring-il", "US:spring", "US:spring-il@37.000,-93.000"]
    assert backward.place_id == forward.place_id[::-1]


def test_geonames_dump_is_read_with_its_ids(tmp_path: Path) -> None:
    path = tmp_path / "cities.txt.gz"
    line = '2673730\tStockholm\tStockholm\talt "quoted\t59.33\t18.06\tP\tPPLC\tSE\t\t26\t0180\t\t\t1515017\t\t17\tx\t2020-01-01\n'
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.write(line)
    towns = read_populated(path)
    assert (towns.place_id, towns.name, towns.country, int(towns.population[0])) == (["gn:2673730"], ["Stockholm"], ["SE"], 1515017)


@pytest.mark.parametrize(("name", "text"), [("a.csv", "foo,bar\n1,2\n"), ("a.json", "{"), ("a.csv", "name,country,lat,lon\n")])
def test_bad_town_files_say_what_is_wrong(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_populated(path)


def test_bad_polygon_files_say_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "u.geojson"
    for text in ("{", '{"features": []}', json.dumps({"features": [square(5e6, 5e5, 10.0)]})):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError):
            read_polygons(path)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=20))
def test_index_agrees_with_trying_every_polygon(tmp_path_factory: pytest.TempPathFactory, points: list[tuple[float, float]]) -> None:
    import shapely

    path = tmp_path_factory.mktemp("poly") / "u.geojson"
    areas = read_polygons(write_polygons(path, square(0.3, 0.2, 1.5), square(-1, 1, 0.7), square(1, 1, 0.7)))
    lat, lon = (np.array(c) for c in zip(*points, strict=True))
    expected = []
    for y, x in points:
        inside = [k for k in range(3) if shapely.intersects(areas.geometry[k], shapely.Point(x, y))] if (x, y) != (0, 0) else []
        expected.append(min(inside, key=lambda k: (shapely.area(areas.geometry[k]), k)) if inside else -1)
    assert polygon_of(areas, lat, lon).tolist() == expected


def test_order_of_institutions_does_not_matter() -> None:
    rows = [inst(i, c, "AA", float(i), float(-i)) for i, c in enumerate(["x", "y", "x", "z", "y", "x"], 1)]
    a, b = default_places(institutions(*rows), NO_RULES), default_places(institutions(*rows[::-1]), NO_RULES)
    assert a[0].equals(b[0]) and a[1].equals(b[1])


def test_assign_places_writes_both_tables(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "obs")
    with store.write() as txn:
        txn.replace("institution", institutions(inst(1, "Lund", "SE", 55.7, 13.2), inst(2, None, None)))
    done = assign_places(store, populated_places=write_towns(tmp_path / "t.csv", ("Lund", "SE", 55.7, 13.2, 90_000, "")))
    assert (done.institutions, done.by, done.places, done.without_place) == (2, {"nearest": 1, "none": 1}, 1, 1)
    assert Store.open(tmp_path / "obs").read("institution_place").num_rows == 2


@pytest.mark.slow
def test_on_the_real_registry(real_data: Path) -> None:
    import csv

    rows = []
    with gzip.open(real_data / "ror" / "ror_flat.csv.gz", "rt", encoding="utf-8") as stream:
        for n, r in enumerate(csv.DictReader(stream), 1):
            rows.append(
                inst(
                    n,
                    r["city"] or None,
                    r["country_code"] or None,
                    float(r["lat"]) if r["lat"] else None,
                    float(r["lng"]) if r["lng"] else None,
                    ror_id=r["ror_id"].rsplit("/", 1)[1],
                    name=r["name"],
                    geonames_id=int(r["geonames_id"]) if r["geonames_id"] else None,
                )
            )
    ids = {r["name"]: r["institution_id"] for r in rows}
    geo = real_data / "geo"
    areas, towns = read_polygons(geo / "ne_50m_urban_areas.geojson.gz"), read_populated(geo / "geonames_cities1000_reduced.json.gz")
    place, link = place_institutions(institutions(*rows), polygons=areas, populated=towns)
    got = placed(link)
    assert report(place, link).without_place / len(rows) < 0.005
    assert got[ids["Yale University"]][0] == got[ids["Princeton University"]][0] == "metro:new-york"
    assert got[ids["Stanford University"]][0] == got[ids["University of California, Berkeley"]][0] == "metro:san-francisco-san-jose"
    assert got[ids["Chinese Academy of Sciences"]] == (None, "none")
    assert (
        got[ids["Southern University of Science and Technology"]][0] == "CN:shenzhen"
    )  # not joined with Guangzhou by the satellite outline
    assert name_key("HK", "Hong Kong") == got[ids["University of Hong Kong"]][0]


def test_a_name_that_two_areas_list_goes_by_distance() -> None:
    """Newark is in New Jersey, in California and in Delaware; without a point it stays a city of its own."""
    rows = [
        inst(1, "Newark", "US", 40.7357, -74.1724),
        inst(2, "Newark", "US", 37.5297, -122.0402),
        inst(3, "Newark", "US", 39.6837, -75.7497),
    ]
    _, link = default_places(institutions(*rows, inst(4, "Newark", "US")))
    assert [v[0] for v in placed(link).values()] == ["metro:new-york", "metro:san-francisco-san-jose", "US:newark", "US:newark"]


def test_built_in_metropolitan_areas_are_sound() -> None:
    rules = load_overrides()
    for m in rules.metropolitan:
        assert len(set(m.keys)) == len(m.keys) and all(k.startswith(f"{m.country_code}:") for k in m.keys), m.place_id
        assert 20 <= m.within_km <= 150 and abs(m.lat_deg) < 70
    assert "034t30j35" in rules.by_ror and len(rules.by_ror) > 40 and rules.without_polygons == {"CN"}
