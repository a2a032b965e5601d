"""Read a table of joint works by country pair and year, reject bad rows with a reason, store the rest.

The input is CSV (also ``.gz``) with a header. Columns are known by name: year; two country codes (ISO 3166-1 alpha-2); a count.
``NA`` is Namibia here, never a missing value. A row whose two countries are the same counts the country's works with *any* foreign
co-author, and becomes the indicator ``international_works``; all others are ``joint_works``. Values are stored as served: where the
two directions of a pair differ, both stay, and readers take the larger (the summary says how many there are).
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from armillary.core import schema
from armillary.core.pair_series import INTERNATIONAL, JOINT
from armillary.core.store import Store
from armillary.errors import InputError

ENTITY = "pairs"
_NAMES: dict[str, tuple[str, ...]] = {
    "year": ("year",),
    "unit": ("country_a", "unit", "country", "country_1", "from"),
    "partner": ("country_b", "partner", "country_2", "to"),
    "value": ("works", "value", "papers", "n", "count"),
}
_FIRST_YEAR, _LAST_YEAR = 1500, 2100


@dataclass(frozen=True)
class PairsRead:
    """What was in one file: kept rows (unit, partner, indicator, year, value), rejects (line, reason, detail), and counts."""

    rows: pa.Table
    rejects: list[tuple[int, str, str]]
    records_n: int
    asymmetric: list[tuple[int, str, str, float, float]] = field(default_factory=list)
    """Pairs whose two directions differ: year, unit, partner, value there, value back."""
    one_way_n: int = 0
    """Pairs given in one direction only."""

    def summary(self) -> dict[str, Any]:
        """Counts for the terminal and for ``--json``."""
        years = self.rows["year"]
        return {
            "records": self.records_n,
            "kept": self.rows.num_rows,
            "rejected": len(self.rejects),
            "years": [pc.min(years).as_py(), pc.max(years).as_py()] if self.rows.num_rows else None,
            "countries": len(pc.unique(pa.chunked_array([*self.rows["unit"].chunks, *self.rows["partner"].chunks], pa.string()))),
            "pairs_whose_directions_differ": len(self.asymmetric),
            "pairs_in_one_direction_only": self.one_way_n,
        }


def _load(path: Path) -> pa.Table:
    try:
        raw = path.read_bytes()
        text = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot be read: {error}", where=path, fix="check the path, or download the file again") from None
    if not text.strip():
        raise InputError("the file is empty", where=path)
    header = text.split(b"\n", 1)[0].decode("utf-8-sig", errors="replace").strip().split(",")
    try:
        return pacsv.read_csv(
            pa.BufferReader(text),
            convert_options=pacsv.ConvertOptions(column_types={h.strip('"'): pa.string() for h in header}, strings_can_be_null=False),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise InputError(f"not a well-formed CSV table: {error}", where=path, fix="mend the line that is named") from None


def _columns(table: pa.Table, path: Path) -> dict[str, pa.ChunkedArray]:
    given = {n.strip().lstrip("\ufeff").casefold(): n for n in table.column_names}
    found = {}
    for role, names in _NAMES.items():
        match = next((given[n] for n in names if n in given), None)
        if match is None:
            what = f"no column for the {role} (found: {', '.join(table.column_names)})"
            raise InputError(what, where=path, fix=f"name it {' or '.join(names)} in the header")
        found[role] = table[match].cast(pa.string())
    return found


def _number(text: pa.ChunkedArray, pattern: str, kind: pa.DataType) -> pa.ChunkedArray:
    clean = pc.utf8_trim_whitespace(text)
    good = pc.match_substring_regex(clean, pattern)
    return pc.cast(pc.if_else(good, clean, pa.scalar(None, pa.string())), kind)


def read_pairs(path: str | Path) -> PairsRead:
    """Read one file; :class:`~armillary.errors.InputError` if it is no such table. Rows that make no sense are rejected one by one.

    Reasons: ``bad-year``, ``bad-country`` (not two capital letters), ``bad-count`` (not a number, or negative), ``duplicate``
    (same key and value again), ``conflict`` (same key, another value; the first stays).
    """
    where = Path(path)
    text = _columns(_load(where), where)
    n = len(text["year"])
    year = _number(text["year"], r"^\d{4}(\.0)?$", pa.float64())
    value = _number(text["value"], r"^\d+(\.\d+)?([eE]\+?\d+)?$", pa.float64())
    unit, partner = (pc.utf8_trim_whitespace(text[c]) for c in ("unit", "partner"))
    no_year = pc.invert(pc.fill_null(pc.and_(pc.greater_equal(year, _FIRST_YEAR), pc.less_equal(year, _LAST_YEAR)), False))
    code = r"^[A-Z]{2}$"
    no_country = pc.invert(pc.and_(pc.match_substring_regex(unit, code), pc.match_substring_regex(partner, code)))
    no_count = pc.is_null(value)
    line = pa.array(range(2, n + 2), pa.int64())
    rejects: list[tuple[int, str, str]] = []
    bad: Any = pc.or_(pc.or_(no_year, no_country), no_count)
    if pc.any(bad).as_py():
        for at in pc.indices_nonzero(bad).to_pylist():
            reason = "bad-year" if no_year[at].as_py() else "bad-country" if no_country[at].as_py() else "bad-count"
            rejects.append((at + 2, reason, ",".join(str(text[c][at]) for c in ("year", "unit", "partner", "value"))[:200]))
    table = pa.table({"unit": unit, "partner": partner, "year": year, "value": value, "line": line}).filter(pc.invert(bad))
    table = table.set_column(2, "year", table["year"].cast(pa.int16()))
    table, repeats = _without_repeats(table)
    rejects = sorted(rejects + repeats)
    is_self = pc.equal(table["unit"], table["partner"])
    kept = table.drop_columns(["line"]).append_column("indicator", pc.if_else(is_self, INTERNATIONAL, JOINT))
    asymmetric, one_way = _directions(table.filter(pc.invert(is_self)))
    return PairsRead(kept, rejects, n, asymmetric, one_way)


def _without_repeats(table: pa.Table) -> tuple[pa.Table, list[tuple[int, str, str]]]:
    keys = ["year", "unit", "partner"]
    table = table.sort_by([(k, "ascending") for k in [*keys, "line"]])
    if table.num_rows < 2:
        return table, []
    same: Any = None
    for k in keys:
        column = table[k].combine_chunks()
        equal = pc.equal(column[1:], column[:-1])
        same = equal if same is None else pc.and_(same, equal)
    repeat = pa.concat_arrays([pa.array([False]), same.combine_chunks() if isinstance(same, pa.ChunkedArray) else same])
    rejects = []
    first = 0
    if pc.any(repeat).as_py():
        flags, rows = repeat.to_pylist(), table.to_pylist()
        for at, again in enumerate(flags):
            if not again:
                first = at
                continue
            row = rows[at]
            reason = "duplicate" if row["value"] == rows[first]["value"] else "conflict"
            detail = f"{row['year']},{row['unit']},{row['partner']},{row['value']:g} (also line {rows[first]['line']})"
            rejects.append((row["line"], reason, detail))
    return table.filter(pc.invert(repeat)), rejects


def _directions(pairs: pa.Table) -> tuple[list[tuple[int, str, str, float, float]], int]:
    swapped = pairs.select(["year", "unit", "partner", "value"]).rename_columns(["year", "partner", "unit", "back"])
    both = pairs.select(["year", "unit", "partner", "value"]).join(swapped, keys=["year", "unit", "partner"], join_type="left outer")
    one_way = both["back"].null_count
    differ = both.filter(pc.and_(pc.fill_null(pc.not_equal(both["value"], both["back"]), False), pc.less(both["unit"], both["partner"])))
    found = sorted((r["year"], r["unit"], r["partner"], r["value"], r["back"]) for r in differ.to_pylist())
    return found, one_way


def ingest(store: Store, paths: Sequence[str | Path], *, source: str = "OpenAlex", vintage: str | None = None) -> dict[str, Any]:
    """Put the files into ``pair_series``; rows of the same source and vintage are replaced, others stay. Returns the summary.

    ``vintage`` is the edition or retrieval date; without one it is the last year that the files cover, as in ``to 2023``.
    """
    files = [Path(p) for p in paths]
    reads = [read_pairs(p) for p in files]
    rows = pa.concat_tables([r.rows for r in reads])
    if not rows.num_rows:
        reasons = "; ".join(f"line {x[0]} {x[1]}" for x in reads[0].rejects[:3])
        raise InputError("no row could be used", where=files[0], fix=f"mend the file ({reasons or 'it has a header only'})")
    edition = vintage or f"to {pc.max(rows['year']).as_py()}"
    n = rows.num_rows
    rows = rows.append_column("source", pa.array([source] * n)).append_column("vintage", pa.array([edition] * n))
    rows = rows.select([f.name for f in schema.table("pair_series").schema])
    keyed = rows.group_by(["unit", "partner", "indicator", "year"]).aggregate([([], "count_all")])
    if keyed.num_rows < n:
        what = f"{n - keyed.num_rows:,} pairs and years come in more than one of the files"
        raise InputError(what, where=files[-1], fix="ingest them one by one with different vintages")
    hashes = [hashlib.sha256(p.read_bytes()).hexdigest() for p in files]
    with store.write() as txn:
        old = txn.read("pair_series")
        txn.replace("pair_series", pa.concat_tables([old.filter(pc.invert(_is(old, source, edition))), rows.cast(old.schema)]))
        names = [p.name for p in files]
        manifest = txn.read("manifest")
        new = pa.Table.from_pylist(
            [
                {
                    "entity": ENTITY,
                    "file": p.name,
                    "file_sha256": h,
                    "bytes_n": p.stat().st_size,
                    "records_n": r.records_n,
                    "kept_n": r.rows.num_rows,
                    "superseded_n": 0,
                    "rejected_n": len(r.rejects),
                }
                for p, r, h in zip(files, reads, hashes, strict=True)
            ],
            schema=manifest.schema,
        )
        txn.replace("manifest", pa.concat_tables([_others(manifest, names), new]))
        rejects = txn.read("reject")
        found = [
            {"entity": ENTITY, "file": p.name, "line": x[0], "reason": x[1], "detail": x[2]}
            for p, r in zip(files, reads, strict=True)
            for x in r.rejects
        ]
        txn.replace("reject", pa.concat_tables([_others(rejects, names), pa.Table.from_pylist(found, schema=rejects.schema)]))
    return {"source": source, "vintage": edition, "files": [{"file": p.name, **r.summary()} for p, r in zip(files, reads, strict=True)]}


def _is(table: pa.Table, source: str, vintage: str) -> Any:
    return pc.and_(pc.equal(table["source"], source), pc.equal(table["vintage"], vintage))


def _others(table: pa.Table, names: Sequence[str]) -> pa.Table:
    ours = pc.and_(pc.equal(table["entity"], ENTITY), pc.is_in(table["file"], pa.array(list(names), pa.string())))
    return table.filter(pc.invert(ours))
