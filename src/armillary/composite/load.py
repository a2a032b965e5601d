"""Read an index specification from TOML. Every complaint names the line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from armillary.composite import rules
from armillary.composite.lines import Section, read_toml
from armillary.composite.spec import DataSource, Group, Imputation, IndexSpec, Indicator, Screening, Uncertain, Weighting, nodes
from armillary.composite.steps import aggregate, impute, normalise, treat, weight
from armillary.composite.steps.aggregate import Aggregation
from armillary.composite.steps.normalise import Normalisation
from armillary.composite.steps.treat import Treatment
from armillary.errors import SpecError, UnknownNameError

LAYOUTS = ("wide", "tidy", "coinr", "series")
FACTORS = (
    "weights",
    "impute",
    "impute.draw",
    "treat",
    "treat.skew_max",
    "treat.kurt_max",
    "treat.max_points",
    "normalise",
    "aggregate",
    "leave-out",
)
AFTER = ("denominate", "treat", "normalise")


def load_spec(path: str | Path) -> IndexSpec:
    """The specification in a TOML file; see docs/how-to/index.md for its layout.

    With ``layout = "coinr"`` in ``[data]`` the tree and the indicators come from the metadata file, and ``[[group]]`` and
    ``[[indicator]]`` entries may be left out.
    """
    path = Path(path)
    values, lines = read_toml(path)
    return spec_from(values, file=path, lines=lines)


def spec_from(
    values: dict[str, Any], *, file: Path = Path("specification"), lines: dict[tuple[str | int, ...], int] | None = None
) -> IndexSpec:
    """The specification in an already parsed TOML table (``file`` names it in messages; data paths are relative to its folder)."""
    top = Section(values, (), file, lines or {})
    head = top.section("index")
    identity: dict[str, Any] = {
        "id": head.need("id"),
        "name": head.string("name"),
        "edition": head.string("edition"),
        "source": head.string("source"),
        "note": head.string("note"),
        "strengths_n": head.integer("strengths", 10, low=1),
        "strengths_always": head.integer("strengths_rank", 0),
    }
    identity["name"] = identity["name"] or identity["id"]
    level_names = head.texts("levels")
    head.done()
    data = _data(top.section("data"))
    defaults = rules.treatment(top.section("treat"), Treatment()), rules.normalisation(top.section("normalise"), Normalisation())
    aggregation = top.section("aggregate")
    levels_of = aggregation.section("by_level")
    default = rules.aggregation(aggregation, Aggregation(), also=("by_level",))
    group_sections, indicator_sections = top.sections("group"), top.sections("indicator")
    if data.layout == "coinr":
        from armillary.composite.coinr import read_meta

        if group_sections or indicator_sections:
            raise SpecError(
                "the tree comes from the metadata file when layout = 'coinr'",
                where=(group_sections or indicator_sections)[0].where(),
                fix="remove the [[group]] and [[indicator]] entries, or use layout = 'wide'",
            )
        if data.meta is None:
            raise SpecError("[data] has no 'meta'", where=top.section("data").where(), fix="name the metadata file: meta = 'iMeta.csv'")
        groups, indicators, data = read_meta(file.parent / data.meta, data)
    else:
        groups = tuple(_group(s, default) for s in group_sections)
        indicators = tuple(_indicator(s, *defaults) for s in indicator_sections)
        _check_tree(groups, indicators, group_sections, indicator_sections, file)
    depth = _depth(groups)
    levels = level_names or _default_levels(depth)
    if len(levels) != depth + 1:
        raise SpecError(
            f"levels in [index] names {len(levels)}, but the tree has {depth + 1} above the indicators",
            where=head.where("levels"),
            fix="name them from the index down to the groups that hold indicators",
        )
    by_level = []
    for level in levels_of.values:
        if level not in levels:
            raise UnknownNameError("level in [aggregate.by_level]", level, levels, where=levels_of.where(level))
        by_level.append((level, rules.aggregation_value(levels_of, level, default)))
    spec = IndexSpec(
        **identity,
        data=data,
        groups=groups,
        indicators=indicators,
        levels=levels,
        treatment=defaults[0],
        normalisation=defaults[1],
        aggregation=default,
        by_level=tuple(by_level),
        folder=file.parent,
    )
    spec = replace(
        spec,
        screening=_screening(top.section("screen"), spec),
        imputation=_imputation(top.section("impute"), spec),
        weighting=_weighting(top.section("weights"), spec),
    )
    spec = replace(spec, uncertain=tuple(_uncertain(s, spec) for s in top.sections("uncertain")))
    top.done()
    return spec


def _data(s: Section) -> DataSource:
    plain = DataSource()
    out = DataSource(
        layout=s.choice("layout", LAYOUTS, "wide"),
        values=s.text("values"),
        meta=s.text("meta"),
        unit=s.string("unit", plain.unit),
        name=s.text("name"),
        indicator=s.string("indicator", plain.indicator),
        value=s.string("value", plain.value),
        time=s.text("time"),
        at=s.integer("at", 0) if s.has("at") else None,
        window=s.integer("window", plain.window),
        source=s.texts("source"),
        groups=s.texts("groups"),
        denominators=s.texts("denominators"),
        rank=s.text("rank"),
        decimals=s.integer("decimals", 1) if s.has("decimals") else None,
        missing=s.texts("missing", plain.missing),
    )
    s.done()
    if out.at is not None and out.time is None and out.layout in ("wide", "tidy"):
        raise s.wrong("at", "needs the year column", fix="add time = '<name of the year column>'")
    return out


def _group(s: Section, default: Aggregation) -> Group:
    out = Group(
        id=s.need("id"),
        parent=s.text("parent"),
        name=s.string("name"),
        weight=s.number("weight", 1.0, low=0),
        aggregation=rules.aggregation_value(s, "aggregate", default) if s.has("aggregate") else None,
    )
    s.done()
    return out


def _indicator(s: Section, treatment: Treatment, normalisation: Normalisation) -> Indicator:
    direction = s.number("direction", 1)
    if direction not in (1, -1):
        raise s.wrong("direction", f"must be 1 (more is better) or -1 (less is better), not {direction:g}")
    own_treatment = None
    if s.has("treat"):
        if isinstance(s.values["treat"], dict):
            own_treatment = rules.treatment(s.section("treat"), treatment)
        else:
            own_treatment = replace(treatment, method=s.choice("treat", treat.METHODS, treatment.method))
    own_norm = None
    posts, target = s.pair("goalposts"), s.maybe("target")
    if posts or target is not None:
        own_norm = replace(normalisation, method="goalposts" if posts else "target", goalposts=posts, target=target)
    if s.has("normalise"):
        if isinstance(s.values["normalise"], dict):
            own_norm = rules.normalisation(s.section("normalise"), own_norm or normalisation)
        else:
            own_norm = replace(own_norm or normalisation, method=s.choice("normalise", normalise.METHODS, normalisation.method))
    out = Indicator(
        id=s.need("id"),
        parent=s.need("parent"),
        name=s.string("name"),
        direction=int(direction),
        weight=s.number("weight", 1.0, low=0),
        unit=s.text("unit"),
        denominator=s.text("denominator"),
        scale=s.number("scale", 1.0),
        treatment=own_treatment,
        normalisation=own_norm,
        series=s.text("series"),
    )
    s.done()
    return out


def _check_tree(groups: tuple[Group, ...], indicators: tuple[Indicator, ...], gs: list[Section], is_: list[Section], file: Path) -> None:
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


def _depth(groups: tuple[Group, ...]) -> int:
    parents = {g.id: g.parent for g in groups}
    deepest = 0
    for id in parents:
        depth, at = 0, parents[id]
        while at is not None:
            depth, at = depth + 1, parents[at]
        deepest = max(deepest, depth)
    return deepest


def _default_levels(depth: int) -> tuple[str, ...]:
    names = {0: ("index",), 1: ("index", "pillar"), 2: ("index", "sub-index", "pillar"), 3: ("index", "sub-index", "pillar", "sub-pillar")}
    return names.get(depth) or ("index", *(f"level-{i}" for i in range(1, depth + 1)))


def _names(s: Section, key: str, spec: IndexSpec, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    names = s.texts(key, default)
    for name in names:
        if name not in spec.levels and name not in {g.id for g in spec.groups}:
            raise UnknownNameError("level or group", name, [*spec.levels, *(g.id for g in spec.groups)], where=s.where(key))
    return names


def _level(s: Section, key: str, spec: IndexSpec) -> str | None:
    level = s.text(key)
    if level is not None and level not in spec.levels:
        raise UnknownNameError("level", level, spec.levels, where=s.where(key))
    return level


def _screening(s: Section, spec: IndexSpec) -> Screening:
    out = Screening(
        min_coverage=s.number("min_coverage", 0.0, low=0, high=1),
        within=_names(s, "within", spec, (spec.levels[0],)),
        min_parts=s.integer("min_parts", 0),
        parts_of=_level(s, "parts_of", spec),
    )
    s.done()
    if out.min_parts and out.parts_of is None:
        raise s.wrong("min_parts", "needs parts_of", fix="name the level whose groups need that many parts: parts_of = 'pillar'")
    return out


def _imputation(s: Section, spec: IndexSpec) -> Imputation:
    out = Imputation(
        method=s.choice("method", impute.METHODS, "none"),
        group=s.text("group"),
        block=_level(s, "block", spec),
        max_years=s.integer("max_years", 2, low=1),
        after=s.choice("after", AFTER, "denominate"),
    )
    s.done()
    if out.group is not None and spec.data.groups and out.group not in spec.data.groups:
        raise UnknownNameError("group column", out.group, spec.data.groups, where=s.where("group"))
    if out.method.startswith("group-") and out.group is None:
        raise SpecError(f"{out.method} in [impute] needs a grouping", where=s.where("method"), fix="add group = '<one of [data] groups>'")
    return out


def _weighting(s: Section, spec: IndexSpec) -> Weighting:
    out = Weighting(method=s.choice("method", weight.METHODS, "given"), levels=_names(s, "levels", spec))
    s.done()
    return out


def _uncertain(s: Section, spec: IndexSpec) -> Uncertain:
    factor = s.choice("factor", FACTORS, "")
    out = Uncertain(
        factor=factor,
        options=s.texts("options"),
        low=s.maybe("low"),
        high=s.maybe("high"),
        spread=s.maybe("spread"),
        level=_level(s, "level", spec),
        within=_names(s, "within", spec),
        label=s.string("label", factor),
    )
    s.done()
    known = {"impute": impute.METHODS, "treat": treat.METHODS, "normalise": normalise.METHODS, "aggregate": aggregate.METHODS}.get(factor)
    if known is not None:
        if len(out.options) < 2:
            raise SpecError(
                f"the uncertain choice '{factor}' needs at least two options",
                where=s.where("factor"),
                fix=f"for example options = ['{known[0]}', '{known[1]}']",
            )
        for option in out.options:
            if option not in known or option in ("bod", "locf"):
                raise UnknownNameError(
                    f"option of '{factor}'", option, [k for k in known if k not in ("bod", "locf")], where=s.where("options")
                )
    if factor == "aggregate" and not (out.level or out.within):
        raise SpecError("an uncertain aggregation needs a level", where=s.where("factor"), fix=f"add level = '{spec.levels[0]}'")
    if factor.startswith("treat.") or (factor == "weights" and out.spread is None and "any" not in out.options):
        if out.low is None or out.high is None or out.low >= out.high:
            raise SpecError(
                f"the uncertain choice '{factor}' needs low and high",
                where=s.where("factor"),
                fix="add low = ... and high = ..., low first",
            )
        if factor == "weights" and out.low < 0:
            raise s.wrong("low", "must be at least 0")
    if factor == "weights":
        if not (out.level or out.within):
            raise SpecError(
                "uncertain weights need a place",
                where=s.where("factor"),
                fix="name the groups whose parts' weights are drawn: within = ['...'], or a level of groups",
            )
        if out.spread is not None and not 0 < out.spread <= 1:
            raise s.wrong("spread", "must be above 0 and at most 1")
    return out
