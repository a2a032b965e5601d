"""The chart of a judged sentence: every unit that it names over the years, by the source that the verdict rests on, and the number told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from armillary.charts.lines import values_over_time

if TYPE_CHECKING:
    from armillary.audit.ask import AskAnswer


def sentence_chart(answer: AskAnswer, *, width: int = 640, height: int = 260) -> Any:
    """Lines of the units that the sentence names, in the unit of the source; None where fewer than three years are at hand."""
    from armillary.audit.ask import unit_paths

    rows, title, measured = unit_paths(answer)
    if len({r["period"] for r in rows}) < 3:
        return None
    return values_over_time(rows, title=title, value_title=measured, width=width, height=height)
