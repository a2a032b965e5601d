"""Files to read out of what the user named: folders are walked, archives and compressed files opened, each with the name it is shown by."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from armillary.core import guarded
from armillary.errors import InputError


@dataclass(frozen=True, slots=True)
class Found:
    """One file: where its bytes are now, what it is called, and why it cannot be opened (reason code and detail) if it cannot."""

    path: Path
    label: str
    problem: tuple[str, str] | None = None

    def digest(self) -> tuple[str, int]:
        """SHA-256 and size."""
        with self.path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest(), self.path.stat().st_size


def find(tops: list[Path], scratch: Path) -> Iterator[Found]:
    """All files, in the order of their names; archives and compressed files are unpacked into ``scratch``. Hidden files are left out."""
    seen: set[str] = set()
    for number, top in enumerate(tops):
        if top.is_file():
            found = [(top, top.name)]
        elif top.is_dir():
            found = [
                (p, p.relative_to(top).as_posix()) for p in sorted(top.rglob("*")) if p.is_file() and not _is_hidden(p.relative_to(top))
            ]
            if not found:
                raise InputError("the folder holds no file", where=top)
        else:
            raise InputError("no such file or folder", where=top)
        for place, (path, name) in enumerate(found):
            label = name if name not in seen else f"{top.name}/{name}"
            while label in seen:
                label = f"{label}#"
            seen.add(label)
            yield from _unpacked(Found(path, label), scratch / f"{number}-{place}")


def _is_hidden(path: Path) -> bool:
    return any(p.startswith((".", "~$")) or p == "__MACOSX" for p in path.parts)


def _unpacked(found: Found, scratch: Path, depth: int = 0) -> Iterator[Found]:
    with found.path.open("rb") as file:
        head = file.read(4)
    if head[:2] == b"\x1f\x8b":
        yield from _gunzipped(found, scratch, depth)
    elif head == b"PK\x03\x04" and depth < 3:
        yield from _unzipped(found, scratch, depth)
    else:
        yield found


def _gunzipped(found: Found, scratch: Path, depth: int) -> Iterator[Found]:
    scratch.mkdir(parents=True, exist_ok=True)
    plain = scratch / (Path(found.label).name.removesuffix(".gz") or "data")
    try:
        with guarded.open_binary(found.path) as src, plain.open("wb") as dst:
            shutil.copyfileobj(src, dst)
    except InputError as error:
        yield Found(found.path, found.label, ("damaged-gzip", error.what))
        return
    yield from _unpacked(Found(plain, found.label), scratch / "inner", depth + 1)


def _unzipped(found: Found, scratch: Path, depth: int) -> Iterator[Found]:
    """Members of an archive; a workbook is an archive too, and stays whole."""
    try:
        names = [n for n in guarded.members(found.path) if not _is_hidden(Path(n))]
        if any(n in ("[Content_Types].xml", "xl/workbook.xml") for n in names):
            yield found
            return
        for name in names:
            target = scratch / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with guarded.open_binary(found.path, member=name) as src, target.open("wb") as dst:
                shutil.copyfileobj(src, dst)
    except InputError as error:
        yield Found(found.path, found.label, ("damaged-archive", error.what))
        return
    for number, name in enumerate(names):
        yield from _unpacked(Found(scratch / name, f"{found.label}/{name}"), scratch / f"inner{number}", depth + 1)
