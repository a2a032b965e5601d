"""A cluster ranking as an object: the table in the shape of every ranking, the points, the outlines, and the ways out of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from armillary.core import durable
from armillary.core.interchange import Tabular
from armillary.core.ranks import ranks_of
from armillary.core.tabular import csv_text, markdown_table, written
from armillary.errors import UnknownNameError
from armillary.studies.clusters.export import geojson, write_geopackage
from armillary.studies.clusters.method import Method

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Clusters(Tabular):
    """Clusters in order of rank.

    ``arrow`` starts with ``rank, unit_id, name, value, count`` (value: sum of world shares; count: listings) and has, for each source,
    ``<source>_share``, ``<source>_count`` (fractional) and ``<source>_rank``. ``points`` has a row a point, with ``row`` the row of its
    cluster in ``arrow`` (null for noise) and ``activity`` its part of ``value``. ``outlines`` are shapely geometries, row by row. ``meta``
    says how it was made.
    """

    method: Method
    arrow: pa.Table
    points: pa.Table
    outlines: list[Any]
    meta: dict[str, Any]

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    @property
    def table(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame."""
        frame: pd.DataFrame = self.arrow.to_pandas()
        return frame

    def row(self, unit: str) -> dict[str, Any]:
        """The row of a cluster by id, name, or one city of its name."""
        rows = self.arrow.to_pylist()
        folded = unit.casefold()
        for r in rows:
            if folded in (r["unit_id"].casefold(), r["name"].casefold()) or folded in r["name"].casefold().split(",")[0].split("–"):
                return dict(r)
        raise UnknownNameError("cluster", unit, [r["name"] for r in rows])

    def without(self, source: str) -> dict[str, int]:
        """Rank of each cluster (by id) when one source is left out of the score (METHODS T3.3)."""
        if source not in self.method.sources:
            raise UnknownNameError("source of these clusters", source, self.method.sources)
        rest = [s for s in self.method.sources if s != source]
        values: list[float | None] = [sum(r[f"{s}_share"] for s in rest) for r in self.arrow.to_pylist()]
        return {u: int(r or 0) for u, r in zip(self.arrow["unit_id"].to_pylist(), ranks_of(values), strict=True)}

    def explain(self, unit: str) -> list[dict[str, Any]]:
        """What a cluster is made of: ``source, city, country_code, listings, activity``; activity adds up to the value."""
        row = self.row(unit)
        index = self.arrow["unit_id"].to_pylist().index(row["unit_id"])
        mine = self.points.filter(pa.compute.equal(self.points["row"], index))
        grouped = mine.group_by(["source", "city", "country_code"]).aggregate([("listings", "sum"), ("activity", "sum")])
        rows = [
            {
                "source": r["source"],
                "city": r["city"],
                "country_code": r["country_code"],
                "listings": r["listings_sum"],
                "activity": r["activity_sum"],
            }
            for r in grouped.to_pylist()
        ]
        return sorted(rows, key=lambda r: (-r["activity"], r["source"], str(r["city"]), str(r["country_code"])))

    def by_country(self, first: int = 100) -> list[dict[str, Any]]:
        """Clusters among the ``first`` by the country with most of their activity, and how many reach into each country at all."""
        rows = [r for r in self.arrow.to_pylist() if r["rank"] <= first]
        lead = Counter(r["country_code"] for r in rows)
        reach = Counter(c for r in rows for c in r["countries"].split(";") if c)
        listed = sorted({*lead, *reach} - {None}, key=lambda c: (-lead[c], -reach[c], c))
        return [{"country_code": c, "clusters": lead[c], "reaching_in": reach[c]} for c in listed]

    def _title(self) -> str:
        return f"{len(self):,} clusters"

    def _notes(self) -> list[str]:
        return self.told()

    # --- out -------------------------------------------------------------------------------------------------------------

    def to_csv(self, path: str | Path | None = None) -> str:
        """CSV text, also written to ``path`` if given."""
        return written(csv_text(self.arrow), path)

    def to_json(self, path: str | Path | None = None) -> str:
        """JSON with ``meta`` and ``rows``."""
        body = {"meta": self.meta, "rows": self.arrow.to_pylist()}
        return written(json.dumps(body, ensure_ascii=False, indent=1) + "\n", path)

    def to_parquet(self, path: str | Path) -> None:
        """Parquet with the meta data in the file's schema."""
        told = {b"armillary": json.dumps(self.meta, ensure_ascii=False, sort_keys=True).encode()}
        with durable.whole(Path(path)) as part:
            pq.write_table(self.arrow.replace_schema_metadata(told), part, compression="zstd")

    def to_geojson(self, path: str | Path | None = None) -> str:
        """A GeoJSON FeatureCollection of the outlines (RFC 7946), with the columns of the table as properties."""
        return written(json.dumps(geojson(self.arrow, self.outlines), ensure_ascii=False, separators=(",", ":")) + "\n", path)

    def to_geopackage(self, path: str | Path) -> None:
        """A GeoPackage with layers ``clusters`` (outlines) and ``cluster_points``."""
        write_geopackage(self.arrow, self.outlines, self.points, Path(path))

    def to_markdown(self, limit: int | None = None) -> str:
        """A Markdown table of rank, name, value and the shares, with how it was made below."""
        shares = [f"{s}_share" for s in self.method.sources]
        rows = [
            [str(r["rank"]), r["name"], *(f"{100 * v:.3f}" for v in (r["value"], *(r[s] for s in shares)))]
            for r in self.arrow.slice(0, limit).to_pylist()
        ]
        columns = ["rank", "cluster", "score", *(f"{s} %" for s in self.method.sources)]
        return "\n".join([*markdown_table(columns, rows, text=("cluster",)), "", *self.told()]) + "\n"

    def told(self) -> list[str]:
        """Lines that say how the clusters were made."""
        m = self.method
        lines = [
            f"DBSCAN, {m.eps_km:g} km, {m.min_listings:g} listings; sources {' + '.join(m.sources)}"
            + (", equal weight of sources" if m.equalise and len(m.sources) > 1 else "")
            + (f"; neighbours within {m.merge_km:g} km merge ({len(self.meta['merges'])} did)" if m.merge_km >= 0 else "; no merging")
        ]
        for s in self.meta["sources"]:
            lines.append(
                f"{s['source']}: {s['records']:,} records, {100 * s['share_in_clusters']:.1f} % of them in clusters, "
                f"{100 * s['share_without_place']:.1f} % without a place; period {s['period']}"
            )
        return lines + ([str(self.meta["note"])] if self.meta.get("note") else []) + [*self.meta.get("notes", ())]
