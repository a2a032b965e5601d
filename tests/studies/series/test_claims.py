"""Claims about series: groups take no rank, multipliers count, and nothing grows across a break."""

from __future__ import annotations

from pathlib import Path

import pytest

import armillary as arm
from armillary.audit.language import ClaimQuery
from armillary.audit.predicates_value import growth
from armillary.audit.resolve import Resolver
from armillary.core.store import Store
from armillary.sources.series import ingest

ROWS = """unit,indicator,year,value,source,vintage,unit_of_measure,unit_mult,status_flag
CN,rd,2008,100,Agency,2026,persons,3,
CN,rd,2009,80,Agency,2026,persons,3,bp
CN,rd,2012,88,Agency,2026,persons,3,
US,rd,2012,90000,Agency,2026,persons,0,
FR,rd,2012,10,Agency,2026,persons,3,
OECD,rd,2012,500,Agency,2026,persons,3,
"""


@pytest.fixture(scope="module")
def resolve(tmp_path_factory: pytest.TempPathFactory) -> Resolver:
    top = tmp_path_factory.mktemp("claims-series")
    path: Path = top / "rd.csv"
    path.write_text(ROWS)
    ingest(Store.create(top / "o"), [path])
    return Resolver(arm.open(top / "o"))


def test_ranks_leave_groups_out_and_multipliers_count(resolve: Resolver) -> None:
    evidence = resolve("series:rd")
    ranks = {u: evidence.rank(u, 2012) for u in ("US", "CN", "FR", "OECD")}
    assert [r.low if r else None for r in ranks.values()] == [1, 2, 3, None]
    assert evidence.measure == "persons, thousands"


@pytest.mark.parametrize(("first", "truth"), [(2008, None), (2009, True)])
def test_nothing_grows_across_a_break(resolve: Resolver, first: int, truth: bool | None) -> None:
    query = ClaimQuery("growth", {"unit": "CN", "from": first, "to": 2012, "as": "percent", "number": 10, "tolerance": 0.1})
    found = growth(query, resolve("series:rd"), 2012)
    assert found.truth is truth
    if truth is None:
        assert "break of 2009" in found.missing[0]
