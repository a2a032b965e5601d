"""References of the synthetic works: to earlier works, mostly of the same field, more often to attractive ones.

A reference draws a lag, a field and a place in that cell with density falling as ``place**-0.55``; the number of citations of a work so
has a heavy tail, as under preferential attachment. A candidate is accepted in proportion to its planted advantage, so that within a cell
works with advantage ``a`` get ``a`` times the citations.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.special import ndtri

from armillary.synthetic.draws import F64, I64, Categorical, mix, ranges, to_unit
from armillary.synthetic.fields import FIELDS
from armillary.synthetic.world import ADVANTAGE, FIRST_YEAR, LAST_YEAR, OUTSIDE_BASE, YEARS, World

_LAG = Categorical(
    np.array(
        [
            0.03,
            0.10,
            0.13,
            0.12,
            0.10,
            0.085,
            0.07,
            0.06,
            0.05,
            0.042,
            0.036,
            0.03,
            0.026,
            0.022,
            0.019,
            0.016,
            0.014,
            0.012,
            0.01,
            0.009,
            0.008,
        ]
    )
)
_TILT = 2.2
_ATTEMPTS = 8
COUNTED_YEARS = 10
"""``counts_by_year`` of OpenAlex goes ten years back."""


def continues(world: World, i: I64) -> I64:
    """The earlier work that each work continues (it cites it, and its lead author is second author here), or -1: a quarter of the works."""
    word = world.draws.bits("continues", i)
    year, field = world.year_field(i)
    back = year - 1 - (world.draws.derive(word, "lag") * 4).astype(np.int64)
    cell = np.maximum(back, 0) * len(FIELDS) + field
    size = world.plan.size[cell]
    able = (world.draws.derive(word, "does") < 0.25) & (back >= 0) & (size > 0)
    rank = (world.draws.derive(word, "rank") * np.maximum(size, 1)).astype(np.int64)
    return np.where(able, world.plan.work_at(np.where(size > 0, cell, world.plan.cell(i)), rank), -1)


def references(world: World, i: I64) -> tuple[I64, I64, I64]:
    """References of the given works: number in the world for each work, these works in ascending order, and the number of references
    that lead outside.
    """
    draws, plan = world.draws, world.plan
    word = draws.bits("references", i)
    year, field = world.year_field(i)
    mean = np.array([f.references for f in FIELDS])[field]
    z = ndtri(np.clip(draws.derive(word, "count"), 1e-9, 1 - 1e-9))
    count = np.minimum(200, (mean * np.exp(0.6 * z - 0.18)).astype(np.int64))
    count[(draws.derive(word, "none") < 0.07) | is_without_references(world, i)] = 0
    work, place = ranges(count)
    word = draws.bits("reference", i[work], place)
    lag = _LAG.draw(draws.derive(word, "lag"))
    target_year = year[work] - lag
    other = draws.derive(word, "field")
    share = _field_choice.draw(np.clip((other - 0.82) / 0.18, 0, 1 - 1e-12))
    cell = np.maximum(target_year, 0) * len(FIELDS) + np.where(other < 0.82, field[work], share)
    inside = (target_year >= 0) & (plan.size[cell] > 0)
    outside = np.bincount(work[~inside & (draws.derive(word, "outside") < 0.5)], minlength=len(i))
    work, word, cell = work[inside], word[inside], cell[inside]
    target = _targets(world, word, cell)
    earlier = continues(world, i)
    has = np.flatnonzero((earlier >= 0) & (count > 0))
    work, target = np.concatenate([work, has]), np.concatenate([target, earlier[has]])
    keep = target != i[work]
    work, target = work[keep], target[keep]
    order = np.lexsort((target, work))
    work, target = work[order], target[order]
    fresh = np.ones(len(work), bool)
    fresh[1:] = (work[1:] != work[:-1]) | (target[1:] != target[:-1])
    return np.bincount(work[fresh], minlength=len(i)), target[fresh], outside


_field_choice = Categorical(np.array([f.share for f in FIELDS]))


def _targets(world: World, word: np.ndarray[tuple[int], np.dtype[np.uint64]], cell: I64) -> I64:
    chance = np.array([ADVANTAGE["elsewhere"], ADVANTAGE["country 1"], ADVANTAGE["star institution"]])
    chance /= chance.max()
    target = np.empty(len(word), np.int64)
    todo = np.arange(len(word))
    for attempt in range(_ATTEMPTS):
        word = mix(word)
        u = to_unit(word)
        size = world.plan.size[cell]
        found = world.plan.work_at(cell, (size * u**_TILT).astype(np.int64))
        word = mix(word)
        accepted = (to_unit(word) < chance[world.advantage[found]]) | (attempt == _ATTEMPTS - 1)
        target[todo[accepted]] = found[accepted]
        todo, word, cell = todo[~accepted], word[~accepted], cell[~accepted]
        if not len(todo):
            break
    return target


def outside_ids(world: World, i: I64, outside: I64) -> I64:
    """Ids of cited works that are not in the world, for works with ``outside`` such references each."""
    work, place = ranges(outside)
    return (OUTSIDE_BASE + (world.draws.bits("outside", i[work], place) % np.uint64(5 * world.works + 7)).astype(np.int64)).astype(np.int64)


def is_without_references(world: World, i: I64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Works of kinds that carry no reference list: repository records of the expansion, covers, corrections."""
    u = world.draws.unit("kind", i)
    return np.asarray(u < 0.018)


def count_citations(world: World, folder: Path | None = None) -> np.ndarray[tuple[int, int], np.dtype[np.uint16]]:
    """Citations of each work from inside the world: one row a work, columns the ten last years, and one more for all earlier years.

    With ``folder`` the table is a memory-mapped file there (``citations.npy``), for worlds larger than memory.
    """
    shape = (world.works, COUNTED_YEARS + 1)
    if folder is None:
        table = np.zeros(shape, np.uint16)
    else:
        table = np.lib.format.open_memmap(folder / "citations.npy", mode="w+", dtype=np.uint16, shape=shape)
    flat = table.reshape(-1)
    for low in range(0, world.works, 1 << 18):
        i = np.arange(low, min(world.works, low + (1 << 18)))
        count, target, _ = references(world, i)
        year = world.year_field(i)[0]
        column = np.where(year >= YEARS - COUNTED_YEARS, YEARS - 1 - year, COUNTED_YEARS)
        np.add.at(flat, target * (COUNTED_YEARS + 1) + np.repeat(column, count), np.uint16(1))
    return table


def totals(table: np.ndarray[tuple[int, int], np.dtype[np.uint16]]) -> I64:
    """All citations of each work."""
    return np.asarray(table.sum(axis=1, dtype=np.int64))


__all__ = ["COUNTED_YEARS", "F64", "FIRST_YEAR", "LAST_YEAR", "continues", "count_citations", "outside_ids", "references", "totals"]
