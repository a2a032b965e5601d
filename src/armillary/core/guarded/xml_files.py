"""XML as a stream of events: no document type, no entities of its own, bounded depth."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from armillary.core.guarded.faults import faults
from armillary.core.guarded.limits import beyond, limits
from armillary.core.guarded.packed import open_binary
from armillary.errors import ArmillaryError, InputError

_PIECE = 2**20
"""Bytes given to the parser at once."""


def xml_events(
    path: str | Path, events: Sequence[str] = ("start", "end"), *, error: type[ArmillaryError] = InputError
) -> Iterator[tuple[str, ET.Element]]:
    """``ET.iterparse`` over a file that may be packed."""
    most, depth = limits().depth, 0
    with faults(path, kind="XML file", error=error), open_binary(path, error=error) as stream:
        watched = _Watched(stream, path, error)
        for event, node in ET.iterparse(watched, events=tuple({*events, "start", "end"})):  # type: ignore[arg-type]  # noqa: S314  (_Watched refuses entities)
            if event == "start":
                depth += 1
                watched.prologue = False
                if depth > most:
                    beyond("depth", "elements are nested too deeply", path, error)
            elif event == "end":
                depth -= 1
            if event in events:
                yield event, node


class _Watched(io.RawIOBase):
    """Refuses a document type declaration, the only place where entities can be made, and a tag that does not end.

    The parser looks at an unfinished tag again with each piece that it gets, so the pieces are large, whatever it asks for.
    """

    def __init__(self, stream: IO[bytes], where: str | Path, error: type[ArmillaryError]) -> None:
        self._stream, self._where, self._error = stream, where, error
        self._before, self._open = b"", 0
        self.prologue = True
        """Whether the first element is still to come."""

    def read(self, size: int = -1) -> bytes:
        """The next piece."""
        data = self._stream.read(_PIECE)
        if not self._before:
            start = data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")
            if data and not start.startswith(b"<"):
                raise self._error("this is no XML: it does not begin with '<'", where=self._where, fix="check the file")
        if self.prologue:
            plain = (self._before + data).replace(b"\0", b"")
            if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
                raise self._error("it declares a document type, which data have no need of", where=self._where, fix="remove <!DOCTYPE ...>")
            self._before = data[-32:]
        end = data.rfind(b">")
        self._open = self._open + len(data) if end < 0 else len(data) - end
        if self._open > limits().value:
            beyond("value", f"a tag or text has more than {self._open:,} bytes", self._where, self._error)
        return data
