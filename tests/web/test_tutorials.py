"""The tutorials run as they are, in a folder of their own, cell by cell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "tutorials").glob("*.ipynb"))
pytestmark = pytest.mark.slow


def test_the_tutorials_are_there():
    from armillary.web.pages import about

    assert len(NOTEBOOKS) == 4
    listed = Path(about.__file__).read_text(encoding="utf-8")
    assert all(f'"{n.name}"' in listed for n in NOTEBOOKS)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_tutorial_runs(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = [c for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    names: dict[str, object] = {"__name__": "tutorial"}
    for number, cell in enumerate(cells, 1):
        code = compile("".join(cell["source"]), f"{notebook.name}, cell {number}", "exec")
        exec(code, names)
    assert len(cells) >= 6
