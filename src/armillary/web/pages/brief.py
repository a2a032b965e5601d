"""The brief: one period on a page. Who leads, what moved and why, works that stand out, who works together."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from armillary.errors import DataError
from armillary.reports import brief_words as told
from armillary.web import words
from armillary.web.briefwords import BriefWords
from armillary.web.choices import PERIOD
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.routes import SiteDep, as_it_is, page
from armillary.web.site import last_full_year

SECTION = {"country": words.N_("Countries"), "city": words.N_("Cities"), "institution": words.N_("Institutions")}


@page("/brief", published=as_it_is, drawn=True)
def brief(
    site: SiteDep,
    period: Annotated[str, Query(max_length=9, pattern=PERIOD, description="A closed period: 2024 or 2020-2024")] = "",
    subject: Annotated[str, Query(max_length=120)] = "",
) -> Page:
    """A digest of one period: headline tables with change and interval, movers with their fields, notable works, cooperation."""
    import pyarrow as pa

    from armillary.charts.ranking import ranked_bars
    from armillary.studies.brief import Brief, build_brief, chart_table

    year = last_full_year(site)
    if year is None:
        raise DataError("there are no works in this observatory, so there is nothing to report", fix="ingest records first")
    period, subject = period or str(year), " ".join(subject.split())

    def compute(obs: Any) -> Brief:
        return build_brief(obs.corpus, period, subject=subject or None, draws=site.settings.draws)

    found: Brief = site.remember(("brief", period, subject), compute)
    language, synthetic = current().language, bool(site.data.get("synthetic"))
    says = BriefWords(site.data)
    sections = []
    for section in found.sections:
        rows = [
            {
                "row": r,
                "name": words.unit_label(section.kind, r.unit_id, r.name, language, synthetic=synthetic),
                "moved": None if r.previous_rank is None else r.previous_rank - r.rank,
            }
            for r in section.rows
        ]
        bottom, top = words.scale([{"value": r.value, "low": r.low, "high": r.high} for r in section.rows], from_zero=True)
        sections.append({"section": section, "rows": rows, "top": top, "bottom": bottom, "how": says.methods(section)})
    table = pa.Table.from_pylist(
        [
            {
                "unit": s.kind,
                "period": found.period,
                "earlier": found.earlier,
                **{k: getattr(r, k) for k in ("rank", "unit_id", "name", "value", "low", "high", "previous_rank", "change")},
            }
            for s in found.sections
            for r in s.rows
        ]
    )
    meta = {
        "measure": "Share",
        "period": found.period,
        "earlier": found.earlier,
        "subject": subject or None,
        "lead": told.lead(found),
        "recipes": list(found.recipes),
        "works": [{k: getattr(w, k) for k in w.__slots__} for w in found.works],
        "cooperation": list(found.cooperation),
        "growing": list(found.growing),
        "movers": [{"unit": s.kind, "unit_id": m.unit_id, "says": told.moved(m)} for s in found.sections for m in s.movers],
        "data": site.data,
        "notes": list(found.notes),
    }
    query = f"period={period}" if period != str(year) else ""
    if subject:
        from urllib.parse import urlencode

        query = urlencode([("period", period), ("subject", subject)])
    return Page(
        "brief.html",
        _("{period} in brief").replace("{period}", found.period.replace("-", "–")),
        table,
        meta,
        chart=ranked_bars(chart_table(found.sections[0]), value_title="Share"),
        context={
            "brief": found,
            "sections": sections,
            "names": SECTION,
            "says": says,
            "period": period,
            "subject": subject,
            "query": query,
        },
    )
