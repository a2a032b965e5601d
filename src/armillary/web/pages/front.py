"""The front page: the sphere, the headline rankings, which data, how sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from armillary.charts.ranking import is_total
from armillary.errors import ArmillaryError
from armillary.ranking.result import Ranking
from armillary.studies.world import ranked
from armillary.web import words
from armillary.web.choices import Choice
from armillary.web.i18n import gettext as _
from armillary.web.labels import decorated
from armillary.web.page import Page
from armillary.web.pages.stories import told_all
from armillary.web.points import located, outline
from armillary.web.routes import SiteDep, as_it_is, page
from armillary.web.site import Site, last_full_year
from armillary.web.worldwords import series_name, unit_name


@dataclass(frozen=True, slots=True)
class FrontRanking:
    """One small ranking of the front page."""

    indicator: str
    unit: str


HEADLINES = (FrontRanking("share", "city"), FrontRanking("share", "country"), FrontRanking("p-top10", "institution"))
"""Output of cities, output of countries, highly cited papers of institutions."""


@page("/", published=as_it_is, drawn=True)
def front(site: SiteDep) -> Page:
    """What this is, the headline rankings, the data version, and how sure it is."""
    import pyarrow as pa

    from armillary.charts.globe import sphere

    year = last_full_year(site)
    if site.data.get("kind") == "random-sample":
        year = None  # one year of a small draw says little; its lists are of all years
    choice = Choice(period=str(year) if year else "")
    lists = [h for h in (headline(site, h, choice) for h in HEADLINES) if h]
    cities = next((h for h in lists if h["unit"] == "city"), None)
    globe = None
    told, shades = ([], None) if site.data.get("synthetic") else (told_all(site), countries_map(site))
    if cities and shades is None:
        name = cities["ranking"].meta["indicator"]
        globe = sphere(located(site, cities["ranking"], 120), value_title=name, outline=outline(site))
    table = pa.Table.from_pylist(
        [
            {
                "indicator": h["info"].id,
                "unit": h["unit"],
                "period": choice.period,
                **{k: r[k] for k in ("rank", "unit_id", "name", "value", "count")},
            }
            for h in lists
            for r in h["rows"]
        ]
    )
    facts = [
        (_("Works"), site.rows("work")),
        (_("Institutions"), site.rows("institution")),
        (_("Cities"), site.rows("place")),
        (_("Citations"), site.rows("citation")),
    ]
    return Page(
        "front.html",
        "Armillary",
        table,
        {"data": site.data, "period": choice.period},
        chart=globe if shades is None else shades,
        context={
            "globe": globe,
            "stories": told,
            "shades": shades,
            "narrow": countries_map(site, 440) if shades is not None else None,
            "from_tables": shades is not None,
            "kind": site.data.get("kind"),
            "lists": lists,
            "facts": [(label, n) for label, n in facts if n],
            "year": year,
            "choice": choice,
            "plural": words.PLURAL,
            "paths": bool(site.years()),
            "needs_charts": globe is not None or shades is not None,
            "needs_land": globe is not None or shades is not None,
        },
    )


def countries_map(site: Site, width: int = 560) -> Any:
    """Countries by articles, from the shipped table."""
    from armillary.charts.choropleth import choropleth

    found = ranked.rank_series("articles-fractional")
    rows = [{"rank": p.rank, "unit_id": p.unit, "name": unit_name(p.unit), "value": p.value} for p in found.places]
    title = f"{series_name(found.series)}, {found.year}"
    return choropleth(rows, title=title, value_title=_("articles"), number="~s", log=True, width=width)


def headline(site: Site, wanted: FrontRanking, choice: Choice) -> dict[str, Any] | None:
    """The first rows of a headline ranking, or None where the data have nothing for it."""
    try:
        info = site.indicator(wanted.indicator, wanted.unit)
        found: Ranking = site.sure(choice.recipe(wanted.indicator, wanted.unit))
    except ArmillaryError:
        return None
    rows = [decorated(site, found, r) for r in found.ranked.slice(0, 7).to_pylist()]
    if not rows:
        return None
    bottom, top = words.scale(rows, from_zero=is_total(found))
    return {
        "info": info,
        "unit": wanted.unit,
        "ranking": found,
        "rows": rows,
        "top": top,
        "bottom": bottom,
        "is_total": is_total(found),
        "title": _(words.RANKED[wanted.unit]).replace("{indicator}", _(info.name)),
        "units": found.meta["units"],
        "meta": found.meta,
        "ahead": rows[0].get("p_above_next") if len(rows) > 1 else None,
    }
