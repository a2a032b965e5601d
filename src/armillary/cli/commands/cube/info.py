"""What cubes an observatory has, what they answer, and whether they are of the data that it holds now."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json


@click.command("info", help=__doc__, epilog="Example: armillary cube info --into world")
@observatory_option
@json_option
def command(observatory: Path, as_json: bool) -> None:
    """List them."""
    from armillary.core.store import Store
    from armillary.ranking.cubes.files import all_cubes, is_current

    store = Store.open(observatory)
    found = [
        {
            "cube": c.folder.name,
            "unit": c.unit,
            "is_current": is_current(c, store),
            "recipes": len(c.held),
            "indicators": sorted({str(h.recipe["indicator"]) for h in c.held}),
            "counting": sorted({str(h.recipe["counting"]) for h in c.held}),
            "scope": str(c.held[0].recipe["scope_name"]),
            "split": str(c.held[0].recipe["split"]),
            "rows": c.rows,
            "bytes": c.bytes,
        }
        for c in all_cubes(store.path)
    ]
    if as_json:
        print_json(found)
        return
    if not found:
        click.echo(f"{observatory} has no cubes: armillary cube make")
    for c in found:
        state = "" if c["is_current"] else "  OLD: the records have changed since, it is not used (armillary cube renew)"
        size = sum(c["bytes"].values()) / 1e6  # type: ignore[attr-defined]
        click.echo(f"{c['cube']}: {c['recipes']} recipes, scope {c['scope']}, split by {c['split']}, {size:.2f} MB{state}")
        click.echo(f"  {', '.join(c['indicators'])}; {', '.join(c['counting'])}")  # type: ignore[arg-type]
