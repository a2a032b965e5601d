"""What an observatory brings along: names of its countries, its own journal list and regions, and what to call it.

A snapshot folder may hold a folder ``registry/`` with ``about.toml`` (name, synthetic, note), ``countries.csv`` (code, name),
``journals.csv`` (as ``registry/journals/selective.csv``), ``regions.toml`` and ``lists.csv`` (label, id); ingest copies it beside the
core tables.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from armillary.core import durable, guarded
from armillary.core.store import Store
from armillary.errors import InputError

FILES = ("about.toml", "countries.csv", "journals.csv", "regions.toml", "lists.csv")


OUTLINE = "countries.geojson"


def folder(store: Store) -> Path:
    """Where an observatory keeps its own registry."""
    return store.path / "registry"


def copy_registry(source: Path, store: Store) -> list[str]:
    """Take over the known files of ``source/registry``, if there is one; gives their names."""
    found = [f for f in FILES if (source / "registry" / f).is_file()]
    for name in found:
        folder(store).mkdir(exist_ok=True)
        target = folder(store) / name
        with durable.whole(target) as part:
            shutil.copyfile(source / "registry" / name, part)
    outline = source / "geo" / OUTLINE  # the world's own coast lines and borders, for maps
    if found and outline.is_file():
        with durable.whole(folder(store) / OUTLINE) as part:
            shutil.copyfile(outline, part)
    return found


def keep_lists(source: Path, store: Store) -> None:
    """Take over a file of lists; one that was there is replaced."""
    folder(store).mkdir(exist_ok=True)
    with durable.whole(folder(store) / "lists.csv") as part:
        shutil.copyfile(source, part)


def about(store: Store) -> dict[str, Any]:
    """``name``, ``synthetic`` and ``note`` of the observatory, as far as given."""
    path = folder(store) / "about.toml"
    if not path.is_file():
        return {}
    found = guarded.read_toml(path)
    for key in ("name", "note"):
        if not isinstance(found.get(key, ""), str):
            raise InputError(f"'{key}' is not text", where=path, fix=f'write {key} = "..."')
    return found


def countries(store: Store) -> dict[str, str]:
    """Names of countries by code."""
    return {r["code"]: r["name"] for r in _rows(store, "countries.csv", ("code", "name"))}


def journals(store: Store) -> list[dict[str, str]]:
    """The observatory's own journal list; rows as in the registry."""
    return _rows(store, "journals.csv", ("name", "issns", "subjects", "by_article", "subset"))


def lists(store: Store) -> Path | None:
    """The observatory's own file of lists, if it has one."""
    path = folder(store) / "lists.csv"
    return path if path.is_file() else None


def _rows(store: Store, name: str, needed: tuple[str, ...]) -> list[dict[str, str]]:
    path = folder(store) / name
    if not path.is_file():
        return []
    return [row for _, row in guarded.csv_rows(path, needed=needed)]
