"""Write the distribution of citations in each cell (field, year, type) of this observatory's works to one small file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import engine_from, engine_options, json_option, limit_options, observatory_option, print_json
from armillary.errors import UsageError


@click.command(
    "make",
    help=__doc__ + "\n\nThe observatory must hold the world, or say with --reference-set what its works stand for.",
    epilog="Example: armillary baseline make world-2026.parquet --into world --period 2006-2025",
)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--scope", help="The works of the reference set: a scope's name or a TOML file.  [default: default]")
@click.option("--types", help="Document types, comma-separated (article,review).")
@click.option("--period", help="A year, a range such as 2018-2021, or 'all'.  [default: all]")
@click.option("--field-level", help="topic, subfield, field, domain, or a file with work_id and class.  [default: subfield]")
@click.option(
    "--citations",
    type=click.Choice(["given", "corpus"]),
    default="given",
    show_default=True,
    help="OpenAlex's own counts, which every extract of the world carries, or references between the works here.",
)
@click.option(
    "--option", "options", multiple=True, metavar="NAME=VALUE", help="Another citation or cell option: window, until, by_type ..."
)
@click.option("--reference-set", metavar="TEXT", help="What the works stand for, where they are not the world.")
@engine_options
@limit_options
@observatory_option
@json_option
def command(
    out: Path,
    scope: str | None,
    types: str | None,
    period: str | None,
    field_level: str | None,
    citations: str,
    options: tuple[str, ...],
    reference_set: str | None,
    observatory: Path,
    as_json: bool,
    **given: Any,
) -> None:
    """Make it and say what is in it."""
    import armillary as arm
    from armillary.counting.baselines import make_baseline
    from armillary.ranking.recipes import make_recipe

    if out.suffix != ".parquet":
        raise UsageError(f"'{out}' is no name of a Parquet file", fix="write to NAME.parquet")
    chosen: dict[str, Any] = {"citations": citations, "baseline": "own"}
    for word in options:
        key, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"option '{word}' has no '='", fix="write --option NAME=VALUE")
        chosen[key.strip()] = value.strip()
    if field_level:
        chosen["field_level"] = field_level
    if chosen["baseline"] != "own":
        raise UsageError("a baseline is made of the works here, not of another baseline", fix="leave out the option baseline")
    obs = arm.open(observatory, **engine_from(given))
    recipe = make_recipe("mncs", scope=scope, types=types, period=period, options=chosen)
    made = make_baseline(obs.corpus, recipe, out, reference_set=reference_set)
    if as_json:
        print_json({"file": str(out), "bytes": out.stat().st_size, **made.as_dict()})
        return
    click.echo(f"{out}: {made.works:,} works in {made.cells:,} cells, {out.stat().st_size / 1e6:.2f} MB, digest {made.digest}")
    if made.without_cell:
        click.echo(f"{made.without_cell:,} works of the reference set have no field, year or type, so no cell.")
