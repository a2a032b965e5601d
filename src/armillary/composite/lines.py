"""TOML with line numbers: which line of the file a key stands on, and a reader whose complaints point there."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from armillary.core import guarded
from armillary.errors import SpecError, UnknownNameError

Path_ = tuple[str | int, ...]

FREE = ("name", "source", "note", "edition", "label", "missing", "expression")
"""Keys whose text may begin or end with a blank; in an id or a column name it is a slip that nobody sees."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_\-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_\-]+))*)\s*=""")


def line_index(text: str) -> dict[Path_, int]:
    """Line (from 1) of every table and key that stands at the start of a line; entries of arrays of tables carry their number."""
    where: dict[Path_, int] = {}
    table: Path_ = ()
    count: dict[Path_, int] = {}
    fence: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if fence is not None:
            if line.count(fence) % 2:
                fence = None
            continue
        header = _HEADER.match(line)
        if header:
            name = tuple(_parts(header.group(2)))
            table = _numbered(name, count, opens=header.group(1) == "[[")
            where[table] = number
        elif key := _KEY.match(line):
            where.setdefault(table + tuple(_parts(key.group(1))), number)
        for mark in ('"""', "'''"):
            if line.count(mark) % 2:
                fence = mark
    return where


def _parts(dotted: str) -> list[str]:
    return [p.strip().strip("\"'") for p in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", dotted)]


def _numbered(name: tuple[str, ...], count: dict[Path_, int], *, opens: bool) -> Path_:
    path: Path_ = ()
    for i, part in enumerate(name):
        path = (*path, part)
        if opens and i == len(name) - 1:
            count[path] = count.get(path, -1) + 1
        if path in count:
            path = (*path, count[path])
    return path


def read_toml(path: Path) -> tuple[dict[str, Any], dict[Path_, int]]:
    """The content of a TOML file and its line index; a syntax error names the line."""
    text = guarded.read_text(path, limit="spec")
    return guarded.parse_toml(text, path, error=SpecError), line_index(text)


class TomlTable:
    """One table of a TOML file, read key by key; :meth:`done` complains about keys that nobody asked for."""

    def __init__(self, values: Any, path: Path_, file: Path, lines: dict[Path_, int]) -> None:
        self.path, self.file, self.lines = path, file, lines
        self._asked: set[str] = set()
        if not isinstance(values, dict):
            raise SpecError(f"{self.title} must be a table", where=self.where())
        self.values: dict[str, Any] = values

    @property
    def title(self) -> str:
        """How the section is named in messages."""
        if not self.path:
            return "the file"
        names = ".".join(str(p) for p in self.path if not isinstance(p, int))
        return f"[[{names}]]" if isinstance(self.path[-1], int) else f"[{names}]"

    def where(self, key: str | None = None) -> str:
        """File and line of a key, else of the nearest thing around it."""
        path = self.path if key is None else (*self.path, key)
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines[path]}" if path in self.lines else str(self.file)

    def wrong(self, key: str, what: str, fix: str | None = None) -> SpecError:
        """An error about one key."""
        return SpecError(f"{key} in {self.title} {what}", where=self.where(key), fix=fix)

    def has(self, key: str) -> bool:
        """Whether the key is there (counts as asked)."""
        self._asked.add(key)
        return key in self.values

    def text(self, key: str, default: str | None = None, *, needed: bool = False) -> str | None:
        """A string."""
        if not self.has(key):
            if needed:
                raise SpecError(f"{self.title} has no '{key}'", where=self.where(), fix=f"add {key} = '...'")
            return default
        value = self.values[key]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)  # ids and editions are often written as numbers
        if not isinstance(value, str):
            raise self.wrong(key, f"must be text, not {value!r}")
        if value != value.strip() and key not in FREE:
            raise self.wrong(key, f"has a blank at its beginning or end: '{value}'", fix=f"write {key} = '{value.strip()}'")
        return value

    def string(self, key: str, default: str = "") -> str:
        """A string that is there or has a default."""
        return self.text(key, default) or default

    def need(self, key: str) -> str:
        """A string that must be there."""
        value = self.text(key, needed=True)
        if not value:
            raise self.wrong(key, "is empty")
        return value

    def number(self, key: str, default: float, *, low: float | None = None, high: float | None = None) -> float:
        """A number within its bounds."""
        if not self.has(key):
            return default
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(key, f"must be a number, not {value!r}")
        if not math.isfinite(value):
            raise self.wrong(key, f"must be a finite number, not {value}")
        if (low is not None and value < low) or (high is not None and value > high):
            ends = [f"at least {low:g}" if low is not None else "", f"at most {high:g}" if high is not None else ""]
            span = " and ".join(e for e in ends if e)
            raise self.wrong(key, f"must be {span}, not {value}")
        return float(value)

    def maybe(self, key: str) -> float | None:
        """A number or nothing."""
        return self.number(key, 0.0) if self.has(key) else None

    def integer(self, key: str, default: int, *, low: int = 0) -> int:
        """A whole number of at least ``low``."""
        value = self.number(key, default, low=low)
        if value != int(value):
            raise self.wrong(key, f"must be a whole number, not {value}")
        return int(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        if not self.has(key):
            return default
        if not isinstance(self.values[key], bool):
            raise self.wrong(key, f"must be true or false, not {self.values[key]!r}")
        return bool(self.values[key])

    def choice(self, key: str, options: Iterable[str], default: str) -> str:
        """One of the options."""
        value = self.text(key, default)
        known = list(options)
        if value not in known:
            raise UnknownNameError(f"{key} in {self.title}", str(value), known, where=self.where(key))
        return str(value)

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of strings; one string counts as a list of one."""
        if not self.has(key):
            return default
        value = self.values[key]
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(v, str) for v in items):
            raise self.wrong(key, f"must be a list of names, not {value!r}")
        for item in items:
            if item != item.strip() and key not in FREE:
                raise self.wrong(key, f"has a blank at the beginning or end of '{item}'", fix=f"write '{item.strip()}'")
        return tuple(items)

    def pair(self, key: str) -> tuple[float, float] | None:
        """Two different numbers, in the order in which they stand."""
        if not self.has(key):
            return None
        value = self.values[key]
        numbers = self.numbers(key)
        if len(numbers) != 2:
            raise self.wrong(key, f"must be two numbers, not {value!r}")
        if numbers[0] == numbers[1]:
            raise self.wrong(key, "must be two different numbers")
        return numbers[0], numbers[1]

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of finite numbers."""
        value = self.values[key] if self.has(key) else []
        if not isinstance(value, list) or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in value):
            raise self.wrong(key, f"must be numbers, not {value!r}")
        if not all(math.isfinite(v) for v in value):
            raise self.wrong(key, f"must be finite numbers, not {value!r}")
        return tuple(float(v) for v in value)

    def section(self, key: str) -> TomlTable:
        """A table below this one (empty if it is not there)."""
        self._asked.add(key)
        return TomlTable(self.values.get(key, {}), (*self.path, key), self.file, self.lines)

    def sections(self, key: str) -> list[TomlTable]:
        """An array of tables below this one."""
        self._asked.add(key)
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise SpecError(f"write [[{key}]], with double brackets", where=self.where(key))
        return [TomlTable(v, (*self.path, key, i), self.file, self.lines) for i, v in enumerate(value)]

    def done(self) -> None:
        """Complain about the first key that no reader asked for."""
        for key in self.values:
            if key not in self._asked:
                raise UnknownNameError(f"key in {self.title}", key, self._asked, where=self.where(key))
