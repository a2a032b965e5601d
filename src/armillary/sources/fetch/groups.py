"""Groups of the API (``group_by``) as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from armillary.core.tabular import csv_text
from armillary.errors import StoreError
from armillary.sources.fetch import files, parts
from armillary.sources.fetch.query import Selection


class _Group(msgspec.Struct):
    key: str | int | float | bool | None = None
    key_display_name: str | int | float | bool | None = None
    count: int = 0


_DECODER = msgspec.json.Decoder(_Group)


@dataclass(frozen=True)
class FetchGroup:
    """``key`` without the address before it (``US``, ``I123``, ``17``), None for what has no value; ``count``: works."""

    key: str | None
    name: str | None
    count: int


def read(folder: Path) -> Iterator[FetchGroup]:
    """The groups in a folder that was fetched, in the order in which they came."""
    state = parts.read_state(folder)
    if state is None:
        raise StoreError("the state of the fetch is damaged", where=folder / parts.STATE, fix="fetch it anew with --fresh")
    for line in parts.here(folder, state):
        try:
            group = _DECODER.decode(line)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise StoreError(f"a group cannot be understood ({error})", where=folder, fix="fetch it anew with --fresh") from error
        yield FetchGroup(_key(group.key), None if group.key_display_name is None else _text(group.key_display_name), group.count)


def write(folder: Path, query: Selection, out: Path) -> Path:
    """``OUT/<entity>_by_<attribute>.csv``: largest group first; returns its path."""
    rows = sorted(read(folder), key=lambda g: (-g.count, g.key is None, g.key or ""))
    columns: dict[str, Any] = {
        "key": pa.array([g.key for g in rows], pa.string()),
        "name": pa.array([g.name for g in rows], pa.string()),
        "count": pa.array([g.count for g in rows], pa.int64()),
    }
    path = out / f"{query.entity}_by_{(query.group_by or '').replace(':', '_')}.csv"
    files.write_whole(path, csv_text(pa.table(columns)).encode())
    return path


def _key(value: str | int | float | bool | None) -> str | None:
    text = _text(value).rstrip("/").rsplit("/", 1)[-1] if value is not None else ""
    return None if text.lower() in ("", "unknown", "null", "none", "-111") else text


def _text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
