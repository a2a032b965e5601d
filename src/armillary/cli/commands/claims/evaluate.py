"""Precision and recall of the proposals against a hand-made claims file."""

from __future__ import annotations

import os
from pathlib import Path

import click

from armillary.cli.common import json_option, print_json


@click.command("evaluate", help=__doc__)
@click.argument("file", default="articles")
@click.option(
    "--articles",
    type=click.Path(path_type=Path, file_okay=False),
    default=lambda: os.environ.get("ARMILLARY_ARTICLES", "../shared/articles"),
    show_default="../shared/articles",
    help="Folder of the articles that the claims file names.",
)
@click.option("--least", type=click.IntRange(1), default=3, show_default=True, help="Score that a sentence needs.")
@click.option("--misses", is_flag=True, help="Also list what was missed and what was proposed for nothing.")
@json_option
def command(file: str, articles: Path, least: int, misses: bool, as_json: bool) -> None:
    """FILE is a claims file, or the name of a built-in one (articles)."""
    from armillary.audit.evaluate import evaluate
    from armillary.audit.language import builtin, read

    result = evaluate(read(builtin(file) or Path(file)), Path(articles), least=least)
    rows = [*result.scores, result.total]
    if as_json:
        print_json(
            [
                {
                    "article": s.article,
                    "proposals": s.proposals,
                    "right": s.right,
                    "claims": s.claims,
                    "found": s.found,
                    "predicate_right": s.predicates,
                    "precision": s.precision,
                    "recall": s.recall,
                    "f1": s.f1,
                }
                for s in rows
            ]
        )
        return
    click.echo(f"{'article':22s} proposals  right  claims  found  precision  recall    F1  predicate")
    for s in rows:
        guessed = f"{s.predicates}/{s.found}"
        counts = f"{s.proposals:9d} {s.right:6d} {s.claims:7d} {s.found:6d}"
        click.echo(f"{s.article:22s} {counts} {s.precision:10.2f} {s.recall:7.2f} {s.f1:5.2f} {guessed:>10s}")
    if misses:
        click.echo("missed: " + ", ".join(result.missed))
        for key, proposal in result.extra:
            click.echo(f"for nothing ({key}): {proposal.sentence.clean[:160]}")
