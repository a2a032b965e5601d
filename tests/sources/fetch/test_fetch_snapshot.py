"""The snapshot from a loopback server: manifest first, only what is new, resumed, checked; and the S3 reader over obstore."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run
from armillary.errors import FetchError, NotThere
from armillary.sources.fetch import files
from armillary.sources.fetch.faults import Policy, Stopped, retry_after
from armillary.sources.fetch.remote import S3, Https

QUICK = Policy(attempts=3, first_wait=0.01, timeout=5)


def fetch(server: Any, out: Path, *more: str) -> int:
    return run(
        [
            "fetch",
            "snapshot",
            "--out",
            str(out),
            "--base",
            f"{server.base}/data",
            "--retry-wait",
            "0.01",
            "--attempts",
            "3",
            "--workers",
            "2",
            *more,
        ]
    )


def here(out: Path) -> dict[str, bytes]:
    return {"/".join(p.parts[-2:]): p.read_bytes() for p in out.rglob("updated_date=*/*") if p.is_file()}


@pytest.mark.parametrize("layout", ["old", "combined", "entity", "table"])
def test_the_folder_is_a_snapshot_that_is_ingested(server: Any, parts: dict[str, bytes], tmp_path: Path, capsys: Any, layout: str) -> None:
    server.publish(parts, layout)
    assert fetch(server, tmp_path / "s", "--json") == 0
    (said,) = json.loads(capsys.readouterr().out)
    assert (said["files"], said["records"], said["fetched"]) == (3, 23, 3)
    assert said["bytes"] == sum(map(len, parts.values()))
    assert here(tmp_path / "s") == parts
    assert run(["ingest", "openalex", str(tmp_path / "s"), "--into", str(tmp_path / "obs"), "--workers", "1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["entities"]["works"]["kept"], said["snapshot_date"]) == (23, "2026-06-24")


@pytest.mark.parametrize("entity", ["topics", "sources"])
def test_real_part_files_come_unchanged(server: Any, real_data: Path, tmp_path: Path, entity: str) -> None:
    source = real_data / "openalex" / "data" / entity
    server.add_folder(source, f"/data/{entity}")
    assert fetch(server, tmp_path, "--entity", entity) == 0
    assert here(tmp_path) == {"/".join(p.parts[-2:]): p.read_bytes() for p in source.glob("updated_date=*/*")}
    assert run(["ingest", "openalex", str(tmp_path), "--into", str(tmp_path / "obs"), "--workers", "1", "--quiet"]) == 0


def test_only_new_and_changed_files_are_fetched(server: Any, parts: dict[str, bytes], tmp_path: Path, capsys: Any) -> None:
    prefix = server.publish(parts)
    assert fetch(server, tmp_path) == 0
    server.log.clear()
    assert fetch(server, tmp_path) == 0
    assert {path for method, path, _, _ in server.log if method == "GET"} == {"/data/jsonl/manifest.json"}
    new = {"updated_date=2026-09-25/part_0000.gz": parts["updated_date=2026-06-24/part_0001.gz"]}
    changed = {"updated_date=2026-06-24/part_0000.gz": gzip.compress(b'{"id":"https://openalex.org/W1"}\n')}
    later = {"updated_date=2026-05-01/part_0000.gz": parts["updated_date=2026-05-01/part_0000.gz"]} | new | changed
    server.publish(later)
    server.log.clear()
    assert fetch(server, tmp_path) == 0
    got = {path for method, path, _, _ in server.log if method == "GET"}
    assert got == {"/data/jsonl/manifest.json", *(f"{prefix}/{n}" for n in (new | changed))}
    assert "no longer in the manifest: 1 file;" in capsys.readouterr().out
    assert fetch(server, tmp_path, "--prune") == 0
    assert here(tmp_path) == later


def test_a_change_of_the_same_length_is_seen_by_the_manifest(server: Any, parts: dict[str, bytes], tmp_path: Path) -> None:
    server.publish(parts, sha256=lambda c: hashlib.sha256(c).hexdigest())
    assert fetch(server, tmp_path) == 0
    name = "updated_date=2026-05-01/part_0000.gz"
    other = parts[name][:4] + b"\1\0\0\0" + parts[name][8:]  # another time stamp in the gzip header
    server.publish(parts | {name: other}, sha256=lambda c: hashlib.sha256(c).hexdigest())
    assert fetch(server, tmp_path) == 0
    assert here(tmp_path)[name] == other


def test_a_cut_file_is_continued(server: Any, parts: dict[str, bytes], tmp_path: Path) -> None:
    prefix = server.publish(parts)
    name = "updated_date=2026-05-01/part_0000.gz"
    server.faults[f"{prefix}/{name}"] = [("cut", 100), ("status", 500, {}), ("cut", 50)]
    assert fetch(server, tmp_path, "--attempts", "5") == 0
    assert here(tmp_path) == parts
    assert [h.get("Range") for h in server.gets(f"{prefix}/{name}")] == [None, "bytes=100-", "bytes=100-", "bytes=150-"]
    assert all(h.get("If-Range") for h in server.gets(f"{prefix}/{name}")[1:])


def test_a_run_that_failed_is_continued_by_the_next(server: Any, parts: dict[str, bytes], tmp_path: Path, capsys: Any) -> None:
    prefix = server.publish(parts)
    name = "updated_date=2026-06-24/part_0000.gz"
    server.faults[f"{prefix}/{name}"] = [("cut", 90), ("status", 503, {}), ("status", 503, {})]
    assert fetch(server, tmp_path, "--workers", "1") == 2
    assert "the server failed (HTTP 503): it failed (3 attempts)" in capsys.readouterr().err
    folder = tmp_path / "data" / "jsonl" / "works"
    assert (folder / f"{name}.part").stat().st_size == 90
    assert not (folder / name).exists()
    assert run(["ingest", "openalex", str(tmp_path), "--into", str(tmp_path / "obs"), "--quiet"]) == 2, "half a snapshot is not ingested"
    assert fetch(server, tmp_path) == 0
    assert server.gets(f"{prefix}/{name}")[-1]["Range"] == "bytes=90-"
    assert here(tmp_path) == parts


@pytest.mark.parametrize("tags", [True, False])
def test_a_half_file_of_another_version_is_dropped(server: Any, parts: dict[str, bytes], tmp_path: Path, tags: bool) -> None:
    """Also where the server gives no version (ETag) of its files."""
    server.tags = tags
    prefix = server.publish(parts)
    name = "updated_date=2026-06-24/part_0000.gz"
    server.faults[f"{prefix}/{name}"] = [("cut", 90), ("status", 503, {}), ("status", 503, {})]
    assert fetch(server, tmp_path, "--workers", "1") == 2
    later = parts | {name: gzip.compress(gzip.decompress(parts[name]) * 3, mtime=5)}
    server.publish(later)
    assert fetch(server, tmp_path) == 0
    assert here(tmp_path) == later


def test_a_file_that_changes_while_it_is_read_is_begun_anew(server: Any, tmp_path: Path) -> None:
    old, new = b"a" * 1000, b"b" * 1000
    server.files["/x"] = old
    server.faults["/x"] = [("cut", 400), ("change", new)]
    source = Https(server.base, QUICK)
    files.download(source, "x", tmp_path / "x", QUICK)
    source.close()
    assert (tmp_path / "x").read_bytes() == new


@pytest.mark.parametrize("fault", [("short",), ("garbage",)])
def test_wrong_content_never_gets_the_name(server: Any, parts: dict[str, bytes], tmp_path: Path, capsys: Any, fault: tuple) -> None:
    prefix = server.publish(parts, md5=lambda c: hashlib.md5(c).hexdigest())
    name = "updated_date=2026-05-01/part_0000.gz"
    server.faults[f"{prefix}/{name}"] = [fault] * 3
    assert fetch(server, tmp_path) == 2
    said = capsys.readouterr().err
    assert ("but the manifest says" in said) if fault[0] == "short" else ("md5 checksum differs" in said)
    assert name in said
    assert said.count("\n") == 1
    assert name not in here(tmp_path)
    assert fetch(server, tmp_path) == 0
    assert here(tmp_path) == parts


def test_a_server_without_ranges_is_read_from_the_beginning(server: Any, parts: dict[str, bytes], tmp_path: Path) -> None:
    prefix = server.publish(parts)
    server.ranges = False
    server.faults[f"{prefix}/updated_date=2026-05-01/part_0000.gz"] = [("cut", 100)]
    assert fetch(server, tmp_path) == 0
    assert here(tmp_path) == parts


def test_a_long_file_survives_more_cuts_than_attempts(server: Any, tmp_path: Path) -> None:
    content = hashlib.sha256(b"seed").digest() * (6 * 2**15)  # 6 MiB
    server.files["/big"] = content
    server.faults["/big"] = [("cut", 2**20 + 1)] * 5
    source = Https(server.base, QUICK)
    came: list[int] = []
    digest = files.download(source, "big", tmp_path / "big", QUICK, advance=came.append)
    source.close()
    assert digest == hashlib.sha256(content).hexdigest()
    assert sum(came) == len(content)


def test_slow_files_are_bounded_and_several_come_at_once(server: Any, parts: dict[str, bytes], tmp_path: Path, capsys: Any) -> None:
    prefix = server.publish(parts)
    for name in parts:
        server.faults[f"{prefix}/{name}"] = [("slow", 0.5)]
    start = time.monotonic()
    assert fetch(server, tmp_path / "a", "--workers", "3") == 0
    assert time.monotonic() - start < 1.4
    server.faults[f"{prefix}/updated_date=2026-05-01/part_0000.gz"] = [("slow", 1)] * 3
    assert fetch(server, tmp_path / "b", "--timeout", "0.15") == 2
    assert "no answer within 0.15 seconds (3 attempts)" in capsys.readouterr().err


def test_dry_run_counts_and_writes_nothing(server: Any, parts: dict[str, bytes], tmp_path: Path, capsys: Any) -> None:
    server.publish(parts)
    assert fetch(server, tmp_path / "s", "--dry-run", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    (works,) = said["entities"]
    size = sum(map(len, parts.values()))
    assert (works["files"], works["records"], works["bytes"], works["files_to_fetch"], said["bytes_to_fetch"]) == (3, 23, size, 3, size)
    assert said["free_bytes"] > 0
    assert not (tmp_path / "s").exists()


def test_a_full_disk_is_said_before(server: Any, parts: dict[str, bytes], tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    prefix = server.publish(parts)
    monkeypatch.setattr(files, "free_bytes", lambda folder: 10)
    assert fetch(server, tmp_path) == 2
    assert "bytes are to come, but 10 are free" in capsys.readouterr().err
    assert not server.gets(f"{prefix}/updated_date=2026-05-01/part_0000.gz")


def test_since_takes_newer_partitions_only(server: Any, parts: dict[str, bytes], tmp_path: Path, capsys: Any) -> None:
    server.publish(parts)
    assert fetch(server, tmp_path, "--since", "2026-06-01") == 0
    assert here(tmp_path) == {n: c for n, c in parts.items() if n > "updated_date=2026-06"}
    assert "changes under an old updated_date (54 million works on 2026-09-28) do not come" in capsys.readouterr().out
    assert fetch(server, tmp_path, "--since", "June") == 2


@pytest.mark.parametrize("name", ["../../../../evil/part.gz", "updated_date=1/../../x.gz", "a/b/c/d/e.gz", ".hidden/x.gz"])
def test_a_hostile_manifest_writes_nowhere_else(server: Any, tmp_path: Path, capsys: Any, name: str) -> None:
    entry = {"url": f"s3://openalex/data/jsonl/works/{name}", "meta": {"content_length": 1}}
    server.files["/data/jsonl/manifest.json"] = json.dumps({"entities": [{"entity": "works", "files": [entry]}]}).encode()
    assert fetch(server, tmp_path / "s") == 2
    assert "unusable file name" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"entries": 3}', b'{"entries": [{}]}', b'{"works": null}'])
def test_a_broken_manifest_is_one_line(server: Any, tmp_path: Path, capsys: Any, content: bytes) -> None:
    server.files["/data/jsonl/manifest.json"] = content
    assert fetch(server, tmp_path) == 2
    assert "manifest" in (said := capsys.readouterr().err)
    assert said.count("\n") == 1


def test_no_manifest_and_no_server(server: Any, tmp_path: Path, capsys: Any) -> None:
    assert fetch(server, tmp_path) == 2
    assert "no manifest of works" in capsys.readouterr().err
    server.close()
    assert fetch(server, tmp_path) == 2
    assert "no connection to the server" in capsys.readouterr().err


def test_two_processes_do_not_share_a_folder(server: Any, parts: dict[str, bytes], tmp_path: Path, capsys: Any) -> None:
    server.publish(parts)
    with files.locked(tmp_path / "data" / "jsonl" / "works"):
        assert fetch(server, tmp_path) == 2
    assert "another process is fetching" in capsys.readouterr().err


def test_stopping_leaves_quickly_and_keeps_half_files(server: Any, tmp_path: Path) -> None:
    server.files["/x"] = b"x" * 5000
    server.faults["/x"] = [("cut", 1000)] + [("status", 500, {})] * 50
    patient = Policy(attempts=50, first_wait=30)
    source = Https(server.base, patient)
    threading.Timer(0.2, patient.stop.set).start()
    start = time.monotonic()
    with pytest.raises(Stopped):
        files.download(source, "x", tmp_path / "x", patient)
    source.close()
    assert time.monotonic() - start < 3
    assert files.partial(tmp_path / "x") == 1000


def test_s3_reader_on_an_object_store_in_memory(tmp_path: Path) -> None:
    """The reader of s3:// against obstore's own store in memory: ranges, versions, absent files."""
    obstore = pytest.importorskip("obstore")
    from obstore.store import MemoryStore

    store = MemoryStore()
    content = bytes(range(256)) * 4000
    obstore.put(store, "data/works/x.gz", content)
    source = S3("s3://openalex/data", QUICK, store=store)
    assert source.where("works/x.gz") == "s3://openalex/data/works/x.gz"
    assert source.size("works/x.gz") == len(content)
    (tmp_path / "x.gz.part").write_bytes(content[:1000])
    files.download(source, "works/x.gz", tmp_path / "x.gz", QUICK, length=len(content))
    assert (tmp_path / "x.gz").read_bytes() == content
    with source.open("works/x.gz", 1000) as body:
        assert (body.start, body.total, b"".join(body.chunks)) == (1000, len(content), content[1000:])
    (tmp_path / "y.part").write_bytes(b"old")
    (tmp_path / "y.part.tag").write_text('"of another version"')
    files.download(source, "works/x.gz", tmp_path / "y", QUICK, length=len(content))
    assert (tmp_path / "y").read_bytes() == content
    with pytest.raises(NotThere, match="no such file"):
        files.download(source, "works/none", tmp_path / "z", QUICK)
    with pytest.raises(FetchError, match="checksum differs"):
        files.download(source, "works/x.gz", tmp_path / "w", QUICK, checksum="md5:00")


def test_s3_reader_on_the_loopback_server(server: Any, tmp_path: Path) -> None:
    """Unsigned requests as a bucket gets them, with cuts; a real bucket is called in no test."""
    pytest.importorskip("obstore")
    from obstore.store import S3Store

    content = bytes(range(256)) * 2000
    server.files["/openalex/data/works/x.gz"] = content
    server.faults["/openalex/data/works/x.gz"] = [("cut", 5000), ("status", 503, {}), ("cut", 7000)]
    store = S3Store(
        "openalex",
        endpoint=server.base,
        region="us-east-1",
        skip_signature=True,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )
    files.download(S3("s3://openalex/data", QUICK, store=store), "works/x.gz", tmp_path / "x.gz", QUICK, length=len(content))
    assert (tmp_path / "x.gz").read_bytes() == content
    assert all("authorization" not in {name.lower() for name in headers} for _, _, headers, _ in server.log)
    assert "range" in {name.lower() for name in server.gets("/openalex/data/works/x.gz")[-1]}


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("3", 3, 3),
        ("-1", 0, 0),
        (None, None, None),
        ("soon", None, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("Fri, 31 Dec 2199 23:59:59 GMT", 1e9, 1e10),
    ],
)
def test_retry_after(header: str | None, low: float | None, high: float | None) -> None:
    got = retry_after(header)
    assert got is None if low is None else (got is not None and high is not None and low <= got <= high)


def test_the_parquet_copy_lands_where_the_ingest_looks(server: Any, tmp_path: Path, capsys: Any) -> None:
    """A synthetic world in the Parquet layout, published with the combined manifest, fetched and ingested."""
    assert run(["synthetic", str(tmp_path / "world"), "--works", "1000", "--layout", "parquet", "--processes", "1", "--quiet"]) == 0
    source = tmp_path / "world" / "data" / "parquet"
    works = json.loads((source / "works" / "manifest.json").read_text())
    server.add_folder(source / "works", "/data/parquet/works")
    server.files["/data/parquet/manifest.json"] = json.dumps({"format": "parquet", "entities": [works]}).encode()
    assert fetch(server, tmp_path / "s", "--format", "parquet", "--quiet") == 0
    capsys.readouterr()
    assert run(["ingest", "openalex", str(tmp_path / "s"), "--into", str(tmp_path / "obs"), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entities"]["works"]["records"] == works["record_count"]
