"""Rejects in bounded memory: the same rows, counts and bytes, wherever they wait."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from armillary.core.store import Store
from armillary.sources import rejects
from armillary.sources.bookkeeping import FileLog, examples, write_log
from armillary.sources.rejects import Rejects, saved


def rows(seed: int, n: int) -> list[tuple[int, str, str]]:
    draw = random.Random(seed)
    return [(draw.randrange(n), draw.choice(("no-id", "row-short", "not-utf8")), draw.choice(("", "é", "x" * 90))) for _ in range(n)]


@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 95])
def test_rows_on_disk_are_those_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, n: int) -> None:
    given = rows(n, n)
    kept = list(Rejects(given))
    monkeypatch.setattr(rejects, "HELD", 10)
    monkeypatch.setattr(rejects, "_A_READ", 3)
    found = Rejects(given)
    assert list(found) == kept == sorted(given) and list(found) == kept, "also when they are asked for again"
    assert len(found) == n and found.reasons == Counter(r[1] for r in given)
    assert all(found.first[reason] == next(r for r in given if r[1] == reason) for reason in found.reasons)
    found.append((5, "late", ""))
    assert list(found) == sorted([*given, (5, "late", "")])
    found.save(tmp_path / "r.parquet")
    assert list(saved(tmp_path / "r.parquet")) == list(found)


def test_a_file_read_again_replaces_its_rows_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rejects, "HELD", 10)
    paths = [tmp_path / name for name in ("b.csv", "a.csv")]
    for path in paths:
        path.write_text("x")
    store, before = Store.create(tmp_path / "o"), rows(1, 40)

    def log(path: Path, what: list[tuple[int, str, str]]) -> FileLog:
        made = FileLog(path, path.name)
        for row in what:
            made.reject(*row)
        return made

    with store.write() as txn:
        write_log(txn, "patents", [log(p, before) for p in paths])
    with store.write() as txn:
        write_log(txn, "deals", [log(paths[0], [(7, "no-id", "d")])])
    with store.write() as txn:
        write_log(txn, "patents", [log(paths[0], [(3, "no-id", "new")])])
    table = [tuple(r.values()) for r in store.read("reject").to_pylist()]
    assert table == sorted(
        [("deals", "b.csv", 7, "no-id", "d"), ("patents", "b.csv", 3, "no-id", "new"), *(("patents", "a.csv", *r) for r in before)]
    )
    with store.write() as txn:
        write_log(txn, "patents", [], fresh=True)
    assert [r["entity"] for r in store.read("reject").to_pylist()] == ["deals"]


def test_examples_name_the_first_that_was_met() -> None:
    log = FileLog(Path("a"), "a.csv")
    for line in (9, 3):
        log.reject(line, "no-id", f"<{line}>")
    assert examples([log]) == ["2 no-id, such as line 9 of a.csv: '<9>'"]
