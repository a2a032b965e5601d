"""A path as a file that can be read: not a folder, a device or a pipe that never ends; whole, bounded, as UTF-8."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from armillary.core.guarded.faults import faults
from armillary.core.guarded.limits import beyond, limits
from armillary.errors import ArmillaryError, InputError

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def regular(path: str | Path, *, error: type[ArmillaryError] = InputError) -> Path:
    """``path`` if it is a regular file (or a link to one)."""
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        raise error("no such file", where=path, fix="check the path") from None
    except ValueError:
        raise error("this cannot be the name of a file", where=str(path)[:200], fix="check the path") from None
    except OSError as fault:
        raise error(f"cannot be read: {os.strerror(fault.errno or 0)}", where=path, fix="check the path and its permissions") from None
    for test, kind in _KINDS:
        if test(mode):
            raise error(f"this is {kind}, not a file", where=path, fix="name a file")
    return Path(path)


def read_bytes(path: str | Path, *, limit: str = "document", error: type[ArmillaryError] = InputError) -> bytes:
    """A file whole; of at most as many bytes as the limit of that name."""
    file = regular(path, error=error)
    with faults(path, error=error):
        most = getattr(limits(), limit)
        if file.stat().st_size > most:
            beyond(limit, f"the file has {file.stat().st_size:,} bytes", path, error)
        with file.open("rb") as stream:
            data = stream.read(most + 1)
    if len(data) > most:  # it grew, or is of a kind that has no size (/proc)
        beyond(limit, "the file has more bytes than are read at once", path, error)
    return data


def parse_text(data: bytes, where: str | Path, *, error: type[ArmillaryError] = InputError) -> str:
    """Bytes as UTF-8 text, a byte order mark removed; what is none is told with its line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        what = f"line {line:,} is not UTF-8 (byte 0x{data[fault.start]:02x} at position {fault.start:,})"
        raise error(what, where=where, fix="save the file as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise error(f"line {line:,} holds a NUL character", where=where, fix="save the file as UTF-8 text")
    return text


def read_text(path: str | Path, *, limit: str = "document", error: type[ArmillaryError] = InputError) -> str:
    """A file as UTF-8 text."""
    return parse_text(read_bytes(path, limit=limit, error=error), path, error=error)
