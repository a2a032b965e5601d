"""One progress bar for all commands: rate and time left; silent if nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Bar:
    """Told how much there is and how much was done; draws nothing itself."""

    def __init__(self) -> None:
        self.items = 0

    def total(self, amount: int) -> None:
        """There are ``amount`` bytes (or whatever is counted) to do."""

    def advance(self, amount: int, items: int = 0) -> None:
        """``amount`` more are done, which were ``items`` records."""
        self.items += items


@contextmanager
def progress(what: str, *, unit: str = "records", quiet: bool = False) -> Iterator[Bar]:
    """A bar on standard error: ``what``, part done, ``unit`` so far and per second, time left.

    Nothing if ``quiet`` or not on a terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield Bar()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as live:
        yield _LiveBar(live, what, unit)


class _LiveBar(Bar):
    def __init__(self, live, what: str, unit: str) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self._live = live
        self._unit = unit
        self._task = live.add_task(what, total=None, said="")

    def total(self, amount: int) -> None:
        self._live.update(self._task, total=amount)

    def advance(self, amount: int, items: int = 0) -> None:
        super().advance(amount, items)
        elapsed = self._live.tasks[self._task].elapsed or 0
        rate = f" ({self.items / elapsed:,.0f}/s)" if elapsed > 1 else ""
        self._live.update(self._task, advance=amount, said=f"{self.items:,} {self._unit}{rate}" if self.items else "")
