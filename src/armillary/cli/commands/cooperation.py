"""Who works with whom: partners, growth, blocs, brokers, networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from armillary.cli.common import json_option, observatory_option
from armillary.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
WHOLE = ("works", "value", "partner_own_works", "own_works", "works_first", "works_last", "links", "internal", "external")


def table_options(function: F) -> F:
    """Which pair table: the ingested one, or the observatory's own records."""
    options = [
        click.option("--period", help="A year, a range such as 2018-2021, or 'all'.  [default: the last year]"),
        click.option("--records", is_flag=True, help="Use this observatory's own records instead of the ingested pair table."),
        click.option(
            "--unit-kind",
            type=click.Choice(["country", "region", "city", "institution", "author"]),
            default="country",
            show_default=True,
            help="With --records: what cooperates.",
        ),
        click.option("--scope", default="default", show_default=True, help="With --records: which works count."),
        click.option("--subject", help="With --records: an OpenAlex domain, field, subfield or topic."),
        click.option("--source", help="Publisher of the pair table, where there are several."),
        click.option("--vintage", help="Edition of the pair table, where there are several."),
        click.option("--without", help="Leave these units out, comma-separated (such as HK,MO)."),
        click.option("--out", type=click.Path(path_type=Path), help="Write all rows to a .csv, .json or .parquet file."),
        click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="Rows to print; 0 for all."),
    ]
    for option in reversed(options):
        function = option(function)
    return observatory_option(json_option(function))


def load(given: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """The pair table that the options describe, its period, and the lines that say what it is. Takes the options out of ``given``."""
    from armillary.core.store import Store

    names = ("period", "records", "unit_kind", "scope", "subject", "source", "vintage", "without", "observatory")
    o = {k: given.pop(k) for k in names}
    if o["records"]:
        from armillary.core.corpus import Corpus
        from armillary.ranking.cooperation_records import pairs_from_corpus
        from armillary.ranking.recipes import make_recipe

        recipe = make_recipe("count", unit=o["unit_kind"], scope=o["scope"], subject=o["subject"])
        pairs = pairs_from_corpus(Corpus(Store.open(o["observatory"])), recipe)
        what = f"{o['unit_kind']}, scope {o['scope']}{'; subject ' + o['subject'] if o['subject'] else ''}"
    else:
        from armillary.ranking.cooperation_pairs import pairs_from_store

        if o["subject"] or o["unit_kind"] != "country":
            raise UsageError("--subject and --unit-kind need the observatory's own records", fix="add --records")
        pairs = pairs_from_store(Store.open(o["observatory"]), source=o["source"], vintage=o["vintage"])
        what = "ingested pair table of countries"
    if o["without"]:
        leave = {w.strip() for w in o["without"].split(",") if w.strip()}
        for w in leave:
            pairs.row(w)
        pairs = pairs.only([u for u in pairs.units if u not in leave])
        what += f"; without {', '.join(sorted(leave))}"
    period = o["period"] or pairs.years[-1]
    pairs.span(period)
    meta = {
        "data": f"{pairs.source}, {pairs.vintage} ({what})",
        "period": str(period),
        "papers": pairs.own_meaning,
        "note": list(pairs.notes),
    }
    return pairs, period, meta


def draw(chart: Any, path: Path) -> None:
    """Save a chart."""
    from armillary.charts.base import save

    save(chart, path)


@click.group(help=__doc__)
def command() -> None:
    """Who works with whom: partners, growth, blocs, brokers, networks."""


@command.command(epilog="Example: armillary cooperation partners CN --period 2023 --by quasi_pai --min-works 500")
@click.argument("unit")
@click.option("--by", default="works", show_default=True, help="works, share, salton, jaccard, inclusion, pai, link_pai or quasi_pai.")
@click.option("--min-works", type=click.IntRange(1), default=1, show_default=True, help="Leave out partners with fewer joint works.")
@click.option("--history", is_flag=True, help="Year by year instead: partners that are among the first ten of any year.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the first partners over time to an SVG, PNG or HTML file.")
@table_options
def partners(
    unit: str, by: str, min_works: int, history: bool, plot: Path | None, as_json: bool, out: Path | None, limit: int, **given: Any
) -> None:
    """Partners of UNIT with every association measure."""
    from armillary.cli.tables import give
    from armillary.ranking import cooperation_partners as cp

    asked = given["period"]
    pairs, period, meta = load(given)
    if history or plot:
        table = cp.partner_history(pairs, unit, by=by, period=asked or "all")
        meta["period"] = str(asked or "all")
        if plot:
            from armillary.charts.cooperation import partner_paths

            draw(partner_paths(table, pairs.name(unit), by), plot)
    else:
        table = cp.partners(pairs, unit, period, by=by, min_works=min_works)
    title = f"Partners of {pairs.name(unit)} by {by}: {cp.MEASURES[by]}"
    give(
        table,
        {"title": title, **meta},
        as_json=as_json,
        out=out,
        limit=0 if history else limit,
        whole=WHOLE if by == "works" else WHOLE[:1] + WHOLE[2:],
    )


@command.command(epilog="Example: armillary cooperation growth --first 2012-2014 --last 2021-2023 --min-works 1000")
@click.argument("unit", required=False)
@click.option("--first", required=True, help="The period to grow from.")
@click.option("--last", required=True, help="The period to grow to.")
@click.option("--min-works", type=click.IntRange(1), default=100, show_default=True, help="Least joint works in the first period.")
@table_options
def growth(unit: str | None, first: str, last: str, min_works: int, as_json: bool, out: Path | None, limit: int, **given: Any) -> None:
    """Fastest-growing partnerships (of UNIT, or of all)."""
    from armillary.cli.tables import give
    from armillary.ranking import cooperation_partners as cp

    pairs, _, meta = load(given)
    meta["period"] = f"{first} to {last}, at least {min_works:,} joint works in the first"
    table = cp.growth(pairs, first, last, unit=unit, min_works=min_works)
    title = "Fastest-growing partnerships: growth a year of mean yearly joint works (0.1 = 10 %)"
    give(table, {"title": title, **meta}, as_json=as_json, out=out, limit=limit, whole=WHOLE[:1] + WHOLE[2:])


@command.command(epilog="Example: armillary cooperation countries CN   (a row for each year)")
@click.argument("unit", required=False)
@click.option("--min-works", type=click.IntRange(1), default=1, show_default=True, help="Joint works from which a partner counts.")
@table_options
def countries(unit: str | None, min_works: int, as_json: bool, out: Path | None, limit: int, **given: Any) -> None:
    """How many partners, and how evenly spread: of all units, or of UNIT over time."""
    from armillary.cli.tables import give
    from armillary.ranking import cooperation_partners as cp

    asked = given["period"]
    pairs, period, meta = load(given)
    if unit:
        meta["period"] = str(asked or "all")
        steps = sorted({1, 10, 100, min_works})
        table, title = cp.counts_over_time(pairs, unit, min_works=steps, period=asked or "all"), f"Partners of {pairs.name(unit)} by year"
        limit = 0
    else:
        table, title = cp.partner_counts(pairs, period, min_works=min_works), f"Number of partners with at least {min_works:,} joint works"
    give(table, {"title": title, **meta}, as_json=as_json, out=out, limit=limit, whole=WHOLE)


@command.command(epilog="Example: armillary cooperation blocs brics-5 eu sco --period 2023")
@click.argument("regions", nargs=-1, required=True)
@click.option("--over-time", is_flag=True, help="One bloc, a row for each year.")
@click.option("--between", is_flag=True, help="Links between the blocs as well as inside them.")
@click.option("--regions-file", type=click.Path(exists=True, path_type=Path), help="A TOML file or folder with regions of your own.")
@table_options
def blocs(
    regions: tuple[str, ...],
    over_time: bool,
    between: bool,
    regions_file: Path | None,
    as_json: bool,
    out: Path | None,
    limit: int,
    **given: Any,
) -> None:
    """How much blocs work with themselves, set against chance. REGIONS are region ids (brics-5, eu, sco) or lists such as BR,RU,IN."""
    import pyarrow as pa

    from armillary.cli.tables import give
    from armillary.core.regions import load_regions
    from armillary.errors import UnknownNameError
    from armillary.ranking import cooperation_blocs as cb

    known = load_regions([regions_file] if regions_file else None)
    members: dict[str, list[str]] = {}
    for word in regions:
        if word not in known and "," not in word:
            raise UnknownNameError("region", word, known)
        members[word] = sorted(known[word].countries) if word in known else [c.strip().upper() for c in word.split(",") if c.strip()]
        if not members[word]:
            raise UsageError(f"region '{word}' names no countries", fix="blocs are made of countries")
    asked = given["period"]
    pairs, period, meta = load(given)
    meta["blocs"] = [f"{n}: {', '.join(m)}" for n, m in members.items()]
    meta["caution"] = [f"{n}: {known[n].note}" for n in members if n in known and known[n].note]
    if over_time:
        if len(members) != 1:
            raise UsageError("--over-time takes one bloc")
        meta["period"] = str(asked or "all")
        table, title = cb.cohesion_over_time(pairs, members[regions[0]], asked or "all"), f"Cooperation inside {regions[0]} by year"
    elif between:
        table, title = cb.between_blocs(pairs, members, period), "Links inside and between blocs, against chance"
    else:
        rows = [{"bloc": n, **cb.cohesion(pairs, m, period)} for n, m in members.items()]
        table, title = pa.Table.from_pylist(rows), "Cooperation inside blocs (affinity 1 = as often as size alone would have it)"
    give(table, {"title": title, **meta}, as_json=as_json, out=out, limit=0, whole=WHOLE)


@command.command()
@click.option("--alpha", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Disparity filter; 1 keeps every pair.")
@table_options
def brokers(alpha: float, as_json: bool, out: Path | None, limit: int, **given: Any) -> None:
    """Who stands between others: betweenness and Burt's constraint on the backbone of the network."""
    from armillary.cli.tables import give
    from armillary.ranking import cooperation_blocs as cb

    pairs, period, meta = load(given)
    title = "Brokers: share of the others' shortest paths (distance = 1 / joint works) that pass through the unit"
    give(
        cb.brokers(pairs, period, alpha=alpha), {"title": title, **meta}, as_json=as_json, out=out, limit=limit, whole=WHOLE[:1] + WHOLE[2:]
    )


@command.command(epilog="Example: armillary cooperation network --top 60 --alpha 0.05 --save world.json --plot world.svg")
@click.option(
    "--save", "files", type=click.Path(path_type=Path), multiple=True, help="Write .json (VOSviewer), .gexf or .graphml; may be repeated."
)
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the network to an SVG, PNG or HTML file.")
@click.option("--arcs", type=click.Path(path_type=Path), help="Draw it as arcs, units side by side by cluster.")
@click.option("--matrix", type=click.Path(path_type=Path), help="Draw it as a matrix of affinities.")
@click.option("--top", type=click.IntRange(2), default=60, show_default=True, help="Units with most links.")
@click.option("--min-works", type=click.IntRange(1), default=1, show_default=True, help="Leave out pairs with fewer joint works.")
@click.option("--alpha", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Disparity filter; 1 keeps every pair.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of clusters and layout.")
@table_options
def network(
    files: tuple[Path, ...],
    plot: Path | None,
    arcs: Path | None,
    matrix: Path | None,
    top: int,
    min_works: int,
    alpha: float,
    seed: int,
    as_json: bool,
    out: Path | None,
    limit: int,
    **given: Any,
) -> None:
    """The network for VOSviewer, Gephi, Cytoscape or R, and as a picture."""
    import pyarrow as pa

    from armillary.cli.tables import give
    from armillary.ranking.cooperation_network import network as build
    from armillary.ranking.cooperation_network import save_network

    pairs, period, meta = load(given)
    net = build(pairs, period, top=top, min_works=min_works, alpha=alpha, seed=seed)
    for path in files:
        save_network(net, path)
    if plot or arcs or matrix:
        from armillary.charts import cooperation as charts

        if plot:
            draw(charts.network_view(net), plot)
        if arcs:
            draw(charts.arc_view(net), arcs)
        if matrix:
            draw(charts.partner_matrix(pairs, period, top=min(top, 30)), matrix)
    title = f"Cooperation network: {len(net.nodes)} units, {len(net.edges)} links, clusters by affinity"
    order = sorted(net.nodes, key=lambda n: (n["cluster"], -n["links"], n["id"]))
    give(pa.Table.from_pylist(order), {"title": title, **meta}, as_json=as_json, out=out, limit=limit, whole=WHOLE)


@command.command(epilog="Example: armillary cooperation sectors --period 2020-2024")
@click.option("--period", help="Years.  [default: all]")
@click.option("--scope", default="default", show_default=True, help="Which works count.")
@click.option("--subject", help="An OpenAlex domain, field, subfield or topic.")
@click.option("--audit", type=click.IntRange(1), help="Instead: the N institutions with most papers whose type is in doubt.")
@observatory_option
@json_option
def sectors(period: str | None, scope: str, subject: str | None, audit: int | None, observatory: Path, as_json: bool) -> None:
    """University, company, hospital and government together on papers; or an audit of the institutions' types."""
    import pyarrow.compute as pc

    import armillary as arm
    from armillary.cli.tables import give
    from armillary.ranking.institution_types import sector_pairs, type_audit

    obs = arm.open(observatory)
    recipe = obs.recipe("pp-university-company", unit="institution", scope=scope, subject=subject, period=period)
    meta = {
        "data": f"{obs.data_version['name']}, snapshot {obs.data_version['snapshot_date']}",
        "papers": f"scope {scope}; period {recipe.period}",
    }
    if audit:
        table = type_audit(obs.corpus, recipe, top=audit)
        doubts = table.filter(pc.not_equal(table["doubt"], ""))
        title = f"Institution types in doubt: {doubts.num_rows} of the {table.num_rows} institutions with most papers"
        give(table if as_json else doubts, {"title": title, **meta}, as_json=as_json)
    else:
        give(sector_pairs(obs.corpus, recipe), {"title": "Sectors together on papers (full counting)", **meta}, as_json=as_json)
