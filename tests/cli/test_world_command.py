"""armillary world, and series on armillary rank."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store


def out_of(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> str:
    assert run(list(args)) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def test_the_list_names_licence_and_gaps(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of(capsys, "world")
    assert "gerd-gdp.oecd" in text and "leaves out" in text and "CC0" in text
    listed = json.loads(out_of(capsys, "world", "--json"))
    assert {"datasets", "series", "tables"} == listed.keys()


def test_a_series_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(out_of(capsys, "world", "gerd-gdp", "--year", "2023", "--json"))
    assert found["rows"][0]["unit_id"] == "IL" and found["rows"][-1]["rank"] is None
    assert "OECD" in found["meta"]["source"]


def test_a_unit_over_the_years(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of(capsys, "world", "gerd-gdp", "--unit", "대한민국")
    assert "South Korea (KR)" in text and "4.944" in text


def test_what_another_source_has_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "gerd-gdp.world-bank-2026 --unit KE" in out_of(capsys, "world", "gerd-gdp", "--unit", "Kenya", code=2)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["world", "gerd-gpd"], "gerd-gdp"),
        (["world", "gerd-gdp", "--by", "city"], "tables of records"),
        (["world", "nobel", "--by", "town"], "city"),
        (["world", "nobel", "--by", "city", "--period", "x"], "span"),
        (["world", "sample-works"], "demo"),
        (["rank", "series:gerd-gdp", "--counting", "full"], "no effect"),
        (["rank", "series:gerd-gdp", "--period", "2010-2020"], "one year"),
        (["rank", "series:nothing"], "series"),
    ],
)
def test_one_clear_line(
    args: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = out_of(capsys, *args, code=2)
    assert says in text and len(text.strip().splitlines()) == 1


def test_rank_a_series_that_ships(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = out_of(capsys, "rank", "series:G_XGDP", "--period", "2023", "--limit", "2")
    assert "Israel" in text and "52 with a value" in text
    csv = out_of(capsys, "rank", "series:G_XGDP", "--period", "2023", "--format", "csv")
    assert csv.splitlines()[0] == "rank,unit_id,name,value,flag,is_aggregate,period" and len(csv.splitlines()) == 55


def test_rank_a_series_of_the_observatory(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(
        "unit,indicator,year,value,source,vintage\nDE,widgets,2020,5,me,1\nFR,widgets,2020,7,me,1\nIT,widgets,2020,7,me,1\nEU27_2020,widgets,2020,19,me,1\n",
        encoding="utf-8",
    )
    mapping = tmp_path / "mapping.toml"
    columns = ("unit", "indicator", "year", "value", "source", "vintage")
    mapping.write_text("[columns]\n" + "".join(f'{c} = "{c}"\n' for c in columns), encoding="utf-8")
    obs = str(tmp_path / "observatory")
    Store.create(obs)
    assert run(["ingest", "series", str(file), "--mapping", str(mapping), "--into", obs, "--quiet"]) == 0
    capsys.readouterr()
    rows = json.loads(out_of(capsys, "rank", "series:widgets", "--into", obs, "--json"))["rows"]
    assert [(r["rank"], r["unit_id"]) for r in rows] == [(1, "FR"), (1, "IT"), (3, "DE"), (None, "EU27_2020")]
