"""Readers of the rules that may stand at several places of a specification: transformation, treatment, normalisation, aggregation."""

from __future__ import annotations

from dataclasses import replace

from armillary.composite.lines import TomlTable
from armillary.composite.steps import aggregate, moments, normalise, transform, treat
from armillary.composite.steps.aggregate import Aggregation
from armillary.composite.steps.normalise import Normalisation
from armillary.composite.steps.transform import Transformation
from armillary.composite.steps.treat import Treatment
from armillary.errors import SpecError


def transformation(s: TomlTable, base: Transformation) -> Transformation:
    """A transformation; an expression names its method by itself."""
    expression = s.string("expression")
    method = s.choice("method", transform.METHODS, "expression" if expression else base.method)
    if method == "expression" and not expression:
        raise SpecError(f"{s.title} has no 'expression'", where=s.where("method"), fix="for example expression = 'log(x + 1)'")
    if method != "expression" and expression:
        raise s.wrong("expression", f"cannot stand beside method '{method}'", fix="leave one of them out")
    for key, of in (("degree", "root"), ("lambda", "box-cox")):
        if s.has(key) and method != of:
            raise s.wrong(key, f"belongs to '{of}', the method is '{method}'")
    if method == "box-cox" and not s.has("lambda"):
        raise SpecError(
            f"box-cox in {s.title} needs its lambda", where=s.where("method"), fix="for example lambda = 0.25 (0 is the logarithm)"
        )
    if s.has("offset") and method in ("none", "expression"):
        raise s.wrong("offset", f"does nothing with '{method}'", fix="write it into the expression" if method == "expression" else None)
    try:
        out = Transformation(
            method=method,
            offset=s.number("offset", base.offset if method == base.method else 0.0),
            degree=s.number("degree", base.degree, low=1e-9),
            power=s.number("lambda", base.power),
            expression=expression,
        )
    except SpecError as error:
        raise SpecError(error.what, where=s.where("expression"), fix=error.fix) from None
    s.done()
    return out


def transformation_value(s: TomlTable, key: str, base: Transformation) -> Transformation:
    """A transformation written as a method name or as a table."""
    if isinstance(s.values.get(key), dict):
        return transformation(s.section(key), base)
    method = s.choice(key, transform.METHODS, base.method)
    if method in ("expression", "box-cox"):
        fix = f"{key} = {{ expression = 'log(x + 1)' }}" if method == "expression" else f"{key} = {{ method = 'box-cox', lambda = 0.25 }}"
        raise s.wrong(key, f"'{method}' needs more than its name", fix=f"write {fix}")
    return replace(base, method=method) if method == base.method else Transformation(method)


def _treatment_method(s: TomlTable, key: str, default: str) -> str:
    if s.has(key) and s.values[key] == "log":
        raise s.wrong(
            key,
            "= 'log' can mean two things",
            fix="for the plain logarithm of every value (goalposts go along) write transform = 'log'; "
            "for a logarithm only where skew and kurtosis are above their limits write 'log-if-skewed'",
        )
    return s.choice(key, treat.METHODS, default)


def treatment(s: TomlTable, base: Treatment) -> Treatment:
    """A treatment; what the section does not say is taken from ``base``."""
    out = Treatment(
        method=_treatment_method(s, "method", base.method),
        skew_max=s.number("skew_max", base.skew_max, low=0),
        kurt_max=s.number("kurt_max", base.kurt_max),
        max_points=s.integer("max_points", base.max_points),
        skew_kind=s.choice("skew", moments.KINDS, base.skew_kind),
        log=s.choice("log", treat.LOGS, base.log),
        log_factor=s.number("log_factor", base.log_factor, low=1e-12),
    )
    s.done()
    return out


def treatment_value(s: TomlTable, key: str, base: Treatment) -> Treatment:
    """A treatment written as a method name or as a table."""
    if isinstance(s.values.get(key), dict):
        return treatment(s.section(key), base)
    return replace(base, method=_treatment_method(s, key, base.method))


def normalisation(s: TomlTable, base: Normalisation, also: tuple[str, ...] = ()) -> Normalisation:
    """A normalisation; goalposts, a target or points name their method by themselves. ``also`` names keys that somebody else reads."""
    low, high = s.number("low", base.low), s.number("high", base.high)
    if not low < high:
        raise s.wrong("high", f"must be above low ({low:g}), not {high:g}")
    posts, target, points = s.pair("goalposts"), s.maybe("target"), s.numbers("points")
    by_itself = "goalposts" if posts else "target" if target is not None else "points" if points else base.method
    method = s.choice("method", normalise.METHODS, by_itself)
    for key, of in (("goalposts", ("goalposts",)), ("target", ("target", "percent-of-target")), ("points", ("points",))):
        if s.has(key) and method not in of:
            raise s.wrong(key, f"has no effect with method '{method}'", fix=f"leave it out, or write method = '{of[0]}'")
    if method == "points" and not (points or base.points):
        raise SpecError(f"points in {s.title} need a list", where=s.where("method"), fix="points = [10, 8, 6, 5, 4, 3, 2, 1]")
    if points and min(points) < 0:
        raise s.wrong("points", "must be at least 0: places after the last one of the list get 0")
    if list(points) != sorted(points, reverse=True):
        raise s.wrong("points", "must not grow: the first place gets the most")
    goal = base.target if target is None else target
    if method == "percent-of-target" and goal is not None and goal <= 0:
        raise s.wrong("target", "must be above 0 for a percentage of it")
    out = Normalisation(
        method=method,
        low=low,
        high=high,
        goalposts=posts or base.goalposts,
        target=base.target if target is None else target,
        cap=s.flag("cap", base.cap),
        z_mean=s.number("z_mean", base.z_mean),
        z_sd=s.number("z_sd", base.z_sd, low=1e-12),
        points=points or base.points,
        within=s.text("within", base.within),
        goalposts_on=s.choice("goalposts_on", ("raw", "transformed"), base.goalposts_on),
    )
    for key in also:
        s.has(key)
    s.done()
    return out


def aggregation(s: TomlTable, base: Aggregation, also: tuple[str, ...] = ()) -> Aggregation:
    """An aggregation; ``also`` names keys that somebody else reads."""
    shares = s.pair("shares")
    if shares and not 0 <= shares[0] < shares[1] <= 1:
        raise s.wrong("shares", "must lie between 0 and 1, the least first")
    out = Aggregation(
        method=s.choice("method", aggregate.METHODS, base.method),
        min_present=s.number("min_present", base.min_present, low=0, high=1),
        floor=s.number("floor", base.floor, low=0),
        shares=shares or base.shares,
        min_count=s.integer("min_count", base.min_count),
        power=s.number("power", base.power, low=-100, high=100),
    )
    if s.has("power") and out.method != "power":
        raise s.wrong("power", f"belongs to 'power', the method is '{out.method}'")
    if out.method == "power" and not s.has("power") and base.method != "power":
        fix = "for example power = 0.5 (0 is geometric, -1 harmonic)"
        raise SpecError(f"a power mean in {s.title} needs its power", where=s.where("method"), fix=fix)
    for key in also:
        s.has(key)
    s.done()
    return out


def aggregation_value(s: TomlTable, key: str, base: Aggregation) -> Aggregation:
    """A rule written as a method name or as a table."""
    if isinstance(s.values.get(key), dict):
        return aggregation(s.section(key), base)
    method = s.choice(key, aggregate.METHODS, base.method)
    if method == "power" and base.method != "power":
        raise s.wrong(key, "'power' needs more than its name", fix=f"write {key} = {{ method = 'power', power = 0.5 }}")
    return replace(base, method=method)
