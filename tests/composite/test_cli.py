"""The index commands: what they print, in every format, and their exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.sources.series import ingest

SERIES_INDEX = """[index]
id = "rd"
name = "Research effort"
[data]
layout = "series"
at = 2023
window = 3
[[group]]
id = "index"
[[indicator]]
id = "intensity"
series = "G_XGDP"
parent = "index"
[[indicator]]
id = "people"
series = "TP_RSXEM"
parent = "index"
[[indicator]]
id = "business"
series = "B_NC"
denominator = "GDP"
parent = "index"
"""


def said(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run(list(args)) == code, capsys.readouterr()
    return capsys.readouterr().out


def test_build_in_every_format(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = said(capsys, "index", "build", "demo", "--limit", "3")
    assert "arithmetic means" in text and "not ranked" in text and "... and 35 more" in text
    rows = list(csv.DictReader(io.StringIO(said(capsys, "index", "build", "demo", "--format", "csv"))))
    whole = json.loads(said(capsys, "index", "build", "demo", "--json"))
    assert len(rows) == len(whole["rows"]) == 38 and list(rows[0])[:4] == ["rank", "unit_id", "name", "value"]
    assert float(rows[0]["value"]) == whole["rows"][0]["value"]  # nothing is rounded in files
    assert "| rank | unit_id |" in said(capsys, "index", "build", "demo", "--format", "md")
    said(capsys, "index", "build", "demo", "--format", "parquet", "--out", str(tmp_path / "t.parquet"))
    said(capsys, "index", "build", "demo", "--format", "xlsx", "--out", str(tmp_path / "t.xlsx"))
    assert pq.read_table(tmp_path / "t.parquet").num_rows == 38
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["table", "how"] and book["table"].max_row == 39
    said(capsys, "index", "build", "demo", "--format", "parquet", code=2)


def test_same_bytes_every_time(capsys: pytest.CaptureFixture[str]) -> None:
    for args in (["index", "build", "demo", "--json"], ["index", "sensitivity", "demo", "--draws", "50", "--sobol", "8", "--json"]):
        assert said(capsys, *args) == said(capsys, *args)


def test_levels_and_steps(capsys: pytest.CaptureFixture[str]) -> None:
    assert "People and research" in said(capsys, "index", "build", "demo", "--level", "people", "--limit", "1")
    assert "knowledge" in said(capsys, "index", "build", "demo", "--level", "all", "--limit", "1")
    steps = said(capsys, "index", "build", "demo", "--steps")
    assert "GLN: coverage in 'input' is 0.17, needed 0.66" in steps and "high points pulled in" in steps
    assert {s["step"] for s in json.loads(said(capsys, "index", "build", "demo", "--steps", "--json"))} >= {"screen", "treat", "aggregate"}


def test_explain_and_check(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "index", "explain", "demo", "Almere", "--group", "income")
    assert "rank 8 of 38" in text and "contributions add up to 55.05" in text
    rows = json.loads(said(capsys, "index", "explain", "demo", "ALR", "--json"))["rows"]
    assert abs(sum(r["contribution"] for r in rows) - 55.05) < 0.01
    assert "12 indicators, 7 groups" in said(capsys, "index", "check", "demo")
    assert len(json.loads(said(capsys, "index", "check", "demo", "--json"))["digest"]) == 64


def test_sensitivity(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "index", "sensitivity", "demo", "--draws", "100", "--above", "Bremere", "Daluria", "--quiet")
    assert "rank_low" in text and "% of the rebuilds" in text
    rows = json.loads(said(capsys, "index", "sensitivity", "demo", "--draws", "50", "--sobol", "8", "--unit", "Cormark", "--json"))["rows"]
    assert {r["factor"] for r in rows} == {"weights of pillars", "weights of indicators", "imputation", "outliers", "scaling", "means"}


@pytest.mark.parametrize(
    "args",
    [
        ["build", "demo"], ["build", "demo", "--level", "all"], ["explain", "demo", "ALR"], ["sensitivity", "demo", "--draws", "50"],
        ["sensitivity", "demo", "--draws", "50", "--sobol", "8", "--unit", "ALR"], ["compare", "demo", "demo", "--old-year", "2024"],
        ["compare", "demo", "demo", "--old-year", "2024", "--dumbbell"],
    ],
    ids=lambda a: "-".join(a[:3]) + a[-1].strip("-"),
)  # fmt: skip
def test_charts(capsys: pytest.CaptureFixture[str], tmp_path: Path, args: list[str]) -> None:
    pytest.importorskip("altair")
    said(capsys, "index", *args, "--chart", str(tmp_path / "c.svg"))
    assert (tmp_path / "c.svg").read_text().startswith("<svg")


def test_compare_and_panel(capsys: pytest.CaptureFixture[str]) -> None:
    made = json.loads(said(capsys, "index", "compare", "demo", "demo", "--old-year", "2024", "--new-year", "2025", "--json"))
    assert made["meta"]["summary"]["units"] == len(made["rows"]) == 35
    assert all(r["change"] == r["data"] + r["model"] + r["newcomers"] + r["leavers"] for r in made["rows"])
    rows = json.loads(said(capsys, "index", "panel", "demo", "--json"))["rows"]
    assert {r["year"] for r in rows} == {2024, 2025}
    said(capsys, "index", "compare", "demo", "demo", "--renamed", "x", code=2)


@pytest.mark.parametrize("what", ["reliability", "correlations", "redundancy", "weights", "leave-one-out", "reversal"])
def test_analyse(capsys: pytest.CaptureFixture[str], what: str) -> None:
    assert said(capsys, "index", "analyse", "demo", what).strip()
    assert "rows" in json.loads(said(capsys, "index", "analyse", "demo", what, "--threshold", "0.5", "--json"))


def test_verify_exits_with_1_when_it_finds_something(capsys: pytest.CaptureFixture[str], real_data: Path) -> None:
    table = str(real_data / "reference" / "gii_2011_2022" / "gii_2011_2022_with_rank.csv")
    text = said(capsys, "index", "verify", "gii-pillars", "--data", table, code=1)
    assert "1,593 of 1,597 totals follow" in text and "1,597 of 1,597 ranks agree" in text
    assert "Sri Lanka 2011" in text and "if Creative outputs were 34.1 and not 24.1" in text
    found = json.loads(said(capsys, "index", "verify", "gii-pillars", "--data", table, "--json", code=1))
    assert found["checked"] - found["followed"] == len(found["findings"]) == 4


def test_verify_of_a_clean_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "rule.toml").write_text(
        "[index]\nid='x'\n[data]\nvalues='t.csv'\nunit='u'\n[[group]]\nid='T'\n[[indicator]]\nid='a'\nparent='T'\n[[indicator]]\nid='b'\nparent='T'\n"
    )
    (tmp_path / "t.csv").write_text("u,a,b,T\nx,1.0,2.0,1.5\ny,3.1,4.0,3.6\n")
    assert "2 of 2 totals follow" in said(capsys, "index", "verify", str(tmp_path / "rule.toml"))


def test_index_from_the_series_of_an_observatory(capsys: pytest.CaptureFixture[str], tmp_path: Path, real_data: Path) -> None:
    raw = real_data / "country" / "oecd_sti" / "raw"
    ingest(Store.create(tmp_path / "o"), [raw / f"{n}_V8.txt" for n in ("G_XGDP", "TP_RSXEM", "B_NC", "GDP")])
    (tmp_path / "rd.toml").write_text(SERIES_INDEX)
    made = json.loads(said(capsys, "index", "build", str(tmp_path / "rd.toml"), "--into", str(tmp_path / "o"), "--json"))
    rows = {r["unit_id"]: r for r in made["rows"]}
    assert {"KR", "IL", "CN", "SE"} <= set(rows) and "OECD" not in rows and rows["KR"]["name"] == "South Korea"
    assert rows["KR"]["rank"] <= 3 and any("earlier year than 2023" in n for n in made["meta"]["notes"])
    assert run(["index", "build", str(tmp_path / "rd.toml"), "--into", str(tmp_path / "none")]) == 2
    assert "no such observatory" in capsys.readouterr().err


def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for args in (["build", "nope"], ["build", "demo", "--level", "peple"], ["explain", "demo", "GLN"], ["sensitivity", "gii-pillars"]):
        assert run(["index", *args]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and error.startswith("armillary: ")


def test_a_unit_without_any_data_is_said_to_have_no_score(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "w.toml").write_text(
        '[index]\nid="x"\n[data]\nvalues="w.csv"\n[[group]]\nid="T"\n[[indicator]]\nid="p"\nparent="T"\n[[indicator]]\nid="q"\nparent="T"\n'
        '[[uncertain]]\nfactor="weights"\nlevel="index"\noptions=["any"]\n'
    )
    (tmp_path / "w.csv").write_text("unit,p,q\na,1,2\nb,,\nc,3,1\n")
    spec = str(tmp_path / "w.toml")
    assert "1 unit gets no score" in said(capsys, "index", "build", spec)
    assert "b in x: no score" in said(capsys, "index", "explain", spec, "b")
    assert run(["index", "sensitivity", spec, "--unit", "b"]) == 2 and "has no score" in capsys.readouterr().err
    assert {r["unit_id"] for r in json.loads(said(capsys, "index", "sensitivity", spec, "--draws", "20", "--json"))["rows"]} == {"a", "c"}
    (tmp_path / "w.csv").write_text("unit,p,q\na,1,2\n")
    assert run(["index", "build", spec]) == 2 and "the data hold 1" in capsys.readouterr().err
