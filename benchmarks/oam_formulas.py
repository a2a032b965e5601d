"""The formulas of openalex-metrics beside ours, on the same records: what differs, and by which rule.

    python -m benchmarks.oam_formulas OBSERVATORY

Its formulas are written out in plain Python from what it publishes: works in English with institution, subfield and references in core
sources or at conferences; a cell is subfield, year, and journal or conference; citations come from works of the scope; a paper is in the
top 10 % if it has at least as many citations as the 90th percentile; a unit has 1 of a paper (full) or 1 over the paper's number of
institutions (frac).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from typing import Any

import numpy as np

import armillary as arm
from armillary.counting.scopes import scoped_works
from armillary.observatory import Observatory

FIXED = {"baseline": "own", "min_cell": 0, "citations": "corpus", "until": 0, "self_citations": "in", "by_type": False}
"""Our options that leave only the formulas apart: the same cells but for journal or conference, the same citations."""


def papers(obs: Observatory) -> list[dict[str, Any]]:
    """Works of scope ``oam`` as plain records: cell, citations within the scope, countries, number of institutions."""
    recipe = obs.recipe("count", scope="oam")
    works = scoped_works(obs.corpus, recipe)
    sources = obs.store.read("source", ["source_id", "source_type"]).to_pylist()
    kind = {r["source_id"]: r["source_type"] for r in sources}
    out = {}
    for r in obs.corpus.fetch(works.select("work_id", "year", "subfield_id", "source_id")).to_pylist():
        cell = (r["subfield_id"], r["year"], kind.get(r["source_id"]) == "conference")
        out[r["work_id"]] = {"cell": cell, "citations": 0, "countries": set(), "institutions": set()}
    for r in obs.store.read("citation", ["citing_id", "cited_id"]).to_pylist():
        if r["citing_id"] in out and r["cited_id"] in out:
            out[r["cited_id"]]["citations"] += 1
    for r in obs.store.read("affiliation", ["work_id", "institution_id", "country_code"]).to_pylist():
        if r["work_id"] in out and r["institution_id"] is not None:
            out[r["work_id"]]["institutions"].add(r["institution_id"])
            out[r["work_id"]]["countries"] |= {r["country_code"]} - {None}
    return list(out.values())


def theirs(found: list[dict[str, Any]]) -> tuple[dict[str, dict[str, float]], float]:
    """Unit -> papers, papers by 1/m, mean normalised citations and top 10 % in full, and the world's part in the top."""
    cells = defaultdict(list)
    for p in found:
        cells[p["cell"]].append(p["citations"])
    mean = {c: sum(v) / len(v) for c, v in cells.items()}
    edge = {c: float(np.percentile(v, 90)) for c, v in cells.items()}
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    whole = 0
    for p in found:
        top = p["citations"] >= edge[p["cell"]]
        whole += top
        ncs = p["citations"] / mean[p["cell"]] if mean[p["cell"]] else 1.0
        for c in p["countries"]:
            sums[c]["full"] += 1
            sums[c]["frac"] += 1 / len(p["institutions"])
            sums[c]["mncs"] += ncs
            sums[c]["top10"] += top
    return sums, whole / len(found)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("observatory")
    parser.add_argument("--units", type=int, default=6)
    given = parser.parse_args()
    obs = arm.open(given.observatory)
    found = papers(obs)
    sums, world = theirs(found)
    common: dict[str, Any] = {"scope": "oam", "country_fallback": False, "minimum": 0}

    def ours(indicator: str, counting: str, **more: Any) -> dict[str, float]:
        return {r["unit_id"]: r["value"] for r in obs.rank(indicator, counting=counting, **common, **more).ranked.to_pylist()}

    full, share = ours("publications", "full"), ours("publications", "institution-fractional")
    same = ours("publications", "inverse-institutions")
    mncs, top = (ours(i, "full", options=FIXED) for i in ("mncs", "pp-top10"))
    print(f"{len(found):,} works of scope oam; in the top 10 %: theirs {100 * world:.1f} %, ours 10.0 % by construction")
    head = ("", "papers, theirs", "ours", "1/m, theirs", "`inverse-institutions`", "institution-fractional")
    print("| " + " | ".join((*head, "MNCS, theirs", "ours", "top 10 %, theirs", "ours")) + " |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for c in sorted(sums, key=lambda c: (-sums[c]["full"], c))[: given.units]:
        s = sums[c]
        print(
            f"| {c} | {s['full']:.0f} | {full[c]:.0f} | {s['frac']:.2f} | {same[c]:.2f} | {share[c]:.2f} | {s['mncs'] / s['full']:.3f} | "
            f"{mncs[c]:.3f} | {100 * s['top10'] / s['full']:.1f} % | {100 * top[c]:.1f} % |"
        )
    print(f"| sum | {sum(s['full'] for s in sums.values()):.0f} | {sum(full.values()):.0f} | {sum(s['frac'] for s in sums.values()):.2f} | "
          f"{sum(same.values()):.2f} | {sum(share.values()):.2f} | | | | |")  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
