"""OECD REGPAT: inventors by region, years in the table of classes, points of regions from a table of the user."""

from __future__ import annotations

from pathlib import Path

import duckdb

from armillary.errors import InputError, UsageError
from armillary.sources.delimited import Header, Opened, insert, load, open_file, text_sql
from armillary.sources.patents.tables import LAT, LON, REGION
from armillary.sources.values.number import decimal_mark, read_number

KEYS = ("appln_id", "pct_nbr", "app_nbr")
"""Ids of an application, which differ in shape; the tables of one edition do not all have the same."""


def years(con: duckdb.DuckDBPyConnection, headers: list[Header], opened: list[Opened]) -> str | None:
    """Table ``regpat_year (key, year)``: the year of filing (of priority where there is no other) by application; its name, or None."""
    parts = []
    for n, header in enumerate(headers):
        table = load(con, f"classes{n}", header)
        opened.append(table)
        filed, first = table.column("app_year"), table.column("prio_year")
        for key in (table.column(name) for name in KEYS):
            if key is not None:
                parts.append(f"SELECT {text_sql(key)} AS key, coalesce({text_sql(filed)}, {text_sql(first)}) AS year FROM {table.name}")
    if not parts:
        return None
    con.execute(
        f"CREATE TABLE regpat_year AS SELECT key, min(year) AS year FROM ({' UNION ALL '.join(parts)}) WHERE key IS NOT NULL GROUP BY 1"
    )
    return "regpat_year"


def region_points(con: duckdb.DuckDBPyConnection, path: Path, temporary: Path, notes: list[str]) -> Opened:
    """Table ``region_point (code, lat, lon)`` from the user's table; of two points for one code the first counts, and it is said."""
    source = open_file(con, "region_file", path, temporary)
    code, lat, lon = source.column("code", *REGION), source.column(*LAT), source.column(*LON)
    if not (code and lat and lon):
        raise InputError("a table of region points needs code, lat and lon", where=path, fix="name the columns so")
    rows = con.execute(f"SELECT {text_sql(code)}, {text_sql(lat)}, {text_sql(lon)}, _line FROM region_file ORDER BY _line").fetchall()
    mark = decimal_mark([t for r in rows for t in r[1:3]]) or ("," if source.separator != "," else ".")
    kept: dict[str, tuple[str, str]] = {}
    for key, north, east, line in rows:
        one, two = read_number(north, decimal=mark).value, read_number(east, decimal=mark).value
        if key is None or one is None or two is None or abs(one) > 90 or abs(two) > 180:
            source.broken.append((int(line), "no-point", f"{key}, {north}, {east}"))
        elif kept.setdefault(key, (repr(one), repr(two))) != (repr(one), repr(two)):
            source.broken.append((int(line), "second-point", f"{key}, {north}, {east}"))
    if not kept:
        raise InputError("no region has a point", where=path, fix="give code, lat and lon in degrees")
    insert(con, "region_point", "code VARCHAR, lat VARCHAR, lon VARCHAR", ((k, *p) for k, p in sorted(kept.items())))
    if again := source.broken.reasons["second-point"]:
        notes.append(f"{again:,} codes of regions have a second, different point in {path.name}; the first counts")
    return source


def check_points(con: duckdb.DuckDBPyConnection, inventors: list[Opened], points: Opened, notes: list[str]) -> None:
    """How many codes found no point; :class:`UsageError` if none did."""
    parts = [f"SELECT {text_sql(t.column(*REGION))} AS code FROM {t.name}" for t in inventors if t.column(*REGION)]
    one = con.execute(
        f"SELECT count(*), count(r.code), min(CASE WHEN r.code IS NULL THEN g.code END) FROM (SELECT DISTINCT code FROM "
        f"({' UNION ALL '.join(parts)}) WHERE code IS NOT NULL) g LEFT JOIN region_point r ON r.code = g.code"
    ).fetchone()
    assert one is not None
    if one[0] and not one[1]:
        what = f"--regions has no effect: none of the {one[0]:,} codes of regions (such as {one[2]}) is in {points.path.name}"
        raise UsageError(what, fix="give the points of the same edition of regions")
    if one[0] > one[1]:
        notes.append(f"{one[0] - one[1]:,} of {one[0]:,} codes of regions have no point in {points.path.name}, such as {one[2]}")
