"""Run the data tests on what was built."""

from __future__ import annotations

from pathlib import Path

import click

from armillary.cli.common import engine_from, json_option, limit_options, observatory_option, print_json


@click.command()
@click.argument("names", nargs=-1)
@limit_options
@observatory_option
@json_option
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...], observatory: Path, as_json: bool, memory: int | None, threads: int | None) -> int:
    """Run all data tests, or those NAMED. Exit code 1 if one finds something."""
    import armillary as arm
    from armillary.counting.checks import CHECKS, run_checks
    from armillary.errors import UnknownNameError

    for name in names:
        if name not in CHECKS:
            raise UnknownNameError("check", name, CHECKS)
    obs = arm.open(observatory, **engine_from({"memory": memory, "threads": threads}))
    outcomes = run_checks(obs.corpus, list(names) or None)
    if as_json:
        print_json([{"name": o.name, "ok": o.ok, "violations": o.violations, "example": o.example, "why": o.why} for o in outcomes])
    else:
        for o in outcomes:
            state = "no data" if o.violations is None else "ok" if o.ok else f"{o.violations:,} violations"
            click.echo(f"{o.name:<30} {state}")
            if not o.ok:
                click.echo(f"    {o.why}\n    for example: {o.example}")
    return 0 if all(o.ok for o in outcomes) else 1
