"""Citation impact: METHODS 5, T5.1, T5.2, and a slow plain-Python reference on random worlds."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from armillary.counting import citations
from armillary.observatory import open_observatory
from support.random_world import random_world
from support.rich_world import rich_world
from support.tiny import observatory

CELL = [0, 0, 1, 1, 2, 3, 3, 3, 5, 9]


def world_of_one_cell(path: Path, citations: list[int]) -> Any:
    papers = [{"id": i, "authors": [[[i]]], "cited_by_n": c, "field_id": 16, "subfield_id": 1600} for i, c in enumerate(citations, start=1)]
    return observatory(path, papers, dict.fromkeys(range(1, len(citations) + 1), "CN"))


GIVEN = {"citations": "given"}


@pytest.mark.parametrize(("x", "total", "of_threes"), [(10, 1.0, 0.0), (20, 2.0, 0.0), (50, 5.0, 1.0)])
def test_t5_1_top_shares_are_exact(tmp_path: Path, x: int, total: float, of_threes: float) -> None:
    obs = world_of_one_cell(tmp_path, CELL)
    assert obs.rank(f"p-top{x}", options=GIVEN).ranked.to_pylist()[0]["value"] == pytest.approx(total, abs=1e-11)
    by_paper = {r["unit_id"]: r["value"] for r in obs.rank(f"p-top{x}", unit="institution", options=GIVEN).ranked.to_pylist()}
    assert by_paper["I6"] == pytest.approx(of_threes, abs=1e-11)


def test_t5_1_ties_share_the_last_places(tmp_path: Path) -> None:
    # top 10 % of 20 papers is 2 places; one paper above and four tied at the threshold: a quarter each
    obs = world_of_one_cell(tmp_path, [9] + [5] * 4 + [0] * 15)
    by_paper = {r["unit_id"]: r["value"] for r in obs.rank("p-top10", unit="institution", options=GIVEN).ranked.to_pylist()}
    assert by_paper["I1"] == 1
    assert [by_paper[f"I{i}"] for i in (2, 3, 4, 5)] == pytest.approx([0.25] * 4)


def test_t5_2_ncs_and_the_cell_without_citations(tmp_path: Path) -> None:
    obs = world_of_one_cell(tmp_path / "a", CELL)
    by_paper = {r["unit_id"]: r["value"] for r in obs.rank("mncs", unit="institution", options=GIVEN).ranked.to_pylist()}
    assert by_paper["I10"] == pytest.approx(9 / 2.7)
    assert obs.rank("mncs", options=GIVEN).ranked.to_pylist()[0]["value"] == pytest.approx(1, abs=1e-11)
    empty = world_of_one_cell(tmp_path / "b", [0, 0, 0])
    assert {r["value"] for r in empty.rank("mncs", unit="institution", options=GIVEN).ranked.to_pylist()} == {1.0}


def reference(
    papers: list[dict[str, Any]], institutions: dict[int, str], *, window: int, self_citations: bool, x: int
) -> dict[str, dict[str, Fraction]]:
    """MNCS and PP(top x %) of countries by author-fractional counting over addresses, in exact fractions, one paper at a time."""
    year = {p["id"]: p["year"] for p in papers}
    people = {p["id"]: {a["id"] for a in p["authors"]} for p in papers}
    cited: dict[int, int] = defaultdict(int)
    for p in papers:
        for r in p["references"]:
            if window and year[p["id"]] - year[r] > window:
                continue
            if not self_citations and people[p["id"]] & people[r]:
                continue
            cited[r] += 1
    cells = defaultdict(list)
    for p in papers:
        cells[p["subfield_id"], p["year"], p["type"]].append(cited[p["id"]])
    sums: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for p in papers:
        cell = sorted(cells[p["subfield_id"], p["year"], p["type"]], reverse=True)
        c = cited[p["id"]]
        ncs = Fraction(c * len(cell), sum(cell)) if sum(cell) else Fraction(1)
        above, tied = sum(v > c for v in cell), cell.count(c)
        top = max(Fraction(0), min(Fraction(1), (Fraction(x * len(cell), 100) - above) / tied))
        for a in p["authors"]:
            for line in a["addresses"]:
                for i in line:
                    w = Fraction(1, len(p["authors"]) * len(a["addresses"]) * len(line))
                    s = sums[institutions[i]]
                    s["w"] += w
                    s["ncs"] += w * ncs
                    s["top"] += w * top
    return {u: {"mncs": s["ncs"] / s["w"], f"pp-top{x}": s["top"] / s["w"], "publications": s["w"]} for u, s in sums.items()}


@pytest.mark.parametrize("seed", range(6))
def test_against_the_slow_reference(tmp_path: Path, seed: int) -> None:
    papers, institutions = random_world(seed)
    obs = observatory(tmp_path, papers, institutions)
    for window, kept in ((0, True), (2, False)):
        expected = reference(papers, institutions, window=window, self_citations=kept, x=10)
        options = {"window": window, "self_citations": "in" if kept else "out"}
        for indicator in ("mncs", "pp-top10", "publications"):
            given = {} if indicator == "publications" else {"options": options}
            got = {
                r["unit_id"]: r["value"] for r in obs.rank(indicator, counting="author-fractional", minimum=0, **given).ranked.to_pylist()
            }
            assert got == pytest.approx({u: float(v[indicator]) for u, v in expected.items()}, abs=1e-9)


def test_self_citations_in_parts_are_the_same(tmp_path, monkeypatch):
    """Worlds too large for one table of all works' authors are compared part by part."""
    papers, institutions, more = rich_world(11, 200)
    path = observatory(tmp_path / "obs", papers, institutions, **more).path
    found = []
    for works in (10**9, 70):
        monkeypatch.setattr(citations, "WORKS_A_PART", works)
        corpus = open_observatory(path).corpus
        rows = corpus.fetch(citations.self_citations(corpus)).to_pylist()
        found.append(sorted((r["citing_id"], r["cited_id"]) for r in rows))
    assert found[0] == found[1] and len(found[0]) > 20
