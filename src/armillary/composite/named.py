"""Index specifications that come with the project."""

from __future__ import annotations

from pathlib import Path

import armillary.registry
from armillary.errors import SpecError, UnknownNameError


def folder() -> Path:
    """The folder of built-in specifications."""
    return Path(armillary.registry.__file__).parent / "indices"


def names() -> list[str]:
    """Names of the built-in specifications."""
    return sorted(p.stem for p in folder().glob("*.toml"))


def registered(name: str) -> Path:
    """The file of a built-in specification."""
    if name not in names():
        raise UnknownNameError("index specification", name, names())
    return folder() / f"{name}.toml"


def find(spec: str | Path) -> Path:
    """The file of a built-in specification of that name, or the path.

    A bare name (no folder, no ending) is a built-in first, whatever files or folders lie about; ``./demo`` is always a path.
    """
    text, path = str(spec), Path(spec)
    bare = not path.suffix and path.name == text
    if bare and text in names():
        return registered(text)
    if path.is_dir():
        raise SpecError("this is a folder, not an index specification", where=text, fix="name the TOML file in it")
    return path if path.exists() or path.suffix == ".toml" or not bare else registered(text)
