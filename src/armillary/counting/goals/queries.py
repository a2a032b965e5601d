"""The seventeen query files of the registry, or a user's own, read and checked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from armillary import registry
from armillary.core import guarded
from armillary.counting.goals.language import Node, parse, salient
from armillary.errors import InputError, SpecError

GOALS = range(1, 18)
_REGISTRY = registry.path("sdg")


@dataclass(frozen=True, slots=True)
class GoalQuery:
    """One query of a goal: ``id`` is unique within the goal."""

    id: str
    node: Node


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: a work is tagged with it when any of its queries matches.

    ``salient = true`` in its file makes each query ask for the title or two places, so that a word in passing does not tag a work.
    """

    number: int
    name: str
    version: str
    reviewed: str
    queries: tuple[GoalQuery, ...]


@dataclass(frozen=True, slots=True)
class QuerySet:
    """Goals in order. ``digest`` changes with any letter of any file; ``version`` is what a person quotes."""

    goals: tuple[Goal, ...]
    digest: str

    @property
    def version(self) -> str:
        """Version as quoted with results, such as ``armillary-queries 2026.11 (3f2a91c0)``."""
        return f"armillary-queries {max(g.version for g in self.goals)} ({self.digest[:8]})"


@cache
def load_queries(folder: Path | None = None) -> QuerySet:
    """Read all ``*.toml`` of a folder (default: the registry's); :class:`SpecError` names file, query and line of a mistake."""
    root = folder or _REGISTRY
    files = sorted(root.glob("*.toml"))
    if not files:
        raise InputError("no query files (*.toml) here", where=root, fix="give a folder with one TOML file a goal")
    goals = [_read(path) for path in files]
    numbers = [g.number for g in goals]
    if len(set(numbers)) < len(numbers):
        double = next(n for n in numbers if numbers.count(n) > 1)
        raise SpecError(f"goal {double} is defined twice", where=root, fix="keep one file a goal")
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
    return QuerySet(tuple(sorted(goals, key=lambda g: g.number)), digest)


def goal_names() -> dict[int, str]:
    """Number -> name of the seventeen goals."""
    return {g.number: g.name for g in load_queries().goals}


def _read(path: Path) -> Goal:
    data = guarded.read_toml(path, error=SpecError)
    for key, kind in (("goal", int), ("name", str), ("version", str), ("reviewed", str), ("query", list)):
        if not isinstance(data.get(key), kind):
            raise SpecError(f"'{key}' is missing or of the wrong kind", where=path, fix="see docs/how-to/sdg.md for a query file")
    if data["goal"] not in GOALS:
        raise SpecError(f"there is no goal {data['goal']}", where=path, fix="goals are numbered 1 to 17")
    queries = tuple(_query(entry, path, bool(data.get("salient", False))) for entry in data["query"])
    if len({q.id for q in queries}) < len(queries):
        raise SpecError("two queries have the same id", where=path, fix="give each query its own id")
    return Goal(data["goal"], data["name"], data["version"], data["reviewed"], queries)


def _query(entry: dict[str, Any], path: Path, is_salient: bool) -> GoalQuery:
    if not isinstance(entry.get("id"), str) or not isinstance(entry.get("text"), str):
        raise SpecError("a [[query]] needs id and text", where=path, fix='write: id = "..." and text = """..."""')
    node = parse(entry["text"], f"{path}, query '{entry['id']}'")
    return GoalQuery(entry["id"], salient(node) if is_salient else node)
