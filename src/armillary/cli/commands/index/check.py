"""Check a specification and describe the index: its tree, every rule and default that will apply, its data, its uncertain choices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from armillary.cli.commands.index._common import load, spec_argument
from armillary.cli.common import json_option, print_json

if TYPE_CHECKING:
    from armillary.composite import IndexSpec


@click.command("check", help=__doc__)
@spec_argument
@click.option(
    "--data", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Table to check instead of the one in the specification."
)
@json_option
def command(spec: str, data: Path | None, as_json: bool) -> None:
    """Check and print the tree, the rules and what the data hold."""
    from armillary.composite.defaults import setting_text, settings

    rules = load(spec)
    said = list(_data(rules, data))
    if as_json:
        listed = [{"section": s, "key": k, "value": v, "is_default": not given} for s, k, v, given in settings(rules)]
        print_json(rules.to_dict() | {"digest": rules.digest, "rules": listed, "notes": list(rules.notes), "data_notes": said})
        return
    click.echo(f"{rules.name}: {len(rules.indicators)} indicators, {len(rules.groups)} groups; digest {rules.digest[:12]}")
    click.echo(f"levels: {', '.join(rules.levels)}")
    _tree(rules)
    click.echo("rules (* is a default):")
    by: dict[str, list[str]] = {}
    for section, key, value, given in settings(rules):
        by.setdefault(section, []).append(f"{key} = {setting_text(value)}{'' if given else '*'}")
    for section, keys in by.items():
        click.echo(f"  [{section}] {'; '.join(keys)}")
    for u in rules.uncertain:
        place = f" of {u.level or ', '.join(u.within)}" if u.level or u.within else ""
        choice = ", ".join(u.options) or (
            f"+-{100 * u.spread:.0f} %" if u.spread else f"{u.low:g} to {u.high:g}" if u.low is not None else "redrawn"
        )
        click.echo(f"uncertain: {u.factor}{place}: {choice}")
    for note in (*rules.notes, *said):
        click.echo(f"note: {note}")


def _tree(rules: IndexSpec) -> None:
    """The groups with their means, the indicators with what is done to them."""
    from armillary.composite.score import redirected

    shares = rules.effective_weights()
    indicators = {i.id: i for i in rules.indicators}

    def show(group: str, depth: int) -> None:
        how, again = rules.aggregation_of(group).method, rules.rescaling_of(group)
        name = rules.label(group) if rules.label(group) != group else ""
        click.echo(f"{'  ' * depth}{group}  {name} [{how}{f', rescaled: {again.method}' if again else ''}]")
        for part in rules.parts(group):
            if part.id not in shares:
                show(part.id, depth + 1)
                continue
            i = indicators[part.id]
            scale, turned, treated = rules.normalisation_of(i), rules.transformation_of(i), redirected(rules, i, None)
            done = [f"{100 * shares[i.id]:.1f} % of the index"]
            done += ["less is better"] if i.direction < 0 else []
            done += [f"per {i.denominator}"] if i.denominator else []
            done += [turned.text] if turned.method != "none" else []
            done += [treated.method] if treated.method != "none" else []
            posts = scale.goalposts and (scale.goalposts if i.direction > 0 else scale.goalposts[::-1])
            done += [f"goalposts {posts[0]:g} (worst) to {posts[1]:g} (best)"] if scale.method == "goalposts" and posts else [scale.method]
            click.echo(f"{'  ' * (depth + 1)}{i.id}  {rules.label(i.id)} ({', '.join(done)})")

    show(rules.root.id, 0)


def _data(rules: IndexSpec, data: Path | None) -> list[str]:
    """What the data hold, where they are at hand; faults of them are errors as in a build."""
    import numpy as np

    from armillary.composite import build, load_data

    path = data or (rules.folder / rules.data.values if rules.data.values else None)
    if path is None or not path.is_file() or rules.data.layout == "series":
        return [] if path is None or rules.data.layout == "series" else [f"the data '{rules.data.values}' are not there"]
    if rules.data.time is not None and rules.data.at is None:
        return []
    found = load_data(rules, path=path)
    if not set(found.values.columns):
        return []
    result = build(rules, found)
    gone = float(np.isnan(found.values.values).mean())
    return [
        f"the data hold {len(found.units)} units, {100 * gone:.1f} % of the values are missing",
        *(n for n in result.warnings if n not in rules.notes),
    ]
