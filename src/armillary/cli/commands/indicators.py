"""List the indicators, or show one with its formula, options and source."""

from __future__ import annotations

import click

from armillary.cli.common import json_option, print_json


@click.command()
@click.argument("indicator", required=False)
@json_option
def command(indicator: str | None, as_json: bool) -> None:
    """List all indicators, or everything about one INDICATOR."""
    from armillary.indicators import all_indicators, indicator_info
    from armillary.registry.rulebook import cited

    chosen = [indicator_info(indicator)] if indicator else list(all_indicators().values())
    if as_json:
        print_json(
            [
                {
                    k: getattr(i, k)
                    for k in ("id", "name", "measure", "formula", "source", "example", "kind", "counting", "split", "scope", "units", "doc")
                }
                | {"rules": [{"number": r.number, "title": r.title, "page": r.url()} for r in cited(i.source)]}
                | {"options": {k: {"default": o.default, "meaning": o.meaning} for k, o in i.options.items()}}
                for i in chosen
            ]
        )
        return
    if not indicator:
        width = max(len(i.id) for i in chosen)
        for i in chosen:
            click.echo(f"{i.id:<{width}}  {i.name}: {i.doc.splitlines()[0]}")
        return
    i = chosen[0]
    click.echo(f"{i.id}: {i.name} ({i.measure})\n{i.doc}\n\nformula   {i.formula}\nexample   {i.example}\nsource    {i.source}")
    for rule in cited(i.source):
        click.echo(f"rule      {rule.number} {rule.title}: armillary rules {rule.number}")
    click.echo(f"defaults  counting {i.counting}, split {i.split}, scope {i.scope}; units {', '.join(i.units)}")
    for key, option in i.options.items():
        click.echo(f"option    {key}={option.default}  {option.meaning}")
