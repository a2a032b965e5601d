"""OpenAlex as it is served and saved today: files known by their content, deletions, nobody, cut lists, defaults."""

from __future__ import annotations

import bz2
import codecs
import gzip
import json
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.openalex.ingest import ingest
from armillary.sources.openalex.plan import plan

from .conftest import LINK, Record, author, content, institution, work, write_lines
from .test_columnar import as_parquet

TEXT = "\n".join(json.dumps(work(n)) for n in (2, 3)).encode() + b"\n"
PAGE = {"meta": {"count": 2, "next_cursor": None}, "results": [work(2), work(3)], "group_by": []}
SAVED: dict[str, bytes] = {
    "gz that is plain.gz": TEXT,
    "plain that is gz.jsonl": gzip.compress(TEXT),
    "packed twice.gz": gzip.compress(gzip.compress(TEXT)),
    "works.bz2": bz2.compress(TEXT),
    "works.xz": lzma.compress(TEXT),
    "lines called page.json": TEXT,
    "lines without an ending": TEXT,
    "byte order mark.jsonl": codecs.BOM_UTF8 + TEXT,
    "utf-16.json": codecs.BOM_UTF16_LE + TEXT.decode().encode("utf-16-le"),
    "ends of lines.jsonl": TEXT.replace(b"\n", b"\r\n"),
    "page.json": json.dumps(PAGE).encode(),
    "indented page.json": json.dumps(PAGE, indent=4).encode(),
    "indented page with mark.json": codecs.BOM_UTF8 + json.dumps(PAGE, indent=1).encode(),
    "keys in another order.json": json.dumps({"group_by": [], "x": 1, **dict(reversed(PAGE.items()))}, indent=2).encode(),
    "array.json": json.dumps(PAGE["results"]).encode(),
    "array of pages.json": json.dumps([PAGE], indent=2).encode(),
    "array of arrays.json": json.dumps([[work(2)], [work(3)]]).encode(),
    "indented records.json": "\n".join(json.dumps(work(n), indent=2) for n in (2, 3)).encode(),
    "works.parquet that is not.parquet": TEXT,
}


def works(store: Store) -> list[int]:
    return sorted(store.read("work")["work_id"].to_pylist())


@pytest.mark.parametrize("name", SAVED)
def test_a_file_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(SAVED[name])
    store = Store.create(tmp_path / "o")
    done = ingest(tmp_path / name, store)
    assert works(store) == [2, 3]
    assert done.entities["works"] == {"files": 1, "records": 2, "kept": 2, "superseded": 0, "rejected": 0}


def test_parquet_by_another_name(tmp_path: Path) -> None:
    path = as_parquet(tmp_path / "part_0000.parquet", [work(2), work(3)]).rename(tmp_path / "part_0000.gz")
    store = Store.create(tmp_path / "o")
    ingest(path, store)
    assert works(store) == [2, 3]


OTHERS: dict[str, tuple[bytes, str]] = {
    "error.json": (b"<!DOCTYPE html><html><head><title>504 Gateway Time-out</title></head></html>", "504 Gateway Time-out"),
    "bucket.gz": (b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", "NoSuchKey"),
    "limit.json": (b'{"error": "Too many", "message": "Rate limit exceeded"}', "Rate limit exceeded"),
    "counts.json": (b'{"meta": {}, "results": [], "group_by": [{"key": "DE", "count": 3}]}', "counts of the API"),
    "site.csv": (b'"id","doi","display_name","authorships.countries"\n"https://openalex.org/W1","","T","DE"\n', "web site"),
    "refs.ris": (b"TY  - JOUR\nTI  - T\nER  -\n", "reference manager"),
    "notes.txt": (b"Dear all", "not JSON"),
    "funders.jsonl": (json.dumps({"id": f"{LINK}F7"}).encode(), "records of funders"),
    "half.json": (json.dumps(PAGE, indent=1)[:-40].encode(), "ends too early"),
    "half.jsonl.gz": (gzip.compress(TEXT)[:-9], "truncated"),
    "zip.json": (b"PK\x03\x04....", "zip"),
    "empty.json": (b"", "empty"),
}


def test_what_is_not_understood_is_named_and_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "saved" / "deep"
    folder.mkdir(parents=True)
    for name, (data, _) in OTHERS.items():
        (folder / name).write_bytes(data)
    (folder / "last.json").write_text(json.dumps(PAGE | {"results": []}))
    write_lines(folder / "good.jsonl", [work(2)])
    store = Store.create(tmp_path / "o")
    done = ingest(folder.parent, store)
    assert works(store) == [2]
    assert set(done.left_out) == {f"deep/{name}" for name in OTHERS}
    for name, (_, reason) in OTHERS.items():
        assert reason in done.left_out[f"deep/{name}"]
    assert done.notes == ["deep/last.json: a page without results (the end of a list)"]
    assert {r["file"] for r in store.read("reject").to_pylist() if r["reason"] == "not-understood"} == set(done.left_out)
    assert run(["ingest", "openalex", str(folder), "--into", str(tmp_path / "p")]) == 0
    assert "left out: error.json: an HTML or XML page" in capsys.readouterr().out


@pytest.mark.parametrize("name", OTHERS)
def test_alone_it_is_refused_with_the_same_reason(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(OTHERS[name][0])
    with pytest.raises(InputError) as caught:
        ingest(tmp_path / name, Store.create(tmp_path / "o"))
    assert OTHERS[name][1] in caught.value.what and name in str(caught.value.where)


def test_folder_of_the_official_command_line_tool(tmp_path: Path) -> None:
    """One indented record a work, whole, beside a hidden file of its own."""
    many = [author(a, ("L", [institution(1)])) for a in range(100)]
    (tmp_path / "out").mkdir()
    for n in (2, 3):
        (tmp_path / "out" / f"W{n}.json").write_text(json.dumps(work(n, *many), indent=2))
    (tmp_path / "out" / ".openalex-checkpoint.json").write_text('{"cursor": "*"}')
    store = Store.create(tmp_path / "o")
    done = ingest(tmp_path / "out", store)
    assert store.read("work")["is_authors_truncated"].to_pylist() == [False, False]
    assert not done.left_out


# --- lists of authors


def cut(store: Store) -> dict[int, bool]:
    return {r["work_id"]: r["is_authors_truncated"] for r in store.read("work").to_pylist()}


def hundred(number: int, **more: Any) -> Record:
    return work(number, *(author(a, ("L", [institution(1)])) for a in range(100)), **more)


def test_exactly_100_authors(tmp_path: Path) -> None:
    some = [hundred(2), hundred(3, authors_count=100), hundred(4, is_authors_truncated=True), work(5, author(1))]
    beyond = [
        hundred(6, institutions_distinct_count=132),
        hundred(7, countries_distinct_count=4),
        hundred(8, institutions_distinct_count=100),
    ]
    known = {2: True, 3: False, 4: True, 5: False, 6: True, 7: True, 8: True}
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"meta": {}, "results": some + beyond}))
    for path in (page, write_lines(tmp_path / "old save.jsonl", some + beyond)):
        store = Store.create(tmp_path / f"o{path.suffix}")
        done = ingest(path, store)
        assert cut(store) == known
        assert (done.quirks["authors-truncated"], done.quirks["authors-cut-without-a-word"]) == (5, 4)
    for path in (
        write_lines(tmp_path / "data/works/updated_date=2026-01-01/part_0.gz", some + beyond),
        as_parquet(tmp_path / "part_0000.parquet", some + beyond),
    ):
        store = Store.create(tmp_path / f"s{path.suffix}")
        ingest(path, store)
        has_flag = path.suffix == ".gz"  # the helper that writes Parquet leaves the flag out
        assert cut(store) == known | {2: False, 4: has_flag, 8: False}, (
            "a part of the snapshot lists all authors, unless its own counts say more"
        )


# --- who is nobody


def test_nobody(tmp_path: Path) -> None:
    deleted, missing = author(5317838346), author(9999999999)
    deleted["author"]["display_name"] = deleted["raw_author_name"] = "Deleted Author ID"
    records = [
        work(2, deleted, author(7), missing, referenced_works=[f"{LINK}W4285719527", f"{LINK}W9"]),
        work(4285719527, author(8)),
    ]
    stores = []
    for path in (write_lines(tmp_path / "w.jsonl", records), as_parquet(tmp_path / "part_0000.parquet", records)):
        store = Store.create(tmp_path / f"o{path.suffix}")
        done = ingest(path, store, abstracts=True)
        assert done.entities["works"] == {"files": 1, "records": 2, "kept": 1, "superseded": 0, "rejected": 1}
        assert done.rejects == {"placeholder": 1}
        assert (done.quirks["placeholder-author"], done.quirks["placeholder-reference"]) == (2, 1)
        assert store.read("authorship").select(["author_id", "author_name"]).to_pylist() == [
            {"author_id": None, "author_name": None},
            {"author_id": 7, "author_name": "A. 7"},
            {"author_id": None, "author_name": "A. 9999999999"},
        ]
        assert store.read("citation")["cited_id"].to_pylist() == [9]
        stores.append(content(store))
    assert stores[0] == stores[1]


def test_one_author_on_two_lines(tmp_path: Path) -> None:
    records = [
        work(
            2,
            author(1, ("X", [institution(5)])),
            author(2, ("Y", [institution(6)])),
            author(1, ("Z", [institution(7, "DE")]), is_corresponding=True),
        ),
        work(3, author(1, ("X", [institution(5)])), author(1, ("X", [institution(5)]), raw_author_name="Quite Another")),
        work(4, author(None, ("X", [])), author(None, ("X", []))),
    ]
    stores = []
    for path in (write_lines(tmp_path / "w.jsonl", records), as_parquet(tmp_path / "part_0000.parquet", records)):
        store = Store.create(tmp_path / f"o{path.suffix}")
        done = ingest(path, store, abstracts=True)
        assert (done.quirks["author-twice"], done.quirks["author-twice-other-name"]) == (1, 1)
        assert store.read("work")["n_authors"].to_pylist() == [2, 2, 2]
        rows = store.read("authorship").select(["work_id", "author_id", "position", "is_corresponding", "n_addresses"]).to_pylist()
        assert [tuple(r.values()) for r in rows][:2] == [(2, 1, "first", True, 2), (2, 2, "last", False, 1)]
        lines = store.read("affiliation").select(["work_id", "author_seq", "address_seq", "institution_id"]).to_pylist()
        assert [tuple(r.values()) for r in lines][:3] == [(2, 1, 1, 5), (2, 1, 2, 7), (2, 2, 1, 6)]
        stores.append(content(store))
    assert stores[0] == stores[1]


def test_default_topics_are_no_topics(tmp_path: Path) -> None:
    def topic(number: int, score: float | None) -> Record:
        level = {name: {"id": f"{LINK}{name}s/{k}", "display_name": name} for k, name in ((11, "subfield"), (12, "field"), (1, "domain"))}
        return {"id": f"{LINK}T{number}", "display_name": f"Topic {number}", "score": score, **level}

    records = [
        work(2, topics=[topic(14423, 0.0184)], primary_topic=topic(14423, 0.0184), language="ar"),
        work(3, topics=[topic(13154, 0.01052), topic(10001, 0.3)], primary_topic=topic(13154, 0.01052)),
        work(4, topics=[topic(14423, 0.9)], primary_topic=topic(14423, 0.9), language="en"),
        work(5, topics=[topic(10001, 0.0184)], primary_topic=topic(10001, 0.0184)),
        work(6, topics=[topic(14235, None)], primary_topic=topic(14235, None), language="ru"),
        work(7, topics=[topic(14235, None)], primary_topic=topic(14235, None), language="en"),
    ]
    stores = []
    for path in (write_lines(tmp_path / "w.jsonl", records), as_parquet(tmp_path / "part_0000.parquet", records)):
        store = Store.create(tmp_path / f"o{path.suffix}")
        assert ingest(path, store, abstracts=True).quirks["default-topic"] == 3
        found = {r["work_id"]: (r["topic_id"], r["field_id"]) for r in store.read("work").to_pylist()}
        assert found == {2: (None, None), 3: (None, None), 4: (14423, 12), 5: (10001, 12), 6: (None, None), 7: (14235, 12)}
        assert sorted(r["work_id"] for r in store.read("work_topic").to_pylist()) == [3, 4, 5, 7]
        stores.append({t: rows for t, rows in content(store).items() if t != "topic"})
    assert stores[0] == stores[1]


# --- deleted ids


def deleted_list(path: Path, rows: list[tuple[str, str]], header: str = "work_id,deleted_date") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = (header + "\n" + "".join(f"{a},{b}\n" for a, b in rows)).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    return path


@pytest.mark.parametrize("form", ["jsonl", "parquet", ""])
def test_deletions_beside_the_parts(tmp_path: Path, form: str) -> None:
    records = [
        work(n, author(n, ("L", [institution(n)])), referenced_works=[f"{LINK}W2"], updated_date="2026-05-02T00:00:00") for n in (1, 2, 3)
    ]
    home = tmp_path / "s" / "data" / form / "works"
    part = home / "updated_date=2026-05-02" / ("part_0000.parquet" if form == "parquet" else "part_0000.gz")
    part.parent.mkdir(parents=True)
    as_parquet(part, records) if form == "parquet" else write_lines(part, records)
    deleted_list(home / "deleted_ids.csv.gz", [(f"{LINK}W2", "2026-08-14"), (f"{LINK}W77", "2026-08-14"), (f"{LINK}W3", "2026-05-01")])
    store = Store.create(tmp_path / "o")
    done = ingest(tmp_path / "s", store)
    assert works(store) == [1, 3], "3 changed after its deletion: it was served again"
    assert done.deleted_works == 1
    assert [r["institution_id"] for r in store.read("institution").to_pylist()] == [1, 3]
    assert {r["cited_id"] for r in store.read("citation").to_pylist()} == {2}, "references stay as they are listed"
    assert done.entities["works"] == {"files": 1, "records": 3, "kept": 2, "superseded": 1, "rejected": 0}
    assert run(["check", "--into", str(store.path), "--json"]) == 0


def test_a_list_that_comes_alone_and_records_that_come_late(tmp_path: Path) -> None:
    old = write_lines(tmp_path / "old.jsonl", [work(n, author(n, ("L", [institution(n)]))) for n in (1, 2)])
    listed = deleted_list(tmp_path / "list" / "gone.csv", [("W2", "2026-08-14"), ("w3", "2026-08-14")])
    late = write_lines(tmp_path / "late.jsonl", [work(3), work(4)])
    orders = [(old, listed, late), (listed, late, old), (late, old, listed)]
    stores = []
    for k, order in enumerate(orders):
        store = Store.create(tmp_path / f"o{k}")
        for path in order:
            ingest(path, store)
        assert works(store) == [1, 4]
        assert not ingest(listed, store).changed
        stores.append(content(store))
    assert stores[0] == stores[1] == stores[2]
    grown = deleted_list(tmp_path / "more" / "deleted_ids.csv.gz", [("W2", "2026-08-14"), ("W3", "2026-08-14"), ("W4", "2026-11-01")])
    assert ingest(grown, store).deleted_works == 1
    assert works(store) == [1]


def test_deleted_authors_and_institutions_are_nobody(tmp_path: Path) -> None:
    root = tmp_path / "s" / "data" / "jsonl"
    write_lines(
        root / "works/updated_date=2026-05-02/part_0000.gz", [work(1, author(1, ("L", [institution(5), institution(6)])), author(2))]
    )
    write_lines(root / "institutions/updated_date=2026-05-02/part_0000.gz", [institution(5), institution(6)])
    deleted_list(root / "authors/deleted_ids.csv", [("A2", "2026-08-14")], "author_id,deleted_date")
    deleted_list(root / "institutions/deleted_ids.csv.gz", [("https://openalex.org/I5", "2026-08-14")], "institution_id,deleted_date")
    store = Store.create(tmp_path / "o")
    ingest(tmp_path / "s", store)
    assert store.read("authorship").select(["author_id", "n_author_institutions"]).to_pylist() == [
        {"author_id": 1, "n_author_institutions": 1},
        {"author_id": None, "n_author_institutions": 0},
    ]
    assert store.read("institution")["institution_id"].to_pylist() == [6]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("work_id,deleted_date\nX9,2026-01-01\n", "'X9' is not an OpenAlex id"),
        ("work_id,deleted_date\nW1,2026-01-01\nxx,2026-01-01\n", "'xx' is not"),
        ("a,b\n1,2\n", "needs an id and deleted_date"),
        ("2,2026-09-01\n", "needs an id and deleted_date"),
    ],
)
def test_bad_list_of_deleted_ids(tmp_path: Path, text: str, says: str) -> None:
    write_lines(tmp_path / "s/data/works/updated_date=2026-05-02/part_0000.gz", [work(1)])
    (tmp_path / "s/data/works/deleted_ids.csv").write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        ingest(tmp_path / "s", Store.create(tmp_path / "o"))
    assert "deleted_ids.csv" in str(caught.value.where)


# --- layouts


def test_both_formats_and_any_names(tmp_path: Path) -> None:
    root = tmp_path / "s"
    write_lines(root / "data/jsonl/works/updated_date=2026-05-02/0000_part_00.gz", [work(1)])
    write_lines(root / "data/jsonl/works/updated_date=2026-05-02/batch=7/part-00001-a1b2.c000.txt", [work(2)])
    (root / "data/parquet/works/updated_date=2026-06-24").mkdir(parents=True)
    as_parquet(root / "data/parquet/works/updated_date=2026-06-24/part_0000.parquet", [work(2), work(3)])
    write_lines(root / "data/institutions/updated_date=2026-05-02/part_000.gz", [institution(5)])
    store = Store.create(tmp_path / "o")
    done = ingest(root, store)
    assert works(store) == [1, 2, 3]
    assert any("works: in data/jsonl/works and data/parquet/works" in note for note in done.notes)
    assert plan(root).snapshot_date == "2026-06-24"


def test_a_partition_is_checked_against_the_manifest_above(tmp_path: Path) -> None:
    home = tmp_path / "data" / "jsonl" / "works"
    part = write_lines(home / "updated_date=2026-05-02/part_0000.gz", [work(1)])
    other = write_lines(home / "updated_date=2026-06-24/part_0000.gz", [work(2)])
    files = [
        {"url": f"s3://openalex/data/jsonl/works/{p.parent.name}/{p.name}", "meta": {"content_length": p.stat().st_size, "record_count": 1}}
        for p in (part, other)
    ]
    (home / "manifest.json").write_text(json.dumps({"entity": "works", "format": "jsonl", "files": files}))
    for path in (part.parent, part):
        assert [p.records for p in plan(path).parts] == [1]
    part.write_bytes(part.read_bytes() + b"\0" * 9)
    for path in (tmp_path, home, part.parent, part):
        with pytest.raises(InputError, match="bytes, but the manifest says"):
            plan(path)
    part.write_bytes(b"<html><title>Denied</title></html>")
    with pytest.raises(InputError, match=r"\(\"Denied\"\).* but the manifest lists it"):
        plan(tmp_path)


def test_check_after_an_update(tmp_path: Path) -> None:
    """What was replaced is not taken off twice; a work on two lines of a file is one."""
    store = Store.create(tmp_path / "o")
    ingest(write_lines(tmp_path / "a.jsonl", [work(1), work(2), work(2, updated_date="2025-02-01")]), store)
    ingest(write_lines(tmp_path / "b.jsonl", [work(1, updated_date="2025-03-01"), work(3), b"bad"]), store)
    assert run(["check", "--into", str(store.path), "--json"]) == 0


def test_parts_may_be_unpacked_beside_their_manifest(tmp_path: Path) -> None:
    home = tmp_path / "data" / "jsonl" / "works"
    part = write_lines(home / "updated_date=2026-05-02/part_0000.gz", [work(1), work(2)])
    about = {"content_length": part.stat().st_size, "record_count": 2}
    url = "s3://openalex/data/jsonl/works/updated_date=2026-05-02/part_0000.gz"
    (home / "manifest.json").write_text(json.dumps({"entity": "works", "format": "jsonl", "files": [{"url": url, "meta": about}]}))
    part.with_suffix("").write_bytes(gzip.decompress(part.read_bytes()))
    part.unlink()
    store = Store.create(tmp_path / "o")
    done = ingest(tmp_path / "data", store)
    assert works(store) == [1, 2]
    assert any("1 parts are unpacked; their records are compared with the manifest, not their bytes" in n for n in done.notes)
    part.with_suffix("").write_bytes(json.dumps(work(1)).encode())
    with pytest.raises(InputError, match="holds 1 records, but the manifest says 2"):
        ingest(tmp_path / "data", Store.create(tmp_path / "o2"))


def test_a_zip_archive_of_saved_pages(tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    with zipfile.ZipFile(tmp_path / "saved" / "pages.zip", "w") as archive:
        archive.writestr("p/page1.json", json.dumps({"meta": {"count": 2}, "results": [work(1)]}))
        archive.writestr("p/page2.json", json.dumps({"meta": {"count": 2}, "results": [work(2)]}, indent=2))
        archive.writestr("p/page3.json", json.dumps({"meta": {"count": 2}, "results": []}))
        archive.writestr("p/more.jsonl", json.dumps(work(3)) + "\n")
        archive.writestr("__MACOSX/p/._page1.json", "x")
        archive.writestr("error.html", "<html><title>429</title></html>")
    store = Store.create(tmp_path / "o")
    done = ingest(tmp_path / "saved" / "pages.zip", store)
    assert works(store) == [1, 2, 3] and list(done.left_out) == ["error.html"]
    assert not list((store.path / "temp").glob("unpacked_*"))
    write_lines(tmp_path / "saved" / "other.jsonl", [work(4)])
    (tmp_path / "saved" / "broken.zip").write_bytes((tmp_path / "saved" / "pages.zip").read_bytes()[:300])
    beside = Store.create(tmp_path / "o2")
    done = ingest(tmp_path / "saved", beside)
    assert works(beside) == [1, 2, 3, 4] and set(done.left_out) == {"pages.zip/error.html", "broken.zip"}
    assert "pages.zip/p/page1.json" in beside.read("manifest")["file"].to_pylist()


def test_a_zip_archive_of_a_snapshot_is_checked_like_its_folder(tmp_path: Path) -> None:
    home = tmp_path / "s" / "data" / "works"
    part = write_lines(home / "updated_date=2026-05-02/part_000.gz", [work(1)])
    entry = {"url": "s3://openalex/data/works/updated_date=2026-05-02/part_000.gz", "meta": {"content_length": 1, "record_count": 1}}
    (home / "manifest").write_text(json.dumps({"entries": [entry]}))
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        for file in (part, home / "manifest"):
            archive.write(file, file.relative_to(tmp_path))
    with pytest.raises(InputError, match="bytes, but the manifest says 1"):
        ingest(tmp_path / "s.zip", Store.create(tmp_path / "o"))
