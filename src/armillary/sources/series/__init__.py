"""Country series: SDMX, Eurostat, World Bank and UNESCO tables, index workbooks and tables of one's own into the core table ``series``."""

from __future__ import annotations

from armillary.sources.series.codes import unit_text
from armillary.sources.series.conflicts import Disagreement, disagreements
from armillary.sources.series.derive import (
    Observed,
    carried,
    first_year_above,
    growth,
    known_code,
    known_unit,
    lasting_year_above,
    origin,
    ratio,
    scaled,
    select,
)
from armillary.sources.series.ingest import Ingested, ingest
from armillary.sources.series.merging import Conflict
from armillary.sources.series.reading import read_file

__all__ = [
    "Conflict",
    "Disagreement",
    "Ingested",
    "Observed",
    "carried",
    "disagreements",
    "first_year_above",
    "growth",
    "ingest",
    "known_code",
    "known_unit",
    "lasting_year_above",
    "origin",
    "ratio",
    "read_file",
    "scaled",
    "select",
    "unit_text",
]
