"""What can go wrong on the way, and how often it is tried again."""

from __future__ import annotations

import datetime as dt
import email.utils
import math
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from armillary.errors import FetchError

T = TypeVar("T")
LATER = "run the same command again: what was fetched is kept"


class Transient(Exception):
    """One attempt failed in a way that may pass; ``retry_after`` is what the server asked for, in seconds."""

    def __init__(self, what: str, retry_after: float | None = None, *, attempts: int | None = None) -> None:
        """``attempts``: no more than so many, whatever the policy says."""
        self.what = what
        self.retry_after = retry_after
        self.attempts = attempts
        super().__init__(what)


class Refused(FetchError):
    """The server answered and refuses for good; ``code`` is the HTTP status."""

    def __init__(self, what: str, code: int, *, where: str | None = None, fix: str | None = None) -> None:
        self.code = code
        super().__init__(what, where=where, fix=fix)


class Stopped(Exception):
    """Another file failed for good, or the user interrupted: leave at once, keep what is there."""


@dataclass(frozen=True)
class Policy:
    """``attempts`` in a row without progress; waits double from ``first_wait``; nothing waits beyond ``longest_wait``; all in seconds.

    ``timeout`` is the longest silence of a server. ``stop`` ends waits and downloads early.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 120.0
    timeout: float = 60.0
    stop: threading.Event = field(default_factory=threading.Event, compare=False)

    def __reduce__(self) -> tuple[type[Policy], tuple[float, ...]]:
        """On its way to another process; what stops this one does not stop that one."""
        return Policy, (self.attempts, self.first_wait, self.longest_wait, self.timeout)

    def run(self, do: Callable[[], T], where: str, *, progress: Callable[[], int] = lambda: 0) -> T:
        """``do()``, tried again after each :class:`Transient`.

        ``progress`` counts what is safely there: an attempt that brought a mebibyte more begins the count of attempts anew, so that a long
        file survives many cuts. :class:`FetchError` after the last attempt, or if the server asks for a longer wait than allowed.
        """
        failures, safe = 0, progress()
        while True:
            try:
                return do()
            except Transient as fault:
                now = progress()
                failures, safe = (1, now) if now - safe >= 2**20 else (failures + 1, safe)
                if failures >= min(self.attempts, fault.attempts or self.attempts):
                    raise FetchError(f"{fault.what} ({failures} attempt{'s'[: failures > 1]})", where=where, fix=LATER) from None
                wait = min(self.first_wait * 2 ** (failures - 1), self.longest_wait) * random.uniform(0.5, 1)  # noqa: S311  (no secret)
                if fault.retry_after is not None:
                    if fault.retry_after > self.longest_wait:
                        what = f"{fault.what}, and the server asks to wait {fault.retry_after:,.0f} seconds"
                        raise FetchError(what, where=where, fix=f"after that, {LATER}") from None
                    wait = max(wait, fault.retry_after)
                if self.stop.wait(wait):
                    raise Stopped from None


def retry_after(value: str | None) -> float | None:
    """Seconds of a ``Retry-After`` header (a number or a date, RFC 9110 10.2.3); None if there is none or it is not understood."""
    if not value:
        return None
    try:
        seconds = float(value)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):  # whatever a server writes there
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=dt.UTC)
    return max(0.0, (when - dt.datetime.now(dt.UTC)).total_seconds())
