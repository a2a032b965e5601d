"""The pair table from records: against plain Python on random worlds, and on the real records."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from armillary.cli.main import run
from armillary.errors import DataError, UsageError
from armillary.studies.cooperation.records import pairs_from_corpus
from support.random_world import random_world
from support.tiny import observatory


@pytest.mark.parametrize("unit", ["country", "institution"])
def test_pairs_against_plain_python(tmp_path: Path, unit: str) -> None:
    papers, institutions = random_world(11, 80)
    obs = observatory(tmp_path, papers, institutions)
    pairs = pairs_from_corpus(obs.corpus, obs.recipe("count", unit=unit))
    joint: dict[tuple[int, str, str], int] = {}
    own: dict[tuple[int, str], int] = {}
    for paper in papers:
        found = {i for a in paper["authors"] for line in a["addresses"] for i in line}
        units = sorted({institutions[i] for i in found} if unit == "country" else {f"I{i}" for i in found})
        for u in units:
            own[paper["year"], u] = own.get((paper["year"], u), 0) + 1
        for a, b in combinations(units, 2):
            joint[paper["year"], a, b] = joint.get((paper["year"], a, b), 0) + 1
    assert joint
    for (year, a, b), n in joint.items():
        assert pairs.joint[pairs.years.index(year), pairs.row(a), pairs.row(b)] == n
    assert pairs.joint.sum() == 2 * sum(joint.values())
    assert all(pairs.own[pairs.years.index(y), pairs.row(u)] == n for (y, u), n in own.items() if u in pairs.place)
    assert pairs.all_n is not None and pairs.all_n.sum() == len(papers)
    assert (pairs.joint == pairs.joint.transpose(0, 2, 1)).all() and not np.diagonal(pairs.joint, axis1=1, axis2=2).any()


def test_most_units_are_kept_and_said(tmp_path: Path) -> None:
    papers, institutions = random_world(11, 80)
    obs = observatory(tmp_path, papers, institutions)
    pairs = pairs_from_corpus(obs.corpus, obs.recipe("count", unit="institution"), most=3)
    assert len(pairs.units) == 3 and any("the 3 with most" in n for n in pairs.notes)
    named = pairs_from_corpus(obs.corpus, obs.recipe("count", unit="country"), units=["CN", "US"])
    assert named.units == ("CN", "US")
    with pytest.raises(DataError, match="of the units that were named"):
        pairs_from_corpus(obs.corpus, obs.recipe("count", unit="country"), units=["CN", "XX"])
    with pytest.raises(UsageError, match="fields do not cooperate"):
        pairs_from_corpus(obs.corpus, obs.recipe("count", unit="field"))


def test_commands_run_on_records_and_on_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    papers, institutions = random_world(11, 80)
    observatory(tmp_path / "obs", papers, institutions)
    base = ["--into", str(tmp_path / "obs"), "--records", "--period", "all", "--json"]
    for words in (
        ["partners", "CN"],
        ["partners", "CN", "--history"],
        ["countries"],
        ["countries", "CN"],
        ["blocs", "CN,US"],
        ["brokers", "--alpha", "1"],
        ["network", "--alpha", "1", "--save", str(tmp_path / "n.gexf")],
        ["growth", "--first", "2015", "--last", "2019", "--min-works", "1"],
    ):
        assert run(["cooperation", *words, *base]) == 0, words
        assert '"rows"' in capsys.readouterr().out
    assert (tmp_path / "n.gexf").is_file()
    for kind in ("csv", "json", "parquet"):
        out = tmp_path / f"t.{kind}"
        assert (
            run(["cooperation", "partners", "CN", "--into", str(tmp_path / "obs"), "--records", "--out", str(out)]) == 0
            and out.stat().st_size
        )
    capsys.readouterr()
    assert run(["cooperation", "partners", "CN", "--into", str(tmp_path / "obs")]) == 2
    assert "armillary ingest collaboration" in capsys.readouterr().err.casefold()
    assert run(["cooperation", "partners", "ZZ", *base]) == 2
    assert run(["cooperation", "blocs", "atlantis", *base]) == 2
