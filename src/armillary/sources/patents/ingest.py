"""``armillary ingest patents``: inventor tables into ``patent``, ``inventor`` and ``patent_citation``, with every refusal counted.

An application is shared equally by its inventors, so an inventor without a usable point stays: his part has no place, and is in the total.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from armillary.core import parquet
from armillary.core.schema import table as table_of
from armillary.core.store import Store, Transaction
from armillary.errors import InputError, UnknownNameError, UsageError
from armillary.sources.bookkeeping import FileLog, examples, reasons_of, write_log
from armillary.sources.delimited import (
    POINT_SQL,
    Opened,
    connect,
    drop_na,
    insert,
    open_file,
    read_values,
    scratch_beside,
    streamed,
    text_sql,
)
from armillary.sources.patents.borders import outside
from armillary.sources.patents.formats import Raw, read_raw
from armillary.sources.patents.tables import FORMATS
from armillary.sources.values.country import read_country
from armillary.sources.values.date import read_year
from armillary.sources.values.doi import read_dois
from armillary.sources.values.number import decimal_mark, read_number
from armillary.sources.values.reading import Reading, Tally, refused

QUALITIES = ("address", "postcode", "town", "region", "country")
_TRUE = frozenset({"true", "t", "1", "1.0", "yes", "y", "pct", "wo", "ja", "j", "oui", "o", "si", "s\u00ed", "sim", "wahr", "vrai"})
_FALSE = frozenset({"false", "f", "0", "0.0", "no", "n", "nein", "non", "n\u00e3o", "falsch", "faux"})


@dataclass
class PatentReport:
    """What an ingest did. ``rows`` = ``inventors`` + ``repeated`` + the sum of ``rejected``."""

    format: str = ""
    files: int = 0
    rows: int = 0
    patents: int = 0
    inventors: int = 0
    repeated: int = 0
    with_point: int = 0
    pct: int = 0
    without_year: int = 0
    citations: int = 0
    outside_country: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def ingest_patents(
    store: Store,
    path: Path,
    *,
    format: str = "auto",
    regions: Path | None = None,
    citations: Path | None = None,
    pct: bool | None = None,
    fresh: bool = False,
) -> PatentReport:
    """Read inventor tables from a file or folder and add them to the store; an application that is there already is replaced.

    ``regions`` gives points to region codes (REGPAT-like tables have no coordinates); ``citations`` is a table of works cited by patents
    (patent_id with doi or work_id); ``pct`` says of a table without such a column whether it holds PCT applications; ``fresh`` forgets
    the applications known before. Raises :class:`InputError` for files that are not such tables, :class:`UsageError` for an option that
    would change nothing.
    """
    if format not in FORMATS:
        raise UnknownNameError("format of patents", format, FORMATS)
    if not path.exists():
        raise InputError("there is no such file or folder", where=path, fix="give an inventor table or a folder of the bulk download")
    with scratch_beside(store.path) as scratch:
        return _ingest(store, path, scratch, format=format, regions=regions, citations=citations, pct=pct, fresh=fresh)


def _ingest(
    store: Store,
    path: Path,
    scratch: Path,
    *,
    format: str,
    regions: Path | None,
    citations: Path | None,
    pct: bool | None,
    fresh: bool,
) -> PatentReport:
    with connect(scratch) as con:
        texts = scratch / "texts"
        texts.mkdir()
        raw = read_raw(con, path, texts, format=format, regions=regions, pct=pct)
        report = PatentReport("+".join(raw.kinds), len(raw.files), left_out=dict(sorted(raw.left_out.items())), notes=list(raw.notes))
        _type(con, report, pct, raw)
        _clean(con, report)
        logs: dict[str, FileLog] = {}
        for opened in raw.files:
            _add(logs, opened, path)
        tables = ["patent", "inventor"]
        if citations is not None:
            cited = open_file(con, "citation_file", citations, texts)
            report.citations = _citations(con, cited, _add(logs, cited, citations), report)
            tables.append("patent_citation")
        for batch in streamed(con, "SELECT file, line, detail FROM refused ORDER BY ALL"):
            for file, line, what in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                logs[file].reject(line, "no-id", what)
        kept = dict(con.execute("SELECT file, count(*) FROM numbered GROUP BY 1").fetchall())
        again = dict(con.execute("SELECT file, count(*) FROM listed WHERE again > 1 AND inventor IS NOT NULL GROUP BY 1").fetchall())
        people = {t.path.name for t in raw.inventors}
        for file, log in logs.items():
            log.kept, log.superseded = int(kept.get(file, log.kept)), int(again.get(file, 0))
            log.records = log.kept + log.superseded + len(log.rejects)
        report.rejected = reasons_of(logs.values())
        report.notes += examples(logs.values())
        report.rows = report.inventors + report.repeated + sum(len(log.rejects) for f, log in logs.items() if f in people)
        with store.write() as txn:
            for table in tables:
                _unite(con, txn, table, fresh)
            write_log(txn, "patents", list(logs.values()), fresh=fresh)
    return report


def _add(logs: dict[str, FileLog], opened: Opened, given: Path) -> FileLog:
    """A log for a file, by its name; a second file of the name stands under its folder's."""
    log = FileLog(
        opened.path, str(opened.path.relative_to(given)) if opened.path.is_relative_to(given) and given.is_dir() else opened.path.name
    )
    for line, reason, what in opened.broken:
        log.reject(line, reason, what)
    if opened.path.name in logs:
        log.name = f"{opened.path.parent.name}/{opened.path.name}"
    return logs.setdefault(log.name if opened.path.name in logs else opened.path.name, log)


def _type(con: duckdb.DuckDBPyConnection, report: PatentReport, pct: bool | None, raw: Raw) -> None:
    """From ``raw`` (text) to ``typed``; what was not understood is counted with an example."""
    if missing := drop_na(con, "raw"):
        report.notes.append(f"{missing:,} countries are NA, which stands for missing here and not for Namibia")
    read_values(con, "raw", "country", "VARCHAR", read_country)
    read_values(con, "raw", "year", "SMALLINT", _year)
    read_values(con, "raw", "pct", "BOOLEAN", _yes_or_no)
    lat, lon = _coordinates(con, raw)
    kept = ", ".join(f"'{q}'" for q in QUALITIES)
    con.execute(f"""
        CREATE TABLE typed AS
        SELECT file, line, patent_id, inventor, try_cast(try_cast(seq AS DOUBLE) AS INTEGER) AS seq, city, y.value AS year,
               coalesce(p.value, raw.assumed = 'true') AS is_pct, {lat} AS lat, {lon} AS lon, c.value AS country_code,
               CASE WHEN lower(quality) IN ({kept}) THEN lower(quality) END AS quality
        FROM raw LEFT JOIN country_of c ON c.given = raw.country LEFT JOIN year_of y ON y.given = raw.year
             LEFT JOIN pct_of p ON p.given = raw.pct LEFT JOIN lat_of a ON a.given = raw.lat LEFT JOIN lon_of b ON b.given = raw.lon
    """)
    tally = Tally()
    for column, what in (("country", "countries"), ("year", "years"), ("pct", "marks of PCT"), ("lat", "latitudes"), ("lon", "longitudes")):
        bad = con.execute(
            f"SELECT o.reason, o.given, count(*) FROM raw JOIN {column}_of o ON o.given = raw.{column} "
            "WHERE o.value IS NULL AND o.reason NOT LIKE '%-missing' GROUP BY ALL ORDER BY 3 DESC, 2"
        ).fetchall()
        for _, given, n in bad:
            tally.add(f"{what} not understood", given, n)
    report.notes += tally.lines()
    if pct is not None:
        told = con.execute("SELECT count(*) FROM raw LEFT JOIN pct_of p ON p.given = raw.pct WHERE p.value IS NULL").fetchone()
        if told is not None and told[0] == 0:
            name = "--pct" if pct else "--not-pct"
            raise UsageError(f"{name} has no effect: the tables say it of every application", fix="leave it out")


_PLAIN = "regexp_full_match({column}, '-?[0-9]{{1,3}}([.][0-9]{{1,15}})?') AND abs(try_cast({column} AS DOUBLE)) <= 180"
"""Coordinates that can be read one way only, in SQL: almost all, and as many as there are inventors."""


def _coordinates(con: duckdb.DuckDBPyConnection, raw: Raw) -> list[str]:
    """Tables ``lat_of`` and ``lon_of``, and SQL of both. A coordinate never has thousands, so a comma in it is a decimal mark."""

    def read(given: str) -> Reading[float]:
        found = read_number(given, decimal=mark)
        return found if found.value is None or abs(found.value) <= 180 else refused("not-on-the-globe")

    out = []
    for column, alias in (("lat", "a"), ("lon", "b")):
        found = con.execute(f"SELECT DISTINCT {column} FROM raw WHERE {column} LIKE '%,%' ORDER BY 1 LIMIT 1000").fetchall()
        given = [r[0] for r in found]
        mark = decimal_mark(given) or ("," if given else ".")
        plain = _PLAIN.format(column=column) if mark == "." else "false"
        read_values(con, "raw", column, "DOUBLE", read, but=plain)
        out.append(f"coalesce(CASE WHEN {plain} THEN try_cast({column} AS DOUBLE) END, {alias}.value)")
    return out


def _year(given: str) -> Reading[int]:
    found = read_year(given)
    return found if found.value is None or found.value >= 1790 else refused("year-out-of-range")


def _yes_or_no(given: str) -> Reading[bool]:
    word = given.strip().casefold()
    return Reading(word in _TRUE) if word in _TRUE | _FALSE else refused("unknown")


def _clean(con: duckdb.DuckDBPyConnection, report: PatentReport) -> None:
    """From ``typed`` to ``patent``, ``inventor`` and ``refused``."""
    con.execute("DROP TABLE raw")  # each step keeps what the next one needs
    con.execute("CREATE TABLE refused AS SELECT file, line, inventor AS detail FROM typed WHERE patent_id IS NULL")
    con.execute(f"""
        CREATE TABLE listed AS
        SELECT *, {POINT_SQL.format(axis="lat")} AS lat_deg, {POINT_SQL.format(axis="lon")} AS lon_deg,
               row_number() OVER (PARTITION BY patent_id, inventor ORDER BY file, line) AS again
        FROM typed WHERE patent_id IS NOT NULL
    """)
    con.execute("DROP TABLE typed")
    con.execute("CREATE TABLE numbered AS SELECT * FROM listed WHERE again = 1 OR inventor IS NULL")
    con.execute("""
        CREATE TABLE inventor AS
        SELECT patent_id, CAST(row_number() OVER (PARTITION BY patent_id ORDER BY seq NULLS LAST, file, line) AS INTEGER) AS inventor_seq,
               country_code, city, lat_deg, lon_deg, CASE WHEN lat_deg IS NOT NULL THEN quality END AS address_quality
        FROM numbered
    """)
    con.execute("""
        CREATE TABLE patent AS
        SELECT patent_id, min(year) AS year, bool_or(is_pct) AS is_pct,
               CAST(count(*) FILTER (WHERE again = 1 OR inventor IS NULL) AS INTEGER) AS n_inventors
        FROM listed GROUP BY patent_id
    """)
    one = con.execute("""
        SELECT (SELECT count(*) FROM patent), (SELECT count(*) FROM inventor),
               (SELECT count(*) FROM listed) - (SELECT count(*) FROM inventor), (SELECT count(lat_deg) FROM inventor),
               (SELECT count(*) FROM patent WHERE is_pct), (SELECT count(*) FROM patent WHERE year IS NULL),
               (SELECT count(*) FROM numbered WHERE lat IS NOT NULL AND lon IS NOT NULL AND lat_deg IS NULL),
               (SELECT count(*) FROM patent WHERE is_pct IS NULL)
    """).fetchone()
    assert one is not None
    report.patents, report.inventors, report.repeated, report.with_point, report.pct, report.without_year = one[:6]
    if one[6]:
        report.notes.append(f"{one[6]:,} inventors have coordinates that are not on the globe; kept without a point")
    if one[7]:
        report.notes.append(f"{one[7]:,} applications do not say whether they are PCT; --pct or --not-pct says it for all of them")
    _borders(con, report)


def _borders(con: duckdb.DuckDBPyConnection, report: PatentReport) -> None:
    """Count inventors whose point is outside their country."""
    query = (
        "SELECT country_code, lat_deg, lon_deg, count(*) AS n, min(patent_id) AS who FROM numbered "
        "WHERE lat_deg IS NOT NULL AND country_code IS NOT NULL GROUP BY ALL ORDER BY ALL"
    )
    some = ""
    for batch in streamed(con, query):
        codes, lats, lons, n, who = batch.columns
        wrong = np.flatnonzero(outside(codes.to_pylist(), lats.to_numpy(), lons.to_numpy()))
        if len(wrong):
            report.outside_country += int(n.to_numpy(zero_copy_only=False)[wrong].sum())
            at = int(wrong[0])
            some = some or f"{who[at]}: {lats[at].as_py():g}, {lons[at].as_py():g} is not in {codes[at]}"
    if some:
        report.notes.append(f"{report.outside_country:,} inventors have a point outside their country, kept as given ({some})")


def _citations(con: duckdb.DuckDBPyConnection, source: Opened, log: FileLog, report: PatentReport) -> int:
    """Table ``patent_citation``; a cell may hold several DOIs. Gives the number of its rows."""
    patent, doi = source.column("patent_id", "patent", "id"), source.column("doi", "dois")
    work = source.column("work_id", "oaid", "openalex_id")
    if patent is None or (doi is None and work is None):
        raise InputError("a table of cited works needs patent_id, and doi or work_id", where=source.path, fix="name the columns so")
    columns = f"{text_sql(patent)} AS patent, {text_sql(doi)} AS doi, {text_sql(work)} AS work, _line"

    def cited() -> Iterator[tuple[str, int | None, str | None]]:
        for batch in streamed(con, f"SELECT {columns} FROM citation_file"):
            for key, cell, link, line in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                yield from _cited(log, key, cell, link, line)

    insert(con, "cited", "patent_id VARCHAR, work_id BIGINT, doi VARCHAR", cited())
    con.execute("CREATE TABLE patent_citation AS SELECT DISTINCT * FROM cited")
    n = con.execute("SELECT count(*) FROM patent_citation").fetchall()[0][0]
    if not n:
        raise InputError("no row gives a patent and a cited work", where=source.path, fix="give patent_id, and doi or work_id")
    return int(n)


def _cited(log: FileLog, key: str | None, cell: str | None, link: str | None, line: int) -> Iterator[tuple[str, int | None, str | None]]:
    """What one row names; a row that names nothing is refused."""
    number = _number(link)
    readings = read_dois(cell) if cell else []
    good = [r.value for r in readings if r.value is not None]
    bad = [r.reason or "doi-malformed" for r in readings if r.value is None and r.reason != "doi-missing"]
    if key is None:
        log.reject(line, "no-id", cell or link)
    elif number is None and not good:
        log.reject(line, bad[0] if bad else "no-work" if not link else "work-id-malformed", cell or link)
    else:
        yield key, number, good[0] if good else None
        yield from ((key, None, d) for d in good[1:])
        log.kept += 1


def _number(link: str | None) -> int | None:
    digits = (link or "").rstrip("/").rpartition("/")[2].removesuffix(".0").lstrip("Ww")
    return int(digits) if digits.isascii() and digits.isdigit() and 0 < len(digits) < 19 else None


def _unite(con: duckdb.DuckDBPyConnection, txn: Transaction, name: str, fresh: bool) -> None:
    """Put table ``name`` of the connection in that of the store, in place of earlier rows of the same application."""
    schema = table_of(name).schema
    columns = ", ".join(schema.names)
    query = f"SELECT {columns} FROM {name}"
    earlier = [] if fresh else txn.sound_files(name)
    if earlier:
        files = ", ".join("'" + str(f).replace("'", "''") + "'" for f in earlier)
        query += f" UNION ALL SELECT {columns} FROM read_parquet([{files}]) ANTI JOIN {name} USING (patent_id)"
    key = ", ".join(dict.fromkeys([*table_of(name).key, *schema.names]))
    rows = streamed(con, f"SELECT * FROM ({query}) ORDER BY {key}", parquet.ROW_GROUP)
    txn.replace_in_order(name, (parquet.conform(name, [batch]) for batch in rows))
