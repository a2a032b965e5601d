"""``armillary ingest deals``: a table of venture-capital deals into core table ``deal``, with every refusal counted."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from armillary.core.schema import table as table_of
from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.bookkeeping import FileLog, examples, reasons_of, write_log
from armillary.sources.delimited import POINT_SQL, arrow, connect, drop_na, open_file, read_values, text_sql
from armillary.sources.values.country import read_country
from armillary.sources.values.date import read_year
from armillary.sources.values.number import Mark, column_mark, currency_of, decimal_mark, is_dollar, read_number
from armillary.sources.values.reading import Reading, Tally, refused


@dataclass
class DealReport:
    """What an ingest did. ``rows`` = ``deals`` + ``repeated`` + the sum of ``rejected``."""

    rows: int = 0
    deals: int = 0
    repeated: int = 0
    with_point: int = 0
    without_year: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def ingest_deals(store: Store, path: Path, *, fresh: bool = False) -> DealReport:
    """Read a delimited file of deals; a deal that is there already is replaced, ``fresh`` forgets those known before."""
    report = DealReport()
    with tempfile.TemporaryDirectory() as name, connect(Path(name)) as con:
        texts = Path(name) / "texts"
        texts.mkdir()
        source = open_file(con, "given", path, texts)
        found = {
            "deal_id": source.column("deal_id", "id"),
            "year": source.column("year", "date", "deal_date"),
            "lat": source.column("lat", "latitude", "lat_deg"),
            "lon": source.column("lon", "lng", "long", "longitude", "lon_deg"),
            "country": source.column("country", "country_code", "country_name"),
            "city": source.column("city", "town"),
            "amount": source.column("amount_usd", "amount"),
            "currency": source.column("currency", "amount_currency", "currency_code"),
        }
        if found["deal_id"] is None:
            columns = ", ".join(source.columns[:8])
            raise InputError(f"no column with the deal's id (columns: {columns})", where=path, fix="name it deal_id or id")
        con.execute(f"CREATE TABLE raw AS SELECT _line AS line, {', '.join(f'{text_sql(c)} AS {n}' for n, c in found.items())} FROM given")
        unused = [c for n, c in enumerate(source.columns) if c and f"c{n}" not in found.values()]
        if unused:
            report.notes.append(f"columns that are not read: {', '.join(unused[:8])}")
        _values(con, report, source.separator)
        con.execute("""
            CREATE TABLE typed AS
            SELECT line, deal_id, c.value AS country_code, city, a.value AS lat, b.value AS lon, y.value AS year, m.value AS amount_usd,
                   row_number() OVER (PARTITION BY deal_id ORDER BY line) AS again
            FROM raw LEFT JOIN country_of c ON c.given = raw.country LEFT JOIN year_of y ON y.given = raw.year
                 LEFT JOIN lat_of a ON a.given = raw.lat LEFT JOIN lon_of b ON b.given = raw.lon
                 LEFT JOIN amount_of m ON m.given = raw.amount
        """)
        rows = arrow(
            con,
            f"""
            SELECT deal_id, year, country_code, city, {POINT_SQL.format(axis="lat")} AS lat_deg, {POINT_SQL.format(axis="lon")} AS lon_deg,
                   amount_usd
            FROM typed WHERE deal_id IS NOT NULL AND again = 1 ORDER BY deal_id
        """,
        )
        repeated = con.execute("SELECT count(*) FROM typed WHERE deal_id IS NOT NULL AND again > 1").fetchone()
        log = FileLog(path, path.name, kept=rows.num_rows, superseded=int(repeated[0]) if repeated else 0)
        for (line,) in con.execute("SELECT line FROM typed WHERE deal_id IS NULL ORDER BY 1").fetchall():
            log.reject(line, "no-id")
    for line, reason, what in source.broken:
        log.reject(line, reason, what)
    log.records = log.kept + log.superseded + len(log.rejects)
    report.rows, report.deals, report.repeated = log.records, log.kept, log.superseded
    report.with_point = rows.num_rows - rows["lat_deg"].null_count
    report.without_year = rows["year"].null_count
    report.rejected = reasons_of([log])
    report.notes += examples([log])
    with store.write() as txn:
        schema = table_of("deal").schema
        rows = rows.select(schema.names).cast(schema)
        if not fresh and txn.files("deal"):
            earlier = txn.read("deal")
            again = pa.compute.is_in(earlier["deal_id"], value_set=rows["deal_id"].combine_chunks())
            rows = pa.concat_tables([earlier.filter(pa.compute.invert(again)), rows])
        txn.replace("deal", rows)
        write_log(txn, "deals", [log], fresh=fresh)
    return report


def _values(con: duckdb.DuckDBPyConnection, report: DealReport, separator: str) -> None:
    """Read each distinct text of each column once; what is not understood becomes a note."""
    tally = Tally()

    def texts(column: str) -> list[str]:
        return [r[0] for r in con.execute(f"SELECT DISTINCT {column} FROM raw WHERE {column} IS NOT NULL").fetchall()]

    # a coordinate never has thousands; amounts mostly do, and a file that is parted by commas writes decimal points
    degrees: Mark = decimal_mark([*texts("lat"), *texts("lon")]) or ("," if any("," in t for t in texts("lat")) else ".")
    money = column_mark(texts("amount"), separator)
    if missing := drop_na(con, "raw"):
        tally.add("countries are NA, which stands for missing here and not for Namibia", "NA", missing)

    def coordinate(given: str) -> Reading[float]:
        found = read_number(given, decimal=degrees)
        return found if found.value is None or abs(found.value) <= 180 else refused("not-on-the-globe")

    def year(given: str) -> Reading[int]:
        found = read_year(given)
        return found if found.value is None or found.value >= 1900 else refused("year-out-of-range")

    def dollars(given: str) -> Reading[float]:
        return read_number(given, decimal=money) if currency_of(given) in (None, "USD") else refused("other-currency")

    read_values(con, "raw", "country", "VARCHAR", read_country)
    read_values(con, "raw", "year", "SMALLINT", year)
    read_values(con, "raw", "lat", "DOUBLE", coordinate)
    read_values(con, "raw", "lon", "DOUBLE", coordinate)
    read_values(con, "raw", "amount", "DOUBLE", dollars)
    foreign = con.execute(
        "SELECT currency, count(*) FROM raw WHERE amount IS NOT NULL AND currency IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    for given, n in foreign:
        if not is_dollar(given):
            tally.add("amounts are in another currency than US dollars and are left out", given, n)
            con.execute("UPDATE raw SET amount = NULL WHERE currency = ?", [given])
    off = con.execute(
        "SELECT min(raw.lat || ', ' || raw.lon), count(*) FROM raw JOIN lat_of a ON a.given = raw.lat JOIN lon_of b ON b.given = raw.lon "
        "WHERE a.value IS NOT NULL AND b.value IS NOT NULL AND (abs(a.value) > 90 OR abs(b.value) > 180)"
    ).fetchone()
    if off and off[1]:
        tally.add("points are not on the globe (latitude and longitude exchanged?)", off[0], off[1])
    names = {"country": "countries", "year": "years", "lat": "latitudes", "lon": "longitudes", "amount": "amounts"}
    for column, what in names.items():
        bad = con.execute(
            f"SELECT o.given, o.reason, count(*) FROM raw JOIN {column}_of o ON o.given = raw.{column} "
            "WHERE o.value IS NULL AND o.reason NOT LIKE '%-missing' GROUP BY ALL ORDER BY 3 DESC, 1"
        ).fetchall()
        for given, reason, n in bad:
            said = (
                "amounts are in another currency than US dollars and are left out"
                if reason == "other-currency"
                else f"{what} not understood"
            )
            tally.add(said, given, n)
    report.notes += tally.lines()
