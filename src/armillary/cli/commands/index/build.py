"""Build an index from its specification: scores and ranks of the index or of any part of it."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.commands.index._common import built, chart_option, data_options, draw, heading, output_options, spec_argument, write
from armillary.cli.common import json_flag, observatory_option


@click.command("build", help=__doc__, epilog="Example: armillary index build demo --limit 10")
@spec_argument
@data_options
@click.option("--level", help="A group or indicator to rank by (default: the index), or 'all' for all groups side by side.")
@click.option("--steps", is_flag=True, help="Say what each step did instead of the ranking.")
@output_options
@chart_option
@observatory_option
@json_flag
def command(
    spec: str,
    data: Path | None,
    year: int | None,
    level: str | None,
    steps: bool,
    form: str,
    out: Path | None,
    limit: int,
    chart: Path | None,
    observatory: Path,
    as_json: bool,
) -> None:
    """Build and print."""
    result = built(spec, data, year, observatory)
    form = "json" if as_json else form
    if steps:
        _steps(result, form)
        return
    meta = result.meta
    if level == "all":
        table = result.scores()
    else:
        table = result.table(level or result.spec.levels[0])
        if level:
            meta = meta | {"title": f"{meta['title']}: {result.spec.label(result._one(level))}", "level": level}
    write(table, form, out, limit, head=[meta["title"], *heading(result)[1:]], meta=meta)
    if chart is not None:
        from armillary.charts import index as charts
        from armillary.charts import index_pictures as pictures

        if level == "all":
            draw(pictures.heat(result, limit or 30), chart)
        else:
            draw(charts.index_bars(table, title=meta["title"], subtitle=charts.about(result), top=limit or 25), chart)


def _steps(result: object, form: str) -> None:
    from armillary.cli.common import print_json
    from armillary.composite import IndexResult

    assert isinstance(result, IndexResult)
    if form == "json":
        print_json([{"step": s.name, "settings": s.settings, "done": s.done} for s in result.steps])
        return
    for s in result.steps:
        done = s.done
        if s.name == "screen":
            click.echo(f"screen      {done['kept']} of {len(result.data.units)} units kept")
            for w in done["left_out"]:
                click.echo(f"            {w['unit']}: {w['rule']} in '{w['group']}' is {w['found']:.2f}, needed {w['needed']:.2f}")
        elif s.name == "impute":
            click.echo(f"impute      {s.settings['method']}: {done['n']} values filled, {done['left_missing']} left missing")
            for name, unit in done["beyond_group"]:
                click.echo(f"            {name} of {unit}: from all units, its group has no value")
            if done["carried"]:
                how = "carried forward from an earlier year" if s.settings["method"] == "locf" else "from other years"
                click.echo(f"            {done['carried']} of them {how}")
        elif s.name == "transform":
            if done["changed"]:
                click.echo(f"transform   {len(done['changed'])} of {len(result.spec.indicators)} indicators")
            for name, formula in done["changed"].items():
                click.echo(f"            {name}: {formula}")
        elif s.name == "treat":
            click.echo(f"treat       {len(done['changed'])} of {len(result.spec.indicators)} indicators have outliers")
            for c in done["changed"]:
                how = "logged" if c["is_logged"] else f"{c['low_n']} low and {c['high_n']} high points pulled in"
                click.echo(f"            {c['indicator']}: {how}" + ("" if c["is_ok"] else "; still has outliers"))
        elif s.name == "denominate":
            click.echo(f"denominate  {done['indicators']} indicators")
        elif s.name == "aggregate":
            click.echo(f"aggregate   {len(done['weights'])} groups")
            for group, method in done["rescaled"].items():
                click.echo(f"            {group}: rescaled ({method})")
        else:
            scales: dict[str, int] = {}
            for used in done["used"].values():
                scales[used["method"]] = scales.get(used["method"], 0) + 1
            click.echo(f"normalise   {', '.join(f'{m} ({n})' for m, n in scales.items())}")
            for b in done["beyond"]:
                click.echo(f"            {b['indicator']}: {b['below']} values below and {b['above']} above the goalposts, of {b['n']}")
    for note in result.warnings:
        click.echo(f"note        {note}")
