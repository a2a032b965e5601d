"""The numbers that an index starts from: read from CSV or a table in memory, checked against the specification."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from armillary.composite.matrix import Matrix, empty
from armillary.composite.spec import DataSource, IndexSpec
from armillary.composite.steps.impute import carry_forward
from armillary.errors import DataError, InputError, MissingExtraError, UnknownNameError


@dataclass(frozen=True, slots=True, eq=False)
class IndexData:
    """Units with their raw indicators, denominators, names and grouping columns; one year."""

    values: Matrix
    names: tuple[str, ...]
    groups: dict[str, tuple[str | None, ...]]
    denominators: Matrix
    year: int | None = None
    warnings: tuple[str, ...] = ()

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
        return replace(
            self,
            values=self.values.rows(index),
            denominators=self.denominators.rows(index),
            names=tuple(self.names[i] for i in index),
            groups={k: tuple(v[i] for i in index) for k, v in self.groups.items()},
        )

    def in_order(self) -> IndexData:
        """Units sorted by id, so that the order of the input changes nothing."""
        return self.rows(np.argsort(np.array(self.units, dtype=object), kind="stable"))


def as_table(values: Any) -> pa.Table:
    """An Arrow table from an Arrow table, a pandas data frame or a dict of columns."""
    if isinstance(values, pa.Table):
        return values
    if isinstance(values, dict):
        return pa.table(values)
    if hasattr(values, "__arrow_c_stream__"):
        return pa.table(values)
    if hasattr(values, "to_numpy") and hasattr(values, "columns"):
        return pa.Table.from_pandas(values, preserve_index=False)
    raise DataError(f"cannot make a table of {type(values).__name__}", fix="give a pyarrow table, a pandas data frame or a dict of columns")


def read_csv(path: Path) -> pa.Table:
    """A CSV file with every column as text (numbers are read later, where a bad one can be named)."""
    try:
        with path.open("rb") as file:
            header = file.readline().decode("utf-8-sig", errors="replace")
        delimiter = max(",;\t", key=header.count)
        names = next(iter(pacsv.open_csv(path, parse_options=pacsv.ParseOptions(delimiter=delimiter)))).schema.names
        return pacsv.read_csv(
            path,
            parse_options=pacsv.ParseOptions(delimiter=delimiter),
            convert_options=pacsv.ConvertOptions(column_types={n: pa.string() for n in names}, strings_can_be_null=False),
        )
    except FileNotFoundError:
        raise InputError("no such file", where=path) from None
    except (OSError, StopIteration, pa.ArrowInvalid) as error:
        raise InputError(f"is not a readable CSV file: {str(error).splitlines()[0] if str(error) else 'it is empty'}", where=path) from None


def read_table(path: Path) -> pa.Table:
    """A table from ``.csv`` (or ``.tsv``), ``.parquet``, or the first sheet of an ``.xlsx``."""
    kind = path.suffix.lower()
    if kind == ".parquet":
        import pyarrow.parquet as pq

        try:
            return pq.read_table(path)
        except FileNotFoundError:
            raise InputError("no such file", where=path) from None
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(f"is not a readable Parquet file: {error}", where=path) from None
    if kind != ".xlsx":
        return read_csv(path)
    try:
        import openpyxl
    except ImportError:
        raise MissingExtraError("excel", "reading a workbook") from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except FileNotFoundError:
        raise InputError("no such file", where=path) from None
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise InputError(f"is not a readable workbook: {error}", where=path) from None
    rows = [["" if c is None else str(c) for c in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    if not rows or len(set(rows[0])) != len(rows[0]):
        raise InputError("the first sheet needs a first row of different column names", where=path)
    return pa.table({name: pa.array([r[j] for r in rows[1:]], pa.string()) for j, name in enumerate(rows[0])})


def load_data(spec: IndexSpec, table: Any = None, *, path: Path | None = None, year: int | None = None) -> IndexData:
    """The data of a specification for one year: from ``table``, from ``path``, or from the file that ``[data]`` names."""
    if table is None:
        source = path or (spec.folder / spec.data.values if spec.data.values else None)
        if source is None:
            raise DataError("the specification names no data", fix="add values = 'file.csv' to [data], or give the data with --data")
        table, where = read_table(source), str(source)
    else:
        table, where = as_table(table), "the data"
    wanted = spec.data.at if year is None else year
    years = panel_years(table, spec.data, where)
    if years and wanted is None:
        if len(years) > 1:
            raise DataError(
                f"holds {len(years)} years ({years[0]}-{years[-1]})", where=where, fix="say which: at = YEAR in [data], or --year"
            )
        wanted = years[0]
    if spec.imputation.method == "locf" and years:
        return load_panel(spec, table, where=where, years=[y for y in years if wanted is None or y <= wanted])[-1]
    if spec.data.time and wanted is not None:
        table = _of_year(table, spec.data.time, wanted, where)
    return _one_year(spec, table, where, wanted)


def load_panel(
    spec: IndexSpec, table: Any = None, *, path: Path | None = None, where: str = "the data", years: Iterable[int] | None = None
) -> list[IndexData]:
    """One :class:`IndexData` a year, ascending; with ``locf`` imputation gaps are filled from the years before."""
    if table is None:
        source = path or (spec.folder / (spec.data.values or ""))
        table, where = read_table(source), str(source)
    else:
        table = as_table(table)
    if spec.data.time is None:
        raise DataError("is no panel", where=where, fix="name the year column: time = '...' in [data]")
    chosen = sorted(panel_years(table, spec.data, where) if years is None else years)
    out = [_one_year(spec, _of_year(table, spec.data.time, y, where), where, y) for y in chosen]
    if spec.imputation.method != "locf" or not out:
        return out
    units = sorted({u for d in out for u in d.units})
    place = {u: i for i, u in enumerate(units)}
    cube = np.full((len(units), len(spec.indicators), len(out)), np.nan)
    for t, data in enumerate(out):
        cube[[place[u] for u in data.units], :, t] = data.values.values
    filled, carried = carry_forward(cube, spec.imputation.max_years, chosen)
    done = []
    for t, data in enumerate(out):
        rows = [place[u] for u in data.units]
        n = int(carried[rows, :, t].sum())
        note = (f"{n} values of {data.year} are carried forward from earlier years",) if n else ()
        done.append(replace(data, values=Matrix(data.units, data.values.columns, filled[rows, :, t]), warnings=data.warnings + note))
    return done


def panel_years(table: pa.Table, source: DataSource, where: str) -> list[int]:
    """The years in the table, ascending; empty if ``[data]`` names no year column."""
    if source.time is None:
        return []
    values = _column(table, source.time, where)
    try:
        return sorted({int(float(v)) for v in values.to_pylist() if v not in (None, "")})
    except ValueError:
        raise DataError(f"column '{source.time}' does not hold years", where=where) from None


def _of_year(table: pa.Table, column: str, year: int, where: str) -> pa.Table:
    keep = [v not in (None, "") and int(float(v)) == year for v in _column(table, column, where).to_pylist()]
    if not any(keep):
        raise DataError(f"holds no rows of {year}", where=where)
    return table.filter(pa.array(keep))


def _column(table: pa.Table, name: str, where: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise UnknownNameError("column", name, table.column_names, where=where)
    return table.column(name)


def _one_year(spec: IndexSpec, table: pa.Table, where: str, year: int | None) -> IndexData:
    source = spec.data
    needed = sorted({i.denominator for i in spec.indicators if i.denominator} | set(source.denominators))
    if source.layout == "tidy":
        table = _spread(table, spec, [i.id for i in spec.indicators] + needed, where)
    units = [str(u) if u is not None else "" for u in _column(table, source.unit, where).to_pylist()]
    if "" in units:
        raise DataError(f"row {units.index('') + 2} has no unit in column '{source.unit}'", where=where)
    names = (
        [str(n) if n else u for n, u in zip(_column(table, source.name, where).to_pylist(), units, strict=True)] if source.name else units
    )
    groups = {
        g: tuple(None if v in (None, *source.missing) else str(v) for v in _column(table, g, where).to_pylist()) for g in source.groups
    }

    def matrix(columns: Sequence[str]) -> Matrix:
        if not columns:
            return empty(tuple(units))
        cells = [numbers(_column(table, c, where), c, source.missing, where) for c in columns]
        return Matrix(tuple(units), tuple(columns), np.column_stack(cells))

    values = matrix([i.id for i in spec.indicators])
    if not len(units):
        raise DataError("holds no units", where=where)
    return IndexData(values, tuple(names), groups, matrix(needed), year).in_order()


def numbers(column: pa.ChunkedArray, name: str, missing: Sequence[str], where: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A column as floats; text that is neither a number nor a marker for missing is named with its row."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        text = pc.utf8_trim_whitespace(column)
        gone = pc.fill_null(pc.is_in(text, value_set=pa.array(sorted(set(missing)), text.type)), True)
        text = pc.if_else(gone, pa.scalar(None, text.type), text)
        try:
            column = pc.cast(text, pa.float64())
        except pa.ArrowInvalid:
            for row, cell in enumerate(text.to_pylist(), start=2):
                try:
                    float("0" if cell is None else cell)
                except ValueError:
                    fix = "mend it, or add it to missing = [...] in [data]"
                    raise DataError(f"row {row}, column '{name}': '{cell}' is not a number", where=where, fix=fix) from None
            raise
    out = np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64).copy()
    if np.isinf(out).any():
        raise DataError(f"row {int(np.flatnonzero(np.isinf(out))[0]) + 2}, column '{name}' is infinite", where=where)
    return out


def _spread(table: pa.Table, spec: IndexSpec, wanted: Sequence[str], where: str) -> pa.Table:
    """A tidy table (unit, indicator, value) as a wide one; two values for one cell are an error."""
    s = spec.data
    units, names, values = (_column(table, c, where).to_pylist() for c in (s.unit, s.indicator, s.value))
    known = set(wanted)
    order: dict[str, dict[str, Any]] = {}
    extra = [*((s.name,) if s.name else ()), *s.groups]
    extras = {c: _column(table, c, where).to_pylist() for c in extra}
    for row, (unit, name, value) in enumerate(zip(units, names, values, strict=True)):
        cells = order.setdefault(str(unit), {c: extras[c][row] for c in extra})
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
