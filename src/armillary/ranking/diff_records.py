"""The records of two builds side by side, compared in DuckDB: Python holds nothing a work but what is reported.

Works are matched by id, then by DOI where upstream gave a work another id. See :mod:`armillary.ranking.diff` for the parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from armillary.core import schema
from armillary.core.corpus import Corpus
from armillary.core.recipe import Recipe
from armillary.counting.credits import CREDIT
from armillary.indicators import indicator_info

Sums = dict[str, dict[str, tuple[int, int, int, int]]]
"""For each unit and part ``num_a, den_a, num_b, den_b``; contributions that did not change under ``same``."""

_RECORD = (
    "year",
    "type",
    "source_id",
    "topic_id",
    "language",
    "n_authors",
    "is_retracted",
    "is_paratext",
    "is_xpac",
    "is_authors_truncated",
)
_PRINT = (*_RECORD, "places", "lines")
_WHOLE = "decimal(38,0)"  # DuckDB's sum of integers has 128 bits; Ibis takes it for 64, and a Parquet file would hold it as a float
_SUMS = ("num_a", "den_a", "num_b", "den_b")


class Records:
    """Works and contributions of builds ``a`` and ``b`` in one engine, which spills into ``scratch`` (an existing folder)."""

    def __init__(self, a: Corpus, b: Corpus, scratch: Path) -> None:
        self._homes = {"a": a, "b": b}
        self._scratch = scratch
        self._con = ibis.duckdb.connect(temp_directory=str(scratch / "spill"), preserve_insertion_order=False)
        self._tables: dict[tuple[str, str], ir.Table] = {}
        self._merged = self._con.create_table("merged", self._matched(), temp=True)

    def merged(self) -> dict[int, int]:
        """Old id -> new id of works that B holds under another id, by DOI (only where the DOI is unique in B)."""
        rows = self._con.to_pyarrow(self._merged.order_by("old_id"))
        return dict(zip(rows["old_id"].to_pylist(), rows["new_id"].to_pylist(), strict=True))

    def gone(self) -> list[int]:
        """Works of A that B does not hold under any id, sorted."""
        lost = self._works("a").anti_join(self._works("b"), "work_id")
        lost = lost.anti_join(self._merged, lost.work_id == self._merged.old_id)
        ids: list[int] = self._con.to_pyarrow(lost.select("work_id").order_by("work_id"))["work_id"].to_pylist()
        return ids

    def counts(self) -> dict[str, int]:
        """How many works are in both builds under one id, and how many in B only (those that A holds under another id left out)."""
        a, b = self._works("a"), self._works("b")
        new = b.anti_join(a, "work_id")
        new = new.anti_join(self._merged, new.work_id == self._merged.new_id)
        tables = {"in both": a.semi_join(b, "work_id"), "only in B": new}
        return {name: int(self._con.to_pyarrow(t.count()).as_py()) for name, t in tables.items()}

    def exchange(self, recipe: Recipe, units: Mapping[int, int]) -> tuple[pa.Table, Sums]:
        """Changed contributions, largest first, and the sums by unit and part. ``units``: old id -> new id of merged institutions."""
        zero = ibis.literal(0).cast(_WHOLE)
        left, right = self._moved(self._contributions("a", recipe)), self._contributions("b", recipe)
        if recipe.unit == "institution" and units:
            renamed = ibis.memtable(pa.table({"old_unit": list(units), "new_unit": list(units.values())}))
            left = left.left_join(renamed, left.unit_id == renamed.old_unit).mutate(unit_id=ibis.coalesce(_.new_unit, _.unit_id))
        left = left.select("unit_id", "work_id", num_a=left.num, den_a=left.den, num_b=zero, den_b=zero, n_a=1, n_b=0)
        right = right.select("unit_id", "work_id", num_a=zero, den_a=zero, num_b=right.num, den_b=right.den, n_a=0, n_b=1)
        stacked = left.union(right)
        totals = {c: _exact(stacked[c]) for c in _SUMS}
        both = stacked.group_by(["unit_id", "work_id"]).agg(**totals, n_a=stacked.n_a.sum(), n_b=stacked.n_b.sum())
        both = both.mutate(is_changed=(both.num_a != both.num_b) | (both.den_a != both.den_b))
        kind = self._kinds()
        table = self._con.create_table("exchange", both.left_join(kind, "work_id").mutate(part=_.part.fill_null("sample")), temp=True)
        part = ibis.ifelse(table.is_changed, table.part, "same")
        grouped = table.mutate(part=part).group_by(["unit_id", "part"]).agg(**{c: _exact(table[c]) for c in _SUMS})
        sums: Sums = {}
        for row in self._con.to_pyarrow(grouped).to_pylist():
            num_a, den_a, num_b, den_b = (int(row[c]) for c in _SUMS)
            sums.setdefault(str(row["unit_id"]), {})[row["part"]] = (num_a, den_a, num_b, den_b)
        rows = table.filter(table.is_changed).select(
            unit_id=table.unit_id.cast("string"),
            work_id=table.work_id,
            state=ibis.ifelse(table.n_a == 0, "came", ibis.ifelse(table.n_b == 0, "went", "changed")),
            part=table.part,
            num_a=table.num_a.cast("float64") / CREDIT,
            num_b=table.num_b.cast("float64") / CREDIT,
        )
        return self._con.to_pyarrow(rows.order_by([(rows.num_b - rows.num_a).abs().desc(), rows.unit_id, rows.work_id])), sums

    def _table(self, side: str, name: str) -> ir.Table:
        if (side, name) not in self._tables:
            if files := [str(p) for p in self._homes[side].store.files(name)]:
                table = self._con.read_parquet(files, table_name=f"{side}_{name}")
            else:
                empty = pa.schema([(f.name, f.type) for f in schema.table(name).schema]).empty_table()
                table = self._con.create_table(f"{side}_{name}", empty, temp=True)
            self._tables[side, name] = table
        return self._tables[side, name]

    def _works(self, side: str) -> ir.Table:
        """``work_id, doi, date`` (text; the first of January where only the year is known)."""
        work = self._table(side, "work")
        date = ibis.coalesce(work.date.cast("string"), work.year.cast("string") + "-01-01")
        return work.select("work_id", doi=work.doi.nullif(""), date=date)

    def _matched(self) -> ir.Table:
        """``old_id, new_id, is_first``; ``is_first`` names one old work a new one, and none where A holds the new id as well."""
        a, b = self._works("a"), self._works("b")
        unique = b.filter(b.doi.notnull()).group_by("doi").agg(new_id=_.work_id.max(), n=_.count()).filter(_.n == 1)
        found = a.anti_join(b, "work_id").join(unique, "doi").select(old_id=_.work_id, new_id=_.new_id)
        return found.mutate(is_first=(found.old_id == found.old_id.min().over(group_by=found.new_id)) & ~found.new_id.isin(a.work_id))

    def _moved(self, table: ir.Table) -> ir.Table:
        """A's rows under the ids of B."""
        joined = table.left_join(self._merged, table.work_id == self._merged.old_id)
        return joined.mutate(work_id=ibis.coalesce(joined.new_id, joined.work_id))

    def _contributions(self, side: str, recipe: Recipe) -> ir.Table:
        """``unit_id, work_id, num, den`` of one build, computed by its own engine and handed over as a file."""
        corpus = self._homes[side]
        table = indicator_info(recipe.indicator).contributions(corpus, recipe)
        sums = {"num": _exact(table.num), "den": _exact(table.den) if "den" in table.columns else ibis.literal(0).cast(_WHOLE)}
        path = self._scratch / f"{side}.parquet"
        corpus.con.to_parquet(table.filter(table.unit_id.notnull()).group_by(["unit_id", "work_id"]).agg(**sums), path)
        parts = [str(p) for p in sorted(path.glob("*.parquet"))] if path.is_dir() else [str(path)]  # Spark writes a folder
        return self._con.read_parquet(parts, table_name=f"{side}_contributions")

    def _prints(self, side: str) -> ir.Table:
        """Of each work the columns of :data:`_PRINT`, which change when its record or its affiliations do (citations are left out)."""
        work, affiliation = self._table(side, "work"), self._table(side, "affiliation")
        position = affiliation.author_seq.cast("int64") * 31 + affiliation.address_seq.cast("int64") + 1
        places = affiliation.group_by("work_id").agg(
            places=(affiliation.institution_id.fill_null(7).cast("int64") % 1_000_003 * position).sum().cast("int64"),
            lines=affiliation.count(),
        )
        return work.left_join(places, "work_id").select("work_id", *_PRINT)

    def _kinds(self) -> ir.Table:
        """``work_id, part`` of B's works: to which part a change of their contributions belongs."""
        old = self._moved(self._prints("a"))
        old = old.filter(old.old_id.isnull() | old.is_first)
        old = old.select("work_id", **{f"{c}_a": old[c] for c in _PRINT}, is_old=ibis.literal(True))
        new = self._prints("b").left_join(old, "work_id")
        same: ir.BooleanValue = ibis.literal(True)
        for name in _PRINT:
            same &= new[name].identical_to(new[f"{name}_a"])
        snapshot = str(self._homes["a"].data_version["snapshot_date"])
        works = self._works("b")
        is_later = works.date.substr(0, len(snapshot)) > snapshot if snapshot[:4].isdigit() else ibis.literal(False)
        dated = works.select("work_id", is_later=is_later.fill_null(False))
        table = new.select("work_id", "is_old", is_same=same).join(dated, "work_id")
        part = ibis.cases(
            (table.is_old.notnull() & table.is_same, "reality"),
            (table.is_old.notnull(), "data"),
            (table.is_later, "reality"),
            else_="sample",
        )
        return table.select("work_id", part=part)


def _exact(column: ir.Column) -> ir.Column:
    return column.sum().cast(_WHOLE)
