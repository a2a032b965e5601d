"""Make the compact tables of the real world that ship with the package, from the reviewed copies of public data.

python scripts/make_world.py ../shared/data      (about half a minute; equal input gives equal bytes)
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import world_readers as readers

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "src" / "armillary" / "registry" / "world"


def write_parquet(table: pa.Table, path: Path, *, split: tuple[str, ...] = ()) -> None:
    """Parquet without anything that depends on the day or the machine."""
    encodings = dict.fromkeys(split, "BYTE_STREAM_SPLIT") if split else None
    pq.write_table(
        table.replace_schema_metadata(None),
        path,
        compression="zstd",
        compression_level=19,
        version="2.6",
        store_schema=False,
        use_dictionary=[c for c in table.column_names if c not in split],
        column_encoding=encodings,
        write_statistics=False,
    )


def write_csv(rows: list[dict[str, Any]], path: Path) -> None:
    """Plain CSV, the columns of the first row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")


def write_gzip(lines: list[str], path: Path) -> None:
    """Gzip without a date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(line + "\n" for line in lines).encode(), 9, mtime=0))


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def toml_value(value: Any) -> str:
    """A TOML literal."""
    return json.dumps(value, ensure_ascii=False)


def toml_entry(kind: str, entry: dict[str, Any]) -> str:
    """One ``[[kind]]`` of the catalogue."""
    return "\n".join([f"[[{kind}]]", *(f"{k} = {toml_value(v)}" for k, v in entry.items()), ""])


def series_files(meta: list[dict[str, Any]], rows: list[readers.Row], units: dict[str, Any]) -> list[dict[str, Any]]:
    """Write one Parquet file a dataset; give the catalogue's entries with what was counted."""
    known = {f"{m['concept']}.{m['dataset']}": m for m in meta}
    by_series: dict[str, list[readers.Row]] = defaultdict(list)
    for row in rows:
        by_series[row.series].append(row)
    if lost := by_series.keys() ^ known.keys():
        raise SystemExit(f"described and read do not agree: {sorted(lost)}")
    for dataset in dict.fromkeys(m["dataset"] for m in meta):
        mine = sorted(r for s, found in by_series.items() if known[s]["dataset"] == dataset for r in found)
        if len({r[:4] for r in mine}) != len(mine):
            raise SystemExit(f"{dataset}: two values of one series, part, unit and year")
        columns = {
            "series": pa.string(),
            "part": pa.string(),
            "unit": pa.string(),
            "year": pa.int16(),
            "value": pa.float64(),
            "flag": pa.string(),
        }
        table = pa.table({name: pa.array([getattr(r, name) for r in mine], kind) for name, kind in columns.items()})
        write_parquet(table, OUT / f"{dataset}.parquet", split=("value",))
    entries = []
    for key, m in known.items():
        found = by_series[key]
        missing = sorted({r.unit for r in found} - units.keys())
        if missing:
            raise SystemExit(f"{key}: units without a name: {missing}")
        parts = sorted({r.part for r in found if r.part})
        entries.append(
            {
                "id": key,
                "unit_kind": "country",
                "coverage": "complete",
                "best": "high",
                "decimals": 0,
                "span": 1,
                **m,
                "file": f"{m['dataset']}.parquet",
                "rows": len(found),
                "units": len({r.unit for r in found if units[r.unit]["kind"] in readers.OWN_KINDS}),
                "aggregates": len({r.unit for r in found if units[r.unit]["kind"] not in readers.OWN_KINDS}),
                "first_year": min(r.year for r in found),
                "last_year": max(r.year for r in found),
            }
            | ({"parts": parts} if parts else {})
        )
        entries[-1].pop("column", None)
    return entries


def main(data: Path) -> None:
    """Everything, in one go."""
    described = readers.SOURCES
    OUT.mkdir(exist_ok=True)
    names = readers.Names()
    rows, tables = readers.read_all(data, names)
    units = names.units
    write_csv([units[u] for u in sorted(units) if units[u]["kind"] != "country"], OUT / "units.csv")  # countries have their own list
    series = series_files(described["series"], rows, units)
    for file, content in tables.items():
        if isinstance(content, pa.Table):
            write_parquet(content, OUT / file)
        elif file.endswith(".gz"):
            write_gzip(content, OUT / file)
        else:
            write_csv(content, OUT / file)
    drawn = next(d for d in described["dataset"] if d["id"] == "openalex-sample")
    about = {"name": "The real world, as it ships", "kind": "random-sample", "frame": drawn["frame"], "leaves_out": drawn["leaves_out"]}
    (OUT / "sample" / "registry").mkdir(exist_ok=True)
    (OUT / "sample" / "registry" / "about.toml").write_text("".join(f"{k} = {toml_value(v)}\n" for k, v in about.items()), encoding="utf-8")
    entries = []
    for t in described["table"]:
        content = tables[t["file"]]
        n = content.num_rows if isinstance(content, pa.Table) else len(content)
        entries.append({**t, "rows": n, "bytes": (OUT / t["file"]).stat().st_size, "sha256": digest(OUT / t["file"])})
    datasets = []
    for d in described["dataset"]:
        path = OUT / f"{d['id']}.parquet"
        datasets.append(d | ({"file": path.name, "bytes": path.stat().st_size, "sha256": digest(path)} if path.exists() else {}))
    text = ["# Made by scripts/make_world.py from scripts/world_sources.toml and the data: change those, not this.\n"]
    text += (
        [toml_entry("dataset", d) for d in datasets] + [toml_entry("series", s) for s in series] + [toml_entry("table", t) for t in entries]
    )
    (OUT / "catalogue.toml").write_text("\n".join(text), encoding="utf-8")
    size = sum(p.stat().st_size for p in OUT.rglob("*") if p.is_file() and p.suffix != ".py")
    print(f"{len(series)} series, {len(rows):,} values; {len(entries)} tables; {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
