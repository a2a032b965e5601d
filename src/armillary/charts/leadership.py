"""Who leads: lead balance over time with its interval and parity, and the parity forecast with its band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from armillary.charts.base import heading, inline, rows_of
from armillary.studies.leadership.forecast import OPEN_END, Forecast

if TYPE_CHECKING:
    import altair as alt

MEASURES = {"share": ("lead_share", "low", "high", "by_chance", 0.5), "premium": ("lead_premium", "premium_low", "premium_high", None, 0.0)}


def balance_over_time(
    table: Any, first: str, second: str, subtitle: str | None = None, *, measure: str = "share", width: int = 640, height: int = 280
) -> alt.VConcatChart:
    """Lead share (or premium) of ``first`` by year from :func:`armillary.studies.leadership.pairs.by_year`.

    The band is the interval from resampled papers, the dashed line parity, the quiet line what team composition alone would give.
    Years with too few papers have no point; their papers still show below.
    """
    import altair as alt

    name, low, high, chance, parity = MEASURES[measure]
    rows = [
        {
            "year": r["year"],
            "value": r[name],
            "low": r[low],
            "high": r[high],
            "chance": r[chance] if chance else None,
            "papers": r["papers"],
        }
        for r in rows_of(table)
    ]
    # years before the first that can be judged would only be empty space
    begin = min([r["year"] for r in rows if r["value"] is not None] or [r["year"] for r in rows]) - 1
    rows = [r for r in rows if r["year"] >= begin]
    years = [r["year"] for r in rows]
    title = f"Lead share of {first} in joint papers with {second}" if measure == "share" else f"Lead premium of {first} over {second}"
    domain = [0.0, 1.0] if measure == "share" else _around([v for r in rows for v in (r["low"], r["high"], r["value"])])
    number = ".0%" if measure == "share" else "+.0%"
    across, up = _axis(years), alt.Scale(domain=domain, nice=False)
    x = alt.X("year:Q", **across)
    y = alt.Y("value:Q", title=None, scale=up, axis=alt.Axis(format=number, grid=True))
    tip = [
        alt.Tooltip("year:Q", title="Year", format="d"),
        alt.Tooltip("value:Q", title="Value", format=".3f"),
        alt.Tooltip("low:Q", format=".3f"),
        alt.Tooltip("high:Q", format=".3f"),
        alt.Tooltip("papers:Q", title="Papers", format=","),
    ]
    data = inline(rows)
    base = alt.Chart(data).encode(x=x)
    known = base.transform_filter("isValid(datum.value)")
    line = alt.Chart(inline([{"parity": parity, "at": min(years) - 0.4, "text": "parity"}]))
    layers: list[Any] = [
        known.transform_filter("isValid(datum.low)")
        .mark_area(style="band", aria=False)
        .encode(y=alt.Y("low:Q", title=None, scale=up), y2="high:Q"),
        line.mark_rule(style="reference").encode(y=alt.Y("parity:Q", title=None, scale=up)),
        line.mark_text(style="note", align="left", dy=-7, dx=4, aria=False).encode(
            y=alt.Y("parity:Q", scale=up), x=alt.X("at:Q", **across), text="text:N"
        ),
    ]
    if chance:
        layers.append(known.mark_line(style="line-quiet", aria=False).encode(y=alt.Y("chance:Q", title=None, scale=up)))
        subtitle = f"{subtitle}. " if subtitle else ""
        subtitle += "Grey: what team composition alone would give; band: resampled papers"
    layers += [known.mark_line(aria=False).encode(y=y), known.mark_point(style="dot", size=56).encode(y=y, tooltip=tip)]
    upper = alt.LayerChart(layer=layers, width=width, height=height)
    lower = (
        base.mark_bar(style="bar-quiet", opacity=0.4, size=max(3, min(18, width // (2 * len(rows) + 1))))
        .encode(y=alt.Y("papers:Q", title="papers", axis=alt.Axis(tickCount=2, grid=False)), tooltip=tip)
        .properties(width=width, height=54)
    )
    known_rows = [r for r in rows if r["value"] is not None]
    span = (
        f"{known_rows[0]['value']:.2f} in {known_rows[0]['year']}, {known_rows[-1]['value']:.2f} in {known_rows[-1]['year']}"
        if known_rows
        else "no year has enough papers"
    )
    chart: Any = alt.vconcat(upper, lower, spacing=6).resolve_scale(x="shared")
    done: alt.VConcatChart = chart.properties(title=heading(title, subtitle), description=f"{title}: {span}; parity is {parity:g}")
    return done


def parity_chart(
    fit: Forecast, title: str, first: str | None = None, second: str | None = None, *, width: int = 640, height: int = 300
) -> alt.LayerChart:
    """The yearly values, the line through them, the band of its mean response, and where it meets parity."""
    import altair as alt

    last = (
        min(max(fit.interval[1] + 3, fit.years[-1] + 6), fit.years[-1] + 25)
        if fit.interval and fit.interval[1] <= OPEN_END
        else fit.years[-1] + 12
    )
    years = list(range(fit.years[0], last + 1))
    low, high = fit.band(years)
    mean = fit.mean(years)
    band = [{"year": y, "mean": float(m), "low": float(a), "high": float(b)} for y, m, a, b in zip(years, mean, low, high, strict=True)]
    points = [{"year": y, "value": v} for y, v in zip(fit.years, fit.values, strict=True)]
    seen = [*fit.values, fit.line, *(r["low"] for r in band), *(r["high"] for r in band)]
    across, up = _axis(years), alt.Scale(domain=_around(seen), nice=False)
    y = alt.Y("value:Q", title=None, scale=up, axis=alt.Axis(format=".0%", grid=True))
    x = alt.X("year:Q", **across)
    base = alt.Chart(inline(band)).encode(x=x)
    line = alt.Chart(inline([{"parity": fit.line, "at": years[0] - 0.4, "text": "parity"}]))
    layers: list[Any] = []
    if fit.interval and fit.interval[1] <= OPEN_END and fit.interval[0] <= last:
        span = inline([{"from": fit.interval[0] - 0.5, "to": min(fit.interval[1], last) + 0.5, "label": fit.text, "top": _around(seen)[1]}])
        start = alt.X("from:Q", **across)
        layers.append(alt.Chart(span).mark_rect(style="bar-quiet", opacity=0.22).encode(x=start, x2="to:Q"))
        label = alt.Chart(span).mark_text(style="value", align="left", baseline="top", dx=4, dy=4)
        layers.append(label.encode(x=start, y=alt.Y("top:Q", scale=up), text="label:N"))
    layers += [
        base.mark_area(style="band", aria=False).encode(y=alt.Y("low:Q", title=None, scale=up), y2="high:Q"),
        line.mark_rule(style="reference").encode(y=alt.Y("parity:Q", title=None, scale=up)),
        line.mark_text(style="note", align="left", dy=-7, dx=4, aria=False).encode(
            y=alt.Y("parity:Q", scale=up), x=alt.X("at:Q", **across), text="text:N"
        ),
        base.transform_filter(f"datum.year <= {fit.years[-1]}").mark_line(aria=False).encode(y=alt.Y("mean:Q", scale=up)),
        base.transform_filter(f"datum.year >= {fit.years[-1]}")
        .mark_line(strokeDash=[6, 4], aria=False)
        .encode(y=alt.Y("mean:Q", scale=up)),
        alt.Chart(inline(points))
        .mark_point(style="dot", size=64)
        .encode(x=x, y=y, tooltip=[alt.Tooltip("year:Q", format="d"), alt.Tooltip("value:Q", format=".3f")]),
    ]
    chart = alt.LayerChart(layer=layers, width=width, height=height, description=f"{title}: {fit.reading}")
    pair = f"{first} and {second}: " if first and second else ""
    return chart.properties(title=heading(title, f"{pair}{fit.reading}. Band: mean response, {100 * fit.confidence:.0f} %"))


def _axis(years: Sequence[int]) -> dict[str, Any]:
    """The same axis of years for every layer."""
    import altair as alt

    scale = alt.Scale(domain=[years[0] - 0.4, years[-1] + 0.4], nice=False, zero=False)
    return {"title": None, "scale": scale, "axis": alt.Axis(format="d", grid=False, tickMinStep=1)}


def _around(values: Sequence[float | None]) -> list[float]:
    known = [v for v in values if v is not None and v == v]
    if not known:
        return [-1.0, 1.0]
    low, high = min(known), max(known)
    edge = max((high - low) * 0.08, 0.02)
    return [low - edge, high + edge]
