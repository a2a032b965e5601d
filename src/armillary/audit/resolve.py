"""From a reference in a claims file to evidence: published tables, series, pairs, an index, or a ranking of an observatory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from armillary.audit import published
from armillary.audit.evidence import Entry, Evidence, Publisher
from armillary.audit.interval import Interval
from armillary.core.corpus import Corpus
from armillary.errors import DataError, UnknownNameError
from armillary.sources.series import known_code, scaled, unit_text
from armillary.sources.series.cells import is_break
from armillary.sources.series.places import is_aggregate

_NO_OBSERVATORY = "give one with --into FOLDER, or use a published table"


@dataclass
class Resolver:
    """Finds evidence once and remembers it. ``observatory`` answers rankings and series; ``here`` is where files of a claims file lie."""

    corpus: Corpus | None = None
    here: Path = field(default_factory=Path)
    _known: dict[str, Evidence] = field(default_factory=dict)

    def __call__(self, reference: str | Mapping[str, Any]) -> Evidence:
        """The evidence named by ``reference``; DataError where it is not at hand, UnknownNameError where it cannot exist."""
        key = str(sorted(reference.items())) if isinstance(reference, Mapping) else reference
        if key not in self._known:
            self._known[key] = self._find(reference)
        return self._known[key]

    def _find(self, reference: str | Mapping[str, Any]) -> Evidence:
        if isinstance(reference, Mapping):
            return self._ranking(reference)
        kind, _, name = reference.partition(":")
        if kind == "published":
            return published.load(name)
        if kind == "file":
            return self._file(name)
        if kind == "world":
            from armillary.audit.shipped import shipped

            return shipped(name)
        if kind == "series":
            return self._series(name)
        if kind == "pairs":
            return self._pairs(name)
        if kind == "index":
            return self._index(name)
        raise UnknownNameError("kind of evidence", kind, ("published", "world", "file", "series", "pairs", "index"))

    def _file(self, name: str) -> Evidence:
        """``file:table.csv`` or ``file:table.csv/measure``: a table of the published kind beside the claims file."""
        path, dot, measure = name.partition(".csv")
        target = self.here / f"{path}.csv"
        if not dot or not target.is_file():
            raise DataError(f"no table '{name}' beside the claims file", where=self.here, fix="put the CSV and its TOML there")
        found = published.load(target.stem + measure, target.parent)
        return replace(found, id=f"file:{name}")

    def _store(self, what: str) -> Any:
        if self.corpus is None:
            raise DataError(f"{what} needs an observatory", fix=_NO_OBSERVATORY)
        return self.corpus.store

    def _series(self, name: str) -> Evidence:
        """``series:INDICATOR`` or ``series:INDICATOR@SOURCE``: the newest vintage of one series in the core table."""
        asked, _, source = name.partition("@")
        table = self._store(f"the series '{asked}'").read("series")
        try:
            code = known_code(table, asked)
        except UnknownNameError:
            known = sorted(pc.unique(table["indicator"]).to_pylist())
            fix = f"it has: {', '.join(known[:8])}" if known else "ingest one first"
            raise DataError(f"the observatory has no series '{name}'", fix=fix) from None
        rows = table.filter(pc.equal(table["indicator"], code)).to_pylist()
        mine = [r for r in rows if not source or r["source"] == source]
        sources = sorted({r["source"] for r in mine or rows})
        if not mine:
            raise DataError(f"the observatory has no series '{name}'", fix=f"it comes from: {', '.join(sources)}")
        if len(sources) > 1:
            raise DataError(f"series '{code}' comes from several sources", fix=f"name one, such as series:{code}@{sources[0]}")
        vintage = max(r["vintage"] for r in mine)
        to = max((r["unit_mult"] or 0 for r in mine), default=0)
        cells = {
            (r["unit"], int(r["year"])): Entry(
                r["unit"],
                int(r["year"]),
                value=Interval.exact(scaled(float(r["value"]), r["unit_mult"], to)),
                country=r["unit"],
                source="series",
                note=f"flag {r['status_flag']}" if r["status_flag"] else "",
            )
            for r in mine
            if r["vintage"] == vintage and r["value"] is not None and math.isfinite(float(r["value"]))
        }
        unit = unit_text(mine[0]["unit_of_measure"], to)
        groups = frozenset(r["unit"] for r in mine if r["is_aggregate"] or is_aggregate(r["unit"]))
        broken: dict[str, tuple[int, ...]] = {}
        for r in sorted(mine, key=lambda r: int(r["year"])):
            if r["vintage"] == vintage and is_break(r["status_flag"]):
                broken[r["unit"]] = (*broken.get(r["unit"], ()), int(r["year"]))
        about = Publisher("series", f"{code}, vintage {vintage}", sources[0], edition=vintage, kind="dataset")
        return Evidence(
            f"series:{name}",
            f"series {code} ({sources[0]})",
            measure=unit,
            cells=cells,
            ranked_by="value",
            groups=groups,
            broken=broken,
            sources={"series": about},
        )

    def _pairs(self, name: str) -> Evidence:
        """``pairs:INDICATOR``: pairs of countries by year; the unit is ``CN-US``."""
        rows = self._store(f"the pair series '{name}'").read("pair_series").to_pylist()
        mine = [r for r in rows if r["indicator"] == name]
        if not mine:
            raise DataError(f"the observatory has no pair series '{name}'", fix="ingest one first")
        vintage = max(r["vintage"] for r in mine)
        cells = {
            (f"{r['unit']}-{r['partner']}", int(r["year"])): Entry(
                f"{r['unit']}-{r['partner']}", int(r["year"]), value=Interval.exact(float(r["value"])), source="pairs"
            )
            for r in mine
            if r["vintage"] == vintage and r["value"] is not None
        }
        about = Publisher("pairs", f"{name}, vintage {vintage}", mine[0]["source"], edition=vintage, kind="dataset")
        return Evidence(f"pairs:{name}", f"pairs of countries, {name}", cells=cells, ranked_by="value", sources={"pairs": about})

    def _index(self, name: str) -> Evidence:
        from armillary.audit.rankings import from_index

        return from_index(name, self.here)

    def _ranking(self, reference: Mapping[str, Any]) -> Evidence:
        from armillary.audit.rankings import from_ranking

        if self.corpus is None:
            raise DataError("a ranking as evidence needs an observatory", fix=_NO_OBSERVATORY)
        return from_ranking(self.corpus, reference, self.here)
