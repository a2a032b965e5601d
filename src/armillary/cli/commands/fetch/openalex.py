"""Fetch the OpenAlex records that match a filter from its API."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from armillary.cli.commands.fetch._options import dry_run_option, many, policy, policy_options, room, size
from armillary.cli.common import json_option, print_json, quiet_option

_ENTITIES = ("works", "institutions", "sources", "topics", "authors")


@click.command("openalex")
@click.option("--filter", "wanted", help="Filter as the API takes it, e.g. publication_year:2024,institutions.country_code:ch.")
@click.option("--search", help="Full-text search as the API takes it (dearer than a filter).")
@click.option("--entity", type=click.Choice(_ENTITIES), default="works", show_default=True, help="What to fetch.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the records; 'armillary ingest openalex' reads it.")
@click.option("--mailto", envvar="OPENALEX_MAILTO", help="A contact address that is sent along ($OPENALEX_MAILTO).")
@click.option("--rate", type=click.FloatRange(0, 100, min_open=True), default=10.0, show_default=True, help="Most requests a second.")
@click.option("--max-requests", type=click.IntRange(1), default=10_000, show_default=True, help="Most requests of this run.")
@click.option("--per-page", type=click.IntRange(1, 100), default=100, show_default=True, help="Records a request.")
@click.option("--per-file", type=click.IntRange(1), default=10_000, show_default=True, help="Records a file.")
@click.option("--fresh", is_flag=True, help="Throw away what an earlier fetch left in the folder.")
@click.option("--base", default="https://api.openalex.org", show_default=True, help="Address of the API.")
@policy_options
@dry_run_option
@json_option
@quiet_option
def command(
    wanted: str | None,
    search: str | None,
    entity: str,
    out: Path,
    mailto: str | None,
    rate: float,
    max_requests: int,
    per_page: int,
    per_file: int,
    fresh: bool,
    base: str,
    attempts: int,
    retry_wait: float,
    longest_wait: float,
    timeout: float,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Fetch OpenAlex records page by page.

    The key is read from the environment variable OPENALEX_API_KEY and never printed or stored. An interrupted fetch, or one whose budget
    ended, goes on with the same command.
    """
    from armillary.cli.progress import progress
    from armillary.errors import UsageError
    from armillary.sources.fetch import api
    from armillary.sources.fetch.remote import Secret

    if not wanted and not search and entity in ("works", "authors"):
        raise UsageError(f"all {entity} cannot be paged through", fix="give --filter or --search, or use 'armillary fetch snapshot'")
    query = api.Query(entity, wanted, search, per_page, base)
    key = Secret(os.environ.get("OPENALEX_API_KEY", "").strip()) or None
    patience = policy(attempts, retry_wait, longest_wait, timeout)
    asked = closing(api.Api(query, patience, key=key, mailto=mailto, rate=rate, max_requests=max_requests))
    if dry_run:
        with asked as source:
            guess = api.estimate(source, query, out, fresh=fresh)
        if as_json:
            print_json(asdict(guess))
        else:
            click.echo(f"{guess.expected:,} {entity}: {many(guess.requests, 'request')} (this run may make {max_requests:,})")
            if guess.here:
                click.echo(f"  {guess.here:,} are here already")
            fits = room(guess.bytes, guess.free_bytes)
            click.echo(f"  about {size(guess.bytes)} to fetch (compressed, judged by the first page), {fits}")
            if guess.allowance is not None:
                click.echo(f"  the server's allowance left: {guess.allowance}")
        return
    with asked as source, progress(f"Fetching {entity}", unit="records", quiet=quiet or as_json) as bar:
        done = api.fetch(source, query, out, records_per_file=per_file, fresh=fresh, total=bar.total, progress=bar.advance)
    if as_json:
        print_json(asdict(done))
    elif not quiet:
        asked_n = many(done.requests, "request")
        click.echo(f"{done.folder}: {done.records:,} {entity} in {many(done.files, 'file')}, {size(done.bytes)}; {asked_n}")
        if done.resumed:
            click.echo(f"  {done.resumed:,} were here before")
        if done.records != done.expected:
            click.echo(f"  the API says there are {done.expected:,}: the result set changed while it was read")
        click.echo(f"  next: armillary ingest openalex {out}")
