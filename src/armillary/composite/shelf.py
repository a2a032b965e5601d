"""Indices in an observatory: the folder ``indices/`` holds specifications with their data, and pages, API and audit find them there.

An observatory needs no publications for this: a new folder will do.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from armillary.composite.load import load_spec
from armillary.composite.pipeline import build
from armillary.composite.spec import IndexSpec
from armillary.core import durable
from armillary.core.store import Store
from armillary.errors import SpecError, UsageError


def put(spec: Path, observatory: Path, *, name: str | None = None) -> Path:
    """Copy a specification and the files that it names into an observatory (made if there is none); the path of the copy.

    The index is built from a copy elsewhere first, so that what comes onto the shelf works; the specification comes last, and each file
    is there whole or not at all.
    """
    rules = load_spec(spec)
    label = name or re.sub(r"[^a-z0-9]+", "-", rules.id.lower()).strip("-")[:60]
    if not re.fullmatch(r"[a-z0-9-]{1,60}", label):
        raise UsageError(f"'{label}' is no name of an index", fix="give one of small letters, digits and hyphens with --name")
    if rules.data.values is None:
        raise SpecError("[data] names no values, so there is nothing to show", where=spec, fix="add values = 'file.csv'")
    with tempfile.TemporaryDirectory() as scratch:
        staged = _staged(spec, rules, Path(scratch), label)
        build(load_spec(staged[-1]))
        if not (observatory / "CURRENT").is_file():
            Store.create(observatory)
        shelf = observatory / "indices"
        for path in staged:
            durable.write(shelf / path.name, path.read_bytes())
    return shelf / staged[-1].name


def _staged(spec: Path, rules: IndexSpec, folder: Path, label: str) -> list[Path]:
    """The files of an index under the names that they have on the shelf, the specification last."""
    text, out = spec.read_text(encoding="utf-8"), []
    for key, value in (("values", rules.data.values), ("meta", rules.data.meta), ("matches", rules.data.matches)):
        if value is None:
            continue
        source = rules.folder / value
        target = f"{label}{'' if value == rules.data.values else f'-{key}'}{source.suffix}"
        out.append(Path(shutil.copyfile(source, folder / target)))
        text, n = re.subn(rf"^(\s*{key}\s*=\s*)([\"'])(?:.*?)\2", lambda m, t=target: f'{m[1]}"{t}"', text, count=1, flags=re.M)  # type: ignore[misc]
        if not n:
            raise SpecError(f"{key} in [data] is not on a line of its own", where=spec, fix=f'write it as {key} = "{value}"')
    copy = folder / f"{label}.toml"
    copy.write_text(text, encoding="utf-8")
    return [*out, copy]
