"""Fetch the OpenAlex records that match a filter from its API."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from armillary.cli.commands.fetch._options import api_options, asker, dry_run_option, many, policy_options, room, size
from armillary.cli.common import json_option, print_json, quiet_option

if TYPE_CHECKING:
    from armillary.sources.fetch.api import Estimate, FetchReport
    from armillary.sources.fetch.query import Selection

_ENTITIES = ("works", "institutions", "sources", "topics", "authors")
_SEARCHES = ("all", "title", "exact", "semantic")
_MADE_OF = (
    "doi",
    "type",
    "publication_year",
    "authorships",
    "primary_location",
    "primary_topic",
    "topics",
    "cited_by_count",
    "referenced_works",
    "is_retracted",
    "updated_date",
)
"""Fields of works that rankings are made of."""


@click.command("openalex")
@click.option(
    "--filter",
    "wanted",
    help="As the API takes it, e.g. publication_year:2024,institutions.country_code:ch; doi:@FILE: values in a file.",
)
@click.option("--search", help="Full-text search as the API takes it (ten times dearer than a filter).")
@click.option("--search-in", type=click.Choice(_SEARCHES), default="all", show_default=True, help="Kind of search.")
@click.option("--entity", type=click.Choice(_ENTITIES), default="works", show_default=True, help="What to fetch.")
@click.option("--corpus", type=click.Choice(["core", "expansion", "all"]), help="Which works: the core, the expansion (xpac), or both.")
@click.option("--select", help="Only these fields, with commas between them; the id always comes.")
@click.option("--sort", help="Order, e.g. cited_by_count:desc.")
@click.option("--sample", type=click.IntRange(1, 10_000), help="A random sample of so many.")
@click.option("--seed", type=click.IntRange(0), help="Seed of the sample.  [default: 0]")
@click.option("--group-by", help="Counts of groups instead of records, e.g. authorships.countries; OUT/<entity>_by_<attribute>.csv.")
@click.option("--complete-authors", is_flag=True, help="Works that the list cut at 100 authors are completed from single records (free).")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the records; 'armillary ingest openalex' reads it.")
@click.option("--mailto", hidden=True, help="Has no effect any more.")
@click.option("--per-page", type=click.IntRange(1, 100), default=100, show_default=True, help="Records a request.")
@click.option("--per-file", type=click.IntRange(1), default=10_000, show_default=True, help="Records a file.")
@click.option("--fresh", is_flag=True, help="Throw away what an earlier fetch left in the folder.")
@api_options
@policy_options
@dry_run_option
@json_option
@quiet_option
def command(
    wanted: str | None,
    out: Path,
    mailto: str | None,
    per_file: int,
    fresh: bool,
    complete_authors: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Fetch OpenAlex records page by page, or counts of groups of them.

    The key is read from the environment variable OPENALEX_API_KEY and never printed or stored. An interrupted fetch, or one whose budget or
    allowance ended, goes on with the same command.
    """
    from armillary.cli.progress import progress
    from armillary.errors import UsageError
    from armillary.sources.fetch import api, groups
    from armillary.sources.fetch.query import with_values

    if mailto:
        click.echo("armillary: --mailto has had no effect since February 2026: it is not sent", err=True)
    query = _query(with_values(wanted) if wanted else None, given)
    if complete_authors and (query.entity != "works" or query.group_by is not None):
        raise UsageError("only records of works have authors to complete", fix="leave --complete-authors out")
    if not wanted and not query.search and not query.sample and not query.group_by and query.entity in ("works", "authors"):
        raise UsageError(f"all {query.entity} cannot be paged through", fix="give --filter or --search, or use 'armillary fetch snapshot'")
    query.check()
    with closing(asker(query.base, given)) as source:
        if dry_run:
            guess = api.estimate(source, query, out, fresh=fresh)
            _say_estimate(query, guess, given["max_requests"], as_json=as_json, complete_authors=complete_authors)
            return
        with progress(f"Fetching {query.entity}", unit="records", quiet=quiet or as_json) as bar:
            done = api.fetch(
                source,
                query,
                out,
                records_per_file=per_file,
                fresh=fresh,
                complete_authors=complete_authors,
                total=bar.total,
                progress=bar.advance,
            )
    table = groups.write(Path(done.folder), query, out) if query.group_by else None
    if as_json:
        print_json(asdict(done) | ({"table": str(table)} if table else {}))
    elif not quiet:
        for line in _report(done, query, out, table):
            click.echo(line)


def _query(wanted: str | None, given: dict[str, Any]) -> Selection:
    from armillary.sources.fetch.allowance import facts
    from armillary.sources.fetch.query import Selection

    select = given["select"]
    if select is not None:
        fields = [f.strip() for f in select.split(",") if f.strip()]
        select = ",".join(dict.fromkeys(["id", *fields]))
    seed = 0 if given["sample"] and given["seed"] is None else given["seed"]
    per_page = facts()["groups"] if given["group_by"] else given["per_page"]
    named = ("entity", "search", "base", "search_in", "corpus", "sort", "sample", "group_by")
    return Selection(filter=wanted, select=select, seed=seed, per_page=per_page, **{k: given[k] for k in named})


def _say_estimate(query: Selection, guess: Estimate, most: int, *, as_json: bool, complete_authors: bool) -> None:
    from armillary.sources.fetch.allowance import costs, facts, money

    if as_json:
        print_json(asdict(guess))
        return
    what = "groups" if query.group_by else query.entity
    about = "at least " if guess.is_guess and query.group_by else "about " if guess.is_guess else ""
    click.echo(f"{about}{guess.expected:,} {what}: {many(guess.requests, 'request')} (this run may make {most:,})")
    price = costs(guess.usd / facts()["credit_usd"], guess.usd)
    click.echo(f"  price: {price} by the list of {facts()['as_of']} (this look: {money(guess.asked_usd)})")
    if guess.pieces > 1:
        click.echo(f"  asked in {guess.pieces:,} pieces, judged by the first; records that answer several are kept once")
    if guess.here:
        click.echo(f"  {guess.here:,} are here already")
    click.echo(f"  about {size(guess.bytes)} to fetch (compressed, judged by the first page), {room(guess.bytes, guess.free_bytes)}")
    if complete_authors:
        click.echo(f"  single records of works with {facts()['authors']} authors: as many requests as there are such works, free")
    if guess.allowance is not None:
        click.echo(f"  the server's allowance left: {guess.allowance}")


def _report(done: FetchReport, query: Selection, out: Path, table: Path | None) -> list[str]:
    from armillary.sources.fetch.allowance import costs

    asked = many(done.requests, "request")
    price = f"{asked}, {costs(done.credits, done.usd)}, {size(done.network_bytes)} over the network"
    left = [f"  the server's allowance left: {done.left}"] if done.left is not None else []
    if table is not None:
        return [f"{table}: {done.records:,} groups of {done.counted:,} {query.entity}; {price}", *left]
    lines = [f"{done.folder}: {done.records:,} {query.entity} in {many(done.files, 'file')}, {size(done.bytes)}; {price}", *left]
    if done.resumed:
        lines.append(f"  {done.resumed:,} were here before")
    if done.pieces > 1:
        lines.append(f"  asked in {done.pieces:,} pieces")
    if done.twice:
        lines.append(f"  {done.twice:,} came twice and were kept once")
    if done.records + done.twice != done.expected or done.changes:
        missed = "some records may be missing; --fresh reads it anew"
        lines.append(f"  the API says there are {done.expected:,}: the result set changed while it was read, and {missed}")
    if done.completed:
        lines.append(f"  {many(done.completed, 'work')} with a cut list of authors completed from single records")
    if done.not_completed:
        lines.append(f"  {many(done.not_completed, 'work')} could not be completed: no single record (any more)")
    if done.cut_authors:
        marked = "with exactly 100 authors, where lists are cut: marked; --complete-authors completes them"
        lines.append(f"  {many(done.cut_authors, 'work')} {marked}")
    if missing := _not_selected(query):
        lines.append(f"  not selected, so the ingest will not know them: {', '.join(missing)}")
    return [*lines, f"  next: armillary ingest openalex {out}"]


def _not_selected(query: Selection) -> list[str]:
    """Fields of works that rankings are made of and that ``--select`` leaves out."""
    if query.select is None or query.entity != "works":
        return []
    return [f for f in _MADE_OF if f not in query.select.split(",")]
