"""Regions as units of credit: author rows joined to the regions that their institution or country belongs to."""

from __future__ import annotations

from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from armillary.core import own_files
from armillary.core.corpus import Corpus
from armillary.core.places.regions import Region, load_regions, region_members
from armillary.core.recipe import Recipe


def regions_of(corpus: Corpus, which: str) -> dict[str, Region]:
    """The regions of a recipe: the built-in ones, and those of a TOML file or folder if ``which`` names one."""
    regions: dict[str, Region] = corpus.value(f"regions:{which}", lambda: load_regions(_files(corpus, which)))
    return regions


def _files(corpus: Corpus, which: str) -> list[Path]:
    own = own_files.folder(corpus.store) / "regions.toml"
    return [*([own] if own.is_file() else []), *([] if which == "default" else [Path(which)])]


def region_names(corpus: Corpus, which: str = "default") -> dict[str, str]:
    """Names of regions by id."""
    return {i: r.name for i, r in regions_of(corpus, which).items()}


def with_regions(corpus: Corpus, recipe: Recipe, rows: ir.Table) -> ir.Table:
    """Add ``unit_id``, the region; a row is repeated for every region it lies in."""

    def build() -> pa.Table:
        tables = [corpus.store.read(t) for t in ("institution", "place", "institution_place")]
        return region_members(regions_of(corpus, recipe.regions), *tables)

    members = ibis.memtable(corpus.value(f"region_members:{recipe.regions}", build))
    by_institution = members.filter(members.institution_id.notnull()).select("unit_id", "institution_id")
    by_country = members.filter(members.institution_id.isnull()).select("unit_id", "country_code")
    known = rows.filter(rows.institution_id.notnull()).join(by_institution, "institution_id")
    unknown = rows.filter(rows.institution_id.isnull()).join(by_country, "country_code")
    columns = [*rows.columns, "unit_id"]
    return known.select(columns).union(unknown.select(columns))
