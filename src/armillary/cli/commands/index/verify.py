"""Check a published table against its own rule: which totals and ranks do not follow from their parts?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from armillary.cli.commands.index._common import load, spec_argument
from armillary.cli.common import json_option, print_json


@click.command(
    "verify", help=__doc__ + " Exits with 1 if something was found.", epilog="Example: armillary index verify gii-pillars --data TABLE.csv"
)
@spec_argument
@click.option("--data", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The published table (CSV, Parquet, .xlsx).")
@click.option(
    "--decimals", type=click.IntRange(0), help="How the table was rounded (default: the most common number of decimals of each column)."
)
@json_option
@click.pass_context
def command(ctx: click.Context, spec: str, data: Path | None, decimals: int | None, as_json: bool) -> int:
    """Verify and print."""
    from armillary.composite import verify

    rules = load(spec)
    done = verify(rules, path=data, decimals=decimals)
    if as_json:
        print_json(
            {
                "spec": rules.digest,
                "checked": done.checked,
                "followed": done.followed,
                "ranks_checked": done.ranks_checked,
                "by_group": {k: {"checked": a, "followed": b} for k, (a, b) in done.by_group.items()},
                "half_units": done.half_units,
                "notes": list(done.notes),
                "findings": [asdict(f) | {"text": f.text} for f in done.findings],
            }
        )
    else:
        rounded = ", ".join(f"{h:g}" for h in sorted(set(done.half_units.values())))
        click.echo(f"{rules.name}: {done.followed:,} of {done.checked:,} totals follow from their parts within rounding (+-{rounded})")
        for group, (n, good) in done.by_group.items():
            if len(done.by_group) > 1 and good < n:
                click.echo(f"  {group}: {good:,} of {n:,}")
        if done.ranks_checked:
            bad = sum(f.kind == "rank" for f in done.findings)
            click.echo(f"{done.ranks_checked - bad:,} of {done.ranks_checked:,} ranks agree with the published scores")
        for note in done.notes:
            click.echo(f"note: {note}")
        if done.findings:
            click.echo("probable errors of the table, largest first:")
        for f in done.findings[:50]:
            click.echo(f"  row {f.row}: {f.text}")
        if len(done.findings) > 50:
            click.echo(f"  ... and {len(done.findings) - 50:,} more (--json for all)")
    return 0 if done.is_clean else 1
