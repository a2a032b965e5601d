"""A ranking as an object: the table, what it was made of, and the ways out of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from armillary.core.recipe import Recipe
from armillary.core.tabular import csv_text, written
from armillary.errors import MissingExtraError, StoreError

if TYPE_CHECKING:
    import pandas as pd

    from armillary.observatory import Observatory
    from armillary.ranking.explain import Explanation, WhyNot


@dataclass(frozen=True, slots=True)
class Ranking:
    """Units in order of value. ``arrow`` has ``rank, unit_id, name, value, count`` first; ``meta`` says how it was made.

    Rows are sorted by period, then rank, then name and id. The last rows of each period may be the unassigned rest (``unit_id`` and
    ``rank`` null).
    """

    recipe: Recipe
    arrow: pa.Table
    meta: dict[str, Any]
    observatory: Observatory | None = field(default=None, repr=False, compare=False)

    @property
    def table(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame, without the unassigned rest."""
        import pandas as pd

        return self.ranked.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)

    @property
    def ranked(self) -> pa.Table:
        """The rows that have a rank, as Arrow."""
        return self.arrow.filter(pa.compute.is_valid(self.arrow["rank"]))

    @property
    def unassigned(self) -> pa.Table:
        """The rows of what could not be assigned."""
        return self.arrow.filter(pa.compute.is_null(self.arrow["rank"]))

    def __len__(self) -> int:
        return int(self.ranked.num_rows)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows as dictionaries, unassigned rest included."""
        yield from self.arrow.to_pylist()

    # --- questions ---------------------------------------------------------------------------------------------------------

    def explain(self, unit: str, *, limit: int | None = None) -> Explanation:
        """The records and weights that add up to one unit's value."""
        from armillary.ranking.explain import explain

        return explain(self._home(), self.recipe, unit, limit=limit)

    def why_not(self, work: str | int) -> WhyNot:
        """Why a record does not count here (or that it does)."""
        from armillary.ranking.explain import why_not

        return why_not(self._home(), self.recipe, work)

    def robustness(self, **choices: Any) -> Any:
        """The same ranking under other defensible choices; see :mod:`armillary.ranking.robustness`."""
        from armillary.ranking.robustness import robustness

        return robustness(self._home(), self.recipe, **choices)

    def intervals(self, **choices: Any) -> Ranking:
        """The ranking with stability and rank intervals; see :class:`armillary.ranking.intervals.IntervalChoices`."""
        from armillary.ranking.intervals import IntervalChoices, with_intervals

        return with_intervals(self, IntervalChoices(**choices))

    def plot(self, **options: Any) -> Any:
        """An Altair chart of the first units."""
        from armillary.charts.ranking import ranking_chart

        return ranking_chart(self, **options)

    def rebuild(self) -> Ranking:
        """Compute the same recipe again from the same observatory."""
        return self._home().run(self.recipe)

    def _home(self) -> Observatory:
        if self.observatory is None:
            raise StoreError("this ranking is not tied to an observatory", fix="open the observatory and run the recipe again")
        return self.observatory

    # --- ways out ------------------------------------------------------------------------------------------------------------

    def to_json(self, path: str | Path | None = None) -> str:
        """Meta, recipe and all rows as JSON."""
        rows = [dict(row.items()) for row in self.rows()]
        text = (
            json.dumps({"meta": self.meta, "recipe": self.recipe.as_dict(), "rows": rows}, ensure_ascii=False, indent=1, default=str) + "\n"
        )
        return written(text, path)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Rows with a rank as CSV, values unrounded. Cells that a spreadsheet would run as a formula get a leading apostrophe."""
        return written(csv_text(self.ranked), path)

    def to_markdown(self, path: str | Path | None = None, *, limit: int | None = None) -> str:
        """A Markdown table, rounded for reading, with the method under it."""
        from armillary.ranking.text import markdown

        return written(markdown(self, limit=limit), path)

    def to_text(self, *, limit: int | None = 20) -> str:
        """A plain table for a terminal, rounded for reading, with the method above it."""
        from armillary.ranking.text import plain

        return plain(self, limit=limit)

    def to_parquet(self, path: str | Path) -> None:
        """All rows as Parquet, with recipe and meta in the file's metadata."""
        extra = {"armillary": json.dumps({"meta": self.meta, "recipe": self.recipe.as_dict()}, ensure_ascii=False, default=str)}
        pq.write_table(self.arrow.replace_schema_metadata(extra), path, compression="zstd")

    def to_excel(self, path: str | Path) -> None:
        """A workbook: the ranking, and a sheet that says how it was made. Needs the extra ``excel``."""
        try:
            from armillary.ranking.excel import write_workbook
        except ImportError:
            raise MissingExtraError("excel", "writing .xlsx") from None
        write_workbook(self, Path(path))
