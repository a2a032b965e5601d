"""PatentsView's bulk tables: those of 2018 to 2021 (patent_inventor, location, ...), today's (g_...) and applications (pg_...).

Points are those of towns (disambiguated locations). The year is that of filing; where only the table of grants is there, that of the
grant, and it is said.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from armillary.errors import InputError
from armillary.sources.delimited import Header, Opened, load, text_sql
from armillary.sources.patents.tables import APPLICATIONS, only

PARTS = ("inventors", "raw inventors", "places", "raw places", "filings", "grants", "treaty")
_NAMES = {
    False: {
        "places": "g_location_disambiguated.tsv (location.tsv until 2021)",
        "filings": "g_application.tsv (application.tsv until 2021)",
    },
    True: {"places": "pg_location_disambiguated.tsv", "filings": "pg_published_application.tsv"},
}
_NULL = "CAST(NULL AS VARCHAR)"


def tables(con: duckdb.DuckDBPyConnection, found: dict[str, list[Header]], kind: str, path: Path) -> tuple[list[Opened], str, list[str]]:
    """The opened tables (inventors first), the query that gives rows of ``raw``, and what is to be said."""
    is_early = kind == APPLICATIONS
    names = _NAMES[is_early]
    opened: dict[str, Opened] = {}
    for part in PARTS:
        header = only(found.get(part, []), part)
        if header is not None:
            opened[part] = load(con, f"pv_{part.replace(' ', '_')}", header)
    people = opened.get("inventors") or opened["raw inventors"]
    key = people.column("pgpub_id") if is_early else people.column("patent_id")
    if key is None:
        raise InputError("no column patent_id", where=people.path, fix="give the tables of the bulk download as they are")
    notes: list[str] = []
    place, joins = _place(opened, people, path, names["places"])
    year, pct = _NULL, _NULL
    by = "pgpub_id" if is_early else "patent_id"
    if "filings" in opened:
        year, join = _dated(opened["filings"], by, ("filing_date", "date", "published_date"), "f", key)
        joins += join
    elif "grants" in opened:
        year, join = _dated(opened["grants"], "id" if opened["grants"].column(by) is None else by, ("patent_date", "date"), "f", key)
        joins += join
        notes.append(f"years are those of the grant ({opened['grants'].path.name}), not of filing: {names['filings']} is not there")
    else:
        notes.append(f"years are unknown: {names['filings']} is not there")
    if (treaty := opened.get("treaty")) is not None and (column := treaty.column(by)) is not None:
        joins += f" LEFT JOIN (SELECT DISTINCT {text_sql(column)} AS key, 1 AS there FROM {treaty.name}) p ON p.key = trim(i.{key})"
        pct = "CASE WHEN p.there = 1 THEN 'true' ELSE 'false' END"
    file = people.path.name.replace("'", "''")
    query = f"""
        SELECT '{file}' AS file, i._line AS line, {text_sql(f"i.{key}")} AS patent_id, {year} AS year, {pct} AS pct, {_NULL} AS assumed,
               {_of("i", people, "inventor_id")} AS inventor, {_of("i", people, "inventor_sequence", "sequence")} AS seq,
               {place["lat"]} AS lat, {place["lon"]} AS lon, {place["country"]} AS country, {place["city"]} AS city,
               CASE WHEN {place["key"]} IS NOT NULL THEN 'town' END AS quality
        FROM {people.name} i{joins}
    """
    rest = [t for t in opened.values() if t is not people]
    return [people, *rest], query, notes


def _place(opened: dict[str, Opened], people: Opened, path: Path, wanted: str) -> tuple[dict[str, str], str]:
    """SQL of the columns of a place, and the joins that lead to it: by ``location_id``, or by way of the raw place of an inventor."""
    places = opened.get("places")
    at = people.column("location_id")
    joins = ""
    link = f"i.{at}" if at else ""
    if at is None:
        raw, there = opened.get("raw inventors"), opened.get("raw places")
        by_raw = raw.column("rawlocation_id") if raw else None
        if raw is None or there is None or by_raw is None:
            what = f"{people.path.name} says nothing about places (no column location_id)"
            raise InputError(what, where=path, fix="add rawinventor.tsv and rawlocation.tsv of the same edition")
        raw_key, raw_person = raw.column("patent_id"), raw.column("inventor_id")
        known = there.column("id", "rawlocation_id")
        location = there.column("location_id")
        if raw is not people:
            joins += (
                f" LEFT JOIN (SELECT {text_sql(raw_key)} AS patent, {text_sql(raw_person)} AS person, min({by_raw}) AS raw_place "
                f"FROM {raw.name} "
                f"GROUP BY 1, 2) ri ON ri.patent = trim(i.{people.column('patent_id')}) "
                f"AND ri.person = trim(i.{people.column('inventor_id')})"
            )
        from_raw = "ri.raw_place" if raw is not people else f"i.{by_raw}"
        joins += f" LEFT JOIN (SELECT {text_sql(known)} AS key, min({location}) AS location FROM {there.name} GROUP BY 1) rl"
        joins += f" ON rl.key = trim({from_raw})"
        link = "rl.location"
    if places is None:
        raise InputError(f"the table of places {wanted} is not there", where=path, fix="give the folder of the bulk download with it")
    own = places.column("location_id", "id")
    joins += f" LEFT JOIN (SELECT *, row_number() OVER (PARTITION BY trim({own}) ORDER BY _line) AS _again FROM {places.name}) l"
    joins += f" ON trim(l.{own}) = trim({link}) AND l._again = 1"
    columns = {
        "lat": _of("l", places, "latitude"),
        "lon": _of("l", places, "longitude"),
        "country": _of("l", places, "disambig_country", "country"),
        "city": _of("l", places, "disambig_city", "city"),
        "key": f"l.{own}",
    }
    return columns, joins


def _dated(table: Opened, by: str, days: tuple[str, ...], alias: str, key: str) -> tuple[str, str]:
    column, day = table.column(by), table.column(*days)
    if column is None or day is None:
        raise InputError(f"no column {by} or none with a date", where=table.path, fix="give the tables of the bulk download as they are")
    join = f" LEFT JOIN (SELECT {text_sql(column)} AS key, min({text_sql(day)}) AS day FROM {table.name} GROUP BY 1) {alias}"
    join += f" ON {alias}.key = trim(i.{key})"
    return f"{alias}.day", join


def _of(alias: str, table: Opened, *names: str) -> str:
    column = table.column(*names)
    return _NULL if column is None else text_sql(f"{alias}.{column}")
