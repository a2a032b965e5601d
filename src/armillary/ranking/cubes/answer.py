"""Rankings from cubes: the one place where the spine asks whether a recipe is a sum of what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from armillary.core.arrays import Bools, Ints, Whole
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT
from armillary.counting.scopes import year_range
from armillary.counting.subjects import resolve_subject
from armillary.indicators import indicator_info
from armillary.ranking.cubes.adding import ByCode
from armillary.ranking.cubes.files import Cube, all_cubes, is_current
from armillary.ranking.cubes.held import DIMS, Held, cut, key_of
from armillary.ranking.provenance import provenance
from armillary.ranking.rest import has_rest, rest_of
from armillary.ranking.result import Ranking
from armillary.ranking.table import Rest, Sums, Units, encoded, ranked_table, whole_numbers

KeptUnder = dict[str, list[tuple[Cube, Held]]]


def from_cube(corpus: Corpus, recipe: Recipe, *, unassigned: bool = True) -> Ranking | None:
    """The ranking of a recipe whose sums are kept; None where they are not, or are of other data than the corpus holds."""
    asked = summable(corpus, recipe)
    if asked is None:
        return None
    info = indicator_info(recipe.indicator)
    rows = asked.rows("years" if asked.is_whole else "cells", "unit_id", asked.held.unit_count, asked.held.unit_num, asked.held.unit_den)
    keys, unit = encoded(rows.label)
    sums = rows.sums(unit).where_counted()
    rest: list[Rest] = []
    whole = asked.rows("whole", "is_unplaced", asked.held.whole_count, asked.held.whole_num, asked.held.whole_den) if unassigned else None
    if whole is not None and has_rest(recipe, info):
        is_unplaced = np.asarray(whole.label.combine_chunks()).astype(np.int64)
        both = whole.sums(is_unplaced).where_counted()
        rest = rest_of(recipe, info, sums, _rests(both), _rests(both.where(both.unit == 1)))
    used = np.unique(sums.unit)
    places = np.zeros(len(keys), np.int64)
    places[used] = np.arange(len(used))
    units = Units.of(corpus, recipe.unit, [keys[i] for i in used.tolist()])
    table = ranked_table(recipe, units, Sums(places[sums.unit], sums.period, sums.count, sums.num, sums.den), rest)
    return Ranking(recipe, table, provenance(corpus, recipe, info, table, _Tallied(asked)))


def cubes_of(corpus: Corpus) -> KeptUnder:
    """The cubes of the data that the corpus holds, by what a recipe must share with them; looked for once a corpus."""

    def find() -> KeptUnder:
        out: KeptUnder = {}
        for cube in all_cubes(corpus.store.path):
            if is_current(cube, corpus.store):
                for held in cube.held:
                    out.setdefault(held.key, []).append((cube, held))
        return out

    found: KeptUnder = corpus.value("cubes", find)
    return found


def summable(corpus: Corpus, recipe: Recipe) -> Summable | None:
    """The kept sums that answer a recipe; None where there are none."""
    kept = cubes_of(corpus) if corpus.cubes else {}
    if not kept:
        return None
    for cube, held in kept.get(key_of(recipe), []):
        fits, types = cut(held, recipe)
        if not fits:
            continue
        subject = None
        if recipe.subject:
            spec = resolve_subject(corpus, recipe.subject, journal_scope=any(s.startswith("journals:") for s in recipe.scope)).spec
            kind, _, rest = spec.partition(":")
            level, _, number = rest.partition(":")
            if kind != "subject" or level not in ("domain", "field"):
                return None
            subject = (f"{level}_id", int(number))
        _remember(corpus, cube)
        return Summable(corpus, recipe, cube, held, subject, types)
    return None


def _remember(corpus: Corpus, cube: Cube) -> None:
    """Facts of all works, so that nobody looks them up in the records."""
    first, last = cube.facts["years"]
    corpus.value("year_range", lambda: {"a": first, "b": last})
    corpus.value("changed_between", lambda: tuple(cube.facts["changed"]))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a cube that belong to a recipe, with the code of their period."""

    label: pa.ChunkedArray
    period: Ints
    count: Whole
    num: Whole
    den: Whole | None

    def sums(self, code: Ints) -> _Sums:
        """Added up by code and period."""
        groups = ByCode(code * 100_000 + self.period)
        count = groups.add(self.count)
        den = None if self.den is None else groups.add(self.den)
        return _Sums(groups.codes // 100_000, groups.codes % 100_000, count, groups.add(self.num), den)


class _Sums(Sums):
    """Sums of which some may be of no work."""

    def where_counted(self) -> Sums:
        """Without rows that count no work under the recipe."""
        return self.where(self.count > 0)


def _rests(sums: Sums) -> list[Rest]:
    out = []
    for period in sorted(set(sums.period.tolist())):
        num, den, count = sums.of_period(period)
        out.append(Rest(period, num, None if sums.den is None else den, count))
    return out


@dataclass(frozen=True, slots=True)
class Summable:
    """A recipe and the kept sums that answer it."""

    corpus: Corpus
    recipe: Recipe
    cube: Cube
    held: Held
    subject: tuple[str, int] | None
    types: tuple[str, ...] | None

    @property
    def is_whole(self) -> bool:
        """Whether sums by year are enough."""
        return self.subject is None and self.types is None

    def rows(self, table: str, label: str, count: str, num: str | None, den: str | None) -> _Rows:
        """The rows of the recipe's years, subject and types, once for each period they are in."""
        read = self.table(table, [label, *dict.fromkeys(c for c in (count, num, den) if c)])
        index, period = self.periods(np.asarray(read["year"]).astype(np.int64))
        read = read.take(pa.array(index))
        counted = whole_numbers(read[count])
        ones = _ones(counted) if num is None or den is None else None
        numbers = {c: whole_numbers(read[c]) for c in (num, den) if c}
        return _Rows(
            read[label],
            period,
            counted,
            ones if num is None else numbers[num],  # type: ignore[arg-type]
            ones if den is None else numbers[den] if den else None,
        )

    def table(self, table: str, columns: Sequence[str], *, by_subject: bool = True) -> pa.Table:
        """Columns and the year of the rows of the recipe's subject and types."""
        dims = [] if table == "years" else [*([self.subject[0]] if self.subject else []), *(["type"] if self.types is not None else [])]
        cuts: list[Any] = [(self.subject[0], "=", self.subject[1])] if self.subject and by_subject else []
        if self.types is not None:
            cuts.append(("type", "in", list(self.types) or [""]))
        read = self._of_all(columns, cuts) if table == "whole" else self.cube.read(table, ["year", *dims, *columns], cuts or None)
        if self.types is not None:
            read = read.filter(pc.not_equal(read["type"], ""))
        return read

    def _of_all(self, columns: Sequence[str], cuts: list[Any]) -> pa.Table:
        """Columns of the small table of all works: each is read once a corpus, since every note asks it."""
        known: dict[str, pa.ChunkedArray] = self.corpus.value(f"cube {self.cube.folder} whole", dict)
        wanted = list(dict.fromkeys([*DIMS, *columns]))
        if missing := [c for c in wanted if c not in known]:
            read = self.cube.read("whole", missing)
            known |= {c: read[c] for c in missing}
        rows = pa.table({c: known[c] for c in wanted})
        for name, how, value in cuts:
            kept = pc.is_in(rows[name], value_set=pa.array(value, rows[name].type)) if how == "in" else pc.equal(rows[name], value)
            rows = rows.filter(kept)
        return rows

    def periods(self, year: Ints) -> tuple[Ints, Ints]:
        """Which rows count, and in which period: a row is in as many as there are windows with its year."""
        step, asked = self.recipe.step, self.recipe.period
        keep: Bools = np.ones(len(year), bool)
        if asked.first is not None or asked.last is not None or step:
            keep = year != -1
        if asked.first is not None:
            keep &= year >= asked.first
        if asked.last is not None:
            keep &= year <= asked.last
        index = np.flatnonzero(keep)
        if step == 0:
            return index, np.zeros(len(index), np.int64)
        if step == 1:
            return index, year[index]
        first, last = year_range(self.corpus, self.recipe)
        shifted = [(index, year[index] + shift) for shift in range(step)]
        rows, period = np.concatenate([i for i, _ in shifted]), np.concatenate([p for _, p in shifted])
        inside = (period >= first + step - 1) & (period <= last)
        return rows[inside], period[inside]


class _Tallied:
    """What notes count, from the sums over all works (:class:`armillary.ranking.tallies.Tallies`)."""

    def __init__(self, asked: Summable) -> None:
        self.asked = asked

    def _total(self, name: str, *, each_period: bool = False, by_subject: bool = True) -> int:
        read = self.asked.table("whole", [name], by_subject=by_subject)
        index, _ = self.asked.periods(np.asarray(read["year"]).astype(np.int64))
        numbers = whole_numbers(read[name])[index if each_period else np.unique(index)]
        return sum(numbers.tolist())

    def records(self) -> int:
        """See :class:`~armillary.ranking.tallies.Tallies`."""
        return self._total("records")

    def known(self) -> int:
        """See :class:`~armillary.ranking.tallies.Tallies`."""
        return self._total(self.asked.held.known) if self.asked.held.known else self.records()

    def flagged(self) -> tuple[int, int]:
        """See :class:`~armillary.ranking.tallies.Tallies`."""
        return self._total("records", each_period=True), self._total("flagged", each_period=True)

    def small(self) -> tuple[int, int]:
        """See :class:`~armillary.ranking.tallies.Tallies`: of works of all subjects, whose cells they are."""
        held = self.asked.held
        return self._total(held.placed, by_subject=False), self._total(held.small, by_subject=False)

    def inside(self) -> float:
        """See :class:`~armillary.ranking.tallies.Tallies`."""
        total = self._total("references")
        return self._total("inside") / total if total else 0.0


def _ones(count: Whole) -> Whole:
    """So many whole papers in credit units."""
    fits = count.dtype != object and (not len(count) or int(count.max()) * CREDIT < 1 << 63)
    return count * CREDIT if fits else count.astype(object) * CREDIT
