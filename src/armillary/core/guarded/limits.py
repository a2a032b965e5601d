"""What a file may ask of us, with names: each is met with a message that says how to raise it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from armillary.errors import ArmillaryError, InputError, UnknownNameError, UsageError

VARIABLE = "ARMILLARY_LIMITS"
"""Where limits are kept so that worker processes see them too: ``depth=200,digits=1000``."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for files from outside."""

    document: int = 2**31
    """Bytes of a file (unpacked) that is read whole, such as a JSON document."""
    spec: int = 2**22
    """Bytes of a specification (TOML)."""
    value: int = 2**24
    """Bytes of one value or one line."""
    depth: int = 100
    """Nesting of a document."""
    digits: int = 400
    """Digits of a number, its exponent written out."""
    members: int = 10_000
    """Files in an archive, columns of a table."""
    ratio: int = 250
    """How many times larger unpacked than packed, beyond the first 64 MiB."""
    unpacked: int = 2**40
    """Bytes that a packed file may give."""
    cells: int = 50_000_000
    """Cells of a workbook's sheet."""


_given: ContextVar[Limits | None] = ContextVar("limits", default=None)


def limits() -> Limits:
    """The limits that hold here."""
    return _given.get() or parse_limits(os.environ.get(VARIABLE, ""))


@contextmanager
def raised(**changes: int) -> Iterator[None]:
    """Other limits inside the block (this thread only)."""
    token = _given.set(replace(limits(), **changes))
    try:
        yield
    finally:
        _given.reset(token)


def allowed(text: str) -> None:
    """Change the limits of this process and of those it starts: ``depth=200`` or ``depth=200,digits=1000``."""
    held = asdict(parse_limits(os.environ.get(VARIABLE, ""))) | asdict_of(text)
    os.environ[VARIABLE] = ",".join(f"{k}={v}" for k, v in held.items())


@lru_cache(maxsize=16)
def parse_limits(text: str) -> Limits:
    """Limits written as ``name=number,name=number``; those not named keep their defaults."""
    return Limits(**asdict_of(text))


def asdict_of(text: str) -> dict[str, int]:
    """The limits that a text names."""
    found: dict[str, int] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, number = part.partition("=")
        if name not in (known := [f.name for f in fields(Limits)]):
            raise UnknownNameError("limit", name, known)
        if not (number.isascii() and number.isdecimal() and 0 < len(number) < 19) or int(number) < 1:
            raise UsageError(f"'{part}' is no limit", fix=f"write it like {name}={getattr(Limits(), name)}")
        found[name] = int(number)
    return found


def beyond(name: str, what: str, where: str | Path | None, error: type[ArmillaryError] = InputError) -> NoReturn:
    """Raise what is said when a limit is met: ``what`` it is that is too much, the limit, and how to raise it."""
    n = getattr(limits(), name)
    raise error(f"{what} (limit '{name}': {n:,})", where=where, fix=f"if it is meant, raise it with: armillary --limit {name}=NUMBER ...")
