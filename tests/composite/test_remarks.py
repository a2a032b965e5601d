"""What is said under a ranking: slips in the data, values beyond their scale, rules that fell back on another one; and panels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.cli.main import run
from armillary.composite import build, load_spec, panel, spec_from
from armillary.composite.steps.rank import RankRule
from armillary.errors import DataError, InputError, SpecError

BASE: dict[str, Any] = {
    "index": {"id": "ix"},
    "data": {"unit": "code", "groups": ["region"]},
    "group": [{"id": "ix"}],
    "indicator": [{"id": "a", "parent": "ix"}, {"id": "b", "parent": "ix"}],
}
TABLE: dict[str, list[Any]] = {
    "code": ["A", "B", "C", "D"],
    "region": ["n", "n", "s", None],
    "a": [1.0, 2.0, 4.0, 8.0],
    "b": [10.0, 30.0, 20.0, 40.0],
}


def said(table: dict[str, list[Any]] = TABLE, **more: Any) -> str:
    return " / ".join(build(spec_from({**BASE, **more}), table).warnings)


def test_halves_are_rounded_as_people_round_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = RankRule(1)
    assert rule.rounded(np.array([70.35, 70.25, 0.45, -0.45, np.nan]))[:4].tolist() == [70.4, 70.3, 0.5, -0.5]
    (tmp_path / "s.toml").write_text(
        '[index]\nid="ix"\n[data]\nvalues="v.csv"\nunit="code"\n[normalise]\nmethod="none"\n[rank]\ndecimals=1\n[[group]]\nid="ix"\n'
        '[[indicator]]\nid="a"\nparent="ix"\n'
    )
    (tmp_path / "v.csv").write_text("code,a\nA,70.25\nB,70.3\nC,70.35\nD,70.4\nE,10\n")
    assert run(["index", "build", str(tmp_path / "s.toml"), "--json"]) == 0
    rows = {r["unit_id"]: r for r in json.loads(capsys.readouterr().out)["rows"]}
    assert [rows[u]["rank"] for u in "ABCDE"] == [3, 3, 1, 1, 5]
    assert rows["A"]["percent_rank"] == rows["B"]["percent_rank"] and rows["C"]["percent_rank"] == rows["D"]["percent_rank"]
    assert run(["index", "build", str(tmp_path / "s.toml")]) == 0
    shown = {line.split()[1]: line.split()[3] for line in capsys.readouterr().out.splitlines() if line[:4].strip().isdigit()}
    assert shown == {"A": "70.3", "B": "70.3", "C": "70.4", "D": "70.4", "E": "10.0"}  # equal ranks show equal scores


def test_values_beyond_their_scale_are_counted() -> None:
    posts = [{"id": "a", "parent": "ix", "goalposts": [3, 5]}, {"id": "b", "parent": "ix", "goalposts": [0, 100]}]
    assert "values beyond the ends of their scale count as the nearer end: a 3 of 4" in said(indicator=posts)
    posts[0]["goalposts"] = [100, 200]
    assert "all 4 values of 'a' lie below its goalposts 100 and 200: check the unit of measure" in said(indicator=posts)
    posts[0]["normalise"] = {"goalposts": [3, 5], "cap": False}
    del posts[0]["goalposts"]
    assert "leave it (cap = false): a 3 of 4" in said(indicator=posts)


@pytest.mark.parametrize(("expression", "words"), [("1/x", "falls as x grows"), ("(x - 3) ** 2", "neither grows nor falls")])
def test_expressions_that_turn_an_indicator_round_are_said(expression: str, words: str) -> None:
    one = [{"id": "a", "parent": "ix", "transform": {"expression": expression}}, BASE["indicator"][1]]
    assert words in said(indicator=one)
    assert words not in said(indicator=[{"id": "a", "parent": "ix", "transform": {"expression": "x ** 2"}}, BASE["indicator"][1]])


def test_a_group_mean_that_has_no_group_is_said() -> None:
    table = {**TABLE, "a": [1.0, 2.0, None, None]}
    rule = {"impute": {"method": "group-mean", "group": "region"}}
    words = said(table, **rule)
    assert "2 missing values are imputed (group-mean)" in words and "2 of these come from all units" in words and "a of C, a of D" in words
    # two units without a group are no group
    table = {**TABLE, "region": ["n", None, None, "s"], "a": [1.0, 9.0, None, 2.0]}
    done = build(spec_from({**BASE, **rule}), table)
    assert done.stage("imputed").column("a")[2] == pytest.approx(4.0)


def test_a_part_of_nought_that_cannot_contribute_its_share_is_said() -> None:
    rule = {"aggregate": {"method": "bod", "shares": [0.2, 0.8]}}
    assert "a part of 0 cannot contribute the least share in 'ix', so the score is 0: B" in said(
        {**TABLE, "a": [1.0, 0.0, 4.0, 8.0]}, **rule, normalise={"method": "none"}
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"normalise": {"method": "points", "points": [3, -1]}}, "at least 0"),
        ({"aggregate": {"method": "geometric", "floor": 100}}, "scores end at 100"),
        ({"indicator": [{"id": "a", "parent": "ix", "weight": 1e308}, {"id": "b", "parent": "ix"}]}, "at most 1e+12"),
        ({"uncertain": [{"factor": "weights", "level": "index", "low": 0.6, "high": 0.9}]}, "add up to at least 120 %"),
        ({"uncertain": [{"factor": "weights", "level": "index", "low": 0.1, "high": 0.2}]}, "add up to at most 40 %"),
        ({"uncertain": [{"factor": "weights", "level": "index", "low": 0.1, "high": 60}]}, "at most 1, not 60"),
        ({"uncertain": [{"factor": "weights", "level": "index", "low": 0.1, "high": 0.9, "spread": 0.2}]}, "keep one of them"),
        ({"uncertain": [{"factor": "weights", "level": "index", "options": ["all"]}]}, "unknown option of 'weights'"),
        ({"uncertain": [{"factor": "leave-out", "low": 0.1}]}, "does nothing for the factor 'leave-out'"),
        ({"uncertain": [{"factor": "treat.max_points", "low": 0.5, "high": 3}]}, "whole numbers"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_more_impossible_settings_are_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match="(?i)" + words.replace("+", r"\+").replace("(", r"\(")):
        try:
            spec_from({**BASE, **more})
        except SpecError as error:
            raise SpecError(f"{error.what} {error.fix}") from None
        except Exception as error:
            raise SpecError(str(error)) from None


def write(tmp_path: Path, text: str, more: str = "") -> Any:
    (tmp_path / "s.toml").write_text(
        f'[index]\nid="ix"\n[data]\nvalues="v.csv"\nunit="code"\n{more}[[group]]\nid="ix"\n'
        '[[indicator]]\nid="a"\nparent="ix"\n[[indicator]]\nid="b"\nparent="ix"\n'
    )
    (tmp_path / "v.csv").write_text(text, encoding="utf-8")
    return load_spec(tmp_path / "s.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,a,b,A\nX,1,5,9\nY,2,6,8\nZ,3,9,7\n", "columns 'a' and 'A', which differ in case only"),
        ("code,a,b\nFra,1,5\nFRA,2,6\nZ,3,9\n", "units 'Fra' and 'FRA' differ in case only"),
        ("code,a,b\nX,1,-99\nY,2,6\nZ,3,9\n", "1 value of 'b' is -99, which often marks a missing value"),
        ("code,a,b\nX,1,9999\nY,2,6\nZ,3,9\nW,4,9999\n", "2 values of 'b' are 9999"),
        ("code,a,b\nX,1,4\nTotal,6,19\nY,2,6\nZ,3,9\n", "'Total' looks like a summary"),
        ("code,a,b\nX,1,4\nY,2,6\nZ,3,9\nV,4,1\nW,5,2\nEU,15,22\n", "'EU' is the sum of all others in 2 indicators"),
        ("code,a,b\nX,1,4\n,,\nY,2,6\nZ,3,9\n,,\n", "2 empty rows are skipped"),
    ],
    ids=["column-case", "unit-case", "below", "above", "total", "sum", "blank-rows"],
)
def test_slips_in_a_table_are_said(tmp_path: Path, text: str, words: str) -> None:
    assert any(words in n for n in build(write(tmp_path, text)).warnings)


def test_tables_without_slips_get_no_such_note(tmp_path: Path) -> None:
    text = "code,a,b\nX,-99,-4\nY,-50,6\nZ,-120,9\nV,4,1\nW,5,2\nU,1,999\nT,2,800\n"
    assert build(write(tmp_path, text)).warnings == ()


def test_signs_without_width_markers_and_thousands(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'X' appears twice"):
        build(write(tmp_path, "code,a,b\nX,1,5\nX\u200b,2,6\nZ,3,9\n"))
    spec = write(tmp_path, "code,a,b\nX,1,-99.0\nY,2,6\nZ,,9\n", "missing=[-99]\n")
    assert np.isnan(build(spec).stage("raw").values).sum() == 2  # the marker however it is written, and the empty cell
    with pytest.raises(DataError, match="not a number") as fault:
        build(write(tmp_path, 'code,a,b\nX,"1,200",5\nY,"2,300",6\nZ,"3,100",9\n'))
    assert "separate thousands" in str(fault.value.fix)
    with pytest.raises(DataError) as fault:
        build(write(tmp_path, 'code,a,b\nX,"1,2",5\nY,"2,35",6\nZ,"3,1",9\n'))
    assert str(fault.value.fix).startswith("add decimal")
    with pytest.raises(InputError, match="same name"):
        build(write(tmp_path, "code,a,b,\u00a0a\nX,1,5,1\nY,2,6,1\nZ,3,9,1\n"))


PANEL = "code,year,a,b\nX,2020,90,70\nY,2020,60,60\nZ,2020,30,50\nX,2021,180,70\nY,2021,60,65\nZ,2021,,90\n"


def test_a_pooled_panel_has_one_best(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write(tmp_path, PANEL, 'time="year"\n[normalise]\nmethod="none"\n[rescale]\nmethod="best"\n')
    old, new = panel(spec).results
    assert old.score("ix").tolist() == pytest.approx([64, 48, 32]) and new.score("ix").tolist() == pytest.approx([100, 50, 72])
    old, new = panel(spec, pooled=False).results
    assert old.score("ix").max() == new.score("ix").max() == 100
    spec = write(tmp_path, PANEL, 'time="year"\n[normalise]\nmethod="none"\n[rescale]\nmethod="rank"\n')
    with pytest.raises(DataError, match="cannot be pooled"):
        panel(spec)
    # who is not ranked sets no range, and what is said of a year is said of the panel
    spec = write(tmp_path, PANEL, 'time="year"\n[screen]\nmin_count=2\n')
    done = panel(spec)
    assert done.results[1].score("ix").tolist() == pytest.approx([(100 + 100) / 2, (20 + 75) / 2])
    assert done.warnings == ("2021: 1 of 3 units have too little data and are not ranked",)
    assert run(["index", "panel", str(tmp_path / "s.toml")]) == 0
    assert "note    2021: 1 of 3 units" in capsys.readouterr().out


def test_rows_without_a_year_and_years_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write(tmp_path, PANEL + "W,,1,2\n", 'time="year"\nat=2020\n')
    assert "1 rows have no year in column 'year' and are left out: 8" in build(spec).warnings
    assert any("1 rows have no year" in n for n in panel(spec).warnings)
    for cell in ("2020.5", "2020/21", "about 2020"):
        with pytest.raises(DataError, match="row 8: column 'year' holds"):
            build(write(tmp_path, PANEL + f"W,{cell},1,2\n", 'time="year"\nat=2020\n'))
    write(tmp_path, "code,a,b\nX,1,2\nY,2,3\n")
    assert run(["index", "build", str(tmp_path / "s.toml"), "--year", "2020"]) == 2
    assert "chooses nothing" in capsys.readouterr().err


def test_tidy_rows_that_are_not_used_are_said(tmp_path: Path) -> None:
    text = "code,ind,val\nX,a,1\nX,b,2\nY,a,3\nY,b,4\nZ,a,5\nZ,B,9\nZ,zz,7\n"
    notes = build(write(tmp_path, text, 'layout="tidy"\nindicator="ind"\nvalue="val"\n')).warnings
    assert "1 values of 'B' are not used; the indicator is called 'b'" in notes
    assert "1 values of indicators that the specification does not name are not used: zz" in notes


def test_groups_say_who_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "code,g,pop,a,b\nX,n,5,1,5\nY,n,,2,6\nZ,s,7,3,9\nW,,2,4,1\n", 'groups=["g"]\ndenominators=["pop"]\n')
    assert run(["index", "groups", str(tmp_path / "s.toml"), "--by", "g", "--weight", "pop"]) == 0
    said = capsys.readouterr().out
    assert "1 units have no g and are in no group: W" in said and "1 scores are not in the weighted means: their units have no pop" in said
