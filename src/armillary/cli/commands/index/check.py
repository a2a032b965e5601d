"""Check a specification and describe the index: its tree, rules, weights and uncertain choices."""

from __future__ import annotations

import click

from armillary.cli.commands.index._common import load, spec_argument
from armillary.cli.common import json_option, print_json


@click.command("check", help=__doc__)
@spec_argument
@json_option
def command(spec: str, as_json: bool) -> None:
    """Check and print the tree."""
    rules = load(spec)
    if as_json:
        print_json(rules.to_dict() | {"digest": rules.digest})
        return
    shares = rules.effective_weights()
    click.echo(f"{rules.name}: {len(rules.indicators)} indicators, {len(rules.groups)} groups; digest {rules.digest[:12]}")
    click.echo(f"levels: {', '.join(rules.levels)}")

    def show(group: str, depth: int) -> None:
        how = rules.aggregation_of(group).method
        click.echo(f"{'  ' * depth}{group}  {rules.label(group) if rules.label(group) != group else ''} [{how}]")
        for part in rules.parts(group):
            if part.id in shares:
                sign = "" if next(i for i in rules.indicators if i.id == part.id).direction > 0 else ", less is better"
                click.echo(f"{'  ' * (depth + 1)}{part.id}  {rules.label(part.id)} ({100 * shares[part.id]:.1f} % of the index{sign})")
            else:
                show(part.id, depth + 1)

    show(rules.root.id, 0)
    for u in rules.uncertain:
        place = f" of {u.level or ', '.join(u.within)}" if u.level or u.within else ""
        choice = ", ".join(u.options) or (
            f"+-{100 * u.spread:.0f} %" if u.spread else f"{u.low:g} to {u.high:g}" if u.low is not None else "redrawn"
        )
        click.echo(f"uncertain: {u.factor}{place}: {choice}")
