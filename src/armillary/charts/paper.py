"""A ranking as a matplotlib figure, for papers: the same rows, colours and notes as the chart of the pages."""

from __future__ import annotations

from typing import Any

from armillary.charts.base import PALETTE, TOKENS
from armillary.charts.ranking import is_total
from armillary.errors import DataError, MissingExtraError, UsageError
from armillary.ranking.text import rounding


def ranking_figure(ranking: Any, *, top: int = 25, focus: str | None = None, ax: Any = None) -> Any:
    """The first ``top`` units of a :class:`~armillary.ranking.result.Ranking` as a matplotlib figure (on ``ax``, where one is given).

    Totals are bars from zero, shares and ratios dots; intervals are drawn where the ranking has them. ``focus`` is the ``unit_id`` to set
    apart. Needs the extra ``papers``. UsageError for a ranking of several periods.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import FuncFormatter
    except ImportError:
        raise MissingExtraError("papers", "a matplotlib figure") from None
    if ranking.recipe.step:
        raise UsageError("a figure for papers shows one period", fix="rank one period, or use plot() for paths")
    rows = [r for r in ranking.ranked.to_pylist() if r["value"] is not None][:top]
    if not rows:
        raise DataError("the ranking is empty", fix="choose another scope or period")
    meta, look = ranking.meta, TOKENS["light"]
    figure = ax.figure if ax is not None else Figure(figsize=(6.3, 1.2 + 0.24 * len(rows)), layout="constrained")
    axes = ax if ax is not None else figure.subplots()
    where = list(range(len(rows)))
    values = [r["value"] for r in rows]
    colours = [PALETTE[1] if focus is not None and r["unit_id"] == focus else PALETTE[0] for r in rows]
    if is_total(ranking):
        axes.barh(where, values, height=0.62, color=colours)
    else:
        axes.scatter(values, where, color=colours, zorder=3)
    known = [(i, r["low"], r["high"]) for i, r in enumerate(rows) if r.get("low") is not None and r.get("high") is not None]
    if known:
        axes.hlines([k[0] for k in known], [k[1] for k in known], [k[2] for k in known], color=look.ink, linewidth=1.2)
    # names come from records: a dollar sign in one is no formula
    axes.set_yticks(where, [f"{r['rank']}. {r['name']}".replace("$", r"\$") for r in rows])
    axes.invert_yaxis()
    is_percent, digits = rounding(meta)

    def label(value: float, _place: int) -> str:
        if is_percent:
            return f"{100 * value:.{digits}f} %"
        text = f"{value:,.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    axes.xaxis.set_major_formatter(FuncFormatter(label))
    axes.set_xlabel(f"{meta['indicator']} ({meta['measure']})".replace("$", r"\$"), color=look.muted)
    axes.set_title(str(meta["title"]).replace("$", r"\$"), loc="left", color=look.ink)
    axes.grid(axis="x", color=look.hairline, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if ax is None:
        figure.text(0.01, -0.01, "\n".join(_notes(meta)).replace("$", r"\$"), fontsize=7, color=look.muted, va="top")
    return figure


def _notes(meta: dict[str, Any]) -> list[str]:
    if "series" in meta:
        said = [f"{meta['source']}, vintage {meta.get('vintage') or 'unknown'}"]
    else:
        data = meta["data"]
        said = [f"{meta['counting'].split(':')[0]} counting, scope {meta['scope']}; {data['name']}, snapshot {data['snapshot_date']}"]
    return said + [str(n) for n in meta["notes"]]
