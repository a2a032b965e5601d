"""How well articles are read and judged: against a hand-made claims file, or a file of labelled claims (.jsonl)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

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
@click.option("--ask", "asked", is_flag=True, help="Ask about each claim of the claims file, and compare with its audit.")
@json_option
def command(file: str, articles: Path, least: int, misses: bool, asked: bool, as_json: bool) -> None:
    """FILE is a claims file, the name of a built-in one (articles), or labelled claims: one article a line of a .jsonl file."""
    if file.endswith((".jsonl", ".ndjson")):
        _labelled(Path(file), misses, as_json)
        return
    from armillary.audit.evaluate import evaluate
    from armillary.audit.language import builtin, read

    if asked:
        from armillary.audit.labelled import against_claims_file

        _told(against_claims_file(read(builtin(file) or Path(file))), misses, as_json)
        return
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


def _labelled(file: Path, misses: bool, as_json: bool) -> None:
    """Verdicts on the claims of a labelled file."""
    from armillary.audit.labelled import evaluate_labelled

    _told(evaluate_labelled(file), misses, as_json)


def _told(result: Any, misses: bool, as_json: bool) -> None:
    """Verdicts against labels, wrong ones first; and what was read of each kind of statement."""
    from armillary.audit.ask import VERDICTS
    from armillary.audit.labelled import LABELS

    body = result.as_dict()
    if as_json:
        print_json(body)
        return
    matrix = result.matrix()
    click.echo(f"{'label':12s}" + "".join(f"{v:>21s}" for v in VERDICTS))
    for label in LABELS:
        click.echo(f"{label:12s}" + "".join(f"{matrix[label, v]:21d}" for v in VERDICTS))
    share = body["decided"] / body["decidable"] if body["decidable"] else 0.0
    right = f"{body['right'] / body['decided']:.2f}" if body["decided"] else "none"
    click.echo(f"wrong verdicts (true contradicted, false supported): {len(body['wrong'])}" + "".join(f"\n  {w}" for w in body["wrong"]))
    click.echo(f"decided {body['decided']} of {body['decidable']} that a table can tell ({share:.2f}); of these right {right}")
    click.echo(f"{'kind':10s} {'read':>6s} {'understood':>11s} {'decided':>8s} {'precision':>10s} {'recall':>7s}")
    for form, row in result.by_form().items():
        rates = f"{_rate(row, 'proposed'):>10s} {_rate(row, 'labelled'):>7s}" if "labelled" in row else f"{'-':>10s} {'-':>7s}"
        click.echo(f"{form:10s} {row['read']:6d} {row['understood']:11d} {row['decided']:8d} {rates}")
    if misses:
        for c in result.cases:
            click.echo(f"{c.article} {c.n} [{c.label}] {c.answer.verdict}: {c.answer.summary[:160]}")


def _rate(row: dict[str, int], of: str) -> str:
    return f"{row['found'] / row[of]:.2f}" if row[of] else "-"
