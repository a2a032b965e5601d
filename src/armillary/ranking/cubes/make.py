"""Making cubes: the expressions of :mod:`armillary.ranking.passes`, summed by year, field and type instead of over all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from armillary.core.arrays import Ints, Whole
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.cells import scored_works
from armillary.counting.credits import credit_key
from armillary.counting.scopes import scoped_works, year_range
from armillary.counting.settled import settled
from armillary.errors import ArmillaryError, UsageError
from armillary.indicators import indicator_info
from armillary.ranking.cubes import files
from armillary.ranking.cubes.adding import ByCode, column
from armillary.ranking.cubes.held import DIMS, Held, base_of, digest_of, is_separable, key_of, types_of
from armillary.ranking.notes import changed_between
from armillary.ranking.passes import Needs, PassPlan, fits
from armillary.ranking.table import encoded, whole_numbers
from armillary.ranking.tallies import is_known, is_small

NOTHING: dict[str, Any] = {"year": -1, "domain_id": -1, "field_id": -1, "type": ""}


@dataclass(frozen=True, slots=True)
class Made:
    """The cubes that were made, and for recipes that cannot be kept the reason."""

    cubes: list[files.Cube]
    left_out: dict[str, str]


def make_cubes(
    corpus: Corpus, recipes: Sequence[Recipe], *, products: bool = True, progress: Callable[[str], None] = lambda text: None
) -> Made:
    """Compute and write the cubes that answer ``recipes`` (and all that are sums of the same numbers) beside the core tables.

    Recipes that are no sums of what works score are left out, as are those that this observatory cannot answer; :class:`UsageError` if
    nothing is left. ``products``: also keep what closed-form intervals need.
    """
    corpus.store.require_whole()
    groups: dict[str, dict[str, Recipe]] = {}
    left_out: dict[str, str] = {}
    for base in (base_of(settled(corpus, r)) for r in recipes):
        name = f"{base.indicator} of {base.unit}, {base.counting}, {base.scope_name}"
        if not fits(base) or base.unit == "author":
            left_out[name] = "not a sum of what works score" if base.unit != "author" else "authors are too many to be kept"
            continue
        try:
            scores = indicator_info(base.indicator).work_scores
            assert scores is not None
            scores(corpus, base)
        except ArmillaryError as error:
            left_out[name] = str(error)
            continue
        groups.setdefault(credit_key(base), {}).setdefault(f"{key_of(base)} {types_of(base)}", base)
    if not groups:
        what = next(iter(left_out.values()), "no recipes were given")
        raise UsageError(f"nothing to keep: {what}", fix="name indicators with --indicator, or another scope")
    made = []
    for key, wanted in groups.items():
        first = next(iter(wanted.values()))
        progress(f"{first.unit}, {first.scope_name}, split by {first.split}: {len(wanted)} recipes")
        made.append(_made(corpus, key, list(wanted.values()), products))
    return Made(made, left_out)


def _made(corpus: Corpus, key: str, recipes: list[Recipe], products: bool) -> files.Cube:
    counted = _Counted.of(corpus, recipes)
    dims, works = _with_cells(corpus, counted.with_facts(corpus))
    plan = PassPlan(corpus, recipes, works=works, by=["cell"])
    by_unit, unit_needs = plan.by_unit(products=products)
    wholes, whole_needs = plan.wholes(counted.tallied(corpus, plan.works))
    unit_table, whole_table = corpus.fetch(by_unit), corpus.fetch(wholes)
    held = [counted.held(r, u, w) for r, u, w in zip(recipes, unit_needs, whole_needs, strict=True)]
    keys, unit = encoded(unit_table["unit_id"])
    cells = _Rows.of(unit_table, unit, dims)
    whole = _Rows.of(whole_table, np.asarray(whole_table["is_unplaced"].combine_chunks()).astype(np.int64), dims)
    ids = pa.array(keys)
    tables = {
        "cells": cells.table("unit_id", lambda code: ids.take(pa.array(code))),
        "years": cells.by_year().table("unit_id", lambda code: ids.take(pa.array(code))),
        "whole": whole.table("is_unplaced", lambda code: pa.array(code.astype(bool))),
    }
    first, last = year_range(corpus, recipes[0])
    changed = changed_between(corpus)
    facts = {"years": [first, last], "changed": list(changed), "works": corpus.store.rows("work")}
    said = {
        "unit": recipes[0].unit,
        "held": [h.as_dict() for h in held],
        "facts": facts,
        "made_of": files.state_of(corpus.store, sorted(corpus.asked)),
        "dims": list(DIMS),
    }
    return files.write(corpus.store.path, f"{recipes[0].unit}-{digest_of([key])[:12]}", said, tables)


def _with_cells(corpus: Corpus, works: ir.Table) -> tuple[pa.Table, ir.Table]:
    """The distinct years, fields and types, and the works with the number ``cell`` of theirs."""
    marked = works.mutate(**{f"dim_{d}": works[d].cast("int64" if d != "type" else "string").fill_null(NOTHING[d]) for d in DIMS})
    names = {d: f"dim_{d}" for d in DIMS}
    dims = corpus.fetch(marked.select(**names).distinct().order_by(list(DIMS)))
    numbered = ibis.memtable(dims.rename_columns([names[c] for c in dims.column_names]).append_column("cell", pa.array(range(len(dims)))))
    joined = marked.join(numbered, list(names.values()))
    return dims, joined.select(*works.columns, cell=joined.cell.cast("int32"))


@dataclass(frozen=True, slots=True)
class _Counted:
    """What notes count in the works of one group of recipes: ``ways`` to make cells, and ``asked``: what decides which works an indicator
    knows; each with one recipe that has it."""

    recipes: list[Recipe]
    ways: dict[str, Recipe]
    asked: dict[str, Recipe]
    has_references: bool

    @classmethod
    def of(cls, corpus: Corpus, recipes: list[Recipe]) -> _Counted:
        """For recipes of one group."""
        ways = {_way(r): r for r in reversed(recipes) if _way(r)}
        asked = {_knowing(r): r for r in reversed(recipes) if _knowing(r)}
        # notes tell how many references of a sample point into it
        has_references = bool(corpus.data_version.get("sample")) and any(dict(r.options).get("citations") == "corpus" for r in recipes)
        return cls(recipes, dict(sorted(ways.items())), dict(sorted(asked.items())), has_references)

    def with_facts(self, corpus: Corpus) -> ir.Table:
        """The works of the scope with the size of their cell under each way to make cells, and their references, here and inside."""
        works = scoped_works(corpus, self.recipes[0])
        for number, recipe in enumerate(self.ways.values()):
            sizes = scored_works(corpus, recipe)
            sizes = sizes.select("work_id", **{f"cell_n_{number}": sizes.cell_n})
            works = works.left_join(sizes, "work_id").select(*works.columns, f"cell_n_{number}")
        if self.has_references:
            citation = corpus.table("citation").select("citing_id", "cited_id")
            here = corpus.table("work").select(cited_id="work_id", is_inside=ibis.literal(1, "int64"))
            found = citation.left_join(here, "cited_id")
            counts = found.group_by(work_id=found.citing_id).agg(references=found.count(), inside=found.is_inside.sum())
            works = works.left_join(counts, "work_id").select(*works.columns, "references", "inside")
        return works

    def tallied(self, corpus: Corpus, works: ir.Table) -> dict[str, ir.Value]:
        """What is counted, by the name of its column."""
        out: dict[str, ir.Value] = {"records": ibis.literal(True), "flagged": works.n_corresponding > 0}
        if self.has_references:
            out |= {"references": works.references, "inside": works.inside}
        for number, _ in enumerate(self.ways):
            size = works[f"cell_n_{number}"]
            out |= {f"placed_{number}": size.notnull(), f"small_{number}": is_small(size)}
        for number, recipe in enumerate(self.asked.values()):
            known = is_known(corpus, recipe, indicator_info(recipe.indicator), works)
            assert known is not None
            out[f"known_{number}"] = known
        return out

    def held(self, recipe: Recipe, unit: Needs, whole: Needs) -> Held:
        """Where the sums of one recipe stand."""
        way = str(list(self.ways).index(_way(recipe))) if _way(recipe) else ""
        return Held(
            recipe=recipe.as_dict(),
            key=key_of(recipe),
            types=types_of(recipe),
            is_separable=is_separable(recipe),
            unit_count=unit.count,
            unit_num=unit.num,
            unit_den=unit.den,
            unit_products=unit.products,
            whole_count=whole.count,
            whole_num=whole.num,
            whole_den=whole.den,
            known=f"known_{list(self.asked).index(_knowing(recipe))}" if _knowing(recipe) else "",
            placed=way and f"placed_{way}",
            small=way and f"small_{way}",
        )


def _way(recipe: Recipe) -> str:
    """What decides the cells in which an indicator compares works; empty where it does not, or not in cells of its own."""
    options = dict(recipe.options)
    is_celled = {"field_level", "citations"} <= options.keys() and options.get("baseline", "") != "given"
    return repr(recipe.options) if is_celled else ""


def _knowing(recipe: Recipe) -> str:
    """All that decides which works an indicator knows; empty where it knows all."""
    reasons = [n.reason for n in indicator_info(recipe.indicator).needs if n.is_known]
    return repr((reasons, recipe.options, recipe.counting if "no_corresponding" in reasons else "")) if reasons else ""


class _Rows:
    """Sums by cell and another code (a unit, or whether works have one)."""

    @classmethod
    def of(cls, fetched: pa.Table, code: Ints, dims: pa.Table) -> _Rows:
        """All columns of a fetched table that are sums."""
        sums = {c: whole_numbers(fetched[c]) for c in fetched.column_names if c not in ("unit_id", "is_unplaced", "cell", "period")}
        return cls(np.asarray(fetched["cell"]).astype(np.int64), code, dims, sums)

    def __init__(self, cell: Ints, code: Ints, dims: pa.Table, sums: dict[str, Whole]) -> None:
        self.code, self.sums = code, sums
        self.dims = {d: dims[d].take(pa.array(cell)) for d in dims.column_names}

    def table(self, name: str, shown: Callable[[Ints], pa.Array]) -> pa.Table:
        """In one order: field, year, type, then the code."""
        found = pa.table({name: shown(self.code), **self.dims, **{c: column(v) for c, v in self.sums.items()}})
        by = [d for d in ("field_id", "domain_id", "year", "type") if d in self.dims]
        return found.sort_by([(c, "ascending") for c in (*by, name)])

    def by_year(self) -> _Rows:
        """Summed over fields and types."""
        years = np.asarray(self.dims["year"]).astype(np.int64)
        first = int(years.min()) if len(years) else 0
        groups = ByCode(self.code * 100_000 + (years - first))
        out = object.__new__(_Rows)
        out.code, out.sums = groups.codes // 100_000, {c: groups.add(v) for c, v in self.sums.items()}
        out.dims = {"year": pa.array(groups.codes % 100_000 + first, pa.int64())}
        return out
