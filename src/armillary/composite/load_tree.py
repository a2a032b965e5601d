"""Groups and indicators of a specification, and the faults of their tree that have a line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from armillary.composite import rules
from armillary.composite.lines import TomlTable
from armillary.composite.spec import MOST_WEIGHT, Component, Group, nodes
from armillary.composite.steps import normalise
from armillary.composite.steps.aggregate import Aggregation
from armillary.composite.steps.normalise import Normalisation
from armillary.composite.steps.transform import Transformation, ends
from armillary.composite.steps.treat import Treatment
from armillary.errors import SpecError, UnknownNameError

ZEROS = ("", "values", "missing")


def group(s: TomlTable, default: Aggregation) -> Group:
    """One ``[[group]]``."""
    out = Group(
        id=s.need("id"),
        parent=s.text("parent"),
        name=s.string("name"),
        weight=s.number("weight", 1.0, low=0, high=MOST_WEIGHT),
        aggregation=rules.aggregation_value(s, "aggregate", default) if s.has("aggregate") else None,
        rescaling=rescaling(s, "rescale") if s.has("rescale") else None,
    )
    s.done()
    return out


def rescaling(s: TomlTable, key: str) -> Normalisation:
    """A scaling of finished scores, written as a method name or as a table."""
    if isinstance(s.values[key], dict):
        return rules.normalisation(s.section(key), Normalisation("none"))
    return Normalisation(s.choice(key, normalise.METHODS, "none"))


def indicator(s: TomlTable, treatment: Treatment, normalisation: Normalisation, transformation: Transformation) -> Component:
    """One ``[[indicator]]``; what it does not say is taken from the defaults."""
    given = s.number("direction", 1)
    if given not in (1, -1):
        raise s.wrong("direction", f"must be 1 (more is better) or -1 (less is better), not {given:g}")
    own_norm = None
    posts, target = s.pair("goalposts"), s.maybe("target")
    if posts and target is not None:
        raise s.wrong("target", "cannot stand beside goalposts", fix="leave one of them out")
    if posts or target is not None:
        own_norm = replace(normalisation, method="goalposts" if posts else "target", goalposts=posts, target=target)
        if target is not None and normalisation.method == "percent-of-target":
            own_norm = replace(own_norm, method="percent-of-target")
    if s.has("normalise"):
        if isinstance(s.values["normalise"], dict):
            own_norm = rules.normalisation(s.section("normalise"), own_norm or normalisation)
        else:
            method = s.choice("normalise", normalise.METHODS, normalisation.method)
            if (posts and method != "goalposts") or (target is not None and method not in ("target", "percent-of-target")):
                key = "goalposts" if posts else "target"
                raise s.wrong(key, f"has no effect with normalise = '{method}'", fix=f"leave out {key} or normalise")
            own_norm = replace(own_norm or normalisation, method=method)
    turns = rules.transformation_value(s, "transform", transformation) if s.has("transform") else None
    direction, own_norm = _ends(s, int(given), own_norm, own_norm or normalisation, turns or transformation)
    out = Component(
        id=s.need("id"),
        parent=s.need("parent"),
        name=s.string("name"),
        direction=direction,
        weight=s.number("weight", 1.0, low=0, high=MOST_WEIGHT),
        unit=s.text("unit"),
        denominator=s.text("denominator"),
        scale=s.number("scale", 1.0),
        treatment=rules.treatment_value(s, "treat", treatment) if s.has("treat") else None,
        normalisation=own_norm,
        series=s.text("series"),
        transformation=turns,
        zeros=s.choice("zeros", ZEROS, ""),
    )
    s.done()
    if out.scale <= 0:
        raise s.wrong("scale", f"must be above 0, not {out.scale:g}", fix="for less is better write direction = -1")
    return out


def _ends(
    s: TomlTable, direction: int, own: Normalisation | None, used: Normalisation, turns: Transformation
) -> tuple[int, Normalisation | None]:
    """Direction from goalposts in the order worst, best; the goalposts are kept smaller first. Refuses what contradicts itself."""
    key = "goalposts" if s.has("goalposts") else "normalise" if s.has("normalise") else "id"
    if used.method == "goalposts" and used.goalposts is None:
        raise SpecError(
            f"indicator '{s.values.get('id')}' is scaled by goalposts and has none",
            where=s.where(key),
            fix="goalposts = [worst, best] in the unit of the indicator",
        )
    if used.method in ("target", "percent-of-target") and used.target is None:
        raise SpecError(
            f"indicator '{s.values.get('id')}' is scaled by its target and has none", where=s.where(key), fix="add target = ..."
        )
    if used.method == "percent-of-target" and (used.target or 0) <= 0:
        raise s.wrong("target", "must be above 0 for a percentage of it")
    if used.method != "goalposts" or used.goalposts is None:
        return direction, own
    worst, best = used.goalposts
    if worst > best:
        if s.has("direction") and direction > 0:
            fix = f"write goalposts = [{best:g}, {worst:g}] or direction = -1"
            raise s.wrong(key, f"[{worst:g}, {best:g}] go from worst to best, so less is better, but direction is 1", fix=fix)
        direction, used = -1, replace(used, goalposts=(best, worst))
        own = used
    if turns.method != "none" and used.goalposts_on == "raw" and used.goalposts is not None:
        try:
            ends(used.goalposts, turns)
        except SpecError as error:
            raise SpecError(f"{key} in {s.title}: {error.what}", where=s.where(key), fix=error.fix) from None
    return direction, own


def check_tree(groups: tuple[Group, ...], indicators: tuple[Component, ...], gs: list[TomlTable], is_: list[TomlTable], file: Path) -> None:
    """The faults of a tree that have a line."""
    if not indicators:
        raise SpecError("no [[indicator]] is given", where=file, fix="add [[indicator]] entries, each with id and parent")
    if not groups:
        raise SpecError("no [[group]] is given", where=file, fix="add [[group]] entries; the one without parent is the index")
    known = [g.id for g in groups]
    seen: set[str] = set()
    root: str | None = None
    for item, s in zip(nodes(groups, indicators), (*gs, *is_), strict=True):
        if item.id in seen:
            raise s.wrong("id", f"'{item.id}' is defined twice")
        seen.add(item.id)
        if item.parent is None:
            if root is not None:
                raise SpecError(
                    f"group '{item.id}' has no parent, but '{root}' is the index already", where=s.where("id"), fix="add parent = '...'"
                )
            root = item.id
        elif item.parent not in known:
            raise UnknownNameError("parent", item.parent, known, where=s.where("parent"))
    if root is None:
        raise SpecError("every group has a parent", where=gs[0].where(), fix="leave out the parent of the group that is the index")
    used = {x.parent for x in nodes(groups, indicators)}
    parents = {g.id: g.parent for g in groups}
    for group, s in zip(groups, gs, strict=True):
        if group.id not in used:
            raise SpecError(
                f"group '{group.id}' has no parts",
                where=s.where("id"),
                fix="give an indicator or group parent = '" + group.id + "', or remove it",
            )
        walk, at = {group.id}, group.parent
        while at is not None:
            if at in walk:
                raise SpecError(f"group '{group.id}' is its own ancestor", where=s.where("parent"))
            walk.add(at)
            at = parents[at]


def depth(groups: tuple[Group, ...]) -> int:
    """Depth of the deepest group (the root has 0)."""
    parents = {g.id: g.parent for g in groups}
    deepest = 0
    for id in parents:
        deep, at = 0, parents[id]
        while at is not None:
            deep, at = deep + 1, parents[at]
        deepest = max(deepest, deep)
    return deepest


def default_levels(deepest: int) -> tuple[str, ...]:
    """Names of the levels where the specification gives none."""
    names = {0: ("index",), 1: ("index", "pillar"), 2: ("index", "sub-index", "pillar"), 3: ("index", "sub-index", "pillar", "sub-pillar")}
    return names.get(deepest) or ("index", *(f"level-{i}" for i in range(1, deepest + 1)))
