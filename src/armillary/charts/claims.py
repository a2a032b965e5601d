"""Charts of an audit: verdicts by article, and the path of the unit that a claim is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from armillary.charts.base import PALETTE, TOKENS, heading, inline

if TYPE_CHECKING:
    from armillary.audit.audit import Audit
    from armillary.audit.verdict import Kind, Verdict

ORDER: tuple[Kind, ...] = ("contradicted", "other-period", "not-decidable", "supported")
_LIGHT = TOKENS["light"]
COLOURS = (_LIGHT.fall, PALETTE[1], _LIGHT.quiet, _LIGHT.rise)
"""Of the verdicts in ``ORDER``; each stands out on both grounds."""


def verdict_bars(audit: Audit, *, width: int = 420) -> Any:
    """How many claims of each article got which verdict: one bar an article, worst first from the left."""
    import altair as alt

    from armillary.audit.verdict import LABELS

    rows: list[dict[str, Any]] = []
    order = []
    for key, article in audit.file.articles.items():
        name = f"{article.publisher or article.file}" + (f", {article.published:%Y-%m}" if article.published else "")
        order.append(name)
        for place, kind in enumerate(ORDER):
            n = sum(1 for v in audit.verdicts if v.claim.article == key and v.kind == kind)
            if n:
                rows.append({"article": name, "verdict": LABELS[kind], "place": place, "claims": n})
    scale = alt.Scale(domain=[LABELS[k] for k in ORDER], range=list(COLOURS))
    colour = alt.Color("verdict:N", title=None, scale=scale, legend=alt.Legend(labelLimit=320))
    y = alt.Y("article:N", sort=order, title=None, axis=alt.Axis(labelLimit=320))
    bars = (
        alt.Chart(inline(rows))
        .mark_bar(height=18)
        .encode(
            y=y,
            x=alt.X("claims:Q", title="Claims", stack="zero"),
            color=colour,
            order=alt.Order("place:Q"),
            tooltip=["article:N", "verdict:N", "claims:Q"],
        )
    )
    return bars.properties(width=width, height=30 * len(order), description="Verdicts by article")


def claim_path(verdict: Verdict, *, width: int = 520, height: int = 220) -> Any:
    """The rank (or value) of the claim's unit in every period at hand, beside what it is compared with; the claim's years are ringed.

    None where fewer than three periods are known.
    """
    import altair as alt

    evidence, query = verdict.evidence, verdict.claim.main.query
    unit, others = query.get("unit"), query.get("other") or []
    if evidence is None or not isinstance(unit, str):
        return None
    wanted = {int(y) for y in query.get("path") or {}} or set(verdict.outcome.periods)
    rows = _ranks(verdict, unit, wanted)
    is_rank = len(rows) >= 3
    if not is_rank:
        rows = _values(verdict, [unit], wanted) + (
            _values(verdict, [others] if isinstance(others, str) else others, set()) if others else []
        )
    if len({r["period"] for r in rows}) < 3:
        return None
    names = list(dict.fromkeys(r["name"] for r in rows))
    y = alt.Y(
        "y:Q",
        title="Rank" if is_rank else evidence.measure,
        scale=alt.Scale(reverse=is_rank, zero=not is_rank),
        axis=alt.Axis(tickMinStep=1),
    )
    colour = alt.Color("name:N", title=None, scale=alt.Scale(domain=names), legend=alt.Legend(labelLimit=320) if len(names) > 1 else None)
    base = alt.Chart(inline(rows)).encode(
        x=alt.X("period:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)), y=y, color=colour
    )
    stated = base.transform_filter("datum.stated")
    ring = stated.mark_point(size=170, filled=False, strokeWidth=2).encode(color=alt.value(PALETTE[1]))
    said = stated.mark_text(style="note", dy=-16).encode(text=alt.Text("y:Q", format=","), color=alt.value(_LIGHT.muted))
    title = heading(evidence.name(unit), f"{evidence.title}; ringed: the years of the claim")
    layers = alt.layer(base.mark_line(), base.mark_circle(size=36), ring, said)
    return layers.properties(width=width, height=height, title=title, description=verdict.claim.says)


def _ranks(verdict: Verdict, unit: str, wanted: set[int]) -> list[dict[str, Any]]:
    evidence = verdict.evidence
    assert evidence is not None
    found = [(p, r) for p in evidence.periods if (r := evidence.rank(unit, p)) is not None and r.is_exact]
    return [{"period": p, "y": r.low, "stated": p in wanted, "name": evidence.name(unit)} for p, r in found]


def _values(verdict: Verdict, units: list[str], wanted: set[int]) -> list[dict[str, Any]]:
    """Values of a unit, or of several added up, where all are known."""
    evidence = verdict.evidence
    assert evidence is not None
    rows = []
    for period in evidence.periods:
        middles = [None if (v := evidence.value(u, period)) is None else v.middle for u in units]
        known = [m for m in middles if m is not None]
        if len(known) == len(units):
            name = " + ".join(evidence.name(u) for u in units)
            rows.append({"period": period, "y": sum(known), "stated": period in wanted, "name": name})
    return rows
