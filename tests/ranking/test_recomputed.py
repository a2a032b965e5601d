"""Every indicator of the registry on the 11,980 real works, recomputed from the raw JSON in plain Python: equal to 1e-9.

The reference (``tests/reference/raw_works.py``, ``raw_indicators.py``) is written from ``docs/methods`` and imports nothing of Armillary.
Which works policy documents and patents cite is invented, since the real lists cite few of these.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import armillary as arm
from armillary.cli.main import run
from armillary.core.schema import TABLES
from armillary.counting.methods import METHODS
from armillary.indicators import all_indicators
from armillary.observatory import Observatory
from reference.raw_indicators import BESIDE, OF_POLICY, PolicyLink, World, beside, of_policy, scores
from reference.raw_works import Paper, read_institutions, read_works

pytestmark = pytest.mark.slow
COUNTINGS = [*METHODS, "mfc-2"]
OPTIONS: dict[str, dict[str, Any]] = {"sdg-share": {"goal": 3}, "sdg-activity": {"goal": 3}}
PARTNER = {"country": "CN", "institution": 27837315}


def invented(papers: list[Paper]) -> tuple[dict[str, list[PolicyLink]], dict[int, set[str]]]:
    """Policy documents of four bodies that cite some of the DOIs, and patents that cite some works."""
    bodies = [("IPCC", None, 2021), ("Ministry", "US", 2019), ("Academy", "CN", None), ("Office", "GB", 2008)]
    links: dict[str, list[PolicyLink]] = {}
    patents: dict[int, set[str]] = {}
    for p in papers:
        if p.doi is None:
            continue
        mine = [PolicyLink(f"d{k}-{p.id % 3}", *bodies[k]) for k in range(4) if p.id % (5 + 2 * k) == 0]
        if mine:
            links.setdefault(p.doi, []).extend(k for k in mine if k.policy not in {e.policy for e in links.get(p.doi, [])})
        if p.id % 11 == 0:
            patents.setdefault(p.id, set()).add(f"P{p.id % 7}")
    return links, patents


@pytest.fixture(scope="module")
def both(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Observatory, World]:
    works = real_data / "openalex" / "data" / "works"
    papers = read_works(works)
    institutions = read_institutions(
        real_data / "openalex" / "data" / "institutions", works, real_data / "ror" / "ror_records_latest.jsonl.gz"
    )
    links, patents = invented(papers)
    folder = tmp_path_factory.mktemp("recomputed")
    with (folder / "policy.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["policy_id", "doi", "organisation", "organisation_type", "country", "year"])
        for doi, found in links.items():
            out.writerows([k.policy, doi, k.organisation, "government", k.country or "", k.year or ""] for k in found)
    obs = folder / "observatory"
    for words in (["openalex", str(real_data / "openalex")], ["ror", str(real_data / "ror")], ["policy", str(folder / "policy.csv")]):
        assert run(["ingest", *words, "--into", str(obs), "--quiet"]) == 0
    opened = arm.open(obs)
    rows = [{"patent_id": patent, "work_id": work, "doi": None} for work, found in patents.items() for patent in sorted(found)]
    with opened.store.write() as txn:
        txn.replace("patent_citation", pa.Table.from_pylist(rows, schema=TABLES["patent_citation"].schema))
    return arm.open(obs), World(papers, institutions, links, patents)


def cases(name: str) -> list[tuple[str, str]]:
    """Counting methods and units to compare an indicator in: all methods for counts, the main ones for the rest."""
    info = all_indicators()[name]
    if info.family == "publications" and name != "collaboration-score":
        methods = COUNTINGS
    elif info.family == "leadership":
        methods = ["first", "last", "corresponding"]
    else:
        methods = ["full", "author-fractional"]
    return [(m, u) for m in methods for u in ("country", "institution") if u in info.units]


def expected(world: World, name: str, method: str, unit: str, split: str) -> dict[object, float]:
    if name in BESIDE:
        return beside(world, name, method, unit, split, PARTNER[unit])
    if name in OF_POLICY:
        return of_policy(world, name, method, unit, split)
    score, is_total = scores(world)[name]
    return world.value(score, method, unit, split, is_total=is_total)


def shown(unit: str, key: object) -> str:
    return f"I{key}" if unit == "institution" else str(key)


@pytest.mark.parametrize("name", sorted(all_indicators()))
def test_every_value_is_that_of_plain_python(both: tuple[Observatory, World], name: str) -> None:
    obs, world = both
    info = all_indicators()[name]
    for method, unit in cases(name):
        options = dict(OPTIONS.get(name, {}))
        if name in ("joint-papers", "partner-share", "collaboration-score"):
            options["with"] = shown(unit, PARTNER[unit])
        # formulas are compared, so choices that defaults leave to the records are named
        named = {"baseline": "own", "min_cell": 0, "citations": "corpus", "until": 0}
        options |= {k: v for k, v in named.items() if k in info.options}
        split = "institution" if (len(name) + len(method)) % 2 else "address"  # both, for every indicator in turn
        ranking = obs.rank(name, unit=unit, counting=method, split=split, options=options, minimum=0, scope="default")
        got = {r["unit_id"]: r["value"] for r in ranking.ranked.to_pylist()}
        want = {shown(unit, k): v for k, v in expected(world, name, method, unit, split).items()}
        assert got == pytest.approx(want, rel=1e-9, abs=1e-9), (name, method, unit, split)
