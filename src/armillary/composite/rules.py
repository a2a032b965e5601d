"""Readers of the rules that may stand at several places of a specification: treatment, normalisation, aggregation."""

from __future__ import annotations

from dataclasses import replace

from armillary.composite.lines import Section
from armillary.composite.steps import aggregate, moments, normalise, treat
from armillary.composite.steps.aggregate import Aggregation
from armillary.composite.steps.normalise import Normalisation
from armillary.composite.steps.treat import Treatment


def treatment(s: Section, base: Treatment) -> Treatment:
    """A treatment; what the section does not say is taken from ``base``."""
    out = Treatment(
        method=s.choice("method", treat.METHODS, base.method),
        skew_max=s.number("skew_max", base.skew_max, low=0),
        kurt_max=s.number("kurt_max", base.kurt_max),
        max_points=s.integer("max_points", base.max_points),
        skew_kind=s.choice("skew", moments.KINDS, base.skew_kind),
        log=s.choice("log", treat.LOGS, base.log),
        log_factor=s.number("log_factor", base.log_factor, low=1e-12),
    )
    s.done()
    return out


def normalisation(s: Section, base: Normalisation) -> Normalisation:
    """A normalisation; goalposts or a target name their method by themselves."""
    low, high = s.number("low", base.low), s.number("high", base.high)
    if not low < high:
        raise s.wrong("high", f"must be above low ({low:g}), not {high:g}")
    posts, target = s.pair("goalposts"), s.maybe("target")
    method = s.choice("method", normalise.METHODS, "goalposts" if posts else "target" if target is not None else base.method)
    out = Normalisation(
        method=method,
        low=low,
        high=high,
        goalposts=posts or base.goalposts,
        target=base.target if target is None else target,
        cap=s.flag("cap", base.cap),
        z_mean=s.number("z_mean", base.z_mean),
        z_sd=s.number("z_sd", base.z_sd, low=1e-12),
    )
    s.done()
    return out


def aggregation(s: Section, base: Aggregation, also: tuple[str, ...] = ()) -> Aggregation:
    """An aggregation; ``also`` names keys that somebody else reads."""
    shares = s.pair("shares")
    if shares and not 0 <= shares[0] < shares[1] <= 1:
        raise s.wrong("shares", "must lie between 0 and 1")
    out = Aggregation(
        method=s.choice("method", aggregate.METHODS, base.method),
        min_present=s.number("min_present", base.min_present, low=0, high=1),
        floor=s.number("floor", base.floor, low=1e-12),
        shares=shares or base.shares,
    )
    for key in also:
        s.has(key)
    s.done()
    return out


def aggregation_value(s: Section, key: str, base: Aggregation) -> Aggregation:
    """A rule written as a method name or as a table."""
    if isinstance(s.values.get(key), dict):
        return aggregation(s.section(key), base)
    return replace(base, method=s.choice(key, aggregate.METHODS, base.method))
