"""Countries in shades of one hue by a value; where there is no value the land stays plain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from armillary.charts.base import heading, rows_of
from armillary.charts.map import VIEWS, _projection, basemap, with_land

if TYPE_CHECKING:
    import altair as alt


def choropleth(
    table: Any,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    value_title: str = "Value",
    number: str = ",.3~r",
    log: bool = False,
    domain: tuple[float, float] | None = None,
    width: int = 860,
) -> alt.LayerChart:
    """The world by country (``rank, unit_id, name, value``; ``unit_id`` is the ISO alpha-2 code).

    ``log`` spaces the shades by ratio, for counts that span several powers of ten; ``domain`` fixes their ends, so that years can be
    compared. Countries too small for the outline (about 70) are
    not on the map; the list beside it has them.
    """
    import altair as alt

    drawn = {f["id"] for f in basemap()["features"]}
    rows = [r for r in rows_of(table) if r["unit_id"] in drawn and r["value"] is not None]
    keep = ("rank", "unit_id", "name", "value")
    # by ratio zero has no place: it takes the shade of the smallest value there is, never that of land without a value
    least = domain[0] if domain else min((r["value"] for r in rows if r["value"] > 0), default=1.0)
    data = alt.InlineData(values=[{k: r.get(k) for k in keep} | {"shade": max(r["value"], least) if log else r["value"]} for r in rows])
    scale, centre, rotate = _projection([VIEWS["World"]], width)
    height = round(width * 0.46)
    projection = alt.Projection(type="equalEarth", scale=scale, center=centre, rotate=rotate, translate=[width / 2, height / 2])
    land = alt.Chart(alt.NamedData("land"))
    plain = land.mark_geoshape(style="land", clip=True, aria=False)
    ends: dict[str, Any] = {"domain": list(domain), "clamp": True} if domain else {}
    scale_of = alt.Scale(type="log", **ends) if log else alt.Scale(zero=False, **ends)
    shade = alt.Fill(
        "shade:Q",
        title=value_title,
        scale=scale_of,
        legend=alt.Legend(orient="bottom", gradientLength=220, format=number, tickCount=4),
    )
    tip = [
        alt.Tooltip("name:N", title="Unit"),
        alt.Tooltip("rank:Q", title="Rank"),
        alt.Tooltip("value:Q", title=value_title, format=number),
    ]
    shaded = (
        land.transform_lookup(lookup="id", from_=alt.LookupData(data=data, key="unit_id", fields=["value", "shade", "rank", "name"]))
        .transform_filter("isValid(datum.value)")
        .mark_geoshape(style="land", clip=True, aria=False)
        .encode(fill=shade, tooltip=tip)
    )
    ranked = sorted((r for r in rows if r.get("rank") is not None), key=lambda r: r["rank"])
    said = f"World map by {value_title.lower()}: " + "; ".join(f"{r['rank']}. {r['name']}" for r in ranked[:5])
    chart: Any = alt.layer(plain, shaded).properties(width=width, height=height, description=said)
    chart = chart.project(**projection.to_dict())
    if title:
        chart = chart.properties(title=heading(title, subtitle))
    made: alt.LayerChart = with_land(chart)
    return made
