"""What all pages stand on: the observatory at one generation, and remembered rankings."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from armillary.core import own_files
from armillary.core.recipe import UNITS, Recipe
from armillary.counting.scopes import data_years
from armillary.counting.subjects import journal_subjects
from armillary.errors import ArmillaryError, MemoryLimitError, UnknownNameError
from armillary.indicators import Indicator, all_indicators, indicator_info
from armillary.observatory import Observatory, Ranking, bound, open_observatory
from armillary.ranking.recipes import units_of
from armillary.web.choices import Choice
from armillary.web.opened import SHORT, OpenGeneration
from armillary.web.settings import Settings

log = logging.getLogger(__name__)
_PINNED: ContextVar[tuple[OpenGeneration, str] | None] = ContextVar("pinned", default=None)
_LOOK_S = 2.0


class Site:
    """One observatory behind the pages. Questions are answered on a few connections of the engine (:mod:`armillary.web.opened`).

    ``data`` says which data these are (see ``Observatory.data_version``); ``version`` changes whenever they do (a part of every cache
    key). Within a request (:meth:`pin`) both, and all answers, belong to the generation that was the newest when it began.
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
        found = observatory or open_observatory(path or "observatory", **engine)
        self._newest = OpenGeneration(found, self.settings, engine, shared=observatory is not None)
        self._checked = time.monotonic()
        self._looking = threading.Lock()

    @property
    def opened(self) -> OpenGeneration:
        """The generation that this request is answered from."""
        pinned = _PINNED.get()
        return pinned[0] if pinned is not None else self._newest

    @property
    def newest(self) -> OpenGeneration:
        """The newest generation that is open."""
        return self._newest

    @property
    def obs(self) -> Observatory:
        """The observatory, for what needs no engine; within :meth:`engine` the one of the block."""
        return self.opened.here

    @property
    def data(self) -> dict[str, Any]:
        """Which data these are."""
        return self.opened.data

    @property
    def version(self) -> str:
        """Name of the state of the data."""
        return self.opened.version

    def pin(self, opened: OpenGeneration, lane: str) -> None:
        """Answer what follows in this context from one generation, on the seats of one lane."""
        _PINNED.set((opened, lane))

    @contextmanager
    def engine(self) -> Iterator[Observatory]:
        """The observatory with a connection of its own, for this thread. :class:`BusyError` when too many wait."""
        pinned = _PINNED.get()
        with self.opened.seat(pinned[1] if pinned else SHORT) as obs:
            yield obs

    @property
    def is_due(self) -> bool:
        """Whether it is time to look for newer data (every two seconds, once at a time)."""
        return self._path is not None and time.monotonic() - self._checked >= _LOOK_S and not self._looking.locked()

    def refresh(self) -> None:
        """Open the newest generation if another program has committed one. Takes as long as reading its notes and its small tables, so a
        server does it beside the requests; those that are being answered keep what they began with."""
        if not self.is_due or not self._looking.acquire(blocking=False):
            return
        try:
            self._checked = time.monotonic()
            newest = self._newest.obs.store.refresh()
            if newest.generation != self._newest.obs.store.generation:
                opened = OpenGeneration(Observatory(newest, **self._engine), self.settings, self._engine)
                opened.warm()
                self._newest = opened
        except ArmillaryError as error:  # a half-copied folder, a full disk: what is open stays open
            log.error("newer data cannot be opened: %s", error.line)
        finally:
            self._checked = time.monotonic()
            self._looking.release()

    def remember(self, key: Any, compute: Callable[[Observatory], Any]) -> Any:
        """``compute(observatory)`` once for each key; the least recently used answers go first."""
        pinned = _PINNED.get()
        return self.opened.remember(key, pinned[1] if pinned else SHORT, compute)

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
                return bound(obs.corpus, found).intervals(draws=self.settings.draws)
            except MemoryLimitError:
                raise
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
        if unit is not None and unit not in self.units(info):
            raise UnknownNameError(f"unit of {name}", unit, self.units(info))
        return info

    def units(self, info: Indicator) -> tuple[str, ...]:
        """The kinds of units that an indicator can rank here: lists only where the observatory has some."""
        return tuple(u for u in units_of(info) if u in UNITS or (u == "list" and own_files.lists(self.obs.store)))

    def years(self) -> tuple[int, int] | None:
        """First and last publication year of the works, or None without works."""

        def compute(obs: Observatory) -> tuple[int, int] | None:
            return data_years(obs.corpus)

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
    """Values of every unit year by year, from the first year that has any to the last: a year without papers has its place between them.
    Nothing where the indicator cannot be split by year."""
    try:
        found = site.ranking(choice.but(period="").recipe(info.id, unit, step=1))
    except ArmillaryError:
        return [], {}
    periods = sorted(set(found.ranked["period"].to_pylist()))
    if len(periods) < 3:
        return [], {}
    periods = [str(year) for year in range(int(periods[0]), int(periods[-1]) + 1)]
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
