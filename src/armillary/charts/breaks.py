"""Breaks in charts over time: a broken line at the period in which something new begins, with the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from armillary.charts.base import inline

_LONGEST = 60


def break_marks(breaks: Mapping[str, str], periods: Sequence[str], height: int) -> tuple[list[Any], str]:
    """Layers for a chart with ``period`` across, and a sentence for its description; both empty where no period has a break.

    ``breaks``: period -> what changed. A period of several years (``2018-2021``) has the breaks of each of them. The first period has
    none: nothing stands before it.
    """
    import altair as alt

    rows = [
        {"period": p, "says": " ".join(dict.fromkeys(told)), "label": _short(" ".join(dict.fromkeys(told)))}
        for p in periods[1:]
        if (told := [text for when, text in sorted(breaks.items()) if _is_in(when, p)])
    ]
    if not rows:
        return [], ""
    base = alt.Chart(inline(rows)).encode(x=alt.X("period:O", title=None), tooltip=[alt.Tooltip("says:N", title="Break")])
    rule = base.mark_rule(strokeDash=[4, 3], color="#666666", aria=False)
    # along its line, so that the words of neighbouring years do not stand on each other
    words = base.mark_text(style="note", angle=270, align="left", baseline="bottom", dx=2, dy=-3, limit=height - 12, aria=False)
    return [rule, words.encode(y=alt.value(height - 4), text="label:N")], "".join(f" Break in {r['period']}: {r['says']}" for r in rows)


def _is_in(year: str, period: str) -> bool:
    first, _, last = period.partition("-")
    return first <= year <= (last or first) if year.isdecimal() else year == period


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "\u2026"
