"""The auditor gives the planted verdicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from armillary.cli.main import run
from armillary.core.store import Store
from armillary.synthetic import World, claims
from armillary.synthetic.beside import write_beside
from armillary.synthetic.write_core import to_core


@pytest.mark.slow
def test_planted_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(claims.CROSSING_FROM, seed=3)
    write_beside(world, tmp_path)
    to_core(Store.create(tmp_path / "o"), world, texts=False, tables=("work", "affiliation", "author_country"))
    series, into = tmp_path / "series", ["--into", str(tmp_path / "o")]
    assert run(["ingest", "series", str(series / "tidy.csv"), "--mapping", str(series / "mapping.toml"), *into, "--quiet"]) == 0
    capsys.readouterr()
    assert run(["audit", str(tmp_path / "claims.toml"), *into, "--json"]) == 0
    found = {v["id"]: v["verdict"] for v in json.loads(capsys.readouterr().out)["verdicts"]}
    assert found == {c.id: c.verdict for c in claims.planted(world)}


def test_claims_file_is_well_formed() -> None:
    import tomllib

    world = World(20_000, seed=1)
    parsed = tomllib.loads(claims.toml(world))
    assert [c["id"] for c in parsed["claim"]] == [c.id for c in claims.planted(world)]
    assert {c.verdict for c in claims.planted(world)} == {"supported", "contradicted", "other-period", "not-decidable"}
