"""One generation of the observatory, opened for many requests at once: connections of the engine, and the answers that are remembered.

Nothing here locks the engine as a whole. There are a few connections (*seats*), some for short and some for long requests; one thread at
a time sits on each. What one request reads all comes from one generation, also while a newer one is committed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import pyarrow as pa

from armillary.core.bounds import StoppedError, bounds, checkpoint
from armillary.core.limits import bytes_of
from armillary.observatory import Observatory
from armillary.web.settings import Settings

SHORT, LONG = "short", "long"
_LOOK_S = 0.2


class BusyError(Exception):
    """Too many requests wait for the engine."""


class OpenGeneration:
    """An observatory at one generation. ``obs`` is for what needs no engine (its store, its data version); questions go through
    :meth:`seat`. ``engine`` are the options of :func:`~armillary.observatory.open_observatory`; a given observatory that is to be shared
    as it is (``shared``) has one seat for all."""

    def __init__(self, obs: Observatory, settings: Settings, engine: dict[str, Any], *, shared: bool = False) -> None:
        self.obs, self.settings = obs, settings
        self.data: dict[str, Any] = obs.data_version
        self.version = f"{obs.store.generation}-{obs.store.digest[:12]}"
        self._hold = obs.store.hold()
        self._free = threading.Condition()
        self._waiting = 0
        self._seats: dict[str, list[Observatory]] = {}
        if shared or obs.corpus.engine != "duckdb":
            one = [obs]
            self._seats = {SHORT: one, LONG: one}
        else:
            for lane, n in ((SHORT, settings.short_seats), (LONG, settings.long_seats)):
                self._seats[lane] = [Observatory(obs.store, **_part(engine, n)) for _ in range(n)]
        self._seats_n = settings.short_seats + settings.long_seats
        self._mine = threading.local()
        self._memo: OrderedDict[Any, tuple[Any, int]] = OrderedDict()
        self._memo_bytes = 0
        self._lock = threading.Lock()
        self._made: dict[Any, threading.Event] = {}

    @property
    def here(self) -> Observatory:
        """The observatory that this thread may ask without a new seat: the one it sits on, or :attr:`obs` for what needs no engine."""
        found: Observatory | None = getattr(self._mine, "obs", None)
        return found or self.obs

    @contextmanager
    def seat(self, lane: str = SHORT) -> Iterator[Observatory]:
        """An observatory with a connection of its own, for this thread alone until the block ends; the same one within the block.

        :class:`BusyError` when too many wait, :class:`~armillary.core.bounds.StoppedError` when the request was stopped.
        """
        if (held := getattr(self._mine, "obs", None)) is not None:
            yield held
            return
        obs, bound = self._take(lane), bounds()
        self._mine.obs = obs
        try:
            with nullcontext() if bound is None else bound.interrupting(obs.corpus.interrupt):
                yield obs
        except Exception as error:
            if bound is not None and bound.why:  # whatever the interrupted engine said
                raise StoppedError(bound.why) from error
            raise
        finally:
            self._mine.obs = None
            self._give_back(lane, obs)

    def _take(self, lane: str) -> Observatory:
        with self._free:
            if self._waiting >= self.settings.max_waiting:
                raise BusyError
            self._waiting += 1
            try:
                with _standing():
                    while not self._seats[lane]:
                        checkpoint()
                        self._free.wait(_LOOK_S)
                return self._seats[lane].pop()
            finally:
                self._waiting -= 1

    def _give_back(self, lane: str, obs: Observatory) -> None:
        try:
            obs.corpus.drop_derived(bytes_n=self.settings.derived_bytes // self._seats_n, age_s=self.settings.derived_s)
        except Exception:  # an engine that was interrupted in a bad moment: a fresh connection takes its place
            if obs is not self.obs:
                obs.corpus.reconnect()
        with self._free:
            self._seats[lane].append(obs)
            self._free.notify_all()

    def remember(self, key: Any, lane: str, compute: Callable[[Observatory], Any]) -> Any:
        """``compute(observatory)`` once for each key, also when several ask at once; the least recently used answers go first."""
        while True:
            with self._lock:
                if key in self._memo:
                    self._memo.move_to_end(key)
                    return self._memo[key][0]
                # who sits on a seat does not wait for others, who may be waiting for that very seat
                if (made := self._made.get(key)) is None or getattr(self._mine, "obs", None) is not None:
                    made = self._made[key] = threading.Event()
                    break
            with _standing():
                while not made.wait(_LOOK_S):  # another thread computes it; if it fails, this one tries
                    checkpoint()
        try:
            with self.seat(lane) as obs:
                value = compute(obs)
                checkpoint()  # what was stopped on its way may be less than the whole
            self._keep(key, value)
            return value
        finally:
            with self._lock:
                if self._made.get(key) is made:
                    del self._made[key]
            made.set()

    def _keep(self, key: Any, value: Any) -> None:
        size = weight(value)
        with self._lock:
            self._memo_bytes += size - self._memo.pop(key, (None, 0))[1]
            self._memo[key] = value, size
            while self._memo and (len(self._memo) > self.settings.rankings_kept or self._memo_bytes > self.settings.kept_bytes):
                _, (_, gone) = self._memo.popitem(last=False)
                self._memo_bytes -= gone

    def warm(self) -> None:
        """Connect the seats before the first request comes."""
        if self.obs.corpus.engine == "duckdb":
            for obs in {id(o): o for seats in self._seats.values() for o in seats}.values():
                _ = obs.corpus.con


def _standing() -> AbstractContextManager[None]:
    """The time in the block is not the request's own: another one is on the seat that it needs, or computes what it needs."""
    return nullcontext() if (bound := bounds()) is None else bound.standing()


def weight(value: Any) -> int:
    """About how many bytes a remembered answer takes: its tables, or a small constant for a Python object."""
    if isinstance(value, pa.Table):
        return int(value.nbytes)
    if isinstance(value, (list, tuple)):
        return 1000 + (len(value) * weight(value[0]) if value else 0)
    if isinstance(value, dict):
        return 1000 + 100 * len(value)
    table = getattr(value, "arrow", None)
    return 4000 + (int(table.nbytes) if isinstance(table, pa.Table) else 0)


def _part(engine: dict[str, Any], seats: int) -> dict[str, Any]:
    """The options with this connection's part of the memory: half of it is for short, half for long requests."""
    if not engine.get("memory_limit"):
        return engine
    return engine | {"memory_limit": f"{max(2**26, bytes_of(engine['memory_limit']) // 2 // seats) // 1000}KB"}
