"""Sizes that people write (``4GB``, ``512 MiB``) as bytes, and how much memory and disk there is."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from armillary.errors import ArmillaryError, MemoryLimitError, StoreError, UsageError

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*", re.IGNORECASE)
_PARQUET = re.compile(r"['\"]?(/[^'\"\n]*?\.parquet)")
_POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def bytes_of(size: str | int) -> int:
    """``"4GB"`` (10^9), ``"4GiB"`` (2^30) or a number of bytes as bytes; :class:`~armillary.errors.UsageError` for anything else."""
    if isinstance(size, int):
        return size
    match = _SIZE.fullmatch(size)
    n = int(float(match[1]) * (1024 if match[3] else 1000) ** _POWER[match[2].lower()]) if match else 0
    if n < 1:
        raise UsageError(f"'{size}' is not a size", fix="write it like 4GB or 512MiB")
    return n


def readable(n: int) -> str:
    """Bytes for people: ``1.9 GB``, with three digits at most."""
    value, unit = float(n), "bytes"
    for bigger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, bigger
    return f"{value:,.0f} {unit}" if unit == "bytes" or value >= 99.95 else f"{value:.1f} {unit}"


def free_disk(path: Path) -> int:
    """Bytes that this user can still write on the file system of ``path`` or of the first folder above it that exists."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def engine_fault(error: BaseException) -> ArmillaryError | None:
    """What DuckDB says, as an error of ours: memory or disk that do not suffice, a file that is damaged or gone, or a fault of ours.

    None for anything else, and for an interruption, which somebody asked for.
    """
    duckdb = sys.modules.get("duckdb")
    if duckdb is None or not isinstance(error, duckdb.Error) or isinstance(error, duckdb.InterruptException):
        return None
    text = str(error)
    if "No space left" in text or "max_temp_directory_size" in text:
        what = "the disk is full: a computation did not fit into memory and went on there"
        return StoreError(what, fix="free some space, or raise --memory")
    if isinstance(error, duckdb.IOException) and ("Read-only file system" in text or "Permission denied" in text):
        what = "this does not fit into memory, and the observatory's folder temp/, where it would go on, cannot be written"
        return StoreError(what, fix="raise --memory, or make the folder writable")
    if isinstance(error, duckdb.OutOfMemoryException):
        what = f"this does not fit into the memory allowed ({' '.join(text.split(': ', 1)[-1].splitlines()[0].split())})"
        return MemoryLimitError(what, fix="raise --memory, or lower --threads")
    first = " ".join(text.splitlines()[0].split())[:300] if text.strip() else type(error).__name__
    if found := _PARQUET.search(text):
        return StoreError(f"the engine cannot read the file: {first}", where=found[1], fix="mend the observatory with: armillary repair")
    if any(word in text for word in ("Parquet", "parquet", "Snappy", "ZSTD", "Thrift")) or isinstance(error, duckdb.IOException):
        return StoreError(f"the engine cannot read a file: {first}", fix="find it with: armillary check --bytes")
    fix = "try armillary check --bytes; if that finds nothing, the fault is ours: please report it"
    return StoreError(f"the engine could not compute this: {first}", fix=fix)


@contextmanager
def engine_faults() -> Iterator[None]:
    """What the engine raises inside the block as an error of ours."""
    try:
        yield
    except Exception as error:
        if (fault := engine_fault(error)) is None:
            raise
        raise fault from error
