"""A service in the shape of 2026 over three releases: fetch, verify, ingest, again and again; each state is that of a full build."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import armillary
from armillary.cli.main import run
from armillary.core import schema

BOOKKEEPING = {"manifest", "reject", "quirk"}


def packed(works: list[dict[str, Any]]) -> bytes:
    return gzip.compress(b"".join(json.dumps(w).encode() + b"\n" for w in works), mtime=0)


def tables(store: Path) -> dict[str, list[str]]:
    """Rows of all core tables as sorted text; without what says from which delivery they came."""
    found = armillary.open(store).store
    made = {}
    for table in schema.TABLES:
        name = table if isinstance(table, str) else table.name
        if name not in BOOKKEEPING:
            made[name] = sorted(json.dumps(r, sort_keys=True, default=str) for r in found.read(name).to_pylist())
    return made


def ingest(path: Path, into: Path) -> None:
    assert run(["ingest", "openalex", str(path), "--into", str(into), "--workers", "1", "--quiet"]) == 0


def test_three_releases_with_deletions(server: Any, works: list[bytes], tmp_path: Path, capsys: Any) -> None:
    """New works, newer versions, works that move to another partition, and works that are gone, some of which come back never."""
    every = [json.loads(w) for w in works]
    newer = [w | {"cited_by_count": 900 + k, "updated_date": "2026-09-20T10:00:00"} for k, w in enumerate(every[:6])]
    newest = [w | {"cited_by_count": 990 + k, "updated_date": "2026-10-10T10:00:00"} for k, w in enumerate(every[4:8])]
    gone_first, gone_then = every[10:13], every[13:15]

    def without(part: list[dict[str, Any]], *others: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ids = {w["id"] for other in others for w in other}
        return [w for w in part if w["id"] not in ids]

    releases = [
        ({"updated_date=2026-05-01/part_0000.gz": every[:12], "updated_date=2026-06-24/part_0000.gz": every[12:18]}, []),
        (
            {
                "updated_date=2026-05-01/part_0000.gz": without(every[:12], newer, gone_first),
                "updated_date=2026-06-24/part_0000.gz": without(every[12:18], gone_first),
                "updated_date=2026-09-20/part_0000.gz": newer + every[18:21],
            },
            gone_first,
        ),
        (
            {
                "updated_date=2026-05-01/part_0000.gz": without(every[:12], newer, newest, gone_first),
                "updated_date=2026-06-24/part_0000.gz": without(every[12:18], gone_first, gone_then),
                "updated_date=2026-09-20/part_0000.gz": without(newer + every[18:21], newest),
                "updated_date=2026-10-10/part_0000.gz": newest + every[21:],
            },
            gone_first + gone_then,
        ),
    ]
    updated = tmp_path / "updated"
    for number, (parts, gone) in enumerate(releases):
        prefix = server.publish({name: packed(part) for name, part in parts.items()})
        rows = "".join(f"{w['id']},2026-09-23\n" for w in gone)
        server.files[f"{prefix}/deleted_ids.csv.gz"] = gzip.compress(f"work_id,deleted_date\n{rows}".encode(), mtime=0)
        server.faults[f"{prefix}/{next(iter(parts))}"] = [("cut", 30), ("status", 500, {})]
        common = ["--base", f"{server.base}/data", "--retry-wait", "0.01", "--prune", "--quiet"]
        assert run(["fetch", "snapshot", "--out", str(tmp_path / "copy"), *common]) == 0
        assert run(["fetch", "verify", str(tmp_path / "copy"), "--records", "--quiet"]) == 0
        ingest(tmp_path / "copy", updated)
        full = tmp_path / f"full-{number}"
        ingest(tmp_path / "copy", full)
        in_place = tmp_path / f"in-place-{number}"
        assert run(["ingest", "openalex", f"{server.base}/data", "--into", str(in_place), "--workers", "1", "--quiet"]) == 0
        mine, theirs = tables(updated), tables(full)
        assert tables(in_place)["work"] == theirs["work"]
        for name in theirs:
            assert mine[name] == theirs[name], f"release {number}: {name}"
        assert len(theirs["work"]) == sum(map(len, parts.values()))


@pytest.mark.parametrize("shape", ["combined", "entity", "old"])
def test_a_late_list_of_deleted_works_is_applied(server: Any, works: list[bytes], tmp_path: Path, shape: str) -> None:
    """The same parts, and later the list: nothing else changed."""
    every = [json.loads(w) for w in works]
    prefix = server.publish({"updated_date=2026-05-01/part_0000.gz": packed(every)}, shape)
    for gone in ([], every[:3], every[:5]):
        if gone:
            rows = "".join(f"{w['id']},2026-09-23\n" for w in gone)
            server.files[f"{prefix}/deleted_ids.csv.gz"] = gzip.compress(f"work_id,deleted_date\n{rows}".encode(), mtime=0)
        assert run(["fetch", "snapshot", "--out", str(tmp_path / "copy"), "--base", f"{server.base}/data", "--quiet"]) == 0
        ingest(tmp_path / "copy", tmp_path / "o")
        assert len(tables(tmp_path / "o")["work"]) == len(every) - len(gone)
