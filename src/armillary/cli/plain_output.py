"""Standard output that steers no terminal: names and titles come from strangers."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from armillary.errors import printable

_BOLD = re.compile("(\x1b\\[[01]m)")
"""What our own headings use; a name in bold type harms nobody."""


class Plain:
    """A text stream behind which control characters and changes of direction become U+FFFD; everything else is the stream's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> Any:
        """Write what may be shown."""
        if isinstance(text, str) and not (text.isascii() and text.isprintable()):
            parts = _BOLD.split(text.replace("\r\n", "\n"))
            text = "".join(p if i % 2 else printable(p) for i, p in enumerate(parts))
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def plain_output() -> Iterator[None]:
    """``sys.stdout`` as :class:`Plain` inside the block."""
    before = sys.stdout
    if isinstance(before, Plain):
        yield
        return
    sys.stdout = Plain(before)
    try:
        yield
    finally:
        sys.stdout = before
