"""Packs and yardsticks at an address: names, notes and small tables are fetched once; of cubes only the parts that are read.

A pack is a folder there (with ``datapackage.json``) or a zip of one; the server must send ranges. What was fetched stands in a folder of
the cache, beside ``remote.json``, which says where the rest is.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, cast

from armillary.core import durable, guarded, packs
from armillary.errors import FetchError, InputError
from armillary.sources.fetch.faults import Policy
from armillary.sources.fetch.ranges import RangeFile
from armillary.sources.fetch.reading import RemoteBytes, checked, is_address

NOTE = "remote.json"
LOCAL = 2**20
"""Files up to this length are fetched whole at once; longer ones of cubes when they are read."""
_POLICY = Policy(attempts=4, first_wait=0.5, longest_wait=20.0)


def address_of(path: str | Path) -> str | None:
    """The address that a text means, also after it went through a path (``https:/host``); None for what is none."""
    text = str(path)
    for scheme in ("https", "http"):
        if text.startswith(f"{scheme}:/") and not text.startswith(f"{scheme}://"):
            text = f"{scheme}://{text.removeprefix(f'{scheme}:/')}"
    return checked(text) if is_address(text) else None


@lru_cache(maxsize=64)
def opened(address: str) -> Path:
    """A folder of the cache that stands for the pack at an address, of the version that is there when this process first asks."""
    address = checked(address)
    base, _, name = address.rpartition("/")
    is_zip = name.endswith(".zip")
    if name == packs.DESCRIPTOR:
        address, is_zip = base, False
    descriptor, places = _zip_places(base, name) if is_zip else (_whole(address, packs.DESCRIPTOR), {})
    described = guarded.parse_json(descriptor, address)
    if not isinstance(described, dict) or "armillary" not in described:
        raise InputError("there is no pack at this address", where=address, fix="give the address of its folder or zip")
    key = hashlib.sha256(address.encode() + descriptor).hexdigest()[:24]
    folder = packs.cache_folder() / key
    if (folder / NOTE).is_file():
        return folder
    remote: dict[str, Any] = {"address": address, "zip": is_zip, "places": places}
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=folder.parent))
    try:
        (part / packs.DESCRIPTOR).write_bytes(descriptor)
        for path in _needed(described, remote):
            target = part / path
            if not target.resolve().is_relative_to(part.resolve()):
                raise InputError(f"the pack names a file outside its folder ({path[:80]})", where=address)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_content(remote, path))
        (part / NOTE).write_text(json.dumps(remote), encoding="utf-8")
        if not folder.exists():
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def reading(path: Path) -> Path | IO[bytes]:
    """What to read for a file of a pack: the file, or where it was not fetched, ranges of it at its address."""
    if path.is_file():
        return path
    root = next((p for p in path.parents if (p / NOTE).is_file()), None)
    if root is None:
        return path
    remote = json.loads((root / NOTE).read_text(encoding="utf-8"))
    name = str(path.relative_to(root))
    if not remote["zip"]:
        return cast(IO[bytes], RangeFile(RemoteBytes(remote["address"], name, _POLICY)))
    base, _, archive = remote["address"].rpartition("/")
    if name not in remote["places"]:
        raise FetchError(f"{name} is not in the pack", where=remote["address"], fix="fetch it again")
    start, length = remote["places"][name]
    return cast(IO[bytes], _Part(RemoteBytes(base, archive, _POLICY), start, length))


@lru_cache(maxsize=64)
def fetched(address: str, suffix: str) -> Path:
    """A file at an address as a file of the cache, of the version that is there when this process first asks."""
    address = checked(address)
    base, _, name = address.rpartition("/")
    file = RemoteBytes(base, name, _POLICY)
    file.look()
    key = hashlib.sha256(f"{address} {file.tag} {file.stat().st_size}".encode()).hexdigest()[:24]
    target = packs.cache_folder() / f"{key}{suffix}"
    if not target.is_file():
        with durable.whole(target) as part:
            part.write_bytes(file.range(0, file.stat().st_size))
    return target


def _needed(described: dict[str, Any], remote: dict[str, Any]) -> list[str]:
    """The files without which a pack is not opened."""
    if remote["zip"]:
        lengths = {name: length for name, (_, length) in remote["places"].items()}
    else:
        lengths = {str(r["path"]): int(r["bytes"]) for r in described["resources"]} | {
            str(f["path"]): int(f["bytes"]) for f in described["armillary"].get("files", [])
        }
    lengths.pop(packs.DESCRIPTOR, None)
    return [n for n, size in lengths.items() if size <= LOCAL or not n.startswith("cubes/") or n.endswith(".json")]


def _content(remote: dict[str, Any], name: str) -> bytes:
    if not remote["zip"]:
        return _whole(remote["address"], name)
    base, _, archive = remote["address"].rpartition("/")
    start, length = remote["places"][name]
    return RemoteBytes(base, archive, _POLICY).range(start, start + length)


def _whole(address: str, name: str) -> bytes:
    file = RemoteBytes(address, name, _POLICY)
    return file.range(0, file.stat().st_size)


def _zip_places(base: str, name: str) -> tuple[bytes, dict[str, tuple[int, int]]]:
    """The descriptor, and where the files of a stored zip begin and how long they are."""
    file = RemoteBytes(base, name, _POLICY)
    whole = cast(IO[bytes], io.BufferedReader(_Part(file, 0, file.stat().st_size), 2**16))
    with guarded.faults(file, kind="zip archive"), zipfile.ZipFile(whole) as archive:
        infos = archive.infolist()
        if any(i.compress_type != zipfile.ZIP_STORED for i in infos):
            raise InputError("the files of this zip are packed, so parts of it cannot be read", where=file, fix="download it first")
        heads = {i.filename: file.range(i.header_offset + 26, i.header_offset + 30) for i in infos}
        places = {
            i.filename: (
                i.header_offset + 30 + int.from_bytes(heads[i.filename][:2], "little") + int.from_bytes(heads[i.filename][2:], "little"),
                i.file_size,
            )
            for i in infos
        }
        if packs.DESCRIPTOR not in places:
            raise InputError("this zip is no pack", where=file, fix="make one with armillary pack make")
        start, length = places[packs.DESCRIPTOR]
        return file.range(start, start + length), places


class _Part(io.RawIOBase):
    """A stretch of a remote file as a file of its own."""

    def __init__(self, file: RemoteBytes, start: int, length: int) -> None:
        super().__init__()
        self._file, self._start, self._length, self._at = file, start, length, 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """``size`` bytes from here on, fewer only at the end."""
        stop = self._length if size < 0 else min(self._at + size, self._length)
        found = self._file.range(self._start + self._at, self._start + stop) if stop > self._at else b""
        self._at += len(found)
        return found

    def readinto(self, buffer: Any, /) -> int:
        """:meth:`read` into a buffer."""
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)
