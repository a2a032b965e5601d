"""OpenAlex's own scores as the yardstick, against a table made elsewhere: PP(top 10 %) of countries, 2019-21.

    python -m benchmarks.given_yardstick RECORDS [--json FILE]

Ours: works of a random sample with OpenAlex's scores (full records; the slim ones that ship have none), ``--baseline given``, full
counting, articles and reviews, with 95 % intervals from 1,000 resamples. Theirs: the shipped table ``pp-top10.openalex-impact`` of 53
countries, made from the whole of OpenAlex. A sample has few papers a country: what can be asked is whether the table's values lie in the
sample's intervals.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SERIES, PERIOD, LEAST = "pp-top10.openalex-impact", "2019-2021", (1, 10, 20, 30)
YEAR = 2021
"""The table's three years are kept under their last."""


def ingested(records: Path, folder: Path) -> Path:
    """The sample as an observatory."""
    from armillary.cli.main import run

    kind = ["--kind", "random-sample", "--frame", "a random draw of works"]
    code = run(["ingest", "openalex", str(records), "--into", str(folder / "obs"), *kind, "--workers", "1", "--quiet"])
    if code:
        raise SystemExit(code)
    return folder / "obs"


def compare(path: Path) -> list[dict[str, Any]]:
    """Countries in both, most papers first: ``unit_id, name, papers, given, low, high, table, inside`` (per cent)."""
    import armillary as arm
    from armillary.registry import world

    found = arm.open(path).rank("pp-top10", unit="country", period=PERIOD, types="article,review", baseline="given")
    mine = {r["unit_id"]: r for r in found.intervals(draws=1000, seed=1).ranked.to_pylist()}
    table = {unit: years[YEAR] for unit, years in world.values(SERIES).items() if YEAR in years}
    rows = []
    for unit, theirs in table.items():
        r = mine.get(unit)
        if r is not None and r["value"] is not None:
            ours, low, high = (100 * r[k] for k in ("value", "low", "high"))
            rows.append({
                "unit_id": unit, "name": r["name"], "papers": r["count"], "given": round(ours, 2), "low": round(low, 2),
                "high": round(high, 2), "table": round(theirs, 2), "inside": low <= theirs <= high,
            })  # fmt: skip
    return sorted(rows, key=lambda r: (-r["papers"], r["unit_id"]))


def agreement(rows: list[dict[str, Any]], least: int) -> dict[str, Any] | None:
    """How countries with at least so many papers agree."""
    import numpy as np
    from scipy.stats import pearsonr, spearmanr

    some = [r for r in rows if r["papers"] >= least]
    if len(some) < 4:
        return None
    a, b, w = (np.array([r[k] for r in some], float) for k in ("given", "table", "papers"))
    return {
        "at least papers": least, "countries": len(some), "pearson": round(float(pearsonr(a, b)[0]), 2),
        "spearman": round(float(spearmanr(a, b)[0]), 2), "mean given": round(float(np.average(a, weights=w)), 1),
        "mean table": round(float(np.average(b, weights=w)), 1), "inside": sum(r["inside"] for r in some),
    }  # fmt: skip


def main() -> None:
    """Compare and print."""
    from benchmarks.measure import machine, table

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", type=Path, help="a random sample of works as OpenAlex serves them, with fwci and percentiles")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temp:
        rows = compare(ingested(given.records, Path(temp)))
    summary = [a for n in LEAST if (a := agreement(rows, n)) is not None]
    print(table(rows, list(rows[0])))
    print()
    print(table(summary, list(summary[0])))
    if given.json:
        said = {"benchmark": "given yardstick", "machine": machine(), "series": SERIES, "period": PERIOD, "rows": rows, "summary": summary}
        given.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
