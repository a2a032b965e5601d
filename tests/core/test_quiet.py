"""A notebook without ipywidgets: DuckDB refuses to switch off a bar that it could not draw, and that is no error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.tiny import observatory

NOTEBOOK = """
import sys, types
kernel = types.ModuleType("IPython")
kernel.get_ipython = lambda: types.SimpleNamespace(config={"IPKernelApp": {}})
sys.modules["IPython"] = kernel
sys.modules["ipywidgets"] = None  # not installed
import duckdb
try:
    duckdb.connect().execute("SET enable_progress_bar = false")
    print("switched off")
except duckdb.InvalidInputException:
    print("refused")
import armillary
print(armillary.open(sys.argv[1]).rank("publications").arrow["value"].to_pylist())
"""


def test_an_observatory_opens_in_a_notebook_without_widgets(tmp_path: Path) -> None:
    folder = observatory(tmp_path / "obs", [{"id": 1, "authors": [[[1]], [[1]]]}], {1: "KE"}).path
    told = subprocess.run([sys.executable, "-c", NOTEBOOK, str(folder)], capture_output=True, text=True, check=False)
    assert told.stdout.splitlines() == ["refused", "[1.0]"], told.stderr
