"""A part at an address that is read once, from begin to end: its hash, which names its segments, is known only then.

So the segments are written under a name of their own and get their labels at the end; they are the same bytes as those of a local file.
What an address in one version (length and ETag) hashed to is noted in the observatory (``remote/``): it is not read again to find out that
it is there already.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from armillary.sources.fetch.opening import RemoteFile
from armillary.sources.openalex.gather import Result

NOTES = "remote"


def known_hash(file: RemoteFile, staging: Path) -> str | None:
    """The SHA-256 of this version of the file, if an earlier run has read it."""
    note = _note(file, staging)
    if note is None or not note.is_file():
        return None
    text = note.read_text(encoding="ascii", errors="replace").strip()
    return text if len(text) == 64 else None


def unnamed(file: RemoteFile) -> str:
    """What stands for the hash while the file is read; differs from file to file, because several are read at a time."""
    return hashlib.sha256(f"unread {file}".encode()).hexdigest()


def name(result: Result, file: RemoteFile, folder: Path, staging: Path) -> None:
    """Give the segments in ``folder`` the name of the hash that is known now, and note it."""
    if file.sha256 is None:  # the reader stopped at the end of the records, before that of the file
        with file.open() as rest:
            while rest.read(2**20):
                pass
    assert file.sha256 is not None
    before, result.sha256 = result.sha256, file.sha256
    for path in folder.glob(f"*/{before[:12]}-*.parquet"):
        path.rename(path.with_name(path.name.replace(before[:12], file.sha256[:12], 1)))
    note = _note(file, staging)
    if note is not None:
        note.parent.mkdir(parents=True, exist_ok=True)
        making = note.with_suffix(f".{os.getpid()}")
        making.write_text(file.sha256 + "\n", encoding="ascii")
        making.replace(note)


def _note(file: RemoteFile, staging: Path) -> Path | None:
    """Beside ``staging/<options>``; None for a server that names no versions."""
    file.look()
    if file.tag is None:
        return None
    key = hashlib.sha256(f"{file}\n{file.stat().st_size}\n{file.tag}".encode()).hexdigest()
    return staging.parent.parent / NOTES / f"{key[:32]}.sha256"
