"""What became of merged ids, as arrays: OpenAlex has merged some hundred million, and an id is sixteen bytes here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
NOBODY = -1
"""Stands for no successor."""


@dataclass(frozen=True, slots=True)
class Merges:
    """Merges of one entity: ids ``olds`` in ascending order, each once, and what each became (``news``, -1: nobody)."""

    olds: I64
    news: I64

    def __len__(self) -> int:
        return len(self.olds)


def united(parts: Iterable[Merges | tuple[I64, I64]]) -> Merges:
    """All merges of ``parts`` (in any order within one); of two about one id the later one holds."""
    pairs = [(p.olds, p.news) if isinstance(p, Merges) else p for p in parts]
    if not pairs:
        return Merges(np.zeros(0, np.int64), np.zeros(0, np.int64))
    olds, news = (np.concatenate(side) for side in zip(*pairs, strict=True))
    order = np.argsort(olds, kind="stable")
    olds, news = olds[order], news[order]
    last = np.ones(len(olds), bool)
    last[:-1] = olds[1:] != olds[:-1]
    return Merges(olds[last], news[last])


def resolved(merges: Merges) -> Merges:
    """Chains followed to their end (1 into 2, 2 into 3: both into 3). A circle has no end; its smallest id survives."""
    olds, end = merges.olds, merges.news.copy()
    if not len(olds):
        return merges
    at = _places(olds, end)
    first = at.copy()
    for _ in range(len(olds).bit_length() + 1):  # each round doubles the steps that were followed
        going = np.flatnonzero(at >= 0)
        if not len(going):
            break
        ends, places = end[at[going]], at[at[going]]
        end[going], at[going] = ends, places
    round_ = np.flatnonzero(at >= 0)  # in a circle, or on the way into one
    if len(round_):  # what follows one of these is one of these
        low, far = olds.copy(), first
        for _ in range(len(round_).bit_length() + 1):
            next_ = far[round_]
            low[round_], far[round_] = np.minimum(low[round_], low[next_]), far[next_]
        end[round_] = low[at[round_]]
    moved = end != olds
    return Merges(olds[moved], end[moved])


def _places(olds: I64, ids: I64) -> I64:
    """Where ``ids`` stand among ``olds``; -1 where they do not."""
    place = np.minimum(np.searchsorted(olds, ids), len(olds) - 1)
    return np.where(olds[place] == ids, place, -1)


class Fates:
    """What became of ids of one entity: ``olds`` in order, and ``news``, -1 where an id is nobody now."""

    def __init__(self, merges: Merges, deleted: I64, nobody: Collection[int]) -> None:
        ends = resolved(merges)
        gone = np.setdiff1d(deleted, ends.olds)
        news = ends.news
        if nobody:
            news = np.where(np.isin(news, np.array(sorted(nobody), dtype=np.int64)), NOBODY, news)
        if len(gone):
            news = np.where(np.isin(news, gone), NOBODY, news)  # merged into one that was deleted
        self.olds, self.news = ends.olds, news
        if len(gone):
            olds = np.concatenate([ends.olds, gone])
            order = np.argsort(olds, kind="stable")
            self.olds, self.news = olds[order], np.concatenate([news, np.full(len(gone), NOBODY)])[order]

    def __len__(self) -> int:
        return len(self.olds)

    def of(self, numbers: Iterable[int]) -> dict[int, int | None]:
        """New ids of those of ``numbers`` that something became of; None for nobody."""
        asked = np.array(sorted(numbers), dtype=np.int64)
        hit = asked[np.isin(asked, self.olds)]
        return {o: None if n < 0 else n for o, n in zip(hit.tolist(), self.news[np.searchsorted(self.olds, hit)].tolist(), strict=True)}
