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


def test_a_cell_stays_one_cell(tmp_path: Path) -> None:
    """A bare carriage return begins a new row for some readers, and what stands behind it would be a formula there."""
    names = ["x\r=HYPERLINK(1)", "a\r\nb", "\r=1", "\x1b[31mred\u202e", "\uff1d1+1", "\n=1"]
    text = csv_text(pa.table({"name": names}))
    assert "\r" not in text and "\x1b" not in text and "\u202e" not in text
    rows = [r[0] for r in csv.reader(io.StringIO(text))][1:]
    assert rows == ["x\n=HYPERLINK(1)", "a\nb", "'\n=1", "\ufffd[31mred\ufffd", "'\uff1d1+1", "'\n=1"]
