"""What each indicator needs of a record, and of how many that is known."""

from __future__ import annotations

from pathlib import Path

from armillary.indicators import all_indicators
from armillary.ranking.knowledge import what_is_known
from support.ragged_world import ragged_world
from support.tiny import observatory


def test_the_table_has_every_indicator_and_counts_the_known(tmp_path: Path) -> None:
    papers, institutions, more = ragged_world()
    obs = observatory(tmp_path / "obs", papers, institutions, **more)
    rows = {r["indicator"]: r for r in what_is_known(obs.corpus).to_pylist()}
    assert {n.split(" ")[0] for n in rows} == set(all_indicators())
    assert all(r["known"] is not None or r["missing"] for r in rows.values())
    # the role decides: a count of one is not that of the other
    assert rows["lead-rate (corresponding)"]["known"] < rows["lead-rate"]["known"] == rows["lead-rate"]["records"]
    for name in ("pp-oa", "pp-sdg", "sdg-papers", "pp-policy", "pp-industry", "pp-long-distance", "mncs"):
        assert 0 < rows[name]["known"] < rows[name]["records"], name
    assert rows["sdg-papers"]["known"] == rows["pp-sdg"]["known"]
