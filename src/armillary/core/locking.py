"""One writer at a time, and storage faults as clear errors."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from armillary.errors import StoreError

_FAULTS = {
    errno.ENOSPC: ("the disk is full", "free some space and run the same command again; nothing that was built is lost"),
    errno.EDQUOT: ("the disk quota is used up", "free some space and run the same command again; nothing that was built is lost"),
    errno.EFBIG: ("a file may not grow that large here", "raise the file size limit (ulimit -f) and run the same command again"),
    errno.EROFS: ("the file system is read-only", "choose another folder with --into"),
    errno.EACCES: ("no permission", "change the permissions or choose another folder with --into"),
    errno.EPERM: ("no permission", "change the permissions or choose another folder with --into"),
    errno.ENOTDIR: ("is not a folder", "choose another folder with --into"),
    errno.EIO: ("the disk reports an input/output error", "check the disk"),
}


def system_fault(error: OSError) -> StoreError | None:
    """What the system says of a file that could not be read or written, wherever that happened; None for what is about no file."""
    if error.errno is None or isinstance(error, BrokenPipeError | ConnectionError | TimeoutError):
        return None
    what, fix = _FAULTS.get(error.errno, (os.strerror(error.errno), "check the path"))
    fix = fix.replace("choose another folder with --into", "choose another place").replace("; nothing that was built is lost", "")
    where = error.filename2 or error.filename
    return StoreError(what, where=os.fsdecode(where) if isinstance(where, str | bytes | os.PathLike) else None, fix=fix)


@contextmanager
def storage_faults(where: Path) -> Iterator[None]:
    """Turn the operating system's complaints about storage inside the block into a :class:`~armillary.errors.StoreError`."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FAULTS:
            raise
        what, fix = _FAULTS[error.errno]
        raise StoreError(what, where=error.filename or where, fix=fix) from error


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``; the system frees it when this process ends, however it ends.

    :class:`~armillary.errors.StoreError` at once if another process holds it.
    """
    import fcntl

    with storage_faults(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise StoreError(
                f"another process (number {holder}) is writing to this observatory", where=path.parent, fix="wait until it has finished"
            ) from None
        with storage_faults(path):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


class ReadMark:
    """A file that is read: as long as this object lives, :func:`is_held` says so in every process."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Give it free; the end of the object does so too."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __del__(self) -> None:
        self.release()


def held(path: Path) -> ReadMark | None:
    """Mark a file as being read; None where it is gone, or where the file system knows no locks."""
    import fcntl

    handle = -1
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        if handle >= 0:
            os.close(handle)
        return None
    return ReadMark(handle)


def is_held(path: Path) -> bool:
    """Whether any process has marked the file as being read."""
    import fcntl

    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def remove_spill(folder: Path) -> int:
    """Delete what DuckDB processes that were killed left in a folder of temporary files; returns the bytes freed.

    The files name their process (``duckdb_temp_<process>_...``). As DuckDB does itself when it spills again, processes are looked for on
    this machine only.
    """
    freed = 0
    for path in folder.glob("duckdb_temp_*"):
        number = path.name.split("_")[2]
        if number.isdecimal() and not is_alive(int(number)):
            try:
                size = path.stat().st_size
                path.unlink()
            except FileNotFoundError:
                continue  # another one tidies up too
            freed += size
    for path in folder.glob("unpacked_*"):  # archives that a killed ingest read
        number = path.name.split("_")[1]
        if number.isdecimal() and not is_alive(int(number)):
            shutil.rmtree(path, ignore_errors=True)
    return freed


def is_alive(process: int) -> bool:
    """Whether there is a process of that number on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
