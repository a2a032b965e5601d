"""Bounds of the site: what one request, one client and the cache may cost."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits with safe defaults. ``rate_per_s`` and ``burst`` hold for each client address; 0 turns the limit off."""

    page_size: int = 50
    max_page_size: int = 200
    max_download_rows: int = 200_000
    rate_per_s: float = 40.0
    burst: int = 160
    cache_bytes: int = 64 * 2**20
    rankings_kept: int = 96
    kept_bytes: int = 256 * 2**20
    """Of remembered rankings and other results, about."""
    max_waiting: int = 64
    """Short requests that may wait for the engine before others are told to come back later."""
    max_long_waiting: int = 16
    """The same for long ones: robustness, dossiers, clusters and whatever has turned out to take long."""
    short_seats: int = 2
    """Connections of the engine for short requests; each answers one question at a time."""
    long_seats: int = max(1, min(4, (os.cpu_count() or 1) // 2))
    """Connections of the engine for long requests, with which short ones never wait."""
    long_after_s: float = 2.5
    """A page that took longer than this counts as long from then on, until it is fast again."""
    request_s: float = 60.0
    """Seconds after which a short request is stopped (504)."""
    long_request_s: float = 300.0
    """Seconds after which a long request is stopped (504)."""
    patience_s: float = 3.0
    """Seconds after which the reader of a long page gets a page that says where it stands in the queue, and refreshes."""
    abandoned_s: float = 20.0
    """Seconds after which a page that nobody asks for any more is not computed on."""
    max_rows: int = 5_000_000
    """Rows that the engine may hand over to one question."""
    derived_bytes: int = 1 << 30
    """Room of derived tables that all connections of the engine keep from one request to the next, about."""
    derived_s: float = 1800.0
    """Seconds after which a derived table that nobody used is dropped."""
    interval_records: int = 300_000
    """Papers up to which a page shows intervals without being asked; above, the reader asks for them."""
    draws: int = 400
    names: tuple[str, ...] = ()
    """Names under which the site is served, besides addresses and this machine's own name; ``*`` accepts any (see ``hosts.py``)."""
    head_s: float = 10.0
    """Seconds within which a client must have sent its whole request."""
    idle_s: int = 15
    """Seconds after which a connection without a request is closed."""
    slowest_bytes_per_s: int = 4096
    """A client that takes an answer more slowly than this is cut, after ``head_s`` seconds."""
    connections: int = 512
    connections_per_client: int = 64
    """Open connections in all, and of one address (0: no limit)."""
    address: str = ""
    """Where the site is seen from outside (``https://science.example``): written into pictures, files and citations."""
    frames: str = ""
    """Sites that may show a page in a frame (``*``, or addresses joined by spaces); empty: none."""
    feedback: str = ""
    """Where a reader says what is wrong: an address of a page, or ``mailto:...``; empty: no link."""
