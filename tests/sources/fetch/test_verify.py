"""A copy against its manifest, by bytes and by records, whatever the manifest's shape."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.cli.main import run
from armillary.sources.fetch.verify import verify

NAMES = ("updated_date=2026-05-01/part_0000.gz", "updated_date=2026-06-24/part_0000.gz", "part_0002.gz")


def packed(n: int, start: int = 0) -> bytes:
    return gzip.compress(b"".join(b'{"id":"https://openalex.org/W%d"}\n' % (start + k + 1) for k in range(n)), mtime=0)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Three part files of works with the manifest of the entity; returns the root."""
    folder = tmp_path / "copy" / "data" / "jsonl" / "works"
    files = []
    for k, name in enumerate(NAMES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(packed(5 + k, 100 * k))
        url = f"s3://openalex/data/jsonl/works/{name}"
        files.append({"url": url, "meta": {"content_length": (folder / name).stat().st_size, "record_count": 5 + k}})
    about = {"date": "2026-06-25", "format": "jsonl", "entity": "works", "record_count": 18, "content_length": sum(_lengths(files))}
    (folder / "manifest.json").write_text(json.dumps(about | {"files": files}))
    return tmp_path / "copy"


def _lengths(files: list[dict[str, Any]]) -> list[int]:
    return [f["meta"]["content_length"] for f in files]


def faults(path: Path, *, records: bool = False) -> dict[str, str]:
    return {f.file: f.what for r in verify(path, records=records) for f in r.faults}


@pytest.mark.parametrize("where", ["", "data", "data/jsonl", "data/jsonl/works"])
def test_a_whole_copy_is_whole_from_wherever(copy: Path, where: str, capsys: Any) -> None:
    assert run(["fetch", "verify", str(copy / where), "--records"]) == 0
    said = capsys.readouterr().out
    assert "3 files, 18 records" in said
    assert "(release of 2026-06-25): as the manifest says\n  18 records read" in said


def test_each_kind_of_difference_is_named(copy: Path, capsys: Any) -> None:
    folder = copy / "data" / "jsonl" / "works"
    (folder / NAMES[0]).unlink()
    (folder / f"{NAMES[0]}.part").write_bytes(b"12345")
    (folder / NAMES[1]).write_bytes(packed(1))
    (folder / "updated_date=2020-01-01").mkdir()
    (folder / "updated_date=2020-01-01" / "part_0000.gz").write_bytes(packed(1))
    size = (folder / NAMES[1]).stat().st_size
    found = faults(copy)
    assert found[NAMES[0]] == "only 5 bytes of it came so far"
    assert found[NAMES[1]].startswith(f"has {size} bytes, but the manifest says ")
    assert found["updated_date=2020-01-01/part_0000.gz"].startswith("is not in the manifest")
    assert len(found) == 3
    assert run(["fetch", "verify", str(copy), "--json"]) == 1
    out, err = capsys.readouterr()
    assert len(json.loads(out)[0]["faults"]) == 3
    assert "works/updated_date=2026-05-01/part_0000.gz: 3 faults, first: only 5 bytes" in err
    assert err.count("\n") == 1


def test_records_are_counted_only_if_asked(copy: Path) -> None:
    """A file of the right length with other records, and one that is damaged inside."""
    folder = copy / "data" / "jsonl" / "works"
    path = folder / NAMES[2]
    content = path.read_bytes()
    path.write_bytes(content[:20] + bytes(4) + content[24:])
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][0]["meta"]["record_count"] = 6
    manifest["record_count"] = 19
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert not faults(copy)
    found = faults(copy, records=True)
    assert found[NAMES[0]] == "has 5 records, but the manifest says 6"
    assert found[NAMES[2]].startswith("is damaged")


@given(st.data())
def test_any_change_of_bytes_is_found(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A cut or lengthened file is found by bytes; a flipped byte of the packed content by reading."""
    root = tmp_path_factory.mktemp("c")
    folder = root / "works"
    folder.mkdir()
    content = packed(30)
    (folder / "part_0000.gz").write_bytes(content)
    meta = {"content_length": len(content), "record_count": 30}
    (folder / "manifest").write_text(json.dumps({"entries": [{"url": "s3://openalex/data/works/part_0000.gz", "meta": meta}], "meta": {}}))
    assert not faults(root, records=True)
    at = data.draw(st.integers(10, len(content) - 1))
    if data.draw(st.booleans()):
        (folder / "part_0000.gz").write_bytes(content[:at])
        assert faults(root)
    else:
        (folder / "part_0000.gz").write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        assert not faults(root)
        assert faults(root, records=True)


def test_parquet_is_counted_by_its_footer(tmp_path: Path) -> None:
    folder = tmp_path / "parquet" / "works" / "updated_date=2026-06-24"
    folder.mkdir(parents=True)
    path = folder / "part_0000.parquet"
    pq.write_table(pa.table({"id": ["a", "b", "c"]}), path)
    meta = {"content_length": path.stat().st_size, "record_count": 3}
    entry = {"url": "s3://openalex/data/parquet/works/updated_date=2026-06-24/part_0000.parquet", "meta": meta}
    absent = {"url": "s3://openalex/data/parquet/authors/updated_date=2026-06-24/part_0000.parquet", "meta": meta}
    entities = [{"entity": "works", "files": [entry]}, {"entity": "authors", "files": [absent]}]
    (tmp_path / "parquet" / "manifest.json").write_text(json.dumps({"date": "2026-06-25", "meta": {}, "entities": entities}))
    authors, works = verify(tmp_path, records=True)
    assert (works.records_read, works.faults) == (3, ())
    assert authors.notes == ("not here: 1 files that the manifest of all entities lists",)
    (wanted,) = verify(tmp_path, entities=["authors"])
    assert [f.what for f in wanted.faults] == ["is missing"]
    path.write_bytes(path.read_bytes()[:-6] + b"broken")
    assert "is damaged" in verify(tmp_path, records=True)[1].faults[0].what


def test_the_list_of_deleted_works_is_no_part(copy: Path) -> None:
    folder = copy / "data" / "jsonl" / "works"
    (folder / "deleted_ids.csv.gz").write_bytes(gzip.compress(b"work_id,deleted_date\nW1,2026-09-23\nW2,2026-09-23\n"))
    assert not faults(copy)
    (report,) = verify(copy, records=True)
    assert report.notes == ("deleted_ids.csv.gz: 2 deleted works",)
    (folder / "deleted_ids.csv.gz").write_bytes(b"\x1f\x8b\x08\0cut")
    assert faults(copy, records=True) == {"deleted_ids.csv.gz": faults(copy, records=True)["deleted_ids.csv.gz"]}


def test_totals_that_are_not_the_sums_are_noted(copy: Path) -> None:
    path = copy / "data" / "jsonl" / "works" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"record_count": 99}))
    (report,) = verify(copy)
    assert report.notes == ("works: the manifest says 99 records in all, its files have 18",)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"files": 3}', '{"files": [{}]}', '{"entity": "works"}'])
def test_a_broken_manifest_is_one_line(copy: Path, content: str, capsys: Any) -> None:
    (copy / "data" / "jsonl" / "works" / "manifest.json").write_text(content)
    assert run(["fetch", "verify", str(copy)]) == 2
    err = capsys.readouterr().err
    assert "manifest.json: the manifest cannot be understood" in err
    assert err.count("\n") == 1


def test_nothing_to_check_against(tmp_path: Path, copy: Path, capsys: Any) -> None:
    (tmp_path / "empty").mkdir()
    assert run(["fetch", "verify", str(tmp_path / "empty")]) == 2
    assert "no manifest here" in capsys.readouterr().err
    assert run(["fetch", "verify", str(tmp_path / "none")]) == 2
    assert run(["fetch", "verify", str(copy), "--entity", "topics"]) == 2
    assert "no manifest of topics here" in capsys.readouterr().err


def test_unpacked_parts_are_checked_by_their_records(copy: Path) -> None:
    folder = copy / "data" / "jsonl" / "works"
    for name in NAMES:
        (folder / name).with_suffix("").write_bytes(gzip.decompress((folder / name).read_bytes()))
        (folder / name).unlink()
    (report,) = verify(copy, records=True)
    assert not report.faults and report.records_read == 18
    assert report.notes == ("3 parts are unpacked: their bytes cannot be compared",)
    (folder / NAMES[0]).with_suffix("").write_text('{"id":"https://openalex.org/W1"}\n')
    assert faults(copy, records=True) == {NAMES[0]: "has 1 records, but the manifest says 5"}
