"""List the indicators, or show one with its formula, options and source."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json
from armillary.errors import UsageError


@click.command(epilog="Example: armillary indicators --known --into observatory")
@click.argument("indicator", required=False)
@click.option("--known", is_flag=True, help="What each needs of a record, and of how many records here that is known.")
@click.option("--scope", help="With --known: which works count.  [default: the indicator's]")
@click.option("--period", help="With --known: a year, a range, or 'all'.  [default: all]")
@observatory_option
@json_option
def command(indicator: str | None, known: bool, scope: str | None, period: str | None, observatory: Path, as_json: bool) -> None:
    """List all indicators, or everything about one INDICATOR; with --known, what of them the observatory can answer."""
    if not known and (scope or period):
        raise UsageError("--scope and --period go with --known", fix="add --known, or leave them out")
    if known:
        _known(observatory, indicator, scope, period, as_json=as_json)
        return
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


def _known(observatory: Path, indicator: str | None, scope: str | None, period: str | None, *, as_json: bool) -> None:
    import armillary as arm
    from armillary.cli.tables import give
    from armillary.counting.notes import corpus_notes
    from armillary.indicators import indicator_info
    from armillary.ranking.knowledge import what_is_known

    if indicator:
        indicator_info(indicator)
    corpus = arm.open(observatory).corpus
    table = what_is_known(corpus, scope=scope, period=period)
    if indicator:
        table = table.filter([n.split(" ")[0] == indicator for n in table["indicator"].to_pylist()])
    give(table, {"what": "records that say what an indicator needs", "notes": corpus_notes(corpus)}, as_json=as_json)
