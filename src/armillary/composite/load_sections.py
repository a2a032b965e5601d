"""The sections of a specification that are about the whole: data, coverage, imputation, weights, rescaling, uncertain choices."""

from __future__ import annotations

import codecs

from armillary.composite import rules
from armillary.composite.lines import TomlTable
from armillary.composite.load_tree import ZEROS
from armillary.composite.spec import MOST_WEIGHT, DataSource, Imputation, IndexSpec, Screening, Uncertain, Weighting
from armillary.composite.steps import aggregate, impute, normalise, treat, weight
from armillary.composite.steps.normalise import Normalisation
from armillary.composite.steps.rank import RankRule
from armillary.core.ranks import TIE_RULES
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
AFTER = ("denominate", "transform", "treat", "normalise")


def data(s: TomlTable) -> DataSource:
    """``[data]``."""
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
        missing=_missing(s, plain.missing),
        encoding=s.string("encoding", plain.encoding),
        sheet=s.text("sheet"),
        skip=s.integer("skip", 0),
        decimal=s.choice("decimal", (".", ","), plain.decimal),
        only=_filters(s.section("only")),
        without=_filters(s.section("without")),
        zeros=s.choice("zeros", ZEROS, ""),
        matches=s.text("matches"),
    )
    s.done()
    try:
        codecs.lookup(out.encoding)
    except LookupError:
        raise s.wrong("encoding", f"names no encoding: '{out.encoding}'", fix="for example 'utf-8', 'latin-1' or 'cp1252'") from None
    if out.at is not None and out.time is None and out.layout in ("wide", "tidy"):
        raise s.wrong("at", "needs the year column", fix="add time = '<name of the year column>'")
    return out


def _missing(s: TomlTable, default: tuple[str, ...]) -> tuple[str, ...]:
    """What stands for nothing: texts or numbers; an empty cell always does."""
    if not s.has("missing"):
        return default
    value = s.values["missing"]
    cells = value if isinstance(value, list) else [value]
    if not all(isinstance(c, str | int | float) and not isinstance(c, bool) for c in cells):
        raise s.wrong("missing", f"must be a list of texts or numbers, not {value!r}")
    return tuple(dict.fromkeys(["", *(str(c).strip() for c in cells)]))


def _filters(s: TomlTable) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Columns with the values by which units are kept or dropped."""
    out = []
    for column in s.values:
        value = s.values[column]
        cells = value if isinstance(value, list) else [value]
        s.has(column)
        if not cells or not all(isinstance(c, str | int | float) and not isinstance(c, bool) for c in cells):
            raise s.wrong(column, f"must be a value or a list of values, not {value!r}")
        out.append((column, tuple(str(c) for c in cells)))
    return tuple(out)


def _names(s: TomlTable, key: str, spec: IndexSpec, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    names = s.texts(key, default)
    for name in names:
        if name not in spec.levels and name not in {g.id for g in spec.groups}:
            raise UnknownNameError("level or group", name, [*spec.levels, *(g.id for g in spec.groups)], where=s.where(key))
    return names


def _level(s: TomlTable, key: str, spec: IndexSpec) -> str | None:
    level = s.text(key)
    if level is not None and level not in spec.levels:
        raise UnknownNameError("level", level, spec.levels, where=s.where(key))
    return level


def screening(s: TomlTable, spec: IndexSpec) -> Screening:
    """``[screen]``."""
    out = Screening(
        min_coverage=s.number("min_coverage", 0.0, low=0, high=1),
        min_count=s.integer("min_count", 0),
        max_zeros=s.number("max_zeros", 1.0, low=0, high=1),
        within=_names(s, "within", spec, (spec.levels[0],)),
        min_parts=s.integer("min_parts", 0),
        parts_of=_level(s, "parts_of", spec),
    )
    s.done()
    for id in spec.resolve(out.within):
        if out.min_count > len(spec.leaves(id)):
            raise s.wrong("min_count", f"is {out.min_count}, but '{id}' has {len(spec.leaves(id))} indicators, so nobody would be ranked")
    if out.min_parts and out.parts_of is None:
        raise s.wrong("min_parts", "needs parts_of", fix="name the level whose groups need that many parts: parts_of = 'pillar'")
    return out


def imputation(s: TomlTable, spec: IndexSpec) -> Imputation:
    """``[impute]``."""
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


def weighting(s: TomlTable, spec: IndexSpec) -> tuple[Weighting, tuple[tuple[int, tuple[tuple[str, float], ...]], ...]]:
    """``[weights]`` and ``[weights.years.YEAR]``."""
    out = Weighting(method=s.choice("method", weight.METHODS, "given"), levels=_names(s, "levels", spec))
    years = s.section("years")
    s.done()
    yearly = []
    for key in years.values:
        if not key.isdigit():
            raise years.wrong(key, "is no year", fix="write [weights.years.2024]")
        one = years.section(key)
        for id in one.values:
            if id not in spec.ids():
                raise UnknownNameError("group or indicator", id, spec.ids(), where=one.where(id))
        yearly.append((int(key), tuple((id, one.number(id, 1.0, low=0, high=MOST_WEIGHT)) for id in one.values)))
        try:
            IndexSpec.of_year(_with_years(spec, yearly), int(key))
        except SpecError as error:
            raise SpecError(f"weights of {key}: {error.what}", where=one.where(), fix=error.fix) from None
    return out, tuple(sorted(yearly))


def _with_years(spec: IndexSpec, yearly: list[tuple[int, tuple[tuple[str, float], ...]]]) -> IndexSpec:
    from dataclasses import replace

    return replace(spec, yearly=tuple(yearly))


def rescaling(s: TomlTable, spec: IndexSpec) -> tuple[Normalisation | None, tuple[str, ...]]:
    """``[rescale]``: how finished scores are scaled, and on which levels (the index alone, if none is named)."""
    levels = _names(s, "levels", spec, spec.levels[:1])
    if not s.values:
        return None, ()
    how = rules.normalisation(s, Normalisation("none"), also=("levels",))
    if how.method == "none":
        raise SpecError("[rescale] names no method", where=s.where(), fix="for example method = 'best': the best gets 100")
    if how.method == "goalposts" and how.goalposts is None:
        raise SpecError("[rescale] by goalposts needs them", where=s.where("method"), fix="goalposts = [worst, best]")
    return how, levels


def ranking(s: TomlTable) -> RankRule:
    """``[rank]``."""
    out = RankRule(decimals=s.integer("decimals", 0) if s.has("decimals") else None, ties=s.choice("ties", TIE_RULES, "min"))
    s.done()
    return out


def uncertain(s: TomlTable, spec: IndexSpec) -> Uncertain:
    """One ``[[uncertain]]``."""
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
    _keys(s, out)
    known = {"impute": impute.METHODS, "treat": treat.METHODS, "normalise": normalise.METHODS, "aggregate": aggregate.METHODS}.get(factor)
    if known is not None:
        if len(out.options) < 2:
            raise SpecError(
                f"the uncertain choice '{factor}' needs at least two options",
                where=s.where("factor"),
                fix=f"for example options = ['{known[0]}', '{known[1]}']",
            )
        fixed = (*impute.OVER_TIME, "bod", "power")
        for option in out.options:
            if option not in known or option in fixed:
                drawn = [k for k in known if k not in fixed]
                raise UnknownNameError(f"option of '{factor}'", option, drawn, where=s.where("options"))
        if len(set(out.options)) < len(out.options):
            raise s.wrong("options", "names one option twice")
    if factor == "normalise":
        _scalings(s, out.options, spec)
    if factor == "aggregate" and not (out.level or out.within):
        raise SpecError("an uncertain aggregation needs a level", where=s.where("factor"), fix=f"add level = '{spec.levels[0]}'")
    if factor.startswith("treat.") or (factor == "weights" and out.spread is None and "any" not in out.options):
        if out.low is None or out.high is None or out.low >= out.high:
            raise SpecError(
                f"the uncertain choice '{factor}' needs low and high",
                where=s.where("factor"),
                fix="add low = ... and high = ..., low first",
            )
        if factor in ("weights", "treat.skew_max", "treat.max_points") and out.low < 0:
            raise s.wrong("low", "must be at least 0")
    if factor == "treat.max_points" and (out.low, out.high) != (round(out.low or 0), round(out.high or 0)):
        raise s.wrong("low", "and high must be whole numbers of points")
    if factor == "weights":
        if not (out.level or out.within):
            raise SpecError(
                "uncertain weights need a place",
                where=s.where("factor"),
                fix="name the groups whose parts' weights are drawn: within = ['...'], or a level of groups",
            )
        if out.spread is not None and not 0 < out.spread <= 1:
            raise s.wrong("spread", "must be above 0 and at most 1")
        _shares(s, out, spec)
    return out


KEYS = {"weights": ("options", "low", "high", "spread", "level", "within"), "aggregate": ("options", "level", "within")}
KEYS |= {"impute": ("options",), "treat": ("options",), "normalise": ("options",), "impute.draw": (), "leave-out": ("level", "within")}


def _keys(s: TomlTable, rule: Uncertain) -> None:
    """A key that the factor does not use, and two keys that say the same thing otherwise."""
    for key in ("options", "low", "high", "spread", "level", "within"):
        if s.has(key) and key not in KEYS.get(rule.factor, ("low", "high")):
            raise s.wrong(key, f"does nothing for the factor '{rule.factor}'", fix="leave it out")
    if rule.factor != "weights":
        return
    for option in rule.options:
        if option != "any":
            raise UnknownNameError("option of 'weights'", option, ("any",), where=s.where("options"))
    ways = [k for k, given in (("options", rule.options), ("spread", rule.spread is not None), ("low", rule.low is not None)) if given]
    if len(ways) > 1:
        raise s.wrong(ways[1], f"stands beside {ways[0]}, and both say how weights are drawn", fix="keep one of them")


def _shares(s: TomlTable, rule: Uncertain, spec: IndexSpec) -> None:
    """Bounds between which no weights of a group add up to one."""
    if rule.factor != "weights" or rule.low is None or rule.high is None:
        return
    if rule.high > 1:
        raise s.wrong("high", f"must be at most 1, not {rule.high:g}", fix="low and high are shares of the group's weight")
    for id in spec.resolve((*((rule.level,) if rule.level else ()), *rule.within)):
        n = len(spec.parts(id))
        if n > 1 and (rule.low * n > 1 + 1e-9 or rule.high * n < 1 - 1e-9):
            end, key = (
                (f"at least {100 * rule.low * n:.0f} %", "low") if rule.low * n > 1 else (f"at most {100 * rule.high * n:.0f} %", "high")
            )
            fix = f"low at most {1 / n:.3g} and high at least {1 / n:.3g}"
            raise s.wrong(
                key, f"is impossible: weights from {rule.low:g} to {rule.high:g} of the {n} parts of '{id}' add up to {end}", fix=fix
            )


def _scalings(s: TomlTable, options: tuple[str, ...], spec: IndexSpec) -> None:
    """Options of the scaling that no indicator could take."""
    rules_ = [spec.normalisation_of(i) for i in spec.indicators]
    for option in options:
        what = {"goalposts": "goalposts", "target": "a target", "percent-of-target": "a target", "points": "points"}.get(option)
        have = [r.goalposts if option == "goalposts" else r.points if option == "points" else r.target for r in rules_]
        if what and not any(h is not None and h != () for h in have):
            raise s.wrong("options", f"hold '{option}', but no indicator has {what}")
