"""The specification of an index: units, groups, indicators and every rule, as one frozen and hashed object."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from armillary.composite.steps.aggregate import Aggregation
from armillary.composite.steps.normalise import Normalisation
from armillary.composite.steps.rank import RankRule
from armillary.composite.steps.transform import Transformation
from armillary.composite.steps.treat import Treatment
from armillary.errors import SpecError, UnknownNameError

MOST_WEIGHT = 1e12
"""Larger weights are slips, and their sums leave the range of numbers."""


@dataclass(frozen=True, slots=True)
class Component:
    """One indicator. ``direction`` is 1 (more is better) or -1; ``denominator`` names a column of the data; ``series`` a core series."""

    id: str
    parent: str
    name: str = ""
    direction: int = 1
    weight: float = 1.0
    unit: str | None = None
    denominator: str | None = None
    scale: float = 1.0
    treatment: Treatment | None = None
    normalisation: Normalisation | None = None
    series: str | None = None
    transformation: Transformation | None = None
    zeros: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One node of the tree above the indicators; the root has no parent."""

    id: str
    parent: str | None = None
    name: str = ""
    weight: float = 1.0
    aggregation: Aggregation | None = None
    rescaling: Normalisation | None = None


def plain_values(x: Any) -> Any:
    """A rule as plain values. A field marked ``quiet`` is left out where it has its default, so that older digests stay what they were."""
    if is_dataclass(x):
        return {
            f.name: plain_values(getattr(x, f.name)) for f in fields(x) if not f.metadata.get("quiet") or getattr(x, f.name) != f.default
        }
    return tuple(plain_values(v) for v in x) if isinstance(x, tuple) else x


def nodes(groups: Iterable[Group], indicators: Iterable[Component]) -> list[Group | Component]:
    """Everything that has a place in the tree: groups, then indicators."""
    return [*groups, *indicators]


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where the numbers are. ``layout``: ``wide`` (a unit a row), ``tidy`` (unit, indicator, value), ``coinr`` or ``series``.

    ``encoding``, ``sheet``, ``skip`` (lines before the header) and ``decimal`` say how the file is to be read. ``only`` and ``without``
    keep or drop the rows in which a column holds one of some values. ``zeros``: ``values``, ``missing``, or empty (nobody said; many
    zeros are then noted). ``matches`` is a reviewed table of units that are called otherwise here. ``rank`` and ``decimals`` matter to
    :func:`~armillary.composite.verify` only: the column of published ranks and how scores were rounded.
    """

    layout: str = "wide"
    values: str | None = None
    meta: str | None = None
    unit: str = "unit"
    name: str | None = None
    indicator: str = "indicator"
    value: str = "value"
    time: str | None = None
    at: int | None = None
    window: int = 10
    source: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    denominators: tuple[str, ...] = ()
    rank: str | None = None
    decimals: int | None = None
    encoding: str = "utf-8"
    sheet: str | None = None
    skip: int = 0
    decimal: str = "."
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()
    without: tuple[tuple[str, tuple[str, ...]], ...] = ()
    zeros: str = ""
    matches: str | None = None
    missing: tuple[str, ...] = ("", "NA", "N/A", "n/a", "NaN", "nan", "..", "-")


@dataclass(frozen=True, slots=True)
class Screening:
    """Coverage rules: ``min_coverage`` (a share) and ``min_count`` (a number of indicators) hold in each of ``within`` (levels or groups).

    ``max_zeros`` is the largest share of zeros among a unit's values there; each group of ``parts_of`` needs ``min_parts``.
    """

    min_coverage: float = 0.0
    min_count: int = 0
    max_zeros: float = 1.0
    within: tuple[str, ...] = ()
    min_parts: int = 0
    parts_of: str | None = None


@dataclass(frozen=True, slots=True)
class Imputation:
    """How missing values are filled. ``group``: grouping column; ``block``: level whose groups are EM's blocks; ``after``: which step."""

    method: str = "none"
    group: str | None = None
    block: str | None = None
    max_years: int = 2
    after: str = "denominate"


@dataclass(frozen=True, slots=True)
class Weighting:
    """Where weights come from: ``given`` (the specification), or ``equal``, ``pca``, ``correlation`` for the groups of ``levels``."""

    method: str = "given"
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Uncertain:
    """One choice that may reasonably be made otherwise. ``factor`` names it; the rest says how (see docs/how-to/index.md)."""

    factor: str
    options: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    spread: float | None = None
    level: str | None = None
    within: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """A composite index from raw values to ranks. Make one with :func:`armillary.composite.load_spec`."""

    id: str
    name: str
    indicators: tuple[Component, ...]
    groups: tuple[Group, ...]
    levels: tuple[str, ...]
    edition: str = ""
    source: str = ""
    note: str = ""
    data: DataSource = field(default_factory=DataSource)
    screening: Screening = field(default_factory=Screening)
    imputation: Imputation = field(default_factory=Imputation)
    treatment: Treatment = field(default_factory=Treatment)
    normalisation: Normalisation = field(default_factory=Normalisation)
    aggregation: Aggregation = field(default_factory=Aggregation)
    by_level: tuple[tuple[str, Aggregation], ...] = ()
    transformation: Transformation = field(default_factory=Transformation)
    rescaling: Normalisation | None = None
    rescale_levels: tuple[str, ...] = ()
    ranking: RankRule = field(default_factory=RankRule)
    weighting: Weighting = field(default_factory=Weighting)
    yearly: tuple[tuple[int, tuple[tuple[str, float], ...]], ...] = ()
    uncertain: tuple[Uncertain, ...] = ()
    strengths_n: int = 10
    strengths_always: int = 0
    folder: Path = field(default_factory=Path, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What a reader must know of the specification itself: choices that can have no effect."""
    said: frozenset[str] = field(default=frozenset(), compare=False)
    """Which sections and keys (``section.key``) the file gives; everything else is a default."""

    def __post_init__(self) -> None:
        ids = [g.id for g in self.groups] + [i.id for i in self.indicators]
        twice = {x for x in ids if ids.count(x) > 1}
        if twice:
            raise SpecError(f"'{min(twice)}' is defined twice", fix="ids of groups and indicators must differ")
        roots = [g for g in self.groups if g.parent is None]
        if len(roots) != 1:
            raise SpecError(f"the tree has {len(roots)} roots", fix="give every group but one a parent")
        known = {g.id: g for g in self.groups}
        for item in nodes(self.groups, self.indicators):
            if item.parent is not None and item.parent not in known:
                raise UnknownNameError("parent group", item.parent, known)
        for group in self.groups:
            seen, at = {group.id}, group.parent
            while at is not None:
                if at in seen:
                    raise SpecError(f"group '{group.id}' is its own ancestor")
                seen.add(at)
                at = known[at].parent
            if not self.parts(group.id):
                raise SpecError(f"group '{group.id}' has no indicators and no groups")
        if self.depth + 1 != len(self.levels):
            fix = f"name {self.depth + 1} levels from the index down to the groups of indicators"
            raise SpecError(f"{len(self.levels)} levels are named, the tree has {self.depth + 1} above the indicators", fix=fix)
        for group in self.groups:
            weights = [p.weight for p in self.parts(group.id)]
            if not all(math.isfinite(w) and w >= 0 for w in weights):
                raise SpecError(f"a weight in group '{group.id}' is {next(w for w in weights if not (math.isfinite(w) and w >= 0))}")
            if not sum(weights):
                fix = "give one of them a weight, or remove the group"
                raise SpecError(f"all parts of group '{group.id}' have weight 0, so it has no score", fix=fix)

    # --- the tree

    @property
    def root(self) -> Group:
        """The index itself."""
        return next(g for g in self.groups if g.parent is None)

    @property
    def depth(self) -> int:
        """Depth of the deepest group (the root has 0)."""
        return max(self.depth_of(g.id) for g in self.groups)

    def group(self, id: str) -> Group:
        """The group of that id."""
        for g in self.groups:
            if g.id == id:
                return g
        raise UnknownNameError("group", id, [g.id for g in self.groups])

    def depth_of(self, id: str) -> int:
        """Number of ancestors of a group."""
        parent = {g.id: g.parent for g in self.groups}
        depth, at = 0, parent[id]
        while at is not None and depth <= len(parent):
            depth, at = depth + 1, parent[at]
        return depth

    def level_of(self, id: str) -> str:
        """Name of the level of a group; ``indicator`` for an indicator."""
        return "indicator" if id in {i.id for i in self.indicators} else self.levels[self.depth_of(id)]

    def at_level(self, level: str) -> list[Group]:
        """Groups of that level, in the order of the specification."""
        if level not in self.levels:
            raise UnknownNameError("level", level, self.levels)
        return [g for g in self.groups if self.depth_of(g.id) == self.levels.index(level)]

    def parts(self, id: str) -> list[Group | Component]:
        """What a group is made of: its groups, then its indicators."""
        return [*(g for g in self.groups if g.parent == id), *(i for i in self.indicators if i.parent == id)]

    def leaves(self, id: str) -> list[str]:
        """Ids of all indicators below a group, in the order of the specification."""
        inside = {id}
        for g in self.upward()[::-1]:
            if g.parent in inside:
                inside.add(g.id)
        return [i.id for i in self.indicators if i.parent in inside]

    def upward(self) -> list[Group]:
        """All groups, parts before wholes; the root is last."""
        return sorted(self.groups, key=lambda g: -self.depth_of(g.id))

    def downward(self) -> list[Group]:
        """All groups as one reads a tree: each followed by what is below it; the root is first."""
        out: list[Group] = []

        def add(group: Group) -> None:
            out.append(group)
            for part in self.groups:
                if part.parent == group.id:
                    add(part)

        add(self.root)
        return out

    def label(self, id: str) -> str:
        """The name of a group or indicator, its id where it has none."""
        for item in nodes(self.groups, self.indicators):
            if item.id == id:
                return item.name or item.id
        raise UnknownNameError("group or indicator", id, self.ids())

    def ids(self) -> list[str]:
        """Ids of all groups and indicators."""
        return [g.id for g in self.groups] + [i.id for i in self.indicators]

    def resolve(self, names: tuple[str, ...]) -> list[str]:
        """Group ids for a mix of level names and group ids."""
        out: list[str] = []
        for name in names:
            out += [g.id for g in self.at_level(name)] if name in self.levels else [self.group(name).id]
        return out

    # --- rules

    def aggregation_of(self, id: str) -> Aggregation:
        """The rule by which a group's score is made: its own, else that of its level, else the default."""
        own = self.group(id).aggregation
        return own or dict(self.by_level).get(self.level_of(id)) or self.aggregation

    def treatment_of(self, indicator: Component) -> Treatment:
        """The treatment of an indicator: its own, else the default."""
        return indicator.treatment or self.treatment

    def normalisation_of(self, indicator: Component) -> Normalisation:
        """The normalisation of an indicator: its own, else the default."""
        return indicator.normalisation or self.normalisation

    def transformation_of(self, indicator: Component) -> Transformation:
        """The transformation of an indicator: its own, else the default."""
        return indicator.transformation or self.transformation

    def rescaling_of(self, id: str) -> Normalisation | None:
        """How a group's score is scaled after it is made: by its own rule, else by ``[rescale]`` for its levels; nothing if not at all."""
        own = self.group(id).rescaling
        how = own or (self.rescaling if self.rescaling and id in self.resolve(self.rescale_levels or self.levels[:1]) else None)
        return None if how is None or how.method == "none" else how

    def weighted_groups(self) -> set[str]:
        """The groups whose weights ``[weights]`` makes, where its method is not ``given``."""
        return set(self.resolve(self.weighting.levels)) if self.weighting.levels else {g.id for g in self.groups}

    def of_year(self, year: int | None) -> IndexSpec:
        """The same index with the weights of that year, where ``[weights.years]`` gives any."""
        given = dict(dict(self.yearly).get(year, ())) if year is not None else {}
        if not given:
            return self
        groups = tuple(replace(g, weight=given.get(g.id, g.weight)) for g in self.groups)
        return replace(self, groups=groups, indicators=tuple(replace(i, weight=given.get(i.id, i.weight)) for i in self.indicators))

    def effective_weights(self) -> dict[str, float]:
        """Nominal weight of each indicator in the index: the product of its normalised weights up the tree."""
        return {i: w for i, w in self._shares() if i in {x.id for x in self.indicators}}

    def _shares(self) -> Iterator[tuple[str, float]]:
        share = {self.root.id: 1.0}
        for group in self.upward()[::-1]:
            parts = self.parts(group.id)
            total = sum(p.weight for p in parts)
            for p in parts:
                share[p.id] = share[group.id] * p.weight / total
                yield p.id, share[p.id]

    # --- identity

    def to_dict(self) -> dict[str, Any]:
        """Everything that decides the result, as plain values (no folder)."""
        out: dict[str, Any] = plain_values(self)
        for place in ("folder", "notes", "said"):
            del out[place]
        return out

    @property
    def digest(self) -> str:
        """SHA-256 of the specification: two with the same digest give the same scores from the same data."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def without(self, ids: set[str]) -> IndexSpec:
        """The same index without these indicators; groups that lose all their parts go too."""
        indicators = tuple(i for i in self.indicators if i.id not in ids)
        groups = self.groups
        while True:
            used = {i.parent for i in indicators} | {g.parent for g in groups}
            kept = tuple(g for g in groups if g.id in used)
            if len(kept) == len(groups):
                break
            groups = kept
        if not groups:
            raise SpecError("no indicator is left")
        deepest = max(self.depth_of(g.id) for g in groups)
        return replace(self, indicators=indicators, groups=groups, levels=self.levels[: deepest + 1])
