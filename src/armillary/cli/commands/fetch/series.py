"""Fetch country series (World Bank, OECD, or any address)."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.commands.fetch._options import dry_run_option, policy, policy_options
from armillary.cli.common import json_option, quiet_option


@click.command("series")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the files; 'armillary ingest series' reads them.")
@click.option("--fresh", is_flag=True, help="Fetch files again that are here.")
@policy_options
@dry_run_option
@json_option
@quiet_option
def command(
    sources: tuple[str, ...],
    out: Path,
    fresh: bool,
    attempts: int,
    retry_wait: float,
    longest_wait: float,
    timeout: float,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Fetch country series: each SOURCE is a known name (wdi, oecd-msti) or the address of a file."""
    from armillary.cli.commands.fetch._plain import run

    patience = policy(attempts, retry_wait, longest_wait, timeout)
    run("series", sources, out, patience, fresh=fresh, dry_run=dry_run, as_json=as_json, quiet=quiet)
