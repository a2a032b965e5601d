"""A recipe: everything that decides a ranking's numbers, as one frozen, hashed object that travels as TOML."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self, get_args

from armillary.core import guarded
from armillary.errors import SpecError, UnknownNameError, UsageError

Scalar = str | int | float | bool
UNITS = ("country", "institution", "city", "region", "author", "field")
Split = Literal["address", "institution"]
Unmatched = Literal["keep", "drop"]
SPLITS: tuple[Split, ...] = get_args(Split)
UNMATCHED: tuple[Unmatched, ...] = get_args(Unmatched)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Publication years from ``first`` to ``last``, both included; None on a side means open."""

    first: int | None = None
    last: int | None = None

    def __post_init__(self) -> None:
        if self.first is not None and self.last is not None and self.first > self.last:
            raise UsageError(f"period {self.first}-{self.last} ends before it begins", fix="write the earlier year first")

    @classmethod
    def parse(cls, text: str | int | Period | None) -> Period:
        """Read ``2024``, ``2018-2021``, ``2018-`` or ``all``."""
        if text is None or isinstance(text, Period):
            return text or cls()
        word = str(text).strip().replace("\u2013", "-")
        if word in ("all", ""):
            return cls()
        parts = [p.strip() for p in word.split("-")]
        good = 1 <= len(parts) <= 2 and any(parts) and all(p == "" or (p.isdigit() and len(p) == 4) for p in parts)
        if not good:
            raise UsageError(f"'{word}' is not a period", fix="write a year (2024), a range (2018-2021) or 'all'")
        years = [int(p) if p else None for p in parts]
        return cls(years[0], years[-1])

    def __str__(self) -> str:
        if self.first is None and self.last is None:
            return "all"
        if self.first == self.last:
            return str(self.first)
        return f"{self.first or ''}-{self.last or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One frozen request. Build it with :func:`armillary.ranking.recipes.make_recipe`, which fills in the indicator's own defaults.

    ``scope`` is the ordered tuple of filter specs (``"types:article,review"``) that a work must pass; ``scope_name`` is what a person
    called it. ``split`` says how an author's part is divided (METHODS 0.1): over address lines and then over the institutions of each line
    (``address``), or over the set of the author's institutions (``institution``). ``lists`` names the file (``own``: that of the
    observatory) whose labels are the units of
    unit ``list``. ``minimum`` is the number of papers that a unit needs to be ranked; None leaves it to the papers that there are (see
    :func:`armillary.ranking.table.least_papers`). ``step`` splits the period: 0 = as a whole, n = windows
    of n years.
    """

    indicator: str
    unit: str = "country"
    counting: str = "author-fractional"
    scope: tuple[str, ...] = ()
    scope_name: str = "default"
    subject: str | None = None
    period: Period = field(default_factory=Period)
    step: int = 0
    split: Split = "institution"
    unmatched: Unmatched = "keep"
    rollup: str = "none"
    regions: str = "default"
    country_fallback: bool = True
    minimum: int | None = 0
    lists: str = ""
    options: tuple[tuple[str, Scalar], ...] = ()

    def __post_init__(self) -> None:
        if self.unit not in (*UNITS, "list"):
            raise UnknownNameError("unit", self.unit, (*UNITS, "list"))
        if (self.unit == "list") != bool(self.lists):
            raise UsageError(
                "unit list needs a file of lists" if self.unit == "list" else "a file of lists is only of use with unit list",
                fix="give --unit list --lists FILE.csv (columns label and id)",
            )
        for name, kind in (("split", Split), ("unmatched", Unmatched)):
            if getattr(self, name) not in get_args(kind):
                raise UnknownNameError(name, str(getattr(self, name)), get_args(kind))
        if self.minimum is not None and self.minimum < 0:
            raise UsageError(f"minimum {self.minimum} is negative", fix="give the number of papers that a unit needs")
        if self.step < 0:
            raise UsageError(f"step {self.step} is negative", fix="give 0 (the period as a whole) or a number of years")
        object.__setattr__(self, "options", tuple(sorted(self.options)))

    def option(self, name: str, default: Scalar) -> Any:
        """The indicator's own option of that name, or ``default``."""
        return dict(self.options).get(name, default)

    def but(self, **changes: Any) -> Self:
        """A copy with some choices changed: a *variant*. Options are merged by name."""
        if "options" in changes:
            changes["options"] = tuple({**dict(self.options), **dict(changes["options"])}.items())
        if "period" in changes:
            changes["period"] = Period.parse(changes["period"])
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Plain values in a fixed order, for JSON, TOML and hashing."""
        out: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name == "period":
                value = str(value)
            elif f.name == "scope":
                value = list(value)
            elif f.name == "options":
                value = dict(value)
            elif f.name == "lists" and not value:
                continue
            out[f.name] = value
        return out

    @property
    def digest(self) -> str:
        """Sixteen hex digits that change whenever a choice that can change a number does: of a file its content, not its name."""
        choices = {k: v for k, v in self.as_dict().items() if k != "scope_name"}
        choices["options"] = {k: _content(v) for k, v in choices["options"].items()}
        choices |= {k: _content(choices[k]) for k in ("rollup", "regions", "lists") if k in choices}
        return hashlib.sha256(json.dumps(choices, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]

    def to_toml(self) -> str:
        """The recipe as a TOML file that :meth:`from_toml` reads back."""
        lines = ["[recipe]"]
        for key, value in self.as_dict().items():
            if value is None or value == {} or key == "options":
                continue
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
        if self.options:
            lines.append("\n[recipe.options]")
            lines += [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in self.options]
        return "\n".join(lines) + "\n"


DESCRIPTIONS = ("datapackage.json", "bundle.json", "metrics/_state/stages.json")
"""Files by which a folder that is a yardstick says what is in it: of a pack, of OAM's data as published, as built at home."""


def _content(value: Any) -> Any:
    """A value that names a file as the digest of what is in it; a folder that describes itself (a pack, OAM's data) by its description."""
    if not isinstance(value, str):
        return value
    described = _described(value)
    if described is None and not value.endswith((".parquet", ".csv", ".toml", ".json", ".gz", ".zip", ".pack")):
        return value
    path = described or Path(value)
    if not path.is_file():
        return value
    facts = path.stat()
    return f"sha256:{_digest(path, facts.st_size, facts.st_mtime_ns)}"


def _described(value: str) -> Path | None:
    try:
        return next((path for n in DESCRIPTIONS if (path := Path(value) / n).is_file()), None)
    except OSError:  # too long to be the name of anything
        return None


@lru_cache(maxsize=256)
def _digest(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fits(key: str, value: Any) -> bool:
    """Whether a value from a file has the type that a recipe key takes."""
    if key in ("scope", "types", "sources"):
        return isinstance(value, str) or (isinstance(value, list) and all(isinstance(v, str) for v in value))
    if key == "options":
        return isinstance(value, Mapping) and all(isinstance(v, str | int | float | bool) for v in value.values())
    if key in ("country_fallback", "within_corpus"):
        return isinstance(value, bool)
    if key in ("step", "minimum"):
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str) or (key == "period" and isinstance(value, int) and not isinstance(value, bool))


RECIPE_KEYS = (*(f.name for f in fields(Recipe)), "types", "sources", "baseline", "within_corpus")
"""What a recipe can be told by: in a file, on the command line, in a claim; ``types`` and ``sources`` narrow the scope, the last two are
short for the option ``baseline`` of impact indicators."""


def read_recipe_file(path: Path) -> dict[str, Any]:
    """The ``[recipe]`` table of a TOML file as keyword arguments for ``make_recipe``; :class:`SpecError` names what is wrong."""
    if not path.exists():
        raise SpecError("there is no such recipe file", where=path, fix="give the path of a TOML file with a [recipe] table")
    data = guarded.read_toml(path, error=SpecError)
    table = data.get("recipe")
    if not isinstance(table, Mapping):
        raise SpecError("no [recipe] table", where=path, fix='start the file with [recipe] and indicator = "share"')
    for key in table:
        if key not in RECIPE_KEYS:
            raise UnknownNameError("recipe key", key, RECIPE_KEYS, where=path)
        if not _fits(key, table[key]):
            raise SpecError(
                f"{key} = {str(table[key])[:80]} is of the wrong kind", where=path, fix="see armillary rank --recipe in the docs"
            )
    if "indicator" not in table:
        raise SpecError("the recipe names no indicator", where=path, fix='add a line such as: indicator = "share"')
    return dict(table)
