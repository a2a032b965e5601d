"""Options that all fetch commands have."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from armillary.sources.fetch.asking import Api
    from armillary.sources.fetch.faults import Policy

F = TypeVar("F", bound=Callable[..., Any])


def policy_options(function: F) -> F:
    """How patient to be: ``--attempts``, ``--retry-wait``, ``--longest-wait``, ``--timeout``."""
    above_zero = click.FloatRange(0, min_open=True)
    for flag, kind, default, text in (
        ("--timeout", above_zero, 60.0, "Longest silence of a server, in seconds."),
        ("--longest-wait", click.FloatRange(0), 120.0, "Give up if a server asks to wait longer, in seconds."),
        ("--retry-wait", click.FloatRange(0), 1.0, "First wait after a fault, in seconds; it doubles."),
        ("--attempts", click.IntRange(1), 6, "Attempts in a row before giving up."),
    ):
        function = click.option(flag, type=kind, default=default, show_default=True, help=text)(function)
    return function


def api_options(function: F) -> F:
    """How the API is asked: ``--base``, ``--rate``, ``--max-requests``."""
    function = click.option("--base", default="https://api.openalex.org", show_default=True, help="Address of the API.")(function)
    most = click.IntRange(1)
    function = click.option("--max-requests", type=most, default=10_000, show_default=True, help="Most requests of this run.")(function)
    rate = click.FloatRange(0, 100, min_open=True)
    return click.option("--rate", type=rate, default=10.0, show_default=True, help="Most requests a second.")(function)


def dry_run_option(function: F) -> F:
    """``--dry-run``."""
    return click.option("--dry-run", is_flag=True, help="Only say how much it is and how much disk is free.")(function)


def policy(attempts: int, retry_wait: float, longest_wait: float, timeout: float) -> Policy:
    """The policy that these options describe."""
    from armillary.sources.fetch.faults import Policy

    return Policy(attempts=attempts, first_wait=retry_wait, longest_wait=longest_wait, timeout=timeout)


def asker(base: str, given: dict[str, Any]) -> Api:
    """Who asks the API at ``base`` as :func:`api_options` and :func:`policy_options` say; the key is OPENALEX_API_KEY."""
    from armillary.sources.fetch.asking import Api
    from armillary.sources.fetch.http import Secret

    key = Secret(os.environ.get("OPENALEX_API_KEY", "").strip()) or None
    patience = policy(**{name: given[name] for name in ("attempts", "retry_wait", "longest_wait", "timeout")})
    return Api(patience, base=base, key=key, rate=given["rate"], max_requests=given["max_requests"])


def size(n: float) -> str:
    """Bytes for people (decimal units)."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if n < 1000:
            return f"{n:,.0f} {unit}" if unit == "bytes" else f"{n:,.1f} {unit}"
        n /= 1000
    return f"{n:,.1f} TB"


def room(needed: int, free: int) -> str:
    """Free disk, and whether it is too little."""
    return f"{size(free)} free" + ("" if needed <= free else ": it does not fit")


def many(n: int, what: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
