"""CSV text: what every table of the project is written with."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa

from armillary.cli.tables import write_table
from armillary.core.tabular import csv_text

NAMES = ["=HYPERLINK(1)", "+1", "-2", "@x", "\tcell", 'a "quoted", name', None, "Lund"]


def test_formulas_are_quoted_and_numbers_are_whole() -> None:
    table = pa.table({"=name": NAMES, "value": pa.array([-1.5, 0.1 + 0.2, None, 4, 5, 6, 7, 8], pa.float64())})
    rows = list(csv.reader(io.StringIO(csv_text(table))))
    assert rows[0] == ["'=name", "value"]
    assert [r[0] for r in rows[1:]] == ["'=HYPERLINK(1)", "'+1", "'-2", "'@x", "'\tcell", 'a "quoted", name', "", "Lund"]
    assert [r[1] for r in rows[1:4]] == ["-1.5", "0.30000000000000004", ""]  # a negative number is no formula


def test_tables_of_the_command_line_are_guarded_too(tmp_path: Path) -> None:
    table = pa.table({"name": ["=1+1", "Lund"], "papers": [1, 2]})
    write_table(table, tmp_path / "t.csv", {"title": "T"})
    assert (tmp_path / "t.csv").read_text() == "name,papers\n'=1+1,1\nLund,2\n"
    write_table(table, tmp_path / "t.json", {"title": "T"})
    assert json.loads((tmp_path / "t.json").read_text())["rows"][0]["name"] == "=1+1"
