"""``armillary ingest deals``: a table of venture-capital deals into core table ``deal``, with every refusal counted."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from armillary.core.schema import table as table_of
from armillary.core.store import Store
from armillary.errors import InputError
from armillary.sources.patents.delimited import POINT_SQL, arrow, connect, countries, open_file, text
from armillary.sources.patents.ingest import note_files


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
    with tempfile.TemporaryDirectory() as name, connect(Path(name)) as con:
        source = open_file(con, "given", path, Path(name))
        found = {
            "deal_id": source.column("deal_id", "id"),
            "year": source.column("year", "date", "deal_date"),
            "lat": source.column("lat", "latitude", "lat_deg"),
            "lon": source.column("lon", "lng", "longitude", "lon_deg"),
            "country": source.column("country", "country_code"),
            "city": source.column("city"),
            "amount": source.column("amount_usd", "amount"),
        }
        if found["deal_id"] is None:
            raise InputError("no column with the deal's id", where=path, fix="name it deal_id or id")
        con.execute(f"CREATE TABLE raw AS SELECT _line AS line, {', '.join(f'{text(c)} AS {n}' for n, c in found.items())} FROM given")
        countries(con, "raw")
        con.execute("""
            CREATE TABLE typed AS
            SELECT line, deal_id, c.code AS country_code, city, try_cast(lat AS DOUBLE) AS lat, try_cast(lon AS DOUBLE) AS lon,
                   CASE WHEN try_cast(left(year, 4) AS INTEGER) BETWEEN 1900 AND 2100 THEN try_cast(left(year, 4) AS SMALLINT) END AS year,
                   try_cast(replace(amount, ',', '') AS DOUBLE) AS amount_usd,
                   row_number() OVER (PARTITION BY deal_id ORDER BY line) AS again
            FROM raw LEFT JOIN country_of c ON c.given = raw.country
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
        rejects: list[tuple[str, int, str, str | None]] = [
            (path.name, int(r[0]), "no-id", None) for r in con.execute("SELECT line FROM typed WHERE deal_id IS NULL ORDER BY 1").fetchall()
        ]
    rejects += [(path.name, line, "broken-line", message) for line, message in source.broken]
    report = DealReport(0, rows.num_rows, int(repeated[0]) if repeated else 0)
    report.with_point = rows.num_rows - rows["lat_deg"].null_count
    report.without_year = rows["year"].null_count
    for _, _, why, _ in rejects:
        report.rejected[why] = report.rejected.get(why, 0) + 1
    report.rows = report.deals + report.repeated + sum(report.rejected.values())
    with store.write() as txn:
        schema = table_of("deal").schema
        rows = rows.select(schema.names).cast(schema)
        if not fresh and txn.files("deal"):
            earlier = txn.read("deal")
            again = pa.compute.is_in(earlier["deal_id"], value_set=rows["deal_id"].combine_chunks())
            rows = pa.concat_tables([earlier.filter(pa.compute.invert(again)), rows])
        txn.replace("deal", rows)
        note_files(txn, "deals", [source], rejects, kept={path.name: report.deals}, fresh=fresh)
    return report
