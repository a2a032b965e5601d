"""Grouped counts: equal to counts of the records that the service answers from; resumable; what they cannot give is said."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from armillary.cli.main import run
from armillary.errors import UsageError
from armillary.sources.fetch.counts import tables

TOP10 = "is_in_top_10_percent"


def work(i: int) -> dict[str, Any]:
    """Works of 2020-2022 from one to four of seven countries; every fifth has no field, every ninth no country."""
    countries = [] if i % 9 == 0 else [("AT", "CH", "CN", "DE", "FR", "US", "ZA")[(i * k + k) % 7] for k in range(1, 2 + i % 4)]
    return {
        "id": f"https://openalex.org/W{i}",
        "publication_year": 2020 + i % 3,
        "type": ("article", "review", "dataset")[i % 3 if i % 7 else 0],
        "authorships": [{"countries": [c], "institutions": [{"id": f"https://openalex.org/I{ord(c[0])}"}]} for c in countries],
        "primary_topic": None if i % 5 == 0 else {"id": f"T{i % 4}", "field": {"id": f"https://openalex.org/fields/{11 + i % 3}"}},
        "sustainable_development_goals": [{"id": f"https://metadata.un.org/sdg/{g}"} for g in range(1, 1 + i % 3)],
        "citation_normalized_percentile": {TOP10: i % 10 == 0, "is_in_top_1_percent": i % 100 == 0},
        "open_access": {"is_oa": i % 2 == 0, "oa_status": "gold" if i % 2 == 0 else "closed"},
        "corresponding_institution_ids": [f"https://openalex.org/I{k}" for k in {i % 3, i % 2}],
    }


@pytest.fixture
def world(server: Any) -> list[dict[str, Any]]:
    made = [work(i) for i in range(1, 301)]
    server.records["works"] = [json.dumps(w).encode() for w in made]
    places = [{"id": f"https://openalex.org/I{k}", "country_code": ("ch", "CH", None)[k]} for k in range(3)]
    server.records["institutions"] = [json.dumps(p).encode() for p in places]
    return made


def fetch(server: Any, out: Path, *more: str) -> int:
    period = () if "--period" in more else ("--period", "2020-2022")
    return run(["fetch", "counts", "--out", str(out), "--base", server.base, *period, "--rate", "100", "--retry-wait", "0.01", *more])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(out: Path, name: str, *keys: str) -> dict[tuple[str, ...], int]:
    return {tuple(r[k] for k in keys): int(r["works"]) for r in rows(out / f"{name}.csv")}


def countries(w: dict[str, Any]) -> set[str]:
    return {c for a in w["authorships"] for c in a["countries"]}


def counted(works: Iterable[dict[str, Any]], keys: Callable[[dict[str, Any]], Iterable[Any]]) -> dict[tuple[str, ...], int]:
    return dict(Counter((str(w["publication_year"]), str(k)) for w in works for k in set(keys(w))))


def field(w: dict[str, Any]) -> list[str]:
    return [w["primary_topic"]["field"]["id"].rsplit("/", 1)[-1]] if w["primary_topic"] else []


def test_tables_are_the_counts_of_the_records(server: Any, world: list[dict[str, Any]], tmp_path: Path, capsys: Any) -> None:
    names = [t for t in tables.registry()["table"] if t != "topics"]
    assert fetch(server, tmp_path, *itertools.chain(*(("--table", n) for n in names))) == 0
    said = capsys.readouterr()
    years = Counter(str(w["publication_year"]) for w in world)
    assert table(tmp_path, "years", "year") == {(y,): n for y, n in years.items()}
    assert table(tmp_path, "countries", "year", "country") == counted(world, countries)
    assert table(tmp_path, "types", "year", "type") == counted(world, lambda w: [w["type"]])
    assert table(tmp_path, "fields", "year", "field") == counted(world, field)
    goals = counted(world, lambda w: [g["id"].rsplit("/", 1)[-1] for g in w["sustainable_development_goals"]])
    assert table(tmp_path, "goals", "year", "goal") == goals
    top = [w for w in world if w["citation_normalized_percentile"][TOP10]]
    assert table(tmp_path, "countries-top10", "year", "country") == counted(top, countries)
    assert table(tmp_path, "countries-open", "year", "country") == counted((w for w in world if w["open_access"]["is_oa"]), countries)
    assert table(tmp_path, "countries-international", "year", "country") == counted((w for w in world if len(countries(w)) > 1), countries)
    cross = Counter((str(w["publication_year"]), *field(w), c) for w in world if field(w) for c in countries(w))
    assert table(tmp_path, "countries-fields", "year", "field", "country") == dict(cross)
    pairs = Counter(("2020-2022", *p) for w in world for p in itertools.combinations(sorted(countries(w)), 2))
    assert table(tmp_path, "pairs", "period", "country", "partner") == dict(pairs)
    assert all(r["counting"] == "full" for r in rows(tmp_path / "pairs.csv"))
    n, total = len([w for w in world if field(w)]), len(world)
    assert f"{n} of {total} works are in a group; the other {total - n} have no field" in said.out
    assert "no intervals, no robustness: those need records" in said.out
    assert "about" in said.err
    assert "by the list of" in said.err
    package = json.loads((tmp_path / "datapackage.json").read_text())
    assert {r["name"] for r in package["resources"]} == set(names)
    assert len(package["limits"]) == 4
    queries = next(r for r in package["resources"] if r["name"] == "years")["queries"]
    expected = {"filter": "publication_year:2020-2022", "works": 300, "groups": 3, "groups_sum": 300, "group_by": "publication_year"}
    assert queries == [expected]


def test_corresponding_countries_lie_within_their_bounds(server: Any, world: list[dict[str, Any]], tmp_path: Path, capsys: Any) -> None:
    """The API groups corresponding authors by institution only; two of three are Swiss, the third has no country."""
    assert fetch(server, tmp_path, "--table", "corresponding-countries") == 0
    made = {r["year"]: (int(r["works_at_least"]), int(r["works_at_most"])) for r in rows(tmp_path / "corresponding-countries.csv")}
    for year, (least, most) in made.items():
        within = [set(w["corresponding_institution_ids"]) for w in world if str(w["publication_year"]) == year]
        true = sum(bool(w & {"https://openalex.org/I0", "https://openalex.org/I1"}) for w in within)
        largest = max(sum(f"https://openalex.org/I{k}" in w for w in within) for k in (0, 1))
        assert least == largest <= true <= most <= len(within)
    assert set(made) == {"2020", "2021", "2022"}
    assert {r["country"] for r in rows(tmp_path / "corresponding-countries.csv")} == {"CH"}
    assert "are of institutions without a country" in capsys.readouterr().out
    asked = len(server.log)
    assert fetch(server, tmp_path, "--table", "corresponding-countries") == 0
    assert len(server.log) == asked


def test_the_same_again_asks_nothing_and_writes_the_same(server: Any, world: list[dict[str, Any]], tmp_path: Path, capsys: Any) -> None:
    assert fetch(server, tmp_path) == 0
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
    asked = len(server.log)
    assert fetch(server, tmp_path) == 0
    assert len(server.log) == asked
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()} == before
    capsys.readouterr()
    assert fetch(server, tmp_path, "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["requests"] == 0
    assert fetch(server, tmp_path, "--fresh", "--quiet") == 0
    assert len(server.log) == 2 * asked


@pytest.mark.parametrize("budget", [1, 4, 7])
def test_an_interrupted_run_goes_on(server: Any, world: list[dict[str, Any]], tmp_path: Path, capsys: Any, budget: int) -> None:
    names = ("--table", "countries", "--table", "pairs", "--table", "goals")
    assert fetch(server, tmp_path / "whole", *names) == 0
    whole = len(server.log)
    runs = 0
    while fetch(server, tmp_path / "parts", *names, "--max-requests", str(budget)) == 2:
        assert f"the budget of {budget} requests is used up" in capsys.readouterr().err
        runs += 1
        assert runs < 40
    assert len(server.log) == 2 * whole
    for name in ("countries", "pairs", "goals", "datapackage"):
        ending = "json" if name == "datapackage" else "csv"
        assert (tmp_path / "whole" / f"{name}.{ending}").read_bytes() == (tmp_path / "parts" / f"{name}.{ending}").read_bytes()


def test_the_price_before_is_near_the_price_after(server: Any, world: list[dict[str, Any]], tmp_path: Path, capsys: Any) -> None:
    names = ("--table", "countries", "--table", "fields", "--table", "years")
    assert fetch(server, tmp_path, *names, "--dry-run", "--json") == 0
    before = json.loads(capsys.readouterr().out)
    assert not server.log
    assert {t["table"]: t["requests"] for t in before["tables"]} == {"countries": 6, "fields": 3, "years": 1}
    assert fetch(server, tmp_path, *names, "--json") == 0
    after = json.loads(capsys.readouterr().out)
    assert after["requests"] == 7, "this small world has one page of countries a year"
    assert after["usd"] == pytest.approx(0.0007)
    assert before["usd"] == pytest.approx(0.001)


def test_another_filter_needs_another_folder(server: Any, world: list[dict[str, Any]], tmp_path: Path, capsys: Any) -> None:
    assert fetch(server, tmp_path, "--table", "years", "--filter", "type:article") == 0
    articles = Counter((str(w["publication_year"]),) for w in world if w["type"] == "article")
    assert table(tmp_path, "years", "year") == dict(articles)
    assert fetch(server, tmp_path, "--table", "years") == 2
    assert "counts of another query (filter type:article)" in capsys.readouterr().err
    assert fetch(server, tmp_path, "--table", "types", "--filter", "type:article") == 0
    assert {r["name"] for r in json.loads((tmp_path / "datapackage.json").read_text())["resources"]} == {"years", "types"}


def test_parquet_says_its_limits(server: Any, world: list[dict[str, Any]], tmp_path: Path) -> None:
    assert fetch(server, tmp_path, "--table", "goals", "--format", "parquet") == 0
    made = pq.read_table(tmp_path / "goals.parquet")
    assert made.column_names == ["year", "goal", "name", "works", "counting"]
    assert b"full counting" in made.schema.metadata[b"limits"]


def test_a_refusal_names_the_table(server: Any, world: list[dict[str, Any]], tmp_path: Path, capsys: Any) -> None:
    server.headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Remaining-USD": "0"}
    server.faults["/works"] = [("none",), ("status", 429, {}, b'{"error": "Rate limit exceeded", "message": "Insufficient budget."}')]
    assert fetch(server, tmp_path, "--table", "countries") == 2
    err = capsys.readouterr().err
    assert "Insufficient budget. (table countries, 1 of its queries here)" in err
    assert err.count("\n") == 2, "the price before, and the refusal"


@pytest.mark.parametrize("more", [("--table", "countrys"), ("--period", "2022-2020"), ("--period", "soon"), ("--filter", "type")])
def test_bad_requests_are_one_line(server: Any, world: list[dict[str, Any]], tmp_path: Path, capsys: Any, more: tuple[str, ...]) -> None:
    assert fetch(server, tmp_path, *more) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not server.log


def test_the_list_names_all(capsys: Any) -> None:
    assert run(["fetch", "counts", "--list"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in tables.registry()["table"])
    assert run(["fetch", "counts"]) == 2
    with pytest.raises(UsageError, match="no period"):
        tables.period("20-21")


def test_counts_of_real_records(server: Any, real_data: Path, tmp_path: Path) -> None:
    """A service that answers from the real works: full counts of countries and fields are those of the records."""
    parts = sorted((real_data / "openalex" / "data" / "works").glob("*/*.gz"))
    lines = [x for p in parts for x in gzip.decompress(p.read_bytes()).splitlines() if b'"countries"' in x and b'"primary_topic"' in x]
    server.records["works"] = lines
    works = [json.loads(x) for x in lines]
    assert len(works) > 5000
    assert fetch(server, tmp_path, "--period", "2015-2020", "--table", "countries", "--table", "fields", "--table", "countries-top10") == 0
    within = [w for w in works if 2015 <= w["publication_year"] <= 2020]

    def of_countries(w: dict[str, Any]) -> set[str]:
        return {c for a in w["authorships"] for c in a.get("countries") or ()}

    def of_fields(w: dict[str, Any]) -> list[str]:
        return [w["primary_topic"]["field"]["id"].rsplit("/", 1)[-1]] if w.get("primary_topic") else []

    assert table(tmp_path, "countries", "year", "country") == counted(within, of_countries)
    assert table(tmp_path, "fields", "year", "field") == counted(within, of_fields)
    top = [w for w in within if (w.get("citation_normalized_percentile") or {}).get(TOP10)]
    assert table(tmp_path, "countries-top10", "year", "country") == counted(top, of_countries)
