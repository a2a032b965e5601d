"""JSON records, one a line or in any other shape people save them in, into what a part gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from armillary.sources.openalex.bylines import NOBODY
from armillary.sources.openalex.documents import results
from armillary.sources.openalex.entities import LETTERS
from armillary.sources.openalex.gather import Gathered
from armillary.sources.openalex.lines import LONGEST, records
from armillary.sources.openalex.records import Entity, Work, decode
from armillary.sources.openalex.works import WorkSegment


def read_into(into: Gathered) -> None:
    """Read the part into its segments or rows."""
    if into.part.entity == "works":
        _works(into)
    else:
        into.entities(_records(into, Entity))


def _records(into: Gathered, shape: type) -> Iterator[tuple[int, Any]]:
    """Yield ``(id, record)`` of all good lines; note the others."""
    found = records(into.part.path)
    into.is_list = found.shape == "pages" or (into.part.shape == "list" and found.shape != "one")
    lines, r, start = found.lines, into.result, 0
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(shape)
    for first, block in found.blocks:
        n_before = r.records_n
        yield from _block(into, decoder, shape, first, block)
        into.report(lines.position - start, r.records_n - n_before)
        start = lines.position


def _block(
    into: Gathered, decoder: msgspec.json.Decoder[Any], shape: type, first: int, block: Sequence[bytes | None]
) -> Iterator[tuple[int, Any]]:
    usual, r = "https://openalex.org/" + LETTERS[into.part.entity][0], into.result
    nobody = NOBODY.get(into.part.entity, frozenset())
    for place, line in enumerate(block):
        if not line:
            if line is None:
                r.records_n += 1
                into.reject(first + place, "line-too-long", f"more than {LONGEST:,} bytes")
            continue
        try:
            record = decode(decoder, shape, line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            if not line.isspace():
                r.records_n += 1
                into.reject(first + place, *_reason(error, line))
            continue
        link = record.id
        if link is None and (page := results(line)) is not None:
            yield from _page(into, decoder, shape, first + place, page)
            continue
        r.records_n += 1
        is_usual = link is not None and link.startswith(usual) and link[22:].isdecimal() and link.isascii() and len(link) < 41
        number: int | None = int(link[22:]) if is_usual else into.accepted(first + place, link)
        if number in nobody:
            into.reject(first + place, "placeholder", f"{link} stands for no record of its own")
        elif number is not None:
            yield number, record


def _page(into: Gathered, decoder: msgspec.json.Decoder[Any], shape: type, line: int, page: list[bytes]) -> Iterator[tuple[int, Any]]:
    """Records of a page of the API that stands on a line among records."""
    before, into.is_list = into.is_list, True
    for text in page:
        yield from _block(into, decoder, shape, line, [text])
    into.is_list = before


def _works(into: Gathered) -> None:
    segment = WorkSegment(into.mentions, into.quirks, abstracts=into.abstracts)
    for number, work in _records(into, Work):
        segment.add(number, work, is_list=into.is_list)
        if segment.is_full:
            into.write_segment(segment)
    into.write_segment(segment)


def _reason(error: Exception, line: bytes) -> tuple[str, str]:
    """Reason code and detail of a line that is no record."""
    text = " ".join(str(error).split())[:200]
    try:
        line.decode()
    except UnicodeDecodeError as bad:
        return "not-utf8", f"byte {bad.start + 1}: {bad.reason}"
    if line.lstrip()[:1] != b"{":
        return "not-an-object", "the line is not a JSON object"
    return ("wrong-type" if isinstance(error, msgspec.ValidationError) else "bad-json"), text
