"""The Python of the how-to pages runs, and their TOML is accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from armillary.core.places.regions import load_regions
from armillary.core.places.rules import load_overrides

DOCS = Path(__file__).resolve().parents[2] / "docs" / "how-to"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", ["places.md", "clusters.md"])
def test_python_blocks_run(page: str) -> None:
    found = blocks(page, "python")
    assert found
    for code in found:
        exec(compile(code, page, "exec"), {"__name__": page})


def test_toml_blocks_are_accepted(tmp_path: Path) -> None:
    overrides, regions = blocks("places.md", "toml")
    (tmp_path / "o.toml").write_text(overrides, encoding="utf-8")
    assert load_overrides(tmp_path / "o.toml").by_ror["012a77v79"] == "metro:oresund-se"
    (tmp_path / "r.toml").write_text(regions, encoding="utf-8")
    assert "SE:lund" in load_regions([tmp_path / "r.toml"])["my-programme"].places
