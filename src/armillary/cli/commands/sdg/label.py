"""Draw works to read for a goal, or read the judgements of several readers: agreement, and how many works are on the goal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import json_option, observatory_option, print_json, write_whole


@click.command(
    "label", help=__doc__, epilog="Examples: armillary sdg label --goal 13 --draw 200 --out sheet.csv; armillary sdg label ana.csv ben.csv"
)
@click.argument("sheets", nargs=-1, type=click.Path(path_type=Path))
@click.option("--goal", type=click.IntRange(1, 17), help="The goal to draw works for.")
@click.option("--draw", "number", type=click.IntRange(2), metavar="N", help="Draw so many works, half of them tagged with the goal.")
@click.option("--tags", default="given", show_default=True, help="Which tags make the two halves: given, queries, or a file.")
@click.option("--cut", default=0.4, show_default=True, help="A tag's score must be above this.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the draw.")
@click.option("--out", type=click.Path(path_type=Path), help="The sheet to write (.csv): a copy for each reader, who fills in 'belongs'.")
@observatory_option
@json_option
def command(
    sheets: tuple[Path, ...],
    goal: int | None,
    number: int | None,
    tags: str,
    cut: float,
    seed: int,
    out: Path | None,
    observatory: Path,
    as_json: bool,
) -> None:
    """Draw, or read and keep."""
    import armillary as arm
    from armillary.core.tabular import csv_text
    from armillary.errors import UsageError
    from armillary.studies.goals import labels

    if sheets:
        if number is not None or goal is not None or out is not None:
            raise UsageError("sheets are read or drawn, not both", fix="leave out the files, or --goal, --draw and --out")
        reads = labels.read_sheets(sheets)
        found: dict[str, Any] = {
            "goal": reads[0].goal,
            "agreement": labels.agreement(reads),
            "estimate": labels.prevalence(reads),
            "kept": str(labels.keep(arm.open(observatory).store.path, reads)),
        }
        print_json(found) if as_json else click.echo(labels.as_text(found))
        return
    if number is None or goal is None or out is None or out.suffix != ".csv":
        raise UsageError("nothing to do", fix="give filled-in sheets, or --goal, --draw N and --out SHEET.csv")
    table = labels.draw(arm.open(observatory).corpus, goal, number, tags=tags, cut=cut, seed=seed)
    write_whole(out, csv_text(table))
    if as_json:
        print_json({"sheet": str(out), "works": table.num_rows, "goal": goal, "strata_by": tags})
    else:
        click.echo(f"{out}: {table.num_rows} works to read for goal {goal}; a copy for each reader, who writes yes or no into 'belongs'")
