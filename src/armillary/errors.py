"""Every error that Armillary raises on purpose.

Each message is one line: what is wrong, where, and what to do. The command line prints it and exits with 2;
anything else that escapes is a bug. Callers read the structured arguments, never the text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """``text`` without what would steer a terminal or turn the order of letters: control characters but line end and tab, changes of
    direction, halves of surrogates. Each becomes U+FFFD, so that it is seen that something was there."""
    return _UNSEEN.sub("\ufffd", text)


class ArmillaryError(Exception):
    """Base of all deliberate errors.

    ``what`` is the complaint, ``where`` the file and place in it (or ``None``), ``fix`` what the user can do.
    """

    def __init__(self, what: str, *, where: str | Path | None = None, fix: str | None = None) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.fix = fix
        super().__init__(self.line)

    @property
    def line(self) -> str:
        """The whole message as one line, without control characters."""
        text = self.what if self.where is None else f"{self.where}: {self.what}"
        if self.fix:
            text = f"{text.rstrip('.')}. {self.fix[:1].upper()}{self.fix[1:]}"
        return printable(" ".join(text.split()))


class InputError(ArmillaryError):
    """A file that the user gave cannot be read as what it should be."""


class UsageError(ArmillaryError):
    """The request itself makes no sense (options that exclude each other, an empty period)."""


class MemoryLimitError(UsageError):
    """The computation does not fit into the memory that it was allowed."""


class UnknownNameError(ArmillaryError):
    """A name that is not in a registry; suggests near ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str | Path | None = None) -> None:
        self.kind = kind
        self.name = name
        self.known = sorted(set(known))
        folded = {k.casefold(): k for k in self.known}
        near = [folded[m] for m in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)]
        if near:
            fix = "did you mean " + " or ".join(f"'{n}'" for n in near) + "?"
        elif len(self.known) <= 30:
            fix = "known: " + ", ".join(self.known)
        else:
            fix = f"{len(self.known)} are known; for example {', '.join(self.known[:5])}"
        super().__init__(f"unknown {kind} '{name}'", where=where, fix=fix)


class SpecError(ArmillaryError):
    """A TOML specification (recipe, index, claims, regions) is malformed; ``where`` names file and line."""


class StoreError(ArmillaryError):
    """The observatory folder is missing, locked, full, read-only or damaged."""


class DataError(ArmillaryError):
    """The records are readable but cannot support what was asked."""


class FetchError(ArmillaryError):
    """A remote source refused, failed for good, or gave something else than it promised; ``where`` is its address, without any key."""


class NotThere(FetchError):
    """No such file at the remote source."""


class MissingExtraError(ArmillaryError):
    """An optional dependency is needed; names the extra to install."""

    def __init__(self, extra: str, needed_for: str) -> None:
        self.extra = extra
        super().__init__(f"{needed_for} needs an optional package", fix=f"install it with: pip install 'armillary[{extra}]'")
