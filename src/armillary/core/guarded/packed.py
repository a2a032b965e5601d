"""gzip and zip, unpacked as a stream: bounded in ratio and total, and checked to the last byte."""

from __future__ import annotations

import io
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from armillary.core.guarded.faults import faults, tell
from armillary.core.guarded.files import regular
from armillary.core.guarded.limits import beyond, limits
from armillary.errors import ArmillaryError, InputError

FREE = 2**26
"""Unpacked bytes that are nobody's concern, whatever the ratio."""
_BLOCK = 2**18
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


class Unpacked(io.RawIOBase):
    """The bytes of a packed stream; reading raises what is wrong with it, also where the checksum at its end differs."""

    def __init__(
        self, source: BinaryIO, packed: int, where: str | Path, error: type[ArmillaryError] = InputError, *, raw: bool = False
    ) -> None:
        """``packed``: bytes of the packed stream; ``raw``: leave what the library raises to the caller."""
        self._source, self._packed, self._where, self._error, self._raw = source, packed, where, error, raw
        self._given, self._limits = 0, limits()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: object) -> int:
        """As files do."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        try:
            data = self._source.read(min(len(view), _BLOCK))
        except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as fault:
            if self._raw:
                raise
            tell(fault, self._where, "packed file", self._error)
        self._given += len(data)
        if self._given > self._limits.unpacked:
            beyond("unpacked", "it unpacks to too many bytes", self._where, self._error)
        if self._given > FREE and self._given > self._limits.ratio * max(1, self._packed):
            what = f"{self._packed:,} bytes unpack to more than {self._given:,}"
            beyond("ratio", what, self._where, self._error)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the source too."""
        if not self.closed:
            self._source.close()
        super().close()


@contextmanager
def open_binary(path: str | Path, *, member: str | None = None, error: type[ArmillaryError] = InputError) -> Iterator[IO[bytes]]:
    """The bytes of a file: plain, of a gzip file, or of a ``member`` of a zip (without a name: the only one).

    What a file is is told by its first bytes, not by its name.
    """
    file = regular(path, error=error)
    with faults(path, error=error):
        stream: BinaryIO = file.open("rb")
    with stream:
        with faults(path, error=error):
            head, size = stream.read(4), file.stat().st_size
            stream.seek(0)
        if head[:2] == b"\x1f\x8b":
            import gzip

            with io.BufferedReader(Unpacked(gzip.GzipFile(fileobj=stream), size, path, error), _BLOCK) as out:  # type: ignore[arg-type]
                yield out
        elif head == b"PK\x03\x04" or head == b"PK\x05\x06":
            with _archive(stream, path, error) as (archive, known):
                if member is None and len(known) != 1:
                    what = f"the archive holds {len(known):,} files where one is expected"
                    raise error(what, where=path, fix="unpack it and name the file")
                info = known[member] if member is not None else next(iter(known.values()))
                with faults(path, kind="zip archive", error=error):
                    source = archive.open(info)
                where = f"{path}, member {info.filename}"
                with io.BufferedReader(Unpacked(source, info.compress_size, where, error), _BLOCK) as out:  # type: ignore[arg-type]
                    yield out
        else:
            yield stream


def members(path: str | Path, *, error: type[ArmillaryError] = InputError) -> list[str]:
    """Names of the files in a zip archive that can be read: not encrypted, in a known compression, of sane names and sizes."""
    with regular(path, error=error).open("rb") as stream, _archive(stream, path, error) as (_, known):
        return list(known)


def plain_file(path: str | Path, folder: Path, *, member: str | None = None, error: type[ArmillaryError] = InputError) -> Path:
    """``path`` itself if it is not packed, else its content as a new file in ``folder``: for engines that do not check what they unpack."""
    with regular(path, error=error).open("rb") as stream:
        head = stream.read(4)
    if head[:2] != b"\x1f\x8b" and head[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        return Path(path)
    target = folder / "unpacked"
    number = 0
    while target.exists():
        number += 1
        target = folder / f"unpacked-{number}"
    with open_binary(path, member=member, error=error) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out, _BLOCK)
    return target


@contextmanager
def _archive(
    stream: BinaryIO, path: str | Path, error: type[ArmillaryError]
) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    with faults(path, kind="zip archive", error=error):
        archive = zipfile.ZipFile(stream)
    with archive:
        if not all(i.filename for i in archive.infolist()):
            raise error("the zip archive is damaged (a file without a name)", where=path, fix="fetch it again")
        found = [i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX/")]
        if len(found) > limits().members:
            beyond("members", f"the archive holds {len(found):,} files", path, error)
        known: dict[str, zipfile.ZipInfo] = {}
        for info in found:
            _check_member(info, path, error)
            if info.filename in known:
                raise error(f"the archive holds '{info.filename}' twice", where=path, fix="unpack it and name the file")
            known[info.filename] = info
        total, packed = sum(i.file_size for i in found), sum(i.compress_size for i in found)
        if total > limits().unpacked:
            beyond("unpacked", f"it unpacks to {total:,} bytes", path, error)
        if total > FREE and total > limits().ratio * max(1, packed):
            beyond("ratio", f"{packed:,} bytes unpack to {total:,}", path, error)
        yield archive, known


def _check_member(info: zipfile.ZipInfo, path: str | Path, error: type[ArmillaryError]) -> None:
    name = info.filename
    where, fix = f"{path}, member {name[:200]!r}", "unpack it with another program and name the file"
    if info.flag_bits & 0x1:
        raise error("it is encrypted", where=where, fix=fix)
    if info.compress_type not in _METHODS:
        raise error(f"its compression (method {info.compress_type}) is not known", where=where, fix=fix)
    if name.startswith("/") or ".." in PurePosixPath(name).parts or any(c < " " for c in name) or "\\" in name:
        raise error("it has a name that no file should have", where=where, fix=fix)
