"""Requests as jobs: the same request is computed once however many wait for it, in the queue of its lane, within bounds; a job that nobody
waits for any more is stopped. Lives on the event loop; the work itself runs in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from armillary.core.bounds import LEFT, TIME, Bounds, StoppedError, set_bounds
from armillary.web.lanes import PLAIN
from armillary.web.opened import LONG, SHORT, BusyError
from armillary.web.settings import Settings

_AGAIN_S = 0.25


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands that is not done yet: ``ahead`` jobs go first (0: it is being computed)."""

    ahead: int


@dataclass(slots=True, eq=False)
class Job:
    """One request that is computed."""

    lane: str
    bounds: Bounds
    done: asyncio.Future[Any]
    waiters: int = 0
    keep_until: float = 0.0
    """Loop time until which it goes on although nobody waits: its reader comes back."""
    begun: bool = False
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class Jobs:
    """The jobs of one event loop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.loop = asyncio.get_running_loop()
        self._jobs: dict[Any, Job] = {}
        # two for each seat: one is computed while the other is drawn; more would only share the processor, and all of them come late
        at_once = {PLAIN: 16, SHORT: 2 * settings.short_seats, LONG: settings.long_seats}
        self._slots = {lane: asyncio.Semaphore(n) for lane, n in at_once.items()}
        self._most = {lane: n + (settings.max_long_waiting if lane == LONG else settings.max_waiting) for lane, n in at_once.items()}

    def __len__(self) -> int:
        return len(self._jobs)

    async def result(
        self, key: Any, lane: str, work: Callable[[], Awaitable[Any]], *, gone: asyncio.Event, patience_s: float | None
    ) -> Any:
        """What ``work`` gives, or a :class:`Place` where that takes longer than ``patience_s``.

        :class:`BusyError` if the queue of the lane is full; :class:`~armillary.core.bounds.StoppedError` if it takes too long or the client
        has left.
        """
        job = self._jobs.get(key) or self._start(key, lane, work)
        job.waiters += 1
        left = asyncio.ensure_future(gone.wait())
        try:
            await asyncio.wait({job.done, left}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
            if job.done.done():
                return job.done.result()
            if gone.is_set():
                raise StoppedError(LEFT)
            job.keep_until = self.loop.time() + self.settings.abandoned_s
            return Place(self._ahead(job))
        finally:
            left.cancel()
            job.waiters -= 1

    def _start(self, key: Any, lane: str, work: Callable[[], Awaitable[Any]]) -> Job:
        if sum(j.lane == lane for j in self._jobs.values()) >= self._most[lane]:
            raise BusyError
        job = Job(lane, Bounds(None, self.settings.max_rows), self.loop.create_future())
        job.done.add_done_callback(_seen)
        self._jobs[key] = job
        job.tasks = [asyncio.create_task(self._run(key, job, work)), asyncio.create_task(self._watch(key, job))]
        return job

    async def _run(self, key: Any, job: Job, work: Callable[[], Awaitable[Any]]) -> None:
        try:
            async with self._slots[job.lane]:
                job.bounds.check()
                seconds = self.settings.long_request_s if job.lane == LONG else self.settings.request_s
                job.bounds.until = job.bounds.after(seconds)
                job.begun = True
                set_bounds(job.bounds)
                found = await work()
            if not job.done.done():
                job.done.set_result(found)
        except asyncio.CancelledError:
            job.done.cancel()
            raise
        except BaseException as error:
            if not job.done.done():
                job.done.set_exception(error)
        finally:
            job.begun = False
            self._forget(key, job)
            job.tasks[-1].cancel()

    async def _watch(self, key: Any, job: Job) -> None:
        """Stop the job when nobody waits or its time is over. Whoever waits learns it at once; its slot is free when its thread is."""
        while True:
            await asyncio.sleep(_AGAIN_S)
            if not job.waiters and self.loop.time() > job.keep_until:
                job.bounds.stop(LEFT)
            elif job.begun and job.bounds.left() == 0.0:
                job.bounds.stop(TIME)
            if job.bounds.why:
                job.bounds.stop(job.bounds.why)  # again: an interruption between two questions is lost
                self._forget(key, job)
                if not job.done.done():
                    job.done.set_exception(StoppedError(job.bounds.why))
                if not job.begun:
                    job.tasks[0].cancel()  # it queues for nobody

    def _forget(self, key: Any, job: Job) -> None:
        if self._jobs.get(key) is job and (not job.begun or job.bounds.why):
            del self._jobs[key]

    def _ahead(self, job: Job) -> int:
        if job.begun:
            return 0
        before = [j for j in self._jobs.values() if j.lane == job.lane]
        return before.index(job) if job in before else 0


def _seen(done: asyncio.Future[Any]) -> None:
    """An answer that nobody waits for any more is no fault."""
    if not done.cancelled():
        done.exception()
