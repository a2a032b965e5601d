"""Settings of a site under test: no request is stopped for its time, which on a busy machine says nothing about the code."""

from __future__ import annotations

from typing import Any

from armillary.web.settings import Settings


def unhurried(**given: Any) -> Settings:
    """Settings without limits of rate and time, and what else is given."""
    return Settings(**{"rate_per_s": 0, "request_s": 3600.0, "long_request_s": 3600.0, **given})
