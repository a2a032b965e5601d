"""What every reader of country series gives: rows for the core table ``series`` and rejects with a reason."""

from __future__ import annotations

import csv
import functools
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

import armillary.registry
from armillary.sources.values.country import read_place

FIRST_YEAR, LAST_YEAR = 1500, 2100
"""Years outside are markers ("2999": latest), not years."""


class Row(NamedTuple):
    """One observation, in the order of the core table."""

    unit: str
    indicator: str
    year: int
    source: str
    vintage: str
    value: float
    status_flag: str | None
    unit_of_measure: str | None


_TEXT = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("unit", _TEXT),
        ("indicator", _TEXT),
        ("year", pa.int16()),
        ("source", _TEXT),
        ("vintage", _TEXT),
        ("value", pa.float64()),
        ("status_flag", _TEXT),
        ("unit_of_measure", _TEXT),
    ]
)
BATCH = 200_000
"""Rows kept as Python values before they become an Arrow batch: bulk files hold millions."""


@dataclass(slots=True)
class SeriesFile:
    """What one file gave. ``rejects`` holds line (or number of the observation), reason code and detail."""

    path: Path
    layout: str
    records: int = 0
    kept: int = 0
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    _open: list[Row] = field(default_factory=list)
    _batches: list[pa.RecordBatch] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Keep one observation."""
        self._open.append(row)
        self.kept += 1
        if len(self._open) >= BATCH:
            self._flush()

    def table(self) -> pa.Table:
        """All kept observations; texts are dictionary-encoded."""
        self._flush()
        return pa.Table.from_batches(self._batches, SCHEMA).unify_dictionaries()

    @property
    def rows(self) -> list[Row]:
        """All kept observations as tuples (for small files)."""
        return [Row(**r) for r in self.table().to_pylist()]

    def reject(self, line: int, reason: str, detail: str) -> None:
        """Note one record that is not kept."""
        self.rejects.append((line, reason, detail[:200]))

    def refused(self, reason: str, detail: str, line: int = 0) -> SeriesFile:
        """The file as a whole is not kept: nothing of it is."""
        self._open.clear()
        self._batches.clear()
        self.rejects = [(line, reason, detail[:200])]
        self.records, self.kept = 1, 0
        return self

    def _flush(self) -> None:
        if self._open:
            columns = zip(*self._open, strict=True)
            arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)]
            self._batches.append(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))
            self._open.clear()


@dataclass(frozen=True, slots=True)
class Measure:
    """What the registry knows of an indicator."""

    concept: str
    unit_of_measure: str | None
    tolerance: float | None
    name: str


def _registry(name: str) -> list[dict[str, str]]:
    path = Path(armillary.registry.__file__).parent / "series" / name
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@functools.cache
def measures() -> dict[tuple[str, str], Measure]:
    """Known measures by publisher and indicator."""
    return {
        (r["publisher"], r["indicator"]): Measure(
            r["concept"], r["unit_of_measure"] or None, float(r["tolerance"]) if r["tolerance"] else None, r["name"]
        )
        for r in _registry("measures.csv")
    }


def measure(source: str, indicator: str) -> Measure | None:
    """The measure of an indicator of a source (``OECD.STI.STP:DSD_SBRD(1.2)`` belongs to OECD)."""
    publisher = next((p for p, _ in measures() if source.startswith(p)), None)
    return None if publisher is None else measures().get((publisher, indicator))


def unit_id(code: str) -> str:
    """ISO alpha-2 for an alpha-3 code of a country; any other code (``EU27_2020``, ``OECD``, ``WLD``) as it is."""
    place = read_place(code).value if code.isascii() and code.isalpha() and len(code) == 3 else None
    return place.code if place is not None and place.kind == "country" else code


_YEAR = re.compile(r"^(\d{4})(?:\.0+)?$")


def year_of(text: str) -> tuple[int | None, str]:
    """The year, or None with a reason code."""
    found = _YEAR.match(text.strip())
    if not found:
        return None, "not-annual" if text.strip()[:4].isdigit() else "bad-year"
    year = int(found.group(1))
    return (year, "") if FIRST_YEAR <= year <= LAST_YEAR else (None, "pseudo-year")


def value_of(text: str) -> tuple[float | None, str]:
    """The value, or None with a reason code. Thousands separators are not guessed at."""
    if not text.strip() or text.strip() in ("..", "NaN", "NA", "n/a", "-", ":"):
        return None, "no-value"
    try:
        value = float(text)
    except ValueError:
        return None, "bad-value"
    return (value, "") if math.isfinite(value) else (None, "bad-value")
