"""``armillary series``: the questions a journalist asks of a series."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.sources.series import ingest


@pytest.fixture(scope="module")
def observatory(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    raw = real_data / "country" / "oecd_sti" / "raw"
    folder = tmp_path_factory.mktemp("series-command") / "o"
    wdi = folder.parent / "WDICSV.csv"
    wdi.write_text(
        "Country Name,Country Code,Indicator Name,Indicator Code,2023,2024\n"
        "China,CHN,Research and development expenditure (% of GDP),GB.XPD.RSDV.GD.ZS,2.58,2.4\n"
    )
    ingest(Store.create(folder), [*(raw / f"{n}_V8.txt" for n in ("G_NC", "GDP", "G_XGDP", "TP_RS")), wdi])
    return folder


def said(capsys: pytest.CaptureFixture[str], observatory: Path, *args: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run(["series", *args, "--into", str(observatory)]) == code
    out = capsys.readouterr()
    return out.err if code else out.out


def test_threshold_and_growth(observatory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, observatory, "CN", "G_NC", "--above", "2000000", "--growth", "2019-2024", "--period", "2018-2024")
    assert "national currency, millions" in text and "vintage 2026-04-13" in text
    assert "first year above 2,000,000: 2019; above it ever since: 2019" in text and "growth 2019-2024: 10.41 % a year" in text


def test_ratio_in_national_currency(observatory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, observatory, "CN", "G_NC", "--per", "GDP", "--period", "2024", "--json"))
    assert round(found["values"][0]["value"], 2) == 2.69


def test_break_and_unknown_names(observatory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "breaks in 2009" in said(capsys, observatory, "CN", "TP_RS", "--growth", "2008-2012", code=2)
    assert "Did you mean 'G_NC'" in said(capsys, observatory, "CN", "G_NCC", code=2)
    assert "unknown unit" in said(capsys, observatory, "Atlantis", "G_NC", code=2)
    assert "no span" in said(capsys, observatory, "CN", "G_NC", "--period", "recent", code=2)


def test_disagreements_and_list(observatory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, observatory, "--disagreements")
    # 2023: 2.577 and 2.58 agree within 0.05; 2024: 2.693 and 2.4 do not
    assert "1 values on which sources disagree" in text and "gerd-gdp CN 2024" in text
    assert "G_NC" in said(capsys, observatory, "CN") and len(json.loads(said(capsys, observatory, "--json"))) == 5
