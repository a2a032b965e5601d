"""Ids of OpenAlex records as they came: read without building the rest of the record."""

from __future__ import annotations

import msgspec


class _Id(msgspec.Struct):
    id: str | None = None


_DECODER = msgspec.json.Decoder(_Id)


def id_of(record: bytes) -> bytes:
    """``W123`` of a record; of one without an id, the record itself."""
    try:
        found = _DECODER.decode(record).id
    except (msgspec.MsgspecError, RecursionError):
        return record
    return found.rstrip("/").rsplit("/", 1)[-1].upper().encode() if found else record
