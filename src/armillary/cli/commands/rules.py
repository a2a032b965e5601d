"""Show the rule book: what "METHODS 5.4" in a recipe, on a page or in an error means."""

from __future__ import annotations

import re

import click

from armillary.cli.common import json_option, print_json


@click.command(epilog="Example: armillary rules 5.4")
@click.argument("section", required=False)
@json_option
def command(section: str | None, as_json: bool) -> None:
    """List the sections of the rule book, or print SECTION: 5 (a chapter), 5.4, T5.1 (a worked example), or references."""
    from armillary.registry import rulebook

    if section == "references":
        if as_json:
            print_json([{"key": r.key, "reference": r.line, "doi": r.doi} for r in rulebook.references().values()])
            return
        for reference in rulebook.references().values():
            click.echo(f"{reference.key:22s} {reference.line}")
        return
    if section is None:
        found = [r for r in rulebook.rules().values() if re.fullmatch(r"\d+(\.\d+)?", r.number)]
    else:
        asked = rulebook.rule(section)
        is_chapter = asked.number == asked.chapter
        found = [asked, *(r for r in rulebook.rules().values() if re.fullmatch(rf"{asked.number}\.\d+", r.number) and is_chapter)]
    if as_json:
        print_json([{"number": r.number, "title": r.title, "page": r.url(), "text": r.text} for r in found])
        return
    for r in found:
        click.echo(f"{r.number:5s} {r.title}" if section is None else f"{r.text}\n")
    if section is not None:
        keys = dict.fromkeys(re.findall(r"\[@([\w-]+)\]", "\n".join(r.text for r in found)))
        for key in keys:
            click.echo(f"[@{key}]: {rulebook.references()[key].line}")
