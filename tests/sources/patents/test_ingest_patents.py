"""Patents and deals: three shapes of tables, fractions by inventor, what is refused, repeated ingest."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources import delimited
from armillary.sources.deals.ingest import ingest_deals
from armillary.sources.patents.ingest import ingest_patents
from armillary.sources.values.number import read_number


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "obs")


def test_plain_csv_with_every_kind_of_trouble(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(
        "id,year,inventor,lat,lon,country,city,is_pct\n"
        "WO1,2020,a,35.68,139.69,JP,Tokyo,1\nWO1,2020,b,,,Japan,,1\nWO1,2020,a,35.68,139.69,JP,Tokyo,1\n"
        "WO2,2021-05-03,c,95,10,DE,,no\n,2020,d,1,1,US,,1\nWO3,soon,e,0,0,Atlantis,,\n",
        encoding="utf-8",
    )
    done = ingest_patents(store, path)
    assert (done.rows, done.inventors, done.repeated, done.patents, done.with_point, done.pct) == (6, 4, 1, 3, 1, 1)
    assert done.rejected == {"no-id": 1} and done.without_year == 1
    assert any("not on the globe" in n for n in done.notes) and any("Atlantis" in n for n in done.notes)
    patents = {r["patent_id"]: (r["year"], r["is_pct"], r["n_inventors"]) for r in store.read("patent").to_pylist()}
    assert patents == {"WO1": (2020, True, 2), "WO2": (2021, False, 1), "WO3": (None, None, 1)}
    people = store.read("inventor").to_pylist()
    assert [(r["patent_id"], r["inventor_seq"], r["country_code"], r["lat_deg"]) for r in people] == [
        ("WO1", 1, "JP", 35.68),
        ("WO1", 2, "JP", None),
        ("WO2", 1, "DE", None),
        ("WO3", 1, None, None),
    ]
    refused = store.read("reject").to_pylist()
    assert [(r["entity"], r["line"], r["reason"]) for r in refused] == [("patents", 6, "no-id")]


def test_same_file_again_changes_nothing_and_a_new_version_replaces(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("id,year,inventor,lat,lon,country\nP1,2020,a,1,2,US\nP2,2020,b,1,2,US\n", encoding="utf-8")
    ingest_patents(store, path)
    digest = store.digest
    ingest_patents(store, path)
    assert store.digest == digest
    path.write_text("id,year,inventor,lat,lon,country\nP2,2021,b,1,2,US\nP2,2021,c,1,2,US\n", encoding="utf-8")
    ingest_patents(store, path)
    assert [(r["patent_id"], r["year"], r["n_inventors"]) for r in store.read("patent").to_pylist()] == [("P1", 2020, 1), ("P2", 2021, 2)]
    ingest_patents(store, path, fresh=True)
    assert store.read("patent")["patent_id"].to_pylist() == ["P2"]


def test_patentsview_tables(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "pv"
    folder.mkdir()
    (folder / "g_inventor_disambiguated.tsv").write_text(
        '"patent_id"\t"inventor_sequence"\t"inventor_id"\t"location_id"\n"10000001"\t0\t"i1"\t"L1"\n"10000001"\t1\t"i2"\t"L2"\n"10000002"\t0\t"i1"\t""\n',
        encoding="utf-8",
    )
    with gzip.open(folder / "g_location_disambiguated.tsv.gz", "wt", encoding="utf-8") as out:
        out.write(
            "location_id\tdisambig_city\tdisambig_state\tdisambig_country\tlatitude\tlongitude\nL1\tSan José\tCA\tUS\t37.3\t-121.9\n"
            "L2\tLyon\t\tFR\t45.75\t4.85\n"
        )
    with zipfile.ZipFile(folder / "g_application.tsv.zip", "w") as archive:
        archive.writestr(
            "g_application.tsv", "application_id\tpatent_id\tfiling_date\nA1\t10000001\t2015-03-10\nA2\t10000002\t2016-01-01\n"
        )
    (folder / "g_pct_data.tsv").write_text("patent_id\tpct_doc_number\n10000001\tWO2014\n", encoding="utf-8")
    done = ingest_patents(store, folder)
    assert (done.format, done.patents, done.inventors, done.with_point, done.pct) == ("patentsview", 2, 3, 2, 1)
    first = store.read("inventor").to_pylist()[0]
    assert (first["city"], first["country_code"], first["address_quality"], first["inventor_seq"]) == ("San José", "US", "town", 1)
    assert [(r["year"], r["is_pct"]) for r in store.read("patent").to_pylist()] == [(2015, True), (2016, False)]


def test_regpat_like_table_takes_points_from_regions(store: Store, tmp_path: Path) -> None:
    (tmp_path / "REGPAT_PCT_Inv.txt").write_text(
        "pct_nbr|appln_id|person_id|inv_name|reg_code|ctry_code|reg_share|inv_share|app_year\n"
        "WO2018001|1|11|Müller|DE212|DE|1|0.5|2018\nWO2018001|1|12|Li|CN011|CN|1|0.5|2018\n",
        encoding="utf-8",
    )
    (tmp_path / "points.csv").write_text("code,lat,lon\nDE212,48.14,11.58\n", encoding="utf-8")
    done = ingest_patents(store, tmp_path / "REGPAT_PCT_Inv.txt", regions=tmp_path / "points.csv")
    assert (done.format, done.pct, done.with_point) == ("regpat", 1, 1)
    assert [(r["address_quality"], r["lat_deg"]) for r in store.read("inventor").to_pylist()] == [("region", 48.14), (None, None)]
    assert store.read("patent")["patent_id"].to_pylist() == ["1"], "the application's id joins it to other tables"


def test_cited_works(store: Store, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,year,inventor,lat,lon,country\nP1,2020,a,1,2,US\n", encoding="utf-8")
    (tmp_path / "c.csv").write_text(
        "patent_id,doi,work_id\nP1,https://doi.org/10.1/ABC,\nP1,,https://openalex.org/W77\n,10.1/x,\nP1,10.1/abc,\n", encoding="utf-8"
    )
    done = ingest_patents(store, tmp_path / "p.csv", citations=tmp_path / "c.csv")
    assert done.citations == 2
    assert [(r["doi"], r["work_id"]) for r in store.read("patent_citation").to_pylist()] == [(None, 77), ("10.1/abc", None)]


def test_two_files_of_one_name_are_accounted_apart(store: Store, tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "p.csv").write_text("id,year,inventor,country\nP1,2020,a,US\n,2020,b,US\n", encoding="utf-8")
    (tmp_path / "c" / "p.csv").write_text("patent_id,doi\nP1,10.1000/a1\nP1,soon\n", encoding="utf-8")
    ingest_patents(store, tmp_path / "p.csv", citations=tmp_path / "c" / "p.csv")
    assert {r["file"]: (r["records_n"], r["kept_n"], r["rejected_n"]) for r in store.read("manifest").to_pylist()} == {
        "p.csv": (2, 1, 1),
        "c/p.csv": (2, 1, 1),
    }


def test_bytes_that_are_not_utf8(store: Store, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes("id,year,inventor,lat,lon,country,city\nP1,2020,a,1,2,DE,Köln\n".encode("latin-1"))
    ingest_patents(store, tmp_path / "p.csv")
    assert store.read("inventor")["city"].to_pylist() == ["Köln"]


def test_deals(store: Store, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(
        'deal_id,date,latitude,longitude,country,city,amount\nd1,2024-02-01,37.8,-122.3,US,SF,"1,500,000"\nd1,2024,1,1,US,,\nd2,,,,GB,,x\n,2024,1,1,,,\n',
        encoding="utf-8",
    )
    done = ingest_deals(store, tmp_path / "d.csv")
    assert (done.rows, done.deals, done.repeated, done.with_point, done.without_year, done.rejected) == (4, 2, 1, 1, 1, {"no-id": 1})
    assert [(r["deal_id"], r["year"], r["amount_usd"], r["country_code"]) for r in store.read("deal").to_pylist()] == [
        ("d1", 2024, 1.5e6, "US"),
        ("d2", None, None, "GB"),
    ]


@pytest.mark.parametrize("text", ["foo,bar\n1,2\n", ""])
def test_tables_that_are_none(store: Store, tmp_path: Path, text: str) -> None:
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        ingest_patents(store, tmp_path / "p.csv")
    with pytest.raises(InputError):
        ingest_deals(store, tmp_path / "p.csv") if text else ingest_deals(store, tmp_path / "missing.csv")


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.csv").write_text("id,year,inventor,lat,lon,country\nP1,2020,a,1,2,US\n", encoding="utf-8")
    assert run(["ingest", "patents", str(tmp_path / "p.csv"), "--into", str(tmp_path / "o"), "--pct", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pct"] == 1
    (tmp_path / "d.csv").write_text("id,year,lat,lon\nd,2020,1,2\n", encoding="utf-8")
    assert run(["ingest", "deals", str(tmp_path / "d.csv"), "--into", str(tmp_path / "o")]) == 0
    assert "1 deals, 1 with a point" in capsys.readouterr().out
    assert run(["ingest", "patents", str(tmp_path / "nowhere"), "--into", str(tmp_path / "o")]) == 2


def test_a_zip_of_several_tables_is_the_folder_of_them(store: Store, tmp_path: Path) -> None:
    tables = {
        "g_inventor_disambiguated.tsv": "patent_id\tinventor_sequence\tinventor_id\tlocation_id\n10000001\t0\ti1\tL1\n",
        "g_location_disambiguated.tsv": "location_id\tdisambig_city\tdisambig_country\tlatitude\tlongitude\nL1\tLyon\tFR\t45.75\t4.85\n",
        "g_application.tsv": "application_id\tpatent_id\tfiling_date\nA1\t10000001\t2015-03-10\n",
        "notes/readme.pdf": "%PDF",
    }
    with zipfile.ZipFile(tmp_path / "bulk.zip", "w") as archive:
        for name, text in tables.items():
            archive.writestr(f"download/{name}", text)
    (tmp_path / "folder").mkdir()
    (tmp_path / "bulk.zip").rename(tmp_path / "folder" / "bulk.zip")
    seen = []
    for path in (tmp_path / "folder" / "bulk.zip", tmp_path / "folder"):
        done = ingest_patents(store, path, fresh=True)
        assert (done.format, done.patents, done.inventors, done.with_point, done.without_year) == ("patentsview", 1, 1, 1, 0)
        assert done.left_out == {"bulk.zip/download/notes/readme.pdf": "its name does not end in one of .csv, .tsv, .txt"}
        seen.append(store.digest)
    assert seen[0] == seen[1]
    assert {r["file"] for r in store.read("manifest").to_pylist()} == {n for n in tables if n.endswith(".tsv")}


def test_a_damaged_archive_among_others_is_named(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,year,inventor,lat,lon,country\nP1,2020,a,1,2,US\n", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.csv", "id,year,inventor,lat,lon,country\nP2,2020,a,1,2,US\n" * 50)
        archive.writestr("c.csv", "id,year,inventor,lat,lon,country\nP3,2020,a,1,2,US\n" * 50)
    damaged = bytearray((tmp_path / "b.zip").read_bytes())
    damaged[60:70] = bytes(10)
    (tmp_path / "b.zip").write_bytes(damaged)
    done = ingest_patents(store, tmp_path)
    assert done.patents == 1 and set(done.left_out) == {"b.zip"}


COORDINATES = (
    "1.5",
    "-0",
    "007.5",
    "1,5",
    "12.345",
    "-12.3456789",
    "90",
    "91",
    "180",
    "181",
    "1e1",
    "+5",
    " 5 ",
    "5.",
    ".5",
    "5°",
    "x",
    "1.2.3",
    "0",
)


@pytest.mark.parametrize("comma", [False, True])
def test_coordinates_read_in_bulk_are_those_read_one_by_one(store: Store, tmp_path: Path, comma: bool) -> None:
    given = [c for c in COORDINATES if comma or "," not in c]
    path = tmp_path / "p.csv"
    rows = "".join(f'P{n:03d},2020,i,"{text}","{text}",US\n' for n, text in enumerate(given))
    path.write_text(f"id,year,inventor,lat,lon,country\n{rows}", encoding="utf-8")
    ingest_patents(store, path)
    for text, row in zip(given, store.read("inventor").to_pylist(), strict=True):
        value = read_number(text, decimal="," if comma else ".").value
        on_the_globe = value is not None and abs(value) <= 90 and value != 0
        assert row["lat_deg"] == row["lon_deg"] == (value if on_the_globe else None), text


def test_little_memory_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"P{n % 7000},{2000 + n % 20},inventor {n % 9000},{n % 89}.{n % 977},{n % 179}.5,US\n" for n in range(30_000))
    path = tmp_path / "p.csv"
    path.write_text(f"id,year,inventor,lat,lon,country\n{rows},2020,nobody,1,1,US\n", encoding="utf-8")
    much, little = Store.create(tmp_path / "much"), Store.create(tmp_path / "little")
    ingest_patents(much, path)
    monkeypatch.setattr(delimited, "MEMORY", "40MB")
    ingest_patents(little, path)
    assert much.digest == little.digest and little.rows("inventor") > 20_000
    assert not list((tmp_path / "little" / "temp").iterdir()), "nothing is left behind"
