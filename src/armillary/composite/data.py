"""The numbers that an index starts from: read from CSV or a table in memory, checked against the specification."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from armillary.composite.matching import accepted, read_matches, renamed
from armillary.composite.matrix import Matrix, empty
from armillary.composite.read import as_table, clean, column, numbers, read_table
from armillary.composite.spec import DataSource, IndexSpec
from armillary.composite.steps.impute import OVER_TIME, carry_forward, interpolate
from armillary.composite.suspect import blank_rows, suspects
from armillary.errors import DataError, UnknownNameError

MANY_ZEROS = 0.1
"""From this share of zeros on, an indicator of which nobody said what its zeros mean gets a note."""


@dataclass(frozen=True, slots=True, eq=False)
class IndexData:
    """Units with their raw indicators, denominators, names and grouping columns; one year.

    ``carried`` lists the cells (unit, indicator) whose value comes from other years.
    """

    values: Matrix
    names: tuple[str, ...]
    groups: dict[str, tuple[str | None, ...]]
    denominators: Matrix
    year: int | None = None
    warnings: tuple[str, ...] = ()
    carried: tuple[tuple[str, str], ...] = ()

    @property
    def units(self) -> tuple[str, ...]:
        """Ids of the units."""
        return self.values.units

    @property
    def digest(self) -> str:
        """SHA-256 of every number, id, name and group."""
        rest = repr((self.names, sorted(self.groups.items()), self.year))
        return hashlib.sha256((self.values.digest() + self.denominators.digest() + rest).encode()).hexdigest()

    def rows(self, keep: Any) -> IndexData:
        """Only these units (mask or positions)."""
        index = np.flatnonzero(keep) if np.asarray(keep).dtype == np.bool_ else np.asarray(keep, dtype=np.int64)
        kept = {self.units[i] for i in index} if self.carried else set()
        return replace(
            self,
            values=self.values.rows(index),
            denominators=self.denominators.rows(index),
            names=tuple(self.names[i] for i in index),
            groups={k: tuple(v[i] for i in index) for k, v in self.groups.items()},
            carried=tuple(c for c in self.carried if c[0] in kept),
        )

    def in_order(self) -> IndexData:
        """Units sorted by id, so that the order of the input changes nothing."""
        return self.rows(np.argsort(np.array(self.units, dtype=object), kind="stable"))


def load_data(spec: IndexSpec, table: Any = None, *, path: Path | None = None, year: int | None = None) -> IndexData:
    """The data of a specification for one year: from ``table``, from ``path``, or from the file that ``[data]`` names."""
    if table is None:
        source = path or (spec.folder / spec.data.values if spec.data.values else None)
        if source is None:
            raise DataError("the specification names no data", fix="add values = 'file.csv' to [data], or give the data with --data")
        table, where = read_data(spec.data, source), str(source)
    else:
        table, where = as_table(table), "the data"
    table = filtered(table, spec.data, where)
    wanted = spec.data.at if year is None else year
    years = panel_years(table, spec.data, where)
    if years and wanted is None:
        if len(years) > 1:
            raise DataError(
                f"holds {len(years)} years ({years[0]}-{years[-1]})", where=where, fix="say which: at = YEAR in [data], or --year"
            )
        wanted = years[0]
    if spec.imputation.method in OVER_TIME and years:
        if wanted is not None and wanted not in years:
            raise DataError(f"holds no rows of {wanted}", where=where)
        before = [y for y in years if wanted is None or y <= wanted]
        return _panel(spec, table, where, before if spec.imputation.method == "locf" else years)[len(before) - 1]
    lost = _yearless(table, spec.data, where)
    if spec.data.time and wanted is not None:
        table = _of_year(table, spec.data.time, wanted, where)
    done = _one_year(spec, table, where, wanted)
    return replace(done, warnings=(*lost, *done.warnings)) if lost else done


def read_data(source: DataSource, path: Path) -> pa.Table:
    """The table of a file, read as ``[data]`` says."""
    sheet = source.sheet or ("iData" if source.layout == "coinr" and path.suffix.lower() == ".xlsx" else None)
    return read_table(path, encoding=source.encoding, sheet=sheet, skip=source.skip)


def load_panel(spec: IndexSpec, table: Any = None, *, path: Path | None = None) -> list[IndexData]:
    """One :class:`IndexData` a year, ascending; with ``locf`` or ``interpolate`` gaps are filled from other years."""
    if table is None:
        source = path or (spec.folder / (spec.data.values or ""))
        table, where = read_data(spec.data, source), str(source)
    else:
        table, where = as_table(table), "the data"
    if spec.data.time is None:
        raise DataError("is no panel", where=where, fix="name the year column: time = '...' in [data]")
    table = filtered(table, spec.data, where)
    return _panel(spec, table, where, panel_years(table, spec.data, where))


def _panel(spec: IndexSpec, table: pa.Table, where: str, chosen: Sequence[int]) -> list[IndexData]:
    assert spec.data.time is not None
    lost = _yearless(table, spec.data, where)
    out = [_one_year(spec, _of_year(table, spec.data.time, y, where), where, y) for y in chosen]
    out = [replace(d, warnings=(*lost, *d.warnings)) for d in out] if lost else out
    method = spec.imputation.method
    if method not in OVER_TIME or not out:
        return out
    units = sorted({u for d in out for u in d.units})
    place = {u: i for i, u in enumerate(units)}
    cube = np.full((len(units), len(spec.indicators), len(out)), np.nan)
    for t, data in enumerate(out):
        cube[[place[u] for u in data.units], :, t] = data.values.values
    fill = carry_forward if method == "locf" else interpolate
    filled, carried = fill(cube, spec.imputation.max_years, chosen)
    done = []
    for t, data in enumerate(out):
        rows = [place[u] for u in data.units]
        n = int(carried[rows, :, t].sum())
        how = "carried forward from earlier years (locf)" if method == "locf" else "interpolated between other years"
        note = (f"{n} values of {data.year} are {how}",) if n else ()
        cells = tuple((data.units[i], data.values.columns[j]) for i, j in np.argwhere(carried[rows, :, t]))
        values = Matrix(data.units, data.values.columns, filled[rows, :, t])
        done.append(replace(data, values=values, warnings=data.warnings + note, carried=cells))
    return done


def panel_years(table: pa.Table, source: DataSource, where: str) -> list[int]:
    """The years in the table, ascending; empty if ``[data]`` names no year column."""
    if source.time is None:
        return []
    years = set()
    for row, v in enumerate(column(table, source.time, where).to_pylist(), start=2):
        if v is None or str(v).strip() in source.missing:
            continue
        try:
            year = float(v)
        except ValueError:
            year = float("nan")
        if year != round(year, 0):
            raise DataError(f"row {row}: column '{source.time}' holds '{v}', which is no year", where=where, fix="write whole years")
        years.add(int(year))
    return sorted(years)


def _yearless(table: pa.Table, source: DataSource, where: str) -> tuple[str, ...]:
    """A note on rows that have no year, and are in none."""
    if source.time is None:
        return ()
    cells = column(table, source.time, where).to_pylist()
    blank = blank_rows(table)
    lost = [r + 2 for r, v in enumerate(cells) if (v is None or str(v).strip() in source.missing) and not blank[r]]
    if not lost:
        return ()
    rows = ", ".join(map(str, lost[:5])) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
    return (f"{len(lost)} rows have no year in column '{source.time}' and are left out: {rows}",)


def _as_year(cell: Any) -> int | None:
    try:
        return int(float(cell))
    except (TypeError, ValueError):
        return None


def _of_year(table: pa.Table, time: str, year: int, where: str) -> pa.Table:
    keep = [_as_year(v) == year for v in column(table, time, where).to_pylist()]
    if not any(keep):
        raise DataError(f"holds no rows of {year}", where=where)
    return table.filter(pa.array(keep))


def _one_year(spec: IndexSpec, table: pa.Table, where: str, year: int | None) -> IndexData:
    source = spec.data
    needed = sorted({i.denominator for i in spec.indicators if i.denominator} | set(source.denominators))
    unused: tuple[str, ...] = ()
    if source.layout == "tidy":
        known = [i.id for i in spec.indicators] + needed
        unused = tuple(_unused(table, source, known, where))
        table = _spread(table, spec, known, where)
    blank = blank_rows(table)
    units = [clean(u) if u is not None else "" for u in column(table, source.unit, where).to_pylist()]
    lost = [r for r, u in enumerate(units) if not u and not blank[r]]
    if lost:
        raise DataError(f"row {lost[0] + 2} has no unit in column '{source.unit}'", where=where)
    if blank.any():
        # numbers are read first, so that messages name the rows of the file
        for c in [*(i.id for i in spec.indicators), *needed]:
            numbers(column(table, c, where), c, source.missing, where, source.decimal)
        done = _one_year(spec, table.filter(pa.array(~blank)), where, year)
        return replace(done, warnings=(f"{int(blank.sum())} empty rows are skipped", *done.warnings))
    names = (
        [clean(n) if n else u for n, u in zip(column(table, source.name, where).to_pylist(), units, strict=True)] if source.name else units
    )
    groups = {
        g: tuple(None if v is None or str(v).strip() in source.missing else str(v).strip() for v in column(table, g, where).to_pylist())
        for g in source.groups
    }

    def matrix(columns: Sequence[str]) -> Matrix:
        if not columns:
            return empty(tuple(units))
        cells = [numbers(column(table, c, where), c, source.missing, where, source.decimal) for c in columns]
        return Matrix(tuple(units), tuple(columns), np.column_stack(cells))

    values = matrix([i.id for i in spec.indicators])
    if not len(units):
        raise DataError("holds no units", where=where)
    odd = tuple(suspects(values, names, table.column_names))
    values, notes = _zeros(spec, values)
    notes = (*unused, *odd, *notes)
    if source.matches is not None:
        found = accepted(read_matches(spec.folder / source.matches))
        n = sum(u in found for u in units)
        units = list(renamed(units, found, where))
        values = Matrix(tuple(units), values.columns, values.values)
        notes = (*notes, f"{n} units are renamed by the reviewed table {source.matches}") if n else notes
    return IndexData(values, tuple(names), groups, matrix(needed), year, notes).in_order()


def filtered(table: pa.Table, source: DataSource, where: str) -> pa.Table:
    """The rows that ``only`` and ``without`` keep; a value that nobody has is an error, since it is a slip."""
    for keeps, rules in ((True, source.only), (False, source.without)):
        for name, wanted in rules:
            cells = [("" if v is None else str(v).strip()) for v in column(table, name, where).to_pylist()]
            for value in wanted:
                if value not in cells:
                    raise UnknownNameError(f"value of '{name}'", value, set(cells) - {""}, where=where)
            table = table.filter(pa.array([(c in wanted) == keeps for c in cells], pa.bool_()))
    return table


def _zeros(spec: IndexSpec, values: Matrix) -> tuple[Matrix, tuple[str, ...]]:
    """Zeros that stand for nothing made missing, and a note on each indicator with many zeros of which nobody said what they are."""
    x, notes = values.values, []
    for j, i in enumerate(spec.indicators):
        rule = i.zeros or spec.data.zeros
        zero, n = x[:, j] == 0, int((~np.isnan(x[:, j])).sum())
        k = int(zero.sum())
        if rule == "missing" and k:
            x = x.copy()
            x[zero, j] = np.nan
            notes.append(f"{k} zeros of '{i.id}' are taken as missing")
        elif not rule and k >= 3 and MANY_ZEROS * n <= k < n:
            notes.append(f"{k} of {n} values of '{i.id}' are 0; zeros = 'values' or 'missing' says whether they are real")
    return Matrix(values.units, values.columns, x), tuple(notes)


def _unused(table: pa.Table, source: DataSource, known: Sequence[str], where: str) -> Iterator[str]:
    """A note on rows of a tidy table whose indicator the specification does not name; a slip of the case is said by itself."""
    names = [clean(n) if n is not None else "" for n in column(table, source.indicator, where).to_pylist()]
    lost = [n for n in names if n not in set(known)]
    folded = {k.casefold(): k for k in known}
    for name in dict.fromkeys(n for n in lost if n.casefold() in folded):
        yield f"{lost.count(name)} values of '{name}' are not used; the indicator is called '{folded[name.casefold()]}'"
    rest = [n for n in lost if n.casefold() not in folded]
    if rest:
        others = list(dict.fromkeys(n or "(no name)" for n in rest))
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        yield f"{len(rest)} values of indicators that the specification does not name are not used: {', '.join(others[:5])}{more}"


def _spread(table: pa.Table, spec: IndexSpec, wanted: Sequence[str], where: str) -> pa.Table:
    """A tidy table (unit, indicator, value) as a wide one; two values for one cell are an error."""
    s = spec.data
    units, names, values = (column(table, c, where).to_pylist() for c in (s.unit, s.indicator, s.value))
    known = set(wanted)
    order: dict[str, dict[str, Any]] = {}
    extra = [*((s.name,) if s.name else ()), *s.groups]
    extras = {c: column(table, c, where).to_pylist() for c in extra}
    for row, (unit, name, value) in enumerate(zip(units, names, values, strict=True)):
        name = "" if name is None else clean(name)
        cells = order.setdefault("" if unit is None else clean(unit), {c: extras[c][row] for c in extra})
        if name in known:
            if name in cells:
                raise DataError(
                    f"row {row + 2}: a second value of '{name}' for unit '{unit}'", where=where, fix="keep one source and year for each"
                )
            cells[name] = value
    lost = [w for w in wanted if not any(w in cells for cells in order.values())]
    if lost:
        raise UnknownNameError("indicator in the data", lost[0], set(map(str, names)), where=where)
    columns: dict[str, Any] = {s.unit: list(order)}
    for c in (*extra, *wanted):
        columns[c] = [cells.get(c) for cells in order.values()]
    return pa.table(columns)
