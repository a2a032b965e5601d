"""One table of all benchmarks: ours, the peer or limit it is held against, the ratio, and whether the aim was met.

    python benchmarks/summary.py benchmarks/results/latest.json [--markdown]

The figures are those that ``run_all`` stored; this only picks the line of each that answers its aim.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import table

COLUMNS = ["benchmark", "what", "ours", "against", "ratio", "aim", "met"]


class Line(NamedTuple):
    """One answer: ours against a peer or limit."""

    what: str
    ours: str
    against: str = ""
    ratio: str = ""
    aim: str = ""
    met: bool | None = None


def _ingest(f: dict[str, Any]) -> Iterator[Line]:
    plain = f["ways"]["plain json + csv.gz, the public script's tables"]["works_s"]
    for name, aim in (("armillary ingest, 1 process", 17), ("armillary ingest, 2 processes", 30)):
        if name in f["ways"]:
            ours = f["ways"][name]["works_s"]
            against = f"json + csv.gz {plain:,.0f} works/s"
            yield Line(name, f"{ours:,.0f} works/s", against, f"{ours / plain:.1f}", f">= {aim}", ours / plain >= aim)


def _parquet(f: dict[str, Any]) -> Iterator[Line]:
    def rate(stage: str, who: str) -> float:
        r = next(r for name, r in f["ways"].items() if name.startswith(f"{stage}: {who}"))
        return float(r["works"] / r["wall_s"])

    for stage, what, aim in (("read", "native Parquet, reading alone", 3), ("whole", "native Parquet, to core tables", None)):
        ours, peer = rate(stage, "armillary"), rate(stage, "DuckDB")
        line = Line(what, f"{ours:,.0f} works/s", f"DuckDB {peer:,.0f} works/s", f"{ours / peer:.1f}")
        yield line if aim is None else line._replace(aim=f">= {aim}", met=ours / peer >= aim)
    read = next(r["bytes_read"] for name, r in f["ways"].items() if name.startswith("whole: armillary"))
    over = read / f["leaf_bytes"]
    yield Line("bytes read", f"{read / 1e6:,.1f} MB", f"needed {f['leaf_bytes'] / 1e6:,.1f} MB", f"{over:.2f}", "<= 1.1", over <= 1.1)


def _impact(f: dict[str, Any]) -> Iterator[Line]:
    by = {(r["works"], r["part"]): r for r in f["rows"]}
    for peer, name, aim in (("sql", "hand-written SQL", 1.3), ("pandas", "pandas", 0.4)):
        works = max(w for w, part in by if part == peer)
        a, b = by[works, "ours"], by[works, peer]
        ratio, part = a["wall_s"] / b["wall_s"], a["peak_mib"] / b["peak_mib"]
        what = f"12 indicators x 3 counting methods, {works / 1e6:g} M works"
        yield Line(what, f"{a['wall_s']:.1f} s", f"{name} {b['wall_s']:.1f} s", f"{ratio:.2f}", f"<= {aim}", ratio <= aim)
        if peer == "pandas":
            ours, against = f"{a['peak_mib']:,} MiB", f"{name} {b['peak_mib']:,} MiB"
            yield Line("the same, memory", ours, against, f"{part:.2f}", "<= 0.25", part <= 0.25)


def _bootstrap(f: dict[str, Any]) -> Iterator[Line]:
    for r in _largest(f["rows"]):
        what = f"bootstrap of {r['indicator']}, {r['works'] / 1e6:.1f} M works"
        times = r["times_ranking"]
        yield Line(what, f"{r['joint_s'] + r['fetch_s']:.1f} s", f"its ranking {r['ranking_s']:.1f} s", f"{times}", "<= 20", times <= 20)


def _robustness(f: dict[str, Any]) -> Iterator[Line]:
    for r in _largest(f["rows"]):
        what, against = f"{r['variants']} variants of {r['indicator']}", f"one ranking {r['one_s']:.2f} s"
        yield Line(what, f"{r['many_s']:.1f} s", against, f"{r['per_200']} for 200", f"<= {r['limit']}", r["per_200"] <= r["limit"])


def _largest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [r for r in rows if r["works"] == max(x["works"] for x in rows)]


def _clusters(f: dict[str, Any]) -> Iterator[Line]:
    for case in sorted({(r["points"], -r["decimals"]) for r in f["rows"]})[-2:]:
        by = {r["way"]: r for r in f["rows"] if (r["points"], -r["decimals"]) == case}
        ours, peer = by["numba"], by.get("peer")
        line = Line(f"clusters of {case[0] / 1e6:g} M points, {-case[1]} decimals", f"{ours['total_s']:.1f} s, {ours['peak_mib']:,.0f} MiB")
        if peer:
            line = line._replace(against=f"scikit-learn {peer['cluster_s']:.1f} s", ratio=f"{ours['cluster_s'] / peer['cluster_s']:.2f}")
        yield line._replace(aim="the issue's s and MiB" if ours["met"] is not None else "", met=ours["met"])


def _composite(f: dict[str, Any]) -> Iterator[Line]:
    for r in f["rows"]:
        what, ours = f"{r['draws']:,} draws: {r['what'].split(':')[0]}", r["ours_s"]
        against, ratio = f"loop {r['loop_s']:.0f} s", f"{ours / r['loop_s']:.4f}"
        yield Line(what, f"{ours:.2f} s", against, ratio, f"<= {r['target_s']:g} s", ours <= r["target_s"])


def _leadership(f: list[dict[str, Any]]) -> Iterator[Line]:
    for r in f:
        if r["peer_s"] is not None:
            yield Line(r["task"], f"{r['ours_s']:.3f} s", f"{r['peer']} {r['peer_s']:.3f} s", f"{r['ours_s'] / max(r['peer_s'], 1e-3):.2f}")


def _sdg(f: dict[str, Any]) -> Iterator[Line]:
    for r in f["rows"]:
        if r["part"] == "ours":
            yield Line(f"SDG tags, texts read {r['times']} times", f"{r['works_a_second']:,} works/s")


def _web(f: dict[str, Any]) -> Iterator[Line]:
    for r in f["rows"]:
        if r["limit"] != "-":
            yield Line(r["what"], r["ours"], aim=r["limit"], met=r["ok"])


def _soak(f: dict[str, Any]) -> Iterator[Line]:
    killed, wrong = sum(r["killed"] for r in f["rows"]), sum(r["other bytes"] for r in f["rows"])
    yield Line("killed at random moments, run again", f"{killed} kills", aim="no other bytes", met=wrong == 0)


def _cubes(f: dict[str, Any]) -> Iterator[Line]:
    by, size = {p["part"]: p for p in f["parts"]}, f"{f['works'] / 1e6:g} M works"
    for name in ("cube", "cube with products"):
        c = by[name]
        yield Line(f"{name} of {c['recipes']} recipes, {size}", f"{c['cpu_s']:.0f} CPU s, {c['bytes'] / f['works']:.0f} bytes a work")
    cube, records = by["rank from cube"]["times"], by["rank from records"]["times"]
    slow = max(cube, key=lambda k: cube[k])
    ratio = f"{sum(cube.values()) / sum(records.values()):.3f}"
    against = f"records {records[slow]:.2f} s"
    yield Line(f"slowest of {len(cube)} rankings from a cube", f"{cube[slow]:.2f} s", against, ratio, "<= 0.3 s", cube[slow] <= 0.3)
    yield Line("its numbers", "the same" if f["same"] else "differ", "records", "", "the same", f["same"])
    if held := by.get("held in"):
        rows = [r for unit in ("institution", "country") for r in held[unit]["rows"]]
        exact = sum(r["exact"] for r in rows)
        yield Line("a part against the world's baseline", f"{exact} of {len(rows)} exact", "", "", "all", exact == len(rows))


def _cost_model(f: dict[str, Any]) -> Iterator[Line]:
    for r in f["rows"]:
        what, ours = f"{r['stage']} of {r['works'] / 1e6:g} M works", f"{r['wall_s']:,.0f} s, {r['peak_mib']:,} MiB"
        yield Line(what, ours, "", f"exponent {r['exponent']} +- {r['off']}", "<= 1.1", r["exponent"] <= 1.1)


def _large(f: dict[str, Any]) -> Iterator[Line]:
    for r in f["rows"]:
        what, ours = f"{r['stage']} of {r['works'] / 1e6:g} M works", f"{r['wall_s']:,.1f} s, {r['peak_mib']:,} MiB"
        if "exponent" in r:
            yield Line(what, ours, "", f"exponent {r['exponent']} +- {r['off']}")
        elif r["mb_a_million"]:
            yield Line(f"size of {what}", f"{r['mb_a_million']} MB a million works")


READERS: dict[str, Callable[[Any], Iterator[Line]]] = {
    "ingest": _ingest, "parquet_ingest": _parquet, "impact": _impact, "bootstrap": _bootstrap, "robustness": _robustness,
    "clusters": _clusters, "composite": _composite, "leadership": _leadership, "sdg": _sdg, "web": _web, "soak": _soak,
    "cubes": _cubes, "large": _large, "cost_model": _cost_model,
}  # fmt: skip


def lines(results: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The rows of the table, benchmarks in the order they were run."""
    out = []
    for result in results:
        if result["figures"] is None:
            out.append(dict.fromkeys(COLUMNS, "") | {"benchmark": result["benchmark"], "what": result["ended"]})
            continue
        for line in READERS[result["benchmark"]](result["figures"]):
            said = "" if line.met is None else "yes" if line.met else "no"
            out.append(dict(zip(COLUMNS, (result["benchmark"], *line[:-1], said), strict=True)))
    return out


def markdown(rows: list[dict[str, str]]) -> str:
    """The table for a README."""
    head = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    return "\n".join([*head, *("| " + " | ".join(r[c] for c in COLUMNS) + " |" for r in rows)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    report = json.loads(given.results.read_text(encoding="utf-8"))
    rows = lines(report["results"])
    print(markdown(rows) if given.markdown else table(rows, COLUMNS))


if __name__ == "__main__":
    main()
