"""Bounds of the site: what one request, one client and the cache may cost."""

from __future__ import annotations

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
    max_waiting: int = 64
    """Requests that may wait for the engine before others are told to come back later."""
    interval_records: int = 300_000
    """Papers up to which a page shows intervals without being asked; above, the reader asks for them."""
    draws: int = 400
