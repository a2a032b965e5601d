"""Clusters of a synthetic world are the planted ones, and deals turn the first two round; commands; the real records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import armillary as arm
from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import DataError, InputError, UsageError
from armillary.sources.deals.ingest import ingest_deals
from armillary.sources.openalex.ingest import ingest
from armillary.sources.patents.ingest import ingest_patents
from armillary.studies.clusters.method import preset
from armillary.studies.clusters.sensitivity import flips
from armillary.studies.clusters.survey import survey
from armillary.synthetic import World
from armillary.synthetic.beside import write_beside
from armillary.synthetic.patents import clusters, threshold

WORLD = World(works=2_000, seed=1)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_beside(WORLD, folder)
    store = Store.create(folder / "obs")
    ingest_patents(store, folder / "patents" / "plain.csv")
    ingest_deals(store, folder / "patents" / "deals.csv")
    return folder / "obs"


def test_every_planted_cluster_is_found_and_no_other(planted: Path) -> None:
    expected = {frozenset(c["cities"]): (c["pct_listings"], set(c["countries"])) for c in clusters(WORLD)}  # type: ignore[call-overload]
    found, _ = survey(arm.open(planted).corpus, sources=("pct",), min_listings=threshold(WORLD), equalise=False)
    rows = found.arrow.to_pylist()
    assert {frozenset(r["name"].split("–")): (r["count"], set(r["countries"].split(";"))) for r in rows} == expected
    special = {c["planted"]: c["cities"] for c in clusters(WORLD)}
    border = next(r for r in rows if set(r["name"].split("–")) == set(special["crosses a border"]))  # type: ignore[call-overload]
    assert border["is_cross_border"] and sum(r["is_cross_border"] for r in rows) == 1
    assert len(found.meta["merges"]) == 1
    apart, _ = survey(arm.open(planted).corpus, sources=("pct",), min_listings=threshold(WORLD), equalise=False, merge_km=-1.0)
    assert len(apart) == len(found) + 1


def test_patentsview_shape_of_the_same_world_gives_the_same_clusters(planted: Path, tmp_path: Path) -> None:
    store = Store.create(tmp_path / "obs")
    ingest_patents(store, planted.parent / "patents" / "patentsview")
    one, _ = survey(arm.open(planted).corpus, sources=("pct",), min_listings=threshold(WORLD), equalise=False)
    two, _ = survey(arm.open(tmp_path / "obs").corpus, sources=("pct",), min_listings=threshold(WORLD), equalise=False)
    named, _ = survey(
        arm.open(tmp_path / "obs").corpus,
        sources=("pct",),
        min_listings=threshold(WORLD),
        equalise=False,
        population=planted.parent / "geo" / "cities.json",
    )
    got, told = named.arrow["name"].to_pylist(), one.arrow["name"].to_pylist()
    assert sum(a == b for a, b in zip(got, told, strict=True)) >= 0.9 * len(told), "cities come from the populated places"
    assert all(p for p in named.arrow["population_n"].to_pylist())
    columns = ["rank", "count", "value", "countries", "lat_deg", "lon_deg"]  # that file has no names of cities
    assert one.arrow.select(columns).equals(two.arrow.select(columns))


def test_deals_turn_the_first_two_round(planted: Path) -> None:
    found, _ = survey(arm.open(planted).corpus, sources=("pct", "deal"), min_listings=threshold(WORLD), equalise=False)
    first, second = found.arrow["name"][0].as_py(), found.arrow["name"][1].as_py()
    assert (first, second) in flips(found, "deal")


def test_windows_and_refusals(planted: Path) -> None:
    corpus = arm.open(planted).corpus
    found, sources = survey(corpus, edition="edition-2017", year=2020, min_listings=2)
    assert sources[0].period == "2015-2020" and "memory" in found.meta["note"]
    assert preset("edition-2018").lag == (("pub", 1),)
    with pytest.raises(UsageError, match="exclude each other"):
        survey(corpus, year=2020, period="2020")
    with pytest.raises(DataError, match="no publication"):
        survey(corpus, sources=("pub",))
    with pytest.raises(DataError, match="application in 1800"):
        survey(corpus, sources=("pct",), period="1800")


def test_population_of_a_grid(planted: Path, tmp_path: Path) -> None:
    corpus = arm.open(planted).corpus
    one = survey(corpus, sources=("pct",), min_listings=threshold(WORLD))[0].arrow.to_pylist()[0]
    grid = tmp_path / "cells.csv"
    grid.write_text(
        f"lat,lon,population\n{one['lat_deg']},{one['lon_deg']},1500000\n{one['lat_deg']},{one['lon_deg']},500000\n0,0,7\n",
        encoding="utf-8",
    )
    rows = survey(corpus, sources=("pct",), min_listings=threshold(WORLD), population=grid)[0].arrow.to_pylist()
    assert rows[0]["population_n"] == 2_000_000 and rows[0]["intensity"] == pytest.approx(rows[0]["value"] / 2)
    assert [r["intensity_rank"] for r in rows[:2]] == [1, None]
    grid.write_text("lat,lon,population\nx,1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="population grid"):
        survey(corpus, sources=("pct",), min_listings=threshold(WORLD), population=grid)


def test_command(planted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["clusters", "--into", str(planted), "--sources", "pct", "--density", str(threshold(WORLD)), "--as-they-are"]
    assert run([*base, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [r["rank"] for r in rows] == sorted(r["rank"] for r in rows)
    assert run([*base, "--limit", "3", "--plot", str(tmp_path / "m.svg")]) == 0
    assert f"{len(rows) - 3} more" in capsys.readouterr().out and (tmp_path / "m.svg").stat().st_size > 20_000
    assert run([*base, "--format", "gpkg"]) == 2
    assert run([*base, "--format", "gpkg", "--out", str(tmp_path / "c.gpkg")]) == 0 and (tmp_path / "c.gpkg").exists()
    assert run([*base, "--format", "geojson", "--out", str(tmp_path / "c.geojson")]) == 0
    assert len(json.loads((tmp_path / "c.geojson").read_text(encoding="utf-8"))["features"]) == len(rows)
    capsys.readouterr()
    assert run([*base, "--by-country", "100"]) == 0
    assert sum(int(line.split()[1]) for line in capsys.readouterr().out.splitlines()[1:]) == len(rows)
    assert run([*base, "--period", "2018-2023", "--compare", "2010-2017", "--json"]) == 0
    assert {r["what"] for r in json.loads(capsys.readouterr().out)} >= {"matched"}
    assert run([*base, "--explain", rows[0]["name"]]) == 0
    assert capsys.readouterr().out.startswith("source  city")
    assert run([*base, "--sensitivity"]) == 0
    assert "density x 2" in capsys.readouterr().out
    assert run(["clusters", "--into", str(planted), "--edition", "edition-1999"]) == 2


@pytest.fixture(scope="module")
def real(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[arm.Observatory]:
    from armillary.sources.ror.ingest import ingest as ingest_ror

    folder = tmp_path_factory.mktemp("real")
    store = Store.create(folder / "obs")
    ingest(real_data / "openalex", store)
    ingest_ror(real_data / "ror" / "ror_flat.csv.gz", store)
    yield arm.open(folder / "obs")


@pytest.mark.slow
def test_real_records(real: arm.Observatory, real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A city ranking with its unassigned share, clusters at a density that fits, and a map of both as PNG and page."""
    geo, folder = real_data / "geo", str(real.path)
    args = ["--polygons", str(geo / "ne_50m_urban_areas.geojson.gz"), "--populated", str(geo / "geonames_cities1000_reduced.json.gz")]
    assert run(["places", "--into", folder, *args, "--json", "--plot", str(tmp_path / "cities.html")]) == 0
    told = json.loads(capsys.readouterr().out)
    obs = arm.open(real.path)
    ranking = obs.rank("share", unit="city")
    whole = sum(r["value"] for r in ranking.rows())
    rest = sum(r["value"] for r in ranking.unassigned.to_pylist())
    works = obs.rank("share", unit="country").rows()
    assert whole == pytest.approx(sum(r["value"] for r in works), abs=1e-3)
    share = (told["weight"]["none"] + told["weight"]["unmatched"]) / sum(told["weight"].values())
    assert 0.3 < rest / whole < 0.5 and abs(rest / whole - share) < 0.01
    found, _ = survey(obs.corpus, sources=("pub",), min_listings=30)
    assert 150 < len(found) < 400 and found.meta["sources"][0]["share_in_clusters"] > 0.4
    assert all(r["name"] for r in found.arrow.to_pylist()) and found.row("Boston")["country_code"] == "US"
    assert run(["clusters", "--into", folder, "--density", "30", "--plot", str(tmp_path / "c.png")]) == 0
    assert run(["clusters", "--into", folder, "--density", "30", "--plot", str(tmp_path / "c.html")]) == 0
    assert (tmp_path / "c.png").stat().st_size > 50_000 and "map_view" in (tmp_path / "c.html").read_text(encoding="utf-8")


def test_publications_points_windows_and_domains(tmp_path: Path) -> None:
    """Points are the institutions' own places; social sciences are out, works of no known domain in; links by shared works."""
    import numpy as np

    from support.tiny import observatory

    spots = {
        1: (48.1, 11.6, "München", "DE"),
        2: (48.2, 11.5, "München", "DE"),
        3: (52.5, 13.4, "Berlin", "DE"),
        4: (None, None, None, "FR"),
    }
    institutions = {i: {"country_code": c, "city": n, "lat_deg": y, "lon_deg": x} for i, (y, x, n, c) in spots.items()}
    papers = [
        {"id": 1, "year": 2021, "authors": [[[1]], [[3]]], "domain_id": 3},
        {"id": 2, "year": 2021, "authors": [[[1], [2]], [[4]]]},
        {"id": 3, "year": 2022, "authors": [[[3]]], "domain_id": 2},
        {"id": 4, "year": 2019, "authors": [[[3]]], "domain_id": 4},
    ]
    obs = observatory(tmp_path / "o", papers, institutions)
    scope = ("not-retracted", "types:article", "not-domain:2")
    found, sources = survey(obs.corpus, sources=("pub",), min_listings=1, period="2020-2022", scope=scope)
    rows = {r["name"]: (r["pub_count"], r["count"]) for r in found.arrow.to_pylist()}
    assert rows == {"München": (1.0, 3), "Berlin": (0.5, 1)}
    assert (sources[0].records, sources[0].unplaced_listings) == (2, 1)
    assert found.arrow["value"].to_pylist() == pytest.approx([0.5, 0.25])
    cluster = np.array([0 if c == "München" else 1 for c in sources[0].city])
    assert sources[0].links(cluster) == {(0, 1): 1}
