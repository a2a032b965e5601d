"""What an installation brings: the core stays small, and starts without what it does not need."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata


def needed(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """Packages that an installed one needs, and all that these need; markers of other systems and Pythons do not count."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    open_ = [(name, extras)]
    while open_:
        package, wanted = open_.pop()
        for text in metadata.requires(package) or []:
            r = Requirement(text)
            if r.marker is None or any(r.marker.evaluate({"extra": e}) for e in {"", *wanted}):
                one = re.sub(r"[-_.]+", "-", r.name.casefold())
                if one not in found:
                    found.add(one)
                    open_.append((one, frozenset(r.extras)))
    return found


def test_the_core_is_below_25_packages() -> None:
    found = needed("armillary")
    assert {"duckdb", "pyarrow"} <= found
    assert len(found) + 1 < 25, sorted(found)


def test_help_starts_without_the_heavy_packages() -> None:
    heavy = "{'pandas', 'scipy', 'ibis', 'pyarrow', 'duckdb', 'mcp'}"
    code = f"import sys; from armillary.cli.main import run; run(['--help']); print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
