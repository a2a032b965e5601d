"""What OpenAlex's own records of institutions count (``works_count``, ``summary_stats``, ``counts_by_year``); no works are read.

Files as OpenAlex serves them: lines of JSON or Parquet of a snapshot, pages of the API; also a folder of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armillary.core import guarded
from armillary.errors import InputError
from armillary.sources.openalex import ids

ENDINGS = (".gz", ".jsonl", ".json", ".ndjson", ".parquet")
_BY_YEAR = {"works_count": "works", "cited_by_count": "citations"}
_SUMMARY = {"h_index": "h_index", "i10_index": "i10_index", "2yr_mean_citedness": "mean_citedness_2y"}
FIRST_YEAR = 2012
"""Yearly counts of the records of 2022 to 2026 begin in this year."""
_COLUMNS = ("id", "display_name", "country_code", "type", *_BY_YEAR, "summary_stats", "counts_by_year", "updated_date")


@dataclass(frozen=True, slots=True)
class OwnCounts:
    """One institution: ``values`` by name (``works``, ``citations``, ``h_index``, ...), ``years`` by year; a count that the record does
    not give is not there. ``updated``: day of the record."""

    id: str
    name: str
    country: str | None
    kind: str | None
    values: Mapping[str, float]
    years: Mapping[int, Mapping[str, int]] | None
    updated: str

    def in_year(self, by: str, year: int) -> int | None:
        """``works`` or ``citations`` of a year; None where it is not known.

        OpenAlex leaves out years with neither works nor citations, so within the years that yearly counts cover (:data:`FIRST_YEAR`, or
        the first that is there, to the year of the record) a missing one is 0.
        """
        if self.years is None:
            return None
        if year in self.years:
            return self.years[year].get(by)
        is_covered = min([FIRST_YEAR, *self.years]) <= year <= int(self.updated[:4] or 0)
        return 0 if is_covered else None


@dataclass(frozen=True, slots=True)
class CountsRead:
    """All institutions, the newest record of each, and the account: records = kept + replaced + rejected by reason."""

    institutions: dict[str, OwnCounts]
    files: int
    records: int
    replaced: int
    rejected: Counter[str]


def read_own_counts(path: Path) -> CountsRead:
    """Records of institutions in a file or folder; :class:`InputError` if there is none."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and p.name.endswith(ENDINGS))
    if path.is_dir() and (within := [f for f in files if "institutions" in f.relative_to(path).parts[:-1]]):
        files = within  # of a whole snapshot, the part that is asked for
    if not path.exists():
        raise InputError("there is no such file or folder", where=path, fix="give records of institutions as OpenAlex serves them")
    files = [f for f in files if "manifest" not in f.name]
    kept: dict[str, OwnCounts] = {}
    rejected: Counter[str] = Counter()
    records = replaced = 0
    for file in files:
        for raw in _records(file):
            records += 1
            found = _own(raw)
            if isinstance(found, str):
                rejected[found] += 1
                continue
            before = kept.get(found.id)
            replaced += before is not None
            if before is None or (found.updated, sorted(found.values.items())) > (before.updated, sorted(before.values.items())):
                kept[found.id] = found
    if not kept:
        why = ", ".join(f"{n} {reason}" for reason, n in rejected.items()) or "no record"
        raise InputError(
            f"no record of an institution here ({why})", where=path, fix="give the institutions of a snapshot, or pages of them"
        )
    return CountsRead(kept, len(files), records, replaced, rejected)


def _records(path: Path) -> Iterator[Any]:
    if path.suffix == ".parquet":
        with guarded.parquet_file(path, needed=("id", "display_name")) as file, guarded.faults(path, kind="Parquet file"):
            names = [c for c in _COLUMNS if c in file.schema_arrow.names]
            for batch in file.iter_batches(4096, columns=names):
                yield from batch.to_pylist()
        return
    with guarded.open_binary(path) as stream:
        if path.name.removesuffix(".gz").endswith(".json"):
            page = guarded.parse_json(stream.read(), path)
            found = page.get("results", [page]) if isinstance(page, dict) else page
            yield from found if isinstance(found, list) else [found]
            return
        for _, record in guarded.json_lines(stream, path):
            yield record


def _own(raw: Any) -> OwnCounts | str:
    """The record, or why it is none."""
    if not isinstance(raw, dict):
        return "not a record"
    link = raw.get("id")
    number = ids.number(link) if isinstance(link, str) else None
    if number is None or "/i" not in str(link).lower().replace("openalex.org/institutions/", "openalex.org/"):
        return "not an institution"
    name = raw.get("display_name")
    if not isinstance(name, str) or not name.strip():
        return "without a name"
    summary = raw.get("summary_stats")
    counts = {c: raw.get(key) for key, c in _BY_YEAR.items()}
    counts |= {c: summary.get(key) for key, c in _SUMMARY.items()} if isinstance(summary, dict) else {}
    values = {c: n for c, v in counts.items() if (n := _count(v)) is not None}
    years = _years(raw.get("counts_by_year"))
    text = {k: v if isinstance(v := raw.get(k), str) and v else None for k in ("country_code", "type")}
    updated = str(raw.get("updated_date") or "")[:10]
    return OwnCounts(f"I{number}", name, text["country_code"], text["type"], values, years, updated if updated[:4].isdecimal() else "")


def _years(raw: Any) -> dict[int, dict[str, int]] | None:
    if not isinstance(raw, list):
        return None
    rows = [row for row in raw if isinstance(row, dict) and isinstance(row.get("year"), int)]
    return {row["year"]: {c: int(n) for key, c in _BY_YEAR.items() if (n := _count(row.get(key))) is not None} for row in rows}


def _count(value: Any) -> float | None:
    """A number that can be a count or a mean; anything else is not known."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 1e15 else None
