"""Fetch grouped counts of the world from the OpenAlex API: a table for a few cents."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from armillary.cli.commands.fetch._options import api_options, asker, dry_run_option, many, policy_options, size
from armillary.cli.common import json_flag, print_json, quiet_option


@click.command("counts")
@click.option("--table", "names", multiple=True, help="Which; repeatable.  [default: those of a page or two a year; --list]")
@click.option("--period", help="Years, e.g. 2015-2024.")
@click.option("--filter", "wanted", help="Count only these works, as the API takes it, e.g. type:article|review|conference-paper.")
@click.option("--corpus", type=click.Choice(["core", "expansion", "all"]), help="Which works: the core, the expansion (xpac), or both.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the tables.")
@click.option("--format", "form", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True, help="Kind of table.")
@click.option("--fresh", is_flag=True, help="Ask again for what is here.")
@click.option("--list", "is_list", is_flag=True, help="Only list the tables.")
@api_options
@policy_options
@dry_run_option
@json_flag
@quiet_option
def command(
    names: tuple[str, ...],
    period: str | None,
    wanted: str | None,
    corpus: str | None,
    out: Path | None,
    form: str,
    fresh: bool,
    is_list: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Fetch counts of works by country, institution, field, goal, type or pair of countries, year by year, as tidy tables.

    Says the price before and after; an interrupted run goes on with the same command. datapackage.json beside the tables says what each
    holds and what grouped counts cannot give.
    """
    from armillary.cli.progress import progress
    from armillary.errors import UsageError
    from armillary.sources.fetch.allowance import costs, facts
    from armillary.sources.fetch.counts import run, tables

    if is_list:
        _list(as_json)
        return
    if period is None or out is None:
        raise UsageError("which years, and where to?", fix="give --period and --out, or --list to see the tables")
    first, last = tables.period(period)
    asked = tables.CountsWanted(first, last, wanted, corpus, given["base"])
    chosen = tables.chosen(names)
    prices = run.price(chosen, asked, out if not fresh else out / "nothing")
    before = sum(p.usd for p in prices)
    to_ask = sum(p.to_ask for p in prices)
    if dry_run:
        if as_json:
            print_json({"tables": [asdict(p) for p in prices], "requests": to_ask, "usd": before, "limits": tables.registry()["limits"]})
            return
        for p in prices:
            click.echo(f"{p.table}: about {many(p.requests, 'request')}, {p.to_ask:,} of them still to ask")
    if dry_run or not (quiet or as_json):
        about = f"about {many(to_ask, 'request')}, {costs(before / facts()['credit_usd'], before)}"
        click.echo(f"{about} by the list of {facts()['as_of']} (this run may make {given['max_requests']:,})", err=not dry_run)
    if dry_run:
        _say_limits()
        return
    with closing(asker(given["base"], given)) as source, progress("Fetching counts", unit="queries", quiet=quiet or as_json) as bar:
        done = run.fetch(source, chosen, asked, out, form=form, fresh=fresh, total=bar.total, advance=bar.advance)
    if as_json:
        print_json(asdict(done) | {"limits": tables.registry()["limits"]})
    elif not quiet:
        for made in done.tables:
            here = f", {made.resumed:,} of them here before" if made.resumed else ""
            click.echo(f"{made.file}: {many(made.rows, 'row')} from {made.queries:,} {'query' if made.queries == 1 else 'queries'}{here}")
            for note in made.notes:
                click.echo(f"  {note}")
        price = costs(done.credits, done.usd)
        click.echo(f"{many(done.requests, 'request')}, {price}, {size(done.network_bytes)} over the network")
        if done.left is not None:
            click.echo(f"the server's allowance left: {done.left}")
        _say_limits()


def _say_limits() -> None:
    from armillary.sources.fetch.counts.tables import registry

    click.echo("what these counts cannot give:")
    for limit in registry()["limits"]:
        click.echo(f"  {limit}")


def _list(as_json: bool) -> None:
    from armillary.sources.fetch.counts import tables

    known = [tables.table(name) for name in tables.registry()["table"]]
    if as_json:
        print_json([asdict(t) for t in known])
        return
    for t in known:
        mark = "*" if t.name in tables.CHEAP else " "
        click.echo(f"{mark} {t.name:<24} {t.title} (about {t.groups:,} groups a query)")
    click.echo("* are fetched if no --table is given")
