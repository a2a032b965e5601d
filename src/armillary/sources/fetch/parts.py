"""What pages bring, on the disk: ``part_NNNN.gz`` with one record a line, the state of the fetch, and the manifest at its end.

After each page its bytes are on the disk (one gzip member a page) before the state file names the next place, so a run that ended anywhere
goes on with the next page and no record is lost or kept twice.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from armillary.errors import StoreError, UsageError
from armillary.sources.fetch import files
from armillary.sources.fetch.query import Selection, noted_before

STATE = "fetch.state"
_FRESH = "give --fresh to fetch it anew, or another --out"


@dataclass
class State:
    """What is done, in the state file. ``parts`` are finished files; ``open_bytes`` of the open one are safe.

    ``cursor`` is the place of the next page in ``piece``, None at the end of all. ``expected``: records that the API says there are in the
    pieces begun so far, of which ``expected_before`` in finished ones; ``twice`` came again and were left out. ``counted``: works behind
    groups. ``changes``: how often the number of records changed while they were read.
    """

    query: dict[str, Any]
    cursor: str | None = "*"
    expected: int = 0
    parts: list[dict[str, Any]] = field(default_factory=list)
    open_bytes: int = 0
    open_records: int = 0
    piece: int = 0
    piece_records: int = 0
    expected_before: int = 0
    twice: int = 0
    cut_authors: int = 0
    counted: int = 0
    changes: int = 0

    @property
    def records(self) -> int:
        """Records so far."""
        return self.open_records + sum(int(p["records"]) for p in self.parts)


def read_state(folder: Path) -> State | None:
    """The state in a folder; None if there is none that can be read."""
    try:
        return msgspec.convert(json.loads((folder / STATE).read_text(encoding="utf-8")), State)
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
        return None


def save(folder: Path, state: State) -> None:
    """Write the state in one step."""
    files.write_json(folder / STATE, asdict(state))


def begin(folder: Path, query: Selection, *, fresh: bool) -> State:
    """The state to go on from; cuts off what an interrupted run wrote after its last saved page."""
    path = folder / STATE
    if fresh:
        for old in (path, folder / "manifest", *folder.glob("part_*.gz"), *folder.glob("part_*.gz.*")):
            old.unlink(missing_ok=True)
    if not path.exists():
        if strange := sorted(folder.glob("*.gz")) + sorted(folder.glob("updated_date=*")):
            raise UsageError("the folder holds files that were not fetched by a query", where=strange[0], fix="choose another --out")
        for old in folder.glob("part_*.gz.part"):  # no page of it was ever saved
            old.unlink()
        return State(query.noted())
    state = read_state(folder)
    if state is None:
        raise StoreError("the state of the fetch is damaged", where=path, fix=_FRESH)
    before, now = noted_before(state.query), query.noted()
    if before != now:
        asked = ", ".join(f"{k} {v if v is not None else 'none'}" for k, v in before.items() if v != now[k])
        raise UsageError(f"the folder holds another query ({asked})", where=folder, fix=_FRESH)
    for part in state.parts:
        there = folder / part["file"]
        if not there.exists() and _partial(folder, part["file"]).exists():
            _partial(folder, part["file"]).replace(there)
        if "completing" in part and there.exists() and there.stat().st_size == part["completing"]["bytes"]:
            completed(state, part)
        if not there.exists() or there.stat().st_size != part["bytes"]:
            raise StoreError("a fetched file was changed or is gone", where=there, fix=_FRESH)
    name = _name(len(state.parts))
    final, open_part = folder / name, _partial(folder, name)
    if final.exists():  # renamed, but the state was not saved any more
        final.replace(open_part)
    if state.open_bytes:
        if not open_part.exists() or open_part.stat().st_size < state.open_bytes:
            raise StoreError("the file being fetched was changed or is gone", where=open_part, fix=_FRESH)
        os.truncate(open_part, state.open_bytes)
    else:
        open_part.unlink(missing_ok=True)
    return state


def append(folder: Path, state: State, records: Sequence[bytes]) -> None:
    """Add records to the open file; the state, which is not saved here, knows of them."""
    if not records:
        return
    if not (folder / STATE).exists():  # before the first file, so that whoever comes after a crash knows whose it is and begins it anew
        save(folder, State(state.query))
    path = _partial(folder, _name(len(state.parts)))
    with path.open("ab") as file:
        file.write(packed(records))
        file.flush()
        os.fsync(file.fileno())
        state.open_bytes = file.tell()
    state.open_records += len(records)


def close(folder: Path, state: State) -> None:
    """Give the open file its name."""
    name = _name(len(state.parts))
    _partial(folder, name).replace(folder / name)
    state.parts.append({"file": name, "bytes": state.open_bytes, "records": state.open_records})
    state.open_bytes = state.open_records = 0


def completed(state: State, part: dict[str, Any]) -> None:
    """A part file was replaced by the one whose works are whole."""
    new = part.pop("completing")
    part["bytes"], part["complete"] = new["bytes"], True
    state.cut_authors -= new["completed"]


def packed(records: Sequence[bytes]) -> bytes:
    """Records as one gzip member, one line each; the same records give the same bytes."""
    lines = (msgspec.json.format(x, indent=-1) if b"\n" in x else x for x in records)
    return gzip.compress(b"".join(line + b"\n" for line in lines), 6, mtime=0)


def lines_of(path: Path) -> Iterator[bytes]:
    """Records of a part file."""
    try:
        with gzip.open(path) as file:
            for line in file:
                if line.strip():
                    yield line.rstrip(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        raise StoreError(f"a fetched file is damaged ({error})", where=path, fix=_FRESH) from error


def here(folder: Path, state: State) -> Iterator[bytes]:
    """All records so far, those of the open file too."""
    for part in state.parts:
        yield from lines_of(folder / part["file"])
    if state.open_bytes:
        yield from lines_of(_partial(folder, _name(len(state.parts))))


def manifest(folder: Path, query: Selection, state: State) -> None:
    """The list that the ingest checks, in the form of the snapshot's."""
    entries = [
        {"url": f"{query.entity}/{p['file']}", "meta": {"content_length": p["bytes"], "record_count": p["records"]}} for p in state.parts
    ]
    files.write_json(folder / "manifest", {"entries": entries, "meta": {"record_count": state.records, "query": state.query}})


def _name(number: int) -> str:
    return f"part_{number:04}.gz"


def _partial(folder: Path, name: str) -> Path:
    return folder / f"{name}.part"
