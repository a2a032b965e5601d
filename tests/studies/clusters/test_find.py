"""The way from points to a ranking: planted clusters, fractions, merging, names, borders, intensity, export, matching, sensitivity."""

from __future__ import annotations

import json
import sqlite3
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.core.places.geo import EARTH_KM, haversine_km
from armillary.counting.credits import CREDIT
from armillary.errors import DataError, UnknownNameError, UsageError
from armillary.studies.clusters.find import find_clusters, scores, source_weights
from armillary.studies.clusters.hulls import from_plane, hull, inside, to_plane
from armillary.studies.clusters.match import match_clusters
from armillary.studies.clusters.merge import border_distances, merge_neighbours
from armillary.studies.clusters.method import Method, preset
from armillary.studies.clusters.naming import name_cluster
from armillary.studies.clusters.population import Population
from armillary.studies.clusters.result import Clusters
from armillary.studies.clusters.sensitivity import flips, sensitivity, variants
from armillary.studies.clusters.sources import PointSet, make_source, shared

KM = 180 / (np.pi * EARTH_KM)


def east(lat: float, lon: float, km: float) -> tuple[float, float]:
    return lat, lon + km * KM / np.cos(np.radians(lat))


def source(name: str, records: list[list[tuple[tuple[float, float] | None, str | None, str | None]]], extra: int = 0) -> PointSet:
    """A source from records; each is a list of (point, city, country), shared equally. ``extra`` records have no place."""
    rows = [(n, CREDIT // len(r), p, c, k) for n, r in enumerate(records) for p, c, k in r]
    return make_source(
        name,
        record=[r[0] for r in rows],
        credit=[r[1] for r in rows],
        lat=[np.nan if r[2] is None else r[2][0] for r in rows],
        lon=[np.nan if r[2] is None else r[2][1] for r in rows],
        total=(len(records) + extra) * CREDIT,
        records=len(records) + extra,
        city=[r[3] for r in rows],
        country=[r[4] for r in rows],
    )


def town(n: int, lat: float, lon: float, city: str, country: str, seed: int = 0, spread_km: float = 3.0) -> list[Any]:
    """``n`` records of one listing each around a point."""
    rng = np.random.default_rng(seed)
    far, turn = spread_km * np.sqrt(rng.random(n)), 2 * np.pi * rng.random(n)
    y, x = lat + far * np.sin(turn) * KM, lon + far * np.cos(turn) * KM / np.cos(np.radians(lat))
    return [[((float(a), float(b)), city, country)] for a, b in zip(y, x, strict=True)]


FREE = Method(sources=("pct",), min_listings=20, equalise=False)


def test_t3_2_fractions_of_patents_and_papers() -> None:
    """Four inventors, three in A and one in B; a paper whose first author is at A and at noise, the second at A."""
    a, b, noise = (10.0, 10.0), (20.0, 20.0), (-30.0, 10.0)
    third = CREDIT // 4
    pct = make_source(
        "pct",
        record=["p"] * 4,
        credit=[third] * 4,
        lat=[a[0]] * 3 + [b[0]],
        lon=[a[1]] * 3 + [b[1]],
        total=CREDIT,
        records=1,
        city=["A"] * 3 + ["B"],
        country=["AA"] * 3 + ["BB"],
    )
    pub = make_source(
        "pub",
        record=["w"] * 3,
        credit=[third, third, 2 * third],
        lat=[a[0], noise[0], a[0]],
        lon=[a[1], noise[1], a[1]],
        total=CREDIT,
        records=1,
        city=["A", "N", "A"],
        country=["AA"] * 3,
    )
    one = find_clusters([pct], Method(sources=("pct",), min_listings=1, equalise=False))
    assert {r["name"]: r["pct_count"] for r in one.arrow.to_pylist()} == {"A": 0.75, "B": 0.25}
    two = find_clusters([pub], Method(sources=("pub",), min_listings=2, equalise=False))
    assert [(r["name"], r["pub_count"]) for r in two.arrow.to_pylist()] == [("A", 0.75)]
    assert two.meta["sources"][0]["share_in_clusters"] == 0.75 and two.meta["sources"][0]["share_without_place"] == 0.0


def test_t3_3_scores_and_the_flip_without_deals() -> None:
    totals = {"pct": 200, "pub": 1000, "deal": 50}
    shares, value = scores({"pct": [20, 10], "pub": [30, 60], "deal": [1, 3]}, totals)
    assert value == pytest.approx([0.15, 0.17]) and shares["pub"] == pytest.approx([0.03, 0.06])
    _, without = scores({"pct": [20, 10], "pub": [30, 60]}, totals)
    assert without == pytest.approx([0.13, 0.11])


def test_t3_3_through_the_whole_way() -> None:
    """The same numbers as planted listings: adding deals puts B before A, and ``without`` and ``flips`` say so."""
    a, b = (10.0, 10.0), (40.0, 10.0)
    made = {"pct": (20, 10, 200), "pub": (30, 60, 1000), "deal": (1, 3, 50)}
    sources = [source(s, [[(a, "A", "AA")]] * i + [[(b, "B", "BB")]] * j, extra=total - i - j) for s, (i, j, total) in made.items()]
    found = find_clusters(sources, Method(sources=("pct", "pub", "deal"), min_listings=4, equalise=True))
    rows = found.arrow.to_pylist()
    assert [(r["rank"], r["name"], pytest.approx(r["value"])) for r in rows] == [(1, "B", 0.17), (2, "A", 0.15)]
    assert found.without("deal") == {"cl:BB:b": 2, "cl:AA:a": 1} and flips(found, "deal") == [("B", "A")]
    assert [(r["deal_rank"], r["pct_rank"], r["pub_rank"]) for r in rows] == [(1, 2, 1), (2, 1, 2)]
    with pytest.raises(UnknownNameError):
        found.without("patent")


def test_t3_5_intensity() -> None:
    made = {"pct": (20, 10, 200), "pub": (30, 60, 1000), "deal": (1, 3, 50)}
    b = (40.0, 10.0)
    sources = [source(s, [[(b, "B", "BB")]] * j, extra=total - j) for s, (_, j, total) in made.items()]
    people = Population(np.array([40.01, 40.02, 50.0]), np.array([10.0, 10.01, 10.0]), np.array([2e6, 5e5, 9e9]))
    row = find_clusters(sources, Method(sources=("pct", "pub", "deal"), min_listings=3), population=people).arrow.to_pylist()[0]
    assert (row["population_n"], row["intensity_rank"]) == (2_500_000, 1) and row["intensity"] == pytest.approx(0.068)


def planted() -> list[list[tuple[tuple[float, float] | None, str | None, str | None]]]:
    """A plain town; one across a border; a pair that files together (4 km apart, must merge); a pair that files elsewhere (must not)."""
    out = town(100, 48.0, 2.0, "Plain", "FR", 1)
    out += town(60, 47.56, 7.55, "Basilea", "CH", 2, 2) + town(50, 47.62, 7.58, "Saint-Louis", "FR", 3, 2)
    for kind, lat, partner in (("merge", 35.0, "b"), ("apart", 30.0, "plain")):
        at = {s: east(lat, 100.0, km) for s, km in (("a0", -12.0), ("a1", 0.0), ("rim", 13.5), ("rim2", 17.5), ("b1", 31.0), ("b0", 43.0))}
        sizes = {"a0": 25, "a1": 10, "rim": 1, "rim2": 1, "b1": 10, "b0": 25}
        for site, n in sizes.items():
            side = "a" if site.startswith("a") or site == "rim" else "b"
            for m in range(n):
                here = (at[site], f"{kind}-{side}", "CN")
                other = {
                    "b": (at["b0" if side == "a" else "a0"], f"{kind}-{'b' if side == 'a' else 'a'}", "CN"),
                    "plain": ((48.0, 2.0), "Plain", "FR"),
                }
                out.append([here, other[partner]] if m % 3 == 0 else [here])
    rng = np.random.default_rng(9)
    out += [[((float(np.degrees(np.arcsin(rng.uniform(-0.9, 0.9)))), float(rng.uniform(-180, 180))), "Nowhere", "ZZ")] for _ in range(60)]
    return out


def test_planted_clusters_are_recovered_exactly() -> None:
    found = find_clusters([source("pct", planted(), extra=10)], FREE)
    rows = {r["name"]: r for r in found.arrow.to_pylist()}
    assert set(rows) == {"Plain", "Basilea–Saint-Louis", "merge-a–merge-b", "apart-a", "apart-b"}
    border = rows["Basilea–Saint-Louis"]
    assert border["is_cross_border"] and border["countries"] == "CH;FR" and border["count"] == 110
    assert not rows["Plain"]["is_cross_border"]
    assert rows["merge-a–merge-b"]["unit_id"] == found.meta["merges"][0]["unit_id"] and len(found.meta["merges"]) == 1
    assert found.meta["merges"][0]["border_km"] == pytest.approx(4.0, abs=0.01)
    apart = find_clusters([source("pct", planted(), extra=10)], FREE.but(merge_km=-1.0))
    assert {"merge-a", "merge-b"} <= set(apart.arrow["name"].to_pylist())
    narrow = find_clusters([source("pct", planted(), extra=10)], FREE.but(merge_km=3.9))
    assert {"merge-a", "merge-b"} <= set(narrow.arrow["name"].to_pylist())


def test_order_of_records_and_engine_do_not_matter(tmp_path: Path) -> None:
    records = planted()
    first = find_clusters([source("pct", records)], FREE)
    mixed = [records[i] for i in np.random.default_rng(2).permutation(len(records))]
    second = find_clusters([source("pct", mixed)], FREE, engine="numpy")
    assert first.to_csv() == second.to_csv() and first.to_geojson() == second.to_geojson()
    first.to_geopackage(tmp_path / "a.gpkg")
    second.to_geopackage(tmp_path / "b.gpkg")
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()


def test_shares_are_of_the_world_with_noise_and_unplaced_records() -> None:
    records = [*town(30, 48, 2, "P", "FR"), [((0.0, 100.0), "N", "XX")], [(None, None, "FR")]]
    found = find_clusters([source("pct", records, extra=8)], FREE)
    assert found.arrow["value"].to_pylist() == pytest.approx([30 / 40])
    told = found.meta["sources"][0]
    assert (told["records"], told["unplaced_listings"], told["share_without_place"]) == (40, 1, pytest.approx(9 / 40))


def test_equal_weight_of_sources() -> None:
    a, b = source("pct", town(40, 48, 2, "P", "FR")), source("pub", town(400, 30, 2, "Q", "DZ"))
    assert source_weights([a, b], True) == {"pct": 1.0, "pub": 0.1}
    assert source_weights([a, b], False) == {"pct": 1.0, "pub": 1.0}
    method = Method(sources=("pct", "pub"), min_listings=41, equalise=True)
    assert len(find_clusters([a, b], method)) == 0
    assert find_clusters([a, b], method.but(equalise=False)).arrow["name"].to_pylist() == ["Q"]


def test_merging_needs_both_to_be_strongest_partners() -> None:
    lat, lon = np.zeros(3), np.array([10.0, 10.0 + 3 * KM, 10.0 + 6 * KM])
    labels = np.array([0, 1, 2])

    def merged(links: dict[tuple[int, int], int]) -> list[int]:
        def current(now: Any) -> dict[tuple[int, int], int]:
            out: dict[tuple[int, int], int] = {}
            for (i, j), n in links.items():
                a, b = sorted((int(now[i]), int(now[j])))
                if a != b:
                    out[a, b] = out.get((a, b), 0) + n
            return out

        return merge_neighbours(lat, lon, labels, current, 5.0)[0].tolist()

    assert merged({(0, 1): 5}) == [0, 0, 2]
    assert merged({(0, 1): 5, (1, 2): 5}) == [0, 1, 2], "a tie is no strongest partner"
    assert merged({(0, 1): 5, (1, 2): 4}) == [0, 0, 0], "after the first merge the third has one partner left"
    assert merged({(0, 2): 5}) == [0, 1, 2], "6 km is too far"
    assert merged({}) == [0, 1, 2]


def test_border_distance_is_that_of_the_nearest_points() -> None:
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(-0.2, 0.2, 60) + 50, np.concatenate([rng.uniform(10, 10.2, 30), rng.uniform(10.25, 10.5, 30)])
    labels = np.repeat([0, 1], 30)
    every = haversine_km(lat[:30, None], lon[:30, None], lat[None, 30:], lon[None, 30:]).min()
    assert border_distances(lat, lon, labels, 50)[0, 1] == pytest.approx(float(every), abs=1e-6)
    assert border_distances(lat, lon, labels, float(every) - 0.01) == {}


def test_shared_records_count_once_a_pair() -> None:
    record, cluster = np.array([1, 1, 1, 2, 2, 3]), np.array([0, 1, 1, 1, 2, 0])
    assert shared(record, cluster) == {(0, 1): 1, (1, 2): 1}
    assert shared(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)) == {}


def test_names() -> None:
    def name(activity: list[float], city: list[str | None], country: list[str | None], region: list[str | None] | None = None) -> Any:
        return name_cluster(activity, city, country, region or [None] * len(city), (22.5, -113.9), part=0.15, most=3)

    three = name([9, 2.4, 2.3, 1], ["Shenzhen", "Hong Kong", "Guangzhou", "Foshan"], ["CN", "HK", "CN", "CN"])
    assert (three.name, three.key, three.countries) == ("Shenzhen–Hong Kong–Guangzhou", "CN:shenzhen", ("CN", "HK"))
    assert name([3, 1, 2], ["Zürich", "Zurich", "zürich"], ["CH"] * 3).name == "Zürich"
    assert name([5, 4], ["San Jose", "San Francisco"], ["US", "US"], ["California"] * 2).name == "San Jose–San Francisco, CA"
    assert name([1], [None], [None]).name == "Cluster at 22.5N 113.9W"
    assert name([1.0, 1.0, 1.0, 1.0], ["d", "c", "b", "a"], ["XX"] * 4).name == "a–b–c", "equal cities in the order of their names"


@pytest.mark.parametrize(("lat0", "lon0"), [(48.0, 2.0), (0.0, 179.95), (-80.0, 10.0)])
def test_outline_holds_its_members_and_has_the_size_it_should(lat0: float, lon0: float) -> None:
    rng = np.random.default_rng(4)
    x, y = np.append(rng.uniform(-20, 20, 200), [20, 20, -20, -20]), np.append(rng.uniform(-20, 20, 200), [20, -20, 20, -20])
    lat, lon = from_plane(x, y, lat0, lon0)
    lon = (lon + 180) % 360 - 180
    back = to_plane(lat, lon, lat0, lon0)
    assert np.abs(back[0] - x).max() < 1e-6 and np.abs(back[1] - y).max() < 1e-6
    shape, area = hull(lat, lon, 7.5)
    assert inside(shape, lat, lon).all() and shape.is_valid and abs(shape.bounds[0]) <= 180 and abs(shape.bounds[2]) <= 180
    assert area == pytest.approx(40 * 40 + 4 * 40 * 7.5 + np.pi * 7.5**2, rel=0.06)
    assert (shape.geom_type == "MultiPolygon") == (abs(lon0) > 179)


def test_a_single_point_has_a_round_outline() -> None:
    shape, area = hull(np.array([10.0]), np.array([10.0]), 7.5)
    assert area == pytest.approx(np.pi * 7.5**2, rel=0.01) and inside(shape, np.array([10.05]), np.array([10.0])).all()


def made(records: list[Any]) -> Clusters:
    return find_clusters([source("pct", records)], FREE)


def test_matching_follows_clusters_that_rise_fall_join_come_and_go() -> None:
    old = made(
        town(60, 48, 2, "A", "FR", 1)
        + town(50, 40, 2, "B", "ES", 2)
        + town(30, 20, 2, "Gone", "DZ", 3)
        + town(45, 60, 10, "P", "NO", 5)
        + town(24, 60, 10.9, "Q", "NO", 6)
    )
    bridge = [[(east(60.0, 10.0, km), "P", "NO")] for km in (12, 24, 37) for _ in range(25)]
    new = made(
        town(55, 48, 2, "A", "FR", 7)
        + town(80, 40, 2.02, "B", "ES", 8)
        + town(21, -30, 20, "New", "ZA", 9)
        + town(40, 60, 10, "P", "NO", 10)
        + town(24, 60, 10.9, "Q", "NO", 11)
        + bridge
    )
    rows = {(r["name"], r["old_name"]): r for r in match_clusters(old, new).to_pylist()}
    assert rows["B", "B"]["change"] == 0 and rows["A", "A"]["change"] == -2
    whole = next(r for k, r in rows.items() if k[1] == "P")
    assert whole["what"] == "matched" and whole["rank"] == 1 and whole["change"] == 2
    assert rows["New", None]["what"] == "new" and rows[None, "Gone"]["what"] == "gone"
    assert rows[whole["name"], "Q"]["what"] == "joined"
    back = {(r["name"], r["old_name"]): r["what"] for r in match_clusters(new, old).to_pylist()}
    assert back["Q", whole["name"]] == "split off"


def test_matching_with_nothing_on_a_side() -> None:
    some, none = made(town(60, 48, 2, "A", "FR", 1)), made(town(3, 48, 2, "A", "FR", 1))
    assert len(none) == 0
    assert match_clusters(none, some)["what"].to_pylist() == ["new"] and match_clusters(some, none)["what"].to_pylist() == ["gone"]


def test_sensitivity_says_where_a_cluster_would_stand() -> None:
    sources = [source("pct", planted(), extra=10)]
    base = find_clusters(sources, FREE)
    table = sensitivity(sources, base, first=5).to_pylist()
    assert {r["variant"] for r in table} == set(variants(FREE))
    merged = {r["name"]: r for r in table if r["variant"] == "no merging"}
    assert merged["merge-a–merge-b"]["clusters"] == len(base) + 1
    high = {r["name"]: r["variant_rank"] for r in table if r["variant"] == "density x 2"}
    assert high["Plain"] == 1 and high["apart-a"] is None


def test_geojson_and_geopackage(tmp_path: Path) -> None:
    import shapely

    found = made(planted())
    body = json.loads(found.to_geojson())
    assert [f["properties"]["rank"] for f in body["features"]] == found.arrow["rank"].to_pylist()
    assert all(shapely.is_ccw(shapely.get_exterior_ring(shapely.from_geojson(json.dumps(f["geometry"])))) for f in body["features"])
    path = tmp_path / "c.gpkg"
    found.to_geopackage(path)
    raw = path.read_bytes()
    assert raw[68:72] == b"GPKG" and struct.unpack(">i", raw[60:64])[0] == 10300
    with sqlite3.connect(path) as con:
        assert con.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert con.execute("PRAGMA foreign_key_check").fetchall() == []
        layers = con.execute("SELECT table_name, geometry_type_name, srs_id FROM gpkg_geometry_columns ORDER BY 1").fetchall()
        assert layers == [("cluster_points", "POINT", 4326), ("clusters", "MULTIPOLYGON", 4326)]
        blob, name = con.execute("SELECT geom, name FROM clusters ORDER BY fid").fetchone()
    con.close()
    magic, _, flags, srs, west, east_, south, north = struct.unpack("<2sBBi4d", blob[:40])
    shape = shapely.from_wkb(blob[40:])
    assert (magic, flags, srs, name) == (b"GP", 3, 4326, found.arrow["name"][0].as_py())
    assert shape.bounds == (west, south, east_, north) and shape.geom_type == "MultiPolygon"


def test_countries_of_the_first_hundred_and_looking_up(tmp_path: Path) -> None:
    found = made(planted())
    counted = {r["country_code"]: (r["clusters"], r["reaching_in"]) for r in found.by_country(100)}
    assert counted == {"CN": (3, 3), "FR": (1, 2), "CH": (1, 1)}
    assert found.row("saint-louis")["unit_id"] == "cl:CH:basilea" == found.row("cl:ch:Basilea")["unit_id"]
    with pytest.raises(UnknownNameError, match="cluster"):
        found.row("Atlantis")
    assert found.arrow.column_names[:5] == ["rank", "unit_id", "name", "value", "count"]
    found.to_parquet(tmp_path / "c.parquet")
    assert json.loads(found.to_json())["meta"]["method"]["eps_km"] == 15.0
    assert found.to_markdown(2).count("\n| ") == 2
    assert found.table.shape[0] == len(found)


def test_explain_adds_up_to_the_value() -> None:
    found = made(planted())
    parts = found.explain("Saint-Louis")
    assert [(p["source"], p["city"], p["listings"]) for p in parts] == [("pct", "Basilea", 60), ("pct", "Saint-Louis", 50)]
    assert sum(p["activity"] for p in parts) == pytest.approx(found.row("Saint-Louis")["value"])


def test_ties_share_a_rank() -> None:
    found = made(town(30, 48, 2, "A", "FR") + town(30, 30, 2, "B", "DZ") + town(25, 10, 2, "C", "NG"))
    assert found.arrow["rank"].to_pylist() == [1, 1, 3] and found.arrow["name"].to_pylist() == ["A", "B", "C"]


def test_presets_and_what_is_refused() -> None:
    assert (preset("edition-2017").eps_km, preset("edition-2017").min_listings, preset("edition-2017").sources) == (13.0, 2000.0, ("pct",))
    assert preset("edition-2025").sources == ("pct", "pub", "deal") and "memory" in preset("edition-2018").status
    with pytest.raises(UnknownNameError, match="edition-2018"):
        preset("edition-2081")
    with pytest.raises(UnknownNameError):
        Method(sources=("patents",))
    with pytest.raises(UsageError):
        Method(sources=())
    with pytest.raises(DataError, match="no point"):
        find_clusters([source("pct", [[(None, None, None)]])], FREE)
    assert Method().digest == Method(name="x", status="y").digest != Method(eps_km=14).digest
