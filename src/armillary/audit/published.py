"""Published tables that travel with the package: small CSV files of typed facts, each with a TOML file that names sources and limits."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from armillary.audit.evidence import Entry, Evidence, Publisher, SeriesBreak
from armillary.audit.interval import Interval
from armillary.core import guarded
from armillary.errors import SpecError, UnknownNameError

COLUMNS = ("period", "unit", "measure", "name", "country", "rank", "value", "source", "note")
SOURCE_KINDS = ("official", "computed", "dataset", "press", "agency")
_META_KEYS = {
    "title",
    "measure",
    "period_name",
    "ranked_by",
    "first",
    "begins",
    "note",
    "complete",
    "labels",
    "break",
    "source",
    "unit_of_measure",
}


def folder() -> Path:
    """Where the tables of the package lie."""
    return Path(str(resources.files("armillary.registry"))) / "published"


def names(where: Path | None = None) -> list[str]:
    """Names of all published tables in ``where`` (default: the package's)."""
    return sorted(p.stem for p in (where or folder()).glob("*.csv"))


def all_measures(where: Path | None = None) -> list[tuple[str, str]]:
    """``(table, measure)`` of everything that can be loaded; the measure is empty where a table has only one."""
    found = []
    for table in names(where):
        rows = {row["measure"] for _, row in _rows((where or folder()) / f"{table}.csv")}
        found += [(table, measure) for measure in sorted(rows)]
    return found


def load(name: str, where: Path | None = None) -> Evidence:
    """The published table ``name``, or one measure of it (``table/measure``).

    Raises UnknownNameError for a table or measure that does not exist and SpecError, with file and line, for a malformed one.
    """
    return _load(name, where or folder())


@lru_cache(maxsize=256)
def _load(name: str, where: Path) -> Evidence:
    table, _, measure = name.partition("/")
    if table not in names(where):
        raise UnknownNameError("published table", table, names(where))
    meta = _meta(where / f"{table}.toml")
    sources = {s["id"]: _source(s, where / f"{table}.toml") for s in meta.get("source", [])}
    cells: dict[tuple[str, int], Entry] = {}
    measures: set[str] = set()
    for line, row in _rows(where / f"{table}.csv"):
        measures.add(row["measure"])
        if row["measure"] != measure:
            continue
        cell = _cell(row, f"{where / table}.csv, line {line}", sources)
        if (cell.unit, cell.period) in cells:
            raise SpecError(f"two rows for {cell.unit} in {cell.period}", where=f"{where / table}.csv, line {line}", fix="keep one")
        cells[cell.unit, cell.period] = cell
    if not cells:
        raise UnknownNameError("measure", measure, measures, where=f"published table {table}")
    own = meta.get("measure", {})
    about: Mapping[str, Any] = own.get(measure, {}) if isinstance(own, Mapping) else {"title": own}
    complete = about.get("complete", meta.get("complete", {}))
    return Evidence(
        id=f"published:{name}",
        title=meta["title"],
        measure=str(about.get("title", measure or meta["title"])),
        period_name=str(meta.get("period_name", "year")),
        cells=cells,
        complete={int(k): (None if v == "all" else int(v)) for k, v in complete.items()},
        first=about.get("first", meta.get("first")),
        ranked_by=str(about.get("ranked_by", meta.get("ranked_by", "rank"))),
        sources=sources,
        breaks=tuple(SeriesBreak(int(b["period"]), str(b["why"])) for b in about.get("break", meta.get("break", []))),
        labels={str(k): int(v) for k, v in meta.get("labels", {}).items()},
        begins=meta.get("begins"),
        note=str(about.get("note", meta.get("note", ""))),
    )


def _meta(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise SpecError("a published table needs a TOML file beside its CSV", where=path, fix="write title and sources")
    meta = guarded.read_toml(path, error=SpecError)
    for key in meta:
        if key not in _META_KEYS:
            raise UnknownNameError("key", key, _META_KEYS, where=path)
    if "title" not in meta:
        raise SpecError("no title", where=path, fix='add a line: title = "..."')
    return meta


def _source(entry: Mapping[str, Any], path: Path) -> Publisher:
    known = set(Publisher.__dataclass_fields__)
    for key in entry:
        if key not in known:
            raise UnknownNameError("key of a source", key, known, where=path)
    if entry.get("kind", "press") not in SOURCE_KINDS:
        raise UnknownNameError("kind of source", str(entry["kind"]), SOURCE_KINDS, where=path)
    return Publisher(**{k: str(v) for k, v in entry.items()})


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        for column in reader.fieldnames or []:
            if column not in COLUMNS:
                raise UnknownNameError("column", column, COLUMNS, where=path)
        return [(reader.line_num, {c: (row.get(c) or "").strip() for c in COLUMNS}) for row in reader]


def _cell(row: dict[str, str], where: str, sources: Mapping[str, Publisher]) -> Entry:
    def interval(text: str) -> Interval | None:
        try:
            return Interval.parse(text) if text else None
        except ValueError as error:
            raise SpecError(str(error), where=where, fix="write 14, 9.14±0.005, 11..20, >2000, >=3, <6 or <=5") from None

    if not row["period"].isdigit():
        raise SpecError(f"'{row['period']}' is not a year", where=where, fix="give four digits")
    for source in row["source"].split():
        if source not in sources:
            raise UnknownNameError("source", source, sources, where=where)
    if not row["source"]:
        raise SpecError("a fact without a source", where=where, fix="name one in the column source")
    return Entry(
        unit=row["unit"],
        period=int(row["period"]),
        rank=interval(row["rank"]),
        value=interval(row["value"]),
        country=row["country"] or None,
        name=row["name"],
        source=row["source"],
        note=row["note"],
    )
