"""Where sources disagree: the same concept, unit and year with values further apart than the concept tolerates. Both are kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from armillary.sources.series.derive import scaled
from armillary.sources.series.rows import measure

RELATIVE = 0.01
"""Without a tolerance of its own, a concept tolerates one part in a hundred of the larger value."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Values of one concept for one unit and year, newest vintage of each source; ``sources`` pairs indicator and source."""

    concept: str
    unit: str
    year: int
    sources: tuple[tuple[str, str], ...]
    values: tuple[float, ...]
    vintages: tuple[str, ...]
    tolerance: float

    @property
    def gap(self) -> float:
        """Largest difference."""
        return max(self.values) - min(self.values)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the gap."""
        return asdict(self) | {"gap": self.gap}


def disagreements(table: pa.Table) -> list[Disagreement]:
    """All disagreements in a ``series`` table, largest gap (in tolerances) first.

    Codes of different publishers are compared where the registry gives them one concept; the same code is compared between sources
    by itself, if they do not state different units of measure. Vintages of one source are revisions, not disagreements: the newest
    counts.
    """
    pairs = [(r["indicator"], r["source"]) for r in table.group_by(["indicator", "source"]).aggregate([]).to_pylist()]
    sources: dict[str, set[str]] = {}
    for indicator, source in pairs:
        known = measure(source, indicator)
        sources.setdefault(known.concept if known else indicator, set()).add(source)
    # of a bulk file with thousands of indicators only the few that another source gives too are looked at
    shared = [i for i, s in pairs if len(sources[m.concept if (m := measure(s, i)) else i]) > 1]
    table = table.filter(pc.is_in(table["indicator"], value_set=pa.array(sorted(set(shared)), pa.string())))
    newest: dict[tuple[str, str, int, str, str], dict[str, Any]] = {}
    for row in table.to_pylist():
        known = measure(row["source"], row["indicator"])
        concept = known.concept if known else row["indicator"]
        key = (concept, row["unit"], row["year"], row["indicator"], row["source"])
        if row["value"] is not None and (key not in newest or row["vintage"] > newest[key]["vintage"]):
            newest[key] = row
    groups: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for (concept, unit, year, _, _), row in newest.items():
        groups.setdefault((concept, unit, year), []).append(row)
    out = []
    for (concept, unit, year), rows in groups.items():
        rows.sort(key=lambda r: (r["source"], r["indicator"]))
        # publishers word a unit of measure differently ("% of GDP"); where the registry knows both codes it vouches for the unit
        vouched = all(measure(r["source"], r["indicator"]) for r in rows)
        if len({r["source"] for r in rows}) < 2 or (not vouched and len({r["unit_of_measure"] for r in rows} - {None}) > 1):
            continue
        to = next((int(r["unit_mult"]) for r in rows if r["unit_mult"] is not None), 0)
        values = tuple(scaled(float(r["value"]), r["unit_mult"], to) for r in rows)
        known = next((m for m in (measure(r["source"], r["indicator"]) for r in rows) if m), None)
        limit = known.tolerance if known and known.tolerance is not None else RELATIVE * max(abs(v) for v in values)
        if max(values) - min(values) > limit * (1 + 1e-9):
            given = tuple((r["indicator"], r["source"]) for r in rows)
            out.append(Disagreement(concept, unit, year, given, values, tuple(r["vintage"] for r in rows), limit))
    return sorted(out, key=lambda d: (-d.gap / max(d.tolerance, 1e-300), d.concept, d.unit, d.year))
