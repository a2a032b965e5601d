"""What all pages stand on: the observatory, remembered rankings, and the one lock that the engine needs."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from armillary.core.recipe import UNITS, Recipe
from armillary.counting.subjects import journal_subjects
from armillary.errors import ArmillaryError, UnknownNameError
from armillary.indicators import Indicator, all_indicators, indicator_info
from armillary.observatory import Observatory, Ranking, open_observatory
from armillary.web.choices import Choice
from armillary.web.settings import Settings


class BusyError(Exception):
    """Too many requests wait for the engine."""


class Site:
    """One observatory behind the pages. The engine answers one question at a time; answers are remembered until the data change.

    ``data`` says which data these are (see ``Observatory.data_version``); ``version`` changes whenever they do (a part of every cache key).
    """

    def __init__(
        self,
        path: str | Path | None,
        settings: Settings | None = None,
        *,
        observatory: Observatory | None = None,
        **engine: Any,
    ) -> None:
        self.settings = settings or Settings()
        self._path, self._engine = path, engine
        self._take(observatory or open_observatory(path or "observatory", **engine))
        self._lock = threading.RLock()
        self._waiting = 0
        self._checked = time.monotonic()
        self._memo: OrderedDict[Any, Any] = OrderedDict()

    def _take(self, observatory: Observatory) -> None:
        self.obs = observatory
        self.data: dict[str, Any] = observatory.data_version
        self.version = f"{observatory.store.generation}-{observatory.store.digest[:12]}"

    @contextmanager
    def engine(self) -> Iterator[Observatory]:
        """The observatory, for one thread at a time. :class:`BusyError` when too many wait."""
        if self._waiting >= self.settings.max_waiting:
            raise BusyError
        self._waiting += 1
        try:
            with self._lock:
                yield self.obs
        finally:
            self._waiting -= 1

    def refresh(self) -> None:
        """Open the newest generation if another program has committed one (looked up at most every two seconds)."""
        if self._path is None or time.monotonic() - self._checked < 2:
            return
        self._checked = time.monotonic()
        newest = self.obs.store.refresh()
        if newest.generation != self.obs.store.generation:
            with self._lock:
                self._take(Observatory(newest, **self._engine))
                self._memo.clear()

    def remember(self, key: Any, compute: Callable[[Observatory], Any]) -> Any:
        """``compute(observatory)`` once for each key; the least recently used answers go first."""
        key = (self.version, key)
        try:
            self._memo.move_to_end(key)
            return self._memo[key]
        except KeyError:
            pass  # not known, or dropped by another thread just now
        with self.engine() as obs:
            if key not in self._memo:
                value = compute(obs)
                self._memo[key] = value
                while len(self._memo) > self.settings.rankings_kept:
                    self._memo.popitem(last=False)
                return value
            return self._memo[key]

    def ranking(self, recipe: Recipe) -> Ranking:
        """The ranking of a recipe."""
        found: Ranking = self.remember(("ranking", recipe.digest), lambda obs: obs.run(recipe))
        return found

    def sure(self, recipe: Recipe, wish: str = "") -> Ranking:
        """The ranking with stability and rank intervals, where they are cheap (or with ``wish`` "1") and the indicator has them."""
        found = self.ranking(recipe)
        cheap = found.meta["records"] <= self.settings.interval_records and recipe.unit != "author" and not recipe.step
        if wish == "0" or not (cheap or wish == "1") or not len(found):
            return found

        def compute(obs: Observatory) -> Ranking:
            try:
                return found.intervals(draws=self.settings.draws)
            except ArmillaryError:
                return found  # this indicator has none; the page says so

        out: Ranking = self.remember(("intervals", recipe.digest), compute)
        return out

    def indicators(self) -> dict[str, Indicator]:
        """Every registered indicator."""
        return all_indicators()

    def indicator(self, name: str, unit: str | None = None) -> Indicator:
        """One indicator, checked to have that unit."""
        info = indicator_info(name)
        if unit is not None and (unit not in UNITS or unit not in info.units):
            raise UnknownNameError(f"unit of {name}", unit, info.units)
        return info

    def years(self) -> tuple[int, int] | None:
        """First and last publication year of the works, or None without works."""

        def compute(obs: Observatory) -> tuple[int, int] | None:
            if not obs.corpus.has("work"):
                return None
            work = obs.corpus.table("work")
            row = obs.corpus.fetch(work.aggregate(a=work.year.min(), b=work.year.max())).to_pylist()[0]
            return None if row["a"] is None else (int(row["a"]), int(row["b"]))

        found: tuple[int, int] | None = self.remember("years", compute)
        return found

    def rows(self, table: str) -> int:
        """Rows of a core table."""
        return int(self.obs.store.rows(table)) if self.obs.corpus.has(table) else 0


def last_full_year(site: Site) -> int | None:
    """The newest year that the data cover whole: the one before the snapshot's, or the last there is."""
    years = site.years()
    if years is None:
        return None
    snapshot = str(site.data.get("snapshot_date") or "")[:4]
    return min(years[1], int(snapshot) - 1) if snapshot.isdigit() and int(snapshot) - 1 >= years[0] else years[1]


def series_of(site: Site, info: Indicator, unit: str, choice: Choice) -> tuple[list[str], dict[str, list[float | None]]]:
    """Values of every unit year by year, over all years of the data. Nothing where the indicator cannot be split by year."""
    try:
        found = site.ranking(choice.but(period="").recipe(info.id, unit, step=1))
    except ArmillaryError:
        return [], {}
    periods = sorted(set(found.ranked["period"].to_pylist()))
    if len(periods) < 3:
        return [], {}
    place = {p: i for i, p in enumerate(periods)}
    empty = 0.0 if info.kind == "total" else None
    out: dict[str, list[float | None]] = {}
    for row in found.ranked.select(["unit_id", "period", "value"]).to_pylist():
        out.setdefault(row["unit_id"], [empty] * len(periods))[place[row["period"]]] = row["value"]
    return periods, out


def years_of(site: Site) -> list[int]:
    """Years of the data, newest first."""
    found = site.years()
    return list(range(found[1], found[0] - 1, -1))[:80] if found else []


def subjects_of(site: Site) -> list[str]:
    """Fields of the data and the subjects of the journal list, for the form (any subject may be named in the address)."""

    def compute(obs: Any) -> list[str]:
        table = obs.corpus.lookup("topic", ("field_name",))
        return sorted({n for n in table["field_name"].to_pylist() if n})

    found = list(site.remember("fields", compute))
    return found or sorted(journal_subjects().values())
