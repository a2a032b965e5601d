"""Every call by which a command changes the disk, counted; any one of them can fail, be interrupted, or be the last before the power goes.

The layer lies over the functions of ``os`` and over files opened for writing, in this process, and sees only paths below given folders.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

ONE_PATH = ("mkdir", "unlink", "remove", "rmdir", "truncate", "open")
TWO_PATHS = ("replace", "rename", "link", "symlink")
HANDLES = ("fsync", "ftruncate", "pwrite", "write", "fdatasync")
KINDS = ("full", "broken", "interrupted", "dead")


class Dead(BaseException):
    """Raised out of the command where a copy of the disk was taken; stands for a process that is no more."""


@dataclass
class Layer:
    """Counts calls below ``folders``; at call ``stop`` (from 1), before or after it, does what ``kind`` says."""

    folders: tuple[Path, ...]
    stop: int = 0
    kind: str = "full"
    after: bool = False
    keep: Callable[[], None] = lambda: None
    calls: list[str] = field(default_factory=list)
    done: bool = False

    def meets(self, *paths: Any) -> bool:
        for path in paths:
            if isinstance(path, int):
                try:
                    path = Path(f"/proc/self/fd/{path}").readlink()
                except OSError:
                    continue
            try:
                text = str(Path(os.fsdecode(path)).absolute())
            except TypeError:
                continue
            if any(text == str(f) or text.startswith(f"{f}/") for f in self.folders):
                return True
        return False

    def run(self, name: str, what: str, call: Callable[[], Any]) -> Any:
        self.calls.append(f"{name} {what}")
        here = len(self.calls) == self.stop and not self.done
        if here and not self.after:
            self.fault(name, what)
        result = call()
        if here and self.after:
            if name == "open" and hasattr(result, "close"):
                result.close()
            self.fault(name, what)
        return result

    def fault(self, name: str, what: str) -> None:
        self.done = True
        if self.kind == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), what)
        if self.kind == "broken":
            raise OSError(errno.EIO, os.strerror(errno.EIO), what)
        if self.kind == "dead":
            self.keep()
            raise Dead(name)
        raise KeyboardInterrupt


class Written:
    """A file open for writing whose ``write``, ``flush`` and ``close`` are calls."""

    def __init__(self, file: Any, layer: Layer, name: str) -> None:
        self._file, self._layer, self._name = file, layer, name

    def write(self, data: Any) -> Any:
        return self._layer.run("write", self._name, lambda: self._file.write(data))

    def flush(self) -> Any:
        return self._layer.run("flush", self._name, self._file.flush)

    def close(self) -> Any:
        if self._file.closed:
            return None
        try:
            return self._layer.run("close", self._name, self._file.close)
        finally:
            self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Written:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)


@contextmanager
def laid(layer: Layer) -> Iterator[Layer]:
    """The layer over ``os``, ``open`` and the Parquet writer for the length of the block."""
    kept: list[tuple[Any, str, Any]] = []

    def put(owner: Any, name: str, new: Any) -> None:
        kept.append((owner, name, getattr(owner, name)))
        setattr(owner, name, new)

    def wrapped(name: str, real: Any, n: int) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and not (len(args) > 1 and args[1] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
                return real(*args, **kwargs)
            if not layer.meets(*args[:n]) and kwargs.get("dir_fd") is None:
                return real(*args, **kwargs)
            return layer.run(name, _short(args[:n]), lambda: real(*args, **kwargs))

        return call

    def opener(real: Any) -> Any:
        def call(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            if not set(mode) & set("wax+") or not layer.meets(file):
                return real(file, mode, *args, **kwargs)
            name = _short((file,))
            return Written(layer.run("open", name, lambda: real(file, mode, *args, **kwargs)), layer, name)

        return call

    def method(name: str) -> Any:
        real = getattr(pq.ParquetWriter, name)

        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            if name == "close" and not self.is_open:
                return real(self, *args, **kwargs)
            return layer.run(f"parquet-{name}", "", lambda: real(self, *args, **kwargs))

        return call

    real_open = io.open
    for names, n in ((ONE_PATH, 1), (TWO_PATHS, 2), (HANDLES, 1)):
        for name in names:
            put(os, name, wrapped(name, getattr(os, name), n))
    put(io, "open", opener(real_open))
    put(builtins, "open", opener(real_open))
    put(shutil, "_USE_CP_SENDFILE", False)
    put(shutil, "_use_fd_functions", False)
    for name in ("write_table", "close"):
        put(pq.ParquetWriter, name, method(name))
    try:
        yield layer
    finally:
        for owner, name, old in reversed(kept):
            setattr(owner, name, old)


def _short(paths: Any) -> str:
    return " ".join(Path(os.fsdecode(p)).name if not isinstance(p, int) else Path(_named(p)).name for p in paths)


def _named(handle: int) -> str:
    try:
        return str(Path(f"/proc/self/fd/{handle}").readlink())
    except OSError:
        return str(handle)
