"""Every data test passes on a sound observatory and sees the fault that it exists for on a broken one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from armillary.core.corpus import Corpus
from armillary.core.schema import TABLES
from armillary.core.store import Store
from armillary.counting.checks import CHECKS, run_checks
from support.random_world import random_world
from support.tiny import store, tables

Rows = dict[str, list[dict[str, Any]]]


def build(path: Path, change: Callable[[Rows], None] | None = None) -> Corpus:
    papers, institutions = random_world(1)
    rows = tables(papers, institutions)
    n = len(papers)
    rows["manifest"] = [
        {"entity": "works", "file": "part_000.gz", "file_sha256": "0", "records_n": n, "kept_n": n, "superseded_n": 0, "rejected_n": 0}
    ]
    rows["work_sdg"] = [{"work_id": 1, "sdg_id": 3, "score": 0.5}]
    if change:
        change(rows)
    home = Store.create(path)
    with home.write() as txn:
        for name, data in rows.items():
            if data:
                schema = TABLES[name].schema
                loose = pa.schema([pa.field(f.name, f.type) for f in schema])
                txn.replace(name, pa.Table.from_pylist([{c: r.get(c) for c in schema.names} for r in data], schema=loose))
    return Corpus(Store.open(path), threads=1)


def test_all_checks_pass_on_a_sound_observatory(tmp_path: Path) -> None:
    outcomes = run_checks(build(tmp_path))
    assert [o.name for o in outcomes if not o.ok] == []
    assert all(o.violations == 0 for o in outcomes), "a check that finds no data proves nothing"
    assert all(len(o.why) > 40 for o in outcomes)


def _twice(rows: Rows) -> None:
    rows["work"].append(dict(rows["work"][0]))


def _credit(rows: Rows) -> None:
    next(r for r in rows["affiliation"] if r["n_in_address"])["n_addresses"] = 7


def _author_missing(rows: Rows) -> None:
    rows["work"][0]["n_authors"] += 1


def _no_row(rows: Rows) -> None:
    lost = rows["affiliation"][0]
    rows["affiliation"] = [r for r in rows["affiliation"] if (r["work_id"], r["author_seq"]) != (lost["work_id"], lost["author_seq"])]


def _orphan(rows: Rows) -> None:
    rows["affiliation"][-1] |= {"institution_id": 999, "n_in_address": 1}


def _score(rows: Rows) -> None:
    rows["work_sdg"][0]["score"] = 1.5


def _null_island(rows: Rows) -> None:
    rows["institution"][0] |= {"lat_deg": 0.0, "lon_deg": 0.0}


def _country(rows: Rows) -> None:
    next(r for r in rows["affiliation"] if r.get("country_code"))["country_code"] = "China"


def _manifest(rows: Rows) -> None:
    rows["manifest"][0]["kept_n"] += 1


def _double_citation(rows: Rows) -> None:
    # a citation to a work that is there twice is counted twice
    cited = rows["citation"][0]["cited_id"]
    rows["work"].append(dict(next(w for w in rows["work"] if w["work_id"] == cited)))


BROKEN = {
    "unique-keys": _twice,
    "credit-conserved": _credit,
    "authors-complete": _author_missing,
    "authors-have-affiliation-rows": _no_row,
    "no-orphans": _orphan,
    "scores-in-range": _score,
    "places-on-earth": _null_island,
    "country-codes": _country,
    "rows-match-manifest": _manifest,
    "citations-conserved": _double_citation,
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_check_sees_its_fault(tmp_path: Path, name: str) -> None:
    outcome = run_checks(build(tmp_path, BROKEN[name]), [name])[0]
    assert outcome.violations
    assert outcome.example


@pytest.mark.parametrize(("name", "column"), [("world-mncs-is-one", "ncs"), ("top-shares-are-exact", "top10")])
def test_checks_of_cells_see_wrong_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, column: str) -> None:
    import armillary.counting.checks as module

    right = module.scored_works
    monkeypatch.setattr(
        module, "scored_works", lambda corpus, recipe: right(corpus, recipe).mutate(**{column: right(corpus, recipe)[column] * 1.01})
    )
    assert run_checks(build(tmp_path), [name])[0].violations == 1


def test_every_check_has_a_broken_table() -> None:
    assert set(CHECKS) == {*BROKEN, "world-mncs-is-one", "top-shares-are-exact"}


def test_tiny_store_is_what_the_checks_expect(tmp_path: Path) -> None:
    home = store(tmp_path, [{"id": 1, "authors": [[[1]], []]}], {1: "CN"})
    assert all(o.ok for o in run_checks(Corpus(home, threads=1)))
