"""ROR dumps of both schemas and flat tables; what they fill in, and what they leave alone."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.openalex.ingest import ingest as ingest_openalex
from armillary.sources.ror.ingest import ingest
from armillary.sources.ror.read import find, main_type, read

LINK = "https://ror.org/"


def schema_2(
    number: int, city: str = "Lyon", lat: float | None = 45.75, parents: tuple[int, ...] = (), modified: str = "2025-01-01", **more: object
) -> dict:
    return {
        "id": f"{LINK}0{number}",
        "names": [{"value": "Other name", "types": ["label"]}, {"value": f"Org {number}", "types": ["ror_display", "label"]}],
        "types": ["funder", "education"],
        "status": "active",
        "locations": [
            {
                "geonames_id": 100 + number,
                "geonames_details": {
                    "country_code": "FR",
                    "country_subdivision_name": "Rhône",
                    "name": city,
                    "lat": lat,
                    "lng": None if lat is None else 4.85,
                },
            }
        ],
        "relationships": [{"type": "parent", "id": f"{LINK}0{p}", "label": ""} for p in parents]
        + [{"type": "child", "id": f"{LINK}0999", "label": ""}],
        "admin": {"last_modified": {"date": modified}},
    } | more


def schema_1(number: int) -> dict:
    return {
        "id": f"{LINK}0{number}",
        "name": f"Old {number}",
        "types": ["Facility"],
        "status": "active",
        "country": {"country_code": "JP"},
        "addresses": [
            {
                "lat": 35.7,
                "lng": 139.7,
                "city": "Tokyo",
                "state": None,
                "geonames_city": {"id": 1850147, "geonames_admin1": {"name": "Tokyo"}},
            }
        ],
        "relationships": [{"type": "Parent", "id": f"{LINK}01", "label": ""}],
    }


def write(path: Path, records: list) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records), encoding="utf-8")
    return path


def institutions(path: Path) -> Path:
    def own(n: int, **more: object) -> dict:
        return {"id": f"https://openalex.org/I{n}", "display_name": f"I{n}", "ror": f"{LINK}0{n}", "updated_date": "2025-01-01"} | more

    return write(
        path,
        [
            own(
                1,
                type="government",
                country_code="DE",
                geo={"city": "Berlin", "latitude": 52.5, "longitude": 13.4, "region": None, "country_code": "DE"},
            ),
            own(2),
            own(3, geo={"city": "Named only", "latitude": None, "longitude": None}, country_code="FR"),
            own(4, ror=None),
        ],
    )


def test_both_schemas_are_read(tmp_path: Path) -> None:
    found = read(write(tmp_path / "r.jsonl", [schema_2(1), schema_1(2), schema_2(3, lat=None), schema_2(4, locations=[])]))
    assert found.rows["01"] == {
        "ror_id": "01",
        "name": "Org 1",
        "institution_type": "education",
        "country_code": "FR",
        "region_name": "Rhône",
        "city": "Lyon",
        "geonames_id": 101,
        "lat_deg": 45.75,
        "lon_deg": 4.85,
    }
    assert found.rows["02"] == {
        "ror_id": "02",
        "name": "Old 2",
        "institution_type": "facility",
        "country_code": "JP",
        "region_name": "Tokyo",
        "city": "Tokyo",
        "geonames_id": 1850147,
        "lat_deg": 35.7,
        "lon_deg": 139.7,
    }
    assert (found.rows["03"]["lat_deg"], found.rows["04"]["city"]) == (None, None)
    assert found.parents["02"] == ["01"]
    assert found.quirks == {"schema-1": 1, "no-location": 1, "city-without-point": 1}


def test_newest_version_wins(tmp_path: Path) -> None:
    records = [
        schema_2(1, "Old", modified="2024-01-01"),
        schema_2(1, "New", modified="2025-06-01"),
        schema_2(1, "Older", modified="2023-01-01"),
    ]
    found = read(write(tmp_path / "r.jsonl", records))
    assert (found.rows["01"]["city"], found.n_superseded, found.n_records) == ("New", 2, 3)


@pytest.mark.parametrize("kind", ["array.json", "dump.zip", "lines.jsonl.gz"])
def test_every_way_ror_is_published(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    records = [schema_2(1), schema_2(2)]
    if kind == "array.json":
        path.write_text(json.dumps(records, indent=1))
    elif kind == "dump.zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("v1-ror-data.json", "[]")
            archive.writestr("v1-ror-data_schema_v2.json", json.dumps(records))
        path.write_bytes(buffer.getvalue())
    else:
        path.write_bytes(gzip.compress("\n".join(map(json.dumps, records)).encode()))
    assert sorted(read(path).rows) == ["01", "02"]


def test_flat_table(tmp_path: Path) -> None:
    head = "ror_id,name,status,types,established,country_code,country_subdivision,city,geonames_id,lat,lng,n_locations,parents\n"
    path = tmp_path / "flat.csv"
    path.write_text(
        head + f"{LINK}01,A,active,funder|nonprofit,1999,FR,Rhône,Lyon,5,45.75,4.85,1,{LINK}02\n{LINK}02,B,active,company,,US,,,,,,1,\n"
        f"{LINK}03,C,active,company,,US,,,,north,1,1,\n,D,active,,,,,,,,,1,\n",
        encoding="utf-8",
    )
    found = read(path)
    assert found.rows["01"]["institution_type"] == "nonprofit"
    assert found.parents["01"] == ["02"]
    assert [(line, reason) for line, reason, _ in found.rejects] == [(4, "wrong-type"), (5, "no-id")]


@pytest.mark.parametrize(
    ("types", "expected"),
    [(["funder", "government"], "government"), (["Funder"], "funder"), ([], None), (["company", "funder"], "company")],
)
def test_main_type(types: list[str], expected: str | None) -> None:
    assert main_type(types) == expected


def test_bad_lines_are_rejected(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "o")
    done = ingest(
        write(tmp_path / "r.jsonl", [schema_2(1), "{", '{"id": null, "names": []}', '{"a": 1}', "", schema_2(2, locations=["x"])]), store
    )
    assert (done.records, done.kept, done.rejected) == (5, 1, 4)
    assert [(r["line"], r["reason"]) for r in store.read("reject").to_pylist()] == [
        (2, "bad-json"),
        (3, "no-id"),
        (4, "wrong-type"),
        (6, "wrong-type"),
    ]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("r.jsonl", b"", "no ROR organisations"),
        ("r.csv", b"a,b\n1,2\n", "lacks the columns"),
        ("r.json", b"[1,", "not valid JSON"),
        ("r.zip", b"PK", "archive is damaged"),
        ("r.jsonl.gz", b"\x1f\x8b\x00", "archive is damaged"),
        ("r.csv", b"\xff\xfe", "lacks the columns"),
    ],
)
def test_errors_name_the_file(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert str(path) in caught.value.line


def test_fills_only_what_is_missing_in_either_order(tmp_path: Path) -> None:
    ror = write(tmp_path / "r.jsonl", [schema_2(1), schema_2(2, parents=(1,)), schema_2(3, parents=(77,)), schema_2(4)])
    openalex = institutions(tmp_path / "i.jsonl")
    one, two = Store.create(tmp_path / "1"), Store.create(tmp_path / "2")
    ingest_openalex(openalex, one)
    done = ingest(ror, one)
    ingest(ror, two)
    ingest_openalex(openalex, two)
    assert one.digest == two.digest
    rows = one.read("institution").select(["institution_type", "country_code", "city", "lat_deg", "place_origin"]).to_pylist()
    assert [tuple(r.values()) for r in rows] == [
        ("government", "DE", "Berlin", 52.5, "openalex"),
        ("education", "FR", "Lyon", 45.75, "ror"),
        ("education", "FR", "Lyon", 45.75, "ror"),
        (None, None, None, None, None),
    ]
    assert one.read("institution_parent").to_pylist() == [{"institution_id": 2, "parent_id": 1, "relation": "parent"}]
    assert (done.places_filled, done.types_filled, done.parents) == (2, 2, 1)
    assert ingest(ror, one).changed is False


def test_a_newer_dump_replaces_places_of_the_older(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "o")
    ingest_openalex(institutions(tmp_path / "i.jsonl"), store)
    ingest(write(tmp_path / "a.jsonl", [schema_2(2, "Here"), schema_2(3, "Here")]), store)
    ingest(write(tmp_path / "b.jsonl", [schema_2(2, "There")]), store)
    assert store.read("institution")["city"].to_pylist() == ["Berlin", "There", None, None]
    assert store.rows("ror") == 1


def test_real_dump_and_flat_table_agree(real_data: Path, tmp_path: Path) -> None:
    raw, flat = read(real_data / "ror/ror_records_latest.jsonl.gz"), read(real_data / "ror/ror_flat.csv.gz")
    assert len(raw.rows) == len(flat.rows) == raw.n_records == 51_370
    assert not raw.rejects
    assert not flat.rejects
    assert raw.quirks["schema-1"] == 15_380
    differ = [
        k for k in raw.rows if any(raw.rows[k][c] != flat.rows[k][c] for c in ("name", "country_code", "lat_deg", "lon_deg", "geonames_id"))
    ]
    assert not differ
    store = Store.create(tmp_path / "o")
    ingest_openalex(real_data / "openalex/data/institutions", store)
    before = store.read("institution")["lat_deg"].null_count
    ingest(real_data / "ror", store)
    after = store.read("institution")
    assert before == 60
    assert after["lat_deg"].null_count < before
    assert set(after["place_origin"].to_pylist()) == {"openalex", "ror", None}


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "r.jsonl", [schema_2(1)])
    assert run(["ingest", "ror", str(path), "--into", str(tmp_path / "o"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == 1
    assert run(["ingest", "ror", str(tmp_path / "none"), "--into", str(tmp_path / "o")]) == 2
    assert "no such file or folder" in capsys.readouterr().err


def test_a_city_without_a_point_is_a_place(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "o")
    ingest_openalex(institutions(tmp_path / "i.jsonl"), store)
    done = ingest(write(tmp_path / "r.jsonl", [schema_2(2, "Ulm", lat=None), schema_2(3, "Ulm", lat=None)]), store)
    rows = {r["institution_id"]: (r["city"], r["lat_deg"], r["place_origin"]) for r in store.read("institution").to_pylist()}
    assert rows[2] == ("Ulm", None, "ror") and rows[3][0] == "Named only", "a city of OpenAlex's own stays"
    assert (done.places_filled, done.quirks["city-without-point"]) == (1, 2)
    assert {r["institution_id"] for r in store.read("institution_place").to_pylist() if r["place_id"]} >= {1, 2}
    ingest(write(tmp_path / "s.jsonl", [schema_2(4)]), store)
    assert store.read("institution").to_pylist()[1]["city"] is None


@pytest.mark.parametrize(
    "bad",
    [
        {"id": ["x"]},
        {"names": [{"value": 7, "types": ["ror_display"]}]},
        {"types": [3]},
        {"types": "education"},
        {"locations": [{"geonames_id": 10**30, "geonames_details": {}}]},
        {"locations": [{"geonames_id": 1, "geonames_details": {"name": {"a": 1}}}]},
        {"locations": [{"geonames_id": 1, "geonames_details": {"lat": [1], "lng": 2}}]},
        {"relationships": [{"type": "parent"}]},
        {"admin": {"last_modified": {"date": 5}}},
        {"names": None},
        {"relationships": 5},
    ],
)
def test_one_bad_record_never_ends_an_ingest(tmp_path: Path, bad: dict) -> None:
    store = Store.create(tmp_path / "o")
    done = ingest(write(tmp_path / "r.jsonl", [schema_2(1), schema_2(2) | bad, schema_2(3)]), store)
    assert done.records == done.kept + done.rejected and done.kept >= 2
    assert {"01", "03"} <= set(store.read("ror")["ror_id"].to_pylist())


def test_two_editions_in_a_folder_ask_which(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("v2.1-2025-11-19-ror-data.json", "v2.1-2025-11-19-ror-data.csv", "v2.1-2025-11-19-ror-data_schema_v2.json"):
        (folder / name).write_text(json.dumps([schema_2(len(name))]))
    assert len(read(find(folder)).rows) == 1 and find(folder).name.endswith("schema_v2.json")
    (folder / "v2.2-2025-12-01-ror-data.zip").write_bytes(b"PK")
    with pytest.raises(InputError, match="2 editions"):
        find(folder)


def test_zip_of_schema_2_alone_with_a_table_beside(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "v2.16-2026-11-19-ror-data.zip", "w") as archive:
        archive.writestr("v2.16-2026-11-19-ror-data.csv", "id,names\n")
        archive.writestr("v2.16-2026-11-19-ror-data.json", json.dumps([schema_2(1)], indent=2))
        archive.writestr("__MACOSX/._v2.16-2026-11-19-ror-data.json", "junk")
    assert list(read(tmp_path / "v2.16-2026-11-19-ror-data.zip").rows) == ["01"]
