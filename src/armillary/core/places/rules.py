"""Reviewed decisions about places: metropolitan areas by their cities, single institutions, bodies without one place.

They live in TOML (``registry/places/*.toml``, or a file that the user gives) and never in code:

    [[metropolitan]]            # cities counted together
    id = "metro:new-york"
    name = "New York"
    country = "US"
    lat_deg = 40.7128
    lon_deg = -74.0060
    within_km = 130             # a city of that name further away is another city
    cities = ["New York", "New Haven", "Princeton"]
    source = "METHODS 1.8"

    [[institution]]             # one institution put where it belongs; place "" says that it has none
    ror_id = "03vek6s52"        # or institution_id = 136199984
    place_id = "metro:boston"
    reason = "..."

    [[umbrella]]                # a body spread over many cities: never placed at its headquarters
    ror_id = "034t30j35"
    name = "Chinese Academy of Sciences"

    [polygons]
    except_countries = ["CN"]   # where urban areas join what the ranking keeps apart; the populated place decides there
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from armillary.core import guarded
from armillary.core.places.geo import name_key
from armillary.errors import SpecError


@dataclass(frozen=True, slots=True)
class Metropolitan:
    """A metropolitan area as a reviewed list of cities around a point."""

    place_id: str
    name: str
    country_code: str
    lat_deg: float
    lon_deg: float
    within_km: float
    keys: tuple[str, ...]
    """``XX:slug`` of each city."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """Everything reviewed about places."""

    metropolitan: tuple[Metropolitan, ...] = ()
    by_ror: dict[str, str] = field(default_factory=dict)
    by_institution: dict[int, str] = field(default_factory=dict)
    """Place id; empty for an institution that has no single place."""
    without_polygons: frozenset[str] = frozenset()
    """Countries in which polygons are not used."""


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dict; :class:`SpecError` with the line where it is malformed."""
    return guarded.read_toml(path, error=SpecError)


def registry_files(folder: str) -> list[Path]:
    """The TOML files that come with Armillary in ``registry/<folder>``, sorted by name."""
    root = Path(str(files("armillary.registry"))) / folder
    return sorted(root.glob("*.toml"))


def _need(entry: dict[str, Any], keys: Sequence[str], kind: str, path: Path, number: int) -> None:
    missing = [k for k in keys if k not in entry]
    if missing:
        raise SpecError(f"[[{kind}]] number {number} has no '{missing[0]}'", where=path, fix=f"needed: {', '.join(keys)}")


def load_overrides(extra: Path | None = None, *, builtin: bool = True) -> Overrides:
    """The reviewed overrides that come with Armillary, and those of ``extra``, which win."""
    metros: dict[str, Metropolitan] = {}
    by_ror: dict[str, str] = {}
    by_id: dict[int, str] = {}
    without: set[str] = set()
    for path in [*(registry_files("places") if builtin else []), *([extra] if extra else [])]:
        content = read_toml(path)
        unknown = sorted(set(content) - {"metropolitan", "institution", "umbrella", "polygons"})
        if unknown:
            raise SpecError(f"unknown table '{unknown[0]}'", where=path, fix="known: metropolitan, institution, umbrella, polygons")
        without |= set(content.get("polygons", {}).get("except_countries", []))
        for n, entry in enumerate(content.get("metropolitan", []), 1):
            _need(entry, ("id", "name", "country", "lat_deg", "lon_deg", "cities"), "metropolitan", path, n)
            keys = [name_key(entry["country"], c) for c in entry["cities"]]
            metros[entry["id"]] = Metropolitan(
                entry["id"],
                entry["name"],
                entry["country"],
                float(entry["lat_deg"]),
                float(entry["lon_deg"]),
                float(entry.get("within_km", 100)),
                tuple(dict.fromkeys(k for k in keys if k)),
            )
        for kind in ("umbrella", "institution"):
            for n, entry in enumerate(content.get(kind, []), 1):
                _need(entry, ("place_id",) if kind == "institution" else (), kind, path, n)
                place = str(entry.get("place_id", ""))
                if "ror_id" in entry:
                    by_ror[str(entry["ror_id"])] = place
                elif "institution_id" in entry:
                    by_id[int(entry["institution_id"])] = place
                else:
                    raise SpecError(f"[[{kind}]] number {n} names no institution", where=path, fix="give 'ror_id' or 'institution_id'")
    return Overrides(tuple(metros[k] for k in sorted(metros)), by_ror, by_id, frozenset(without))
