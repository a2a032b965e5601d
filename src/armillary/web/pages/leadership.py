"""Leadership balance: who leads the joint papers of two units, year by year, against parity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query

from armillary.errors import ArmillaryError, DataError, UnknownNameError
from armillary.studies.leadership.pairs import MIN_PAPERS, all_pairs, balance_row, by_year, table_of
from armillary.studies.leadership.records import POSITION_RULES, pair_from_records, pairs_with_papers
from armillary.web import words
from armillary.web.choices import PERIOD, Choice
from armillary.web.current import current
from armillary.web.i18n import gettext as _
from armillary.web.page import Page
from armillary.web.pages.collaboration import KINDS
from armillary.web.routes import SiteDep, data_by_period, page
from armillary.web.site import Site

RULES = {
    "": words.N_("model, or first and last author"),
    "first": words.N_("first author"),
    "last": words.N_("last author"),
    "first-last": words.N_("first and last author"),
    "corresponding": words.N_("corresponding author"),
    "model": words.N_("model of lead authors"),
}
THIRD = {"exclude": words.N_("papers of exactly the two"), "allow": words.N_("papers with others too")}
PAIRS = 12
UNIT_ID = r"^[A-Za-z0-9_.:~-]*$"


@dataclass(frozen=True, slots=True)
class BalanceView:
    """The balance of one pair: the whole period, every year, and how it was decided."""

    first: str
    second: str
    rule: str
    model: str | None
    whole: dict[str, Any]
    years: Any
    third: str
    widened: bool
    joint_papers: int
    notes: tuple[str, ...]


def rule_of(obs: Any, by: str) -> tuple[str, str | None]:
    """The rule asked for, and the model behind it. Without a wish: the only trained model if it has predictions, else first and last."""
    from armillary.studies.leadership.model.card import load_model, saved_models

    if by and by != "model":
        return by, None
    saved = saved_models(obs.path)
    if len(saved) == 1:
        digest = load_model(obs.path)[0].digest
        made = obs.corpus.table("lead_prediction")
        if obs.corpus.fetch(made.filter(made.model == digest).limit(1)).num_rows:
            return "model", digest
    if by:
        raise DataError("no model of lead authors has predictions in this observatory", fix="armillary lead train, then lead predict")
    return "first-last", None


def balance(site: Site, recipe: Any, first: str, second: str, by: str, third: str, least: int) -> BalanceView:
    """The balance of a pair. Without a wish about third units: as published (without), unless that leaves no year with enough papers.

    Without a wish about the rule: where all joint papers have bylines in alphabetical order, the corresponding authors.
    """

    def compute(obs: Any) -> BalanceView:
        rule, model = rule_of(obs, by)
        try:
            return one(obs, rule, model)
        except DataError:
            if by:
                raise
            return one(obs, "corresponding", None)

    def one(obs: Any, rule: str, model: str | None) -> BalanceView:
        for others in (third,) if third else ("exclude", "allow"):
            papers, found = pair_from_records(obs.corpus, recipe, first, second, by=rule, model=model, others=others)
            years = by_year(papers, min_papers=least, draws=site.settings.draws) if papers.by_year() else table_of([])
            if judged(years):
                break
        whole = balance_row(papers, min_papers=least, draws=site.settings.draws)
        widened = others == "allow" and not third
        return BalanceView(first, second, rule, model, whole, years, others, widened, found.joint_papers, found.notes)

    done: BalanceView = site.remember(("leadership", recipe.digest, first, second, by, third, least), compute)
    return done


def judged(years: Any) -> bool:
    """Whether any year has a balance."""
    return bool(years.num_rows) and years["lead_share"].null_count < years.num_rows


@page("/leadership", published=data_by_period, drawn=True)
def leadership(
    site: SiteDep,
    unit: Annotated[str, Query(max_length=20, pattern=r"^[a-z]+$", description="country, region, city or institution")] = "country",
    first: Annotated[str, Query(max_length=80, pattern=UNIT_ID, description="Id of a unit")] = "",
    second: Annotated[str, Query(max_length=80, pattern=UNIT_ID, description="Id of the other")] = "",
    by: Annotated[str, Query(max_length=20, pattern=r"^[a-z-]*$", description="Who leads: a byline position or model")] = "",
    third: Annotated[str, Query(pattern=r"^(exclude|allow)?$", description="Papers on which third units are too")] = "",
    period: Annotated[str, Query(max_length=9, pattern=PERIOD)] = "",
    subject: Annotated[str, Query(max_length=120)] = "",
    least: Annotated[int, Query(ge=5, le=10_000, description="Papers below which no balance is given")] = MIN_PAPERS,
) -> Page:
    """Lead share and lead premium of a pair by year with interval and parity, and the pairs with most joint papers."""
    from armillary.charts.leadership import balance_over_time

    if unit not in KINDS:
        raise UnknownNameError("unit", unit, KINDS)
    if by not in RULES:
        raise UnknownNameError("rule for who leads", by, [r for r in RULES if r])
    subject = " ".join(subject.split())
    recipe = Choice(period="" if period == "all" else period, subject=subject).recipe("count", unit)
    if not site.rows("work"):
        raise DataError("there are no works in this observatory, so nobody leads", fix="ingest records first")
    pairs = site.remember(("lead-pairs", recipe.digest), lambda obs: pairs_with_papers(obs.corpus, recipe, top=300))
    if not pairs:
        raise DataError("no two units share a paper in this scope and period", fix="take another subject or period")
    asked = {"first": first, "second": second}
    if not first or not second:
        known = first or second or pairs[0][0]
        first, second = known, next((b if a == known else a for a, b, _n in pairs if known in (a, b)), "")
    if not second:
        raise DataError(f"'{first}' shares no paper with another {unit}", fix="take another unit")
    names = called(site, unit, recipe, {u for a, b, _n in pairs for u in (a, b)} | {first, second})
    got = balance(site, recipe, first, second, by, third, least)
    one, two = names[first], names[second]
    charts: dict[str, Any] = {}
    if judged(got.years):
        for measure in ("share", "premium"):
            charts[measure] = balance_over_time(got.years, one, two, measure=measure, width=760)
            charts[f"{measure}-narrow"] = balance_over_time(got.years, one, two, measure=measure, width=270, height=220)
    decided = f"model {got.model[:12]}" if got.model else POSITION_RULES[got.rule]
    meta = {
        "unit": unit,
        "first": first,
        "second": second,
        "lead": decided,
        "third": got.third,
        "period": period or "all",
        "subject": subject or None,
        "formula": "LS = L1 / (L1 + L2); LP = L1 / (L1 + L2) - M1 / (M1 + M2); L leaders, M other authors of the two units",
        "joint_papers": got.joint_papers,
        "whole": got.whole,
        "data": site.data,
        "notes": list(got.notes),
    }
    given = {"unit": unit if unit != "country" else "", "by": by, "third": third, "least": least if least != MIN_PAPERS else ""}
    choice = Choice(period=period, subject=subject)
    return Page(
        "leadership.html",
        _("Who leads joint papers"),
        got.years if got.years.num_rows else table_of([{"year": None, **got.whole}]),
        meta,
        chart=charts.get("share"),
        context={
            "got": got,
            "whole": got.whole,
            "says": lambda verdict, a, b: spoken(verdict, {a: names[a], b: names[b]}),
            "years": got.years.to_pylist(),
            "one": one,
            "two": two,
            "charts": charts,
            "unit": unit,
            "kinds": KINDS,
            "unit_names": words.UNIT,
            "units": sorted({u for a, b, _n in pairs for u in (a, b)} | {first, second}, key=lambda u: names[u].casefold()),
            "names": names,
            "by": by,
            "rules": RULES,
            "decided": decided,
            "third": third,
            "thirds": THIRD,
            "least": least,
            "period": period,
            "subject": subject,
            "others": listed(site, recipe, got, least),
            "query": choice.query(**asked, **given),
            "pair_query": lambda a, b: choice.query(first=a, second=b, **given),
            "needs_charts": bool(charts),
        },
    )


def listed(site: Site, recipe: Any, got: BalanceView, least: int) -> list[dict[str, Any]]:
    """The balances of the pairs with most joint papers, decided as that of the pair on the page."""

    def compute(obs: Any) -> list[dict[str, Any]]:
        options: dict[str, Any] = {"others": got.third, "min_papers": least, "top": PAIRS, "draws": site.settings.draws}
        try:
            return list(all_pairs(obs.corpus, recipe, by=got.rule, model=got.model, **options).to_pylist())
        except ArmillaryError:
            return []

    found: list[dict[str, Any]] = site.remember(("lead-list", recipe.digest, got.rule, got.model, got.third, least), compute)
    return found


def spoken(verdict: str, names: dict[str, str]) -> str:
    """The verdict with names in place of ids."""
    return re.sub(r"(\S+)(?= (?:leads|ahead)\b)", lambda found: names.get(found[1], found[1]), verdict)


def called(site: Site, unit: str, recipe: Any, ids: set[str]) -> dict[str, str]:
    """Names of units in the reader's language."""
    ranked = site.ranking(recipe).ranked
    known = dict(zip(ranked["unit_id"].to_pylist(), ranked["name"].to_pylist(), strict=True))
    synthetic = bool(site.data.get("synthetic"))
    return {u: words.unit_label(unit, u, known.get(u, u), current().language, synthetic=synthetic) for u in ids}
