"""Read author contribution statements (JSON Lines: doi, title, authors, contribution) into labels of who led."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option


@click.command("contributions", help=__doc__)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--min-lead-roles", type=click.IntRange(1), default=2, show_default=True, help="Different lead roles that make a leader.")
@observatory_option
@json_option
@quiet_option
def command(paths: tuple[Path, ...], min_lead_roles: int, observatory: Path, as_json: bool, quiet: bool) -> None:
    """Parse CRediT lists and free text; prints how much could be read."""
    from armillary.core.store import Store
    from armillary.sources.contributions import ingest

    r = ingest(Store.create(observatory), paths, min_lead_roles=min_lead_roles)
    if as_json:
        print_json(r)
    elif not quiet:
        s = r["shares"]
        click.echo(f"contribution statements: {r['statements']:,} read, {r['rejected']:,} rejected; {r['authors']:,} authors")
        counts = f"{r['lead']:,} lead, {r['support']:,} support, {r['unknown']:,} unknown"
        click.echo(f"  labelled   {100 * s['authors_labelled']:.1f} % of authors: {counts}")
        click.echo(f"  mentions   {100 * s['mentions_resolved']:.1f} % of initials and names fit exactly one author")
        click.echo(f"  clauses    {100 * s['clauses_with_a_role']:.1f} % say a role that is known")
        leaders = f"{100 * s['statements_with_a_leader']:.1f} % with a leader"
        click.echo(f"  papers     {100 * s['statements_labelled']:.1f} % with a label, {leaders}")
        click.echo(f"  rule       {r['rule']}")
        for file, why in r["left_out"].items():
            click.echo(f"  left out: {file}: {why}")
        for note in r["notes"]:
            click.echo(f"  note: {note}")
