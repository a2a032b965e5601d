"""JSON that is not one record a line: indented records, pages of the API, arrays of either, one after the other in a file.

Arrays at the top are taken apart as they come, so the memory is that of the largest record or page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Raw

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["{}\[\]]', re.DOTALL)
_BETWEEN = b" \t\r\n,"


class Unfinished(ValueError):
    """The text ends within a record or page."""


class SavedAnswer(msgspec.Struct):
    """What tells the answer of a list from a record."""

    results: list[Raw] | msgspec.UnsetType | None = msgspec.UNSET
    id: Raw | msgspec.UnsetType = msgspec.UNSET
    error: Raw | msgspec.UnsetType = msgspec.UNSET


_ANSWER = msgspec.json.Decoder(SavedAnswer)


def results(document: bytes) -> list[bytes] | None:
    """The records of a page of the API; None if the document is no page."""
    try:
        answer = _ANSWER.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if answer.id is not msgspec.UNSET or not isinstance(answer.results, list):
        return None
    found: list[bytes] = []
    for raw in answer.results:
        text = bytes(raw)
        found += parts([text]) if text.startswith(b"[") else [text]
    return found


def parts(blocks: Iterable[bytes], largest: int = 2**28) -> Iterator[bytes]:
    """The JSON objects of a text that are in no other object; what stands between them is given as it is, and is no object.

    :class:`Unfinished` if the text ends within one, :class:`OverflowError` if one is longer than ``largest`` bytes.
    """
    held = bytearray()  # grows without being copied
    depth = outer = 0  # open brackets; those of arrays around all objects
    start = at = 0
    source = iter(blocks)
    while True:
        match = _TOKEN.search(held, at)
        token = b"" if match is None else bytes(match[0])
        where, end = (len(held), len(held)) if match is None else match.span()
        del match  # it holds on to ``held``
        if token in (b"", b'"'):  # nothing more here, or a text whose end has not come
            at = where
            keep = start if depth > outer or held[start:at].strip(_BETWEEN) else at
            del held[:keep]
            at, start = at - keep, 0
            if len(held) > largest:
                raise OverflowError
            if (more := next(source, None)) is not None:
                held += more
                continue
            if depth > outer:
                raise Unfinished
            if rest := held.strip(_BETWEEN):
                yield bytes(rest)
            if depth:
                raise Unfinished
            return
        at = end
        if depth > outer:
            depth += 1 if token in (b"{", b"[") else -1 if token in (b"}", b"]") else 0
            if depth == outer:
                yield bytes(held[start:at])
                start = at
        elif token in (b"{", b"[", b"]"):
            if stray := held[start:where].strip(_BETWEEN):
                yield bytes(stray)
            start = where if token == b"{" else at
            if token == b"{":
                depth += 1
            else:
                depth = outer = max(0, outer + (1 if token == b"[" else -1))
