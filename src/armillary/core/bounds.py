"""What one request of a server may cost: time and rows, and a way to stop it from another thread.

Bounds hold for the context (:mod:`contextvars`) they were set in. Where there are none, as on the command line, nothing is bounded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TIME, LEFT, ROWS = "time", "left", "rows"
"""Why a computation was stopped: it took too long, nobody waits for it any more, it gave more rows than allowed."""


class StoppedError(Exception):
    """The computation was stopped; ``why`` is one of the constants above.

    Not an :class:`~armillary.errors.ArmillaryError`: who catches those goes on with less, and a stopped computation must not go on.
    """

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Bounds:
    """Bounds of one computation. ``seconds`` from now on and ``rows`` of one table that the engine hands over; None: no bound."""

    def __init__(self, seconds: float | None = None, rows: int | None = None) -> None:
        self.until = None if seconds is None else self.after(seconds)
        self.rows = rows
        self._why = ""
        self._lock = threading.Lock()
        self._interrupt: Callable[[], None] | None = None
        self._stands: float | None = None

    @staticmethod
    def after(seconds: float) -> float:
        """The moment that many seconds from now, on the clock of :attr:`until`."""
        return time.monotonic() + seconds

    @property
    def why(self) -> str:
        """Why it was stopped; empty while it may go on."""
        return self._why

    def stop(self, why: str) -> None:
        """End the computation soon: what the engine does is interrupted, and the next question to it is refused. Any thread, any number of
        times (an interruption that falls between two questions is lost, so whoever stops asks again until it has ended)."""
        with self._lock:
            self._why = self._why or why
            if self._interrupt is not None:
                self._interrupt()

    def check(self) -> None:
        """:class:`StoppedError` if it was stopped or its time is over."""
        if not self._why and self.left() == 0.0:
            self._why = TIME
        if self._why:
            raise StoppedError(self._why)

    def left(self) -> float | None:
        """Seconds that are left, not below 0; None without a bound."""
        return None if self.until is None else max(0.0, self.until - (self._stands or time.monotonic()))

    @contextmanager
    def standing(self) -> Iterator[None]:
        """While the block runs the clock stands: the computation waits for others, and the time that it may take is its own."""
        begun = self._stands = time.monotonic()
        try:
            yield
        finally:
            if self.until is not None:
                self.until += time.monotonic() - begun
            self._stands = None

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """While the block runs, :meth:`stop` calls ``interrupt``."""
        with self._lock:
            before, self._interrupt = self._interrupt, interrupt
        try:
            yield
        finally:
            with self._lock:
                self._interrupt = before


_BOUNDS: ContextVar[Bounds | None] = ContextVar("bounds", default=None)


def bounds() -> Bounds | None:
    """The bounds that hold here."""
    return _BOUNDS.get()


def set_bounds(value: Bounds | None) -> None:
    """Set them for this context and what is started from it."""
    _BOUNDS.set(value)


def checkpoint() -> None:
    """A place where a long computation may be stopped: :class:`StoppedError` if it should be. Costs next to nothing."""
    if (found := _BOUNDS.get()) is not None:
        found.check()
