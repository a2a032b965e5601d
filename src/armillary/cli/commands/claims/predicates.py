"""What a claim can say: predicates, their keys, comparison words."""

from __future__ import annotations

import click

from armillary.cli.common import json_option, print_json


@click.command("predicates", help=__doc__)
@json_option
def command(as_json: bool) -> None:
    """Print the grammar of claims files."""
    from armillary.audit.query import KEYS, PREDICATES
    from armillary.audit.words import WORDS

    if as_json:
        print_json(
            {
                "predicates": [
                    {"name": g.name, "meaning": g.meaning, "needs": list(g.needs), "may": list(g.may), "defaults": dict(g.defaults)}
                    for g in PREDICATES.values()
                ],
                "keys": {k: v.meaning for k, v in KEYS.items()},
                "words": {w.name: w.meaning for w in WORDS.values()},
            }
        )
        return
    for g in PREDICATES.values():
        may = f"; may have {', '.join(g.may)}" if g.may else ""
        click.echo(f"{g.name:18s} {g.meaning}\n{'':18s} needs {', '.join(g.needs)}{may}")
    click.echo("\nkeys")
    for name, key in KEYS.items():
        click.echo(f"  {name:10s} {key.meaning}")
    click.echo("\ncomparison words")
    for word in WORDS.values():
        click.echo(f"  {word.name:10s} {word.meaning}")
