"""Mutated files of every kind: each is read, or named with its reason; the file beside it is read in any case."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from armillary.errors import ArmillaryError
from armillary.sources.openalex import deleted, merged
from armillary.sources.openalex.plan import plan
from armillary.sources.openalex.worker import process

from .conftest import author, institution, work

PAGE = {"meta": {"count": 2}, "results": [work(2, author(1, ("L", [institution(1)]))), work(3)], "group_by": []}
MANIFEST = {"entity": "works", "files": [{"url": "s3://openalex/data/works/updated_date=2026-01-01/p.gz", "meta": {"record_count": 3}}]}
SEEDS = [
    "\n".join(json.dumps(work(n)) for n in (2, 3, 4)).encode(),
    json.dumps(PAGE).encode(),
    json.dumps(PAGE, indent=1).encode(),
    json.dumps(work(5), indent=2).encode(),
    json.dumps(PAGE["results"]).encode(),
    b"work_id,deleted_date\nW1,2026-01-01\nhttps://openalex.org/W2,2026-01-02\n",
    b"merge_date,id,merge_into_id\n2026-01-01,W1,W2\n",
    json.dumps(MANIFEST).encode(),
]
PIECES = [b"{", b"}", b"[", b"]", b'"', b"\\", b"\n", b"null", b"\xff\xfe", b"\x1f\x8b", b"\0", b"BZh", b"PAR1"]
NAMES = ["a.json", "b.jsonl.gz", "c.parquet", "data/works/updated_date=2026-01-01/p.gz", "data/works/manifest.json", "deleted_ids.csv"]


def mutated(draw: random.Random, data: bytes) -> bytes:
    held = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(held) + 1)
        kind = draw.randrange(5)
        if kind == 0:
            held[at : at + 1] = bytes([draw.randrange(256)])
        elif kind == 1:
            del held[at : at + draw.randint(1, 60)]
        elif kind == 2:
            held[at:at] = draw.choice(PIECES)
        elif kind == 3:
            del held[at:]
        else:
            held += held[:at]
    return bytes(held)


@pytest.mark.parametrize("seed", range(4))
def test_any_file_is_read_or_named(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    for n in range(60):
        folder = tmp_path / str(n)
        data = mutated(draw, draw.choice(SEEDS))
        if draw.random() < 0.3:
            data = mutated(draw, gzip.compress(data, mtime=0)) if draw.random() < 0.5 else gzip.compress(data, mtime=0)
        file = folder / draw.choice(NAMES)
        file.parent.mkdir(parents=True)
        file.write_bytes(data)
        (folder / "good.jsonl").write_bytes(json.dumps(work(77)).encode())
        (folder / "staging").mkdir()
        try:
            found = plan(folder)
            for part in found.parts:
                result = process(part, folder / "staging", frozenset(), abstracts=True, report=lambda *_: None)
                assert result.reason or result.records_n >= result.rejected_n
            for part in found.deleted_ids:
                deleted._staged(part, folder / "list.parquet")
            for part in found.merged_ids:
                merged._read(part.path)
        except ArmillaryError as error:
            assert error.what and "\n" not in error.line
            assert "=" in str(file) or file.name in ("manifest.json", "deleted_ids.csv") or found.deleted_ids or found.merged_ids
        else:
            names = {p.name for p in (*found.parts, *found.deleted_ids, *found.merged_ids)} | {name for name, _ in found.left_out}
            mine = file.relative_to(folder).as_posix()
            assert "good.jsonl" in names
            assert any(mine.endswith(name) for name in names) or any(mine in note for note in found.notes) or file.name == "manifest.json"
