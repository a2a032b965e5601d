"""Joint papers of all pairs over time, as dense arrays: from an ingested pair table or from the corpus's own records."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from armillary.core.arrays import Floats
from armillary.core.pair_series import INTERNATIONAL, JOINT
from armillary.core.recipe import Period
from armillary.core.store import Store
from armillary.errors import DataError, UnknownNameError, UsageError


@dataclass(frozen=True)
class PairTable:
    """Joint papers by year: ``joint[y, i, j]``, symmetric, empty diagonal; ``own[y, i]`` are papers of unit i.

    ``own_meaning`` says which papers: with the real pair table only those with a foreign co-author are known, so every
    paper-margin measure is *among internationally co-authored papers* (METHODS 9.1: of the co-published ones only). ``all_n[y]``
    is the number of papers in the set, or None where it is unknown (then the paper-margin affinity is not given).
    """

    units: tuple[str, ...]
    years: tuple[int, ...]
    joint: Floats
    own: Floats
    own_meaning: str
    source: str
    vintage: str
    names: dict[str, str] = field(default_factory=dict)
    all_n: Floats | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def place(self) -> dict[str, int]:
        """Row of each unit."""
        return {u: k for k, u in enumerate(self.units)}

    def row(self, unit: str) -> int:
        """Row of a unit; :class:`UnknownNameError` with suggestions if it is not in the table."""
        if unit not in self.place:
            raise UnknownNameError("unit in the pair table", unit, self.units)
        return self.place[unit]

    def name(self, unit: str) -> str:
        """Name for people, or the id where there is none."""
        return self.names.get(unit, unit)

    def span(self, period: Period | int | str | None = None) -> NDArray[np.int64]:
        """Rows of the years in ``period`` (all by default); :class:`DataError` if the table has none of them."""
        p = Period.parse(period)
        chosen = [k for k, y in enumerate(self.years) if (p.first is None or y >= p.first) and (p.last is None or y <= p.last)]
        if not chosen:
            raise DataError(f"the pair table has no year in {p}", fix=f"it covers {self.years[0]}-{self.years[-1]}")
        return np.array(chosen, dtype=np.int64)

    def summed(self, period: Period | int | str | None = None) -> tuple[Floats, Floats]:
        """Joint papers and own papers, summed over the period's years."""
        rows = self.span(period)
        return self.joint[rows].sum(axis=0), self.own[rows].sum(axis=0)

    def only(self, units: tuple[str, ...] | list[str]) -> PairTable:
        """The same table for some units only, in the order of the table."""
        keep = sorted({self.row(u) for u in units})
        return PairTable(
            tuple(self.units[k] for k in keep),
            self.years,
            self.joint[:, keep][:, :, keep],
            self.own[:, keep],
            self.own_meaning,
            self.source,
            self.vintage,
            self.names,
            self.all_n,
            self.notes,
        )


def pairs_from_store(store: Store, *, source: str | None = None, vintage: str | None = None) -> PairTable:
    """The ingested pair table (``armillary ingest collaboration``).

    Where the two directions of a pair differ, the larger counts. With several sources or vintages in the observatory the one that is
    meant has to be named. :class:`DataError` if none was ingested.
    """
    from armillary.registry import country_names

    table = store.read("pair_series")
    if not table.num_rows:
        raise DataError("no table of joint works was ingested", where=store.path, fix="run: armillary ingest collaboration FILE.csv")
    for name, wanted in (("source", source), ("vintage", vintage)):
        if wanted is not None:
            known = [str(v) for v in pc.unique(table[name]).to_pylist()]
            if wanted not in known:
                raise UnknownNameError(f"{name} of the pair table", wanted, known)
            table = table.filter(pc.equal(table[name], wanted))
    editions = sorted({(r["source"], r["vintage"]) for r in table.group_by(["source", "vintage"]).aggregate([]).to_pylist()})
    if len(editions) > 1:
        listed = "; ".join(f"{s}, {v}" for s, v in editions)
        raise UsageError(f"the observatory holds {len(editions)} pair tables ({listed})", fix="name one with --source or --vintage")
    units = tuple(sorted(set(pc.unique(table["unit"]).to_pylist()) | set(pc.unique(table["partner"]).to_pylist())))
    first, last = pc.min(table["year"]).as_py(), pc.max(table["year"]).as_py()
    years = tuple(range(first, last + 1))
    i = pc.index_in(table["unit"], pa.array(units)).to_numpy()
    j = pc.index_in(table["partner"], pa.array(units)).to_numpy()
    y = table["year"].to_numpy().astype(np.int64) - first
    value, kind = table["value"].to_numpy(), table["indicator"].to_numpy(zero_copy_only=False)
    joint, own = np.zeros((len(years), len(units), len(units))), np.zeros((len(years), len(units)))
    pair = (kind == JOINT) & (i != j)
    joint[y[pair], i[pair], j[pair]] = value[pair]
    joint = np.maximum(joint, joint.transpose(0, 2, 1))
    alone = kind == INTERNATIONAL
    own[y[alone], i[alone]] = value[alone]
    names = country_names()
    return PairTable(
        units,
        years,
        joint,
        own,
        "works with a foreign co-author",
        *editions[0],
        {u: names[u] for u in units if u in names},
        notes=("A work of three countries counts in three pairs (full counting).",),
    )
