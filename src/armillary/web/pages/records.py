"""The records behind a number, and why a record is not among them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from armillary.core.titles import clean_title
from armillary.web import words
from armillary.web.choices import ChoiceDep, IndicatorPath, UnitNamePath, UnitPath
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.labels import lead_text
from armillary.web.page import Page
from armillary.web.routes import UNITS, Asked, SiteDep, page

LIMIT = 20_000
PER = 50


def records_of_share(asked: Asked) -> bool:
    """The records behind Share in the headline year."""
    return asked.parts[1] == "share" and asked.parts[2] in UNITS and asked.choices == {"period": asked.period}


@page("/records/{indicator}/{unit}/{unit_id}", published=records_of_share)
def records(
    site: SiteDep,
    indicator: IndicatorPath,
    unit: UnitPath,
    unit_id: UnitNamePath,
    choice: ChoiceDep,
    page: Annotated[int, Query(ge=1, le=LIMIT // PER, description="Page, from 1")] = 1,
    work: Annotated[
        str,
        Query(
            max_length=60,
            pattern=r"^$|^[Ww]?\d{1,18}$|^https?://openalex\.org/[Ww]\d{1,18}$",
            description="Ask for one work: does it count, and if not, why",
        ),
    ] = "",
) -> Page:
    """Papers of one unit, largest contribution first; together they are the value. With ``work``: does that one count, and why not."""
    info = site.indicator(indicator, unit)
    recipe = choice.recipe(indicator, unit)
    found = site.remember(("explain", recipe.digest, unit_id), lambda obs: obs.explain(recipe, unit_id, limit=LIMIT))
    asked = site.remember(("why-not", recipe.digest, work), lambda obs: obs.why_not(recipe, work)) if work else None
    ranking = site.ranking(recipe)
    start = (page - 1) * PER
    rows = found.table.slice(start, PER).to_pylist()
    for row in rows:
        row["shown_title"] = clean_title(row["title"])
    name = words.unit_label(unit, found.unit_id, found.name, current().language, synthetic=bool(site.data.get("synthetic")))
    place = next((r for r in ranking.ranked.to_pylist() if r["unit_id"] == found.unit_id), None)
    meta = {
        **ranking.meta,
        "unit_id": found.unit_id,
        "name": found.name,
        "value": found.value,
        "num": found.num,
        "den": found.den,
        "records": found.records,
    }
    return Page(
        "records.html",
        f"{_('Records')}: {name}, {_(info.name)}",
        found.table,
        meta,
        context={
            "info": info,
            "unit": unit,
            "unit_id": found.unit_id,
            "name": name,
            "found": found,
            "rows": rows,
            "first": start + 1,
            "last": start + len(rows),
            "listed": found.table.num_rows,
            "number": page,
            "choice": choice,
            "query": choice.query(),
            "asked": asked,
            "work": work,
            "place": place,
            "lead": lead_text(ranking, choice),
            "page_query": lambda n: choice.query(page=n if n > 1 else ""),
            "unit_names": words.UNIT,
        },
    )
