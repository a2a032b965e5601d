"""The store: generations, one writer, all or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from armillary.core import parquet, schema
from armillary.core.store import Store
from armillary.errors import DataError, StoreError, UnknownNameError, UsageError


def topics(*ids: int) -> pa.Table:
    return pa.table({"topic_id": list(ids), "name": [f"t{i}" for i in ids], "origin": ["entity"] * len(ids)})


def segment(path: Path, *ids: int) -> Path:
    rows = parquet.conform("citation", pa.table({"citing_id": list(ids), "cited_id": [1] * len(ids), "citing_year": [2020] * len(ids)}))
    parquet.write("citation", rows, path)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "obs")


def test_create_open_and_empty(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "a" / "obs")
    assert store.generation == 0
    assert store.tables() == []
    assert store.files("work") == []
    assert store.read("work").schema.equals(schema.table("work").schema)
    assert Store.create(store.path).digest == Store.open(store.path).digest == store.digest
    assert store.info()["snapshot_date"] is None


def test_open_errors(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such observatory"):
        Store.open(tmp_path / "none")
    with pytest.raises(StoreError, match="not an observatory"):
        Store.open(tmp_path)
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(StoreError, match=r"thesis\.doc"):
        Store.create(tmp_path)
    with pytest.raises(StoreError, match="not a folder"):
        Store.create(tmp_path / "thesis.doc")


def test_replace_sorts_casts_and_is_independent_of_order(tmp_path: Path) -> None:
    one, two = Store.create(tmp_path / "1"), Store.create(tmp_path / "2")
    with one.write() as txn:
        txn.replace("topic", topics(3, 1, 2))
        assert txn.read("topic")["topic_id"].to_pylist() == [1, 2, 3]
    with two.write() as txn:
        txn.replace("topic", topics(2, 3))
    with two.write() as txn:
        txn.replace("topic", topics(2, 3, 1).to_batches())
    assert one.read("topic")["topic_id"].to_pylist() == [1, 2, 3]
    assert one.read("topic").schema.equals(schema.table("topic").schema)
    assert (one.generation, two.generation) == (1, 2)
    assert one.digest == two.digest
    assert two.at(1).read("topic", ["topic_id"]).to_pydict() == {"topic_id": [2, 3]}
    assert two.at(1).digest != two.digest
    with pytest.raises(UsageError), two.at(1).write():
        pass


def test_same_content_makes_no_generation(store: Store) -> None:
    for _ in range(2):
        with store.write() as txn:
            txn.replace("topic", topics(1))
    assert store.generation == 1
    with store.write() as txn:
        txn.replace("topic", topics())
    assert store.tables() == []


def test_replace_refuses_what_does_not_fit(store: Store) -> None:
    cases = [
        (pa.table({"topic_id": [1], "origin": ["entity"], "nonsense": [1]}), "nonsense"),
        (pa.table({"topic_id": [None], "origin": ["entity"]}), r"topic\.topic_id has 1 nulls"),
        (pa.table({"topic_id": [2**40], "origin": ["entity"]}), "does not fit int32"),
    ]
    for data, message in cases:
        with pytest.raises(DataError, match=message), store.write() as txn:
            txn.replace("topic", data)
    with pytest.raises(UnknownNameError), store.write() as txn:
        txn.replace("topics", topics(1))
    assert store.generation == 0


def test_append_and_set_files(store: Store, tmp_path: Path) -> None:
    a, b, empty = segment(tmp_path / "a", 1, 2), segment(tmp_path / "b", 3), segment(tmp_path / "e")
    with store.write() as txn:
        txn.append("citation", [a, empty])
        txn.append("citation", [b])
    assert a.exists()
    assert store.rows("citation") == 3
    assert len(store.files("citation")) == 2
    assert all(f.is_absolute() and f.is_file() for f in store.files("citation"))
    assert store.entries("citation")[0].size == store.files("citation")[0].stat().st_size
    kept = next(f for f in store.files("citation") if pq.read_metadata(f).num_rows == 1)
    with store.write() as txn:
        txn.set_files("citation", [kept, segment(tmp_path / "c", 9)])
    assert sorted(store.read("citation")["citing_id"].to_pylist()) == [3, 9]
    with pytest.raises(StoreError, match="columns of table 'work'"), store.write() as txn:
        txn.append("work", [a])
    (tmp_path / "junk").write_bytes(b"junk")
    with pytest.raises(StoreError, match="not a readable Parquet"), store.write() as txn:
        txn.append("citation", [tmp_path / "junk"])


def test_all_or_nothing(store: Store) -> None:
    with store.write() as txn:
        txn.replace("topic", topics(1))
    before, files = store.digest, sorted(store.path.glob("core/*/*"))
    with pytest.raises(ZeroDivisionError), store.write() as txn:
        txn.replace("topic", topics(1, 2))
        raise ZeroDivisionError
    assert Store.open(store.path).digest == before == store.digest
    assert sorted(store.path.glob("core/*/*")) == files


def test_killed_writer_leaves_nothing(store: Store) -> None:
    with store.write() as txn:
        txn.replace("topic", topics(1))
    before = store.digest
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_store import Store, topics
with Store.open({str(store.path)!r}).write() as txn:
    txn.replace("topic", topics(1, 2, 3))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert Store.open(store.path).digest == before
    assert len(list(store.path.glob("core/topic/*"))) == 2
    with store.write():
        pass
    assert len(list(store.path.glob("core/topic/*"))) == 1


def test_second_writer_is_told(store: Store) -> None:
    message = rf"another process \(number {os.getpid()}\) is writing"
    with store.write(), pytest.raises(StoreError, match=message), Store.open(store.path).write():
        pass


def test_read_only_folder(store: Store) -> None:
    if os.geteuid() == 0:
        # root may write anywhere, so the refusal is put in the way where the system would give it
        (store.path / "lock").unlink()
        (store.path / "lock").mkdir()
        with pytest.raises((StoreError, IsADirectoryError)), store.write():
            pass
        return
    store.path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="no permission"), Store.open(store.path).write() as txn:
            txn.replace("topic", topics(1))
    finally:
        store.path.chmod(0o700)


def test_disk_full(store: Store) -> None:
    with store.write() as txn:
        txn.replace("topic", topics(1))
    code = f"""
import resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_store import Store, topics, StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store.open({str(store.path)!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    with store.write() as txn:
        txn.replace("topic", topics(*range(100_000)))
except StoreError as error:
    print(error.line)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "a file may not grow that large" in done.stdout
    again = Store.open(store.path)
    assert again.digest == store.digest
    assert again.read("topic").num_rows == 1


def test_damaged_state(store: Store) -> None:
    with store.write() as txn:
        txn.replace("topic", topics(1))
    state = store.path / "state" / "000001.json"
    good = state.read_text()
    for text, message in [("{", "damaged"), ("{}", "damaged"), (json.dumps({**json.loads(good), "format": 99}), "another version")]:
        state.write_text(text)
        with pytest.raises(StoreError, match=message):
            Store.open(store.path)
    state.unlink()
    with pytest.raises(StoreError, match="generation 1 is not kept"):
        Store.open(store.path)
    (store.path / "CURRENT").write_text("x")
    with pytest.raises(StoreError, match="does not name a generation"):
        Store.open(store.path)


def test_prune(store: Store) -> None:
    for n in range(1, 4):
        with store.write() as txn:
            txn.replace("topic", topics(*range(n)))
    assert store.generations() == [0, 1, 2, 3]
    assert store.prune(keep=2) > 0
    assert store.generations() == [2, 3]
    assert store.at(2).read("topic").num_rows == 2
    with pytest.raises(StoreError):
        store.at(1)


def test_a_generation_that_is_read_is_not_pruned(store: Store) -> None:
    for n in (1, 2):
        with store.write() as txn:
            txn.replace("topic", topics(*range(n)))
    older = store.at(1)
    hold = older.hold()
    assert hold is not None
    store.prune(keep=1)
    assert store.generations() == [1, 2] and older.read("topic").num_rows == 1
    hold.release()
    assert store.prune(keep=1) > 0 and store.generations() == [2]


def test_bytes_are_stable(tmp_path: Path) -> None:
    """The same rows give the same bytes today as when this test was written down, row order aside."""
    names = set()
    for i in range(2):
        store = Store.create(tmp_path / str(i))
        with store.write() as txn:
            txn.replace("topic", topics(*(range(5) if i else reversed(range(5)))))
        names.add(store.files("topic")[0].name)
    assert len(names) == 1
    meta = pq.read_metadata(store.files("topic")[0])
    assert meta.metadata is None
    assert meta.row_group(0).column(0).compression == "ZSTD"
    assert meta.row_group(0).column(0).statistics.max == 4


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
def test_killed_while_the_observatory_is_made(tmp_path: Path, moment: int) -> None:
    """The kill comes at each of the renames and syncs that make an observatory (found by the soak)."""
    code = f"""
import os, signal
from pathlib import Path
from armillary.core.store import Store
real, seen = os.fsync, []
def fsync(handle):
    seen.append(handle)
    if len(seen) == {moment}:
        os.kill(os.getpid(), signal.SIGKILL)
    real(handle)
os.fsync = fsync
Store.create({str(tmp_path / "o")!r})
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    store = Store.create(tmp_path / "o")
    assert (store.generation, store.tables()) == (0, [])
    with store.write() as txn:
        txn.replace("topic", topics(1, 2))
    assert Store.open(store.path).rows("topic") == 2
    assert not list(store.path.rglob("*.tmp"))


def test_a_table_of_another_schema_is_old_and_not_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = schema.TABLES["topic"]
    with monkeypatch.context() as before:
        before.setitem(schema.TABLES, "topic", replace(now, columns=tuple(c for c in now.columns if c != "domain_id")))
        with Store.create(tmp_path / "o").write() as txn:
            txn.replace("topic", topics(1, 2))
    store = Store.open(tmp_path / "o")
    said = "another version of armillary \\(no column domain_id\\). Re-ingest its source .* armillary ingest openalex"
    with pytest.raises(StoreError, match=said):
        store.read("topic")
    (found,) = store.damages("footers")
    assert found.is_old and "damaged" not in found.error(tmp_path).line
    assert not store.damages("bytes"), "its bytes are those that were written"


@pytest.mark.parametrize("size", [1, 7, 50, 1000])
def test_rows_in_pieces_give_the_bytes_of_a_whole_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP", 50)
    table = pa.table(
        {"entity": ["e"] * 333, "file": ["f"] * 333, "line": range(333), "reason": ["r"] * 333, "detail": [str(n % 7) for n in range(333)]},
        schema=schema.table("reject").schema,
    )
    whole, pieces = Store.create(tmp_path / "whole"), Store.create(tmp_path / "pieces")
    with whole.write() as txn:
        txn.replace("reject", table)
    with pieces.write() as txn:
        txn.replace_in_order("reject", (table.slice(low, size) for low in range(0, 333, size)))
    assert [f.name for f in whole.files("reject")] == [f.name for f in pieces.files("reject")], "names are digests"
    with pieces.write() as txn:
        txn.replace_in_order("reject", iter(()))
    assert pieces.read("reject").num_rows == 0
