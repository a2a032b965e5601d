"""One question about a series, answered: which series, which year, compared with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from armillary.ranking.result import Ranking
from armillary.studies.series.beside import against as beside
from armillary.studies.series.beside import with_change
from armillary.studies.series.chosen import pick
from armillary.studies.series.ranked import ranked


def rank_series(
    table: pa.Table | None,
    name: str,
    *,
    period: str | int | None = None,
    step: int = 0,
    source: str | None = None,
    vintage: str | None = None,
    compare: int | None = None,
    against: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    data: dict[str, Any] | None = None,
) -> Ranking:
    """The ranking of a series.

    ``name`` is ``CODE``, ``CODE@SOURCE`` or ``CODE@SOURCE@VINTAGE`` of ``table`` (the core table ``series`` of an observatory), or a series
    that ships. ``compare`` is an earlier year; ``against`` names other sources, vintages or series to stand beside it.
    """
    chosen = pick(table, name, names=names, source=source, vintage=vintage)
    others = [pick(table, other, names=names) for other in against]
    found = ranked(chosen, period=period, step=step, data=data if chosen.is_own else None)
    if compare is not None:
        found = with_change(found, chosen, compare)
    return beside(found, chosen, others)
