"""Files that are there whole or not at all: written beside, put on disk, renamed.

The rename is the moment after which there is no way back: readers see the new file from then on. What fails after it (putting the folder's
entry on disk) is told as a warning and undoes nothing. Everything that replaces a file goes through here.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import stat
import tempfile
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

    Folders above ``path`` are made.
    A link is followed; a device or a pipe (``/dev/stdout``) is no file that could be replaced and gets the content at the end.
    """
    if path.is_symlink():
        path = path.resolve()
    if _is_no_file(path):  # libraries delete what they failed to write, and this must stay
        with tempfile.TemporaryDirectory() as scratch:
            yield Path(scratch) / path.name
            with (Path(scratch) / path.name).open("rb") as made, path.open("wb") as out:
                shutil.copyfileobj(made, out)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}{suffix}")
    try:
        yield part
        replace(part, path)
    except OSError as error:
        if error.filename in (None, str(part)):
            error.filename = str(path)  # what the user named
        raise
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write(path: Path, content: str | bytes) -> None:
    """Text (as UTF-8) or bytes as a file that is there whole or not at all; folders above it are made."""
    with whole(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def whole_folder(folder: Path, mark: str) -> Iterator[Path]:
    """A folder to write into, which at the end of the block takes the place of ``folder``.

    ``mark`` is the name of a file that all our folders carry; the block writes its content. Only what carries it, or is empty, is replaced
    or removed; anything else that is in the way is a :class:`FileExistsError`. After an exception the unfinished folder is gone.
    """
    if folder.is_symlink():
        folder = folder.resolve()
    part, old = folder.with_name(folder.name + ".partial"), folder.with_name(folder.name + ".old")
    for path in (folder, part, old):
        if path.is_symlink() or (path.exists() and not is_ours(path, mark)):
            raise FileExistsError(errno.EEXIST, f"is in the way: it does not carry {mark}", str(path))
    if old.exists() and not folder.exists():  # the last one died between the two renames
        old.rename(folder)
    for path in (part, old):
        if path.exists():
            remove_folder(path, mark)
    part.mkdir(parents=True)
    try:
        (part / mark).touch()
        yield part
        for path in sorted(part.rglob("*"), reverse=True):
            sync(path)
        sync(part)
        try:
            if folder.exists():
                folder.rename(old)
            part.rename(folder)
        except BaseException:
            if old.exists() and not folder.exists():
                old.rename(folder)
            raise
    except BaseException as error:
        with suppress(OSError):
            if part.exists():
                remove_folder(part, mark)
        if isinstance(error, OSError) and str(error.filename or part).startswith(str(part)):
            error.filename = str(folder)  # what the user named
        raise
    settle(folder.parent)
    try:
        if old.exists():
            remove_folder(old, mark)
    except OSError as error:
        log.warning("%s: the older one could not be removed (%s)", old, error.strerror)


def is_ours(folder: Path, mark: str) -> bool:
    """Whether a folder carries our mark, or is empty."""
    return folder.is_dir() and ((folder / mark).is_file() or not any(folder.iterdir()))


def remove_folder(folder: Path, mark: str) -> None:
    """Delete a folder that carries our ``mark`` (a file in it) and nothing else; the mark goes last, so that it can be tried again."""
    if folder.is_symlink() or not is_ours(folder, mark):
        raise ValueError(f"{folder} does not carry {mark}")
    for path in folder.iterdir():
        if path.name == mark:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (folder / mark).unlink(missing_ok=True)
    folder.rmdir()


def _is_no_file(path: Path) -> bool:
    try:
        kind = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))
