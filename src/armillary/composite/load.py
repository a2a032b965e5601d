"""Read an index specification from TOML. Every complaint names the line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from armillary.composite import idle, limits, load_sections, load_tree, rules
from armillary.composite.coinr import read_meta
from armillary.composite.lines import TomlTable, read_toml
from armillary.composite.spec import IndexSpec
from armillary.composite.steps.aggregate import Aggregation
from armillary.composite.steps.normalise import Normalisation
from armillary.composite.steps.transform import Transformation
from armillary.composite.steps.treat import Treatment
from armillary.errors import SpecError, UnknownNameError


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
    top = TomlTable(values, (), file, lines or {})
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
    data = load_sections.data(top.section("data"))
    defaults = (
        rules.treatment(top.section("treat"), Treatment()),
        rules.normalisation(top.section("normalise"), Normalisation()),
        rules.transformation(top.section("transform"), Transformation()),
    )
    aggregation = top.section("aggregate")
    levels_of = aggregation.section("by_level")
    default = rules.aggregation(aggregation, Aggregation(), also=("by_level",))
    group_sections, indicator_sections = top.sections("group"), top.sections("indicator")
    if data.layout == "coinr":
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
        groups = tuple(load_tree.group(s, default) for s in group_sections)
        indicators = tuple(load_tree.indicator(s, *defaults) for s in indicator_sections)
        load_tree.check_tree(groups, indicators, group_sections, indicator_sections, file)
    depth = load_tree.depth(groups)
    levels = level_names or load_tree.default_levels(depth)
    limits.check_weights(groups, indicators, group_sections, indicator_sections, file)
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
        transformation=defaults[2],
        ranking=load_sections.ranking(top.section("rank")),
        aggregation=default,
        by_level=tuple(by_level),
        folder=file.parent,
    )
    weighting, yearly = load_sections.weighting(top.section("weights"), spec)
    rescaling, rescaled = load_sections.rescaling(top.section("rescale"), spec)
    spec = replace(
        spec,
        screening=load_sections.screening(top.section("screen"), spec),
        imputation=load_sections.imputation(top.section("impute"), spec),
        weighting=weighting,
        yearly=yearly,
        rescaling=rescaling,
        rescale_levels=rescaled,
    )
    spec = replace(spec, uncertain=tuple(load_sections.uncertain(s, spec) for s in top.sections("uncertain")))
    top.done()
    limits.check(spec, top)
    return replace(spec, said=_said(values), notes=tuple(idle.idle(spec, top)))


def _said(values: dict[str, Any]) -> frozenset[str]:
    """Which sections and keys are given."""
    out = set(values)
    for name, section in values.items():
        for one in [section] if isinstance(section, dict) else section if isinstance(section, list) else []:
            out |= {f"{name}.{key}" for key in one}
    return frozenset(out)
