"""Bytes to text: a byte order mark, what was declared, UTF-8, or Windows-1252 where it looks like it; never a guess between others."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]+")
_NOT_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_LETTER = rb"[\xc0-\xd6\xd8-\xf6\xf8-\xff]"
_ACCENTED = re.compile(rb"(?<=[A-Za-z])" + _LETTER + rb"{1,2}(?![\x80-\xff])|(?<![\x80-\xff])" + _LETTER + rb"{1,2}(?=[A-Za-z])")
"""One or two accented letters beside a plain one (``Gr\u00f6\u00dfe``)."""
_SAMPLE = 1 << 16


@dataclass(frozen=True, slots=True)
class Decoded:
    """``text`` and the ``encoding`` it was read by; or None and the ``reason``, with the ``line`` of the first byte that does not fit."""

    text: str | None
    encoding: str
    reason: str | None = None
    line: int = 0


def sniff_encoding(head: bytes) -> str | None:
    """Encoding of a file by its first bytes: by its mark, by the zeros of UTF-16, or ``utf-8`` or ``cp1252``; None if no text or unclear.

    ``head`` may end within a character.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        return _wide(head)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252" if _is_western(head) else None
    return "utf-8"


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """The text of a file. Reasons: ``not-text`` (binary), ``encoding-unknown``, ``encoding-damaged`` (UTF-8 with broken characters).

    A byte order mark is never part of the text, and wins over ``declared``.
    """
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    try:
        encoding = marked or (codecs.lookup(declared).name if declared else None)
    except LookupError:
        return Decoded(None, declared or "", "encoding-unknown")
    if encoding is None:
        encoding = sniff_encoding(data)
        if encoding is None:
            if b"\0" in data[:_SAMPLE]:
                return Decoded(None, "", "not-text")
            return Decoded(None, "", "encoding-damaged" if _mostly_utf8(data) else "encoding-unknown", _bad_line(data))
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        return Decoded(None, encoding, "encoding-damaged", data.count(b"\n", 0, at) + 1)
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        return Decoded(None, encoding, "not-text")
    return Decoded(text, encoding)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of ASCII text is zero."""
    sample = head[: min(_SAMPLE, len(head)) & ~1]
    even, odd, half = sample[0::2].count(0), sample[1::2].count(0), max(1, len(sample) // 2)
    name = "utf-16-le" if odd > 0.6 * half and even < 0.05 * half else "utf-16-be" if even > 0.6 * half and odd < 0.05 * half else None
    if name is None:
        return None
    text = sample.decode(name, errors="replace").rstrip("\ufffd")
    return None if any(c < " " and c not in "\t\n\r\f" for c in text) or "\ufffd" in text else name


def _is_western(data: bytes) -> bool:
    """Whether bytes above 127 stand as accents do in Western languages: mostly alone between ASCII letters, none that the code page lacks.

    Text in double-byte or Cyrillic code pages has them in runs.
    """
    if _NOT_1252.search(data) or _mostly_utf8(data) or any(b < 9 or (13 < b < 32 and b != 27) for b in set(data)):
        return False
    if not _HIGH.search(_ACCENTED.sub(b"", data)):
        return True
    runs = [len(r) for r in _HIGH.findall(data)]
    return sum(n for n in runs if n <= 2) >= 0.9 * sum(runs) and sum(n == 1 for n in runs) >= 0.7 * len(runs)


def _mostly_utf8(data: bytes) -> bool:
    good = len(_SEQUENCE.findall(data))
    rest = len(_HIGH.findall(_SEQUENCE.sub(b"", data)))
    return good > rest


def _bad_line(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 0
