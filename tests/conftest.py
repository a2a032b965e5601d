"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# machines differ in speed: no test fails by the clock. `make test` tries the same examples each time; `make test-slow` draws a seed, and
# what it finds becomes an example
settings.register_profile("armillary", deadline=None, derandomize=not os.environ.get("ARMILLARY_RANDOM_EXAMPLES"))
settings.load_profile("armillary")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real records; tests that use it are skipped where it is not at hand."""
    given = os.environ.get("ARMILLARY_DATA")
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not (folder / "openalex").is_dir():
        pytest.skip(f"no real records at {folder}; set ARMILLARY_DATA to their folder")
    return folder
