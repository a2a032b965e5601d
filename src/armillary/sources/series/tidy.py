"""Tables of one's own, read as a mapping file says: tidy (one row an observation), or wide (one column a year)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from armillary.core import guarded
from armillary.errors import SpecError
from armillary.sources.series import codes
from armillary.sources.series.cells import decimal_of, flagged, marked_year_of_header, multiplier, value_of, year_of
from armillary.sources.series.places import unit_id
from armillary.sources.series.rows import Observation, SeriesFile, measure
from armillary.sources.series.tabular import Line, TabularFile
from armillary.sources.values.date import read_year
from armillary.sources.values.number import Told

FIELDS = ("unit", "indicator", "year", "value", "source", "vintage", "status_flag", "unit_of_measure", "unit_mult")
_NEEDED = ("unit", "indicator", "source", "vintage")


class Mapping:
    """Which column is what, constants for what the table leaves out, other names for units and indicators, and further dimensions."""

    def __init__(self, path: Path, *, source: str | None = None, vintage: str | None = None, indicator: str | None = None) -> None:
        content = _toml(path)
        self.path = path
        self.columns: dict[str, str] = _texts(content, "columns", path)
        self.constants = _texts(content, "constants", path)
        given = {"source": source, "vintage": vintage, "indicator": indicator}
        for name, value in given.items():
            if value is not None:
                self.columns.pop(name, None)
                self.constants[name] = value
        for name in {*self.columns, *self.constants} - set(FIELDS):
            raise SpecError(f"maps '{name}', which the series table does not have", where=path, fix="fields: " + ", ".join(FIELDS))
        known = {*self.columns, *self.constants}
        lost = [f for f in _NEEDED if f not in known]
        self.is_wide = not ({"year", "value"} & known)
        if not self.is_wide:
            lost += [f for f in ("year", "value") if f not in known]
        if lost:
            raise SpecError(f"says nothing about '{lost[0]}'", where=path, fix=f"add {lost[0]} = '...' to [columns] or to [constants]")
        self.units = _texts(content, "units", path)
        self.indicators = _texts(content, "indicators", path)
        self.missing = set(_list(content, "missing", path))
        self.dimensions = _list(content, "dimensions", path)

    @classmethod
    def of_names(cls, path: Path, names: list[str], **given: str | None) -> Mapping | None:
        """For a table whose columns carry the field names themselves, with source and vintage among them; None for any other."""
        folded = {n.strip().strip("\ufeff").casefold(): n for n in reversed(names)}
        constants = {k: v for k, v in given.items() if v is not None}
        if not {"unit", "indicator", "year", "value", "source", "vintage"} <= {*folded, *constants}:
            return None
        out = cls.__new__(cls)
        out.columns = {n: folded[n].strip() for n in FIELDS if n in folded and n not in constants}
        out.constants, out.units, out.indicators, out.missing, out.path = constants, {}, {}, set(), path
        out.dimensions, out.is_wide = [], False
        return out

    def lacks(self, names: list[str]) -> str | None:
        """The first column of the mapping that a table with these columns does not have."""
        there = {n.strip().casefold() for n in names}
        return next((c for c in [*self.columns.values(), *self.dimensions] if c.strip().casefold() not in there), None)


def _toml(path: Path) -> dict[str, Any]:
    content = guarded.read_toml(path, error=SpecError)
    unknown = set(content) - {"columns", "constants", "units", "indicators", "missing", "dimensions"}
    if unknown:
        fix = "known: columns, constants, units, indicators; and missing = [...], dimensions = [...]"
        raise SpecError(f"has an unknown entry '{min(unknown)}'", where=path, fix=fix)
    return content


def _texts(content: dict[str, Any], name: str, path: Path) -> dict[str, str]:
    found = content.get(name, {})
    if not isinstance(found, dict) or any(isinstance(v, dict | list) for v in found.values()):
        raise SpecError(f"'{name}' is no table of texts", where=path, fix=f"write [{name}] and lines such as unit = 'geo'")
    return {k: str(v) for k, v in found.items()}


def _list(content: dict[str, Any], name: str, path: Path) -> list[str]:
    found = content.get(name, [])
    if not isinstance(found, list):
        raise SpecError(f"'{name}' is no list", where=path, fix=f"write {name} = ['...']")
    return [str(v) for v in found]


def find_header(lines: list[Line], mapping: Mapping) -> Line | None:
    """The first line that has all columns of the mapping (and years, if it is a wide table)."""
    for line in lines:
        if mapping.lacks(line[1]) is None and (not mapping.is_wide or any(marked_year_of_header(c)[0] is not None for c in line[1])):
            return line
    return None


def read(rows: TabularFile, top: Line, mapping: Mapping) -> SeriesFile:
    """All observations of the table. An indicator that is given in several units of measure becomes one series each."""
    out = SeriesFile(rows.path, "wide" if mapping.is_wide else "tidy")
    out.used |= {"mapping", "indicator"}
    line, names = top
    folded = [n.strip().casefold() for n in names]
    place = {f: folded.index(c.strip().casefold()) for f, c in mapping.columns.items()}
    dimensions = {d.upper().replace(" ", "_"): folded.index(d.strip().casefold()) for d in mapping.dimensions}
    at_years = [i for i, n in enumerate(names) if mapping.is_wide and marked_year_of_header(n)[0] is not None]
    years = [(i, names[i]) for i in at_years if i not in place.values()]
    decimal: Told = decimal_of(rows, line, [i for i, _ in years] or [place["value"]] if years or "value" in place else [], default=None)
    spans = [n.strip() for n in names if mapping.is_wide and read_year(n).value is not None and marked_year_of_header(n)[0] is None]
    spans += [n.strip() for n in names if mapping.is_wide and read_year(n).reason in ("date-span", "date-part")]
    if spans:
        out.notes.append(f"columns that are no whole years are left out: {', '.join(spans[:8])}")
    kept: list[tuple[int, Observation]] = []
    measures: dict[str, set[str]] = {}
    for number, cells in rows.after(line):
        raw = {f: _cell(cells, place, mapping, f) for f in FIELDS}
        unit = unit_id(mapping.units.get(raw["unit"], raw["unit"]))
        code = mapping.indicators.get(raw["indicator"], raw["indicator"])
        if dimensions and code:
            code = codes.code(code, {d: cells[i].strip() if i < len(cells) else "" for d, i in dimensions.items()})
        for when, text in _values(raw, cells, years):
            out.records += 1
            if not unit or not code or not raw["source"] or not raw["vintage"]:
                out.reject(number, "no-key", f"unit '{unit}', indicator '{code}', source '{raw['source']}', vintage '{raw['vintage']}'")
                continue
            at_head = marked_year_of_header(when) if years else (None, "")
            year, why = (at_head[0], "bad-year") if years else year_of(when)
            if year is None:
                out.reject(number, why, f"{unit} {code} '{when}'")
                continue
            plain, flag = flagged(text)
            value, why = (None, "no-value") if {text, plain} & mapping.missing else value_of(plain, decimal)
            if value is None:
                out.reject(number, why, f"{unit} {code} {year} '{text}'")
                continue
            known = measure(raw["source"], code)
            of = raw["unit_of_measure"] or (known.unit_of_measure if known else None)
            measures.setdefault(code, set()).add(of or "")
            mult = multiplier(raw["unit_mult"])
            kept.append(
                (
                    number,
                    Observation(
                        unit,
                        code,
                        year,
                        raw["source"],
                        raw["vintage"],
                        value,
                        ",".join(f for f in (raw["status_flag"], flag, at_head[1]) if f) or None,
                        of,
                        mult,
                    ),
                )
            )
    several = {c for c, of in measures.items() if len(of - {""}) > 1}
    for number, row in kept:
        by_unit = row.indicator in several and row.unit_of_measure
        out.add(row._replace(indicator=_with_unit(row.indicator, row.unit_of_measure or "")) if by_unit else row, number)
    return out if out.records else out.refused("no-observations", "the table has a header and no values")


def _with_unit(code: str, unit: str) -> str:
    base, dimensions = codes.split(code)
    return codes.code(base, dimensions | {"UNIT_MEASURE": unit})


def _cell(row: list[str], place: dict[str, int], mapping: Mapping, name: str) -> str:
    if name in place:
        return row[place[name]].strip() if place[name] < len(row) else ""
    return mapping.constants.get(name, "")


def _values(raw: dict[str, str], cells: list[str], years: list[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    """Year and value of each observation of a row; an empty year of a wide table is the layout."""
    if not years:
        yield raw["year"], raw["value"]
        return
    for i, name in years:
        if i < len(cells) and cells[i].strip():
            yield name, cells[i].strip()
