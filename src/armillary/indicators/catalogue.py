"""The registry of indicators. It drives the command line, the method pages, the API and the web text."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from functools import cache
from typing import Any, Literal

import ibis.expr.types as ir

from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe, Scalar, Split
from armillary.counting.credits import CREDIT, scaled, unit_credits
from armillary.errors import UnknownNameError
from armillary.indicators.needs import Need

Contributions = Callable[[Corpus, Recipe], ir.Table]
Scores = Callable[[Corpus, Recipe], ir.Table | None]
ALL_UNITS = ("country", "institution", "city", "region", "author", "field")


STORED_NAME = re.compile(r"[A-Za-z][\w-]{0,63}(?::[\w-]{1,64})?", re.ASCII)
"""What something in an observatory may be called, with a level behind a colon; no file has such a name."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of an indicator: default, meaning, and the values it may take (None: any of the default's type).

    With ``file`` it may also be the path of a ``.csv`` or ``.parquet`` file, on the command line and in Python, never in a request; with
    ``named`` also the name of something in the observatory (letters, digits, ``_`` and ``-``, and a level behind a colon).
    """

    default: Scalar
    meaning: str
    choices: tuple[Scalar, ...] | None = None
    file: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What an indicator says of itself: names and texts for people, and the defaults of its recipe.

    ``kind`` is ``total`` (value = sum of num) or ``mean`` (value = sum of num / sum of den).
    """

    id: str
    _: KW_ONLY
    name: str
    measure: str
    formula: str
    source: str
    example: str = ""
    kind: Literal["total", "mean"] = "mean"
    counting: str = "full"
    split: Split = "address"
    scope: str = "default"
    units: tuple[str, ...] = ALL_UNITS
    options: Mapping[str, Option] = field(default_factory=dict)
    percent: bool = False
    decimals: int = 2
    tags: tuple[str, ...] = ()
    by_presence: bool = False
    """Whether a unit needs only to be on a work for it to count, whatever part of it the counting method gives."""
    against_all: bool = False
    """Whether the value compares a unit with all works of the corpus, as if these were the world; a note says so where they are not."""
    needs: tuple[Need, ...] = ()
    """What it needs of a work, beside a unit, in the order in which *why not* looks at it."""


@dataclass(frozen=True, slots=True)
class Indicator(Facts):
    """One indicator: its facts, its module (``family``), its text, and the one function that gives its contributions.

    ``work_scores`` is set for indicators that are *credit times what the work scores*: it gives ``work_id, score`` for every work that
    counts (or None where every work scores 1), and the contributions follow. Beside the score may stand ``is_scored``, true exactly where
    the score is not null: indicators that share it share their denominator when they are computed together.
    """

    family: str
    doc: str
    function: Contributions | None = None
    work_scores: Scores | None = None

    def contributions(self, corpus: Corpus, recipe: Recipe) -> ir.Table:
        """``unit_id, period, work_id, num`` and, for means, ``den``: int64 in credit units, lazy; several rows a (unit, work) are
        allowed."""
        if self.function is not None:
            return self.function(corpus, recipe)
        assert self.work_scores is not None
        credits = unit_credits(corpus, recipe)
        scores = self.work_scores(corpus, recipe)
        if scores is None:
            return credits.rename(num="credit")
        joined = credits.join(scores, "work_id")
        joined = joined.filter(joined.score.notnull())
        num = scaled(joined.credit, joined.score)
        if self.kind == "total":
            return joined.select("unit_id", "period", "work_id", num=num)
        return joined.select("unit_id", "period", "work_id", num=num, den=joined.credit)


_REGISTRY: dict[str, Indicator] = {}


def _register(facts: Facts, *, of: Callable[..., Any], function: Contributions | None = None, work_scores: Scores | None = None) -> None:
    family = of.__module__.rsplit(".", 1)[-1]
    if facts.id in _REGISTRY and _REGISTRY[facts.id].family != family:
        raise ValueError(f"indicator '{facts.id}' is defined twice")
    own = {f.name: getattr(facts, f.name) for f in fields(facts)}
    scores = None if work_scores is None else _without_step(work_scores)
    _REGISTRY[facts.id] = Indicator(**own, family=family, doc=(of.__doc__ or "").strip(), function=function, work_scores=scores)


def _without_step(scores: Scores) -> Scores:
    return lambda corpus, recipe: scores(corpus, recipe.but(step=0))


class indicator(Facts):
    """Register a function ``(corpus, recipe) -> unit_id, period, work_id, num[, den]`` as an indicator.

    A decorator whose arguments are the :class:`Facts`: they are listed there and nowhere else.
    """

    def __call__(self, function: Contributions) -> Contributions:
        """Add it to the registry; the function stays as it is."""
        _register(self, function=function, of=function)
        return function


class work_indicator(Facts):
    """Register a function ``(corpus, recipe) -> work_id, score`` as an indicator: num = credit * score, den = credit.

    The function is handed the recipe without its step, since what a work scores does not depend on the periods it is shown in. It
    gives one row for every work of the recipe's scope that the indicator can judge; works that it leaves out, or gives no score (null),
    count in neither numerator nor denominator. None means that every work scores 1. Most indicators of publications are of this form,
    and those that are can be computed together in one pass.
    """

    def __call__(self, function: Scores) -> Scores:
        """Add it to the registry; the function stays as it is."""
        _register(self, work_scores=function, of=function)
        return function


def yes_no(facts: ir.Table, condition: ir.BooleanValue) -> ir.Table:
    """``work_id, score`` of works that either have something or not: 1, 0, or null where ``condition`` is unknown."""
    return facts.select("work_id", score=condition.cast("int8"))


def all_indicators() -> dict[str, Indicator]:
    """Every indicator by id, in alphabetical order."""
    _load()
    return dict(sorted(_REGISTRY.items()))


@cache
def _load() -> None:
    package = importlib.import_module("armillary.indicators")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"armillary.indicators.{module.name}")


def indicator_info(id: str) -> Indicator:
    """The indicator of that id; :class:`UnknownNameError` suggests near ones."""
    known = all_indicators()
    if id not in known:
        raise UnknownNameError("indicator", id, known)
    return known[id]


__all__ = ["CREDIT", "Indicator", "Option", "all_indicators", "indicator", "indicator_info", "work_indicator", "yes_no"]
