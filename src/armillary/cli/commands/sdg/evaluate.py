"""Hold one goal classification against another: precision and recall a goal, and what is confused with what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import json_option, observatory_option, print_json


@click.command("evaluate", help=__doc__, epilog="Example: armillary sdg evaluate --among tagged --half odd")
@click.option("--ours", default="queries", show_default=True, help="queries, given, or a classification file.")
@click.option("--reference", default="given", show_default=True, help="given, queries, or a classification file.")
@click.option("--cut", default=0.4, show_default=True, help="Scores in the reference must be above this.")
@click.option(
    "--among", type=click.Choice(("tagged", "all")), default="tagged", show_default=True, help="With a tag in the reference, or all."
)
@click.option(
    "--half", type=click.Choice(("odd", "even")), help="Only odd or even work ids (the queries were written looking at even ones)."
)
@click.option("--confusions", default=15, show_default=True, help="Pairs to list; 0 for all.")
@observatory_option
@json_option
def command(
    ours: str,
    reference: str,
    cut: float,
    among: str,
    half: str | None,
    confusions: int,
    observatory: Path,
    as_json: bool,
) -> None:
    """Print the report. Agreement with another classifier is not truth; read the confusions."""
    import armillary as arm
    from armillary.counting.goals.report import agreement

    obs = arm.open(observatory)
    report = agreement(obs.corpus, ours=ours, reference=reference, cut=cut, among=among, half=half, confusions=confusions)
    if as_json:
        print_json(report)
        return
    e = report["evaluation"]
    click.echo(f"ours       {report['ours']}")
    click.echo(f"reference  {report['reference']}, scores above {cut}")
    click.echo(f"works      {e['works']:,} ({report['which']}); the same set of goals on {e['exact']:,}")
    click.echo(report["caution"])
    for note in report["notes"]:
        click.echo(f"note  {note}")
    click.echo("")
    click.echo("goal  name                                     reference   ours   both  precision (95 %)      recall (95 %)")
    for s in e["scores"]:
        name = report["names"][s["goal"]]
        click.echo(
            f"{s['goal']:>4}  {name:<40} {s['reference']:>9} {s['ours']:>6} {s['both']:>6}  "
            f"{_range(s, 'precision'):<20}  {_range(s, 'recall')}"
        )
    micro, recall = _number(e["micro_precision"]), _number(e["micro_recall"])
    click.echo(f"micro precision {micro}, micro recall {recall}, macro F1 {_number(e['macro_f1'])}")
    for side in ("ours", "reference"):
        if r := report["reading"][side]:
            click.echo(
                f"read by one reader (registry/sdg/README.md): of {r['read']} tags of {side}, {r['belong']} belong to the goal: "
                f"precision {r['precision']:.2f} ({r['low']:.2f}-{r['high']:.2f})"
            )
    click.echo("\nconfusions (goal in the reference -> ours; '-' is no goal that the other side does not have)")
    for c in report["confusions"]:
        click.echo(f"  {c['reference'] or '-':>3} -> {c['ours'] or '-':<3} {c['works']:>5}  {c['examples'][0]['title'][:90]}")


def _range(score: dict[str, Any], key: str) -> str:
    if score[key] is None:
        return "none"
    return f"{score[key]:.2f} ({score[key + '_low']:.2f}-{score[key + '_high']:.2f})"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
