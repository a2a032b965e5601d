"""Give an observatory lists as units: works, journals, authors, institutions or awards under labels of your own (CSV)."""

from __future__ import annotations

import re
from pathlib import Path

import click

from armillary.cli.common import json_option, observatory_option, print_json, quiet_option
from armillary.errors import InputError

NOT_IN_ADDRESSES = r'[\x00-\x1f<>",/\\]'
"""Signs that addresses of pages cannot carry in an id; a comma stands between ids."""


@click.command("lists", help=__doc__)
@click.argument("path", type=click.Path(path_type=Path))
@observatory_option
@json_option
@quiet_option
def command(path: Path, observatory: Path, as_json: bool, quiet: bool) -> None:
    """Check the file, keep it, and print how many of its members are here."""
    from armillary.core import own_files
    from armillary.core.corpus import Corpus
    from armillary.core.store import Store
    from armillary.counting.lists import listed_and_found, read_lists
    from armillary.ranking.recipes import make_recipe

    store = Store.open(observatory)
    lists = read_lists(path)
    if (odd := next((label for label in lists.labels if re.search(NOT_IN_ADDRESSES, label)), None)) is not None:
        fix = "write the label without / \\ < > , and quotation marks"
        raise InputError(f"label '{odd[:80]}' has a sign that stands for something else in the address of a page", where=path, fix=fix)
    own_files.keep_lists(path, store)
    listed, found, kind = listed_and_found(Corpus(store), make_recipe("count", unit="list"))
    if as_json:
        print_json({"labels": lists.labels, "kind": kind, "listed": listed, "found": found})
    elif not quiet:
        first = ", ".join(lists.labels[:8])
        click.echo(f"{len(lists.labels):,} lists of {listed:,} members of kind {kind}, {found:,} of them here: {first}")
        click.echo("rank them with --unit list; armillary serve shows them when it is started again")
