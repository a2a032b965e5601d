"""Index specifications that come with the project."""

from __future__ import annotations

from pathlib import Path

import armillary.registry
from armillary.errors import UnknownNameError


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
    """A path as it is, or the file of a built-in specification of that name."""
    path = Path(spec)
    if path.exists() or path.suffix == ".toml":
        return path
    return registered(str(spec))
