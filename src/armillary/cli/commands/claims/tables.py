"""The published tables that travel with the package, with their sources."""

from __future__ import annotations

import click

from armillary.cli.common import json_option, print_json


@click.command("tables", help=__doc__)
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List all tables, or show the facts of one (NAME or NAME/MEASURE)."""
    from armillary.audit import published
    from armillary.audit.text import source_line

    if name is None:
        if as_json:
            print_json([{"table": table, "measure": measure} for table, measure in published.all_measures()])
            return
        for table, measure in published.all_measures():
            full = f"{table}/{measure}" if measure else table
            evidence = published.load(full)
            click.echo(f"published:{full:42s} {len(evidence.cells):4d} facts  {evidence.measure}")
        return
    evidence = published.load(name)
    if as_json:
        print_json({"id": evidence.id, "title": evidence.title, "cells": [evidence.cells[k].as_dict() for k in sorted(evidence.cells)]})
        return
    click.echo(f"{evidence.title}: {evidence.measure}")
    for key in sorted(evidence.cells, key=lambda k: (k[1], str(evidence.cells[k].rank), k[0])):
        cell = evidence.cells[key]
        rank = "" if cell.rank is None else f"rank {cell.rank}"
        click.echo(
            f"  {cell.period}  {cell.name or cell.unit:44s} {rank:12s} {cell.value if cell.value is not None else ''}  [{cell.source}]"
        )
    for source in evidence.sources.values():
        click.echo(f"  [{source.id}] {source_line(source)}")
