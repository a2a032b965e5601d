"""Write a synthetic world with known answers, in the layout of a real snapshot."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import json_option, print_json, quiet_option


@click.command("synthetic", help=__doc__)
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--works", type=int, default=20_000, show_default=True, help="Number of works, 1,000 to 200 million.")
@click.option("--seed", type=int, default=1, show_default=True, help="Equal seeds give equal bytes.")
@click.option(
    "--layout",
    type=click.Choice(["jsonl", "parquet", "before-2026"]),
    default="jsonl",
    show_default=True,
    help="As OpenAlex serves its snapshot today, or did before June 2026.",
)
@click.option("--processes", type=click.IntRange(min=1), default=None, help="Default: one a core. The result does not depend on it.")
@quiet_option
@json_option
def command(out: Path, works: int, seed: int, layout: str, processes: int | None, quiet: bool, as_json: bool) -> None:
    """Write OUT/data (snapshot) and, beside it, the tables of patents, deals, policy and series, and truth.json."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from armillary.synthetic import World
    from armillary.synthetic.beside import write_world

    console = Console(stderr=True, quiet=quiet or as_json)
    with Progress(TextColumn("works"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("works", total=works)
        counts = write_world(
            World(works, seed),
            out,
            layout=layout,
            processes=processes,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        print_json({"folder": str(out), "works": works, "seed": seed, "layout": layout, "records": counts})
    elif not quiet:
        click.echo(f"Synthetic world (invented, seed {seed}) in {out}")
        for name, count in counts.items():
            click.echo(f"  {name:<22}{count:>12,}")
        click.echo(f"Next: armillary ingest openalex {out}")
