"""Rank paths over the years."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from armillary.charts.bump import rank_path
from armillary.errors import DataError
from armillary.web import words
from armillary.web.choices import UNIT_IDS, ChoiceDep, IndicatorPath, UnitPath
from armillary.web.current import current
from armillary.web.grapher import said
from armillary.web.i18n import gettext as _
from armillary.web.look import LookDep
from armillary.web.page import Page
from armillary.web.pages.ranking import over_the_years
from armillary.web.phrases import said_breaks
from armillary.web.routes import HEADLINES, UNITS, Asked, SiteDep, has_yardstick, page
from armillary.web.site import subjects_of


def path_of_headlines(asked: Asked) -> bool:
    """Paths of the headline indicators."""
    return asked.parts[1] in HEADLINES and has_yardstick(asked, asked.parts[1]) and asked.parts[2] in UNITS and not asked.choices


@page("/path/{indicator}/{unit}", published=path_of_headlines, drawn=True)
def path(
    site: SiteDep,
    indicator: IndicatorPath,
    unit: UnitPath,
    choice: ChoiceDep,
    look: LookDep,
    focus: Annotated[str, Query(max_length=400, pattern=UNIT_IDS, description="Ids of units to colour, joined by commas")] = "",
    top: Annotated[int, Query(ge=3, le=30, description="How many places to show")] = 12,
    step: Annotated[int, Query(ge=1, le=5, description="Years in one window")] = 1,
) -> Page:
    """Places of the leading units year by year (or window by window)."""
    info = site.indicator(indicator, unit)
    found = site.ranking(choice.recipe(indicator, unit, step=step))
    language, synthetic = current().language, bool(site.data.get("synthetic"))
    rows = [{**r, "name": words.unit_label(unit, r["unit_id"], r["name"], language, synthetic=synthetic)} for r in found.ranked.to_pylist()]
    if not rows:
        raise DataError("no unit has a rank in any year under these choices", fix="widen the period or the subject")
    chosen = tuple(dict.fromkeys(i for i in focus.split(",") if i))[:8]
    heading = _(words.RANKED[unit]).replace("{indicator}", _(info.name))
    bump = chart = rank_path(rows, title=heading, top=top, focus=chosen, breaks=said_breaks(found.meta["notes"]), width=720)
    periods = sorted({r["period"] for r in rows})
    shown = {(r["unit_id"], r["period"]): r for r in rows}
    last = [r for r in rows if r["period"] == periods[-1] and r["rank"] is not None]
    listed = [*last[:top], *(r for r in last[top:] if r["unit_id"] in chosen)]
    g = None
    if step == 1:
        # the grapher opens with the lines of ranks, of who is in focus or first
        first = chosen or tuple(r["unit_id"] for r in last[:5])
        seen = look if look.tab or look.units else look.but(tab="chart", line=look.line or "rank", units=first)
        g = over_the_years(site, info, unit, choice, seen)
    if g is not None and (look.tab or look.units):
        chart = g.chart
    return Page(
        "path.html",
        f"{_('Rank paths')}: {heading}",
        found.arrow,
        found.meta,
        chart=chart,
        context={
            "line": bump,
            "g": g,
            "amount": lambda v: said(g.measured, g.shown, v) if g is not None else "",
            "needs_land": g is not None and g.can_map,
            "info": info,
            "unit": unit,
            "unit_names": words.UNIT,
            "heading": heading,
            "periods": periods,
            "listed": listed,
            "cells": shown,
            "choice": choice,
            "focus": focus,
            "top": top,
            "step": step,
            "subjects": subjects_of(site),
            "chosen": chosen,
            "needs_charts": True,
            "query": choice.query(focus=focus, top=top if top != 12 else "", step=step if step != 1 else ""),
        },
    )
