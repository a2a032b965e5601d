"""Propose claims from an article as a draft claims file for a person to edit."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path

import click

from armillary.cli.common import json_option, print_json
from armillary.core import durable
from armillary.errors import UsageError


@click.command("extract", help=__doc__)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Write the draft to this TOML file.  [default: standard output]")
@click.option(
    "--least", type=click.IntRange(1), default=3, show_default=True, help="Score that a sentence needs; more finds less and errs less."
)
@click.option(
    "--hook", metavar="MODULE:FUNCTION", help="Also ask this function of yours for drafts, sentence by sentence (off by default)."
)
@click.option("--date", default="", metavar="DATE", help="Of the article: 2025-09-01, 2025-09 or 2025.")
@click.option("--about", default="", metavar="TEXT", help="Title of the article, for what a sentence does not say itself.")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the text with its claims judged in place.",
)
@json_option
def command(file: Path, out: Path | None, least: int, hook: str | None, date: str, about: str, page: Path | None, as_json: bool) -> None:
    """FILE is a .txt, .md or .html file."""
    from armillary.audit.extract import draft_toml, extract
    from armillary.audit.sentences import read_text

    if page is not None:
        _marked(file, page, least, date, about)
    proposals = extract(read_text(file), least=least, hook=_hook(hook))
    if as_json:
        rows = [
            {
                "start": p.sentence.start,
                "end": p.sentence.end,
                "score": p.score,
                "signals": list(p.signals),
                "about": list(p.about),
                "draft": p.draft,
                "sentence": p.sentence.clean,
            }
            for p in proposals
        ]
        print_json(rows)
        return
    draft = draft_toml(proposals, file.name, hashlib.sha256(file.read_bytes()).hexdigest(), date=date, title=about)
    if out is None:
        click.echo(draft, nl=False)
    else:
        durable.write(out, draft)
        click.echo(f"{len(proposals)} proposals in {out}; edit them, then: armillary audit {out}")


def _marked(file: Path, page: Path, least: int, date: str, about: str) -> None:
    """The article as a page, for the one who has its text."""
    from armillary.audit.marked import mark
    from armillary.audit.sentences import read_text
    from armillary.reports.marked import marked_html

    article = mark(read_text(file), date=date, title=about, least=least)
    durable.write(page, marked_html(article, about or file.name))
    told = ", ".join(f"{n} {k}" for k, n in article.counts.items() if n)
    click.echo(f"{len(article.claims)} claims marked in {page}: {told or 'none'}", err=True)


def _hook(name: str | None):  # type: ignore[no-untyped-def]
    if name is None:
        return None
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError):
        raise UsageError(
            f"there is no hook '{name}'", fix="give MODULE:FUNCTION of a function that takes a sentence and returns drafts"
        ) from None
