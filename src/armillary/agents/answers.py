"""The shape of every answer: rows and facts, where they come from, what a reader must know, and how much was left out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from armillary.errors import printable

LARGEST = 60_000
"""Bytes of JSON in one answer; rows beyond are left out and counted."""
LONGEST = 4_000
"""Characters of one text in an answer."""

Answer = dict[str, Any]


def answer(
    facts: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]] | None = None,
    *,
    sources: Iterable[str | None],
    warnings: Iterable[str | None] = (),
    total: int | None = None,
    offset: int = 0,
) -> Answer:
    """An answer of at most :data:`LARGEST` bytes.

    ``rows`` are those from ``offset`` on; ``total`` is how many there are in all (default: these). What is left out is counted in
    ``left_out``, and ``next_offset`` says where to go on.
    """
    out: Answer = {
        **{k: to_json_values(v) for k, v in facts.items()},
        "sources": [to_json_values(s) for s in dict.fromkeys(s for s in sources if s)],
        "warnings": [to_json_values(w) for w in dict.fromkeys(w for w in warnings if w)],
    }
    if rows is None:
        return out
    room = LARGEST - len(json.dumps(out, ensure_ascii=False).encode())
    kept: list[Any] = []
    for row in rows:
        given = to_json_values(row)
        room -= len(json.dumps(given, ensure_ascii=False).encode()) + 2
        if room < 0:
            break
        kept.append(given)
    whole = (offset + len(rows)) if total is None else total
    left = max(0, whole - offset - len(kept))
    out["rows"] = kept
    out["total"] = whole
    out["left_out"] = left
    out["next_offset"] = offset + len(kept) if left and kept else None
    return out


def to_json_values(value: Any) -> Any:
    """A value for JSON: unknown is null (never NaN), texts are cut at :data:`LONGEST` and hold nothing that steers a terminal."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {printable(str(k)): to_json_values(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json_values(v) for v in value]
    text = printable(str(value))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
