"""Input files of tables and records: unpacked, known by what is in them, and never a library's exception.

A file is read as what its bytes say. Damage is found before a record is used: gzip and zip are read to their checksums.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from isal import igzip, isal_zlib

from armillary.core import guarded
from armillary.core.guarded.limits import beyond
from armillary.core.guarded.packed import Unpacked
from armillary.errors import InputError
from armillary.sources.values.encoding import decode

_PIECE = 1 << 20
_KINDS = (
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
_SIDE = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})


def find_files(path: Path, suffixes: Collection[str], *, wanted: str, deep: bool = True) -> list[Path]:
    """The files to read: ``path`` itself, or those below a folder whose names end in one of ``suffixes`` (also behind ``.gz`` or ``.zip``).

    Hidden files and what operating systems leave behind are not looked at. :class:`InputError` if there is none; ``wanted``: what to give.
    """
    try:
        if path.is_file():
            return [path]
        if not path.is_dir():
            raise InputError("there is no such file or folder", where=path, fix=wanted)
        below = sorted(path.rglob("*") if deep else path.iterdir())
        found = [
            p
            for p in below
            if (suffix_of(p) in suffixes or p.suffix.lower() in suffixes) and not _is_side(p.relative_to(path)) and p.is_file()
        ]
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path, fix="check its permissions") from None
    if not found:
        kinds = ", ".join(sorted(suffixes))
        raise InputError(f"no file here that ends in {kinds} (plain, .gz or .zip)", where=path, fix=wanted)
    return found


def unzipped(path: Path, folder: Path, *, least: int = 1) -> list[Path] | None:
    """The files of a zip archive, unpacked below ``folder`` under their own names, without hidden ones.

    None for any other file, for a workbook, and for an archive of fewer files than ``least``; :class:`InputError` for a damaged archive,
    or one whose members cannot be files here.
    """
    guarded.regular(path)
    with readable(path), path.open("rb") as raw:
        if raw.read(4) != b"PK\x03\x04":
            return None
    names = [n for n in guarded.members(path) if not _is_side(Path(n))]
    if len(names) < least or "[Content_Types].xml" in names:
        return None
    out = []
    for name in names:
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with guarded.open_binary(path, member=name) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy, _PIECE)
        except OSError as error:
            what = f"'{name[:80]}' of the archive cannot be unpacked into {folder} ({error.strerror or _words(error)})"
            raise InputError(what, where=path, fix="make room there, or unpack it and give what is in it") from None
        out.append(target)
    return sorted(out)


def with_members(given: list[Path], suffixes: Collection[str], scratch: Path) -> tuple[list[Path], dict[str, str]]:
    """The files, and in place of a zip archive of several what is in it (unpacked below ``scratch``; no two of one name).

    Second: members whose names do not end in one of ``suffixes``, with the reason. A damaged archive stays, and is refused when it is read.
    """
    out: dict[str, Path] = {}
    left_out: dict[str, str] = {}
    names = {p.name for p in given}
    for number, path in enumerate(given):
        folder = scratch / f"archive{number}"
        try:
            found = unzipped(path, folder, least=2)
        except InputError:
            found = None
        for file in found or [path]:
            if file == path:
                out[str(path)] = path
                continue
            if suffix_of(file) not in suffixes and file.suffix.lower() not in suffixes:
                name = file.relative_to(folder).as_posix()
                left_out[f"{path.name}/{name}"] = f"its name does not end in one of {', '.join(sorted(suffixes))}"
                continue
            name = file.name
            while name in names:  # in reports a file is known by its name
                name = f"{Path(name).stem}_{Path(name).suffix}"
            names.add(name)
            out[str(path / name)] = file if name == file.name else file.rename(file.with_name(name))
    return [out[name] for name in sorted(out)], left_out


def other_files(path: Path, suffixes: Collection[str], *, deep: bool = True) -> dict[str, str]:
    """Files of a folder that :func:`find_files` does not give, by name, with the reason; none for a file."""
    if not path.is_dir():
        return {}
    below = sorted(path.rglob("*") if deep else path.iterdir())
    known = ", ".join(sorted(suffixes))
    return {
        str(p.relative_to(path)): f"its name does not end in one of {known}"
        for p in below
        if p.is_file() and not _is_side(p.relative_to(path)) and suffix_of(p) not in suffixes and p.suffix.lower() not in suffixes
    }


def read_bytes(path: Path, choose: Callable[[list[str]], str | None] | None = None) -> bytes:
    """What is in a file, gzip and zip undone by their first bytes. A zip archive must hold one file, or ``choose`` names one of several."""
    out = io.BytesIO()
    with _opened(path, choose) as source:
        while piece := source.read(_PIECE):
            if out.tell() + len(piece) > guarded.limits().document:
                beyond("document", "it holds too many bytes to be read at once", path)
            out.write(piece)
    return out.getvalue()


def read_text(path: Path, encoding: str | None = None) -> str:
    """The text of a file; :class:`InputError` says what it is if it is no text, or which line is damaged."""
    data = read_bytes(path)
    found = decode(data, encoding)
    if found.text is not None:
        return found.text
    if found.reason == "not-text":
        raise InputError(f"this is {kind_of(data[:64]) or 'no text file'}", where=path, fix="export it as text (CSV, JSON Lines)")
    if found.reason == "encoding-damaged":
        raise InputError(
            f"characters are damaged in line {found.line} (not valid {found.encoding or 'UTF-8'})", where=path, fix="save it as UTF-8"
        )
    raise InputError(f"the encoding of its text is not known (line {found.line})", where=path, fix="save it as UTF-8")


def unpack(path: Path, target: Path, choose: Callable[[list[str]], str | None] | None = None) -> None:
    """Write what is in ``path`` to ``target`` in bounded memory, checked to the end."""
    with _opened(path, choose) as source, target.open("wb") as out:
        while piece := source.read(_PIECE):
            out.write(piece)


def head_of(path: Path, size: int = 1 << 16) -> bytes:
    """The first bytes of what is in a file."""
    with _opened(path, None) as source:
        return source.read(size)


def kind_of(head: bytes) -> str | None:
    """What a file that is no text is, by its first bytes, in words; None if they say nothing."""
    if head[:4] == b"PK\x03\x04":
        return "an Excel workbook (.xlsx) or another zip archive"
    if head.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        return "a web page"
    return next((what for mark, what in _KINDS if head.startswith(mark)), None)


def file_hash(path: Path) -> str:
    """SHA-256 of a file as it lies there, read in pieces."""
    digest = hashlib.sha256()
    with readable(path), path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """What libraries raise while a file is read becomes an :class:`InputError`."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, isal_zlib.error) as error:  # type: ignore[misc]
        raise InputError(f"the archive is damaged ({_words(error)})", where=path, fix="fetch it again") from None
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or _words(error)})", where=path, fix="check the path and its permissions"
        ) from None
    except (NotImplementedError, RuntimeError) as error:  # an encrypted archive, or a method that zipfile does not know
        raise InputError(f"the archive cannot be unpacked ({_words(error)})", where=path, fix="unpack it and give what is in it") from None


@contextmanager
def _opened(path: Path, choose: Callable[[list[str]], str | None] | None) -> Iterator[IO[bytes]]:
    guarded.regular(path)
    with readable(path):
        with path.open("rb") as raw:
            head = raw.read(4)
            raw.seek(0)
            if head[:2] == b"\x1f\x8b":
                with igzip.IGzipFile(fileobj=raw) as stream:  # type: ignore[no-untyped-call]
                    yield io.BufferedReader(Unpacked(stream, path.stat().st_size, path, raw=True), _PIECE)  # type: ignore[arg-type]
                return
            if head[:2] != b"PK" and path.suffix.lower() != ".zip":
                yield raw
                return
        with _archive(path) as archive:
            name = _member(archive, path, choose)
            guarded.members(path)
            with archive.open(name) as stream:
                packed = archive.getinfo(name).compress_size
                yield io.BufferedReader(Unpacked(stream, packed, path, raw=True), _PIECE)  # type: ignore[arg-type]


def _archive(path: Path) -> zipfile.ZipFile:
    """A zip archive; what zipfile raises at damaged directories has no common base."""
    try:
        archive = zipfile.ZipFile(path)
        if all(i.filename for i in archive.infolist()):
            return archive
    except (struct.error, ValueError, IndexError, OverflowError) as error:
        raise zipfile.BadZipFile(_words(error)) from None
    archive.close()
    raise zipfile.BadZipFile("a file without a name")


def _member(archive: zipfile.ZipFile, path: Path, choose: Callable[[list[str]], str | None] | None) -> str:
    names = [i.filename for i in archive.infolist() if not i.is_dir() and not _is_side(Path(i.filename))]
    if "[Content_Types].xml" in names:
        raise InputError("this is an Excel workbook (.xlsx)", where=path, fix="export its sheet as CSV")
    name = (choose or (lambda found: found[0] if len(found) == 1 else None))(names)
    if name is None:
        some = f": {', '.join(names[:3])}" if names else ""
        raise InputError(
            f"the archive holds {len(names)} files, and not one that is meant{some}", where=path, fix="unpack it and give what is in it"
        )
    return name


def suffix_of(path: Path) -> str:
    """The ending of a name in lower case, that of an archive left out."""
    return Path(path.name.lower().removesuffix(".gz").removesuffix(".zip")).suffix


def _is_side(path: Path) -> bool:
    return any(p in _SIDE or p.startswith((".", "~$")) for p in path.parts)


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
