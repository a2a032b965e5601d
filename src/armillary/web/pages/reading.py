"""Pages that help to read the others: the glossary, and how to read an interval."""

from __future__ import annotations

import pyarrow as pa

from armillary.charts.ranking import ranked_bars
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.routes import SiteDep, as_it_is, page
from armillary.web.terms import TERMS

EXAMPLE = (("A", 62.0, 55.0, 69.0), ("B", 58.0, 50.0, 66.0), ("C", 41.0, 36.0, 46.0), ("D", 12.0, 4.0, 24.0))
"""An invented ranking: name, value, low, high. A and B overlap; D is small, and its interval wide."""


@page("/glossary", published=as_it_is)
def glossary(site: SiteDep) -> Page:
    """Every acronym and word that rankings use, with what it stands for and what it means."""
    rows = [{"term": t, "stands_for": _(long), "means": _(says)} for t, (long, says) in TERMS.items()]
    return Page("glossary.html", _("Glossary"), pa.Table.from_pylist(rows), context={"rows": rows, "from_tables": True})


@page("/intervals", published=as_it_is)
def intervals(site: SiteDep) -> Page:
    """How to read an interval, with an invented example."""
    rows = [{"rank": k, "unit_id": n, "name": n, "value": v, "low": a, "high": b} for k, (n, v, a, b) in enumerate(EXAMPLE, 1)]
    chart = ranked_bars(rows, title=_("Four invented units"), value_title=_("value"), from_zero=False, number="d", width=560)
    return Page(
        "intervals.html",
        _("How to read an interval"),
        pa.Table.from_pylist(rows),
        chart=chart,
        context={"picture": chart, "needs_charts": True, "from_tables": True},
    )
