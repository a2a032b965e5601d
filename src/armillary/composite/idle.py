"""Choices of a specification that can have no effect: each is said in one sentence, with its line, wherever the index is shown."""

from __future__ import annotations

from collections.abc import Iterator

from armillary.composite.lines import TomlTable
from armillary.composite.spec import IndexSpec
from armillary.composite.steps.aggregate import AT_LEAST_0
from armillary.composite.steps.impute import OVER_TIME
from armillary.composite.steps.normalise import FIXED, SCALED

BY_ORDER = ("rank", "percentile", "borda", "points")
"""Scales that know only the order of the values."""


def idle(spec: IndexSpec, top: TomlTable) -> Iterator[str]:
    """One sentence for every choice that was made and decides nothing."""
    yield from _scaling(spec, top.section("normalise"))
    yield from _turning(spec, top.section("transform"))
    yield from _treatment(spec, top.section("treat"))
    yield from _filling(spec, top.section("impute"))
    yield from _means(spec, top.section("aggregate"))
    yield from _rest(spec, top)


def _options(spec: IndexSpec, factor: str) -> set[str]:
    return {o for u in spec.uncertain if u.factor == factor for o in u.options}


def _at(s: TomlTable, key: str) -> str:
    line = s.where(key).rpartition(":")[2]
    return f"{key} in {s.title}" + (f" (line {line})" if line.isdigit() else "")


def _unused(s: TomlTable, keys: dict[str, bool], why: str) -> Iterator[str]:
    for key, has_effect in keys.items():
        if key in s.values and not has_effect:
            yield f"{_at(s, key)} has no effect: {why}"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _scaling(spec: IndexSpec, s: TomlTable) -> Iterator[str]:
    own = [i for i in spec.indicators if i.normalisation is not None]
    rules = [spec.normalisation_of(i) for i in spec.indicators]
    used = {r.method for r in rules} | _options(spec, "normalise")
    if "method" in s.values and len(own) == len(spec.indicators):
        differs = any(i.normalisation is not None and i.normalisation.method != spec.normalisation.method for i in own)
        if differs:
            has = "goalposts" if {r.method for r in rules} == {"goalposts"} else "a scale (goalposts, target or method)"
            yield f"{_at(s, 'method')} = '{spec.normalisation.method}' applies to no indicator: all {len(own)} have {has} of their own"
    said = "scaling " + " and ".join(f"'{m}'" for m in sorted(used)) + " does not use it"
    yield from _unused(
        s,
        {
            "low": bool(used & set(SCALED)),
            "high": bool(used & {*SCALED, "best", "percent-of-target"}),
            "cap": bool(used & set(FIXED)),
            "z_mean": "z" in used,
            "z_sd": "z" in used,
            "points": "points" in used,
            "within": bool(used - set(FIXED) - {"none"}),
            "goalposts_on": bool(used & set(FIXED)) and any(spec.transformation_of(i).method != "none" for i in spec.indicators),
        },
        said,
    )
    posts = [i.normalisation.goalposts for i in own if i.normalisation]
    if "goalposts" in s.values and len(own) == len(spec.indicators) and spec.normalisation.goalposts not in posts:
        yield f"{_at(s, 'goalposts')} applies to no indicator: all have their own"


def _turning(spec: IndexSpec, s: TomlTable) -> Iterator[str]:
    flat = [
        i.id
        for i in spec.indicators
        if spec.transformation_of(i).method not in ("none", "expression") and spec.normalisation_of(i).method in BY_ORDER
    ]
    plain = spec.treatment.method == "none" and spec.imputation.method == "none"
    if flat and plain and not _options(spec, "normalise") - set(BY_ORDER):
        yield f"the transformation of {_listed(flat)} has no effect: its scale knows the order of the values only"
    if s.values and all(i.transformation is not None for i in spec.indicators):
        yield f"{_at(s, 'method')} applies to no indicator: all have a transformation of their own"


def _treatment(spec: IndexSpec, s: TomlTable) -> Iterator[str]:
    rules = [spec.treatment_of(i) for i in spec.indicators]
    used = {r.method for r in rules} | _options(spec, "treat")
    logs = {r.log for r in rules if r.method != "none"} if used - {"none"} else set()
    if "method" in s.values and spec.treatment.method != "none" and all(i.treatment is not None for i in spec.indicators):
        yield f"{_at(s, 'method')} applies to no indicator: all have a treatment of their own"
    takes_log = bool(used & {"winsorise-log", "log-if-skewed"})
    yield from _unused(
        s,
        {
            "skew_max": bool(used - {"none"}),
            "kurt_max": bool(used - {"none"}),
            "skew": bool(used - {"none"}),
            "max_points": bool(used & {"winsorise", "winsorise-log"}),
            "log": takes_log,
            "log_factor": takes_log and "log-range" in (logs or {spec.treatment.log}),
        },
        f"treatment is {' and '.join(repr(m) for m in sorted(used))}",
    )
    logs_of = ("winsorise-log", "log-if-skewed")
    fixed = [i for i in spec.indicators if spec.normalisation_of(i).method in FIXED and spec.treatment_of(i).method in logs_of]
    own = [i.id for i in fixed if i.treatment is not None]
    if fixed and (own or len(fixed) == len(spec.indicators)):
        yield (
            f"the logarithm of the treatment of {_listed(own or [i.id for i in fixed])} is not taken: goalposts and targets stand "
            "for the values themselves; transform = 'log' takes the plain logarithm, goalposts along"
        )


def _filling(spec: IndexSpec, s: TomlTable) -> Iterator[str]:
    used = {spec.imputation.method} | _options(spec, "impute")
    yield from _unused(
        s,
        {
            "group": any(m.startswith("group-") for m in used),
            "block": "em" in used,
            "max_years": bool(used & set(OVER_TIME)),
            "after": bool(used - {"none", *OVER_TIME}),
        },
        f"imputation is {' and '.join(repr(m) for m in sorted(used))}",
    )


def _means(spec: IndexSpec, s: TomlTable) -> Iterator[str]:
    used = {spec.aggregation_of(g.id).method for g in spec.groups} | _options(spec, "aggregate")
    levels = {level for level, _ in spec.by_level}
    ruled = all(g.aggregation is not None or spec.level_of(g.id) in levels for g in spec.groups)
    if "method" in s.values and ruled and {spec.aggregation_of(g.id).method for g in spec.groups} != {spec.aggregation.method}:
        yield f"{_at(s, 'method')} = '{spec.aggregation.method}' applies to no group: all have a rule of their own or of their level"
    for level, rule in spec.by_level:
        at = spec.at_level(level)
        if at and all(g.aggregation is not None for g in at):
            yield f"by_level.{level} = '{rule.method}' in [aggregate] applies to no group: all of that level have a rule of their own"
    said = "means are " + " and ".join(sorted(used))
    effect = {"floor": bool(used & set(AT_LEAST_0)), "shares": "bod" in used}
    yield from _unused(s, effect, said)
    for g in spec.groups:
        if spec.aggregation_of(g.id).method == "bod" and len({p.weight for p in spec.parts(g.id)}) > 1:
            yield f"the weights of the parts of '{g.id}' have no effect: benefit of the doubt finds each unit its own"


def _rest(spec: IndexSpec, top: TomlTable) -> Iterator[str]:
    s = top.section("screen")
    asks = spec.screening.min_coverage > 0 or spec.screening.min_count > 0 or spec.screening.max_zeros < 1
    yield from _unused(s, {"within": asks}, "no min_coverage, min_count or max_zeros is given")
    yield from _unused(s, {"parts_of": spec.screening.min_parts > 0}, "no min_parts is given")
    s = top.section("weights")
    method = spec.weighting.method
    yield from _unused(s, {"levels": method != "given"}, "weights are given by the specification")
    chosen = spec.weighted_groups()
    if method in ("equal", "pca"):
        for g in spec.groups:
            if g.id in chosen and len({p.weight for p in spec.parts(g.id)}) > 1:
                yield f"the weights given to the parts of '{g.id}' have no effect: [weights] method = '{method}' makes them"
    if spec.root.weight != 1:
        yield f"the weight of the index '{spec.root.id}' itself has no effect"
    s = top.section("data")
    layout = spec.data.layout
    tidy = layout == "tidy"
    yield from _unused(
        s,
        {"indicator": tidy, "value": tidy, "meta": layout == "coinr", "window": layout == "series", "source": layout == "series"},
        f"layout is '{layout}'",
    )
    series = [i.id for i in spec.indicators if i.series is not None]
    if series and layout != "series":
        yield f"series of {_listed(series)} has no effect: layout is '{layout}'"
    untreated = all(spec.treatment_of(i).method == "none" for i in spec.indicators) and not _options(spec, "treat") - {"none"}
    for u in spec.uncertain:
        if u.factor.startswith("treat.") and untreated:
            yield f"the uncertain '{u.factor}' has no effect: no indicator is treated"
