"""Country series: SDMX-ML, World Bank and UNESCO bulk tables, index workbooks and tidy CSV into the core table ``series``."""

from __future__ import annotations

from armillary.sources.series.conflicts import Disagreement, disagreements
from armillary.sources.series.derive import Point, carried, first_year_above, growth, lasting_year_above, origin, ratio, select
from armillary.sources.series.ingest import Ingested, ingest, read_file

__all__ = [
    "Disagreement",
    "Ingested",
    "Point",
    "carried",
    "disagreements",
    "first_year_above",
    "growth",
    "ingest",
    "lasting_year_above",
    "origin",
    "ratio",
    "read_file",
    "select",
]
