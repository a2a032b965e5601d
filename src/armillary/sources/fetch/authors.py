"""Lists of the API serve the first 100 authors of a work and do not say so: such works are marked, and completed from single records.

A work with exactly 100 authors from a list gets ``is_authors_truncated: true``, the field with which the API itself said so until 2025 and
which the ingest reads. Completed ones are the single record, which is whole and free.
"""

from __future__ import annotations

import gzip
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from armillary.errors import FetchError, NotThere
from armillary.sources.fetch import parts
from armillary.sources.fetch.allowance import facts
from armillary.sources.fetch.asking import Api
from armillary.sources.fetch.identity import id_of
from armillary.sources.fetch.parts import State
from armillary.sources.fetch.query import Selection

_CUT = b',"is_authors_truncated":true}'
_WHOLE = b',"is_authors_truncated":false}'
_A_BATCH = 50


class _Authors(msgspec.Struct):
    authorships: list[msgspec.Raw] | None = None
    is_authors_truncated: bool | None = None


_DECODER = msgspec.json.Decoder(_Authors)


@dataclass
class Completion:
    """Works completed in this run, and those whose single record is not there any more."""

    completed: int = 0
    not_completed: int = 0


def marked(records: list[bytes]) -> tuple[list[bytes], int]:
    """The records, those cut at 100 authors marked, and how many were cut."""
    made = [_with(r, _CUT) if _is_cut(r) else r for r in records]
    return made, sum(a is not b for a, b in zip(made, records, strict=True))


def _is_cut(record: bytes) -> bool:
    try:
        work = _DECODER.decode(record)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return work.is_authors_truncated is None and len(work.authorships or ()) == facts()["authors"]


def _with(record: bytes, ending: bytes) -> bytes:
    return record.rstrip()[:-1].rstrip() + ending


def complete(api: Api, query: Selection, folder: Path, state: State) -> Completion:
    """Replace the marked works of each part file by their single records; finished part files are not looked at again.

    Single records are kept beside the part until it is done, so an interrupted run asks for none twice.
    """
    done = Completion()
    for part in state.parts:
        if part.get("complete"):
            continue
        path = folder / part["file"]
        waiting = [id_of(line).decode() for line in parts.lines_of(path) if line.endswith(_CUT)]
        if waiting:
            _complete_part(api, query, path, waiting, part, state, done)
        part["complete"] = True
        parts.save(folder, state)
    return done


def _complete_part(
    api: Api, query: Selection, path: Path, waiting: list[str], part: dict[str, Any], state: State, done: Completion
) -> None:
    beside = path.with_name(f"{path.name}.singles")
    singles = _kept(beside)
    batch: list[bytes] = []
    try:
        for identifier in waiting:
            if identifier.encode() not in singles:
                record = _single(api, query, identifier)
                singles[identifier.encode()] = record
                batch.append(msgspec.json.encode([identifier, msgspec.Raw(record or b"null")]))
                if len(batch) == _A_BATCH:
                    _keep(beside, batch)
    finally:
        _keep(beside, batch)
    making, completed = path.with_name(f"{path.name}.completing"), 0
    with making.open("wb") as file:
        held: list[bytes] = []
        for line in parts.lines_of(path):
            whole = singles.get(id_of(line)) if line.endswith(_CUT) else None
            completed += whole is not None
            done.not_completed += whole is None and line.endswith(_CUT)
            held.append(whole or line)
            if len(held) == 100:
                file.write(parts.packed(held))
                held = []
        if held:
            file.write(parts.packed(held))
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    # noted before the file is replaced: whichever of the two is there after a crash, the next run knows it
    part["completing"] = {"bytes": size, "completed": completed}
    parts.save(path.parent, state)
    making.replace(path)
    parts.completed(state, part)
    done.completed += completed
    beside.unlink(missing_ok=True)


def _single(api: Api, query: Selection, identifier: str) -> bytes | None:
    """The whole record, marked as whole; None if it is not there any more, or became another work."""
    try:
        record = api.single(query, identifier)
    except NotThere:
        return None
    if id_of(record).decode() != identifier:
        return None
    try:
        work = _DECODER.decode(record)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise FetchError("the single record cannot be understood", where=f"{query.address}/{identifier}", fix="try again later") from error
    if b"\n" in record:
        record = msgspec.json.format(record, indent=-1)
    return _with(record, _WHOLE) if work.is_authors_truncated is None and len(work.authorships or ()) == facts()["authors"] else record


def _keep(path: Path, batch: list[bytes]) -> None:
    if batch:
        with path.open("ab") as file:
            file.write(gzip.compress(b"\n".join(batch) + b"\n", mtime=0))
        batch.clear()


def _kept(path: Path) -> dict[bytes, bytes | None]:
    """Single records of an interrupted run; what it wrote half is left out."""
    found: dict[bytes, bytes | None] = {}
    try:
        with gzip.open(path) as file:
            for line in file:
                identifier, record = msgspec.json.decode(line, type=tuple[str, msgspec.Raw])
                found[identifier.encode()] = None if bytes(record) == b"null" else bytes(record)
    except FileNotFoundError:
        return {}
    except (OSError, EOFError, ValueError):
        path.unlink()
        if found:
            _keep(path, [msgspec.json.encode([k.decode(), msgspec.Raw(v or b"null")]) for k, v in found.items()])
    return found
