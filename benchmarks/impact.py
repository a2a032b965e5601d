"""All impact indicators by institution under three counting methods: ours, hand-written DuckDB SQL, and pandas, on one synthetic corpus.

    python benchmarks/impact.py [--works 5000000] [--pandas-works 5000000] [--json FILE]

Ours runs with ``memory_limit`` 1,500 MB (what exceeds it goes to disk), the others without a limit.
Every way starts from the same core tables and computes, for full, author-fractional and first-author counting: P, TCS, MCS, MNCS, P and
PP(top 1, 5, 10, 50 %) with exact ties (cells: subfield x year x type; citations from references inside the corpus, self-citations
kept). The values are compared.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import finish, run_part

COUNTING = ("full", "author-fractional", "first")
INDICATORS = ("publications", "tcs", "mcs", "mncs", "p-top1", "p-top5", "p-top10", "p-top50", "pp-top1", "pp-top5", "pp-top10", "pp-top50")
CHECKED = "I7000000005"
MEMORY = "1500MB"

SQL = """
CREATE TEMP TABLE w AS SELECT work_id, year, type, subfield_id, n_authors FROM read_parquet('{work}')
  WHERE NOT is_retracted AND NOT is_paratext AND NOT coalesce(is_xpac, false) AND NOT is_authors_truncated;
CREATE TEMP TABLE c AS SELECT w.work_id, year, type, subfield_id, coalesce(n, 0) AS c FROM w LEFT JOIN
  (SELECT cited_id, count(*) AS n FROM read_parquet('{citation}') WHERE citing_id IN (SELECT work_id FROM w) GROUP BY 1)
  ON cited_id = w.work_id;
CREATE TEMP TABLE s AS
  WITH t AS (SELECT subfield_id, year, type, c, count(*) AS n FROM c
             WHERE subfield_id IS NOT NULL AND year IS NOT NULL AND type IS NOT NULL GROUP BY ALL),
  u AS (SELECT *, sum(n) OVER cell AS big, sum(n * c) OVER cell AS total,
               sum(n) OVER (PARTITION BY subfield_id, year, type ORDER BY c DESC) - n AS above
        FROM t WINDOW cell AS (PARTITION BY subfield_id, year, type)),
  v AS (SELECT *, CASE WHEN total = 0 THEN 1.0 ELSE c * big / total END AS ncs, {tops} FROM u)
  SELECT work_id, c.c, ncs, {names} FROM c JOIN v USING (subfield_id, year, type, c);
CREATE TEMP TABLE k AS
  SELECT institution_id, work_id, 1.0 AS w_full,
         sum(1.0 / (n_authors * greatest(n_addresses, 1) * greatest(n_in_address, 1))) AS w_frac,
         sum(CASE WHEN author_seq = 1 THEN 1.0 / (greatest(n_addresses, 1) * greatest(n_in_address, 1)) ELSE 0 END) AS w_first
  FROM read_parquet('{affiliation}') a JOIN w USING (work_id) WHERE institution_id IS NOT NULL GROUP BY 1, 2;
SELECT institution_id, {sums} FROM k LEFT JOIN s USING (work_id) LEFT JOIN (SELECT work_id, c AS c_all FROM c) USING (work_id) GROUP BY 1
"""


def ours(folder: str, unassigned: bool = False) -> dict[str, float]:
    import armillary as arm

    obs = arm.open(folder, threads=2, memory_limit=MEMORY)
    options = {"self_citations": "in"}
    recipes = [
        obs.recipe(i, unit="institution", counting=c, split="address", **({} if i == "publications" else {"options": options}))
        for i in INDICATORS
        for c in COUNTING
    ]
    out = {}
    for recipe, ranking in zip(recipes, obs.rank_many(recipes, unassigned=unassigned), strict=True):
        rows = {r["unit_id"]: r["value"] for r in ranking.rows()}
        out[f"{recipe.indicator} {recipe.counting}"] = rows[CHECKED]
    return out


def sql(folder: str) -> dict[str, float]:
    import duckdb

    con = duckdb.connect(config={"threads": 2, "preserve_insertion_order": False})
    files = {t: f"{folder}/core/{t}/*.parquet" for t in ("work", "citation", "affiliation")}
    tops = ", ".join(f"greatest(least(big * {x} - above * 100, n * 100), 0) / (n * 100.0) AS t{x}" for x in (1, 5, 10, 50))
    sums = []
    for method in ("full", "frac", "first"):
        w = f"w_{method}"
        sums += [
            f"sum({w})",
            f"sum({w} * c_all)",
            f"sum({w} * c_all) / sum({w})",
            f"sum({w} * ncs) / sum(CASE WHEN ncs IS NOT NULL THEN {w} END)",
        ]
        sums += [f"sum({w} * t{x})" for x in (1, 5, 10, 50)]
        sums += [f"sum({w} * t{x}) / sum(CASE WHEN t{x} IS NOT NULL THEN {w} END)" for x in (1, 5, 10, 50)]
    script = SQL.format(**files, tops=tops, names=", ".join(f"t{x}" for x in (1, 5, 10, 50)), sums=", ".join(sums)).split(";")
    for statement in script[:-1]:
        con.execute(statement)
    rows = {r[0]: [float(v) for v in r[1:]] for r in con.execute(script[-1]).fetchall() if r[0] == int(CHECKED[1:])}
    mine = rows[int(CHECKED[1:])]
    keys = [f"{i} {c}" for c in COUNTING for i in INDICATORS]
    return dict(zip(keys, mine, strict=True))


def with_pandas(folder: str) -> dict[str, float]:
    import numpy as np
    import pandas as pd

    def read(table: str, columns: list[str]) -> pd.DataFrame:
        return pd.read_parquet(f"{folder}/core/{table}", columns=columns)

    w = read(
        "work", ["work_id", "year", "type", "subfield_id", "n_authors", "is_retracted", "is_paratext", "is_xpac", "is_authors_truncated"]
    )
    w = w[~w.is_retracted & ~w.is_paratext & ~(w.is_xpac == True) & ~w.is_authors_truncated]  # noqa: E712 (null counts as false)
    cites = read("citation", ["citing_id", "cited_id"])
    n = cites[cites.citing_id.isin(w.work_id)].groupby("cited_id").size()
    w = w.assign(c=w.work_id.map(n).fillna(0).astype("int64"))
    cell = ["subfield_id", "year", "type"]
    v = w.dropna(subset=cell)
    t = (
        v.groupby([*cell, "c"], observed=True)
        .size()
        .rename("n")
        .reset_index()
        .sort_values([*cell, "c"], ascending=[True, True, True, False])
    )
    g = t.groupby(cell, observed=True)
    t["big"], t["above"] = g["n"].transform("sum"), g["n"].cumsum() - t["n"]
    t["nc"] = t["n"] * t["c"]
    total = t.groupby(cell, observed=True)["nc"].transform("sum")
    t["ncs"] = np.where(total == 0, 1.0, t["c"] * t["big"] / total.replace(0, 1))
    for x in (1, 5, 10, 50):
        t[f"t{x}"] = np.clip((t["big"] * x - t["above"] * 100) / (t["n"] * 100), 0, 1)
    s = v[["work_id", *cell, "c"]].merge(t, on=[*cell, "c"])[["work_id", "ncs", "t1", "t5", "t10", "t50"]]
    a = read("affiliation", ["work_id", "author_seq", "institution_id", "n_addresses", "n_in_address"])
    a = a[a.institution_id.notna()].merge(w[["work_id", "n_authors", "c"]], on="work_id")
    part = 1.0 / (a.n_addresses.clip(lower=1) * a.n_in_address.clip(lower=1))
    a = a.assign(frac=part / a.n_authors, first=np.where(a.author_seq == 1, part, 0.0))
    k = a.groupby(["institution_id", "work_id"]).agg(frac=("frac", "sum"), first=("first", "sum"), c=("c", "first")).reset_index()
    k["full"] = 1.0
    k = k.merge(s, on="work_id", how="left")
    out: dict[str, float] = {}
    for name, counting in zip(("full", "frac", "first"), COUNTING, strict=True):
        known = k[name].where(k.ncs.notna())
        sums = pd.DataFrame(
            {"P": k[name], "TCS": k[name] * k.c, "W": known, **{m: k[name] * k[m] for m in ("ncs", "t1", "t5", "t10", "t50")}}
        )
        row = sums.groupby(k.institution_id).sum().loc[int(CHECKED[1:])]
        values = [
            row.P,
            row.TCS,
            row.TCS / row.P,
            row.ncs / row.W,
            *(row[f"t{x}"] for x in (1, 5, 10, 50)),
            *(row[f"t{x}"] / row.W for x in (1, 5, 10, 50)),
        ]
        out |= {f"{i} {counting}": float(v) for i, v in zip(INDICATORS, values, strict=True)}
    return out


def ours_with_rest(folder: str) -> dict[str, float]:
    return ours(folder, unassigned=True)


def corpus(folder: str, works: int) -> None:
    from armillary.core.store import Store
    from armillary.synthetic.world import World
    from armillary.synthetic.write_core import to_core

    tables = ("work", "authorship", "affiliation", "author_country", "citation")
    to_core(Store.create(Path(folder)), World(works, 1), texts=False, tables=tables)


PARTS = {"ours": ours, "ours+rest": ours_with_rest, "sql": sql, "pandas": with_pandas}


def compare(name: str, a: dict[str, float], b: dict[str, float]) -> float:
    worst = max(abs(a[k] - b[k]) / max(1e-12, abs(b[k])) for k in b)
    if worst > 1e-6:
        raise SystemExit(f"{name} differs: {worst:.2e}")
    return worst


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", choices=[*PARTS, "make"])
    parser.add_argument("--folder")
    parser.add_argument("--works", type=int, default=5_000_000)
    parser.add_argument("--pandas-works", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json")
    given = parser.parse_args()
    if given.part == "make":  # in a process of its own: its memory is not that of what is measured
        corpus(given.folder, given.works)
        return
    if given.part:
        print(json.dumps({"values": PARTS[given.part](given.folder)}))
        return
    rows, notes = [], []
    with tempfile.TemporaryDirectory() as scratch:
        same = given.works == given.pandas_works
        pairs = [(given.works, ("sql", "ours+rest", "pandas"))] if same else [(given.works, ("sql", "ours+rest")),
                                                                              (given.pandas_works, ("sql", "pandas"))]  # fmt: skip
        for works, others in pairs:
            folder = str(Path(scratch) / str(works))
            run_part(__file__, "make", "--folder", folder, "--works", str(works))
            runs: dict[str, list[dict]] = {p: [] for p in ("ours", *others)}
            for _ in range(given.runs):
                for part in runs:
                    runs[part].append(run_part(__file__, part, "--folder", folder))
            best = {p: min(r, key=lambda x: x["wall_s"]) for p, r in runs.items()}
            for part in others:
                worst = compare(part, best["ours"]["values"], best[part]["values"])
                ratios = sorted(a["wall_s"] / b["wall_s"] for a, b in zip(runs["ours"], runs[part], strict=True))
                memory = best["ours"]["peak_mib"] / best[part]["peak_mib"]
                median = ratios[len(ratios) // 2]
                notes.append(
                    f"{works:,} works: ours / {part}: time {median:.2f} (median of {given.runs} pairs), peak memory {memory:.2f}; "
                    f"largest difference {worst:.1e}"
                )
            rows += [{"works": works, **{k: v for k, v in best[p].items() if k != "values"}} for p in runs]
    finish(
        "impact: 12 indicators x 3 counting methods, by institution",
        rows,
        ["works", "part", "wall_s", "cpu_s", "peak_mib"],
        given.json,
        notes,
    )


if __name__ == "__main__":
    main()
