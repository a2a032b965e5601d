"""What the lead commands share: who leads, which papers count, and the lines that say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from armillary.core.recipe import Recipe
    from armillary.observatory import Observatory

F = TypeVar("F", bound=Callable[..., Any])


def pair_options(function: F) -> F:
    """How who leads is decided, and which papers count."""
    options = [
        click.option(
            "--by",
            default="auto",
            show_default=True,
            help="first, last, first-last, corresponding, model; auto: the model if it predicted these works, else first-last.",
        ),
        click.option("--model", "model_name", help="The model whose stored predictions count (beginning of its hash), with --by model."),
        click.option("--unit", default="country", show_default=True, help="country, region, city or institution."),
        click.option("--regions", default="default", help="A TOML file or folder with regions of your own, with --unit region."),
        click.option("--period", help="A year, a range such as 2018-2021, or 'all'.  [default: all]"),
        click.option("--scope", default="default", show_default=True, help="Which works count."),
        click.option("--subject", help="An OpenAlex domain, field, subfield or topic."),
        click.option("--technology", help="A technology area: ai, hpc, quantum, robotics, disaster, communication, data, bio, energy, ..."),
        click.option(
            "--threshold", type=click.FloatRange(0, 1), default=0.65, show_default=True, help="Above it an author leads (with --by model)."
        ),
        click.option(
            "--rule",
            type=click.Choice(["binned", "plain"]),
            default="binned",
            show_default=True,
            help="Compare the threshold with the midpoint of twenty bins (as published), or with the probability.",
        ),
        click.option(
            "--third",
            "others",
            type=click.Choice(["exclude", "allow"]),
            default="exclude",
            show_default=True,
            help="Papers on which third units are too.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def balance_options(function: F) -> F:
    """From how many papers on a balance is given, how its interval is drawn, and where the table goes."""
    options = [
        click.option("--min-papers", type=click.IntRange(1), default=30, show_default=True, help="Fewer joint papers give no balance."),
        click.option("--seed", type=int, default=1, show_default=True, help="Seed of the resampled intervals."),
        click.option("--out", type=click.Path(path_type=Path), help="Write all rows to a .csv, .json or .parquet file."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@dataclass(frozen=True, slots=True)
class LeadQuestion:
    """What the pair options describe: the works (``recipe``), who leads on them (``rules``), and the lines that say so (``meta``)."""

    observatory: Observatory
    recipe: Recipe
    rules: dict[str, Any]
    meta: dict[str, Any]


def asked(
    *,
    observatory: Path,
    by: str,
    model_name: str | None,
    unit: str,
    regions: str,
    period: str | None,
    scope: str,
    subject: str | None,
    technology: str | None,
    threshold: float,
    rule: str,
    others: str,
) -> LeadQuestion:
    """Open the observatory and settle the choices of :func:`pair_options` that decide the numbers."""
    import armillary as arm
    from armillary.counting.notes import corpus_notes
    from armillary.counting.scopes import resolve_scope
    from armillary.counting.technologies import technologies, technology_topics
    from armillary.studies.leadership.model.card import load_model, saved_distance, source_of
    from armillary.studies.leadership.model.distance import said
    from armillary.studies.leadership.records import POSITION_RULES

    obs = arm.open(observatory)
    filters: Any = scope
    area = ""
    if technology:
        technology_topics(technology)
        filters = [*resolve_scope(scope), f"technology:{technology}"]
        area = f"; technology {technologies().get(technology, {}).get('name', technology)}"
    recipe = obs.recipe("count", unit=unit, scope=filters, subject=subject, period=period, regions=regions)
    data = obs.data_version
    meta: dict[str, Any] = {"data": f"{data['name']}, snapshot {data['snapshot_date']}, classification {data['classification_version']}"}
    meta["notes"] = corpus_notes(obs.corpus)
    digest = None
    if by == "auto":
        by, meta["fallback"] = _fitting(obs, model_name)
    if by == "model":
        trees, card = load_model(obs.path, model_name)
        digest = trees.digest
        r = card["report"]
        meta["leads"] = (
            f"model {digest[:12]} ({card['feature_set']} features; held-out AUC {r['auc']:.3f}, Brier {r['brier']:.3f}), "
            f"probability above {threshold:g} ({rule})"
        )
        apart = saved_distance(obs.path, digest)
        meta["model"] = "learned from " + source_of(card) + ("" if apart is None else f"; the predicted works: {said(apart)}")
        if (within := card.get("within_positions")) is not None and not within["adds"]:
            meta["model caution"] = within["sentence"]
    elif by in POSITION_RULES:
        meta["leads"] = f"{POSITION_RULES[by]} (a position rule: no model is used)"
    third = "papers of exactly the two" if others == "exclude" else "papers of the two and others"
    meta["papers"] = f"scope {scope}{'; subject ' + subject if subject else ''}{area}; period {recipe.period}; {third}"
    rules = {"by": by, "model": digest, "threshold": threshold, "rule": rule, "others": others}
    return LeadQuestion(obs, recipe, rules, meta)


def _fitting(obs: Observatory, model: str | None) -> tuple[str, str]:
    """``model`` if one was trained here and has stored predictions; else the position rule, and why."""
    from armillary.studies.leadership.model.card import load_model, saved_models

    if not saved_models(obs.path):
        return "first-last", "no lead model was trained here"
    if model is None and len(saved_models(obs.path)) > 1:
        return "first-last", "there are several lead models and none was named (--model)"
    trees, card = load_model(obs.path, model)
    digest, within, rule = trees.digest, card.get("within_positions"), card["report"].get("position_rule") or {}
    if within is not None and not within["adds"]:
        wrong = f"; the rule is wrong about {100 * rule['error']:.1f} % of the authors there" if rule.get("error") is not None else ""
        return (
            "first-last",
            f"model {digest[:12]} adds nothing to positions on its held-out papers{wrong} (--by model uses it all the same)",
        )
    made = obs.corpus.table("lead_prediction")
    if not obs.corpus.fetch(made.filter(made.model == digest).limit(1)).num_rows:
        return "first-last", f"model {digest[:12]} has no stored predictions (armillary lead predict)"
    return "model", ""


def named(unit: str) -> str:
    """A country's or region's name for people, or the id."""
    from armillary.core.places.regions import load_regions
    from armillary.registry import country_names

    regions = load_regions()
    return regions[unit].name if unit in regions else country_names().get(unit, unit)
