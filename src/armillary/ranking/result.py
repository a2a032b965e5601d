"""A ranking as data: the table and what it was made of. What can be asked of it, :class:`armillary.observatory.Ranking` adds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from armillary.core import durable
from armillary.core.interchange import Tabular
from armillary.core.recipe import Recipe
from armillary.core.tabular import csv_text, written

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Ranking(Tabular):
    """Units in order of value. ``arrow`` has ``rank, unit_id, name, value, count`` first; ``meta`` says how it was made.

    Rows are sorted by period, then rank, then name and id. The last rows of each period may be the unassigned rest (``unit_id`` and
    ``rank`` null).
    """

    recipe: Recipe
    arrow: pa.Table
    meta: dict[str, Any]

    @property
    def table(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame, without the unassigned rest."""
        import pandas as pd

        frame: pd.DataFrame = self.ranked.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
        return frame

    @property
    def ranked(self) -> pa.Table:
        """The rows that have a rank, as Arrow."""
        return self.arrow.filter(pa.compute.is_valid(self.arrow["rank"]))

    @property
    def named(self) -> pa.Table:
        """The rows that have a rank, and in a series those apart that take none (groups of countries)."""
        return self.arrow if "is_aggregate" in self.arrow.column_names else self.ranked

    @property
    def unassigned(self) -> pa.Table:
        """The rows of what could not be assigned."""
        return self.arrow.filter(pa.compute.is_null(self.arrow["rank"]))

    def __len__(self) -> int:
        return int(self.ranked.num_rows)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows as dictionaries, unassigned rest included."""
        yield from self.arrow.to_pylist()

    def to_json(self, path: str | Path | None = None) -> str:
        """Meta, recipe and all rows as JSON."""
        rows = [dict(row.items()) for row in self.rows()]
        text = (
            json.dumps({"meta": self.meta, "recipe": self.recipe.as_dict(), "rows": rows}, ensure_ascii=False, indent=1, default=str) + "\n"
        )
        return written(text, path)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Rows with a unit as CSV, values unrounded. Cells that a spreadsheet would run as a formula get a leading apostrophe."""
        return written(csv_text(self.named), path)

    def to_parquet(self, path: str | Path) -> None:
        """All rows as Parquet, with recipe and meta in the file's metadata."""
        extra = {"armillary": json.dumps({"meta": self.meta, "recipe": self.recipe.as_dict()}, ensure_ascii=False, default=str)}
        with durable.whole(Path(path)) as part:
            pq.write_table(self.arrow.replace_schema_metadata(extra), part, compression="zstd")


AnyRanking = TypeVar("AnyRanking", bound=Ranking)
"""A ranking, with or without an observatory behind it: what comes in goes out."""
