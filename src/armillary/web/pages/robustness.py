"""How far a unit moves under every defensible choice: the specification curve and the choices that matter."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from armillary.charts.robustness import specification_curve
from armillary.errors import DataError
from armillary.web import words
from armillary.web.choices import UNIT_IDS, ChoiceDep, IndicatorPath, UnitPath
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.labels import lead_text
from armillary.web.page import Page
from armillary.web.routes import Asked, SiteDep, page

VARIANTS = 96
"""Variants that one page computes; the command line goes further."""

GRADES = {
    "robust": words.N_("robust"),
    "mostly": words.N_("mostly robust"),
    "fragile": words.N_("fragile"),
    "contradicted": words.N_("contradicted"),
    "undefined": words.N_("undefined"),
}


def robustness_of_share(asked: Asked) -> bool:
    """Share of countries, cities and institutions."""
    usual = asked.choices in ({}, {"period": asked.period})
    return asked.parts[1] == "share" and asked.parts[2] in ("country", "city", "institution") and usual


@page("/robustness/{indicator}/{unit}", published=robustness_of_share, drawn=True)
def robust(
    site: SiteDep,
    indicator: IndicatorPath,
    unit: UnitPath,
    choice: ChoiceDep,
    of: Annotated[str, Query(max_length=80, pattern=UNIT_IDS, description="Id of the unit in question (default: the first)")] = "",
    at_most: Annotated[int, Query(ge=0, le=1000, description="The statement is: this rank or better (default: the rank it has)")] = 0,
) -> Page:
    """One unit's rank under the recipe's variants."""
    from armillary.ranking.robustness import robustness

    info = site.indicator(indicator, unit)
    recipe = choice.recipe(indicator, unit)
    ranking = site.ranking(recipe)
    if not len(ranking):
        raise DataError("no unit has a rank under these choices", fix="widen the period or the subject")
    found = site.remember(
        ("robustness", recipe.digest, of, at_most),
        lambda obs: robustness(obs.corpus, recipe, of or None, at_most=at_most or None, limit=VARIANTS),
    )
    chart = specification_curve(found)
    language, synthetic = current().language, bool(site.data.get("synthetic"))
    name = words.unit_label(unit, found.unit, found.name, language, synthetic=synthetic)
    units = [
        (r["unit_id"], words.unit_label(unit, r["unit_id"], r["name"], language, synthetic=synthetic))
        for r in ranking.ranked.slice(0, 60).select(["unit_id", "name"]).to_pylist()
    ]
    turn = found.overturning()
    meta = {**ranking.meta, **{k: v for k, v in found.as_dict().items() if k not in ("rows", "recipe")}}
    heading = _(words.RANKED[unit]).replace("{indicator}", _(info.name))
    under = _("rank under other choices")
    return Page(
        "robustness.html",
        f"{name}: {under}",
        found.table(),
        meta,
        chart=chart,
        context={
            "curve": chart,
            "found": found,
            "info": info,
            "unit": unit,
            "name": name,
            "units": units,
            "heading": heading,
            "choice": choice,
            "query": choice.query(),
            "lead": lead_text(ranking, choice),
            "influence": [(k, v) for k, v in found.influence().items() if v > 0.0005],
            "turn": turn,
            "changes": found.changed(turn) if turn else {},
            "grade": _(GRADES[found.grade]),
            "span": found.rank_range(),
            "needs_charts": True,
            "here": choice.query(of=of, at_most=at_most),
            "shown_ranks": found.ranks,
            "unit_names": words.UNIT,
            "of": found.unit,
        },
    )
