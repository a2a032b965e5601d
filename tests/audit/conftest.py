"""Small made tables with known answers."""

from __future__ import annotations

from pathlib import Path

import pytest

TOML = """
title = "Made table"
period_name = "year"
ranked_by = "rank"
begins = 2018
[complete]
2020 = 5
2021 = 5
2022 = 3
[labels]
"spring list" = 2022
[[break]]
period = 2022
why = "another method"
[[source]]
id = "s"
title = "Made"
kind = "official"
"""
CSV = """period,unit,measure,name,country,rank,value,source,note
2018,a,,Alpha,CN,2,,s,
2019,a,,Alpha,CN,1,,s,
2020,a,,Alpha,CN,1,50,s,
2020,b,,Beta,US,2,40,s,
2020,c,,Gamma,CN,3,30,s,
2020,d,,Delta,US,4,20,s,
2020,e,,Epsilon,DE,5,10,s,
2021,a,,Alpha,CN,1,55,s,
2021,b,,Beta,US,2,40,s,
2021,c,,Gamma,CN,3,35,s,
2021,f,,Phi,CN,4,20,s,
2021,d,,Delta,US,5,15,s,
2022,b,,Beta,US,1,60,s,
2022,a,,Alpha,CN,2,58,s,
2022,c,,Gamma,CN,3,41.0±0.5,s,
2018,x,money,Xland,,,90,s,
2019,x,money,Xland,,,100,s,
2020,x,money,Xland,,,130,s,
2021,x,money,Xland,,,>150,s,
2018,y,money,Yland,,,110,s,
2019,y,money,Yland,,,105,s,
2020,y,money,Yland,,,110,s,
2021,y,money,Yland,,,120,s,
"""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with the table ``made`` and a claims file that the test may write."""
    (tmp_path / "made.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "made.csv").write_text(CSV, encoding="utf-8")
    return tmp_path
