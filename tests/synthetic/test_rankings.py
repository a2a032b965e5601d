"""The rankings of Armillary agree with the exact answers of the world: Share, Count and what is unassigned."""

from __future__ import annotations

from pathlib import Path

import pytest

import armillary as arm
from armillary.core.store import Store
from armillary.counting.credits import CREDIT
from armillary.synthetic import World
from armillary.synthetic.truth import Truth
from armillary.synthetic.write_core import to_core


@pytest.fixture(scope="module")
def world() -> World:
    return World(3_000, seed=11)


@pytest.fixture(scope="module")
def observatory(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("obs") / "o"
    to_core(Store.create(folder), world)
    return folder


@pytest.mark.parametrize("unit", ["country", "institution"])
@pytest.mark.parametrize("period", ["all", "2018-2021"])
def test_share_and_count_are_exact(world: World, observatory: Path, unit: str, period: str) -> None:
    years = None if period == "all" else (2018, 2021)
    share, count, total = Truth(world).credit(unit, period=years)
    obs = arm.open(observatory)
    found = {}
    for indicator in ("share", "count"):
        table = obs.rank(indicator, unit=unit, period=period).arrow
        found[indicator] = dict(zip((_label(u, unit) for u in table["unit_id"].to_pylist()), table["value"].to_pylist(), strict=True))
    units = [u for u in share if u != "unassigned"]
    assert {u for u in found["share"] if u not in ("None", "INone")} == set(units)
    for u in units:
        assert found["count"][u] == count[u]
        assert found["share"][u] == pytest.approx(float(share[u]), abs=5e4 / CREDIT)
    assert total == sum(share.values())


def _label(unit_id: object, unit: str) -> str:
    text = str(unit_id)
    return text if unit == "country" or text.startswith("I") else f"I{text}"
