"""``armillary ingest patents``: inventor tables into ``patent``, ``inventor`` and ``patent_citation``, with every refusal counted.

An application is shared equally by its inventors, so an inventor without a usable point stays: his part has no place, and is in the total.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from armillary.core.schema import table as table_of
from armillary.core.store import Store, Transaction
from armillary.errors import InputError, UnknownNameError
from armillary.sources.patents.delimited import POINT_SQL, Opened, arrow, connect, countries, file_hash, open_file, text
from armillary.sources.patents.formats import FORMATS, read_raw

QUALITIES = ("address", "postcode", "town", "region", "country")


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
    rejected: dict[str, int] = field(default_factory=dict)
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
    the applications known before. Raises :class:`InputError` for files that are not such tables.
    """
    if format not in FORMATS:
        raise UnknownNameError("format of patents", format, FORMATS)
    if not path.exists():
        raise InputError("there is no such file or folder", where=path, fix="give an inventor table or a folder of the bulk download")
    with tempfile.TemporaryDirectory() as name, connect(Path(name)) as con:
        raw = read_raw(con, path, Path(name), format=format, regions=regions, pct=pct)
        report = PatentReport(raw.format, len(raw.files))
        _clean(con, report)
        cited = _citations(con, citations, Path(name)) if citations else None
        tables = {
            "patent": arrow(con, "SELECT * FROM patent ORDER BY patent_id"),
            "inventor": arrow(con, "SELECT * FROM inventor ORDER BY patent_id, inventor_seq"),
        }
        if cited is not None:
            tables["patent_citation"] = arrow(con, "SELECT * FROM cited ORDER BY ALL")
            report.citations = tables["patent_citation"].num_rows
        rejects = con.execute("SELECT file, line, reason, detail FROM refused ORDER BY ALL").fetchall()
        opened = [*raw.files, *([cited] if cited else [])]
    rejects += [(f.path.name, line, "broken-line", message[:200]) for f in opened for line, message in f.broken]
    for _, _, reason, _ in rejects:
        report.rejected[reason] = report.rejected.get(reason, 0) + 1
    report.rows = report.inventors + report.repeated + sum(report.rejected.values())
    report.rejected = dict(sorted(report.rejected.items()))
    with store.write() as txn:
        for table, rows in tables.items():
            _unite(txn, table, rows, fresh)
        note_files(txn, "patents", opened, rejects, kept={raw.files[0].path.name: report.inventors}, fresh=fresh)
    return report


def _clean(con: duckdb.DuckDBPyConnection, report: PatentReport) -> None:
    """From ``raw`` to ``patent``, ``inventor`` and ``refused``."""
    countries(con, "raw")
    kept = ", ".join(f"'{q}'" for q in QUALITIES)
    con.execute(f"""
        CREATE TABLE typed AS
        SELECT file, line, patent_id, inventor, try_cast(seq AS INTEGER) AS seq, city,
               CASE WHEN try_cast(left(year, 4) AS INTEGER) BETWEEN 1790 AND 2100 THEN try_cast(left(year, 4) AS SMALLINT) END AS year,
               CASE lower(pct) WHEN 'true' THEN true WHEN '1' THEN true WHEN 'yes' THEN true WHEN 'y' THEN true
                               WHEN 'false' THEN false WHEN '0' THEN false WHEN 'no' THEN false WHEN 'n' THEN false END AS is_pct,
               try_cast(lat AS DOUBLE) AS lat, try_cast(lon AS DOUBLE) AS lon, c.code AS country_code,
               CASE WHEN lower(quality) IN ({kept}) THEN lower(quality) END AS quality,
               (lat IS NOT NULL OR lon IS NOT NULL) AS gave_point, raw.country AS country_text
        FROM raw LEFT JOIN country_of c ON c.given = raw.country
    """)
    con.execute("CREATE TABLE refused AS SELECT file, line, 'no-id' AS reason, inventor AS detail FROM typed WHERE patent_id IS NULL")
    con.execute(f"""
        CREATE TABLE listed AS
        SELECT *, {POINT_SQL.format(axis="lat")} AS lat_deg, {POINT_SQL.format(axis="lon")} AS lon_deg,
               row_number() OVER (PARTITION BY patent_id, inventor ORDER BY file, line) AS again
        FROM typed WHERE patent_id IS NOT NULL
    """)
    con.execute("""
        CREATE TABLE inventor AS
        SELECT patent_id, CAST(row_number() OVER (PARTITION BY patent_id ORDER BY seq NULLS LAST, file, line) AS INTEGER) AS inventor_seq,
               country_code, city, lat_deg, lon_deg, CASE WHEN lat_deg IS NOT NULL THEN quality END AS address_quality
        FROM listed WHERE again = 1 OR inventor IS NULL
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
               (SELECT count(*) FROM listed WHERE gave_point AND lat_deg IS NULL), (SELECT count(*) FROM patent WHERE is_pct IS NULL)
    """).fetchone()
    assert one is not None
    report.patents, report.inventors, report.repeated, report.with_point, report.pct, report.without_year = one[:6]
    unknown = con.execute("SELECT given FROM country_of WHERE code IS NULL ORDER BY 1 LIMIT 4").fetchall()
    if one[6]:
        report.notes.append(f"{one[6]:,} inventors have coordinates that are not on the globe; kept without a point")
    if one[7]:
        report.notes.append(f"{one[7]:,} applications do not say whether they are PCT; --pct or --not-pct says it for all of them")
    if unknown:
        report.notes.append(f"countries not understood: {', '.join(u[0] for u in unknown)}")


def _citations(con: duckdb.DuckDBPyConnection, path: Path, temporary: Path) -> Opened:
    source = open_file(con, "citation_file", path, temporary)
    patent, doi, work = source.column("patent_id", "patent", "id"), source.column("doi"), source.column("work_id", "oaid", "openalex_id")
    if patent is None or (doi is None and work is None):
        raise InputError("a table of cited works needs patent_id, and doi or work_id", where=path, fix="name the columns so")
    con.execute(f"""
        CREATE TABLE cited AS
        SELECT DISTINCT patent_id, try_cast(regexp_extract(work, '(\\d+)$', 1) AS BIGINT) AS work_id, nullif(doi, '') AS doi FROM (
            SELECT {text(patent)} AS patent_id, {text(work)} AS work,
                   lower(regexp_replace({text(doi)}, '^(https?://(dx\\.)?doi\\.org/|doi:)', '', 'i')) AS doi FROM citation_file)
        WHERE patent_id IS NOT NULL AND (work IS NOT NULL OR doi IS NOT NULL)
    """)
    return source


def _unite(txn: Transaction, name: str, rows: pa.Table, fresh: bool) -> None:
    """Put ``rows`` in a table, in place of earlier rows of the same application."""
    schema = table_of(name).schema
    rows = rows.select(schema.names).cast(schema)
    if not fresh and txn.files(name):
        earlier = txn.read(name)
        again = pa.compute.is_in(earlier["patent_id"], value_set=rows["patent_id"].combine_chunks().unique())
        rows = pa.concat_tables([earlier.filter(pa.compute.invert(again)), rows])
    txn.replace(name, rows)


def note_files(
    txn: Transaction,
    entity: str,
    opened: list[Opened],
    rejects: list[tuple[str, int, str, str | None]],
    *,
    kept: dict[str, int],
    fresh: bool,
) -> None:
    """Manifest and rejects of an ingest, in place of those of the same files (of all of ``entity`` if ``fresh``)."""
    names = {f.path.name for f in opened}
    manifest = [
        {
            "entity": entity,
            "file": f.path.name,
            "file_sha256": file_hash(f.path),
            "bytes_n": f.path.stat().st_size,
            "records_n": kept.get(f.path.name, 0) + sum(r[0] == f.path.name for r in rejects),
            "kept_n": kept.get(f.path.name, 0),
            "superseded_n": 0,
            "rejected_n": sum(r[0] == f.path.name for r in rejects),
        }
        for f in opened
    ]
    refused = [{"entity": entity, "file": f, "line": n, "reason": why, "detail": (what or "")[:200]} for f, n, why, what in rejects]
    for table, rows in (("manifest", manifest), ("reject", refused)):
        schema = table_of(table).schema
        earlier = [r for r in txn.read(table).to_pylist() if r["entity"] != entity or not (fresh or r["file"] in names)]
        txn.replace(table, pa.Table.from_pylist([*earlier, *rows], schema=schema))
