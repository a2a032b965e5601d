"""Read a table of joint works by country pair and year, reject bad rows with a reason, store the rest.

The input is delimited text (also ``.gz``) with a header. Columns are known by name: year; two countries (codes or names); a count.
``NA`` is Namibia here, never a missing value. A row whose two countries are the same counts the country's works with *any* foreign
co-author, and becomes the indicator ``international_works``; all others are ``joint_works``. Values are stored as served: where the
two directions of a pair differ, both stay, and readers take the larger (the summary says how many there are).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from armillary.core import schema
from armillary.core.pair_series import INTERNATIONAL, JOINT
from armillary.core.store import Store
from armillary.errors import InputError
from armillary.registry import read_csv
from armillary.sources.bookkeeping import FileLog, examples, write_log
from armillary.sources.files import kind_of, read_text
from armillary.sources.rejects import Rejects
from armillary.sources.values.country import is_region, read_country
from armillary.sources.values.date import read_annual
from armillary.sources.values.number import Told, column_mark, read_number
from armillary.sources.values.table import fold_name, read_records, sniff_table

ENTITY = "pairs"
_NAMES: dict[str, tuple[str, ...]] = {
    "year": ("year",),
    "unit": ("country_a", "unit", "country", "country_1", "from"),
    "partner": ("country_b", "partner", "country_2", "to"),
    "value": ("works", "value", "papers", "n", "count"),
}
_SAMPLE = 1 << 16
_FIX = "give a table with year, two countries and a count"


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


def _load(path: Path) -> tuple[list[str], pa.Table, list[tuple[int, str, str]], str]:
    """The header, all columns as text (by number), records with another number of values, and the separator."""
    text = read_text(path)
    if not text.strip():
        raise InputError("the file is empty", where=path, fix=_FIX)
    layout = sniff_table(text[:_SAMPLE], is_whole=len(text) <= _SAMPLE)
    records = read_records(text, layout)
    first = next(records, None)
    header = [v.strip() for v in first.values] if first is not None and not first.problem else []
    if len(header) < 2:
        raise InputError(f"this is {kind_of(text[:64].encode()) or 'no table with a header'}", where=path, fix=_FIX)
    rejects: list[tuple[int, str, str]] = []
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    for record in records:
        values = record.values
        while len(values) > len(header) and not values[-1].strip():
            values = values[:-1]
        problem = record.problem or ("row-short" if len(values) < len(header) else "row-long" if len(values) > len(header) else None)
        if problem:
            rejects.append((record.line, problem, layout.separator.join(values)[:200]))
        else:
            rows.append(values)
            lines.append(record.line)
    names = [f"{n}" for n in range(len(header))]
    columns = [pa.chunked_array([pa.array(c, pa.string())]) for c in zip(*rows, strict=True)] or [
        pa.chunked_array([], pa.string()) for _ in names
    ]
    table = pa.table(columns, names=names).append_column("line", pa.array(lines, pa.int64()))
    return header, table, rejects, layout.separator


def _columns(header: list[str], table: pa.Table, path: Path) -> dict[str, pa.ChunkedArray]:
    folded = [fold_name(n) for n in header]
    found = {}
    for role, names in _NAMES.items():
        match = next((folded.index(n) for n in names if n in folded), None)
        if match is None:
            what = f"no column for the {role} (found: {', '.join(header[:12])})"
            raise InputError(what, where=path, fix=f"name it {' or '.join(names)} in the header")
        found[role] = table[str(match)]
    return found


def _number(text: pa.ChunkedArray, pattern: str, kind: pa.DataType) -> pa.ChunkedArray:
    clean = pc.utf8_trim_whitespace(text)
    good = pc.match_substring_regex(clean, pattern)
    return pc.cast(pc.if_else(good, clean, pa.scalar(None, pa.string())), kind)


def read_pairs(path: str | Path) -> PairsRead:
    """Read one file; :class:`~armillary.errors.InputError` if it is no such table. Rows that make no sense are rejected one by one.

    Reasons: ``bad-year``, ``bad-country`` (no country that is known), ``aggregate`` (a group of countries), ``part-of-country`` (Scotland),
    ``bad-count`` (not a number, or negative), ``row-short``, ``row-long``, ``quote-not-closed``, ``duplicate`` (same key and value again),
    ``conflict`` (same key, another value: none of them stays).
    """
    where = Path(path)
    header, table, rejects, separator = _load(where)
    text = _columns(header, table, where)
    n = table.num_rows + len(rejects)
    year = _number(text["year"], r"^(1[5-9]|20)\d\d(\.0)?$", pa.float64())
    mark = column_mark(text["value"].to_pylist(), separator)
    fraction = r"(\.\d+)?" if mark in (None, ".") else ""  # elsewhere a point may part thousands
    value = _number(text["value"], rf"^\d+{fraction}([eE]\+?\d{{1,2}})?$", pa.float64())
    unit, partner = (pc.utf8_trim_whitespace(text[c]) for c in ("unit", "partner"))
    known = pa.array([r["code"] for r in read_csv("vocabularies", "countries.csv") if r["code"] != "EU"])
    plain = pc.and_(pc.and_(pc.is_in(unit, known), pc.is_in(partner, known)), pc.and_(pc.is_valid(year), pc.is_valid(value)))
    good = pa.table({"unit": unit, "partner": partner, "year": year, "value": value, "line": table["line"]}).filter(plain)
    odd = pa.table({**text, "line": table["line"]}).filter(pc.invert(plain))
    slow, more = _slowly(odd.to_pylist(), mark)
    table = pa.concat_tables([good, pa.Table.from_pylist(slow, schema=good.schema)])
    table = table.set_column(2, "year", table["year"].cast(pa.int16()))
    table, repeats = _without_repeats(table)
    rejects = sorted(rejects + more + repeats)
    is_self = pc.equal(table["unit"], table["partner"])
    kept = table.drop_columns(["line"]).append_column("indicator", pc.if_else(is_self, INTERNATIONAL, JOINT))
    asymmetric, one_way = _directions(table.filter(pc.invert(is_self)))
    return PairsRead(kept, rejects, n, asymmetric, one_way)


def _slowly(rows: list[dict[str, Any]], mark: Told) -> tuple[list[dict[str, Any]], list[tuple[int, str, str]]]:
    """Rows whose values are not written plainly: names of countries, alpha-3 codes, dates for years, grouped numbers."""
    out: list[dict[str, Any]] = []
    rejects: list[tuple[int, str, str]] = []
    for row in rows:
        year, value = read_annual(row["year"]), read_number(row["value"], decimal=mark)
        unit, partner = read_country(row["unit"]), read_country(row["partner"])
        reason = None
        if year.value is None:
            reason = "bad-year"
        elif is_region(row["unit"]) or is_region(row["partner"]):
            reason = "part-of-country"
        elif unit.value is None or partner.value is None:
            reason = "aggregate" if "country-aggregate" in (unit.reason, partner.reason) else "bad-country"
        elif value.value is None or value.value < 0:
            reason = "bad-count"
        if reason is None:
            found = {
                "unit": unit.value,
                "partner": partner.value,
                "year": float(year.value or 0),
                "value": value.value,
                "line": row["line"],
            }
            out.append(found)
        else:
            rejects.append((row["line"], reason, ",".join(row[c] for c in ("year", "unit", "partner", "value"))[:200]))
    return out, rejects


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
    gone = [False] * table.num_rows
    if pc.any(repeat).as_py():
        again, rows = repeat.to_pylist(), table.to_pylist()
        starts = [at for at, is_again in enumerate(again) if not is_again]
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
            agree = len({r["value"] for r in rows[start:end]}) == 1
            for at in range(start + agree, end if end - start > 1 else start):
                gone[at] = True
                row, other = rows[at], rows[start if at > start else start + 1]
                detail = f"{row['year']},{row['unit']},{row['partner']},{row['value']:g} (also line {other['line']})"
                rejects.append((row["line"], "duplicate" if agree else "conflict", detail))
    return table.filter(pa.array([not g for g in gone])), rejects


def _directions(pairs: pa.Table) -> tuple[list[tuple[int, str, str, float, float]], int]:
    swapped = pairs.select(["year", "unit", "partner", "value"]).rename_columns(["year", "partner", "unit", "back"])
    both = pairs.select(["year", "unit", "partner", "value"]).join(swapped, keys=["year", "unit", "partner"], join_type="left outer")
    one_way = both["back"].null_count
    differ = both.filter(pc.and_(pc.fill_null(pc.not_equal(both["value"], both["back"]), False), pc.less(both["unit"], both["partner"])))
    found = sorted((r["year"], r["unit"], r["partner"], r["value"], r["back"]) for r in differ.to_pylist())
    return found, one_way


def ingest(store: Store, paths: Sequence[str | Path], *, source: str = "OpenAlex", vintage: str | None = None) -> dict[str, Any]:
    """Put the files into ``pair_series``; rows of the same source and vintage are replaced, others stay. Returns the summary.

    ``vintage`` is the edition or retrieval date; without one it is the last year that the files cover, as in ``to 2023``. Of several files
    one that cannot be read is named in ``left_out``.
    """
    reads: list[tuple[Path, PairsRead]] = []
    left_out: dict[str, str] = {}
    for path in map(Path, paths):
        try:
            reads.append((path, read_pairs(path)))
        except InputError as error:
            if len(paths) == 1:
                raise
            left_out[path.name] = error.what
    logs = [FileLog(p, p.name, records=r.records_n, kept=r.rows.num_rows, rejects=Rejects(r.rejects)) for p, r in reads]
    rows = pa.concat_tables([r.rows for _, r in reads]) if reads else pa.table({})
    if not rows.num_rows:
        reasons = [*examples(logs), *(f"{f}: {why}" for f, why in left_out.items())]
        what = "; ".join(reasons[:3]) or "it has a header only"
        raise InputError("no row could be used", where=paths[0], fix=f"mend the file ({what})")
    edition = vintage or f"to {pc.max(rows['year']).as_py()}"
    n = rows.num_rows
    rows = rows.append_column("source", pa.array([source] * n)).append_column("vintage", pa.array([edition] * n))
    rows = rows.select([f.name for f in schema.table("pair_series").schema])
    keyed = rows.group_by(["unit", "partner", "indicator", "year"]).aggregate([([], "count_all")])
    if keyed.num_rows < n:
        what = f"{n - keyed.num_rows:,} pairs and years come in more than one of the files"
        raise InputError(what, where=reads[-1][0], fix="ingest them one by one with different vintages")
    with store.write() as txn:
        old = txn.read("pair_series")
        txn.replace("pair_series", pa.concat_tables([old.filter(pc.invert(_is(old, source, edition))), rows.cast(old.schema)]))
        write_log(txn, ENTITY, logs)
    return {
        "source": source,
        "vintage": edition,
        "files": [{"file": p.name, **r.summary()} for p, r in reads],
        "left_out": left_out,
        "notes": examples(logs),
    }


def _is(table: pa.Table, source: str, vintage: str) -> Any:
    return pc.and_(pc.equal(table["source"], source), pc.equal(table["vintage"], vintage))
