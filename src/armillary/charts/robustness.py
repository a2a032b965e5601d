"""The specification curve: every variant's rank from best to worst, and under it the choices that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from armillary.ranking.robustness import Robustness, VariantOutcome

WORDS = {True: "holds", False: "does not hold", None: "undefined"}
MOST = 400
"""More variants than this are thinned evenly; the caption says so."""


def specification_curve(result: Robustness, *, width: int = 760, most: int = MOST) -> Any:
    """Upper panel: rank of each variant, the recipe itself ringed; lower panel: one row a level, a tick where a variant has it.

    The choices are listed by how much of the variance of the rank they explain; choices that explain nothing are left out of the chart.
    """
    import altair as alt

    ranked = sorted((o for o in result.outcomes if o.rank is not None), key=lambda o: (o.rank or 0, o.distance, o.labels))
    shown = thinned(ranked, most, result.outcomes[0])
    influence = result.influence()
    names = [n for n, part in influence.items() if part > 0.0005] or list(influence)[:3]
    names = names[:7]
    curve, ticks, rows = [], [], []
    for name in names:
        for level in result.choices[name]:
            rows.append(f"{title(name)}: {level}")
    for place, outcome in enumerate(shown):
        is_base = outcome is result.outcomes[0]
        holds = WORDS[outcome.holds]
        labels = dict(zip(result.choices, outcome.labels, strict=True))
        curve.append({"variant": place, "rank": outcome.rank, "holds": holds, "base": is_base, "what": ", ".join(outcome.labels)})
        ticks += [{"variant": place, "row": f"{title(n)}: {labels[n]}", "holds": holds} for n in names]
    x = alt.X("variant:Q", axis=None, scale=alt.Scale(domain=[-1, max(len(shown), 1)], nice=False))
    top = max((o.rank or 1) for o in shown) if shown else 1
    y = alt.Y(
        "rank:Q", title="Rank", scale=alt.Scale(reverse=True, domain=[0.5, top + 0.5], nice=False), axis=alt.Axis(format="d", tickMinStep=1)
    )
    colour = alt.Color("holds:N", title=None, scale=alt.Scale(domain=[w for w in WORDS.values() if any(c["holds"] == w for c in curve)]))
    data = alt.InlineData(values=curve)
    dots = alt.Chart(data).mark_circle(size=18, opacity=0.9).encode(x=x, y=y, color=colour, tooltip=["what:N", "rank:Q"])
    base = (
        alt.Chart(data).transform_filter("datum.base").mark_point(size=160, filled=False, strokeWidth=2, style="compared").encode(x=x, y=y)
    )
    note = (
        alt.Chart(data)
        .transform_filter("datum.base")
        .mark_text(style="note", align="left", dx=10, dy=-10)
        .encode(x=x, y=y, text=alt.value("the recipe itself"))
    )
    upper = alt.layer(dots, base, note).properties(width=width, height=190)
    lower = (
        alt.Chart(alt.InlineData(values=ticks))
        .mark_tick(thickness=1.2, height=11)
        .encode(x=x, y=alt.Y("row:N", sort=rows, title=None, axis=alt.Axis(labelLimit=240)), color=colour)
        .properties(width=width, height=15 * len(rows))
    )
    return (
        alt.vconcat(upper, lower, spacing=8)
        .resolve_scale(x="shared", color="shared")
        .properties(
            title=alt.TitleParams(result.statement, subtitle=caption(result, len(shown))),
            description=f"{result.statement}: {caption(result, len(shown))}",
        )
    )


def caption(result: Robustness, shown: int) -> str:
    """The result in one line."""
    share = result.share
    text = (
        "undefined under all variants" if share is None else f"holds under {share:.0%} of {len(result.defined):,} variants ({result.grade})"
    )
    if result.ranks:
        text += f"; rank {result.ranks[0]} to {result.ranks[-1]}"
    return text + (f"; {shown} variants drawn" if shown < len(result.ranks) else "")


def thinned(outcomes: list[VariantOutcome], most: int, base: VariantOutcome) -> list[VariantOutcome]:
    """At most ``most`` outcomes at even steps, the base always among them."""
    if len(outcomes) <= most:
        return outcomes
    step = len(outcomes) / most
    picked = {int(i * step) for i in range(most)}
    return [o for i, o in enumerate(outcomes) if i in picked or o is base]


def title(name: str) -> str:
    """A choice's name for people."""
    return name.replace("_", " ").replace("citations", "citations").capitalize()
