"""What cannot be read: one clear line with file, place and what to do, or a counted reject; what was built stays."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.errors import InputError, StoreError
from armillary.sources.openalex.ingest import ingest
from armillary.sources.openalex.plan import plan

from .conftest import LINK, dump, institution, work, write_lines, write_snapshot


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An observatory that holds one work, so that losing it would be seen."""
    store = Store.create(tmp_path / "observatory")
    ingest(write_lines(tmp_path / "before.jsonl", [work(1)]), store)
    return store


def refused(store: Store, path: Path, message: str, **options: object) -> InputError:
    before = store.digest
    with pytest.raises(InputError, match=message) as caught:
        ingest(path, store, **options)  # type: ignore[arg-type]
    assert caught.value.where is not None and path.name in caught.value.where
    assert caught.value.fix
    assert "\n" not in caught.value.line
    assert Store.open(store.path).digest == before
    return caught.value


def rejects(store: Store) -> list[tuple[int, str]]:
    return [(r["line"], r["reason"]) for r in store.read("reject").to_pylist()]


def test_truncated_gzip(store: Store, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "w.jsonl.gz", [work(n) for n in range(2, 200)])
    data = path.read_bytes()
    for length in (len(data) - 4, len(data) // 2, 30):
        path.write_bytes(data[:length])
        refused(store, path, "ends too early")


def test_damaged_gzip(store: Store, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "w.jsonl.gz", [work(n) for n in range(2, 200)])
    data = bytearray(path.read_bytes())
    data[-6] ^= 1  # the checksum
    path.write_bytes(data)
    refused(store, path, "damaged")


def test_gzip_in_several_members(store: Store, tmp_path: Path) -> None:
    parts = [gzip.compress(json.dumps(work(n)).encode() + b"\n") for n in (2, 3)]
    path = tmp_path / "w.gz"
    path.write_bytes(b"".join(parts) + b"\0" * 512)
    assert ingest(path, store).entities["works"]["kept"] == 2


@pytest.mark.parametrize("data", [b"", gzip.compress(b""), gzip.compress(b"\n\n")], ids=["nothing", "empty gzip", "blank lines"])
def test_empty_file(store: Store, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "w.jsonl.gz"
    path.write_bytes(data)
    refused(store, path, "the file is empty" if not data else "no OpenAlex records")


def test_bad_lines_are_rejected_one_by_one(store: Store, tmp_path: Path) -> None:
    lines = [
        work(2),
        b'{"id": "https://openalex.org/W3", ',
        b"not json",
        b'{"id": "https://openalex.org/W4", "title": "caf\xe9"}',
        b'["W5"]',
        b"",
        b"   ",
        {"id": None},
        {"title": "no id"},
        {"id": f"{LINK}A9"},
        {"id": f"{LINK}W6", "publication_year": [2020]},
        {"id": f"{LINK}W7", "publication_year": 99999999},
        b"null",
        b"\xff\xfe",
        work(8),
    ]
    done = ingest(write_lines(tmp_path / "w.jsonl", lines), store)
    assert rejects(store) == [
        (2, "bad-json"),
        (3, "not-an-object"),
        (4, "not-utf8"),
        (5, "not-an-object"),
        (8, "no-id"),
        (9, "no-id"),
        (10, "other-entity"),
        (11, "wrong-type"),
        (12, "wrong-type"),
        (13, "not-an-object"),
        (14, "not-utf8"),
    ]
    assert done.entities["works"] == {"files": 1, "records": 13, "kept": 2, "superseded": 0, "rejected": 11}
    assert done.rejects == {"bad-json": 1, "not-an-object": 3, "not-utf8": 2, "no-id": 2, "other-entity": 1, "wrong-type": 2}
    assert sorted(store.read("work")["work_id"].to_pylist()) == [1, 2, 8]
    assert all(r["detail"] for r in store.read("reject").to_pylist())


def test_64_megabyte_line(store: Store, tmp_path: Path) -> None:
    huge = b'{"id": "https://openalex.org/W3", "title": "' + b"x" * 64_000_000 + b'"}'
    for name in ("w.jsonl", "w.jsonl.gz"):
        path = tmp_path / name
        data = json.dumps(work(2)).encode() + b"\n" + huge + b"\n" + json.dumps(work(4)).encode() + b"\n"
        path.write_bytes(gzip.compress(data, 1) if name.endswith("gz") else data)
        ingest(path, store)
    assert [r["reason"] for r in store.read("reject").to_pylist()] == ["line-too-long", "line-too-long"]
    assert sorted(store.read("work")["work_id"].to_pylist()) == [1, 2, 4]


def test_json_array(store: Store, tmp_path: Path) -> None:
    for k, indent in enumerate((None, 0, 2)):
        path = tmp_path / f"{k}.json"
        path.write_text(json.dumps([work(10 + k), work(20 + k), 7], indent=indent))
        assert ingest(path, store).entities["works"] == {"files": 1, "records": 3, "kept": 2, "superseded": 0, "rejected": 1}
    path.write_text("[\n{}\n]")
    refused(store, path, "no OpenAlex records in this file")


def test_something_else_entirely(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    path.write_text("Dear Sir or Madam,\nplease find enclosed\n")
    refused(store, path, "no OpenAlex records")
    path.write_text('{"id": "https://example.org/thing", "a": 1}\n')
    refused(store, path, "no record has the id of")


def test_a_file_of_which_nothing_can_be_used(store: Store, tmp_path: Path) -> None:
    root = write_snapshot(tmp_path / "s", works={"2025-01-01": [b'{"id": "garbage"}', b"more garbage"]})
    with pytest.raises(InputError, match=r"none of the 2 records can be used; line 1: no-id"):
        ingest(root, store)


def test_saved_api_pages(store: Store, tmp_path: Path) -> None:
    page = {"meta": {"count": 2}, "results": [work(2), work(3)], "group_by": []}
    (tmp_path / "compact.json").write_text(json.dumps(page))
    (tmp_path / "pretty.json").write_text(json.dumps({**page, "results": [work(4)]}, indent=2))
    (tmp_path / "pages.jsonl").write_text("".join(json.dumps({**page, "results": [work(n)]}) + "\n" for n in (5, 6)))
    for name in ("compact.json", "pretty.json", "pages.jsonl"):
        ingest(tmp_path / name, store)
    assert sorted(store.read("work")["work_id"].to_pylist()) == [1, 2, 3, 4, 5, 6]
    half = tmp_path / "half.json"
    half.write_text(json.dumps(page)[:-30])
    refused(store, half, "not complete JSON")


def test_folder_of_pages_of_several_kinds(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "1.json").write_text(json.dumps({"meta": {}, "results": [work(2)]}))
    (folder / "2.json").write_text(json.dumps({"meta": {}, "results": [institution(5) | {"geo": {"city": "Lyon"}}]}))
    store = Store.create(tmp_path / "o")
    done = ingest(folder, store)
    assert {e: n["kept"] for e, n in done.entities.items()} == {"works": 1, "institutions": 1}
    assert store.read("institution")["city"].to_pylist() == ["Lyon"]


def test_manifest_differs(store: Store, tmp_path: Path) -> None:
    root = write_snapshot(tmp_path / "s", works={"2025-01-01": [work(2), work(3)], "2025-02-01": [work(4)]})
    part = root / "data/works/updated_date=2025-01-01/part_000.gz"
    manifest = root / "data/works/manifest"
    good = manifest.read_text()

    manifest.write_text(good.replace('"record_count": 2', '"record_count": 3'))
    refused_in(store, root, "part_000.gz: holds 2 records, but the manifest says 3")
    manifest.write_text(good.replace(f'"content_length": {part.stat().st_size}', '"content_length": 7', 1))
    refused_in(store, root, "part_000.gz: has .* bytes, but the manifest says 7")
    manifest.write_text("{")
    refused_in(store, root, "manifest: the manifest cannot be understood")
    manifest.write_text(good)
    (part.parent / "part_001.gz").write_bytes(part.read_bytes())
    refused_in(store, root, "part_001.gz: is not in the manifest")
    (part.parent / "part_001.gz").unlink()
    part.unlink()
    refused_in(store, root, "1 of 2 files that the manifest lists are missing")
    assert ingest(root, store, partial=True).entities["works"]["kept"] == 1


def refused_in(store: Store, path: Path, message: str) -> None:
    before = store.digest
    with pytest.raises(InputError, match=message):
        ingest(path, store)
    assert Store.open(store.path).digest == before


def test_rejects_count_as_records_of_the_manifest(store: Store, tmp_path: Path) -> None:
    root = write_snapshot(tmp_path / "s", works={"2025-01-01": [work(2), b"bad", work(3)]})
    assert ingest(root, store).entities["works"] == {"files": 1, "records": 3, "kept": 2, "superseded": 0, "rejected": 1}


def test_missing_path_and_empty_folder(store: Store, tmp_path: Path) -> None:
    refused(store, tmp_path / "none", "no such file or folder")
    (tmp_path / "void").mkdir()
    refused(store, tmp_path / "void", "no OpenAlex files here")


def test_no_permission_to_read(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_lines(tmp_path / "w.jsonl", [work(2)])
    if os.geteuid() == 0:  # root reads everything, so the refusal comes from a stand-in
        real = Path.open

        def deny(self: Path, *args: object, **kwargs: object) -> object:
            if self == path:
                raise PermissionError(13, "Permission denied", str(self))
            return real(self, *args, **kwargs)  # type: ignore[call-overload]

        monkeypatch.setattr(Path, "open", deny)
    else:
        path.chmod(0)
    refused(store, path, "cannot be read")


def test_no_permission_to_write(tmp_path: Path) -> None:
    """A read-only file system where mounting is allowed, a read-only folder for an ordinary user."""
    fixed = tmp_path / "fixed"
    fixed.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", str(fixed)], capture_output=True, check=False).returncode == 0
    if not mounted and os.geteuid() == 0:
        pytest.skip("root may write everywhere and may not mount here")
    fixed.chmod(0o500) if not mounted else None
    try:
        with pytest.raises(StoreError, match="the file system is read-only" if mounted else "no permission"):
            Store.create(fixed / "observatory")
    finally:
        if mounted:
            subprocess.run(["umount", str(fixed)], check=True)


def test_command_line_exit_code_and_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "w.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(work(1)).encode())[:-5])
    assert run(["ingest", "openalex", str(path), "--into", str(tmp_path / "o")]) == 2
    err = capsys.readouterr().err.strip()
    assert err == f"armillary: {path}: the gzip file ends too early (truncated). Download it again"
    assert run(["ingest", "openalex", str(path), "--into", str(tmp_path / "o"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["where"] == str(path)


def test_disk_full_on_a_small_file_system(tmp_path: Path) -> None:
    """A tmpfs of 1 MiB where mounting is allowed; else a limit on the size of files, which fails in the same place."""
    path = write_lines(tmp_path / "w.jsonl.gz", [work(n, title=os.urandom(500).hex()) for n in range(1, 3000)])
    small = tmp_path / "small"
    small.mkdir()
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small)], capture_output=True, check=False).returncode == 0
    )
    try:
        store = Store.create(small / "observatory")
        ingest(write_lines(tmp_path / "before.jsonl", [work(1, title="before")]), store)
        before = dump(store)
        if mounted:
            with pytest.raises(StoreError, match="the disk is full"):
                ingest(path, store)
        else:
            code = (
                "import resource, signal, sys\nfrom armillary.cli.main import run\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
                "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, 1 << 19))\n"
                f"sys.exit(run(['ingest', 'openalex', {str(path)!r}, '--into', {str(store.path)!r}, '--workers', '1']))"
            )
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
            assert done.returncode == 2, done.stderr
            assert "a file may not grow that large" in done.stderr
        assert dump(Store.open(store.path)) == before
    finally:
        if mounted:
            subprocess.run(["umount", str(small)], check=True)


def test_files_of_two_kinds_of_the_same_content(store: Store, tmp_path: Path) -> None:
    """The same bytes twice in a folder are read once and counted as replaced."""
    folder = tmp_path / "twice"
    for name in ("a.jsonl", "b.jsonl"):
        write_lines(folder / name, [work(5), work(6)])
    done = ingest(folder, store)
    assert done.entities["works"] == {"files": 2, "records": 4, "kept": 2, "superseded": 2, "rejected": 0}


def test_plan_takes_any_folder_of_a_snapshot(tmp_path: Path) -> None:
    root = write_snapshot(tmp_path / "s", works={"2025-01-01": [work(2)]}, institutions={"2025-01-01": [institution(5)]})
    for path, n in ((root, 2), (root / "data", 2), (root / "data/works", 1)):
        assert len(plan(path).parts) == n
    assert plan(root).snapshot_date == "2025-01-01"


def test_rows_of_replaced_versions_alone(store: Store, tmp_path: Path) -> None:
    """A table of which nothing stays, because all its rows belong to a version that a newer one in the same file replaces."""
    rich = work(5, topics=[{"id": f"{LINK}T10001", "score": 0.5}], counts_by_year=[{"year": 2020, "cited_by_count": 3}])
    done = ingest(write_lines(tmp_path / "w.jsonl", [rich, work(5, updated_date="2026-01-01T00:00:00")]), store)
    assert done.entities["works"]["superseded"] == 1
    assert store.rows("work_topic") == 0
