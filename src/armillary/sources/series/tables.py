"""Bulk CSV layouts of the World Bank (WDI) and of UNESCO (UIS), and any tidy CSV with a mapping file."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from armillary.errors import SpecError
from armillary.sources.series.rows import Row, SeriesFile, measure, unit_id, value_of, year_of

WDI = ("country name", "country code", "indicator name", "indicator code")
UIS = ("indicator_id", "country_id", "year", "value")
_PARENTHESES = re.compile(r"\(([^()]*)\)\s*$")


def open_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV file with their line numbers; comma, semicolon or tab."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        head = file.readline()
        file.seek(0)
        reader = csv.reader(file, delimiter=max(",;\t", key=head.count))
        for row in reader:
            yield reader.line_num, row


def header_of(path: Path) -> tuple[str, ...]:
    """Names of the columns in lower case; of the first of five lines that looks like a header (WDI downloads start with a title)."""
    for number, row in open_rows(path):
        names = tuple(c.strip().casefold() for c in row)
        if set(WDI) <= set(names) or set(UIS) <= set(names):
            return names
        if number >= 5:
            break
    return next((tuple(c.strip().casefold() for c in row) for _, row in open_rows(path)), ())


def is_wdi(names: tuple[str, ...]) -> bool:
    """Whether these are the columns of a WDI table."""
    return set(WDI) <= set(names)


def is_uis(names: tuple[str, ...]) -> bool:
    """Whether these are the columns of a UIS table."""
    return set(UIS) <= set(names)


def read_wdi(path: Path, *, source: str | None = None, vintage: str | None = None) -> SeriesFile:
    """``WDICSV.csv`` and country downloads: one row a country and indicator, one column a year."""
    out = SeriesFile(path, "wdi")
    made = source or "World Bank:WDI"
    columns: dict[str, int] = {}
    years: list[tuple[int, int]] = []
    updated = ""
    units = _wdi_units(path)
    for line, cells in open_rows(path):
        if not columns:
            names = [c.strip().casefold() for c in cells]
            if len(cells) > 1 and names[0] == "last updated date":
                updated = cells[1].strip()
            if is_wdi(tuple(names)):
                columns = {n: names.index(n) for n in WDI}
                years = [(i, int(n[:4])) for i, n in enumerate(names) if re.match(r"^\d{4}( \[yr\d{4}\])?$", n)]
            continue
        if len(cells) <= max(columns.values()):
            if any(c.strip() for c in cells):
                out.records += 1
                out.reject(line, "short-row", ",".join(cells))
            continue
        code, name = cells[columns["indicator code"]].strip(), cells[columns["indicator name"]].strip()
        place = unit_id(cells[columns["country code"]].strip())
        known = measure(made, code)
        told = _PARENTHESES.search(name)
        unit = units.get(code) or (told.group(1) if told else None) or (known.unit_of_measure if known else None)
        for index, year in years:
            text = cells[index].strip() if index < len(cells) else ""
            if not text:
                continue  # an empty year is the layout, not a record
            out.records += 1
            value, why = value_of(text)
            if value is None:
                out.reject(line, why, f"{place} {code} {year} '{text}'")
            elif not code or not place:
                out.reject(line, "no-key", f"unit '{place}', indicator '{code}'")
            else:
                out.add(Row(place, code, year, made, vintage or updated or "undated", value, None, unit))
    return out


def _wdi_units(path: Path) -> dict[str, str]:
    """Units of measure from ``WDISeries.csv`` beside the table, where it is there."""
    side = path.with_name("WDISeries.csv")
    if not side.exists():
        return {}
    with side.open(newline="", encoding="utf-8-sig") as file:
        return {r["Series Code"]: r["Unit of measure"] for r in csv.DictReader(file) if r.get("Unit of measure")}


def read_uis(path: Path, *, source: str | None = None, vintage: str | None = None) -> SeriesFile:
    """``*_DATA_NATIONAL.csv`` and ``*_DATA_REGIONAL.csv`` of the UIS bulk service. The qualifier is kept as status flag."""
    out = SeriesFile(path, "uis")
    made = source or f"UNESCO:{path.name.split('_')[0]}"
    columns: dict[str, int] = {}
    units = _uis_units(path)
    edition = vintage or _uis_release(path) or "undated"
    for line, cells in open_rows(path):
        if not columns:
            columns = {c.strip().casefold(): i for i, c in enumerate(cells)}
            continue
        if not any(c.strip() for c in cells):
            continue
        out.records += 1
        if len(cells) < len(columns):
            out.reject(line, "short-row", ",".join(cells))
            continue
        code, place = cells[columns["indicator_id"]].strip(), unit_id(cells[columns["country_id"]].strip())
        flags = [cells[columns[c]].strip() for c in ("magnitude", "qualifier") if c in columns and cells[columns[c]].strip()]
        year, why = year_of(cells[columns["year"]])
        if year is None:
            out.reject(line, why, f"{place} {code} '{cells[columns['year']]}'")
            continue
        value, why = value_of(cells[columns["value"]])
        if value is None:
            out.reject(line, why, f"{place} {code} {year}, {'; '.join(flags) or 'no qualifier'}")
            continue
        known = measure(made, code)
        out.add(
            Row(
                place,
                code,
                year,
                made,
                edition,
                value,
                ",".join(flags) or None,
                units.get(code) or (known.unit_of_measure if known else None),
            )
        )
    return out


def _uis_units(path: Path) -> dict[str, str]:
    """Units from the labels beside the table: the last parentheses of ``INDICATOR_LABEL_EN``."""
    side = path.with_name(f"{path.name.split('_')[0]}_LABEL.csv")
    if not side.exists():
        return {}
    with side.open(newline="", encoding="utf-8-sig") as file:
        found = ((r.get("INDICATOR_ID", ""), _PARENTHESES.search(r.get("INDICATOR_LABEL_EN", ""))) for r in csv.DictReader(file))
        return {code: unit.group(1) for code, unit in found if unit}


def _uis_release(path: Path) -> str:
    """The release named by the README beside the table, such as ``2025_September``."""
    names = sorted(p.stem for p in path.parent.glob("*README*RELEASE*"))
    return names[-1].partition("RELEASE_")[2] if names else ""


class Mapping:
    """A mapping file: which column is what, constants for what the table leaves out, and other names for units and indicators."""

    FIELDS = ("unit", "indicator", "year", "value", "source", "vintage", "status_flag", "unit_of_measure")

    def __init__(self, path: Path) -> None:
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise SpecError(f"cannot be read: {error}", where=path) from None
        except tomllib.TOMLDecodeError as error:
            raise SpecError(f"is not valid TOML: {error}", where=path) from None
        unknown = set(content) - {"columns", "constants", "units", "indicators", "missing"}
        if unknown:
            raise SpecError(
                f"has an unknown table [{min(unknown)}]",
                where=path,
                fix="known: columns, constants, units, indicators; and missing = [...]",
            )
        self.columns: dict[str, str] = content.get("columns", {})
        self.constants: dict[str, str] = {k: str(v) for k, v in content.get("constants", {}).items()}
        for name in {*self.columns, *self.constants} - set(self.FIELDS):
            raise SpecError(f"maps '{name}', which the series table does not have", where=path, fix="fields: " + ", ".join(self.FIELDS))
        lost = [f for f in ("unit", "indicator", "year", "value", "source", "vintage") if f not in self.columns and f not in self.constants]
        if lost:
            raise SpecError(f"says nothing about '{lost[0]}'", where=path, fix=f"add {lost[0]} = '...' to [columns] or to [constants]")
        self.units: dict[str, str] = content.get("units", {})
        self.indicators: dict[str, str] = content.get("indicators", {})
        self.missing: set[str] = set(content.get("missing", []))
        self.path = path

    @classmethod
    def of_names(cls, path: Path, names: Collection[str]) -> Mapping | None:
        """For a CSV whose columns carry the field names themselves, with source and vintage among them; None for any other."""
        if not {"unit", "indicator", "year", "value", "source", "vintage"} <= set(names):
            return None
        out = cls.__new__(cls)
        out.columns = {n: n for n in cls.FIELDS if n in names}
        out.constants, out.units, out.indicators, out.missing, out.path = {}, {}, {}, set(), path
        return out


def read_tidy(path: Path, mapping: Mapping) -> SeriesFile:
    """A tidy CSV: one row an observation, read as the mapping says."""
    out = SeriesFile(path, "tidy")
    place: dict[str, int] = {}
    get: Callable[[list[str], str], str] | None = None
    for line, cells in open_rows(path):
        if get is None:
            names = [c.strip() for c in cells]
            for field_, column in mapping.columns.items():
                if column not in names:
                    raise SpecError(
                        f"{field_} = '{column}', but {path.name} has no such column",
                        where=mapping.path,
                        fix="it has: " + ", ".join(names[:20]),
                    )
                place[field_] = names.index(column)

            def get(row: list[str], name: str) -> str:
                if name in place:
                    return row[place[name]].strip() if place[name] < len(row) else ""
                return mapping.constants.get(name, "")

            continue
        if not any(c.strip() for c in cells):
            continue
        out.records += 1
        raw = {f: get(cells, f) for f in Mapping.FIELDS}
        unit = unit_id(mapping.units.get(raw["unit"], raw["unit"]))
        code = mapping.indicators.get(raw["indicator"], raw["indicator"])
        year, why = year_of(raw["year"])
        if not unit or not code or not raw["source"] or not raw["vintage"]:
            out.reject(line, "no-key", f"unit '{unit}', indicator '{code}', source '{raw['source']}', vintage '{raw['vintage']}'")
            continue
        if year is None:
            out.reject(line, why, f"{unit} {code} '{raw['year']}'")
            continue
        value, why = (None, "no-value") if raw["value"] in mapping.missing else value_of(raw["value"])
        if value is None:
            out.reject(line, why, f"{unit} {code} {year} '{raw['value']}'")
            continue
        out.add(Row(unit, code, year, raw["source"], raw["vintage"], value, raw["status_flag"] or None, raw["unit_of_measure"] or None))
    return out
