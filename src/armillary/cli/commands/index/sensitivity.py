"""Rebuild an index many times under its uncertain choices: intervals of ranks, and which choice matters."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import click

from armillary.cli.commands.index._common import built, chart_option, data_options, draw, heading, output_options, spec_argument, write
from armillary.cli.common import json_flag, observatory_option, quiet_option
from armillary.errors import UsageError


@click.command("sensitivity", help=__doc__, epilog="Example: armillary index sensitivity demo --draws 2000 --sobol 256 --unit Cormark")
@spec_argument
@data_options
@click.option("--draws", type=click.IntRange(2), default=1000, show_default=True, help="Rebuilds.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same numbers.")
@click.option(
    "--sobol", type=click.IntRange(0), default=0, show_default=True, help="Base sample of the Sobol indices (0: none; 256 is a good start)."
)
@click.option("--of", type=click.Choice(["rank", "score"]), default="rank", show_default=True, help="What the Sobol indices explain.")
@click.option("--unit", help="Print the Sobol indices of this unit instead of the ranking.")
@click.option("--above", nargs=2, metavar="A B", help="In what part of the rebuilds is A before B?")
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, help="Count how often a unit is among the first N.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads; the result is the same for any number.")
@output_options
@chart_option
@observatory_option
@quiet_option
@json_flag
def command(
    spec: str,
    data: Path | None,
    year: int | None,
    draws: int,
    seed: int,
    sobol: int,
    of: str,
    unit: str | None,
    above: tuple[str, str] | None,
    top: int,
    threads: int,
    form: str,
    out: Path | None,
    limit: int,
    chart: Path | None,
    observatory: Path,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run and print."""
    from armillary.composite import sensitivity

    result = built(spec, data, year, observatory)
    if unit is not None and not sobol:
        sobol = 256
    if unit is not None:
        u = result.position(unit)  # a wrong name should fail before the work
        if math.isnan(result.score(result.spec.root.id)[u]):
            raise UsageError(f"unit '{unit}' has no score")
    with _bar(quiet or as_json or not sys.stderr.isatty()) as tick:
        done = sensitivity(result, draws=draws, seed=seed, sobol=sobol, of=of, threads=threads, progress=tick)
    head = [*heading(result), f"drawn   {draws:,} rebuilds, seed {seed}, over: {', '.join(done.labels)}"]
    meta = result.meta | {"draws": draws, "seed": seed, "sobol": sobol, "factors": list(done.labels), "idle": list(done.idle)}
    if done.idle:
        head.append(f"idle    does not apply, changes no score: {', '.join(done.idle)}")
    if above:
        share = done.above(*above)
        meta["above"] = {"first": above[0], "second": above[1], "share": share}
        head.append(f"        {above[0]} is before {above[1]} in {100 * share:.1f} % of the rebuilds")
    form = "json" if as_json else form
    id = None if unit is None else result.units[result.position(unit)]
    if id is not None:
        import pyarrow.compute as pc

        table = done.indices_table()
        table = table.filter(pc.equal(table["unit_id"], id)).drop_columns(["unit_id", "name"]).sort_by([("total", "descending")])
        head.append(
            f"share of the variance of the {of} of {result.sample.names[result.units.index(id)]}: "
            "alone (first), with all interactions (total), 5-95 %"
        )
    else:
        table = done.table(top=top)
        if form in ("table", "md"):
            columns = ["rank", "unit_id", "name", "value", "low", "high", "rank_low", "rank_median", "rank_high", "same_share", "top_share"]
            table = table.select(columns)
        if done.indices is not None:
            moves = sorted(done.indices.mean_shift.items(), key=lambda m: -m[1][0])
            head.append("moved   mean places when one choice alone is redrawn: " + ", ".join(f"{k} {v[0]:.2f}" for k, v in moves))
            meta["mean_shift"] = done.indices.mean_shift
    write(table, form, out, limit, head=head, meta=meta)
    if chart is not None:
        from armillary.charts import index as charts

        title = result.meta["title"]
        if id is not None:
            draw(
                charts.sensitivity_bars(
                    done.indices_table(),
                    unit=id,
                    title=f"{result.sample.names[result.units.index(id)]}: which choice moves its {of}",
                    subtitle=charts.about(result),
                ),
                chart,
            )
        else:
            draw(
                charts.rank_intervals(
                    done.table(top=top),
                    title=title,
                    subtitle=f"{draws:,} rebuilds; dot: published, line: median, band: 5 to 95 %\n{charts.about(result)}",
                    top=limit or 25,
                ),
                chart,
            )


class _bar:
    """A progress bar on standard error, or nothing."""

    def __init__(self, silent: bool) -> None:
        self.silent = silent

    def __enter__(self):  # type: ignore[no-untyped-def]
        if self.silent:
            return None
        from rich.console import Console
        from rich.progress import Progress

        self.progress = Progress(console=Console(stderr=True), transient=True)
        self.progress.start()
        task = self.progress.add_task("rebuilding", total=None)
        return lambda done, total: self.progress.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        if not self.silent:
            self.progress.stop()
