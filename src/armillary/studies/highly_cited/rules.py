"""The choices behind a list of highly cited candidates, and the groups of fields in which they are made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from armillary.core import guarded
from armillary.errors import SpecError, UnknownNameError, UsageError
from armillary.studies.highly_cited.selection import Rounding

MULTIDISCIPLINARY = 10
"""OpenAlex has no such field for works, but older records may carry it; it is nobody's field (METHODS 6.1)."""
FROM_MEMORY = ("rounding", "near_miss", "max_authors")
"""Rules whose original wording we only remember: shown with every result as assumptions."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How candidates are chosen. ``last`` is the last publication year of the window, ``years`` its length (METHODS 6.1; a parameter,
    not a rule).

    ``min_cell``: a field and year with fewer papers names no highly cited paper. ``max_authors``: highly cited papers with more authors are
    ignored (None: none are). ``citations``, ``self_citations``: as in the impact indicators. Flags mark author records that may be several
    persons: more than so many works or institutions in a year, or domains, or conflicting ORCIDs (METHODS 6.3).
    """

    last: int
    years: int = 11
    fields: str = "openalex"
    scope: str = "default"
    types: str = "article,review"
    top: Fraction = Fraction(1, 100)
    citation_top: Fraction = Fraction(1, 100)
    min_cell: int = 100
    max_authors: int | None = 30
    rounding: Rounding = "ceil"
    near_miss: bool = True
    cross_field: bool = True
    citations: str = "corpus"
    self_citations: str = "out"
    flag_works_a_year: int = 60
    flag_institutions_a_year: int = 8
    flag_domains: int = 3

    def __post_init__(self) -> None:
        if self.years < 1:
            raise UsageError(f"a window of {self.years} years", fix="give at least one year")
        if not (0 < self.top < 1 and 0 < self.citation_top < 1):
            raise UsageError("the top parts must lie between 0 and 1", fix="write 1/100 for the top one per cent")

    @property
    def first(self) -> int:
        """First publication year of the window."""
        return self.last - self.years + 1

    def but(self, **changes: Any) -> Rules:
        """A copy with some choices changed."""
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with what is assumed from memory named."""
        values = {k: str(v) if isinstance(v, Fraction) else v for k, v in asdict(self).items()}
        return {**values, "first": self.first, "from_memory": list(FROM_MEMORY)}


@dataclass(frozen=True, slots=True)
class FieldGroups:
    """Groups by number from 0, in order: ids and names; which OpenAlex field or subfield goes where."""

    name: str
    ids: tuple[str, ...]
    names: tuple[str, ...]
    by_field: dict[int, int]
    by_subfield: dict[int, int]


def field_groups(which: str, openalex: dict[int, str]) -> FieldGroups:
    """``openalex`` (its fields as they are; ``openalex`` gives id -> name), ``esi-like`` (twenty-one groups), or a TOML file like it."""
    if which == "openalex":
        numbers = sorted(n for n in openalex if n != MULTIDISCIPLINARY)
        by_field = {n: i for i, n in enumerate(numbers)}
        return FieldGroups(which, tuple(f"field:{n}" for n in numbers), tuple(openalex[n] for n in numbers), by_field, {})
    if which == "esi-like":
        return _read_groups(Path(__file__).with_name("esi_like.toml"))
    if which.endswith(".toml"):
        return _read_groups(Path(which))
    raise UnknownNameError("set of fields", which, ["openalex", "esi-like", "FILE.toml"])


def _read_groups(path: Path) -> FieldGroups:
    if not path.exists():
        raise SpecError("there is no such file of field groups", where=path, fix="see docs/how-to/highly-cited.md for the layout")
    data = guarded.read_toml(path, error=SpecError)
    with guarded.faults(path, kind="file of field groups", error=SpecError):
        return _groups(data, path)


def _groups(data: dict[str, Any], path: Path) -> FieldGroups:
    groups = data.get("groups")
    if not isinstance(groups, dict) or not groups:
        raise SpecError("no [groups] table", where=path, fix='write [groups] and: physics = { name = "Physics", fields = [31] }')
    by_field: dict[int, int] = {}
    by_subfield: dict[int, int] = {}
    for number, (key, group) in enumerate(groups.items()):
        for kind, target in (("fields", by_field), ("subfields", by_subfield)):
            for code in group.get(kind, []):
                if code in target:
                    raise SpecError(f"{kind[:-1]} {code} is in two groups, the second is '{key}'", where=path, fix="name it once")
                target[int(code)] = number
    return FieldGroups(
        str(data.get("name", path.stem)), tuple(groups), tuple(str(g.get("name", k)) for k, g in groups.items()), by_field, by_subfield
    )
