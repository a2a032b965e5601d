"""The choices behind a cluster ranking as one frozen object, and the presets by edition (METHODS 3; remembered constants are defaults)."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from armillary.errors import UnknownNameError, UsageError

SOURCES = {"pct": "PCT inventors", "patent": "patent inventors", "pub": "publication authors", "deal": "venture-capital deals"}
"""Sources of points, and what a point of each is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How clusters are found, merged, named and scored.

    ``min_listings`` is the weight within ``eps_km`` that makes a core point, in listings (equalised ones, if ``equalise``). ``merge_km`` is
    the greatest distance of the borders of clusters that may merge; negative: never merge. ``name_part`` is the part of a cluster's
    activity that gets a further city into its name, ``name_most`` how many cities at most. ``years`` is the length of each source's
    window, ``lag`` by how many years it ends before the last year.
    """

    name: str = "free"
    sources: tuple[str, ...] = ("pct", "pub")
    eps_km: float = 15.0
    min_listings: float = 4500.0
    equalise: bool = True
    merge_km: float = 5.0
    name_part: float = 0.15
    name_most: int = 3
    years: tuple[tuple[str, int], ...] = ()
    lag: tuple[tuple[str, int], ...] = ()
    status: str = "chosen by the user"

    def __post_init__(self) -> None:
        if not self.sources:
            raise UsageError("no source of points", fix=f"choose from {', '.join(SOURCES)}")
        for source in self.sources:
            if source not in SOURCES:
                raise UnknownNameError("source of points", source, SOURCES)

    def but(self, **changes: Any) -> Method:
        """A copy with some choices changed."""
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Plain values in a fixed order."""
        return {**asdict(self), "sources": list(self.sources), "years": dict(self.years), "lag": dict(self.lag)}

    @property
    def digest(self) -> str:
        """Sixteen hex digits that change whenever a choice does."""
        told = {k: v for k, v in self.as_dict().items() if k not in ("name", "status")}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


@cache
def presets() -> dict[str, Mapping[str, Any]]:
    """The presets by name, as in ``presets.toml``."""
    text = (files("armillary.studies.clusters") / "presets.toml").read_text(encoding="utf-8")
    found: dict[str, Mapping[str, Any]] = tomllib.loads(text)
    return found


def preset(name: str) -> Method:
    """The method of an edition: ``edition-2017``, ``edition-2018`` (to 2024), ``edition-2025``."""
    if name not in presets():
        raise UnknownNameError("edition", name, presets())
    p = presets()[name]
    return Method(
        name=name,
        sources=tuple(p["sources"]),
        eps_km=p["eps_km"],
        min_listings=p["min_listings"],
        equalise=p["equalise"],
        years=tuple(sorted(p["years"].items())),
        lag=tuple(sorted(p.get("lag", {}).items())),
        status=p["status"],
    )
