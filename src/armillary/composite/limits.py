"""Settings that are impossible together: refused with the line on which they stand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from armillary.composite.lines import TomlTable
from armillary.composite.spec import Component, Group, IndexSpec, nodes
from armillary.composite.steps.aggregate import AT_LEAST_0
from armillary.composite.steps.normalise import SCALED, Normalisation
from armillary.errors import SpecError, UnknownNameError


def check_weights(
    groups: Sequence[Group], indicators: Sequence[Component], gs: Sequence[TomlTable], is_: Sequence[TomlTable], file: Path
) -> None:
    """A group whose parts all weigh nothing has no score."""
    sections = dict(zip([g.id for g in groups], gs, strict=False))
    owners = dict(zip([i.id for i in indicators], is_, strict=False))
    for g in groups:
        parts = [p for p in nodes(groups, indicators) if p.parent == g.id]
        if parts and not sum(p.weight for p in parts):
            s = owners.get(parts[0].id) or sections.get(parts[0].id)
            raise SpecError(
                f"all parts of group '{g.id}' have weight 0, so it has no score",
                where=s.where("weight") if s else file,
                fix="give one of them a weight, or remove the group",
            )


def check(spec: IndexSpec, top: TomlTable) -> None:
    """Shares that cannot add up, counts that nobody can reach, groupings that the data do not name."""
    general = top.section("aggregate")
    sections = {str(s.values.get("id")): s for s in top.sections("group")}
    sampled = {o for u in spec.uncertain if u.factor == "aggregate" for o in u.options}
    for g in spec.groups:
        rule, n = spec.aggregation_of(g.id), len(spec.parts(g.id))
        own = sections.get(g.id)
        s, key = (own, "aggregate") if own is not None and g.aggregation is not None else (general, "shares")
        if rule.shares and (rule.method == "bod" or "bod" in sampled) and n > 1:
            least, most = rule.shares
            if least * n > 1 + 1e-12 or most * n < 1 - 1e-12:
                total = f"at least {100 * least * n:.0f} %" if least * n > 1 else f"at most {100 * most * n:.0f} %"
                raise s.wrong(
                    key,
                    f"shares [{least:g}, {most:g}] cannot add up to one over the {n} parts of '{g.id}': they make {total}",
                    fix=f"least at most {1 / n:.3g}, greatest at least {1 / n:.3g}",
                )
        if rule.min_count > n:
            where = key if s is own and own is not None else "min_count"
            raise s.wrong(where, f"min_count is {rule.min_count}, but group '{g.id}' has {n} parts, so it would never have a score")
    _floors(spec, general, sections)
    for name, rules in (
        ("normalise", [spec.normalisation, *(spec.normalisation_of(i) for i in spec.indicators)]),
        ("rescale", _rescalings(spec)),
    ):
        for one in rules:
            if one.within is not None and one.within not in spec.data.groups:
                s = top.section(name)
                raise UnknownNameError("grouping in [data] groups", one.within, spec.data.groups or ("(none)",), where=s.where("within"))


def _floors(spec: IndexSpec, general: TomlTable, sections: dict[str, TomlTable]) -> None:
    """A floor at the top of the scale or above it makes everybody equal."""
    tops = {r.high for r in map(spec.normalisation_of, spec.indicators) if r.method in (*SCALED, "best", "percent-of-target")}
    whole = len(tops) == 1 and all(spec.normalisation_of(i).method in (*SCALED, "best", "percent-of-target") for i in spec.indicators)
    for g in spec.groups:
        rule = spec.aggregation_of(g.id)
        if whole and not _rescalings(spec) and rule.method in AT_LEAST_0 and rule.floor >= max(tops):
            own = sections.get(g.id)
            s, key = (own, "aggregate") if own is not None and g.aggregation is not None else (general, "floor")
            raise s.wrong(key, f"has the floor {rule.floor:g}, but scores end at {max(tops):g}: all units would be equal")


def _rescalings(spec: IndexSpec) -> list[Normalisation]:
    return [r for r in (spec.rescaling, *(g.rescaling for g in spec.groups)) if r is not None]
