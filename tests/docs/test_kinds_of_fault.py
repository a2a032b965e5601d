"""The table of kinds of fault names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_table_names_exists() -> None:
    page = (ROOT / "docs/design/kinds-of-fault.md").read_text(encoding="utf-8")
    there = {
        m for f in (ROOT / "tests").rglob("test_*.py") for m in re.findall(r"^\s*def (test_\w+)\(", f.read_text("utf-8"), re.MULTILINE)
    }
    rows = [line for line in page.splitlines() if line.startswith("| ") and "`test_" in line]
    assert len(rows) > 20
    for row in rows:
        kind, *_, tests = (c.strip() for c in row.strip("| ").split(" | "))
        named = re.findall(r"`(test_\w+)`", tests)
        assert named, kind
        assert not set(named) - there, kind
