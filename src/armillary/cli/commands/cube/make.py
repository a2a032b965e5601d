"""Keep the sums of the usual rankings by unit, year, field and type, so that they are answered without reading the records."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from armillary.cli.common import engine_from, engine_options, json_option, limit_options, observatory_option, print_json, quiet_option


@click.command("make", help=__doc__, epilog="Example: armillary cube make --unit country --scope default --scope articles")
@click.option("--unit", "units", multiple=True, help="country, institution, city, region, field.  [default: all of them]")
@click.option("--indicator", "indicators", multiple=True, help="An indicator; repeat for more.  [default: the main ones]")
@click.option("--counting", multiple=True, help="A counting method.  [default: the indicator's own, full, author-fractional]")
@click.option("--scope", "scopes", multiple=True, help="A scope; repeat for more.  [default: the indicator's own]")
@click.option("--recipe", "recipe_files", multiple=True, type=click.Path(path_type=Path), help="A recipe file; only these are kept.")
@click.option("--variants", is_flag=True, help="Also keep what robustness analyses ask (many times the size).")
@click.option("--no-products", is_flag=True, help="Leave out what intervals without records need (less than half of the size).")
@engine_options
@limit_options
@observatory_option
@json_option
@quiet_option
def command(
    units: tuple[str, ...],
    indicators: tuple[str, ...],
    counting: tuple[str, ...],
    scopes: tuple[str, ...],
    recipe_files: tuple[Path, ...],
    variants: bool,
    no_products: bool,
    observatory: Path,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Compute them and say what is kept."""
    import armillary as arm
    from armillary.core.recipe import UNITS, read_recipe_file
    from armillary.errors import UnknownNameError
    from armillary.ranking.cubes.make import make_cubes
    from armillary.ranking.cubes.usual import usual_recipes
    from armillary.ranking.recipes import make_recipe

    for unit in units:
        if unit not in UNITS:
            raise UnknownNameError("unit", unit, UNITS)
    obs = arm.open(observatory, **engine_from(given))
    if recipe_files:
        recipes = [make_recipe(**read_recipe_file(f)) for f in recipe_files]
    else:
        recipes = usual_recipes(obs.corpus, units=units, indicators=indicators, counting=counting, scopes=scopes, with_variants=variants)
    begun = time.monotonic()

    def told(text: str) -> None:
        if not (quiet or as_json):
            click.echo(f"{time.monotonic() - begun:7.1f} s  {text}", err=True)

    made = make_cubes(obs.corpus, recipes, products=not no_products, progress=told)
    size = sum(sum(c.bytes.values()) for c in made.cubes)
    if as_json:
        cubes = [{"cube": c.folder.name, "unit": c.unit, "recipes": len(c.held), "rows": c.rows, "bytes": c.bytes} for c in made.cubes]
        print_json({"cubes": cubes, "bytes": size, "left_out": made.left_out})
        return
    if not quiet:
        kept = sum(len(c.held) for c in made.cubes)
        click.echo(f"{observatory}: {kept:,} recipes in {len(made.cubes)} cubes, {size / 1e6:.2f} MB, {time.monotonic() - begun:.1f} s")
        reasons: dict[str, list[str]] = {}
        for name, reason in made.left_out.items():
            reasons.setdefault(reason, []).append(name)
        for reason, names in reasons.items():
            more = f" and {len(names) - 2:,} more" if len(names) > 2 else ""
            click.echo(f"  left out: {'; '.join(names[:2])}{more}: {reason}")
