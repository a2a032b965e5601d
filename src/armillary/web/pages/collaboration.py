"""Who works with whom: the matrix of pairs, the partners of one unit."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from armillary.charts.matrix import pair_matrix
from armillary.counting.units import known_units
from armillary.errors import ArmillaryError, UnknownNameError, UsageError
from armillary.studies.cooperation.partners import MEASURES
from armillary.web import words
from armillary.web.choices import PERIOD, Choice
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.routes import SiteDep, data_by_period, page
from armillary.web.site import Site, last_full_year

KINDS = ("country", "region", "city", "institution")


def pair_table(site: Site, unit: str, subject: str) -> Any:
    """Joint papers of all pairs: the observatory's own records, or for countries the ingested pair table where there are no works."""

    def compute(obs: Any) -> Any:
        from armillary.studies.cooperation.pairs import pairs_from_store
        from armillary.studies.cooperation.records import pairs_from_corpus

        if unit == "country" and not subject and not obs.corpus.has("work"):
            return pairs_from_store(obs.store)
        return pairs_from_corpus(obs.corpus, Choice(subject=subject).recipe("count", unit))

    return site.remember(("pairs", unit, subject), compute)


@page("/collaboration", published=data_by_period, drawn=True)
def collaboration(
    site: SiteDep,
    unit: Annotated[str, Query(max_length=20, pattern=r"^[a-z]+$", description="country, region, city or institution")] = "country",
    by: Annotated[str, Query(max_length=20, pattern=r"^[a-z_]+$", description="Measure of a pair")] = "quasi_pai",
    period: Annotated[str, Query(max_length=9, pattern=PERIOD)] = "",
    subject: Annotated[str, Query(max_length=120)] = "",
    focus: Annotated[str, Query(max_length=80, pattern=r"^[A-Za-z0-9_.:~-]*$", description="Id of a unit: its partners as a list")] = "",
    show: Annotated[int, Query(ge=5, le=40, description="Units in the matrix")] = 20,
) -> Page:
    """Joint papers of the units that cooperate most, against what their size would lead one to expect."""
    import pyarrow as pa

    from armillary.studies.cooperation.partners import pair_measure, partners

    if unit not in KINDS:
        raise UnknownNameError("unit", unit, KINDS)
    if by not in MEASURES:
        raise UnknownNameError("measure of a pair", by, MEASURES)
    year = last_full_year(site)
    period = period or (f"{year - 3}-{year}" if year else "")
    pairs = pair_table(site, unit, " ".join(subject.split()))
    matrix, joint = pair_measure(pairs, by, period or None), pair_measure(pairs, "works", period or None)
    order = sorted(range(len(pairs.units)), key=lambda k: (-float(joint[k][joint[k] == joint[k]].sum()), pairs.units[k]))[:show]
    language, synthetic = current().language, bool(site.data.get("synthetic"))
    called = site.remember(
        ("called", unit, pairs.units), lambda obs: known_units(obs.corpus, unit) if unit in ("country", "city", "region") else {}
    )
    names = {u: words.unit_label(unit, u, called.get(u) or pairs.name(u), language, synthetic=synthetic) for u in pairs.units}
    rows = [
        {
            "unit": pairs.units[i],
            "partner": pairs.units[j],
            "unit_name": names[pairs.units[i]],
            "partner_name": names[pairs.units[j]],
            "works": _finite(joint[i, j]),
            "value": _finite(matrix[i, j]),
        }
        for i in order
        for j in order
        if i != j
    ]
    # colours run both ways from 1, "as often as size would have it", and stop at 4: beyond that every pair is simply very close
    middle = 1.0 if by.endswith("pai") else None
    chart = pair_matrix(
        rows,
        title=_("Who works with whom"),
        value_title=_(LABELS[by]),
        middle=middle,
        order=[pairs.units[k] for k in order],
        number=",.2f" if by != "works" else ",.0f",
        cell=34 if len(order) <= 24 else 26,
    )
    mine = None
    if focus:
        try:
            mine = partners(pairs, focus, period or None, by=by).to_pylist()[:50]
        except UnknownNameError as error:
            raise UnknownNameError(unit, focus, pairs.units) from error
        except ArmillaryError as error:
            raise UsageError(error.what, fix=error.fix) from error
    table = pa.Table.from_pylist([{k: r[k] for k in ("unit", "unit_name", "partner", "partner_name", "works", "value")} for r in rows])
    meta = {
        "unit": unit,
        "measure": by,
        "formula": MEASURES[by],
        "period": period or "all",
        "subject": subject or None,
        "source": pairs.source,
        "own": pairs.own_meaning,
        "data": site.data,
        "notes": list(pairs.notes),
    }
    query = Choice(period=period, subject=subject).query(
        unit=unit if unit != "country" else "", by=by if by != "quasi_pai" else "", focus=focus
    )
    top = sorted(
        (r for r in rows if r["unit"] < r["partner"] and r["value"] is not None), key=lambda r: (-r["value"], -(r["works"] or 0), r["unit"])
    )
    return Page(
        "collaboration.html",
        _("Who works with whom"),
        table,
        meta,
        chart=chart,
        context={
            "matrix": chart,
            "unit": unit,
            "kinds": KINDS,
            "unit_names": words.UNIT,
            "by": by,
            "labels": LABELS,
            "period": period,
            "subject": subject,
            "focus": focus,
            "mine": mine,
            "names": names,
            "pairs": [(u, names[u]) for u in sorted(pairs.units, key=lambda u: names[u].casefold())],
            "top": top[:15],
            "query": query,
            "formula": MEASURES[by],
            "needs_charts": True,
            "show": show,
            "source": pairs.source,
        },
    )


LABELS = {
    "works": words.N_("joint papers"),
    "share": words.N_("share of the unit's papers"),
    "salton": words.N_("Salton's cosine"),
    "jaccard": words.N_("Jaccard index"),
    "inclusion": words.N_("share of the smaller unit's papers"),
    "pai": words.N_("affinity (paper margins)"),
    "link_pai": words.N_("affinity (link margins)"),
    "quasi_pai": words.N_("observed / expected by size"),
}


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if number == number else None
