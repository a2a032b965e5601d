"""What libraries raise over a file that is not what it says, as one line."""

from __future__ import annotations

import csv
import json
import lzma
import os
import struct
import sys
import tomllib
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import DecimalException
from pathlib import Path
from typing import NoReturn

import pyarrow as pa

from armillary.core.guarded.limits import beyond, limits
from armillary.errors import ArmillaryError, InputError

_KNOWN = (
    OSError,
    EOFError,
    UnicodeError,
    ValueError,  # also JSON and TOML errors, numbers of too many digits, ArrowInvalid
    OverflowError,
    RecursionError,
    MemoryError,
    LookupError,  # also an encoding that nobody knows
    TypeError,
    AttributeError,
    NotImplementedError,
    AssertionError,
    DecimalException,
    csv.Error,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    ET.ParseError,
    pa.ArrowException,
)


@contextmanager
def faults(where: str | Path, *, kind: str = "file", error: type[ArmillaryError] = InputError) -> Iterator[None]:
    """Turn whatever a library raises while it reads ``where`` into one line. Only reading belongs into the block, none of our own work."""
    try:
        yield
    except ArmillaryError:
        raise
    except _KNOWN as fault:
        tell(fault, where, kind, error)


def tell(fault: BaseException, where: str | Path, kind: str = "file", error: type[ArmillaryError] = InputError) -> NoReturn:
    """Raise the line for ``fault``."""
    if isinstance(fault, RecursionError):
        beyond("depth", "it is nested too deeply", where, error)
    if isinstance(fault, ValueError) and "integer string conversion" in str(fault):
        if limits().digits <= sys.get_int_max_str_digits():
            beyond("digits", "a number has too many digits", where, error)
        most = sys.get_int_max_str_digits()
        raise error(f"a number has more than {most:,} digits", where=where, fix="that many are never read") from fault
    if isinstance(fault, MemoryError):
        raise error(f"the {kind} asks for more memory than there is", where=where, fix="check where the file comes from") from fault
    raise error(f"not a readable {kind}: {said(fault)}", where=where, fix="mend the file, or fetch it again") from fault


def said(fault: BaseException) -> str:
    """A library's complaint without lines, at a readable length."""
    if isinstance(fault, UnicodeDecodeError):
        return f"byte {fault.start:,} is not {fault.encoding.upper()}"
    if isinstance(fault, json.JSONDecodeError):
        return f"line {fault.lineno}, column {fault.colno}: {fault.msg}"
    if isinstance(fault, OSError) and fault.errno and not isinstance(fault, pa.ArrowException):
        return os.strerror(fault.errno)
    if isinstance(fault, tomllib.TOMLDecodeError | ValueError | OSError | zipfile.BadZipFile | csv.Error) and str(fault):
        return " ".join(str(fault).split())[:300]
    return f"{type(fault).__name__} {' '.join(str(fault).split())[:200]}".strip()
