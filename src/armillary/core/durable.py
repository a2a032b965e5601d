"""Files that are there whole or not at all: written beside, put on disk, renamed.

The rename is the moment after which there is no way back: readers see the new file from then on. What fails after it (putting the folder's
entry on disk) is told as a warning and undoes nothing. Everything that replaces a file goes through here.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger(__name__)


def sync(path: Path) -> None:
    """Have the operating system put a file or folder on disk before we build on it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(part: Path, target: Path) -> None:
    """Put the finished file (or folder) ``part`` on disk and in the place of ``target``. If this raises, ``target`` is what it was.

    An interruption (``KeyboardInterrupt``) can come after the rename: who must know asks the disk.
    """
    if part.is_file():
        sync(part)
    part.replace(target)
    settle(target.parent)


def settle(folder: Path) -> None:
    """Put the names in a folder on disk after a rename; a failure is a warning, because the rename has happened and counts."""
    try:
        sync(folder)
    except OSError as error:
        log.warning(
            "%s: written, but the disk did not confirm it (%s): after a power cut the older one may be there", folder, error.strerror
        )


@contextmanager
def whole(path: Path, *, suffix: str = ".part") -> Iterator[Path]:
    """A path to write to; at the end of the block its file takes the place of ``path``, or, after any exception, is gone.

    A link is followed; a device or a pipe (``/dev/stdout``) is no file that could be replaced and is written to as it is.
    """
    if path.is_symlink():
        path = path.resolve()
    if _is_no_file(path):
        yield path
        return
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}{suffix}")
    try:
        yield part
        replace(part, path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write(path: Path, content: str | bytes) -> None:
    """Text (as UTF-8) or bytes as a file that is there whole or not at all; folders above it are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def remove_folder(folder: Path, mark: str) -> None:
    """Delete a folder that carries our ``mark`` (a file in it) and nothing else; the mark goes last, so that it can be tried again."""
    if not (folder / mark).is_file() or folder.is_symlink():
        raise ValueError(f"{folder} does not carry {mark}")
    for path in folder.iterdir():
        if path.name == mark:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (folder / mark).unlink()
    folder.rmdir()


def _is_no_file(path: Path) -> bool:
    try:
        kind = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))
