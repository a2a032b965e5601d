"""Scopes: which works count. A scope is an ordered list of named filters; the first that drops a work is the answer to *why not*.

Scopes themselves are data (``registry/scopes``); filters stand in :mod:`armillary.counting.filters` and beside what they need.
"""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from armillary import registry
from armillary.core import guarded
from armillary.core.corpus import Corpus
from armillary.core.recipe import Period, Recipe
from armillary.counting import core_sources, query, technologies  # noqa: F401  (each registers its filters)
from armillary.counting.filters import WorkFilter, split_spec
from armillary.counting.subjects import resolve_subject
from armillary.errors import SpecError, UnknownNameError


def scopes() -> dict[str, dict[str, Any]]:
    """The built-in scopes by name: meaning, source, filters."""
    return registry.read_toml("scopes", "scopes.toml")


def resolve_scope(name: str) -> tuple[str, ...]:
    """Filters of a built-in scope, or of a TOML file with one table ``[name]`` that has ``filters = [...]``."""
    if name in scopes():
        return tuple(scopes()[name]["filters"])
    if name.endswith(".toml"):
        path = Path(name)
        data = guarded.read_toml(path, error=SpecError)
        tables = [t for t in data.values() if isinstance(t, dict) and isinstance(t.get("filters"), list)]
        if len(tables) != 1:
            raise SpecError(
                f"{len(tables)} tables with filters; one is needed", where=path, fix='write [my-scope] and filters = ["not-retracted", ...]'
            )
        for spec in tables[0]["filters"]:
            split_spec(str(spec))
        return tuple(str(s) for s in tables[0]["filters"])
    raise UnknownNameError("scope", name, scopes())


def work_filters(corpus: Corpus, recipe: Recipe) -> list[tuple[WorkFilter, str]]:
    """All filters of a recipe in order: period, scope, subject."""
    specs = []
    if recipe.period != Period():
        specs.append(f"period:{recipe.period}")
    specs += recipe.scope
    if recipe.subject:
        specs.append(resolve_subject(corpus, recipe.subject, journal_scope=any(s.startswith("journals:") for s in recipe.scope)).spec)
    return [split_spec(s) for s in specs]


def scoped_works(corpus: Corpus, recipe: Recipe) -> ir.Table:
    """Works in the recipe's scope, subject and period: the ``work`` table with ``period`` added (see :func:`with_period`)."""

    def build() -> ir.Table:
        works = corpus.table("work")
        keeps = [f.keep(corpus, works, arg) for f, arg in work_filters(corpus, recipe)]
        if keeps:
            works = works.filter(reduce(lambda a, b: a & b, keeps))
        return with_period(corpus, works, recipe)

    chosen = (recipe.scope, recipe.subject, str(recipe.period), recipe.step)
    return corpus.memo(f"scoped_works:{chosen}", build, keep=False)


def with_period(corpus: Corpus, works: ir.Table, recipe: Recipe) -> ir.Table:
    """Add ``period``: 0 for the whole, the year for yearly steps, the last year of each window for longer steps (a work is in several)."""
    if recipe.step == 0:
        return works.mutate(period=ibis.literal(0, type="int16"))
    works = works.filter(works.year.notnull())
    if recipe.step == 1:
        return works.mutate(period=works.year)
    first, last = year_range(corpus, recipe)
    shifts = ibis.memtable({"shift": list(range(recipe.step))}, schema={"shift": "int16"})
    moved = works.cross_join(shifts)
    moved = moved.mutate(period=(moved.year + moved.shift).cast("int16"))
    return moved.filter((moved.period >= first + recipe.step - 1) & (moved.period <= last)).drop("shift")


def year_range(corpus: Corpus, recipe: Recipe) -> tuple[int, int]:
    """First and last year of the recipe's period, taken from the works where the period is open."""
    first, last = recipe.period.first, recipe.period.last
    if first is None or last is None:
        earliest, latest = data_years(corpus) or (0, 0)
        first, last = first or earliest, last or latest
    return int(first), int(last)


def data_years(corpus: Corpus) -> tuple[int, int] | None:
    """First and last publication year of all works; None without any."""

    def look() -> dict[str, int | None]:
        work = corpus.table("work")
        row: dict[str, int | None] = corpus.fetch(work.aggregate(a=work.year.min(), b=work.year.max())).to_pylist()[0]
        return row

    row = corpus.value("year_range", look)
    return None if row["a"] is None else (int(row["a"]), int(row["b"]))


def period_label(recipe: Recipe, period: int) -> str:
    """What people read for a period code."""
    if recipe.step == 0:
        return str(recipe.period)
    return str(period) if recipe.step == 1 else f"{period - recipe.step + 1}-{period}"


def funnel(corpus: Corpus, specs: tuple[str, ...]) -> list[dict[str, Any]]:
    """For each filter in order: ``filter, reason, dropped, left``, counting only works that the earlier ones kept."""
    works = corpus.table("work")
    parts = [split_spec(s) for s in specs]
    flags = works.select(**{f"f{i}": f.keep(corpus, works, arg).fill_null(False) for i, (f, arg) in enumerate(parts)})
    sums: dict[str, Any] = {"all": flags.count()}
    passed: Any = ibis.literal(True)
    for i in range(len(parts)):
        passed = passed & flags[f"f{i}"]
        sums[f"left{i}"] = ibis.ifelse(passed, 1, 0).sum().fill_null(0)
    counts = corpus.fetch(flags.aggregate(**sums)).to_pylist()[0]
    out, before = [], counts["all"]
    for i, spec in enumerate(specs):
        left = counts[f"left{i}"]
        out.append({"filter": spec, "reason": parts[i][0].reason, "dropped": before - left, "left": left})
        before = left
    return out
