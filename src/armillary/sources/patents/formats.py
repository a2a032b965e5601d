"""The three shapes of inventor tables, each brought to one: ``raw`` with a row an inventor listing, all text.

``raw``: file, line, patent_id, year, pct, inventor, seq, lat, lon, country, city, quality.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from armillary.errors import InputError
from armillary.sources.patents.delimited import Opened, is_delimited, open_file, text

FORMATS = ("auto", "csv", "patentsview", "regpat")
_ID = ("patent_id", "id", "application_id", "appln_id", "app_nbr", "pct_nbr", "publication_number")
_YEAR = ("year", "app_year", "filing_year", "prio_year", "appln_filing_year", "filing_date", "date", "publication_date")
_INVENTOR = ("inventor_id", "person_id", "inventor", "inventor_name", "inv_name", "name")
_LAT, _LON = ("lat", "latitude", "lat_deg"), ("lon", "lng", "longitude", "lon_deg")
_COUNTRY, _CITY = ("country", "country_code", "ctry_code", "disambig_country"), ("city", "town", "disambig_city")
_REGION = ("reg_code", "region_code", "nuts3", "tl3")


@dataclass(frozen=True, slots=True)
class Raw:
    """What was opened: the format, and every file."""

    format: str
    files: tuple[Opened, ...]


def read_raw(con: duckdb.DuckDBPyConnection, path: Path, temporary: Path, *, format: str, regions: Path | None, pct: bool | None) -> Raw:
    """Fill table ``raw`` from ``path``. ``pct`` says for tables without such a column whether they hold PCT applications."""
    tables = _tables(path)
    chosen = _guess(tables) if format == "auto" else format
    if chosen == "patentsview":
        return Raw(chosen, _patentsview(con, tables, path, temporary))
    opened = []
    for n, file in enumerate(tables):
        source = open_file(con, f"t{n}", file, temporary)
        opened.append(source)
        if source.column(*_ID) is None:
            raise InputError("no column with the patent's id", where=file, fix=f"one of: {', '.join(_ID)}")
    if chosen == "regpat" and regions is not None:
        opened.append(_region_points(con, regions, temporary))
    parts = [_one_table(source, chosen, regions is not None, pct) for source in opened if source.name.startswith("t")]
    con.execute("CREATE TABLE raw AS " + " UNION ALL ".join(parts))
    return Raw(chosen, tuple(opened))


def _tables(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.is_file() and is_delimited(p))
        if not found:
            raise InputError("no table here (.csv, .tsv, .txt; plain, .gz or .zip)", where=path, fix="give a file or another folder")
        return found
    return [path]


def _guess(tables: list[Path]) -> str:
    names = " ".join(t.name.casefold() for t in tables)
    if "inventor_disambiguated" in names:
        return "patentsview"
    return "regpat" if "regpat" in names else "csv"


def _one_table(t: Opened, kind: str, with_regions: bool, pct: bool | None) -> str:
    lat, lon = text(t.column(*_LAT)), text(t.column(*_LON))
    quality = text(t.column("quality", "address_quality", "precision"))
    joined = ""
    if kind == "regpat" and with_regions and t.column(*_REGION):
        joined = f" LEFT JOIN region_point r ON r.code = trim(s.{t.column(*_REGION)})"
        quality = f"coalesce({quality}, CASE WHEN {lat} IS NULL AND r.lat IS NOT NULL THEN 'region' END)"
        lat, lon = f"coalesce({lat}, r.lat)", f"coalesce({lon}, r.lon)"
    given = text(t.column("is_pct", "pct"))
    assumed = "true" if (pct is None and kind == "regpat" and "pct" in t.path.name.casefold()) or pct else "false" if pct is False else None
    told = f"coalesce({given}, '{assumed}')" if assumed else given
    inventor = text(t.column(*_INVENTOR))
    seq = text(t.column("inventor_seq", "inventor_sequence", "invt_seq_nr"))
    file = t.path.name.replace("'", "''")
    return (
        f"SELECT '{file}' AS file, _line AS line, {text(t.column(*_ID))} AS patent_id, {text(t.column(*_YEAR))} AS year, {told} AS pct, "
        f"{inventor} AS inventor, {seq} AS seq, {lat} AS lat, {lon} AS lon, {text(t.column(*_COUNTRY))} AS country, "
        f"{text(t.column(*_CITY))} AS city, {quality} AS quality FROM {t.name} s{joined}"
    )


def _region_points(con: duckdb.DuckDBPyConnection, path: Path, temporary: Path) -> Opened:
    source = open_file(con, "region_file", path, temporary)
    code, lat, lon = source.column("code", *_REGION), source.column(*_LAT), source.column(*_LON)
    if not (code and lat and lon):
        raise InputError("a table of region points needs code, lat and lon", where=path, fix="name the columns so")
    columns = f"trim({code}) AS code, min({lat}) AS lat, min({lon}) AS lon"
    con.execute(f"CREATE TABLE region_point AS SELECT {columns} FROM region_file GROUP BY 1")
    return source


def _patentsview(con: duckdb.DuckDBPyConnection, tables: list[Path], path: Path, temporary: Path) -> tuple[Opened, ...]:
    """Inventors, locations, applications and PCT data of the bulk download; points are those of towns (disambiguated locations)."""

    def one(part: str, *, needed: bool) -> Opened | None:
        found = [t for t in tables if part in t.name.casefold()]
        if not found:
            if needed:
                raise InputError(f"no table whose name holds '{part}'", where=path, fix="give the folder of the bulk download")
            return None
        return open_file(con, part, found[0], temporary)

    people, places = one("inventor_disambiguated", needed=True), one("location_disambiguated", needed=True)
    filed, treaty = one("application", needed=False), one("pct_data", needed=False)
    assert people is not None and places is not None
    year = pct = "CAST(NULL AS VARCHAR)"
    joins = ""
    if filed is not None:
        day = filed.column("filing_date", "date")
        joins += f" LEFT JOIN (SELECT patent_id, min({day}) AS filed FROM {filed.name} GROUP BY 1) f USING (patent_id)"
        year = "f.filed"
    if treaty is not None:
        joins += f" LEFT JOIN (SELECT DISTINCT patent_id, 1 AS there FROM {treaty.name}) p USING (patent_id)"
        pct = "CASE WHEN p.there = 1 THEN 'true' ELSE 'false' END"

    def of(alias: str, table: Opened, *names: str) -> str:
        column = table.column(*names)
        return "CAST(NULL AS VARCHAR)" if column is None else text(f"{alias}.{column}")

    needed = [(people, ("patent_id", "location_id")), (places, ("location_id", "latitude", "longitude"))]
    for table, name in ((t, n) for t, names in needed for n in names):
        if table.column(name) is None:
            raise InputError(f"no column {name}", where=table.path, fix="give the tables of the bulk download as they are")
    file = people.path.name.replace("'", "''")
    con.execute(f"""
        CREATE TABLE raw AS
        SELECT '{file}' AS file, i._line AS line, i.patent_id, {year} AS year, {pct} AS pct, {of("i", people, "inventor_id")} AS inventor,
               {of("i", people, "inventor_sequence", "sequence")} AS seq, {of("l", places, "latitude")} AS lat,
               {of("l", places, "longitude")} AS lon, {of("l", places, "disambig_country", "country")} AS country,
               {of("l", places, "disambig_city", "city")} AS city, CASE WHEN l.location_id IS NOT NULL THEN 'town' END AS quality
        FROM {people.name} i LEFT JOIN {places.name} l USING (location_id){joins}
    """)
    return tuple(t for t in (people, places, filed, treaty) if t is not None)
