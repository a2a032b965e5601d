"""Does a ranking or a claim survive other defensible choices? Share of variants, rank range, the choice that matters most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import engine_from, json_option, limit_options, observatory_option, print_json, quiet_option
from armillary.cli.recipe_options import recipe_from, recipe_options
from armillary.errors import UsageError


@click.command("robustness", help=__doc__)
@click.argument("what")
@click.option("--of", "of_unit", metavar="UNIT", help="The unit in question, by its id.  [default: the first]")
@click.option("--at-most", type=click.IntRange(1), help="The statement is: this rank or better.  [default: the rank it has]")
@click.option(
    "--choice", "choices", multiple=True, metavar="NAME=A|B", help="Vary only these choices, e.g. 'counting=full|first'; repeat for more."
)
@click.option("--limit", type=click.IntRange(2), default=1000, show_default=True, help="Above this many combinations a sample is computed.")
@click.option("--save", type=click.Path(path_type=Path), help="Write the specification curve (.svg, .png, .html).")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), help="Write one row a variant.")
@recipe_options
@limit_options
@observatory_option
@json_option
@quiet_option
def command(
    what: str,
    of_unit: str | None,
    at_most: int | None,
    choices: tuple[str, ...],
    limit: int,
    save: Path | None,
    csv_path: Path | None,
    observatory: Path,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """WHAT is an indicator, a recipe file (RECIPE.toml), or one claim of a claims file (CLAIMS.toml#ID)."""
    from armillary.observatory import open_observatory
    from armillary.ranking.robustness import robustness

    picked = _choices(choices)
    corpus = open_observatory(observatory, **engine_from(given)).corpus
    if "#" in what:
        from armillary.audit.language import builtin, read
        from armillary.audit.robust import claim_robustness
        from armillary.errors import UnknownNameError

        name, _, wanted = what.partition("#")
        file = read(builtin(name) or Path(name))
        claim = next((c for c in file.claims if c.id == wanted), None)
        if claim is None:
            raise UnknownNameError("claim", wanted, [c.id for c in file.claims], where=file.path)
        result = claim_robustness(corpus, claim, file.here, choices=picked, limit=limit)
    else:
        if what.endswith(".toml"):
            given["recipe_file"] = Path(what)
        result = robustness(
            corpus, recipe_from(None if what.endswith(".toml") else what, given), of_unit, at_most=at_most, choices=picked, limit=limit
        )
    if save is not None:
        from armillary.charts.base import save as save_chart
        from armillary.charts.robustness import specification_curve

        save_chart(specification_curve(result), save)
    if csv_path is not None:
        import pyarrow.csv as pacsv

        from armillary.core import durable

        with durable.whole(csv_path) as part:
            pacsv.write_csv(result.table(), part)
    if as_json:
        print_json(result.as_dict())
    elif not quiet:
        click.echo(as_text(result), nl=False)
    return 0


def as_text(result: Any) -> str:
    """The result for a terminal."""
    lines = [result.statement]
    share = result.share
    if share is None:
        lines.append("  undefined under every variant")
    else:
        lines.append(f"  holds under {share:.1%} of {len(result.defined):,} variants: {result.grade}")
    undefined = len(result.outcomes) - len(result.defined)
    if undefined:
        lines.append(f"  undefined under {undefined:,} more (the unit is not ranked there)")
    spread = result.rank_range()
    if spread is not None:
        low, middle, high = spread
        lines.append(f"  rank: median {middle:g}, 5 to 95 % {low:g} to {high:g}, all {result.ranks[0]} to {result.ranks[-1]}")
    turn = result.overturning()
    if turn is not None:
        changes = ", ".join(f"{k} {v}" for k, v in result.changed(turn).items())
        lines.append(f"  overturned first by: {changes} (rank {turn.rank})")
    lines.append("  part of the variance of the rank that each choice explains:")
    lines += [f"    {part:6.1%}  {name} ({', '.join(result.choices[name])})" for name, part in result.influence().items()]
    if result.total > len(result.outcomes):
        lines.append(
            f"  {len(result.outcomes):,} of {result.total:,} combinations computed (invalid and equal ones left out, the rest sampled)"
        )
    lines += [f"  note: {note}" for note in result.notes]
    return "\n".join(lines) + "\n"


def _choices(words: tuple[str, ...]) -> dict[str, list[str]] | None:
    found: dict[str, list[str]] = {}
    for word in words:
        name, equals, levels = word.partition("=")
        if not equals or not levels:
            raise UsageError(f"choice '{word}' has no levels", fix="write for example --choice 'counting=full|first'")
        found[name.strip()] = [level.strip() for level in levels.split("|") if level.strip()]
    return found or None
