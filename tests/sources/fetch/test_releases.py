"""Releases of the snapshot as they come since 2026: lists of deleted works, manifests, and update after update."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from armillary.cli.main import run


def fetch(server: Any, out: Path, *more: str) -> int:
    patience = ("--retry-wait", "0.01", "--attempts", "3", "--workers", "2")
    return run(["fetch", "snapshot", "--out", str(out), "--base", f"{server.base}/data", *patience, *more])


DELETED = gzip.compress(b"work_id,deleted_date\nhttps://openalex.org/W1003,2026-09-23\n", mtime=0)


@pytest.mark.parametrize("name", ["deleted_ids.csv.gz", "deleted_ids.csv"])
def test_the_list_of_deleted_works_comes_with_the_works(
    server: Any, parts: dict[str, bytes], tmp_path: Path, capsys: Any, name: str
) -> None:
    """No manifest names it; it is fetched again when it is another one, and never pruned."""
    prefix = server.publish(parts)
    content = DELETED if name.endswith("gz") else gzip.decompress(DELETED)
    server.files[f"{prefix}/{name}"] = content
    assert fetch(server, tmp_path, "--dry-run", "--json") == 0
    (works,) = json.loads(capsys.readouterr().out)["entities"]
    assert (works["files"], works["files_to_fetch"], works["deleted_ids"]) == (3, 4, len(content))
    assert fetch(server, tmp_path) == 0
    assert f"with the list of deleted works ({name})" in capsys.readouterr().out
    path = tmp_path / "data" / "jsonl" / "works" / name
    assert path.read_bytes() == content
    assert fetch(server, tmp_path, "--prune", "--quiet") == 0
    assert len(server.gets(f"{prefix}/{name}")) == 1
    later = content[:-1] + b"!"
    server.files[f"{prefix}/{name}"] = later
    assert fetch(server, tmp_path) == 0
    assert path.read_bytes() == later
    del server.files[f"{prefix}/{name}"]
    assert fetch(server, tmp_path) == 0
    assert "no list of deleted works at the source" in capsys.readouterr().out


def test_a_server_that_names_no_versions_sends_the_list_each_time(server: Any, parts: dict[str, bytes], tmp_path: Path) -> None:
    server.tags = False
    prefix = server.publish(parts)
    server.files[f"{prefix}/deleted_ids.csv.gz"] = DELETED
    assert fetch(server, tmp_path) == 0
    assert fetch(server, tmp_path) == 0
    assert len(server.gets(f"{prefix}/deleted_ids.csv.gz")) == 2


def test_other_entities_have_no_such_list(server: Any, parts: dict[str, bytes], tmp_path: Path, capsys: Any) -> None:
    server.publish(parts)
    entity = {"entity": "topics", "files": [{"url": "s3://openalex/data/jsonl/topics/part_0000.gz", "meta": {"content_length": 3}}]}
    server.files["/data/jsonl/manifest.json"] = json.dumps({"meta": {}, "entities": [entity]}).encode()
    server.files["/data/jsonl/topics/part_0000.gz"] = b"abc"
    assert fetch(server, tmp_path, "--entity", "topics") == 0
    assert "deleted" not in capsys.readouterr().out


def test_the_copy_has_a_manifest_of_today(server: Any, parts: dict[str, bytes], tmp_path: Path) -> None:
    """With the files that were asked for only; an older one in another shape goes."""
    server.publish(parts)
    folder = tmp_path / "data" / "jsonl" / "works"
    folder.mkdir(parents=True)
    (folder / "manifest").write_text('{"entries": []}')
    assert fetch(server, tmp_path, "--since", "2026-06-01") == 0
    assert not (folder / "manifest").exists()
    made = json.loads((folder / "manifest.json").read_text())
    assert [f["url"].rsplit("/", 2)[1] for f in made["files"]] == ["updated_date=2026-06-24"] * 2
    assert {k: v for k, v in made.items() if k != "files"} == {
        "date": "2026-06-25",
        "format": "jsonl",
        "entity": "works",
        "record_count": 13,
        "content_length": sum(len(c) for n, c in parts.items() if n > "updated_date=2026-06"),
    }
    assert run(["fetch", "verify", str(tmp_path), "--records"]) == 0
