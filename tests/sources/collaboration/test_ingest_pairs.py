"""Reading tables of joint works: what is kept, what is rejected and why, and that a second run changes nothing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.pair_series import INTERNATIONAL
from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.collaboration import ingest, read_pairs

GOOD = "year,country_a,country_b,works\n2020,CN,US,10\n2020,US,CN,10\n2020,CN,CN,15\n2020,NA,ZA,3\n2020,ZA,NA,4\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_namibia_is_a_country(tmp_path: Path) -> None:
    read = read_pairs(write(tmp_path / "a.csv", GOOD))
    assert read.records_n == 5 and not read.rejects
    assert ("NA", "ZA", 3.0) in {(r["unit"], r["partner"], r["value"]) for r in read.rows.to_pylist()}
    assert [r["indicator"] for r in read.rows.to_pylist() if r["unit"] == r["partner"]] == [INTERNATIONAL]
    assert read.asymmetric == [(2020, "NA", "ZA", 3.0, 4.0)]


def test_every_reason(tmp_path: Path) -> None:
    lines = ["Year,Unit,Partner,Papers", "2020,CN,US,10", "MMXX,CN,US,1", "2020,C1,US,1", "2020,CN,,1", "2020,CN,DE,-3", "2020,CN,FR,"]
    read = read_pairs(write(tmp_path / "a.csv", "\n".join([*lines, "2020,CN,US,10"])))
    assert [(line, reason) for line, reason, _ in read.rejects] == [
        (3, "bad-year"),
        (4, "bad-country"),
        (5, "bad-country"),
        (6, "bad-count"),
        (7, "bad-count"),
        (8, "duplicate"),
    ]
    assert read.rows.num_rows == 1 and read.rows["value"].to_pylist() == [10.0]
    assert read.one_way_n == 1


def test_of_two_values_for_one_pair_none_is_kept(tmp_path: Path) -> None:
    lines = ["Year,Unit,Partner,Papers", "2020,CN,US,10", "2020,CN,US,11", "2020,CN,US,10", "2020,CN,DE,3", "2020,CN,DE,3", "2020,CN,FR,4"]
    read = read_pairs(write(tmp_path / "a.csv", "\n".join(lines)))
    assert [(line, reason) for line, reason, _ in read.rejects] == [(2, "conflict"), (3, "conflict"), (4, "conflict"), (6, "duplicate")]
    assert {(r["partner"], r["value"]) for r in read.rows.to_pylist()} == {("DE", 3.0), ("FR", 4.0)}


def test_names_of_the_web_of_science_and_parts_of_a_country(tmp_path: Path) -> None:
    lines = ["year,country_a,country_b,works", "2020,PEOPLES R CHINA,USA,10", "2020,ENGLAND,USA,5", "2020,USA,North Ireland,3"]
    read = read_pairs(write(tmp_path / "a.csv", "\n".join(lines)))
    assert [(r["unit"], r["partner"], r["value"]) for r in read.rows.to_pylist()] == [("CN", "US", 10.0)]
    assert [(line, reason) for line, reason, _ in read.rejects] == [(3, "part-of-country"), (4, "part-of-country")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "no column for the year"),
        (b"\x1f\x8b broken", "archive is damaged"),
        (b"<!doctype html>\n", "web page"),
    ],
)
def test_what_is_no_such_table(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_pairs(path)


def test_a_second_run_changes_nothing_and_editions_live_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(GOOD.encode()))
    store = Store.create(tmp_path / "obs")
    ingest(store, [path])
    digest, generation = store.digest, store.generation
    ingest(store, [path])
    assert (store.digest, store.generation) == (digest, generation)
    ingest(store, [path], vintage="other")
    assert store.rows("pair_series") == 10
    assert set(store.read("pair_series")["vintage"].to_pylist()) == {"to 2020", "other"}


def test_rejects_are_kept_with_line_and_reason(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "obs")
    ingest(store, [write(tmp_path / "a.csv", GOOD + "2020,C,US,1\n")])
    assert [(r["line"], r["reason"]) for r in store.read("reject").to_pylist()] == [(7, "bad-country")]
    assert store.read("manifest").to_pylist()[0]["rejected_n"] == 1
    with pytest.raises(InputError, match="no row could be used"):
        ingest(store, [write(tmp_path / "b.csv", "year,unit,partner,works\n20,CN,US,1\n")])


def test_the_same_pair_in_two_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than one of the files"):
        ingest(Store.create(tmp_path / "obs"), [write(tmp_path / "a.csv", GOOD), write(tmp_path / "b.csv", GOOD)])


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv", GOOD)
    assert run(["ingest", "collaboration", str(path), "--into", str(tmp_path / "obs"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["files"][0]["kept"] == 5 and summary["files"][0]["pairs_whose_directions_differ"] == 1
    assert run(["ingest", "collaboration", str(tmp_path / "none.csv"), "--into", str(tmp_path / "obs")]) == 2


def test_the_real_table(real_data: Path) -> None:
    read = read_pairs(real_data / "collaboration" / "world_coauthorship_1990_2023.csv.gz")
    s = read.summary()
    assert (s["records"], s["kept"], s["rejected"], s["years"], s["countries"]) == (538_297, 538_297, 0, [1990, 2023], 248)
    # six pairs of 2004 and 2019 differ by one paper between their two directions
    assert len(read.asymmetric) == 6 and max(abs(a - b) for *_, a, b in read.asymmetric) == 1
    assert read.one_way_n == 0


def test_values_as_people_write_them(tmp_path: Path) -> None:
    text = "Year;Country A;Country B;Works\n2020.0;Korea, Rep.;USA;1.234\n2020-01-01;CHN;C\u00f4te d\u2019Ivoire;12,5\n2020;WLD;US;3\n"
    text += "2020;CN\n"
    read = read_pairs(write(tmp_path / "q[1].csv", text))
    assert [(r["unit"], r["partner"], r["year"], r["value"]) for r in read.rows.to_pylist()] == [
        ("CN", "CI", 2020, 12.5),
        ("KR", "US", 2020, 1234.0),
    ]
    assert [(line, reason) for line, reason, _ in read.rejects] == [(4, "aggregate"), (5, "row-short")] and read.records_n == 4


def test_a_file_that_is_no_table_is_left_out_by_name(tmp_path: Path) -> None:
    done = ingest(Store.create(tmp_path / "obs"), [write(tmp_path / "a.csv", GOOD), write(tmp_path / "b.csv", "hello\n")])
    assert set(done["left_out"]) == {"b.csv"} and [f["file"] for f in done["files"]] == ["a.csv"]
