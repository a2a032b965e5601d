"""The options that make a recipe, shared by every command that ranks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from armillary.core.recipe import RECIPE_KEYS, Recipe, read_recipe_file
from armillary.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = [
    click.option(
        "--recipe", "recipe_file", type=click.Path(path_type=Path), help="A TOML file with a [recipe] table; other options then change it."
    ),
    click.option("--unit", help="country, institution, city, region, author, field or list.  [default: country]"),
    click.option("--lists", metavar="FILE", help="For --unit list: a CSV file with label and DOIs, ORCIDs, ISSNs, ids or awards."),
    click.option("--period", help="A year, a range such as 2018-2021, or 'all'.  [default: all]"),
    click.option("--step", type=int, help="0: the period as a whole; 1: year by year; n: windows of n years."),
    click.option(
        "--subject", help="OpenAlex domain, field, subfield or topic by name or as field:16; inside a journal scope, its five subjects."
    ),
    click.option("--scope", help="default, articles, journals-145, journals-82, core, oam, ... or a TOML file of your own."),
    click.option("--types", help="Document types, comma-separated (article,review)."),
    click.option("--sources", help="ISSNs, comma-separated."),
    click.option(
        "--counting",
        help="full, complete, author-fractional, institution-fractional, country-fractional, first, last, corresponding, harmonic, mfc-2.",
    ),
    click.option(
        "--split",
        type=click.Choice(["address", "institution"]),
        help="Divide an author's part over address lines, or over the set of institutions.",
    ),
    click.option(
        "--unmatched",
        type=click.Choice(["keep", "drop"]),
        help="Authors without a unit keep their part (unassigned), or the others share it.",
    ),
    click.option("--rollup", help="none, default, or a TOML file: which institutions are counted under which."),
    click.option("--regions", help="A TOML file or folder with regions of your own."),
    click.option(
        "--min-papers",
        "minimum",
        type=click.IntRange(0),
        help="Rank only units with at least so many papers.  [default: 0; for ratios 30, if any unit has them]",
    ),
    click.option(
        "--no-country-fallback", is_flag=True, help="Do not use the record's country codes for authors without a matched institution."
    ),
    click.option(
        "--baseline",
        metavar="FILE|given|own",
        help="Impact: compare with a world's baseline file, with OpenAlex's own scores, or with these works themselves.",
    ),
    click.option(
        "--within-corpus",
        is_flag=True,
        default=None,
        help="Impact: compare these works with each other although they are not the world (as --baseline own).",
    ),
    click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of the indicator; repeat for more."),
]


def recipe_options(function: F) -> F:
    """Add all recipe options to a command; read them with :func:`recipe_from`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def recipe_from(indicator: str | None, given: dict[str, Any]) -> Recipe:
    """The recipe that the command line describes. Takes the recipe options out of ``given``."""
    from armillary.ranking.recipes import make_recipe

    path = given.pop("recipe_file", None)
    choices: dict[str, Any] = read_recipe_file(path) if path else {}
    if indicator:
        choices["indicator"] = indicator
    if "indicator" not in choices:
        raise UsageError("no indicator given", fix="name one (armillary indicators lists them) or a recipe file with --recipe")
    fallback_off = given.pop("no_country_fallback", False)
    options = dict(choices.get("options", {}))
    for word in given.pop("options", ()):
        key, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"option '{word}' has no '='", fix="write --option NAME=VALUE")
        options[key.strip()] = value.strip()
    for key in RECIPE_KEYS:
        value = given.pop(key, None)
        if value is not None:
            choices[key] = value
    if fallback_off:
        choices["country_fallback"] = False
    return make_recipe(**{**choices, "options": options})
