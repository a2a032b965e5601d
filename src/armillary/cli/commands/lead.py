"""Who leads joint research: balances, forecasts, the lead-author model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from armillary.cli.common import json_option, observatory_option, print_json
from armillary.errors import DataError, InputError, UsageError

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
        click.option("--min-papers", type=click.IntRange(1), default=30, show_default=True, help="Fewer joint papers give no balance."),
        click.option("--seed", type=int, default=1, show_default=True, help="Seed of the resampled intervals."),
        click.option("--out", type=click.Path(path_type=Path), help="Write all rows to a .csv, .json or .parquet file."),
    ]
    for option in reversed(options):
        function = option(function)
    return observatory_option(json_option(function))


def opened(o: dict[str, Any]) -> tuple[Any, Any, str | None, dict[str, Any]]:
    """Observatory, recipe, full hash of the model, and the lines that say what the numbers are."""
    import armillary as arm
    from armillary.core.scopes import resolve_scope
    from armillary.core.technologies import technologies, technology_topics
    from armillary.models.card import load_model
    from armillary.ranking.leadership_records import POSITION_RULES

    obs = arm.open(o["observatory"])
    scope: Any = o["scope"]
    if o["technology"]:
        technology_topics(o["technology"])
        scope = [*resolve_scope(o["scope"]), f"technology:{o['technology']}"]
    recipe = obs.recipe("count", unit=o["unit"], scope=scope, subject=o["subject"], period=o["period"], regions=o["regions"])
    data = obs.data_version
    meta: dict[str, Any] = {"data": f"{data['name']}, snapshot {data['snapshot_date']}, classification {data['classification_version']}"}
    if data["synthetic"]:
        meta["caution"] = "Synthetic: every name and number comes from an invented world."
    digest = None
    if o["by"] == "auto":
        o["by"], meta["fallback"] = _fitting(obs, o["model_name"])
    if o["by"] == "model":
        trees, card = load_model(obs.path, o["model_name"])
        digest = trees.digest
        r = card["report"]
        meta["leads"] = (
            f"model {digest[:12]} ({card['feature_set']} features; held-out AUC {r['auc']:.3f}, Brier {r['brier']:.3f}), "
            f"probability above {o['threshold']:g} ({o['rule']})"
        )
    elif o["by"] in POSITION_RULES:
        meta["leads"] = f"{POSITION_RULES[o['by']]} (a position rule: no model is used)"
    area = f"; technology {technologies().get(o['technology'], {}).get('name', o['technology'])}" if o["technology"] else ""
    third = "papers of exactly the two" if o["others"] == "exclude" else "papers of the two and others"
    meta["papers"] = f"scope {o['scope']}{'; subject ' + o['subject'] if o['subject'] else ''}{area}; period {recipe.period}; {third}"
    return obs, recipe, digest, meta


def _fitting(obs: Any, model: str | None) -> tuple[str, str]:
    """``model`` if one was trained here and has stored predictions; else the position rule, and why."""
    from armillary.models.card import load_model, saved_models

    if not saved_models(obs.path):
        return "first-last", "no lead model was trained here"
    if model is None and len(saved_models(obs.path)) > 1:
        return "first-last", "there are several lead models and none was named (--model)"
    digest = load_model(obs.path, model)[0].digest
    made = obs.corpus.table("lead_prediction")
    if not obs.corpus.fetch(made.filter(made.model == digest).limit(1)).num_rows:
        return "first-last", f"model {digest[:12]} has no stored predictions (armillary lead predict)"
    return "model", ""


def named(unit: str) -> str:
    """A country's or region's name for people, or the id."""
    from armillary.core.regions import load_regions
    from armillary.registry import country_names

    regions = load_regions()
    return regions[unit].name if unit in regions else country_names().get(unit, unit)


def taken(given: dict[str, Any]) -> dict[str, Any]:
    """The pair options out of ``given``."""
    names = (
        "by",
        "model_name",
        "unit",
        "regions",
        "period",
        "scope",
        "subject",
        "technology",
        "threshold",
        "rule",
        "others",
        "min_papers",
        "seed",
    )
    return {k: given.pop(k) for k in (*names, "observatory", "as_json", "out")}


@click.group(help=__doc__)
def command() -> None:
    """Who leads joint research: balances, forecasts, the lead-author model."""


@command.command(epilog="Example: armillary lead balance CN US --by corresponding --yearly")
@click.argument("first")
@click.argument("second")
@click.option("--yearly", is_flag=True, help="A row for each year.")
@click.option("--thresholds", is_flag=True, help="A row for each threshold of the published sensitivity figure.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw lead share by year with parity line and interval.")
@pair_options
def balance(first: str, second: str, yearly: bool, thresholds: bool, plot: Path | None, **given: Any) -> None:
    """Lead share and lead premium of FIRST against SECOND, with intervals and with what team composition alone would give."""
    from armillary.cli.tables import give
    from armillary.ranking import leadership_pairs as lp
    from armillary.ranking.leadership_records import pair_from_records

    o = taken(given)
    obs, recipe, digest, meta = opened(o)
    papers, found = pair_from_records(
        obs.corpus, recipe, first, second, by=o["by"], model=digest, threshold=o["threshold"], rule=o["rule"], others=o["others"]
    )
    more = {"min_papers": o["min_papers"], "seed": o["seed"]}
    if thresholds:
        table = lp.by_threshold(found, first, second, rule=o["rule"], others=o["others"], **more)
    elif yearly:
        table = lp.by_year(papers, **more)
    else:
        table = lp.table_of([{"pair": f"{first}-{second}", **lp.balance_row(papers, **more)}])
    meta = {"title": f"Lead balance of {first} and {second} ({found.joint_papers:,} joint papers)", **meta, "note": list(found.notes)}
    if plot:
        from armillary.charts.base import save
        from armillary.charts.leadership import balance_over_time

        save(balance_over_time(lp.by_year(papers, **more), named(first), named(second), meta["leads"]), plot)
    give(table, meta, as_json=o["as_json"], out=o["out"])


@command.command(epilog="Example: armillary lead pairs --top 10 --by first-last")
@click.option("--top", type=click.IntRange(1), default=15, show_default=True, help="Pairs with most joint papers.")
@pair_options
def pairs(top: int, **given: Any) -> None:
    """Balances of the pairs with most joint papers; "too few papers (n)" where there are not enough."""
    from armillary.cli.tables import give
    from armillary.ranking import leadership_pairs as lp

    o = taken(given)
    obs, recipe, digest, meta = opened(o)
    table = lp.all_pairs(
        obs.corpus,
        recipe,
        by=o["by"],
        model=digest,
        threshold=o["threshold"],
        rule=o["rule"],
        others=o["others"],
        min_papers=o["min_papers"],
        top=top,
        seed=o["seed"],
    )
    shown = table.select(
        [
            "unit_1",
            "unit_2",
            "joint_papers",
            "papers",
            "lead_share",
            "low",
            "high",
            "by_chance",
            "lead_premium",
            "premium_low",
            "premium_high",
            "verdict",
        ]
    )
    give(table if o["as_json"] or o["out"] else shown, {"title": "Lead balance of pairs", **meta}, as_json=o["as_json"], out=o["out"])


def _series(path: Path) -> tuple[list[int], list[float], list[int] | None]:
    """Years, values and papers of a CSV with the columns year, value and (if given) papers."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    try:
        table = pacsv.read_csv(path)
        years, values = table["year"].cast(pa.int64()).to_pylist(), table["value"].cast(pa.float64()).to_pylist()
        papers = table["papers"].cast(pa.int64()).to_pylist() if "papers" in table.column_names else None
    except (pa.ArrowInvalid, KeyError, OSError) as error:
        raise InputError(
            f"not a table of years and values: {error}", where=path, fix="give a CSV with the columns year,value[,papers]"
        ) from None
    if any(v is None for v in years):
        raise InputError("a year is missing", where=path, fix="fill the column year")
    return years, [float("nan") if v is None else v for v in values], papers


@command.command(epilog="Example: armillary lead forecast CN US --measure share   or: armillary lead forecast --series cn_us.csv")
@click.argument("first", required=False)
@click.argument("second", required=False)
@click.option(
    "--series", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A CSV with year,value[,papers] instead of a pair."
)
@click.option(
    "--measure", type=click.Choice(["share", "premium"]), default="share", show_default=True, help="Parity is 0.5 for share, 0 for premium."
)
@click.option("--line", type=float, help="Another parity line.")
@click.option("--first-year", type=int, default=2010, show_default=True, help="Years before it are left out.")
@click.option("--min-year-papers", type=click.IntRange(1), default=200, show_default=True, help="Years with fewer papers are left out.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the line, its band and parity.")
@pair_options
def forecast(
    first: str | None,
    second: str | None,
    series: Path | None,
    measure: str,
    line: float | None,
    first_year: int,
    min_year_papers: int,
    plot: Path | None,
    **given: Any,
) -> None:
    """When the trend would reach parity: a straight line with the band of its mean response (METHODS 4.4)."""
    from armillary.cli.tables import no_nan
    from armillary.ranking.leadership_forecast import parity_forecast
    from armillary.ranking.leadership_records import pair_from_records

    o = taken(given)
    if series is None and (first is None or second is None):
        raise UsageError("name two units, or give --series", fix="for example: armillary lead forecast CN US")
    if series is not None:
        years, values, papers = _series(series)
        meta: dict[str, Any] = {"title": f"Parity forecast of {series.name}"}
    else:
        obs, recipe, digest, meta = opened(o)
        assert first is not None and second is not None
        counts, _ = pair_from_records(
            obs.corpus, recipe, first, second, by=o["by"], model=digest, threshold=o["threshold"], rule=o["rule"], others=o["others"]
        )
        rows = counts.by_year()
        years, papers = [int(b.year or 0) for b in rows], [b.papers_n for b in rows]
        values = [b.lead_share if measure == "share" else b.lead_premium for b in rows]
        meta = {"title": f"Parity forecast of {first} and {second}, lead {measure}", **meta}
    parity = line if line is not None else (0.5 if measure == "share" else 0.0)
    f = parity_forecast(years, values, papers, line=parity, first_year=first_year, min_papers=min_year_papers)
    low, high = f.band([*range(f.years[0], 2036)])
    if plot:
        from armillary.charts.base import save
        from armillary.charts.leadership import parity_chart

        save(parity_chart(f, meta["title"], first and named(first), second and named(second)), plot)
    result = {
        "years": list(f.years),
        "values": list(f.values),
        "slope": f.slope,
        "s": f.s,
        "point": f.point,
        "interval": f.interval,
        "text": f.text,
        "reading": f.reading,
        "band": [{"year": y, "low": a, "high": b} for y, a, b in zip(range(f.years[0], 2036), low, high, strict=True)],
    }
    if o["as_json"]:
        print_json(no_nan({"meta": meta, **result}))
        return
    for key, value in meta.items():
        click.echo(f"{key:<10}{value}")
    click.echo(f"years     {f.years[0]}-{f.years[-1]}, {len(f.years)} with enough papers; slope {f.slope:+.4f} a year, residual {f.s:.4f}")
    click.echo(f"parity    {f.text}   (line itself: {f.point:.1f})")
    click.echo(f"reading   {f.reading}")
    click.echo("caution   the band is that of the mean response, not of a single year; it assumes that the trend goes on")


@command.command(epilog="Example: armillary lead counterfactual weights.csv --without US --fraction 0.5")
@click.argument("weights", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--without", required=True, help="The partner whose weight is freed.")
@click.option("--fraction", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="Part of it that is freed.")
@click.option("--domestic", default="Domestic", show_default=True, help="The row that is not a partner.")
@json_option
def counterfactual(weights: Path, without: str, fraction: float, domestic: str, as_json: bool) -> None:
    """The global lead share if a partner fell away. WEIGHTS is a CSV with partner,weight,lead_share (empty where unknown)."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    from armillary.cli.tables import no_nan
    from armillary.ranking.leadership_forecast import without_partner

    try:
        strings = pacsv.ConvertOptions(column_types={"partner": pa.string(), "weight": pa.float64(), "lead_share": pa.float64()})
        rows = pacsv.read_csv(weights, convert_options=strings).to_pylist()
        given = {str(r["partner"]): float(r["weight"]) for r in rows}
        shares = {str(r["partner"]): float(r["lead_share"]) for r in rows if r["lead_share"] is not None}
    except (pa.ArrowInvalid, KeyError, TypeError) as error:
        raise InputError(f"not a table of weights: {error}", where=weights, fix="give a CSV with partner,weight,lead_share") from None
    after, before_share, after_share = without_partner(given, shares, without, fraction=fraction, domestic=domestic)
    if as_json:
        print_json(no_nan({"without": without, "fraction": fraction, "before": before_share, "after": after_share, "weights": after}))
        return
    click.echo(f"global lead share {before_share:.4f}; with {100 * fraction:g} % less of {without}: {after_share:.4f}")
    for name, weight in after.items():
        click.echo(f"  {name:<20}{given[name]:>10.3f} -> {weight:.3f}")


@command.command(epilog="Example: armillary lead train --features byline")
@click.option(
    "--features",
    type=click.Choice(["byline", "full"]),
    default="byline",
    show_default=True,
    help="The byline alone, or the authors' history too (needs the works of the statements in the corpus).",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the split and of the trees.")
@observatory_option
@json_option
def train(features: str, seed: int, observatory: Path, as_json: bool) -> None:
    """Train the lead-author model on the ingested contribution statements; writes the model and its card."""
    import armillary as arm
    from armillary.models.card import markdown
    from armillary.models.pipeline import train_and_save

    obs = arm.open(observatory)
    _, card, folder = train_and_save(obs.corpus, feature_set=features, seed=seed)
    if as_json:
        print_json(card)
        return
    click.echo(markdown(card).split("## Calibration")[0].rstrip())
    click.echo(f"\nmodel and card: {folder}")


@command.command(epilog="Example: armillary lead predict --scope articles")
@click.option("--model", "model_name", help="Beginning of the model's hash, where there are several.")
@click.option("--scope", default="default", show_default=True, help="Works to predict.")
@click.option("--period", help="Years to predict.  [default: all]")
@observatory_option
@json_option
def predict(model_name: str | None, scope: str, period: str | None, observatory: Path, as_json: bool) -> None:
    """Predict who leads for all authors of the works in scope; stored under the model's hash."""
    import armillary as arm
    from armillary.models.card import load_model
    from armillary.models.pipeline import predict_works
    from armillary.ranking.leadership import leads
    from armillary.ranking.leadership_records import store_predictions

    obs = arm.open(observatory)
    trees, _card = load_model(obs.path, model_name)
    table = predict_works(obs.corpus, trees, obs.corpus.works(obs.recipe("count", scope=scope, period=period)))
    if not table.num_rows:
        raise DataError("no works in this scope and period")
    n = store_predictions(obs.corpus, trees.digest, table)
    share = float(leads(table["lead_probability"].to_numpy()).mean())
    if as_json:
        print_json({"model": trees.digest, "authors": n, "leading_above_0.65": share})
    else:
        click.echo(f"model {trees.digest[:12]}: {n:,} authors predicted, {100 * share:.1f} % above 0.65; stored")


@command.command()
@observatory_option
@json_option
def bylines(observatory: Path, as_json: bool) -> None:
    """Fields whose bylines are in alphabetical order, where positions say nothing about who led."""
    import armillary as arm
    from armillary.cli.tables import give
    from armillary.core.bylines import ALPHABETICAL_SHARE, MIN_PAPERS, alphabetical_fields

    obs = arm.open(observatory)
    table = obs.corpus.fetch(alphabetical_fields(obs.corpus))
    names = {r["field_id"]: r["field_name"] for r in obs.corpus.lookup("topic", ("field_id", "field_name")).to_pylist()}
    import pyarrow as pa

    table = table.append_column("field", pa.array([names.get(v) or "" for v in table["field_id"].to_pylist()], pa.string()))
    share = f"{100 * ALPHABETICAL_SHARE:.0f} %"
    title = f"Bylines of three and more authors in alphabetical order; flagged above {share} of at least {MIN_PAPERS} papers"
    give(table.sort_by([("share", "descending"), ("field_id", "ascending")]), {"title": title}, as_json=as_json)
