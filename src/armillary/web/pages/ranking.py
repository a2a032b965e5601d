"""The catalogue of rankings, and the ranking page."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Query

from armillary.charts.ranking import is_total, ranking_chart
from armillary.counting.lists import LEADS, has_whole_papers
from armillary.counting.scopes import scopes
from armillary.errors import ArmillaryError
from armillary.indicators import Indicator
from armillary.registry import world
from armillary.studies.world.ranked import latest_year
from armillary.studies.world.yearly import of_ranking
from armillary.web import words
from armillary.web.choices import COUNTINGS, UNIT_IDS, Choice, ChoiceDep, IndicatorPath, TableView, UnitPath, ViewDep
from armillary.web.current import current
from armillary.web.grapher import Grapher, Measured, grapher, said
from armillary.web.i18n import gettext as _
from armillary.web.labels import decorated, lead_text, period_text
from armillary.web.look import Look, LookDep
from armillary.web.page import Page
from armillary.web.phrases import said_breaks
from armillary.web.questions import PAGE_NAMES, QUESTIONS, Question
from armillary.web.routes import HEADLINES, UNITS, Asked, SiteDep, as_it_is, has_yardstick, page
from armillary.web.site import Site, last_full_year, series_of, subjects_of, years_of
from armillary.web.terms import TERMS
from armillary.web.worldwords import series_name, source_line

SHOWN_UNITS = ("country", "institution", "city", "region", "author", "field", "list")
AGAINST = r"^$|^(counting|scope|period):[a-z0-9-]{1,30}$"


@page("/rankings", published=as_it_is)
def rankings(site: SiteDep) -> Page:
    """Everything that can be ranked."""
    import pyarrow as pa

    families: dict[str, list[Indicator]] = {}
    for info in site.indicators().values():
        if any(key in ("with", "partner") and o.default == "" for key, o in info.options.items()):
            continue  # a ranking of one unit's partners: it needs to be told whose (see /methods and /collaboration)
        families.setdefault(info.family, []).append(info)
    order = [f for f in words.FAMILY if f in families] + sorted(f for f in families if f not in words.FAMILY)
    table = pa.Table.from_pylist(
        [
            {"indicator": i.id, "name": i.name, "unit": u, "measure": i.measure, "counting": i.counting, "scope": i.scope}
            for f in order
            for i in families[f]
            for u in site.units(i)
        ]
    )
    return Page(
        "rankings.html",
        _("Rankings"),
        table,
        context={
            "families": [(f, families[f]) for f in order],
            "family_names": words.FAMILY,
            "shown_units": SHOWN_UNITS,
            "units": site.units,
            "plural": words.PLURAL,
            "questions": [asked(site, q) for q in QUESTIONS],
            "short": spelt_out,
            "year_query": usual(site).query(),
            "from_tables": bool(not site.rows("work")),
        },
    )


def usual(site: Site) -> Choice:
    """The period that a ranking opens with from a list: the last full year, or all years of a sample (one year of a draw says little)."""
    year = last_full_year(site)
    return Choice(period=str(year)) if year and not site.data.get("sample") and site.data.get("kind") != "random-sample" else Choice()


def spelt_out(info: Indicator) -> str:
    """What the letters of an indicator's name stand for, where the glossary knows."""
    for term in (info.name, info.name.split("(")[0].strip()):
        if term in TERMS:
            return _(TERMS[term][0])
    return ""


def asked(site: Site, question: Question) -> dict[str, Any]:
    """A question with the tables and rankings that answer it here, each with its period."""
    known, choice = site.indicators(), usual(site)
    series = []
    for name in question.series if not site.data.get("synthetic") else ():
        s = world.series(name)
        year = latest_year(s.id, "" if not s.parts or world.has_whole(s.id) else s.parts[0])
        series.append({"id": s.id, "name": series_name(s), "period": s.period(year), "source": source_line(s)})
    rankings = [
        {
            "indicator": i,
            "unit": u,
            "name": _(words.RANKED[u]).replace("{indicator}", known[i].name),
            "short": spelt_out(known[i]),
            "query": choice.query(),
            "period": period_text(choice),
        }
        for i, u in question.rankings
        if i in known and u in known[i].units and site.rows("work")
    ]
    pages = [(p, _(PAGE_NAMES[p])) for p in question.pages if site.rows("work")]
    return {"asks": question.asks, "know": question.know, "series": series, "rankings": rankings, "pages": pages}


def ranking_in_use(asked: Asked) -> bool:
    """Headline indicators in all units, Share also by other counting methods and scopes; all others in their usual form."""
    _, indicator, unit = asked.parts
    if unit not in UNITS or not has_yardstick(asked, indicator):
        return False
    rest = {k: v for k, v in asked.choices.items() if not (k == "period" and v == asked.period)}
    if indicator not in HEADLINES:
        return not asked.choices and unit in ("country", "institution")
    return not rest or (indicator == "share" and len(rest) == 1 and rest.keys() <= {"counting", "scope"} and "period" not in asked.choices)


@page("/rankings/{indicator}/{unit}", published=ranking_in_use)
def ranking(
    site: SiteDep,
    indicator: IndicatorPath,
    unit: UnitPath,
    choice: ChoiceDep,
    view: ViewDep,
    look: LookDep,
    against: Annotated[str, Query(pattern=AGAINST, max_length=42, description="Lay the ranks of a variant beside these")] = "",
    focus: Annotated[str, Query(max_length=80, pattern=UNIT_IDS, description="Id of a unit to set apart")] = "",
    intervals: Annotated[str, Query(pattern=r"^[01]?$", description="1: with intervals, 0: without (default: where they are cheap)")] = "",
) -> Page:
    """One ranking: the table with intervals and paths, the method, and the other defensible choices."""
    info = site.indicator(indicator, unit)
    found = site.sure(choice.recipe(indicator, unit), intervals)
    ranked = [decorated(site, found, r) for r in found.ranked.to_pylist()]
    hits = (
        [r for r in ranked if view.q.casefold() in r["label"].casefold() or view.q.casefold() == r["unit_id"].casefold()]
        if view.q
        else ranked
    )
    hits = ordered(hits, view.sort)
    start = (view.page - 1) * view.per
    rows = hits[start : start + view.per]
    countings = tuple(c for c in COUNTINGS if c not in LEADS) if has_whole_papers(site.obs.corpus, found.recipe) else COUNTINGS
    # a published site has hundreds of rankings; the small lines are on those that people see first
    lines = bool(rows) and (current().plan is None or (indicator in HEADLINES and not choice.counting and not choice.scope))
    years, paths = series_of(site, info, unit, choice) if lines else ([], {})
    beside = against_ranks(site, indicator, unit, choice, against) if against else None
    for row in rows:
        row["series"] = paths.get(row["unit_id"], [])
        row["against"] = beside["ranks"].get(row["unit_id"]) if beside else None
        row["move"] = row["rank"] - row["against"] if beside and row["against"] is not None and row["rank"] is not None else None
    g = over_the_years(site, info, unit, choice, look) if years else None
    bottom, top = words.scale(ranked, from_zero=is_total(found))
    query = choice.query()
    heading = _(words.RANKED[unit]).replace("{indicator}", _(info.name))
    return Page(
        "ranking.html",
        f"{heading}, {period_text(choice)}",
        found.arrow,
        found.meta,
        chart=ranking_chart(found, focus=focus or None),
        files={"recipe.toml": found.recipe.to_toml().encode()},
        description=f"{heading}, {period_text(choice)}",
        context={
            "g": g,
            "amount": lambda v: said(g.measured, g.shown, v) if g is not None else "",
            "needs_charts": g is not None,
            "needs_land": g is not None and g.can_map,
            "info": info,
            "unit": unit,
            "unit_names": words.UNIT,
            "choice": choice,
            "view": view,
            "rows": rows,
            "total": len(hits),
            "first": start + 1,
            "last": start + len(rows),
            "rest": found.unassigned.to_pylist() if view.page == 1 and not view.q else [],
            "query": query,
            "heading": heading,
            "lead": lead_text(found, choice),
            "scale_top": top,
            "scale_bottom": bottom,
            "is_total": is_total(found),
            "has_intervals": "low" in found.arrow.column_names,
            "intervals_query": choice.query(intervals=1),
            "series_years": years,
            "against": beside,
            "focus": focus,
            "years": years_of(site),
            "subjects": subjects_of(site),
            "countings": countings,
            "scopes": list(scopes()),
            "variants": variants(info, choice, countings),
            "map_query": choice.query(indicator=indicator, unit=unit),
            "path_query": choice.but(period="").query(),
            "compare_query": choice.query(ids=",".join(r["unit_id"] for r in rows[:4])),
            "page_query": lambda n: choice.query(
                q=view.q,
                sort=view.sort if view.sort != "rank" else "",
                page=n if n > 1 else "",
                per=view.per if view.per != 50 else "",
                against=against,
            ),
            "sorted_by": lambda key, label: sort_link(choice, view, key, label),
        },
    )


DRAWN = 150
"""Units at most that the years of a ranking are drawn for: those that were first in some year go before."""


def over_the_years(site: Site, info: Indicator, unit: str, choice: Choice, look: Look) -> Grapher | None:
    """The ranking year by year, for the units that come first in any year."""
    try:
        found = site.ranking(choice.but(period="").recipe(info.id, unit, step=1))
    except ArmillaryError:
        return None
    whole = site.remember(("by-year", found.recipe.digest), lambda obs: of_ranking(found, is_total=info.kind == "total"))
    best = {u: min(r.values()) for u, r in whole.ranks.items()}
    first = sorted(best, key=lambda u: (best[u], u))[:DRAWN]
    kept = [u for u in whole.values if u in {*first, *look.units}]
    named = dict(zip(found.ranked["unit_id"].to_pylist(), found.ranked["name"].to_pylist(), strict=True))
    yearly = replace(whole, values={u: whole.values[u] for u in kept}, ranks={u: whole.ranks.get(u, {}) for u in kept})
    last = last_full_year(site)
    names = {u: words.unit_label(unit, u, named[u], current().language, synthetic=bool(site.data.get("synthetic"))) for u in kept}
    m = Measured(
        _(info.name),
        info.measure,
        unit,
        yearly,
        names,
        last if last is not None and last in yearly.years else yearly.years[-1],
        str(site.data["name"]),
        info.decimals,
        info.percent,
        prefix=f"/units/{unit}/",
        choices={"subject": choice.subject, "counting": choice.counting, "scope": choice.scope, "period": choice.period},
        breaks=said_breaks(found.meta["notes"]),
        is_sample=bool(site.data.get("sample")) or site.data.get("kind") in ("random-sample", "institution", "country"),
    )
    return grapher(site, m, look)


def ordered(rows: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """Rows by name, count or value; by rank they already are."""
    if sort == "name":
        return sorted(rows, key=lambda r: r["label"].casefold())
    if sort in ("count", "value"):
        return sorted(rows, key=lambda r: (r[sort] is None, -(r[sort] or 0), r["label"].casefold()))
    return rows


def sort_link(choice: Choice, view: TableView, key: str, label: str) -> Any:
    """The head of a column as a link that orders by it."""
    from markupsafe import Markup

    from armillary.web.render import anchor

    here = current()
    if here.plan is not None:
        return label
    if view.sort == key:
        return Markup('<span aria-current="true">{} ▾</span>').format(label)
    return anchor(label, here.path, choice.query(q=view.q, sort=key if key != "rank" else ""), rel="nofollow")


def against_ranks(site: Site, indicator: str, unit: str, choice: Choice, against: str) -> dict[str, Any]:
    """Ranks under a variant, by unit."""
    key, _sep, value = against.partition(":")
    found = site.ranking(choice.but(**{key: value}).recipe(indicator, unit))
    ranks = dict(zip(found.ranked["unit_id"].to_pylist(), found.ranked["rank"].to_pylist(), strict=True))
    return {"label": _(value), "ranks": ranks}


def variants(info: Indicator, choice: Choice, countings: tuple[str, ...]) -> list[dict[str, Any]]:
    """Other defensible choices, each one step away; ``countings`` are the methods that the units can be counted by."""
    out = []
    for key, usual, values in (
        ("counting", info.counting, ("full", "author-fractional", "first", "corresponding")),
        ("scope", info.scope, ("default", "articles", "journals-145")),
    ):
        now = getattr(choice, key) or usual
        for value in values:
            if value != now and (key != "counting" or value in countings):
                changed = choice.but(**{key: "" if value == usual else value})
                out.append(
                    {
                        "kind": _(words.CHOICE[key]),
                        "label": _(value),
                        "query": changed.query(),
                        "against_query": choice.query(against=f"{key}:{value}"),
                    }
                )
    return out
