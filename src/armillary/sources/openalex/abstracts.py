"""Abstracts as plain text, from the word positions that OpenAlex gives or from text as warehouses keep it."""

from __future__ import annotations

import msgspec

_LONGEST = 200_000
"""Word positions beyond this are garbage; real abstracts end before 50,000."""


def plain_text(text: bytes, index: bytes) -> str | None:
    """The abstract from the JSON of ``abstract`` or else of ``abstract_inverted_index``; None if there is none.

    The index maps each word to its places, ``{"We": [0], "show": [1]}``; records of 2021-22 wrap it into ``{"IndexLength": n,
    "InvertedIndex": {...}}``. :class:`msgspec.MsgspecError` if it is something else.
    """
    if text and text != b"null":
        plain = msgspec.json.decode(text, type=str).strip()
        if plain:
            return plain
    if not index or index == b"null":
        return None
    if b'"InvertedIndex"' in index:
        wrapped = msgspec.json.decode(index, type=dict[str, msgspec.Raw])
        index = bytes(wrapped.get("InvertedIndex", b"{}")) if "IndexLength" in wrapped else index
    words = msgspec.json.decode(index, type=dict[str, list[int]])
    placed = {place: word for word, places in words.items() for place in places if 0 <= place < _LONGEST}
    return " ".join(placed[place] for place in sorted(placed)).strip() or None
