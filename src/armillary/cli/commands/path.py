"""Show a unit's rank year by year: years in a row at a rank, first year there, growth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import json_option, observatory_option, print_json
from armillary.cli.recipe_options import recipe_from, recipe_options


@click.command(epilog="Example: armillary path share CN --period 2010-2024 --at-most 1")
@click.argument("indicator")
@click.argument("unit_named", metavar="UNIT")
@recipe_options
@click.option("--at-most", type=click.IntRange(1), default=1, show_default=True, help="The rank that counts for 'in a row' and 'first'.")
@click.option(
    "--growth",
    type=click.Choice(["adjusted", "value"]),
    default="adjusted",
    show_default=True,
    help="Growth of totals beside that of all papers, as a change of Share is adjusted, or of the value as it is.",
)
@observatory_option
@json_option
def command(indicator: str, unit_named: str, observatory: Path, at_most: int, growth: str, as_json: bool, **given: Any) -> None:
    """Show rank and value of UNIT under INDICATOR in every year (or window, with --step)."""
    import armillary as arm
    from armillary.counting.units import PREFIX, resolve_unit
    from armillary.ranking.overtime import papers_of, summary
    from armillary.ranking.text import shown

    given["step"] = given.get("step") or 1
    recipe = recipe_from(indicator, given)
    obs = arm.open(observatory)
    key, name = resolve_unit(obs.corpus, recipe, unit_named)
    ranking = obs.run(recipe)
    totals = papers_of(obs.corpus, recipe) if growth == "adjusted" and obs.store.pack is None else None
    facts = summary(ranking, f"{PREFIX.get(recipe.unit, '')}{key}", at_most=at_most, totals=totals)
    longest = facts["longest"]
    if as_json:
        print_json(
            {
                "unit_id": str(key),
                "name": name,
                "path": [{"period": s.period, "rank": s.rank, "value": s.value, "count": s.count} for s in facts["path"]],
                "at_most": at_most,
                "first": facts["first"],
                "streaks": [{"first": s.first, "last": s.last, "length": s.length} for s in facts["streaks"]],
                "growth": facts["growth"],
                "growth_of": "value" if totals is None else "value at one total of papers a period",
                "notes": ranking.meta["notes"],
                "note_codes": ranking.meta["note_codes"],
                "recipe": recipe.as_dict(),
            }
        )
        return
    click.echo(f"{name}: {ranking.meta['title']}")
    for s in facts["path"]:
        click.echo(f"  {s.period:<10} {s.rank:>5}  {shown('value', s.value, ranking.meta):>12}")
    if longest:
        click.echo(f"rank {at_most} or better first in {facts['first']}; longest run {longest.length} ({longest.first} to {longest.last})")
    else:
        click.echo(f"never at rank {at_most} or better")
    if facts["growth"] is not None:
        beside = "" if totals is None else ", beside that of all papers"
        click.echo(f"growth {100 * facts['growth']:+.1f} % a step{beside} (complete periods)")
    for note in ranking.meta["notes"]:
        click.echo(f"note      {note}")
