"""Claims about a synthetic world: truths come from its own plain loops, verdicts from rankings and series of the observatory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import armillary as arm
from armillary.audit.audit import audit
from armillary.audit.language import ClaimsFile, parse
from armillary.audit.robust import claim_robustness
from armillary.cli.main import run
from armillary.core.schema import TABLES
from armillary.core.store import Store
from armillary.synthetic import World, series
from armillary.synthetic.truth import Truth
from armillary.synthetic.write_core import to_core

YEARS = (2021, 2022, 2023)


@pytest.fixture(scope="module")
def world() -> World:
    return World(3_000, seed=11)


@pytest.fixture(scope="module")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("claims") / "o"
    store = Store.create(path)
    to_core(store, world)
    unit = world.geo.codes[0]
    rows = [
        {
            "unit": unit,
            "indicator": "GERD_NC",
            "year": y,
            "source": "made",
            "vintage": "1",
            "value": float(series.gerd_of_country_0(y)),
            "unit_of_measure": "million",
        }
        for y in range(series.FIRST, series.LAST + 1)
    ]
    schema = TABLES["series"].schema
    with store.write() as txn:
        txn.replace("series", pa.Table.from_pylist([{c: r.get(c) for c in schema.names} for r in rows], schema=schema))
    return path


@pytest.fixture(scope="module")
def truth(world: World) -> dict[int, list[str]]:
    """Countries by exact Share, best first, for each year."""
    order = {}
    for year in YEARS:
        share, _, _ = Truth(world).credit("country", period=(year, year))
        order[year] = sorted((u for u in share if u != "unassigned"), key=lambda u: (-share[u], u))
    return order


def never_first(truth: dict[int, list[str]], world: World) -> str:
    """The country that has least over all years: last in the long run, and never ahead of the first."""
    share, _, _ = Truth(world).credit("country")
    always = [u for u in share if all(u in truth[y] for y in YEARS)]
    return min(always, key=lambda u: (share[u], u))


def claims(entries: list[dict[str, Any]]) -> ClaimsFile:
    text = ""
    for place, entry in enumerate(entries):
        body = {"id": f"c{place}", "says": "planted", **entry}
        text += "[[claim]]\n" + "\n".join(f"{k} = {v if k == 'evidence' else _toml(v)}" for k, v in body.items()) + "\n"
    return parse(text.encode(), "planted.toml")


def _toml(value: object) -> str:
    import json

    return json.dumps(value)


SHARE = '{ indicator = "share", unit = "country" }'
GERD = '"series:GERD_NC"'


def test_planted_claims_about_rankings(world: World, folder: Path, truth: dict[int, list[str]]) -> None:
    first = truth[2023][0]
    run_of_first = all(truth[y][0] == first for y in YEARS)
    third = truth[2022][2]
    small = never_first(truth, world)
    entries: list[tuple[dict[str, Any], str]] = [
        ({"predicate": "rank", "unit": first, "period": 2023, "rank": 1}, "supported"),
        ({"predicate": "rank", "unit": third, "period": 2022, "rank": 3}, "supported"),
        ({"predicate": "rank", "unit": small, "period": 2023, "rank": 1}, "contradicted"),
        ({"predicate": "rank", "unit": "ZZ", "period": 2023, "rank": 1}, "not-decidable"),
        ({"predicate": "rank", "unit": first, "period": 2040, "rank": 1}, "not-decidable"),
        ({"predicate": "rank-streak", "unit": first, "years": 3, "until": 2023}, "supported" if run_of_first else "contradicted"),
        ({"predicate": "rank-streak", "unit": small, "years": 3, "until": 2023}, "contradicted"),
        ({"predicate": "order", "units": truth[2022][:4], "period": 2022}, "supported"),
        ({"predicate": "order", "units": [small, first], "period": 2023}, "contradicted"),
        ({"predicate": "compare", "unit": truth[2021][0], "other": truth[2021][1], "period": 2021}, "supported"),
        ({"predicate": "compare", "unit": small, "other": truth[2021][:3], "period": 2021}, "contradicted"),
    ]
    file = claims([{**e, "evidence": SHARE} for e, _ in entries])
    found = audit(file, arm.open(folder, threads=1).corpus)
    assert [v.kind for v in found.verdicts] == [k for _, k in entries]
    shown = found.verdicts[0]
    assert shown.strength == "ranking"
    assert any("synthetic" in c for c in shown.caveats) or shown.evidence is not None
    assert shown.outcome.cells[0].note.endswith("papers")


def test_counts_of_institutions_by_country(world: World, folder: Path) -> None:
    _, count, _ = Truth(world).credit("institution", period=(2020, 2023))
    name = Truth(world)._unit_names("institution")
    home = {n: world.geo.codes[c] for n, c in zip(name, world.inst.country, strict=True)}
    order = sorted((u for u in count if u != "unassigned"), key=lambda u: -count[u])
    k = next(k for k in range(8, 40) if count[order[k - 1]] > count[order[k]])  # a cut without a tie
    code = world.geo.codes[0]
    true = sum(home[u] == code for u in order[:k])
    evidence = '{ indicator = "count", unit = "institution", period = "2020-2023" }'
    body = {"predicate": "count-among-first", "country": code, "first": k, "period": 2023, "evidence": evidence}
    found = audit(claims([{**body, "number": true}, {**body, "number": true + 1}]), arm.open(folder, threads=1).corpus)
    assert [v.kind for v in found.verdicts] == ["supported", "contradicted"]


def test_planted_claims_about_series(world: World, folder: Path) -> None:
    unit, year = world.geo.codes[0], series.TWO_TRILLION_YEAR
    entries = [
        {"predicate": "first-above", "unit": unit, "number": 2_000_000, "period": year, "evidence": GERD},
        {"predicate": "first-above", "unit": unit, "number": 2_000_000, "period": year - 2, "evidence": GERD},
        {"predicate": "value", "unit": unit, "period": 2040, "number": 1, "evidence": GERD},
        {"predicate": "value", "unit": unit, "period": 2020, "number": 1, "evidence": '"series:HAPPINESS"'},
    ]
    found = audit(claims(entries), arm.open(folder, threads=1).corpus)
    assert [v.kind for v in found.verdicts] == ["supported", "other-period", "not-decidable", "not-decidable"]
    assert found.verdicts[1].stands_in == (year,)
    assert "HAPPINESS" in found.verdicts[3].missing[0]


def test_a_claim_is_tried_under_every_variant(world: World, folder: Path, truth: dict[int, list[str]], tmp_path: Path) -> None:
    first = truth[2023][0]
    evidence = '{ indicator = "share", unit = "country" }'
    file = claims([{"predicate": "rank", "unit": first, "period": 2023, "rank": 1, "evidence": evidence}])
    obs = arm.open(folder, threads=1)
    result = claim_robustness(obs.corpus, file.claims[0], tmp_path, choices={"counting": ["full", "first"], "window": ["3", "5"]})
    assert len(result.outcomes) == 9
    assert result.outcomes[0].distance == 0 and result.outcomes[0].holds is True
    for outcome in result.outcomes:
        table = obs.run(outcome.recipe).ranked.to_pylist()
        assert outcome.holds is (next(r["rank"] for r in table if r["unit_id"] == first) == 1)


def test_the_command_answers_rankings_with_an_observatory(world: World, folder: Path, truth: dict[int, list[str]], tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        f'[[claim]]\nid = "a"\nsays = "s"\npredicate = "rank"\n'
        f'unit = "{never_first(truth, world)}"\nperiod = 2023\nrank = 1\nevidence = {SHARE}\n',
        encoding="utf-8",
    )
    assert run(["audit", str(path), "--into", str(folder), "--strict", "--quiet"]) == 1
    assert run(["robustness", f"{path}#a", "--into", str(folder), "--choice", "counting=full|first"]) == 0
    assert run(["robustness", f"{path}#b", "--into", str(folder)]) == 2
