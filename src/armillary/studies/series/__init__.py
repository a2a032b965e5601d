"""Any series as a ranking, taken in by an observatory or shipped: over years, with change, beside another source or vintage."""

from __future__ import annotations

from armillary.studies.series.ask import rank_series
from armillary.studies.series.beside import against, with_change
from armillary.studies.series.chosen import Chosen, own, shipped
from armillary.studies.series.ranked import ranked

__all__ = ["Chosen", "against", "own", "rank_series", "ranked", "shipped", "with_change"]
