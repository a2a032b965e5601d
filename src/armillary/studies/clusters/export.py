"""GeoJSON and GeoPackage. A GeoPackage is an SQLite file with a few required tables, so the standard library writes it; the usual packages
for it bring the whole of GDAL (40 MB).
"""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path
from typing import Any

import pyarrow as pa

_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]'
)
_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name), CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
"""


def geojson(table: pa.Table, outlines: list[Any], top: int | None = None) -> dict[str, Any]:
    """The outlines as a FeatureCollection, in order of rank."""
    import json

    import shapely

    rows = table.slice(0, top).to_pylist()
    features = [
        {"type": "Feature", "id": r["unit_id"], "properties": r, "geometry": json.loads(shapely.to_geojson(shape))}
        for r, shape in zip(rows, outlines, strict=False)
    ]
    return {"type": "FeatureCollection", "features": features}


def write_geopackage(table: pa.Table, outlines: list[Any], points: pa.Table, path: Path) -> None:
    """Write layers ``clusters`` (MULTIPOLYGON) and ``cluster_points`` (POINT) in place of an existing file. Same clusters, same bytes."""
    import shapely

    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    con = sqlite3.connect(part)
    try:
        con.executescript("PRAGMA application_id=0x47504B47; PRAGMA user_version=10300; PRAGMA journal_mode=OFF;" + _TABLES)
        con.executemany(
            "INSERT INTO gpkg_spatial_ref_sys VALUES (?,?,?,?,?,?)",
            [
                ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", None),
                ("Undefined geographic SRS", 0, "NONE", 0, "undefined", None),
                ("WGS 84 geodetic", 4326, "EPSG", 4326, _WGS84, "longitude/latitude"),
            ],
        )
        shapes = [shapely.multipolygons([s]) if s.geom_type == "Polygon" else s for s in outlines]
        _layer(con, "clusters", "MULTIPOLYGON", table, shapes)
        ids = [None if r is None else table["unit_id"][r].as_py() for r in points["row"].to_pylist()]
        located = points.drop(["row"]).append_column("unit_id", pa.array(ids, pa.string()))
        _layer(con, "cluster_points", "POINT", located, list(shapely.points(located["lon_deg"].to_numpy(), located["lat_deg"].to_numpy())))
        con.commit()
        con.execute("VACUUM")
    finally:
        con.close()
    part.replace(path)


def _layer(con: sqlite3.Connection, name: str, kind: str, table: pa.Table, shapes: list[Any]) -> None:
    import shapely

    sql = {pa.string(): "TEXT", pa.float64(): "DOUBLE", pa.bool_(): "BOOLEAN"}
    columns = ", ".join(f'"{f.name}" {sql.get(f.type, "INTEGER")}' for f in table.schema)
    con.execute(f'CREATE TABLE "{name}" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {kind}, {columns})')
    bounds = [float(v) for v in shapely.total_bounds(shapes)] if shapes else [None] * 4
    # no clock: the date is fixed, since the same clusters must give the same file
    con.execute("INSERT INTO gpkg_contents VALUES (?,'features',?,'','1970-01-01T00:00:00.000Z',?,?,?,?,4326)", [name, name, *bounds])
    con.execute("INSERT INTO gpkg_geometry_columns VALUES (?,'geom',?,4326,0,0)", [name, kind])
    places = ",".join("?" * (table.num_columns + 1))
    names = ", ".join(f'"{c}"' for c in ("geom", *table.column_names))
    rows = ((_blob(s, kind), *r.values()) for s, r in zip(shapes, table.to_pylist(), strict=True))
    con.executemany(f'INSERT INTO "{name}" ({names}) VALUES ({places})', rows)


def _blob(shape: Any, kind: str) -> bytes:
    """The GeoPackage header (little-endian; an envelope for outlines) and well-known binary."""
    import shapely

    wkb: bytes = shapely.to_wkb(shape, byte_order=1)
    if kind == "POINT":
        return struct.pack("<2sBBi", b"GP", 0, 0b0000_0001, 4326) + wkb
    low_x, low_y, high_x, high_y = shape.bounds
    return struct.pack("<2sBBi4d", b"GP", 0, 0b0000_0011, 4326, low_x, high_x, low_y, high_y) + wkb
