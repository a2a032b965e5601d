"""Ingest of a snapshot at an address, against a loopback server with faults: the same bytes as the ingest of the folder."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import FetchError, InputError, UsageError
from armillary.sources.fetch import reading
from armillary.sources.fetch.faults import Policy
from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.fetch.ranges import RangeFile, RemoteParquet, chunks
from armillary.sources.openalex import leaves
from armillary.sources.openalex.ingest import IngestReport, ingest
from armillary.synthetic import World
from armillary.synthetic.beside import write_world

QUICK = Policy(attempts=4, first_wait=0.01, timeout=2)


@pytest.fixture(autouse=True)
def hang_up() -> Any:
    """Connections of the process are kept between files; tests of single files leave none behind."""
    yield
    reading.hang_up()


@pytest.fixture(scope="module", params=["parquet", "jsonl"])
def snapshot(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world's snapshot, 1,000 works in several parts, with its other entities."""
    folder = tmp_path_factory.mktemp(request.param)
    write_world(World(1_000, 7), folder, layout=request.param, processes=1)
    return folder


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parquet")
    write_world(World(3_000, 3), folder, layout="parquet", processes=1)
    return folder


def content(store: Store) -> dict[str, list[tuple[str, str]]]:
    """Names and hashes of all files of all tables; the manifest and the quirks among them."""
    return {t: sorted((f.name, hashlib.sha256(f.read_bytes()).hexdigest()) for f in store.files(t)) for t in store.tables()}


def locally(folder: Path, tmp_path: Path) -> Store:
    store = Store.create(tmp_path / "local")
    ingest(folder, store)
    return store


def from_server(address: str, into: Path, **options: Any) -> tuple[Store, IngestReport]:
    store = Store.create(into)
    return store, ingest(address, store, policy=options.pop("policy", QUICK), **options)


def works(server: Any) -> list[str]:
    """Paths of the part files of works on the server, the largest first."""
    found = [p for p in server.files if "/works/" in p and not p.endswith(("manifest", "manifest.json"))]
    return sorted(found, key=lambda p: -len(server.files[p]))


@pytest.mark.parametrize("workers", [1, 2])
def test_same_bytes_as_from_the_folder(server: Any, snapshot: Path, tmp_path: Path, workers: int) -> None:
    server.add_folder(snapshot / "data", "/data")
    there = locally(snapshot / "data", tmp_path)
    here, done = from_server(f"{server.base}/data/", tmp_path / "remote", workers=workers)
    assert content(here) == content(there)
    assert {"citation", "manifest", "quirk", "author", "institution"} <= set(content(here))
    assert done.network_bytes > 0
    server.log.clear()
    assert not ingest(f"{server.base}/data", here, policy=QUICK).changed
    asked = [(p, h["Range"].removeprefix("bytes=").split("-")) for _, p, h, _ in server.log if "updated_date" in p and "Range" in h]
    assert asked
    for path, (start, stop) in asked:
        if path.endswith(".parquet"):
            assert int(stop) == len(server.files[path]) - 1 or int(start) > len(server.files[path]) // 2, "its footer only"
        else:
            assert (start, stop) == ("0", "0"), "its version only"


@pytest.mark.parametrize("address", ["", "/data", "/data/parquet", "/data/parquet/works", "/data/works"])
def test_addresses_of_a_snapshot(server: Any, parquet: Path, tmp_path: Path, address: str) -> None:
    """Its root, its data folder, one layout, one entity; with the combined manifest of 2026 and those of each entity before."""
    flat = parquet / "data" if (parquet / "data" / "works").is_dir() else parquet / "data" / "parquet"
    entries = {}
    for folder in sorted(p for p in flat.iterdir() if p.is_dir()):
        for path in sorted(folder.rglob("*.parquet")):
            key = path.relative_to(flat).as_posix()
            server.files[f"/data/works/{key}" if address == "/data/works" else f"/data/parquet/{key}"] = path.read_bytes()
            meta = {"content_length": path.stat().st_size, "record_count": pq.read_metadata(path).num_rows}
            entries.setdefault(folder.name, {"entries": []})["entries"].append({"url": f"s3://bucket/data/parquet/{key}", "meta": meta})
    if address == "/data/works":
        for key, path in ((p.relative_to(flat).as_posix(), p) for p in flat.glob("works/*/*.parquet")):
            server.files[f"/data/{key}"] = path.read_bytes()
        server.files["/data/works/manifest"] = json.dumps(entries["works"]).encode()
    else:
        server.files["/data/parquet/manifest.json"] = json.dumps({"entities": entries}).encode()
    store, done = from_server(server.base + address, tmp_path / "obs")
    assert store.rows("work") == 3_000
    assert done.snapshot_date is not None
    assert ("institutions" in done.entities) == (not address.endswith("works"))


def test_only_the_needed_columns_cross_the_network(server: Any, parquet: Path, tmp_path: Path, capsys: Any) -> None:
    """At most 1.1 times the needed leaves, counted by the server; what we print is what the server sent."""
    (part,) = sorted(parquet.rglob("works/*/*.parquet"), key=lambda p: -p.stat().st_size)[:1]
    server.files["/part_000.parquet"] = part.read_bytes()
    into = str(tmp_path / "obs")
    assert run(["ingest", "openalex", f"{server.base}/part_000.parquet", "--into", into, "--workers", "1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    sent = sum(n for _, path, n in server.sent if path == "/part_000.parquet")
    needed, footer = said["quirks"]["leaf-bytes"], pq.read_metadata(part).serialized_size
    assert said["network_bytes"] == sent
    first_look = leaves_of_id(part)  # a single file is asked first what it holds
    assert needed < sent <= 1.1 * needed + footer + first_look
    assert sent < 0.75 * part.stat().st_size
    assert run(["ingest", "openalex", f"{server.base}/part_000.parquet", "--into", into]) == 0
    assert "Nothing new" in capsys.readouterr().out


def leaves_of_id(part: Path) -> int:
    group = pq.read_metadata(part).row_group(0)
    return next(c.total_compressed_size for c in map(group.column, range(group.num_columns)) if c.path_in_schema == "id")


FAULTS: dict[str, list[tuple[Any, ...]]] = {
    "429": [("status", 429, {"Retry-After": "0"})] * 2,
    "500": [("status", 500, {}), ("status", 503, {})],
    "cut": [("cut", 40), ("cut", 1000), ("cut", 0)],
    "short": [("wrong-length", 5), ("wrong-length", 700)],
    "slow": [("slow", 0.3), ("slow", 0.2)],
    "all": [("cut", 9), ("status", 429, {"Retry-After": "0.05"}), ("wrong-length", 40), ("none",), ("status", 502, {}), ("slow", 0.2)],
}


@pytest.mark.parametrize("fault", [pytest.param(f, marks=[] if f == "all" else pytest.mark.slow) for f in FAULTS])
def test_faults_are_outlived(server: Any, snapshot: Path, tmp_path: Path, fault: str) -> None:
    server.add_folder(snapshot / "data", "/data")
    there = locally(snapshot / "data", tmp_path)
    for path in works(server)[:3]:
        server.faults[path] = list(FAULTS[fault])
    here, _ = from_server(f"{server.base}/data", tmp_path / "remote")
    assert content(here) == content(there)
    assert not any(server.faults[p] for p in works(server)[:3]), "the faults were met"


def test_what_came_before_a_cut_is_not_asked_for_again(server: Any, tmp_path: Path) -> None:
    server.files["/a.gz"] = bytes(range(256)) * 2000
    server.faults["/a.gz"] = [("cut", 100_000), ("none",), ("cut", 250_000)]
    file = RemoteFile(server.base, "a.gz", QUICK)
    assert file.read_bytes() == server.files["/a.gz"]
    assert file.sha256 == hashlib.sha256(server.files["/a.gz"]).hexdigest()
    starts = [int(h["Range"].removeprefix("bytes=").split("-")[0]) for h in server.gets("/a.gz")]
    assert starts == [0, 100_000, 2**17, 2**17 + 250_000]
    assert file.bytes_read == len(server.files["/a.gz"])


def test_looking_at_the_beginning_costs_nothing_more(server: Any, tmp_path: Path) -> None:
    """A file is opened four times (its kind, its first bytes, its shape, its records) and comes once, short or long."""
    lines = [json.dumps({"id": f"https://openalex.org/W{k}", "title": hashlib.sha256(str(k).encode()).hexdigest()}) for k in range(1, 9000)]
    for name, n in (("short", 20), ("long", 8999)):
        body = server.files[f"/{name}.gz"] = gzip.compress("\n".join(lines[:n]).encode())
        assert (name == "long") == (len(body) > 2**18)
        _, done = from_server(f"{server.base}/{name}.gz", tmp_path / name)
        assert done.rows["work"] == n
        sent = sum(k for method, path, k in server.sent if path == f"/{name}.gz")
        assert sent - 1 <= len(body) <= sent == done.network_bytes, "one byte to learn the version"


@pytest.mark.parametrize("tags", [True, False])
def test_a_file_that_changes_while_it_is_read_is_noticed(server: Any, snapshot: Path, tmp_path: Path, capsys: Any, tags: bool) -> None:
    """By the ETag, or without one by the length; the observatory stays empty."""
    server.add_folder(snapshot / "data", "/data")
    server.tags = tags
    (path, *_) = works(server)
    other = server.files[path][:-9] + b"!" * 9 if tags else server.files[path] + b"!"
    server.faults[path] = [("cut", 20), ("change", other)]
    with pytest.raises(FetchError, match=r"changed at the source|were promised"):
        from_server(f"{server.base}/data", tmp_path / "remote")
    assert Store.open(tmp_path / "remote").rows("work") == 0


def test_a_change_between_two_parts_of_a_file_is_noticed_without_if_match(server: Any, tmp_path: Path) -> None:
    server.files["/a.parquet"] = b"x" * 5000
    server.conditions = False
    file = RemoteFile(server.base, "a.parquet", QUICK)
    assert file.range(0, 10) == b"x" * 10
    server.files["/a.parquet"] = b"y" * 5000
    with pytest.raises(FetchError, match="changed at the source"):
        file.range(10, 20)


def test_a_length_that_the_manifest_does_not_promise(server: Any, snapshot: Path, tmp_path: Path) -> None:
    server.add_folder(snapshot / "data", "/data")
    (path, *_) = works(server)
    server.files[path] += b"more"
    with pytest.raises(FetchError, match="were promised"):
        from_server(f"{server.base}/data", tmp_path / "remote")


def test_a_server_without_ranges_streams_but_has_no_columns(server: Any, snapshot: Path, tmp_path: Path) -> None:
    """JSONL goes on after a cut by skipping what has the same hash; Parquet is refused with what to do."""
    server.add_folder(snapshot / "data", "/data")
    server.ranges = False
    for path in works(server)[:2]:
        server.faults[path] = [("cut", 300)]
    if list(snapshot.rglob("updated_date=*/*.gz")):
        here, _ = from_server(f"{server.base}/data", tmp_path / "remote")
        assert content(here) == content(locally(snapshot / "data", tmp_path))
    else:
        with pytest.raises(FetchError, match="whole files only"):
            from_server(f"{server.base}/data", tmp_path / "remote")


def test_without_ranges_another_beginning_is_noticed(server: Any) -> None:
    server.ranges = server.tags = False
    server.files["/a.gz"] = b"a" * 4000
    server.faults["/a.gz"] = [("cut", 1000), ("change", b"b" * 4000)]
    with pytest.raises(FetchError, match="changed at the source"):
        RemoteFile(server.base, "a.gz", QUICK).read_bytes()


def test_a_server_that_keeps_failing_ends_the_run_and_the_next_goes_on(server: Any, snapshot: Path, tmp_path: Path, capsys: Any) -> None:
    server.add_folder(snapshot / "data", "/data")
    path = works(server)[-1]
    server.faults[path] = [("status", 503, {})] * 50
    with pytest.raises(FetchError, match=r"the server failed \(HTTP 503\): it failed \(4 attempts\)"):
        from_server(f"{server.base}/data", tmp_path / "remote")
    assert Store.open(tmp_path / "remote").rows("work") == 0
    server.faults.clear()
    here, done = from_server(f"{server.base}/data", tmp_path / "remote")
    assert done.files_staged_before > 0
    assert content(here) == content(locally(snapshot / "data", tmp_path))


def test_cut_on_the_way_out_of_a_worker_process(server: Any, snapshot: Path, tmp_path: Path) -> None:
    """Errors of worker processes arrive as one line."""
    server.add_folder(snapshot / "data", "/data")
    for path in works(server):
        server.faults[path] = [("status", 403, {})] * 9
    with pytest.raises((FetchError, InputError), match="HTTP 403"):
        from_server(f"{server.base}/data", tmp_path / "remote", workers=2)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"PAR1" + b"x" * 900, "no footer at its end"),
        (b"tiny", "too short"),
        (b"x" * 900 + b"\xff\xff\xff\x7fPAR1", "no footer at its end"),
        (b"x" * 900 + b"\x20\0\0\0PAR1", "not a readable Parquet file"),
    ],
)
def test_what_is_no_parquet_is_refused(server: Any, tmp_path: Path, capsys: Any, body: bytes, said: str) -> None:
    server.files["/part.parquet"] = body
    assert run(["ingest", "openalex", f"{server.base}/part.parquet", "--into", str(tmp_path / "o")]) == 2
    assert said in capsys.readouterr().err


def test_a_truncated_gzip_is_refused(server: Any, tmp_path: Path, capsys: Any) -> None:
    whole = gzip.compress(b'{"id":"https://openalex.org/W1","title":"t"}\n' * 500)
    server.files["/part.gz"] = whole[:-30]
    assert run(["ingest", "openalex", f"{server.base}/part.gz", "--into", str(tmp_path / "o"), "--workers", "1"]) == 2
    assert "ends too early" in capsys.readouterr().err


def test_no_manifest_is_one_line(server: Any, tmp_path: Path, capsys: Any) -> None:
    assert run(["ingest", "openalex", f"{server.base}/nothing", "--into", str(tmp_path / "o")]) == 2
    assert "no manifest of a snapshot here" in capsys.readouterr().err


def test_secrets_in_addresses_are_not_repeated(tmp_path: Path, capsys: Any) -> None:
    for address in ("https://host/part.parquet?X-Amz-Signature=s3cret", "https://me:s3cret@host/data"):
        assert run(["ingest", "openalex", address, "--into", str(tmp_path / "o")]) == 2
        said = capsys.readouterr()
        assert "is not read" in said.err
        assert "s3cret" not in said.err + said.out


def test_partial_leaves_out_what_is_not_there(server: Any, snapshot: Path, tmp_path: Path) -> None:
    server.add_folder(snapshot / "data", "/data")
    gone = works(server)[-1]
    del server.files[gone]
    with pytest.raises(FetchError, match="no such file"):
        from_server(f"{server.base}/data", tmp_path / "one")
    store, done = from_server(f"{server.base}/data", tmp_path / "two", partial=True)
    assert 0 < store.rows("work") < 1_000
    assert done.entities["works"]["files"] == len(works(server))


# --- a bucket


@pytest.fixture
def bucket(server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """An unsigned bucket of path style on the loopback server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.base)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    server.dates = True
    return "s3://snapshots/data"


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_bucket_gives_the_same_bytes(server: Any, snapshot: Path, tmp_path: Path, bucket: str, workers: int) -> None:
    """With faults; requests carry no signature; merged ids are found by listing the bucket, and followed."""
    folder = tmp_path / "copy"
    shutil.copytree(snapshot / "data", folder / "data")
    lists = folder / "data" / "merged_ids" / "works" / "2026-01-01.csv.gz"
    lists.parent.mkdir(parents=True)
    ids = locally(snapshot / "data", tmp_path).read("work", ["work_id"])["work_id"].to_pylist()[:2]
    lists.write_bytes(gzip.compress(f"merge_date,id,merge_into_id\n2026-01-01,W{ids[0]},W{ids[1]}\n".encode(), mtime=0))
    server.add_folder(folder / "data", "/snapshots/data")
    there = Store.create(tmp_path / "there")
    ingest(folder / "data", there)
    for path in works(server)[:2]:
        server.faults[path] = [("status", 503, {}), ("cut", 100), ("status", 429, {})]
    here, done = from_server(bucket, tmp_path / "remote", workers=workers)
    assert content(here) == content(there)
    assert done.merged_ids == 1
    assert not any("Authorization" in h or "authorization" in h for _, _, h, _ in server.log)


def test_a_file_of_a_bucket_that_changes_is_noticed(server: Any, bucket: str) -> None:
    server.files["/snapshots/data/a.parquet"] = b"x" * 5000
    file = RemoteFile(bucket, "a.parquet", QUICK)
    assert file.range(7, 10) == b"x" * 3
    server.files["/snapshots/data/a.parquet"] = b"y" * 5000
    with pytest.raises(FetchError, match="changed at the source"):
        file.range(10, 20)


def test_over_https_the_missing_listing_is_said(server: Any, snapshot: Path, tmp_path: Path, capsys: Any) -> None:
    server.add_folder(snapshot / "data", "/data")
    assert run(["ingest", "openalex", f"{server.base}/data", "--into", str(tmp_path / "o"), "--workers", "1"]) == 0
    said = capsys.readouterr().out
    assert "merged_ids: not looked for" in said
    assert "over the network: " in said


# --- the pieces


def test_every_read_of_a_range_file_is_that_of_the_file(server: Any, parquet: Path) -> None:
    part = max(parquet.rglob("works/*/*.parquet"), key=lambda p: p.stat().st_size)
    body = server.files["/p.parquet"] = part.read_bytes()
    remote, local = RangeFile(RemoteFile(server.base, "p.parquet", QUICK)), io.BytesIO(body)
    metadata = pq.read_metadata(part)
    wanted = set(leaves.find(pq.ParquetFile(part), leaves.WORKS, leaves.WORKS_IF_THERE, part))
    remote.announce(chunks(metadata, wanted))
    spots = [(s, e) for group in chunks(metadata, wanted) for s, e in group]
    spots += [(0, 4), (len(body) - 8, len(body)), (10, 10), (len(body) - 3, len(body) + 9), spots[3]]
    for start, stop in spots:
        assert remote.seek(start) == local.seek(start)
        assert remote.read(stop - start) == local.read(stop - start)
        assert remote.tell() == local.tell()
    remote.close()


def test_blocks_waste_little_and_memory_is_a_row_group(server: Any, tmp_path: Path, parquet: Path) -> None:
    """Each wanted byte is asked for once; blocks that were read are let go of."""
    source = max(parquet.rglob("works/*/*.parquet"), key=lambda p: p.stat().st_size)
    path = tmp_path / "small-groups.parquet"
    pq.write_table(pq.read_table(source), path, row_group_size=200, store_schema=False)
    server.files["/p.parquet"] = path.read_bytes()
    file = RemoteParquet(RemoteFile(server.base, "p.parquet", QUICK))
    paths = leaves.find(file, leaves.WORKS, leaves.WORKS_IF_THERE, path)
    groups = chunks(file.metadata, set(paths))
    assert len(groups) >= 4
    largest = max(sum(e - s for s, e in g) for g in groups)
    held = []
    rows = 0
    file.announce(paths)
    for batch in file.iter_batches(batch_size=200, columns=paths, use_threads=False):
        rows += batch.num_rows
        held.append(sum(b.stop - b.start for b in file.ranges._blocks if b.coming is not None))
    assert rows == pq.read_metadata(path).num_rows
    assert max(held) <= 2.1 * largest, "the row group at work and the next one"
    assert held[-1] == 0
    file.ranges.close()
    needed, _ = leaves.leaf_bytes(file, paths)
    asked = [h["Range"].removeprefix("bytes=").split("-") for h in server.gets("/p.parquet")]
    assert sum(int(e) - int(s) + 1 for s, e in asked) <= 1.03 * needed + file.metadata.serialized_size + 2**15


def test_a_remote_file_travels_between_processes(server: Any) -> None:
    server.files["/d/x.gz"] = b"abc"
    file = RemoteFile(f"{server.base}/d", "x.gz", QUICK, 3)
    again = pickle.loads(pickle.dumps(file))
    assert (again, again.name, again.suffix, again.stat().st_size, again.policy) == (file, "x.gz", ".gz", 3, QUICK)
    assert again.read_bytes() == b"abc"


def test_other_schemes_are_paths(tmp_path: Path, capsys: Any) -> None:
    assert run(["ingest", "openalex", "ftp://host/data", "--into", str(tmp_path / "o")]) == 2
    assert "no such file or folder" in capsys.readouterr().err
    with pytest.raises(UsageError):
        ingest("https://", Store.create(tmp_path / "p"), policy=QUICK)
