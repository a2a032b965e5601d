"""Indices of a site: specifications in the folder ``indices/`` of the observatory, built once for each state of the files."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from armillary.composite import IndexResult, IndexSpec, build, load_spec, sensitivity
from armillary.errors import ArmillaryError, UnknownNameError
from armillary.web.site import Site

DRAWS = 400


@dataclass(frozen=True)
class Built:
    """An index with what the explorer needs: the parts that have sliders, their scores, their weights."""

    result: IndexResult
    parts: tuple[str, ...]
    """Indicators where the index is one weighted mean of them all, otherwise the parts of the top group."""
    scores: np.ndarray
    weights: tuple[float, ...]
    table: Any
    draws: int
    method: str
    """How the parts are joined: arithmetic or geometric; anything else has no sliders."""


def specs(site: Site) -> dict[str, Path]:
    """Specification files by name."""
    found = sorted((site.obs.path / "indices").glob("*.toml"))
    return {p.stem: p for p in found if re.fullmatch(r"[a-z0-9-]{1,60}", p.stem)}


def built(site: Site, name: str, weights: Sequence[float] | None = None) -> Built:
    """The index of that name; with ``weights`` (one for each slider) the same index with these instead of its own."""
    files = specs(site)
    if name not in files:
        raise UnknownNameError("index", name, files)
    key = ("index", name, files[name].stat().st_mtime_ns, tuple(weights or ()))
    found: Built = site.remember(key, lambda obs: _build(files[name], weights))
    return found


def _build(path: Path, weights: Sequence[float] | None) -> Built:
    spec = load_spec(path)
    result = build(spec)
    parts, method = sliders(result)
    if weights and len(weights) == len(parts):
        spec = reweighted(spec, dict(zip(parts, weights, strict=True)))
        result = build(spec)
    table, draws = result.table(), 0
    # where nothing is marked as uncertain the table has no intervals, and the page says so
    with contextlib.suppress(ArmillaryError):
        table, draws = sensitivity(result, draws=DRAWS).table(), DRAWS
    nominal = result.nominal()
    own = [nominal[p] if p in nominal else result.weights[spec.root.id][p] for p in parts]
    return Built(result, parts, np.column_stack([result.score(p) for p in parts]), tuple(float(w) for w in own), table, draws, method)


def sliders(result: IndexResult) -> tuple[tuple[str, ...], str]:
    """Which parts get a slider, and how they are joined."""
    spec = result.spec
    if any(spec.rescaling_of(g.id) is not None for g in spec.groups):
        return tuple(p.id for p in spec.parts(spec.root.id)), "rescaled"  # a score that depends on who is best has no sliders
    leaves = tuple(i.id for i in spec.indicators)
    all_arithmetic = all(spec.aggregation_of(g.id).method == "arithmetic" for g in spec.groups)
    whole = not np.isnan(result.stages["normalised"].values).any()
    if all_arithmetic and whole and len(leaves) <= 12:
        return leaves, "arithmetic"
    return tuple(p.id for p in spec.parts(spec.root.id)), str(spec.aggregation_of(spec.root.id).method)


def reweighted(spec: IndexSpec, weights: dict[str, float]) -> IndexSpec:
    """The specification with these weights for its parts; a group between weighs as much as what is below it."""
    if set(weights) <= {g.id for g in spec.groups} | {i.id for i in spec.indicators if i.parent == spec.root.id}:
        indicators = tuple(replace(i, weight=weights.get(i.id, i.weight)) for i in spec.indicators)
        return replace(spec, indicators=indicators, groups=tuple(replace(g, weight=weights.get(g.id, g.weight)) for g in spec.groups))
    # inside a group without weight the shares do not matter, but they must not all be nothing
    empty = {g.id for g in spec.groups if not sum(weights[i] for i in spec.leaves(g.id))}
    indicators = tuple(replace(i, weight=1.0 if i.parent in empty else weights[i.id]) for i in spec.indicators)
    groups = tuple(replace(g, weight=sum(weights[i] for i in spec.leaves(g.id))) if g.parent else g for g in spec.groups)
    return replace(spec, indicators=indicators, groups=groups)
