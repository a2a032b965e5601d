"""The real world in compact tables: country series, pairs, prizes, models, clusters, a random sample; each with source and licence.

:func:`catalogue` says what there is. :func:`rows` gives any series in one shape, one row a value::

    series      concept.dataset, as in the catalogue ("gerd-gdp.oecd")
    concept     what is measured ("gerd-gdp"); several sources may give one concept
    part        a part of it (a field of science), "" for the whole
    unit        ISO 3166 alpha-2, or a code of units.csv for groups, offices, universities, institutions
    year        the year, or the last of the years that the value covers (``Series.span``)
    value       float; what is not reported has no row (unknown is never zero)
    flag        the publisher's mark ("B" break, "E" estimate, ...), "" for none
    unit_of_measure, source, vintage
    is_aggregate   a group or an office: shown apart, never ranked

:func:`table` gives what is no series: pairs, records (one row a record and unit, with the part of the record), lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from armillary.errors import UnknownNameError, UsageError
from armillary.registry import country_names, read_csv, read_toml

OWN_KINDS = frozenset({"country", "institution", "university"})
"""Kinds of units that take a rank; all others are groups, offices or leftovers."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One source as it was copied: who publishes it, under which licence, which edition, what the copy leaves out."""

    id: str
    title: str
    publisher: str
    source: str
    vintage: str
    accessed: str
    licence: str
    credit: str
    address: str
    among: str
    leaves_out: str
    frame: str = ""
    """What a random sample was drawn from."""
    file: str = ""
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One concept from one dataset. ``best``: ``high`` (rank 1 is the highest), ``low`` or ``none`` (a rank would mean nothing).

    Units with less than ``base_least`` of the series ``base`` in a year take no rank in it.
    """

    id: str
    concept: str
    dataset: str
    name: str
    name_zh: str
    unit_of_measure: str
    unit_kind: str
    coverage: str
    best: str
    decimals: int
    span: int
    rows: int
    units: int
    aggregates: int
    first_year: int
    last_year: int
    file: str
    code: str = ""
    counting: str = ""
    note: str = ""
    first_n: int = 0
    table: str = ""
    main_part: str = ""
    base: str = ""
    base_least: float = 0.0
    parts: tuple[str, ...] = ()
    own: Dataset | None = None
    """Its origin, for a series that does not ship (an observatory's own)."""

    @property
    def origin(self) -> Dataset:
        """The dataset it comes from."""
        return self.own or catalogue().datasets[self.dataset]

    def period(self, year: int) -> str:
        """What a value of ``year`` covers: ``2022``, ``2019-2021``, or ``all years to 2026`` (span 0)."""
        if self.span == 0:
            return f"all years to {year}"
        return str(year) if self.span == 1 else f"{year - self.span + 1}-{year}"


@dataclass(frozen=True, slots=True)
class WorldTable:
    """What is no series: ``kind`` is pairs, records, list, distribution, works or institutions."""

    id: str
    dataset: str
    file: str
    title: str
    kind: str
    concept: str
    unit_kind: str
    unit_columns: tuple[str, ...]
    coverage: str
    rows: int
    bytes: int
    sha256: str
    unit_of_measure: str = ""
    value: str = ""
    record: str = ""
    part: str = ""
    edition: str = ""
    first_n: int = 0
    note: str = ""

    @property
    def origin(self) -> Dataset:
        """The dataset it comes from."""
        return catalogue().datasets[self.dataset]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that ships, by id, in the order of the catalogue file."""

    datasets: dict[str, Dataset]
    series: dict[str, Series]
    tables: dict[str, WorldTable]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the tables: a country, a group, a patent office, a US university, an institution of OpenAlex."""

    code: str
    kind: str
    name: str
    name_zh: str = ""
    country: str = ""
    state: str = ""
    city: str = ""
    lat_deg: float | None = None
    lon_deg: float | None = None
    ror: str = ""

    @property
    def is_aggregate(self) -> bool:
        """Whether it is something else than the things that are ranked."""
        return self.kind not in OWN_KINDS


def folder() -> Path:
    """Where the tables are."""
    return Path(str(files("armillary.registry.world")))


@cache
def catalogue() -> Catalogue:
    """What ships: datasets, series and tables."""
    raw = read_toml("world", "catalogue.toml")
    return Catalogue(
        {d["id"]: Dataset(**_known(Dataset, d)) for d in raw["dataset"]},
        {s["id"]: Series(**_known(Series, s)) for s in raw["series"]},
        {t["id"]: WorldTable(**_known(WorldTable, t)) for t in raw["table"]},
    )


def _known(kind: type, entry: dict[str, Any]) -> dict[str, Any]:
    names = {f.name for f in fields(kind)}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items() if k in names}


def concepts() -> dict[str, tuple[Series, ...]]:
    """Series of each concept, the preferred source first (the order of the catalogue)."""
    found: dict[str, tuple[Series, ...]] = {}
    for s in catalogue().series.values():
        found[s.concept] = (*found.get(s.concept, ()), s)
    return found


def series(name: str) -> Series:
    """A series by id (``gerd-gdp.oecd``), concept (its preferred source) or publisher's code (``G_XGDP``)."""
    known = catalogue().series
    if name in known:
        return known[name]
    if name in (by := concepts()):
        return by[name][0]
    for s in known.values():
        if s.code and s.code.casefold() == name.casefold():
            return s
    raise UnknownNameError("series", name, [*by, *known, *(s.code for s in known.values() if s.code)])


@cache
def units() -> dict[str, Unit]:
    """Every unit that occurs, by code."""
    chinese = country_names("zh")
    found = {code: Unit(code, "country", name, chinese[code]) for code, name in country_names().items() if code != "EU"}
    for r in read_csv("world", "units.csv"):
        place = {k: float(r[k]) if r[k] else None for k in ("lat_deg", "lon_deg")}
        text = {k: r[k] for k in ("code", "kind", "name", "name_zh", "country", "state", "city", "ror")}
        found[r["code"]] = Unit(**text, **place)  # type: ignore[arg-type]  # mypy sees one type for both dictionaries
    return found


@cache
def _file(name: str) -> pa.Table:
    return pq.read_table(folder() / name, memory_map=True)


def rows(name: str, *, part: str | None = "", unit: str | Iterable[str] | None = None, years: tuple[int, int] | None = None) -> pa.Table:
    """The values of a series, one row a value, in the order part, unit, year; columns as in the module's head.

    ``part=None`` gives all parts; ``years`` is a closed span.
    """
    s = series(name)
    if part and part not in s.parts:
        raise UnknownNameError("part", part, list(s.parts), where=s.id)
    if not part and part is not None and s.parts and not has_whole(s.id):
        raise UsageError(f"series {s.id} has values by part only", fix=f"choose a part: {', '.join(s.parts[:4])}, ...")
    found = _file(s.file)
    keep = pc.equal(found["series"], s.id)
    if part is not None:
        keep = pc.and_(keep, pc.equal(found["part"], part))
    if unit is not None:
        keep = pc.and_(keep, pc.is_in(found["unit"], pa.array([unit] if isinstance(unit, str) else list(unit), pa.string())))
    if years is not None:
        keep = pc.and_(keep, pc.and_(pc.greater_equal(found["year"], years[0]), pc.less_equal(found["year"], years[1])))
    return _full(found.filter(keep))


def all_rows() -> pa.Table:
    """Every value of every series, in the same shape (about 250,000 rows)."""
    names = dict.fromkeys(s.file for s in catalogue().series.values())
    return _full(pa.concat_tables([_file(name) for name in names]))


def _full(found: pa.Table) -> pa.Table:
    known, every = catalogue().series, units()
    which = found["series"].combine_chunks().dictionary_encode()
    own = [known[s] for s in which.dictionary.to_pylist()]

    def described(texts: list[str]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(which.indices, pa.array(texts, pa.string())).cast(pa.string())

    codes = found["unit"].combine_chunks().dictionary_encode()
    groups = pa.array([every[c].is_aggregate for c in codes.dictionary.to_pylist()], pa.bool_())
    return pa.table(
        {
            "series": found["series"],
            "concept": described([s.concept for s in own]),
            "part": found["part"],
            "unit": found["unit"],
            "year": found["year"].cast(pa.int32()),
            "value": found["value"],
            "flag": found["flag"],
            "unit_of_measure": described([s.unit_of_measure for s in own]),
            "source": described([s.origin.source for s in own]),
            "vintage": described([s.origin.vintage for s in own]),
            "is_aggregate": groups.take(codes.indices),
        }
    )


@cache
def has_whole(name: str) -> bool:
    """Whether a series with parts also has values for the whole."""
    s = series(name)
    found = _file(s.file)
    return bool(pc.any(pc.and_(pc.equal(found["series"], s.id), pc.equal(found["part"], ""))).as_py())


@cache
def values(name: str, part: str = "") -> dict[str, dict[int, float]]:
    """A series as ``{unit: {year: value}}``, groups included."""
    out: dict[str, dict[int, float]] = {}
    found = rows(name, part=part).select(["unit", "year", "value"])
    for unit, year, value in zip(*(found[c].to_pylist() for c in found.column_names), strict=True):
        out.setdefault(unit, {})[year] = value
    return out


def table(name: str) -> pa.Table:
    """A table that is no series (``coauthorship``, ``nobel``, ``clusters-2023``, ...); works and institutions are read by ``ingest``."""
    known = catalogue().tables
    if name not in known:
        raise UnknownNameError("table", name, list(known))
    t = known[name]
    if t.file.endswith(".parquet"):
        return _file(t.file)
    if not t.file.endswith(".csv"):
        raise UsageError(f"{name} holds records, not a table", fix="read it with: armillary demo, or armillary ingest openalex")
    return _csv(t.file)


@cache
def _csv(name: str) -> pa.Table:
    text = {c: pa.string() for c in ("part", "laureate_id", "date", "model")}  # exact fractions and ids stay text
    convert = pyarrow.csv.ConvertOptions(column_types=text, strings_can_be_null=True, null_values=[""])
    return pyarrow.csv.read_csv(folder() / name, convert_options=convert)
