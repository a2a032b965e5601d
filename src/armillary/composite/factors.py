"""Uncertain choices as numbers: each factor of a specification takes a block of uniform columns, and a row of them is one draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from armillary.composite.matrix import Floats, Ints
from armillary.composite.spec import IndexSpec, Uncertain
from armillary.errors import SpecError, UsageError

NUMERIC = ("treat.skew_max", "treat.kurt_max", "treat.max_points")


@dataclass(frozen=True, slots=True)
class Factor:
    """One uncertain choice and the columns of the design that decide it (``start`` to ``stop``)."""

    rule: Uncertain
    start: int
    stop: int

    @property
    def label(self) -> str:
        """What the factor is called in tables and charts."""
        place = self.rule.level or ", ".join(self.rule.within)
        return self.rule.label if self.rule.label != self.rule.factor or not place else f"{self.rule.factor} ({place})"


@dataclass(frozen=True, slots=True, eq=False)
class FactorDraws:
    """Decoded draws. ``options[factor position]`` holds option numbers, ``numbers`` real values, ``weights[group]`` (draws, parts)."""

    options: dict[int, Ints]
    numbers: dict[str, Floats]
    weights: dict[str, Floats]
    left_out: dict[int, Ints]
    noise: Ints | None


def factors(spec: IndexSpec) -> list[Factor]:
    """The factors of a specification with their columns."""
    if not spec.uncertain:
        raise UsageError("the specification marks no choice as uncertain", fix="add [[uncertain]] entries; docs/how-to/index.md shows them")
    out: list[Factor] = []
    at = 0
    taken: set[tuple[str, str]] = set()
    for rule in spec.uncertain:
        for place in targets(spec, rule) or [""]:
            if (rule.factor, place) in taken:
                raise SpecError(
                    f"two uncertain entries decide '{rule.factor}'" + (f" of group '{place}'" if place else ""), fix="keep one of them"
                )
            taken.add((rule.factor, place))
        width = sum(len(spec.parts(g)) for g in targets(spec, rule)) if rule.factor == "weights" else 1
        out.append(Factor(rule, at, at + width))
        at += width
    return out


def targets(spec: IndexSpec, rule: Uncertain) -> list[str]:
    """The groups that a factor speaks of."""
    names = (*((rule.level,) if rule.level else ()), *rule.within)
    return list(dict.fromkeys(spec.resolve(names)))


def width(spec: IndexSpec) -> int:
    """Number of uniform columns that a draw needs."""
    return factors(spec)[-1].stop


def decode(spec: IndexSpec, u: Floats, noise: Ints | None = None) -> FactorDraws:
    """What each row of ``u`` (draws, columns; values in [0, 1)) decides; ``noise`` numbers the redraw of imputed values of each row."""
    options: dict[int, Ints] = {}
    numbers: dict[str, Floats] = {}
    weights: dict[str, Floats] = {}
    left_out: dict[int, Ints] = {}
    wants_noise = False
    for k, factor in enumerate(factors(spec)):
        rule, x = factor.rule, u[:, factor.start : factor.stop]
        if rule.factor == "weights":
            for group, columns in _split(spec, rule):
                given = np.array([p.weight for p in spec.parts(group)])
                weights[group] = _weights(rule, given, x[:, columns])
        elif rule.factor in NUMERIC:
            assert rule.low is not None and rule.high is not None
            if rule.factor == "treat.max_points":
                numbers[rule.factor] = np.floor(rule.low + x[:, 0] * (rule.high - rule.low + 1))
            else:
                numbers[rule.factor] = rule.low + x[:, 0] * (rule.high - rule.low)
        elif rule.factor == "impute.draw":
            wants_noise = True
        elif rule.factor == "leave-out":
            left_out[k] = np.floor(x[:, 0] * (len(droppable(spec, rule)) + 1)).astype(np.int64) - 1
        else:
            options[k] = np.floor(x[:, 0] * len(rule.options)).astype(np.int64)
    return FactorDraws(options, numbers, weights, left_out, noise if wants_noise else None)


def droppable(spec: IndexSpec, rule: Uncertain) -> list[int]:
    """Positions of the indicators of which a ``leave-out`` factor drops one at a time (or none)."""
    place = {i.id: j for j, i in enumerate(spec.indicators)}
    groups = targets(spec, rule)
    ids = [i for g in groups for i in spec.leaves(g)] if groups else list(place)
    return [place[i] for i in ids]


def _split(spec: IndexSpec, rule: Uncertain) -> Iterator[tuple[str, slice]]:
    at = 0
    for group in targets(spec, rule):
        n = len(spec.parts(group))
        yield group, slice(at, at + n)
        at += n


def _weights(rule: Uncertain, given: Floats, u: Floats) -> Floats:
    """``spread``: given weights times U(1 - s, 1 + s); ``low, high``: shares from that range; ``any``: uniform over all weight vectors."""
    if "any" in rule.options:
        return -np.log1p(-u)
    if rule.spread is not None:
        return np.asarray(given * (1 + rule.spread * (2 * u - 1)))
    assert rule.low is not None and rule.high is not None
    return np.asarray(rule.low + u * (rule.high - rule.low))
