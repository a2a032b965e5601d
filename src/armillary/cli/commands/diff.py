"""What moved between two builds of an observatory: split into method, sample, data and reality."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from armillary.cli.common import json_option, print_json, quiet_option
from armillary.cli.recipe_options import recipe_from, recipe_options
from armillary.core import durable
from armillary.errors import UsageError


@click.command("diff", help=__doc__)
@click.argument("a")
@click.argument("b")
@click.argument("indicator", required=False)
@click.option("--recipe-b", type=click.Path(path_type=Path), help="The recipe of B, where it differs (a new method).")
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="Units to print.")
@click.option("--records", type=click.Path(path_type=Path), help="Write every contribution that came, went or changed (Parquet).")
@recipe_options
@json_option
@quiet_option
def command(
    a: str, b: str, indicator: str | None, recipe_b: Path | None, top: int, records: Path | None, as_json: bool, quiet: bool, **given: Any
) -> None:
    """A and B are observatory folders, or FOLDER@GENERATION; INDICATOR and the options say which ranking is compared [default: share]."""
    from armillary.core.recipe import read_recipe_file
    from armillary.ranking.diff import diff
    from armillary.ranking.recipes import make_recipe

    one, two = _open(a), _open(b)
    recipe = recipe_from(indicator or (None if given.get("recipe_file") else "share"), given)
    other = make_recipe(**read_recipe_file(recipe_b)) if recipe_b else None
    result = diff(one.corpus, two.corpus, recipe, other)
    if records is not None:
        import pyarrow.parquet as pq

        with durable.whole(records) as part:
            pq.write_table(result.records, part)
    if as_json:
        print_json(result.as_dict())
    elif not quiet:
        click.echo(as_text(result, top), nl=False)


def as_text(result: Any, top: int) -> str:
    """The comparison for a terminal."""
    about = result.about
    lines = [about["title"]]
    for key in ("a", "b"):
        data = about[key]
        build = f"generation {data['generation']}, snapshot {data['snapshot_date']}, digest {data['digest'][:12]}"
        lines.append(f"  {key.upper()}  {data['name']}, {build}")
    lines.append("  works: " + ", ".join(f"{n:,} {k}" for k, n in result.works.items()))
    totals = result.totals()
    whole = sum(totals.values())
    if whole:
        lines.append("  what moved: " + ", ".join(f"{k} {v / whole:.0%}" for k, v in totals.items() if v))
    if result.merged_institutions:
        lines.append(f"  {len(result.merged_institutions):,} institutions have another id now")
    if not result.moves:
        return "\n".join([*lines, "  nothing moved"]) + "\n"
    heads = ("value A", "value B", "method", "sample", "data", "reality")
    lines += ["", f"{'rank A':>7s} {'rank B':>7s} " + " ".join(f"{h:>{12 if h.startswith('value') else 10}s}" for h in heads) + "  unit"]
    for move in result.moves[:top]:
        value = [f"{v:12,.2f}" if v is not None else f"{'-':>12s}" for v in (move.value_a, move.value_b)]
        parts = " ".join(f"{move.parts[p]:+10,.2f}" if move.parts[p] else f"{'.':>10s}" for p in ("method", "sample", "data", "reality"))
        ranks = " ".join(f"{r:7d}" if r is not None else f"{'-':>7s}" for r in (move.rank_a, move.rank_b))
        lines.append(f"{ranks} {value[0]} {value[1]} {parts}  {move.name}")
    if len(result.moves) > top:
        lines.append(f"  and {len(result.moves) - top:,} more")
    return "\n".join(lines) + "\n"


def _open(word: str) -> Any:
    from armillary.core.store import Store
    from armillary.observatory import Observatory, open_observatory

    folder, at, generation = word.rpartition("@")
    if at and folder:
        if not generation.isdigit():
            raise UsageError(f"'{generation}' is not a generation", fix="write FOLDER@3")
        return Observatory(Store.open(folder).at(int(generation)))
    return open_observatory(word)
