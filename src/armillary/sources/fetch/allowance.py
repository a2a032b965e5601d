"""What requests cost and what a server says is left: the day's allowance, one-time credits, prepaid dollars."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from armillary.registry import read_toml

_LEFT = re.compile(r"x-ratelimit-(?:([a-z]+)-)?remaining(?:-(usd|credits))?", re.I)
_POOLS = {"": "of the day", "daily": "of the day", "onetime": "one-time", "prepaid": "prepaid"}


@cache
def facts() -> dict[str, Any]:
    """Prices and limits of the API in ``registry/openalex_api.toml``, with the date on which they were true (``as_of``)."""
    return read_toml("openalex_api.toml")


def usd_of(requests: int, *, is_search: bool = False) -> float:
    """Dollars that so many list requests cost by the price list."""
    return requests * float(facts()["search_usd" if is_search else "list_usd"])


def money(usd: float) -> str:
    """Dollars for people: cents as cents, less than a cent to its last digit."""
    if usd == 0 or usd >= 1:
        return f"${usd:,.2f}"
    return f"${usd:.6f}".rstrip("0").ljust(5, "0")


def costs(credits: float, usd: float) -> str:
    """``3 credits ($0.0003)``."""
    return f"{credits:,.0f} {'credit' if credits == 1 else 'credits'} ({money(usd)})"


@dataclass
class Account:
    """What this run was charged, as the server says (else by the price list), and what is left."""

    credits: float = 0.0
    usd: float = 0.0
    left: dict[str, float | None] = field(default_factory=dict)
    renewed_in: float | None = None

    def note(self, headers: Mapping[str, str], usual_usd: float | None = None) -> None:
        """Read the headers of an answer; ``usual_usd`` is what it costs by the price list (None: it was refused)."""
        found: dict[str, float | None] = {}
        for name, value in headers.items():
            if match := _LEFT.fullmatch(name):
                pool = (match[1] or "").lower()
                found[f"{_POOLS.get(pool, pool)} {'USD' if (match[2] or '').lower() == 'usd' else 'credits'}"] = _number(value)
        if found:
            self.left = found
            self.renewed_in = _number(headers.get("X-RateLimit-Reset"))
        a_credit = float(facts()["credit_usd"])
        credits, usd = _number(headers.get("X-RateLimit-Credits-Used")), _number(headers.get("X-RateLimit-Cost-USD"))
        if usd is None:
            usd = usual_usd or 0.0 if credits is None else credits * a_credit
        self.usd += max(0.0, usd)
        self.credits += max(0.0, usd / a_credit if credits is None else credits)

    @property
    def is_used_up(self) -> bool:
        """Whether every pool that the server names is empty. Nothing said, or not understood, is not nothing left."""
        return bool(self.left) and all(n is not None and n <= 0 for n in self.left.values())

    @property
    def renewed(self) -> str:
        """When the day's allowance comes again, as `` (in 11 h 56 min)``; empty if the server does not say."""
        seconds = self.renewed_in
        if seconds is None or not 0 < seconds <= 40 * 86_400:
            return " (daily)"
        minutes = math.ceil(seconds / 60)
        return f" (in {minutes // 60} h {minutes % 60} min)" if minutes >= 60 else f" (in {minutes} min)"

    @property
    def rest(self) -> str | None:
        """What is left, for people; None if the server does not say."""
        known = [(name, n) for name, n in self.left.items() if n is not None]
        pieces = [f"{money(n)} {name.removesuffix(' USD')}" if name.endswith("USD") else f"{n:,.0f} {_turned(name)}" for name, n in known]
        return ", ".join(pieces) or None


def _turned(name: str) -> str:
    pool = name.removesuffix(" credits")
    return f"credits {pool}" if pool.startswith("of ") else f"{pool} credits"


def _number(value: str | None) -> float | None:
    try:
        number = float(str(value).strip().lstrip("$"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
